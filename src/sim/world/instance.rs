//! The life of an instance.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::account::Subnet;
use super::super::contents::Contents;
use super::super::guest::{Guest, Phase};
use super::super::launch::{Disk, ROOT_DEVICE};
use super::super::records::{Attachment, Instance, Request, StoppedBy, Tags, Volume};
use super::{Event, World, whole_seconds};
use crate::model::{AttachmentState, InstanceId, InstanceState, SpotRequestId, VolumeId, VolumeState};

/// What an instance is to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// From `pending` to `running`.
    Run,
    /// Get its public address, which comes a little later.
    Address,
    /// The two minutes are over: terminate or stop.
    NoticeEnds { stop: bool },
    /// From `shutting-down` to `terminated`.
    Terminated,
    /// From `stopping` to `stopped`.
    Stopped,
    /// EC2 clears away the stopped instance of a cancelled request.
    Reap,
    /// A terminated one loses what is left of its tags.
    Fade,
    /// The record goes.
    Forget,
}

impl World {
    pub(super) fn instance_step(&mut self, id: &InstanceId, step: Step) {
        match step {
            Step::Run => self.run(id),
            Step::Address => self.give_address(id),
            Step::NoticeEnds { stop: true } => self.begin_stop(id, StoppedBy::Ec2),
            Step::NoticeEnds { stop: false } => {
                self.begin_shutdown(id, "Server.SpotInstanceTermination", "Spot instance termination");
                self.marked_instance_ends(id);
            }
            Step::Terminated => self.terminated(id),
            Step::Stopped => self.stopped(id),
            Step::Fade => self.fade(id),
            Step::Reap => self.begin_shutdown(id, "Client.UserInitiatedShutdown", "User initiated shutdown"),
            Step::Forget => {
                self.records.instances.remove(id);
            }
        }
    }

    /// Makes a `pending` instance with its root volume.
    pub(in crate::sim) fn make_instance(&mut self, id: InstanceId, zone: String, instance_type: String) -> InstanceId {
        let now = whole_seconds(self.now);
        let root: VolumeId = self.fresh("vol-", |world, id| world.records.volumes.contains_key(id));
        let attachment = Attachment {
            instance: id.clone(),
            device: ROOT_DEVICE.to_owned(),
            state: AttachmentState::Attached,
            attach_time: now,
            delete_on_termination: true,
            ticket: 0,
        };
        let volume = Volume {
            id: root.clone(),
            state: VolumeState::InUse,
            zone: zone.clone(),
            size: 10,
            multi_attach: false,
            disk: Disk::default(),
            created: now,
            contents: Contents::PLAIN_SYSTEM,
            attachments: vec![attachment],
            tags: Tags::new(),
        };
        self.records.volumes.insert(root, volume);
        let launch = self.usual_launch(&instance_type);
        let network = self.account.subnets.iter().find(|subnet| subnet.zone == zone).and_then(Subnet::network);
        let instance = Instance {
            id: id.clone(),
            state: InstanceState::Pending,
            state_reason: None,
            zone,
            instance_type,
            launch,
            reservation: id.as_str().replacen("i-", "r-", 1),
            launch_index: 0,
            launch_time: now,
            public_ip: None,
            private_ip: self.addresses.private(network),
            request: None,
            tags: Tags::new(),
            taken_devices: BTreeMap::new(),
            public_address: true,
            stopped_by: None,
            ticket: 0,
        };
        self.records.instances.insert(id.clone(), instance);
        self.guests.insert(id.clone(), Guest::new(Vec::new()));
        id
    }

    pub(in crate::sim) fn new_instance_id(&mut self) -> InstanceId {
        self.fresh("i-", |world, id| world.guests.contains_key(id))
    }

    /// Gives an instance what its request says of it.
    pub(in crate::sim) fn bind(&mut self, id: &InstanceId, request: &SpotRequestId) {
        let Some(Request { homes, hidden_devices, public_address, .. }) = self.records.requests.get(request) else {
            return;
        };
        if let Some(guest) = self.guests.get_mut(id) {
            guest.homes.clone_from(homes);
        }
        if let Some(instance) = self.records.instances.get_mut(id) {
            instance.request = Some(request.clone());
            instance.public_address = *public_address;
            instance.taken_devices.extend(hidden_devices.iter().cloned().map(|name| (name, None)));
        }
    }

    /// Plans how an instance goes on that is on its way somewhere: at the beginning, or when it is not taken back after all.
    pub(in crate::sim) fn resume(&mut self, id: &InstanceId) {
        let Some(instance) = self.records.instances.get(id) else { return };
        let (delay, step) = match instance.state {
            InstanceState::Pending => (self.timing.start, Step::Run),
            InstanceState::Stopping => (self.timing.stop, Step::Stopped),
            InstanceState::ShuttingDown => (self.timing.shutdown, Step::Terminated),
            InstanceState::Running if instance.public_ip.is_none() => (self.timing.address, Step::Address),
            InstanceState::Terminated => return self.plan_forgetting(id),
            _ => return,
        };
        let delay = self.draw(delay);
        self.plan_instance(id, delay, step);
    }

    /// Sends a pending instance on its way.
    pub(super) fn start(&mut self, id: &InstanceId) {
        let now = whole_seconds(self.now);
        self.change(id, |instance| {
            instance.state = InstanceState::Pending;
            instance.state_reason = None;
            instance.stopped_by = None;
            instance.launch_time = now;
        });
        self.interrupted.remove(id);
        let start = self.draw(self.timing.start);
        self.plan_instance(id, start, Step::Run);
    }

    fn run(&mut self, id: &InstanceId) {
        // A notice given to the pending instance holds for the running one.
        if let Some(instance) = self.records.instances.get_mut(id) {
            instance.state = InstanceState::Running;
        }
        match self.draw(self.timing.address) {
            Duration::ZERO => self.give_address(id),
            delay => self.plan_instance(id, delay, Step::Address),
        }
        self.tell(format!("{id} runs"));
        self.wake(id);
    }

    /// Gives a running instance its public address, if it is to have one.
    pub(in crate::sim) fn give_address(&mut self, id: &InstanceId) {
        let Some(instance) = self.records.instances.get_mut(id) else { return };
        if instance.public_address && instance.public_ip.is_none() {
            instance.public_ip = self.addresses.public(self.knobs.public_addresses);
        }
    }

    pub(super) fn begin_shutdown(&mut self, id: &InstanceId, code: &str, message: &str) {
        self.change(id, |instance| {
            instance.state = InstanceState::ShuttingDown;
            instance.state_reason = Some((code.to_owned(), format!("{code}: {message}")));
        });
        self.leave_guest(id, Phase::Off);
        self.tell(format!("{id} shuts down"));
        let shutdown = self.draw(self.timing.shutdown);
        self.plan_instance(id, shutdown, Step::Terminated);
    }

    fn terminated(&mut self, id: &InstanceId) {
        self.change(id, |instance| instance.state = InstanceState::Terminated);
        self.release_addresses(id, true);
        let freed = self.detach_all(id);
        self.tell(format!("{id} is terminated; {} free again", super::listed(&freed)));
        self.plan_forgetting(id);
        self.instance_ended(id);
    }

    /// A terminated instance is listed for a while, and loses its tags before that is over. When is not documented.
    /// Source: EC2 User Guide, "How instance termination works".
    fn plan_forgetting(&mut self, id: &InstanceId) {
        let record = self.draw(self.timing.instance_record);
        self.plan_instance(id, record / 2, Step::Fade);
        self.plan_instance(id, record, Step::Forget);
    }

    fn fade(&mut self, id: &InstanceId) {
        if let Some(instance) = self.records.instances.get_mut(id) {
            instance.tags.clear();
        }
    }

    pub(super) fn begin_stop(&mut self, id: &InstanceId, by: StoppedBy) {
        let (code, message) = match by {
            StoppedBy::User => ("Client.UserInitiatedShutdown", "User initiated shutdown"),
            StoppedBy::Guest => ("Client.InstanceInitiatedShutdown", "Instance initiated shutdown"),
            StoppedBy::Ec2 => ("Server.SpotInstanceShutdown", "Spot instance shutdown"),
        };
        self.change(id, |instance| {
            instance.state = InstanceState::Stopping;
            instance.state_reason = Some((code.to_owned(), format!("{code}: {message}")));
            instance.stopped_by = Some(by);
        });
        self.put_to_rest(id, by);
        self.tell(format!("{id} is being stopped"));
        let stop = self.draw(self.timing.stop);
        self.plan_instance(id, stop, Step::Stopped);
    }

    fn stopped(&mut self, id: &InstanceId) {
        self.change(id, |instance| instance.state = InstanceState::Stopped);
        self.release_addresses(id, false);
        self.tell(format!("{id} is stopped"));
        self.instance_stopped(id);
    }

    fn release_addresses(&mut self, id: &InstanceId, all: bool) {
        let Some(instance) = self.records.instances.get_mut(id) else { return };
        let public = instance.public_ip.take();
        let private = if all { instance.private_ip.take() } else { None };
        public.into_iter().chain(private).for_each(|address| self.addresses.release(address));
    }

    /// Changes an instance, which makes void whatever was planned for it.
    pub(super) fn change(&mut self, id: &InstanceId, how: impl FnOnce(&mut Instance)) {
        if let Some(instance) = self.records.instances.get_mut(id) {
            how(instance);
            instance.ticket += 1;
        }
    }

    pub(super) fn plan_instance(&mut self, id: &InstanceId, after: Duration, step: Step) {
        if let Some(ticket) = self.records.instances.get(id).map(|instance| instance.ticket) {
            self.plan(after, Event::Instance(id.clone(), ticket, step));
        }
    }
}
