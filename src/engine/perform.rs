//! One step, carried out: look again, write the intent down, call, write down how it ended.

mod fence;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::core::Report;
use crate::clock::Clock;
use crate::config::{Config, RebootRule};
use crate::ec2::Ec2;
use crate::journal::Journal;
use crate::model::{
    Attachment, AttachmentState, Claim, DeviceName, Failure, InstanceId, Keeper, NameTarget, Text, Volume, VolumeId,
    VolumeState,
};
use crate::names::Names;
use crate::plan::{Action, Entry, Fact, Outcome, Step};
use crate::protocol::NumberedStep;

/// Carries steps out. Cheap to clone; clones share the journal.
#[derive(Debug, Clone)]
pub(super) struct Performer {
    config: Arc<Config>,
    ec2: Ec2,
    names: Names,
    journal: Option<Arc<Mutex<Journal>>>,
    /// As whom reboots are claimed.
    keeper: Option<Keeper>,
    clock: Clock,
}

/// The course of one step: what was written down on the way.
struct Course<'a> {
    performer: &'a Performer,
    step: &'a Step,
    entries: Vec<Entry>,
    journal_failure: Option<Failure>,
}

impl Performer {
    pub(super) fn new(
        config: Arc<Config>,
        ec2: Ec2,
        names: Names,
        journal: Option<Journal>,
        keeper: Option<Keeper>,
        clock: Clock,
    ) -> Self {
        let journal = journal.map(|journal| Arc::new(Mutex::new(journal)));
        Self { config, ec2, names, journal, keeper, clock }
    }

    /// Writes entries down, and returns them when they are on disk.
    pub(super) async fn record(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, Failure> {
        let tried = "writing the journal";
        let Some(journal) = self.journal.clone() else {
            return Err(Failure::local(tried, "this session only watches, so it has none"));
        };
        let journal = journal.lock_owned().await;
        let written = tokio::task::spawn_blocking(move || {
            entries.iter().try_for_each(|entry| journal.append(entry))?;
            Ok(entries)
        });
        match written.await {
            Ok(Ok(entries)) => Ok(entries),
            Ok(Err::<_, crate::journal::JournalError>(error)) => Err(Failure::local(tried, &error.to_string())),
            Err(error) => Err(Failure::local(tried, &error.to_string())),
        }
    }

    /// Carries a step out.
    pub(super) async fn perform(&self, step: NumberedStep) -> Report {
        let mut course = Course { performer: self, step: &step.step, entries: Vec::new(), journal_failure: None };
        let outcome = match course.run(&step.step.action).await {
            Ok(()) => Outcome::Done,
            Err(failure) => Outcome::Failed(failure),
        };
        let Course { entries, journal_failure, .. } = course;
        Report { step, outcome, entries, journal_failure }
    }
}

impl Course<'_> {
    async fn run(&mut self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::Attach { volume, instance, device } => self.attach(action, volume, instance, device).await,
            Action::Detach { volume, instance } => self.detach(action, volume, instance).await,
            Action::Keep { volume, instance, device } => self.keep(action, volume, instance, device).await,
            Action::Reboot { instance, volumes } => self.reboot(action, instance, volumes).await,
            Action::Publish { target, instance, .. } => self.publish(action, *target, instance).await,
            Action::Withdraw { target, .. } => self.change_names(action, *target).await,
        }
    }

    async fn attach(
        &mut self,
        action: &Action,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Failure> {
        let ((), seen) = tokio::try_join!(self.is_eligible(action, instance), self.volume(action, volume))?;
        if seen.state != VolumeState::Available || seen.holders().next().is_some() {
            return Err(stale(action, &format!("{volume} is {} by now", seen.state)));
        }
        let reboot_owed = self
            .performer
            .config
            .machine(&self.step.machine)
            .is_some_and(|machine| machine.reboot == RebootRule::AfterAttach);
        let (volume, instance, device) = (volume.clone(), instance.clone(), device.clone());
        let intent = Fact::AttachIntended {
            volume: volume.clone(),
            instance: instance.clone(),
            device: device.clone(),
            reboot_owed,
        };
        self.intend(intent).await?;
        let result = self.attach_owing(&volume, &instance, &device, reboot_owed).await;
        self.end(|outcome| Fact::AttachEnded { volume, instance, outcome }, result).await
    }

    /// Attaches. Whoever attaches owes the reboot, and says so before.
    async fn attach_owing(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
        reboot_owed: bool,
    ) -> Result<(), Failure> {
        if reboot_owed {
            self.performer.announce(instance, Claim::Owed).await?;
        }
        self.performer.ec2.attach(volume, instance, device).await
    }

    async fn reboot(&mut self, action: &Action, instance: &InstanceId, volumes: &[VolumeId]) -> Result<(), Failure> {
        let ids = volumes.iter().cloned().collect();
        let only = BTreeSet::from([instance.clone()]);
        let ec2 = &self.performer.ec2;
        let ((), seen, host) =
            tokio::try_join!(self.is_eligible(action, instance), ec2.volumes(&ids), ec2.instances(&only))?;
        let attached = |id: &VolumeId| seen.seen.get(id).is_some_and(|volume| volume.is_attached_to(instance));
        if let Some(missing) = volumes.iter().find(|id| !attached(id)) {
            return Err(stale(action, &format!("{missing} is not attached to it any more")));
        }
        let since = |id: &VolumeId| seen.seen.get(id)?.attachment_to(instance)?.attach_time;
        let last = volumes.iter().map(since).max().flatten();
        let claims = host.seen.get(instance).map(|host| &host.claims);
        if let Some(why) = claims.and_then(|claims| self.performer.forestalled(self.step, claims, last)) {
            return Err(stale(action, &why));
        }
        let instance = instance.clone();
        self.intend(Fact::RebootIntended { instance: instance.clone() }).await?;
        let result = self.reboot_claimed(&instance, last).await;
        let id = instance.clone();
        self.end(|outcome| Fact::RebootEnded { instance: id, outcome }, result).await?;
        // The journal first: a tag takes its time.
        if let Some(attached) = last {
            self.performer.report(&instance, Claim::Done(attached)).await;
        }
        Ok(())
    }

    /// Reboots, and says so before.
    async fn reboot_claimed(&self, instance: &InstanceId, attached: Option<Timestamp>) -> Result<(), Failure> {
        let performer = self.performer;
        if let Some(attached) = attached {
            performer.announce(instance, Claim::Asked(attached)).await?;
        }
        performer.ec2.reboot(instance).await
    }

    async fn detach(&mut self, action: &Action, volume: &VolumeId, instance: &InstanceId) -> Result<(), Failure> {
        let (seen, is_home) = tokio::try_join!(self.volume(action, volume), self.is_named(instance))?;
        let Some(held) = seen.attachment_to(instance) else {
            return Err(stale(action, "it is not attached there any more"));
        };
        let stuck_at = match (is_home, &held.state) {
            (true, AttachmentState::Attaching) => held.device.as_str().parse::<DeviceName>().ok(),
            (true, state) => return Err(stale(action, &format!("it is {state} on the machine's own instance by now"))),
            // The operator has said whose it is.
            (false, _) if self.step.demanded => None,
            (false, _) => {
                self.may_be_taken_from(action, instance, held).await?;
                None
            }
        };
        let (volume, instance) = (volume.clone(), instance.clone());
        self.intend(Fact::DetachIntended { volume: volume.clone(), instance: instance.clone(), stuck_at }).await?;
        let result = self.performer.ec2.detach(&volume, &instance).await;
        self.end(|outcome| Fact::DetachEnded { volume, instance, outcome }, result).await
    }

    /// Clears DeleteOnTermination. To clear it twice does no harm, and EC2's views lag.
    async fn keep(
        &mut self,
        action: &Action,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &Text,
    ) -> Result<(), Failure> {
        let seen = self.volume(action, volume).await?;
        match seen.attachment_to(instance) {
            Some(held) if held.device != *device => {
                return Err(stale(action, &format!("it is attached there as {} by now", held.device)));
            }
            Some(held) if held.delete_on_termination => {}
            Some(_) => return Err(stale(action, "it is kept already")),
            None => return Err(stale(action, "it is not attached there any more")),
        }
        let (volume, instance) = (volume.clone(), instance.clone());
        self.intend(Fact::KeepIntended { volume: volume.clone(), instance: instance.clone() }).await?;
        let result = self.performer.ec2.keep(&volume, &instance, device).await;
        self.end(|outcome| Fact::KeepEnded { volume, instance, outcome }, result).await
    }

    /// Whether the machine's request is fulfilled with this instance.
    async fn is_named(&self, instance: &InstanceId) -> Result<bool, Failure> {
        let Some(machine) = self.performer.config.machine(&self.step.machine) else { return Ok(false) };
        let id = &machine.spot_request;
        let look = self.performer.ec2.requests(&BTreeSet::from([id.clone()])).await?;
        Ok(look.seen.get(id).is_some_and(|request| request.is_fulfilled_with(instance)))
    }

    /// A volume is taken from an instance that does not run, or from one that this machine's request launched.
    async fn may_be_taken_from(
        &self,
        action: &Action,
        instance: &InstanceId,
        held: &Attachment,
    ) -> Result<(), Failure> {
        let look = self.performer.ec2.instances(&BTreeSet::from([instance.clone()])).await?;
        let Some(holder) = look.seen.get(instance) else { return Ok(()) };
        let own_request = self.performer.config.machine(&self.step.machine).map(|machine| &machine.spot_request);
        if !holder.state.has_left() && holder.spot_request.as_ref() != own_request {
            return Err(stale(
                action,
                &format!("{instance} is {} by now and holds it as {}", holder.state, held.device),
            ));
        }
        Ok(())
    }

    async fn publish(&mut self, action: &Action, target: NameTarget, instance: &InstanceId) -> Result<(), Failure> {
        let look = self.performer.ec2.instances(&BTreeSet::from([instance.clone()])).await?;
        let address = action.entry().map(|entry| entry.address);
        let has_it = look.seen.get(instance).is_some_and(|instance| {
            instance.state.is_present() && (instance.public_ip == address || instance.private_ip == address)
        });
        if !has_it {
            return Err(stale(action, "the instance does not have that address any more"));
        }
        self.change_names(action, target).await
    }

    /// Name files need no intent: what stands in them is looked at in every pass.
    async fn change_names(&mut self, action: &Action, target: NameTarget) -> Result<(), Failure> {
        let (names, machine, entry) = (self.performer.names.clone(), self.step.machine.clone(), action.entry());
        let changed = tokio::task::spawn_blocking(move || match entry {
            Some(entry) => names.publish(target, &machine, &entry),
            None => names.withdraw(target, &machine),
        });
        let result = match changed.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure::local(&action.to_string(), &error.to_string())),
            Err(error) => Err(Failure::local(&action.to_string(), &error.to_string())),
        };
        let change = action.clone();
        self.end(|outcome| Fact::NamesChanged { change, outcome }, result).await
    }

    async fn is_eligible(&self, action: &Action, instance: &InstanceId) -> Result<(), Failure> {
        let Some(machine) = self.performer.config.machine(&self.step.machine) else {
            return Err(stale(action, "the machine is not in the configuration"));
        };
        let id = &machine.spot_request;
        let look = self.performer.ec2.requests(&BTreeSet::from([id.clone()])).await?;
        match look.seen.get(id) {
            Some(request) if request.is_fulfilled_with(instance) => Ok(()),
            Some(request) => {
                let why = format!("{id} is {} ({}) by now", request.state, request.status_code);
                Err(stale(action, &why))
            }
            None => Err(stale(action, &format!("EC2 does not show {id} any more"))),
        }
    }

    async fn volume(&self, action: &Action, id: &VolumeId) -> Result<Volume, Failure> {
        let mut look = self.performer.ec2.volumes(&BTreeSet::from([id.clone()])).await?;
        look.seen.remove(id).ok_or_else(|| stale(action, &format!("EC2 does not show {id} any more")))
    }

    /// Writes an intent down. Without it on disk nothing is called.
    async fn intend(&mut self, fact: Fact) -> Result<(), Failure> {
        self.write(fact).await.inspect_err(|failure| self.journal_failure = Some(failure.clone()))
    }

    /// Writes down how it ended. What cannot be written is remembered for as long as this process lives.
    async fn end(&mut self, fact: impl FnOnce(Outcome) -> Fact, result: Result<(), Failure>) -> Result<(), Failure> {
        let outcome = result.as_ref().err().map_or(Outcome::Done, |failure| Outcome::Failed(failure.clone()));
        let fact = fact(outcome);
        if let Err(failure) = self.write(fact.clone()).await {
            self.journal_failure = Some(failure);
            self.entries.push(self.entry(fact));
        }
        result
    }

    async fn write(&mut self, fact: Fact) -> Result<(), Failure> {
        let written = self.performer.record(vec![self.entry(fact)]).await?;
        self.entries.extend(written);
        Ok(())
    }

    fn entry(&self, fact: Fact) -> Entry {
        Entry { at: self.performer.clock.now().wall, machine: self.step.machine.clone(), fact }
    }
}

fn stale(action: &Action, why: &str) -> Failure {
    Failure::stale(&action.to_string(), why)
}
