//! One snapshot with an index: who owns what, in which order. Built once for each snapshot, read by every frame.

use std::collections::HashMap;
use std::sync::Arc;

use super::subject::Subject;
use crate::config::{Config, HomeVolume, Machine};
use crate::model::{
    Attachment, Instance, InstanceId, MachineName, Observation, SpotRequest, SpotRequestId, Volume, VolumeId,
};
use crate::plan::Gate;
use crate::protocol::{MachineView, NumberedStep, Snapshot};

/// What the configuration says, indexed once for the whole session.
#[derive(Debug)]
pub(crate) struct Estate {
    config: Arc<Config>,
    machines: HashMap<MachineName, usize>,
    requests: HashMap<SpotRequestId, usize>,
    volumes: HashMap<VolumeId, usize>,
    /// Every configured volume with its machine, in the order of the configuration.
    homes: Vec<(usize, VolumeId)>,
}

impl Estate {
    /// Indexes a configuration.
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let numbered = || config.machines.iter().enumerate();
        let homes: Vec<(usize, VolumeId)> = numbered()
            .flat_map(|(n, machine)| machine.volumes.iter().map(move |volume| (n, volume.id.clone())))
            .collect();
        Self {
            machines: numbered().map(|(n, machine)| (machine.name.clone(), n)).collect(),
            requests: numbered().map(|(n, machine)| (machine.spot_request.clone(), n)).collect(),
            volumes: homes.iter().map(|(n, id)| (id.clone(), *n)).collect(),
            homes,
            config,
        }
    }
}

/// What there is to show at one moment.
#[derive(Debug, Clone)]
pub(crate) struct World {
    estate: Arc<Estate>,
    snapshot: Arc<Snapshot>,
    /// The steps that wait for a yes, in the order of the machines.
    asked: Arc<[NumberedStep]>,
    /// The instances seen, those of the first machine first, strangers last, with the machine of each.
    instances: Arc<[(usize, InstanceId)]>,
}

/// Stands for no machine: greater than the number of every machine.
const NOBODY: usize = usize::MAX;

impl World {
    /// Indexes a snapshot. What `before` had indexed already of the same observation is not indexed again.
    pub(crate) fn new(estate: Arc<Estate>, snapshot: Arc<Snapshot>, before: Option<&Self>) -> Self {
        let asks = |view: &&MachineView| view.plan.steps.iter().any(|step| matches!(step.gate, Gate::Ask(_)));
        let steps = snapshot.machines.iter().filter(asks).flat_map(MachineView::steps);
        let asked = steps.filter(|numbered| matches!(numbered.step.gate, Gate::Ask(_))).collect();
        let same = |before: &&Self| match (&before.snapshot.observation, &snapshot.observation) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        let instances = match (before.filter(same), snapshot.observation.as_deref()) {
            (Some(before), _) => Arc::clone(&before.instances),
            (None, Some(seen)) => by_owner(&estate, seen).into(),
            (None, None) => Arc::from([]),
        };
        Self { estate, snapshot, asked, instances }
    }

    /// The snapshot.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The configuration.
    pub(crate) fn config(&self) -> &Config {
        &self.estate.config
    }

    /// What EC2 and the name files showed; nothing before the first complete look.
    pub(crate) fn seen(&self) -> Option<&Observation> {
        self.snapshot.observation.as_deref()
    }

    /// The configured machine with this number.
    pub(crate) fn machine(&self, number: usize) -> Option<&Machine> {
        self.config().machines.get(number)
    }

    /// What the planner says of the machine with this number.
    pub(crate) fn view(&self, number: usize) -> Option<&MachineView> {
        self.snapshot.machines.get(number)
    }

    /// The number of the machine with this name.
    pub(crate) fn number(&self, name: &MachineName) -> Option<usize> {
        self.estate.machines.get(name).copied()
    }

    /// Machine and view by name.
    pub(crate) fn find(&self, name: &MachineName) -> Option<(&Machine, &MachineView)> {
        let number = self.number(name)?;
        Some((self.machine(number)?, self.view(number)?))
    }

    /// How many instances are seen.
    pub(crate) fn instance_count(&self) -> usize {
        self.instances.len()
    }

    /// The instance in this place, with the number of its machine.
    pub(crate) fn instance_at(&self, place: usize) -> Option<(Option<usize>, &InstanceId)> {
        self.instances.get(place).map(|(owner, id)| ((*owner != NOBODY).then_some(*owner), id))
    }

    /// How many volumes are configured.
    pub(crate) fn volume_count(&self) -> usize {
        self.estate.homes.len()
    }

    /// The volume in this place, with the number of its machine.
    pub(crate) fn volume_at(&self, place: usize) -> Option<(usize, &VolumeId)> {
        self.estate.homes.get(place).map(|(owner, id)| (*owner, id))
    }

    /// The machine's spot request, if EC2 shows it.
    pub(crate) fn request_of(&self, machine: &Machine) -> Option<&SpotRequest> {
        self.seen()?.request(&machine.spot_request)
    }

    /// The instance that the machine's request names, if EC2 shows it.
    pub(crate) fn instance_of(&self, machine: &Machine) -> Option<&Instance> {
        self.seen()?.instance_of(&machine.spot_request)
    }

    /// The machine's address, of the kind that it publishes.
    pub(crate) fn address_of(&self, machine: &Machine) -> Option<std::net::IpAddr> {
        machine.address.of(self.instance_of(machine)?)
    }

    /// A configured volume as EC2 shows it.
    pub(crate) fn volume(&self, id: &VolumeId) -> Option<&Volume> {
        self.seen()?.volume(id)
    }

    /// The attachment that holds a volume, if one does.
    pub(crate) fn holder(&self, id: &VolumeId) -> Option<&Attachment> {
        self.volume(id)?.holders().next()
    }

    /// Machine and volume as the configuration has them.
    pub(crate) fn home(&self, id: &VolumeId) -> Option<(&Machine, &HomeVolume)> {
        let machine = self.machine(*self.estate.volumes.get(id)?)?;
        Some((machine, machine.volumes.iter().find(|volume| volume.id == *id)?))
    }

    /// The name of the machine that something belongs to.
    pub(crate) fn owner(&self, subject: &Subject) -> Option<&MachineName> {
        let number = match subject {
            Subject::Machine(name) => self.number(name),
            Subject::Request(id) => self.estate.requests.get(id).copied(),
            Subject::Volume(id) => self.estate.volumes.get(id).copied(),
            Subject::Instance(id) => {
                let owned = self.instances.iter().find(|(_, other)| other == id);
                owned.map(|(owner, _)| *owner).filter(|owner| *owner != NOBODY)
            }
        };
        self.machine(number?).map(|machine| &machine.name)
    }

    /// The steps that wait for a yes, in the order of the machines.
    pub(crate) fn asked(&self) -> &[NumberedStep] {
        &self.asked
    }
}

/// The instances with their machines: by the request that names them, by the request that launched them, or by the
/// volume that they hold.
fn by_owner(estate: &Estate, seen: &Observation) -> Vec<(usize, InstanceId)> {
    let requests = seen.requests.seen.values();
    let named: HashMap<&InstanceId, usize> =
        requests.filter_map(|request| Some((request.instance.as_ref()?, *estate.requests.get(&request.id)?))).collect();
    let owner = |instance: &Instance| {
        let launched = instance.spot_request.as_ref().and_then(|id| estate.requests.get(id));
        named.get(&instance.id).or(launched).copied().or_else(|| by_volume(estate, seen, &instance.id))
    };
    let instances = seen.instances.seen.values();
    let mut instances: Vec<(usize, InstanceId)> =
        instances.map(|instance| (owner(instance).unwrap_or(NOBODY), instance.id.clone())).collect();
    instances.sort_unstable();
    instances
}

/// The machine of which a stranger holds a volume: there are few strangers.
fn by_volume(estate: &Estate, seen: &Observation, instance: &InstanceId) -> Option<usize> {
    let held = seen.volumes.seen.values().find(|volume| volume.attachment_to(instance).is_some())?;
    estate.volumes.get(&held.id).copied()
}
