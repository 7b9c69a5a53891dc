//! Steps: one change to the world each, with nothing left to choose.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::gate::Gate;
use crate::model::{DeviceName, HostName, InstanceId, MachineName, NameEntry, NameTarget, Text, VolumeId};

/// One change to the world.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Attach a volume to an instance.
    Attach {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// Under which device name.
        device: DeviceName,
    },
    /// Take a volume from an instance: politely, never by force.
    Detach {
        /// The volume.
        volume: VolumeId,
        /// The instance that holds it.
        instance: InstanceId,
    },
    /// Let a volume outlive an instance: DeleteOnTermination is cleared.
    Keep {
        /// The volume.
        volume: VolumeId,
        /// The instance that holds it.
        instance: InstanceId,
        /// Under which device name, in EC2's own words.
        device: Text,
    },
    /// Reboot an instance.
    Reboot {
        /// The instance.
        instance: InstanceId,
        /// The volumes that it boots with.
        volumes: Vec<VolumeId>,
    },
    /// Publish a machine's address under its names.
    Publish {
        /// In which file.
        target: NameTarget,
        /// The instance that has the address.
        instance: InstanceId,
        /// The address.
        address: IpAddr,
        /// The host names.
        hostnames: Vec<HostName>,
        /// The login name, in the ssh configuration.
        ssh_user: Option<Text>,
    },
    /// Take a machine's entry out of a file.
    Withdraw {
        /// Out of which file.
        target: NameTarget,
        /// The instance that it points to.
        instance: InstanceId,
    },
}

/// The kinds of steps, as the policy names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Attaching.
    Attach,
    /// Detaching.
    Detach,
    /// Letting a volume outlive an instance.
    Keep,
    /// Rebooting.
    Reboot,
    /// Publishing and withdrawing names.
    Names,
}

impl Action {
    /// Which part of the policy it falls under.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Attach { .. } => StepKind::Attach,
            Self::Detach { .. } => StepKind::Detach,
            Self::Keep { .. } => StepKind::Keep,
            Self::Reboot { .. } => StepKind::Reboot,
            Self::Publish { .. } | Self::Withdraw { .. } => StepKind::Names,
        }
    }

    /// The entry that a publication writes.
    #[must_use]
    pub fn entry(&self) -> Option<NameEntry> {
        match self {
            Self::Publish { instance, address, hostnames, ssh_user, .. } => Some(NameEntry {
                instance: instance.clone(),
                address: *address,
                hostnames: hostnames.clone(),
                ssh_user: ssh_user.clone(),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Attach => "attach",
            Self::Detach => "detach",
            Self::Keep => "keep",
            Self::Reboot => "reboot",
            Self::Names => "names",
        })
    }
}

impl fmt::Display for NameTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Hosts => "the hosts file",
            Self::Ssh => "the ssh configuration",
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attach { volume, instance, device } => write!(f, "attach {volume} to {instance} as {device}"),
            Self::Detach { volume, instance } => write!(f, "detach {volume} from {instance}"),
            Self::Keep { volume, instance, .. } => write!(f, "keep {volume} when {instance} is terminated"),
            Self::Reboot { instance, .. } => write!(f, "reboot {instance}"),
            Self::Publish { target, instance, address, .. } => {
                write!(f, "publish {address} of {instance} in {target}")
            }
            Self::Withdraw { target, instance } => write!(f, "withdraw the name of {instance} from {target}"),
        }
    }
}

/// A step that the planner proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The machine; not part of its JSON, which stands under the machine's.
    #[serde(skip)]
    pub machine: MachineName,
    /// What would be done.
    #[serde(flatten)]
    pub action: Action,
    /// Why, in plain words.
    pub why: String,
    /// Whether it may be done now.
    #[serde(flatten)]
    pub gate: Gate,
    /// Whether the operator demands it: then patience with others ends, and safety does not. No part of its JSON: whoever
    /// reads that has demanded nothing.
    #[serde(skip)]
    pub demanded: bool,
}

/// A kind of step that is not proposed, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotTaken {
    /// The kind.
    pub kind: StepKind,
    /// Why not, in plain words.
    pub why: String,
}

/// What the operator may demand, whatever delay, back-off, refusal or policy's "ask" stands in its way otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The kind.
    pub kind: StepKind,
    /// What would be done, or why it cannot be demanded now, in plain words.
    pub action: Result<Action, String>,
}
