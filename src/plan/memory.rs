//! What is remembered across restarts: what follows from the facts.
//!
//! [`Memory`] is the fold of all facts, and the only thing that the planner
//! knows of the past. The reboot is a debt: it is incurred with the intent to attach, before EC2 is called, and it
//! is paid once.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::action::{Action, StepKind};
use super::fact::{Entry, Fact, Outcome};
use crate::model::{DeviceName, FailureKind, Fate, InstanceId, MachineName, VolumeId, age};

/// What is remembered of all machines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory(BTreeMap<MachineName, MachineMemory>);

impl Memory {
    /// What is remembered of one machine.
    #[must_use]
    pub fn of(&self, machine: &MachineName) -> &MachineMemory {
        static NOTHING: MachineMemory = MachineMemory::new();
        self.0.get(machine).unwrap_or(&NOTHING)
    }

    /// Takes one more entry in.
    pub fn apply(&mut self, entry: &Entry) {
        self.0.entry(entry.machine.clone()).or_default().apply(entry.at, &entry.fact);
    }

    /// Takes more entries in, in their order.
    pub fn extend(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.apply(entry);
        }
    }

    /// The instances that may matter still, whether or not EC2 mentions them elsewhere.
    pub fn instances(&self) -> impl Iterator<Item = &InstanceId> {
        self.0.values().flat_map(|memory| memory.debts.keys())
    }
}

/// What is remembered of one machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineMemory {
    debts: BTreeMap<InstanceId, Debt>,
    attempts: Vec<Attempt>,
    declined: Vec<Action>,
    /// What was tried within the last hour of what is limited.
    acts: Vec<Act>,
}

/// The reboot of one instance: owed, or paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// When it was incurred, by this computer's clock.
    pub since: Timestamp,
    /// The volumes that it is owed for, with their attach times as far as they are known.
    pub volumes: BTreeMap<VolumeId, Option<Timestamp>>,
    /// Whether some attachment was not made here, so that nobody knows whether it was rebooted since.
    pub doubtful: bool,
    /// Whether the instance was hibernated as the last reboot was asked for, so that nobody knows whether it was heard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overtaken: bool,
    /// The calls that were made for it, oldest first.
    pub sends: Vec<Send>,
    /// When it was paid, by this computer's clock.
    pub paid: Option<Timestamp>,
    /// What was paid on this instance before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Paid>,
}

/// A reboot that was paid, on an instance where another became owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// When it was paid, by this computer's clock.
    pub at: Timestamp,
    /// The volumes that it was owed for, with their attach times.
    pub volumes: BTreeMap<VolumeId, Option<Timestamp>>,
}

/// One call of a kind that is limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Act {
    at: Timestamp,
    kind: StepKind,
}

/// The time in which the limits count.
const HOUR: Duration = Duration::from_hours(1);

/// One call of RebootInstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// When it was about to be made.
    pub at: Timestamp,
    /// Whether nobody knows what became of it: no answer was written down, or there was none.
    pub lost: bool,
}

/// One attempt to attach a volume under a device name that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Attempt {
    volume: VolumeId,
    instance: InstanceId,
    device: DeviceName,
    trouble: Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Trouble {
    Begun,
    Answered,
    Lapsed,
    Taken,
    Stuck,
}

impl MachineMemory {
    const fn new() -> Self {
        Self { debts: BTreeMap::new(), attempts: Vec::new(), declined: Vec::new(), acts: Vec::new() }
    }

    /// The debt of this instance, paid or not.
    #[must_use]
    pub fn debt(&self, instance: &InstanceId) -> Option<&Debt> {
        self.debts.get(instance)
    }

    /// Whether this machine is known to have lived on the instance.
    #[must_use]
    pub fn has_lived_on(&self, instance: &InstanceId) -> bool {
        self.debts.contains_key(instance)
    }

    /// Whether the operator declined this very step.
    #[must_use]
    pub fn is_declined(&self, action: &Action) -> bool {
        self.declined.contains(action)
    }

    /// How often attaching under this device name found the name taken.
    pub(super) fn times_taken(&self, volume: &VolumeId, instance: &InstanceId, device: &str) -> usize {
        self.troubles(volume, instance).filter(|(at, trouble)| *at == device && *trouble == Trouble::Taken).count()
    }

    /// Whether attaching under this device name got stuck before.
    pub(super) fn was_stuck(&self, volume: &VolumeId, instance: &InstanceId, device: &str) -> bool {
        self.troubles(volume, instance).any(|(at, trouble)| at == device && trouble == Trouble::Stuck)
    }

    /// How often attaching this volume to this instance got stuck.
    pub(super) fn times_stuck(&self, volume: &VolumeId, instance: &InstanceId) -> usize {
        self.troubles(volume, instance).filter(|(_, trouble)| *trouble == Trouble::Stuck).count()
    }

    /// How often a step of this kind was tried within the hour before `now`; what is dated later counts too.
    pub(super) fn tried_lately(&self, kind: StepKind, now: Timestamp) -> usize {
        self.acts.iter().filter(|act| act.kind == kind && age(now, act.at) < HOUR).count()
    }

    fn tries(&mut self, at: Timestamp, kind: StepKind) {
        self.acts.retain(|act| age(at, act.at) < HOUR);
        self.acts.push(Act { at, kind });
        // No limit is above sixty.
        let surplus = self.acts.len().saturating_sub(128);
        self.acts.drain(..surplus);
    }

    /// What certainly did not happen does not count.
    fn did_not(&mut self, kind: StepKind, outcome: &Outcome) {
        let is_not_done = matches!(outcome, Outcome::Failed(failure) if failure.fate == Fate::NotDone);
        if let Some(last) = self.acts.iter().rposition(|act| act.kind == kind).filter(|_| is_not_done) {
            self.acts.remove(last);
        }
    }

    /// How often EC2 agreed to attach this volume to this instance, and it was not seen attached.
    pub(super) fn times_lapsed(&self, volume: &VolumeId, instance: &InstanceId) -> usize {
        let is_unseen = self.is_unseen(volume, instance);
        let lapsed = |trouble| trouble == Trouble::Lapsed || is_unseen && trouble == Trouble::Answered;
        self.troubles(volume, instance).filter(|(_, trouble)| lapsed(*trouble)).count()
    }

    /// Whether the volume was to be attached there, owing a reboot, and has not been seen so.
    fn is_unseen(&self, volume: &VolumeId, instance: &InstanceId) -> bool {
        self.debts.get(instance).is_some_and(|debt| debt.volumes.get(volume) == Some(&None))
    }

    fn troubles(&self, volume: &VolumeId, instance: &InstanceId) -> impl Iterator<Item = (&str, Trouble)> {
        self.attempts
            .iter()
            .filter(move |attempt| attempt.volume == *volume && attempt.instance == *instance)
            .map(|attempt| (attempt.device.as_str(), attempt.trouble))
    }

    /// Takes one more fact in.
    pub fn apply(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::AttachIntended { volume, instance, device, reboot_owed } => {
                self.attach_intended(at, volume, instance, device, *reboot_owed);
            }
            Fact::AttachEnded { volume, instance, outcome } => self.attach_ended(volume, instance, outcome),
            Fact::AttachSeen { volume, instance, attach_time } => {
                if let Some(debt) = self.debts.get_mut(instance) {
                    debt.attachment_seen(volume, *attach_time);
                }
            }
            Fact::AttachmentFound { volume, instance, attach_time } => {
                self.forget_declined_reboot(instance);
                let debt = self.open_debt(at, instance);
                debt.doubtful = true;
                debt.volumes.insert(volume.clone(), Some(*attach_time));
            }
            Fact::DebtTakenOver { volume, instance, attach_time } => {
                self.open_debt(at, instance).volumes.insert(volume.clone(), Some(*attach_time));
            }
            // A reboot on the operator's word does not open again what was paid.
            Fact::RebootIntended { instance } => {
                self.tries(at, StepKind::Reboot);
                self.debts.entry(instance.clone()).or_insert_with(|| Debt::new(at)).sends.push(Send { at, lost: true });
            }
            Fact::RebootEnded { instance, outcome } => {
                self.did_not(StepKind::Reboot, outcome);
                self.reboot_ended(at, instance, outcome);
            }
            Fact::RebootOvertaken { instance } => {
                self.forget_declined_reboot(instance);
                if let Some(debt) = self.debts.get_mut(instance) {
                    debt.overtaken();
                }
            }
            Fact::DebtPaid { instance, .. } => {
                if let Some(debt) = self.debts.get_mut(instance) {
                    debt.paid = Some(at);
                }
            }
            Fact::DetachIntended { volume, instance, stuck_at } => {
                self.tries(at, StepKind::Detach);
                if let Some(device) = stuck_at
                    && !self.was_stuck(volume, instance, device.as_str())
                {
                    // What got stuck did not lapse.
                    self.attempts.retain(|a| a.volume != *volume || a.trouble != Trouble::Answered);
                    self.trouble(volume, instance, device, Trouble::Stuck);
                }
            }
            Fact::DetachEnded { outcome, .. } => self.did_not(StepKind::Detach, outcome),
            // What came of these is looked at in every pass.
            Fact::KeepIntended { .. } | Fact::KeepEnded { .. } | Fact::NamesChanged { .. } => {}
            Fact::Declined { declined } => {
                if !self.declined.contains(declined) {
                    self.declined.push(declined.clone());
                }
            }
            Fact::Carried { memory } => *self = memory.clone(),
        }
    }

    fn attach_intended(
        &mut self,
        at: Timestamp,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
        reboot_owed: bool,
    ) {
        // The machine moves: what was owed, tried or declined where it lived before has no subject any more.
        self.debts.retain(|other, _| other == instance);
        self.attempts.retain(|attempt| attempt.instance == *instance);
        self.declined.retain(|action| match action {
            Action::Attach { instance: other, .. }
            | Action::Keep { instance: other, .. }
            | Action::Publish { instance: other, .. } => other == instance,
            Action::Detach { volume: other, .. } => other != volume,
            Action::Reboot { .. } => false,
            Action::Withdraw { .. } => true,
        });
        // Of all attempts that were only begun, the last is the one that its end will speak of.
        let is_unseen = self.is_unseen(volume, instance);
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.volume == *volume && is_unseen) {
            if attempt.trouble == Trouble::Answered {
                attempt.trouble = Trouble::Lapsed;
            }
        }
        let is_over = |trouble| matches!(trouble, Trouble::Begun | Trouble::Answered);
        self.attempts.retain(|attempt| attempt.volume != *volume || !is_over(attempt.trouble));
        self.trouble(volume, instance, device, Trouble::Begun);
        if reboot_owed {
            let debt = self.open_debt(at, instance);
            debt.since = at;
            debt.volumes.insert(volume.clone(), None);
            // What became of an earlier reboot does not matter to a new attachment.
            debt.sends.clear();
            debt.overtaken = false;
        }
    }

    fn attach_ended(&mut self, volume: &VolumeId, instance: &InstanceId, outcome: &Outcome) {
        let last = self.attempts.iter_mut().rev().find(|a| a.volume == *volume && a.instance == *instance);
        if let Some(attempt) = last {
            attempt.trouble = match outcome {
                Outcome::Done if attempt.trouble == Trouble::Begun => Trouble::Answered,
                Outcome::Failed(failure) if failure.kind == FailureKind::DeviceNameTaken => Trouble::Taken,
                _ => attempt.trouble,
            };
        }
        let Outcome::Failed(failure) = outcome else { return };
        // What certainly did not happen leaves nothing owed; VolumeInUse may be our own lost call.
        if failure.fate == Fate::NotDone
            && failure.kind != FailureKind::VolumeInUse
            && let Some(debt) = self.debts.get_mut(instance)
        {
            if debt.volumes.get(volume) == Some(&None) {
                debt.volumes.remove(volume);
            }
            if debt.volumes.is_empty() && !debt.restore_earlier() {
                self.debts.remove(instance);
            }
        }
    }

    fn reboot_ended(&mut self, at: Timestamp, instance: &InstanceId, outcome: &Outcome) {
        let Some(debt) = self.debts.get_mut(instance) else { return };
        match outcome {
            Outcome::Done => {
                if let Some(send) = debt.sends.last_mut() {
                    send.lost = false;
                }
                debt.paid = Some(at);
                debt.overtaken = false;
            }
            Outcome::Failed(failure) if failure.fate == Fate::NotDone => {
                debt.sends.pop();
                if debt.volumes.is_empty() && debt.sends.is_empty() {
                    self.debts.remove(instance);
                }
            }
            Outcome::Failed(_) => {}
        }
    }

    /// A new attachment asks anew: what was declined was the reboot for another.
    fn forget_declined_reboot(&mut self, instance: &InstanceId) {
        self.declined.retain(|action| !matches!(action, Action::Reboot { instance: other, .. } if other == instance));
    }

    /// The debt of the instance if it is open, else a new one: a paid one counts for what was attached before it.
    fn open_debt(&mut self, at: Timestamp, instance: &InstanceId) -> &mut Debt {
        let debt = self.debts.entry(instance.clone()).or_insert_with(|| Debt::new(at));
        if let Some(paid) = debt.paid {
            let earlier = Some(Paid { at: paid, volumes: std::mem::take(&mut debt.volumes) });
            *debt = Debt { earlier, ..Debt::new(at) };
        }
        debt
    }

    fn trouble(&mut self, volume: &VolumeId, instance: &InstanceId, device: &DeviceName, trouble: Trouble) {
        self.attempts.push(Attempt {
            volume: volume.clone(),
            instance: instance.clone(),
            device: device.clone(),
            trouble,
        });
        // Ten names are tried at the most, and taken ones twice; more is never looked at.
        let surplus = self.attempts.len().saturating_sub(64);
        self.attempts.drain(..surplus);
    }
}

impl Debt {
    fn new(since: Timestamp) -> Self {
        Self {
            since,
            volumes: BTreeMap::new(),
            doubtful: false,
            overtaken: false,
            sends: Vec::new(),
            paid: None,
            earlier: None,
        }
    }

    /// What the journal knows of this volume's attachment: nothing, that it was made here, or its time as well.
    #[must_use]
    pub fn attachment_of(&self, volume: &VolumeId) -> Option<Option<Timestamp>> {
        let earlier = self.earlier.as_ref().and_then(|earlier| earlier.volumes.get(volume));
        self.volumes.get(volume).or(earlier).copied()
    }

    /// Takes in when EC2 says that the volume was attached. By its time an attachment is known again: what was paid for is
    /// not owed a second time because a look that lagged let it be attached once more.
    fn attachment_seen(&mut self, volume: &VolumeId, attach_time: Timestamp) {
        let is_paid = self.earlier.as_ref().is_some_and(|paid| paid.volumes.get(volume) == Some(&Some(attach_time)));
        if is_paid && self.volumes.contains_key(volume) {
            self.volumes.remove(volume);
            if self.volumes.is_empty() {
                self.restore_earlier();
            }
        } else if let Some(time) = self.volumes.get_mut(volume) {
            *time = Some(attach_time);
        }
    }

    /// Goes back to what was paid before, if there is such a thing: what came after it came to nothing.
    fn restore_earlier(&mut self) -> bool {
        let Some(Paid { at, volumes }) = self.earlier.take() else { return false };
        *self = Self { volumes, paid: Some(at), ..Self::new(self.since) };
        true
    }

    /// What was paid with the last call is in doubt.
    fn overtaken(&mut self) {
        self.paid = None;
        self.overtaken = true;
    }

    /// Whether the reboot is still owed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.paid.is_none()
    }

    /// The calls of which nobody knows what became, oldest first.
    pub fn lost_sends(&self) -> impl Iterator<Item = &Send> {
        self.sends.iter().filter(|send| send.lost)
    }
}
