//! Attaching and detaching.

use std::time::Duration;

use super::super::hardware::Hardware;
use super::super::launch::is_device_name;
use super::super::records::{Attachment, Instance, Volume};
use super::super::refusal::Refusal;
use super::{Event, World, later, whole_seconds};
use crate::model::{AttachmentState, InstanceId, InstanceState, VolumeId, VolumeState, device_place};

/// What an attachment is to become.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Attached,
    Detached,
    /// Free again, with force: it was torn from a guest that ran.
    Torn,
    /// Free again, because EC2 may not use the volume's key.
    Failed,
}

impl World {
    pub(super) fn volume_step(&mut self, id: &VolumeId, instance: &InstanceId, ticket: u64, step: Step) {
        let volume = self.records.volumes.get_mut(id);
        let held = volume.and_then(|volume| volume.attachment_to_mut(instance));
        let Some(held) = held.filter(|held| held.ticket == ticket) else { return };
        match step {
            Step::Attached => {
                held.state = AttachmentState::Attached;
                self.tell(format!("{id} is attached to {instance}"));
            }
            Step::Detached => self.detached(id, instance),
            Step::Torn => {
                let device = held.device.clone();
                self.detached(id, instance);
                if self.knobs.force_holds_device {
                    self.torn_devices.insert((instance.clone(), device));
                }
            }
            Step::Failed => {
                self.release(id, instance);
                self.tell(format!("{id} cannot be attached: its key may not be used"));
            }
        }
    }

    /// Begins to attach a volume.
    ///
    /// # Errors
    /// What EC2 would say. Source: EC2 API reference, AttachVolume and "Error codes"; EBS User Guide, "Attach an Amazon EBS
    /// volume to an Amazon EC2 instance"; the sentences are those that callers report.
    pub(in crate::sim) fn attach(
        &mut self,
        id: &VolumeId,
        to: &InstanceId,
        device: &str,
    ) -> Result<Attachment, Refusal> {
        self.check_attach(id, to, device)?;
        let attachment = Attachment {
            instance: to.clone(),
            device: device.to_owned(),
            state: AttachmentState::Attaching,
            attach_time: whole_seconds(self.now),
            delete_on_termination: false,
            ticket: self.new_ticket(),
        };
        let stuck = self.is_stuck(id, device) || self.clashes(to, device);
        let delay = self.draw(self.timing.attach);
        let Some(volume) = self.records.volumes.get_mut(id) else { return Err(Refusal::no_volume(id)) };
        volume.state = VolumeState::InUse;
        volume.attachments.push(attachment.clone());
        if !stuck {
            let end = if self.bad_keys.contains(id) { Step::Failed } else { Step::Attached };
            self.plan(delay, Event::Volume(id.clone(), to.clone(), attachment.ticket, end));
        }
        Ok(attachment)
    }

    fn check_attach(&self, id: &VolumeId, to: &InstanceId, device: &str) -> Result<(), Refusal> {
        let volume = self.known_volume(id)?;
        let instance = self.known_instance(to)?;
        if !is_device_name(device) {
            return Err(Refusal::parameter(format!(
                "Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name."
            )));
        }
        if !matches!(instance.state, InstanceState::Running | InstanceState::Stopped) {
            return Err(Refusal::not_running(to));
        }
        if volume.disk.marketplace && instance.state != InstanceState::Stopped {
            let message = format!(
                "Cannot attach volume '{id}' with Marketplace codes as the instance '{to}' is not in the 'stopped' state."
            );
            return Err(Refusal::client("IncorrectInstanceState", message));
        }
        check_volume(volume, to)?;
        check_multi_attach(volume, instance)?;
        if volume.zone != instance.zone {
            return Err(Refusal::client(
                "InvalidVolume.ZoneMismatch",
                format!("The volume '{id}' is not in the same availability zone as instance '{to}'"),
            ));
        }
        if self.is_taken(instance, device) {
            return Err(Refusal::parameter(format!(
                "Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            )));
        }
        if self.records.attached_to(to).count() >= self.knobs.attachment_limit {
            return Err(Refusal::client(
                "AttachmentLimitExceeded",
                format!("Instance '{to}' has reached the limit of volumes that its type can attach"),
            ));
        }
        Ok(())
    }

    fn is_taken(&self, instance: &Instance, device: &str) -> bool {
        let listed = self.records.attached_to(&instance.id).any(|(_, held)| held.device == device);
        let hidden = instance.taken_devices.get(device).is_some_and(|until| until.is_none_or(|end| end > self.now));
        let torn = self.torn_devices.contains(&(instance.id.clone(), device.to_owned()));
        listed || hidden || torn
    }

    fn is_stuck(&mut self, id: &VolumeId, device: &str) -> bool {
        let chance = self.rng.f64() < self.knobs.attach_sticks;
        self.stuck_once.remove(id) || self.knobs.stuck_devices.contains(device) || chance
    }

    /// Whether the guest takes this name for another that is taken, as `/dev/xvdf` for `/dev/sdf` on Xen. EC2 compares
    /// the names only, accepts it, and the attachment never ends. Source: GitHub, joeduffy/blocker#1.
    fn clashes(&self, to: &InstanceId, device: &str) -> bool {
        let hardware = self.instance(to).and_then(|instance| Hardware::of(&instance.instance_type));
        let mut held = self.records.attached_to(to).map(|(_, held)| device_place(&held.device));
        hardware.is_some_and(|hardware| !hardware.nitro) && held.any(|place| place == device_place(device))
    }

    /// Lets the next attachment of this volume stay `attaching` for ever.
    pub fn stick_next_attach(&mut self, id: &VolumeId) {
        self.stuck_once.insert(id.clone());
    }

    /// Lets every attachment of this volume fail after a while, as one with a key that may not be used.
    pub fn take_key(&mut self, id: &VolumeId) {
        self.bad_keys.insert(id.clone());
    }

    /// Begins to detach a volume. Without `from`, from the one instance that holds it.
    ///
    /// # Errors
    /// What EC2 would say: `IncorrectState` for a free volume, `InvalidAttachment.NotFound` for another holder.
    pub(in crate::sim) fn detach(
        &mut self,
        id: &VolumeId,
        from: Option<&InstanceId>,
        device: Option<&str>,
        force: bool,
    ) -> Result<Attachment, Refusal> {
        let volume = self.known_volume(id)?;
        if let Some(from) = from {
            self.known_instance(from)?;
        }
        let Some(first) = volume.attachments.first() else {
            return Err(Refusal::volume_state(volume));
        };
        let holder = from.unwrap_or(&first.instance).clone();
        let held = volume.attachment_to(&holder).filter(|held| device.is_none_or(|device| held.device == device));
        let Some(held) = held.cloned() else {
            let message = format!("The volume '{id}' is not attached to instance '{holder}' as asked");
            return Err(Refusal::client("InvalidAttachment.NotFound", message));
        };
        self.check_root(&held)?;
        Ok(self.begin_detach(id, held, force))
    }

    fn check_root(&self, held: &Attachment) -> Result<(), Refusal> {
        let holder = self.instance(&held.instance).filter(|holder| holder.state != InstanceState::Stopped);
        if holder.is_some_and(|holder| holder.launch.root_device == held.device) {
            let message = format!("Unable to detach root volume '{}' from instance '{}'", held.device, held.instance);
            return Err(Refusal::client("OperationNotPermitted", message));
        }
        Ok(())
    }

    fn begin_detach(&mut self, id: &VolumeId, held: Attachment, force: bool) -> Attachment {
        let mounted = self.guests.get(&held.instance).is_some_and(|guest| guest.mounted.contains(id));
        let torn = mounted && force;
        if torn {
            self.tell(format!("{id} is torn out of {} while it is mounted", held.instance));
            self.leave_guest(&held.instance, super::super::guest::Phase::Hanging);
        }
        // What has begun goes on, however often it is asked for, unless it waits for what force does not wait for.
        let begun = matches!(held.state, AttachmentState::Detaching | AttachmentState::Busy);
        if torn || !begun {
            let state = if mounted && !force { AttachmentState::Busy } else { AttachmentState::Detaching };
            let runs = self.instance(&held.instance).is_some_and(|holder| holder.state == InstanceState::Running);
            let step = if force && runs { Step::Torn } else { Step::Detached };
            self.set_detaching(id, &held.instance, state, step);
        }
        Attachment { state: AttachmentState::Detaching, ..held }
    }

    fn set_detaching(&mut self, id: &VolumeId, from: &InstanceId, state: AttachmentState, step: Step) {
        let delay = self.draw(self.timing.detach);
        let ticket = self.new_ticket();
        let busy = state == AttachmentState::Busy;
        let volume = self.records.volumes.get_mut(id);
        let Some(held) = volume.and_then(|volume| volume.attachment_to_mut(from)) else { return };
        held.ticket = ticket;
        held.state = state;
        if !busy {
            self.plan(delay, Event::Volume(id.clone(), from.clone(), ticket, step));
        }
    }

    /// Plans how an attachment goes on that is on its way somewhere at the beginning.
    pub(in crate::sim) fn resume_attachment(&mut self, id: &VolumeId, to: &InstanceId) {
        let attachment = self.records.volumes.get(id).and_then(|volume| volume.attachment_to(to));
        let Some(Attachment { state, ticket, .. }) = attachment.cloned() else { return };
        let (delay, step) = match state {
            AttachmentState::Attaching => (self.timing.attach, Step::Attached),
            AttachmentState::Detaching => (self.timing.detach, Step::Detached),
            _ => return,
        };
        let delay = self.draw(delay);
        self.plan(delay, Event::Volume(id.clone(), to.clone(), ticket, step));
    }

    /// Lets go of what was only busy because the guest had it mounted.
    pub(super) fn unmounted(&mut self, instance: &InstanceId) {
        let attached = self.records.attached_to(instance);
        let busy = attached.filter(|(_, held)| held.state == AttachmentState::Busy);
        let busy: Vec<VolumeId> = busy.map(|(volume, _)| volume.id.clone()).collect();
        for volume in busy {
            self.set_detaching(&volume, instance, AttachmentState::Detaching, Step::Detached);
        }
    }

    fn detached(&mut self, id: &VolumeId, from: &InstanceId) {
        let hold = self.draw(self.timing.device_hold);
        let lingers = self.draw(self.timing.delete_hold);
        if let Some(held) = self.release(id, from) {
            self.lingering.insert(id.clone(), (from.clone(), later(self.now, lingers)));
            self.hold_device(from, &held.device, hold);
            self.tell(format!("{id} is detached from {from}"));
        }
    }

    fn hold_device(&mut self, instance: &InstanceId, device: &str, hold: Duration) {
        let until = later(self.now, hold);
        let Some(instance) = self.records.instances.get_mut(instance) else { return };
        let taken = instance.taken_devices.entry(device.to_owned()).or_insert(Some(until));
        // What is taken for ever stays so.
        *taken = taken.map(|_| until);
    }

    fn release(&mut self, id: &VolumeId, from: &InstanceId) -> Option<Attachment> {
        let volume = self.records.volumes.get_mut(id)?;
        let index = volume.attachments.iter().position(|held| held.instance == *from)?;
        let held = volume.attachments.remove(index);
        if volume.attachments.is_empty() {
            volume.state = VolumeState::Available;
        }
        Some(held)
    }

    /// Somebody deletes a volume.
    ///
    /// # Errors
    /// What EC2 would say: `VolumeInUse` while it is attached and for a moment longer, `IncorrectState` for what is not there
    /// yet or not any more.
    pub(in crate::sim) fn delete_volume(&mut self, id: &VolumeId) -> Result<(), Refusal> {
        let volume = self.records.volumes.get(id).ok_or_else(|| Refusal::no_volume(id))?;
        let lingers = self.lingering.get(id).filter(|(_, until)| *until > self.now).map(|(holder, _)| holder);
        if let Some(holder) = volume.attachments.first().map(|held| &held.instance).or(lingers) {
            return Err(Refusal::client("VolumeInUse", format!("Volume {id} is currently attached to {holder}")));
        }
        match volume.state {
            VolumeState::Creating | VolumeState::Deleting => return Err(Refusal::volume_state(volume)),
            VolumeState::Deleted => return Err(Refusal::no_volume(id)),
            _ => {}
        }
        if let Some(volume) = self.records.volumes.get_mut(id) {
            volume.state = VolumeState::Deleting;
        }
        self.lingering.remove(id);
        self.resume_volume(id);
        self.tell(format!("somebody deletes {id}"));
        Ok(())
    }

    /// Takes every volume from a terminated instance and returns those that are free again.
    pub(super) fn detach_all(&mut self, instance: &InstanceId) -> Vec<VolumeId> {
        let held: Vec<VolumeId> = self.records.attached_to(instance).map(|(volume, _)| volume.id.clone()).collect();
        let mut freed = Vec::new();
        for id in held {
            match self.release(&id, instance) {
                Some(held) if held.delete_on_termination => {
                    self.records.volumes.remove(&id);
                }
                Some(_) => freed.push(id),
                None => {}
            }
        }
        freed
    }
}

/// How many instances a volume can have at once. Source: EBS User Guide, "Attach an EBS volume to multiple EC2 instances
/// using Multi-Attach", which gives no codes: those here are the nearest of EC2's "Error codes".
const MOST_HOLDERS: usize = 16;

/// Whether a volume for several instances could have one more, and this one. Source: as above: Nitro types only.
fn check_multi_attach(volume: &Volume, to: &Instance) -> Result<(), Refusal> {
    if !volume.multi_attach {
        return Ok(());
    }
    let (id, kind) = (&volume.id, &to.instance_type);
    if Hardware::of(kind).is_some_and(|hardware| !hardware.nitro) {
        let message =
            format!("The volume '{id}' is enabled for Multi-Attach, which instance type '{kind}' does not support");
        return Err(Refusal::client("UnsupportedOperation", message));
    }
    if volume.attachments.len() >= MOST_HOLDERS {
        let message = format!("The volume '{id}' is attached to {MOST_HOLDERS} instances already");
        return Err(Refusal::client("AttachmentLimitExceeded", message));
    }
    Ok(())
}

/// Whether the volume by itself could be attached.
fn check_volume(volume: &Volume, to: &InstanceId) -> Result<(), Refusal> {
    let id = &volume.id;
    let shared = volume.multi_attach && volume.attachment_to(to).is_none();
    if !volume.attachments.is_empty() && !shared {
        return Err(Refusal::client("VolumeInUse", format!("{id} is already attached to an instance")));
    }
    match volume.state {
        VolumeState::Available | VolumeState::InUse => Ok(()),
        VolumeState::Deleted => Err(Refusal::no_volume(id)),
        _ => Err(Refusal::volume_state(volume)),
    }
}
