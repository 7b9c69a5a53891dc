//! What one look shows of a creation.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::{Memory, Thing};
use super::verdict::Report;
use crate::model::{
    Image, Instance, InstanceId, MachineName, SnapshotId, SpotRequest, SpotRequestId, Volume, VolumeId,
};

/// What EC2 and the files of this computer show, looked up by tag, name and remembered ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The volumes: the home, or, in an ending, all homes.
    pub volumes: BTreeMap<VolumeId, Volume>,
    /// The builders, of all attempts.
    pub builders: BTreeMap<InstanceId, Instance>,
    /// What the console of this attempt's builder says, where it was asked.
    pub console: Report,
    /// The image that was made.
    pub image: Option<Image>,
    /// The snapshots of that image, while they are there.
    pub snapshots: BTreeSet<SnapshotId>,
    /// The requests, of all attempts.
    pub requests: BTreeMap<SpotRequestId, SpotRequest>,
    /// The instances that the requests name or named.
    pub instances: BTreeMap<InstanceId, Instance>,
    /// The request that the configuration gives for the machine, when the machine stands in it.
    pub configured: Option<SpotRequestId>,
    /// The machines of other names in the configuration that have one of the requests.
    pub renamed: BTreeMap<SpotRequestId, MachineName>,
    /// Whether a name file has an entry of the machine.
    pub named: bool,
}

impl Seen {
    /// The instances by which a request says that it is fulfilled, and that are not shown yet. One that is terminated is
    /// listed for an hour, and by then its request says so.
    pub(super) fn unseen_instances(&self) -> impl Iterator<Item = &InstanceId> {
        let runs = ["fulfilled", "request-canceled-and-instance-running"];
        let fulfilled = self.requests.values().filter(move |request| runs.contains(&request.status_code.as_str()));
        let named = fulfilled.filter_map(|request| request.instance.as_ref());
        named.filter(|id| !self.instances.contains_key(*id))
    }

    /// The ids that the ledger does not know yet.
    #[must_use]
    pub fn news(&self, memory: &Memory) -> Vec<Thing> {
        let mut news = Vec::new();
        let mut volumes = self.volumes.keys();
        if memory.volume.is_none()
            && let Some(id) = volumes.next()
        {
            news.push(Thing::Volume(id.clone()));
        }
        let builder = self.builders.keys().find(|id| !memory.old_builders.contains(*id));
        if memory.builder.is_none() {
            news.extend(builder.cloned().map(Thing::Builder));
        }
        if memory.image.is_none() {
            let image = self.image.as_ref().filter(|image| !memory.old_images.contains(&image.id));
            news.extend(image.map(|image| Thing::Image(image.id.clone())));
        }
        let request = self.requests.keys().find(|id| !memory.old_requests.contains(*id));
        if memory.request.is_none() {
            news.extend(request.cloned().map(Thing::Request));
        }
        let named = self.requests.values().filter_map(|request| request.instance.clone());
        news.extend(named.filter(|id| !memory.instances.contains(id)).map(Thing::Instance));
        news
    }
}
