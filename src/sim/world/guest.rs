//! Boots, reboots, and the hanging without a home.

use std::time::Duration;

use super::super::guest::{Boot, Home, Phase};
use super::super::records::StoppedBy;
use super::{Event, World, later};
use crate::model::{AttachmentState, InstanceId, InterruptionBehavior, VolumeId};

/// What a guest is to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Boot,
    Up,
    HardReset,
}

impl World {
    pub(super) fn guest_step(&mut self, id: &InstanceId, step: Step) {
        match step {
            Step::Boot => self.boot(id),
            Step::Up => {
                let now = self.now;
                if let Some(guest) = self.guests.get_mut(id) {
                    guest.begin_use(now);
                    let homes = super::listed(&guest.homes);
                    self.tell(format!("{id} is up and usable, with {homes} mounted"));
                }
            }
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
        let Some(before @ (Phase::Up | Phase::Hanging)) = asleep else { return self.boot(id) };
        let missing = self.missing_homes(id);
        let Some(guest) = self.guests.get_mut(id) else { return };
        if before == Phase::Hanging || !missing.is_empty() {
            guest.phase = Phase::Hanging;
            return self.tell(format!("{id} wakes up, and hangs"));
        }
        guest.phase = Phase::Booting;
        guest.mounted.clone_from(&guest.homes);
        self.tell(format!("{id} wakes up"));
        let resume = self.draw(self.timing.guest_resume);
        self.plan_guest(id, resume, Step::Up);
    }

    fn missing_homes(&self, id: &InstanceId) -> Vec<VolumeId> {
        let held = |volume: &&VolumeId| {
            let attachment = self.records.volumes.get(*volume).and_then(|volume| volume.attachment_to(id));
            attachment.is_some_and(|held| held.state == AttachmentState::Attached)
        };
        let homes = self.guests.get(id).map(|guest| guest.homes.as_slice()).unwrap_or_default();
        homes.iter().filter(|home| !held(home)).cloned().collect()
    }

    /// Begins a boot, which hangs unless every home volume is attached at this moment.
    pub(super) fn boot(&mut self, id: &InstanceId) {
        let boot_id = self.uuid();
        let now = self.now;
        let missing = self.missing_homes(id);
        let Some(guest) = self.guests.get_mut(id) else { return };
        let home = match (guest.homes.is_empty(), missing.is_empty()) {
            (true, _) => Home::NotNeeded,
            (false, true) => Home::Mounted,
            (false, false) => Home::Missing,
        };
        guest.boots.push(Boot { id: boot_id, at: now, home });
        if home == Home::Missing {
            guest.phase = Phase::Hanging;
            self.tell(format!("{id} hangs in its boot: {} is not there", super::listed(&missing)));
            return;
        }
        guest.phase = Phase::Booting;
        guest.mounted.clone_from(&guest.homes);
        let ticket = guest.ticket;
        let boot = self.draw(self.timing.guest_boot);
        self.plan(boot, Event::Guest(id.clone(), ticket, Step::Up));
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
        let deaf = self.draw(self.timing.guest_deaf);
        let now = self.now;
        let Some(guest) = self.guests.get_mut(id) else { return };
        guest.reboots_asked += 1;
        let early = guest.boots.last().is_none_or(|boot| later(boot.at, deaf) > now);
        match guest.phase {
            Phase::GoingDown => {}
            Phase::Booting | Phase::Hanging | Phase::Up if !early => {
                guest.reboots_heard += 1;
                self.tell(format!("{id} reboots"));
                self.leave_guest(id, Phase::GoingDown);
                let shutdown = self.draw(self.timing.guest_shutdown);
                self.plan_guest(id, shutdown, Step::Boot);
            }
            Phase::Off | Phase::Booting | Phase::Hanging | Phase::Up => {
                self.tell(format!("{id} is too early in its boot to hear the request to reboot"));
                let reset = self.draw(self.timing.hard_reset);
                self.plan_guest(id, reset, Step::HardReset);
            }
        }
    }

    fn plan_guest(&mut self, id: &InstanceId, after: Duration, step: Step) {
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
