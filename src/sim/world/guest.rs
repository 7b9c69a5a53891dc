//! Boots, reboots, and the hanging without a home.

use std::time::Duration;

use super::super::contents::{Contents, Fstab, HomeNeed};
use super::super::guest::{Boot, Home, Phase};
use super::super::records::StoppedBy;
use super::{Event, World, later};
use crate::model::{AttachmentState, InstanceId, InterruptionBehavior, VolumeId};

/// What a guest is to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Boot,
    Up,
    Bare,
    HardReset,
    /// The next of the prepare script.
    Prepare,
}

impl World {
    pub(super) fn guest_step(&mut self, id: &InstanceId, step: Step) {
        match step {
            Step::Boot => self.boot(id),
            Step::Up => {
                let now = self.now;
                if let Some(guest) = self.guests.get_mut(id) {
                    guest.begin_use(now);
                    let homes = super::listed(&guest.mounted);
                    self.tell(format!("{id} is up and usable, with {homes} mounted"));
                }
                self.begin_prepare(id);
            }
            Step::Bare => {
                let now = self.now;
                if let Some(guest) = self.guests.get_mut(id) {
                    guest.begin_bare(now);
                    self.tell(format!("{id} is up without its home, and cannot be used"));
                }
                self.begin_prepare(id);
            }
            Step::Prepare => self.prepare_step(id),
            Step::HardReset => {
                self.tell(format!("EC2 resets {id} hard: it did not hear the request to reboot"));
                self.leave_guest(id, Phase::GoingDown);
                if let Some(guest) = self.guests.get_mut(id) {
                    guest.hard_resets += 1;
                }
                self.boot(id);
            }
        }
    }

    /// Ends what the guest of an instance that is stopped did: a hibernation keeps it in mind.
    pub(super) fn put_to_rest(&mut self, id: &InstanceId, by: StoppedBy) {
        let owner = self.records.requests.values().find(|request| request.bound.as_ref() == Some(id));
        let hibernates = owner.is_some_and(|owner| owner.behavior == InterruptionBehavior::Hibernate);
        if let Some(guest) = self.guests.get_mut(id).filter(|_| hibernates && by == StoppedBy::Ec2) {
            guest.asleep = Some(guest.phase);
        }
        self.leave_guest(id, Phase::Off);
    }

    /// Boots the guest of an instance that runs again, or lets it go on where a hibernation interrupted it.
    pub(super) fn wake(&mut self, id: &InstanceId) {
        let asleep = self.guests.get_mut(id).and_then(|guest| guest.asleep.take());
        // What was on its way somewhere is not worth going on with.
        let Some(before @ (Phase::Up | Phase::Bare | Phase::Hanging)) = asleep else { return self.boot(id) };
        let missing = self.missing_homes(id);
        let mounted = self.present_homes(id);
        let Some(guest) = self.guests.get_mut(id) else { return };
        if before == Phase::Hanging || (before == Phase::Up && !missing.is_empty()) {
            guest.phase = Phase::Hanging;
            return self.tell(format!("{id} wakes up, and hangs"));
        }
        guest.phase = Phase::Booting;
        let up = before == Phase::Up;
        guest.mounted = if up { mounted } else { Vec::new() };
        self.tell(format!("{id} wakes up"));
        let resume = self.draw(self.timing.guest_resume);
        self.plan_guest(id, resume, if up { Step::Up } else { Step::Bare });
    }

    /// The volumes without which it does not boot, and that are not attached now.
    fn missing_homes(&self, id: &InstanceId) -> Vec<VolumeId> {
        let homes = self.guests.get(id).map(|guest| guest.homes.as_slice()).unwrap_or_default();
        let missing = homes.iter().filter(|home| !self.is_held(home, id)).cloned();
        let need = self.need_of(id).filter(|need| self.carrier(&need.uuid, id).is_none());
        missing.chain(need.map(|need| need.volume.clone())).collect()
    }

    /// The volumes that a boot mounts now: those that it needs and that are attached.
    fn present_homes(&self, id: &InstanceId) -> Vec<VolumeId> {
        let homes = self.guests.get(id).map(|guest| guest.homes.as_slice()).unwrap_or_default();
        let present = homes.iter().filter(|home| self.is_held(home, id)).cloned();
        let named = self.need_of(id).and_then(|need| self.carrier(&need.uuid, id));
        present.chain(named.filter(|named| !homes.contains(named))).collect()
    }

    fn is_held(&self, volume: &VolumeId, id: &InstanceId) -> bool {
        let attachment = self.records.volumes.get(volume).and_then(|volume| volume.attachment_to(id));
        attachment.is_some_and(|held| held.state == AttachmentState::Attached)
    }

    /// The attached volume with the file system of this UUID.
    fn carrier(&self, uuid: &str, id: &InstanceId) -> Option<VolumeId> {
        let attached = self.records.attached_to(id).filter(|(_, held)| held.state == AttachmentState::Attached);
        attached
            .map(|(volume, _)| volume)
            .find(|volume| volume.contents.home() == Some(uuid))
            .map(|volume| volume.id.clone())
    }

    /// The home that the fstab on the root volume names.
    fn need_of(&self, id: &InstanceId) -> Option<&HomeNeed> {
        match &self.records.volumes.get(&self.root_of(id)?)?.contents {
            Contents::System { needs } => needs.as_ref(),
            _ => None,
        }
    }

    /// The root volume of an instance.
    pub(in crate::sim) fn root_of(&self, id: &InstanceId) -> Option<VolumeId> {
        let device = &self.records.instances.get(id)?.launch.root_device;
        self.records.attached_to(id).find(|(_, held)| held.device == *device).map(|(volume, _)| volume.id.clone())
    }

    /// Begins a boot, which hangs unless every home volume is attached at this moment; or, where its fstab allows that,
    /// goes on without.
    pub(super) fn boot(&mut self, id: &InstanceId) {
        let boot_id = self.uuid();
        let deaf = self.deafness();
        let now = self.now;
        self.torn_devices.retain(|(holder, _)| holder != id);
        let (missing, present) = (self.missing_homes(id), self.present_homes(id));
        let need = self.need_of(id).cloned();
        let Some(guest) = self.guests.get_mut(id) else { return };
        let allowed =
            |volume: &VolumeId| need.as_ref().is_some_and(|need| need.fstab == Fstab::Nofail && need.volume == *volume);
        let home = match (guest.homes.is_empty() && need.is_none(), missing.is_empty()) {
            (true, _) => Home::NotNeeded,
            (false, true) => Home::Mounted,
            (false, false) if missing.iter().all(allowed) => Home::Without,
            (false, false) => Home::Missing,
        };
        guest.boots.push(Boot { id: boot_id, at: now, home, deaf });
        guest.needs.clone_from(&need);
        if home == Home::Missing {
            guest.phase = Phase::Hanging;
            self.tell(format!("{id} hangs in its boot: {} is not there", super::listed(&missing)));
            return;
        }
        guest.phase = Phase::Booting;
        guest.mounted = present;
        let boot = self.draw(self.timing.guest_boot);
        self.plan_guest(id, boot, if home == Home::Without { Step::Bare } else { Step::Up });
    }

    /// For how long a boot does not hear a request to reboot.
    pub(in crate::sim) fn deafness(&mut self) -> Duration {
        self.draw(self.timing.guest_deaf)
    }

    /// Ends whatever the guest did. What it had mounted is no longer busy.
    pub(super) fn leave_guest(&mut self, id: &InstanceId, phase: Phase) {
        let now = self.now;
        if let Some(guest) = self.guests.get_mut(id) {
            guest.leave(now, phase);
            guest.ticket += 1;
        }
        self.unmounted(id);
    }

    /// Passes a request to reboot on. A guest that is too early in its boot does not hear it and is reset later.
    pub(super) fn reboot_guest(&mut self, id: &InstanceId) {
        let now = self.now;
        let Some(guest) = self.guests.get_mut(id) else { return };
        guest.reboots_asked += 1;
        let early = guest.boots.last().is_none_or(|boot| later(boot.at, boot.deaf) > now);
        match guest.phase {
            Phase::GoingDown => {}
            Phase::Booting | Phase::Hanging | Phase::Bare | Phase::Up if !early => {
                guest.reboots_heard += 1;
                self.tell(format!("{id} reboots"));
                self.leave_guest(id, Phase::GoingDown);
                let shutdown = self.draw(self.timing.guest_shutdown);
                self.plan_guest(id, shutdown, Step::Boot);
            }
            Phase::Off | Phase::Booting | Phase::Hanging | Phase::Bare | Phase::Up => {
                self.tell(format!("{id} is too early in its boot to hear the request to reboot"));
                let reset = self.draw(self.timing.hard_reset);
                self.plan_guest(id, reset, Step::HardReset);
            }
        }
    }

    pub(super) fn plan_guest(&mut self, id: &InstanceId, after: Duration, step: Step) {
        if let Some(ticket) = self.guests.get(id).map(|guest| guest.ticket) {
            self.plan(after, Event::Guest(id.clone(), ticket, step));
        }
    }

    pub(in crate::sim) fn uuid(&mut self) -> String {
        uuid(&mut self.rng)
    }
}

/// A random (version 4) UUID.
pub(in crate::sim) fn uuid(rng: &mut fastrand::Rng) -> String {
    let bits = rng.u128(..) & !(0xf << 76) | (0x4 << 76);
    let bits = bits & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let mut out = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    out
}
