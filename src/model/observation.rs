//! What was seen, joined, with the time of each look.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{HostName, Instance, InstanceId, MachineName, SpotRequest, SpotRequestId, Text, Volume, VolumeId};

/// One collection and when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look<T> {
    /// When the question was put, by this computer's clock: what is shown is at most this old.
    pub at: Timestamp,
    /// What was answered.
    pub seen: T,
}

/// Everything that a decision rests on: one complete look. A look of which any part failed is no observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The spot requests asked for that EC2 knows.
    pub requests: Look<BTreeMap<SpotRequestId, SpotRequest>>,
    /// The instances that requests name, that hold a volume, or that are remembered; those that EC2 knows.
    pub instances: Look<BTreeMap<InstanceId, Instance>>,
    /// The volumes asked for that EC2 knows.
    pub volumes: Look<BTreeMap<VolumeId, Volume>>,
    /// The managed name entries as they stand on disk.
    pub names: NamesOnDisk,
}

impl Observation {
    /// The request with this id.
    #[must_use]
    pub fn request(&self, id: &SpotRequestId) -> Option<&SpotRequest> {
        self.requests.seen.get(id)
    }

    /// The instance with this id.
    #[must_use]
    pub fn instance(&self, id: &InstanceId) -> Option<&Instance> {
        self.instances.seen.get(id)
    }

    /// The instance that a request names, if EC2 shows both.
    #[must_use]
    pub fn instance_of(&self, request: &SpotRequestId) -> Option<&Instance> {
        self.instance(self.request(request)?.instance.as_ref()?)
    }

    /// The volume with this id.
    #[must_use]
    pub fn volume(&self, id: &VolumeId) -> Option<&Volume> {
        self.volumes.seen.get(id)
    }

    /// The time of the oldest part.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.requests.at.min(self.volumes.at).min(self.instances.at)
    }
}

/// Where a name is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameTarget {
    /// The hosts file.
    Hosts,
    /// The ssh configuration.
    Ssh,
}

/// One managed entry: under which names a machine's address stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameEntry {
    /// The instance that it was published for.
    pub instance: InstanceId,
    /// The address.
    pub address: IpAddr,
    /// The host names, as configured: in the ssh configuration these are the aliases after the machine's name.
    pub hostnames: Vec<HostName>,
    /// The login name in the ssh configuration; always absent in the hosts file.
    pub ssh_user: Option<Text>,
}

/// The managed name entries as they stand on disk, for the targets that are enabled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamesOnDisk {
    /// Per target and machine, what stands there.
    pub entries: BTreeMap<NameTarget, BTreeMap<MachineName, NameEntry>>,
    /// What is wrong with the files, whether or not anything is to be changed.
    pub problems: Vec<NamesProblem>,
}

impl NamesOnDisk {
    /// The entry of one machine in one target.
    #[must_use]
    pub fn entry(&self, target: NameTarget, machine: &MachineName) -> Option<&NameEntry> {
        self.entries.get(&target)?.get(machine)
    }
}

/// Something about a name file that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamesProblem {
    /// Which target it concerns.
    pub target: NameTarget,
    /// Which file.
    pub file: PathBuf,
    /// Which machine it concerns; none when it concerns them all.
    pub machine: Option<MachineName>,
    /// What is wrong, in plain words, with the line number where there is one.
    pub what: String,
    /// Whether the file cannot be read or written, so that entries are neither known nor changed.
    pub unusable: bool,
}
