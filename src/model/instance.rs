//! Instances.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::request::states;
use super::{Claims, InstanceId, SpotRequestId, Text, VolumeId};

/// An instance as DescribeInstances shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its tag `Name`; empty when it has none.
    pub name: Text,
    /// Its state.
    pub state: InstanceState,
    /// Why it left the running state, such as `Server.SpotInstanceTermination`; empty when there is no reason.
    pub state_reason: Text,
    /// Its availability zone.
    pub availability_zone: Text,
    /// Its type, such as `g5.xlarge`.
    pub instance_type: Text,
    /// When it was last started, by EC2's clock. A reboot does not change it.
    pub launch_time: Option<Timestamp>,
    /// Its public address. There is none while it is pending, and in private subnets.
    pub public_ip: Option<IpAddr>,
    /// Its address inside the network.
    pub private_ip: Option<IpAddr>,
    /// The device names that EC2 lists as taken, with the volume in each.
    pub block_devices: BTreeMap<Text, VolumeId>,
    /// The spot request that launched it. moto never tells.
    pub spot_request: Option<SpotRequestId>,
    /// What keepers say of its reboot.
    pub claims: Claims,
}

states! {
    /// The state of an instance. Source: EC2 API reference, `InstanceState`.
    InstanceState {
        /// About to run.
        Pending = "pending",
        /// Running, as far as EC2 sees: perhaps hanging without its home.
        Running = "running",
        /// On its way to be terminated.
        ShuttingDown = "shutting-down",
        /// Gone for ever; it is listed for about an hour.
        Terminated = "terminated",
        /// On its way to be stopped.
        Stopping = "stopping",
        /// Stopped.
        Stopped = "stopped",
    }
}

impl InstanceState {
    /// Whether an instance in this state is present: pending or running.
    #[must_use]
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    /// Whether an instance in this state has visibly left: its address may soon be a stranger's.
    #[must_use]
    pub fn has_left(&self) -> bool {
        matches!(self, Self::Stopping | Self::Stopped | Self::ShuttingDown | Self::Terminated)
    }
}
