//! What must be true whatever happens.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use proptest::prelude::*;
use spotkeeper::config::Mode;
use spotkeeper::model::{AttachmentState, InstanceId, InstanceState, InterruptionBehavior, RequestState};
use spotkeeper::plan::{Action, State};
use spotkeeper::sim::{Attachment, Call, Instance, Outcome, Request, Volume};

use super::super::{Running, Stage};
use super::operator::Operator;
use super::play::{Machine, ODD, Play};
use super::{LOOK, check};

/// Longer than every lag, two looks and the half minute between them: so long a name may lead to what is gone.
const WITHDRAWN_WITHIN: Duration = Duration::from_mins(2);

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// For how long each machine's name has led to an instance that is gone, while EC2 could be seen and names be changed.
    leads_nowhere: BTreeMap<&'static str, Duration>,
    story: Vec<String>,
    attachments: BTreeMap<String, usize>,
}

impl Watch {
    /// The program begins anew, and its patience with it.
    pub(super) fn forget(&mut self) {
        self.leads_nowhere.clear();
    }

    /// What is true at every moment.
    pub(super) fn world(&mut self, stage: &Stage, engine: &Running, play: &Play) -> Result<(), TestCaseError> {
        for line in stage.sim.story() {
            if let Some((_, instance)) = line.text.split_once(" is attached to ") {
                *self.attachments.entry(instance.to_owned()).or_default() += 1;
            }
            self.story.push(format!("{} {}", line.at, line.text));
        }
        play.machines().iter().try_for_each(|machine| self.name(stage, engine, machine.name))
    }

    fn name(&mut self, stage: &Stage, engine: &Running, machine: &'static str) -> Result<(), TestCaseError> {
        let snapshot = engine.snapshot();
        let sees = snapshot.look_failure.is_none() && snapshot.in_flight.is_empty() && snapshot.looks > 0;
        let may = snapshot.paused.is_none() && snapshot.mode != Mode::ReadOnly;
        let nowhere = named(stage, machine).filter(|instance| !is_present(stage, instance));
        let lasted = self.leads_nowhere.entry(machine).or_default();
        *lasted = match &nowhere {
            Some(_) if sees && may => *lasted + LOOK,
            _ => Duration::ZERO,
        };
        let withdrawn = *lasted <= WITHDRAWN_WITHIN;
        check(withdrawn, || {
            format!("the name leads to {nowhere:?}, which is gone\n{:?}\n{}", engine.view(machine), self.told(stage))
        })
    }

    /// What happened and what was called.
    fn told(&self, stage: &Stage) -> String {
        let calls = stage.sim.mutating_calls().into_iter().map(|call| format!("{} {call}", call.at));
        let mut lines: Vec<String> = self.story.iter().cloned().chain(calls).collect();
        lines.sort();
        lines.join("\n")
    }

    /// What must never have been asked of EC2.
    pub(super) fn calls(&self, stage: &Stage, play: &Play, operator: &Operator) -> Result<(), TestCaseError> {
        let calls = stage.sim.mutating_calls();
        let allowed = |call: &&Call| {
            ["AttachVolume", "RebootInstances", "DetachVolume", "CreateTags"].contains(&call.action.as_str())
        };
        let other = calls.iter().find(|call| !allowed(call));
        check(other.is_none(), || format!("something else was called: {other:?}\n{}", self.told(stage)))?;
        let forced = calls.iter().find(|call| call.force);
        check(forced.is_none(), || format!("done by force: {forced:?}\n{}", self.told(stage)))?;
        self.attached(stage, &calls, play)?;
        self.detached(stage, &calls, operator)?;
        let throttled = |call: &Call| call.outcome == Outcome::Refused("RequestLimitExceeded".to_owned());
        let too_often = !play.is_throttled() && stage.sim.calls().iter().any(throttled);
        check(!too_often, || "EC2 was called more often than it allows".to_owned())?;
        self.reboots(stage, &calls, operator, play)
    }

    /// Each volume only to an instance of its machine's request, and one with Multi-Attach, which two instances could
    /// have at once, to none.
    fn attached(&self, stage: &Stage, calls: &[Call], play: &Play) -> Result<(), TestCaseError> {
        for call in calls.iter().filter(|call| call.action == "AttachVolume") {
            let [volume, instance, ..] = call.subjects.as_slice() else { continue };
            let machine = play.machines().iter().find(|machine| machine.volume == volume);
            let fits = stage.sim.with_world(|world| {
                let owner = world.instance(&instance.parse().unwrap()).and_then(|instance| instance.request.clone());
                let shared = world.volume(&volume.parse().unwrap()).is_some_and(|volume| volume.multi_attach);
                !shared && owner.is_some_and(|owner| machine.is_some_and(|machine| machine.request == owner.as_str()))
            });
            check(fits, || format!("attached where it must not be: {call}\n{}", self.told(stage)))?;
        }
        Ok(())
    }

    /// Each detachment has a yes of its own, said before for this volume and this instance; but the SDK may send again what
    /// was lost.
    fn detached(&self, stage: &Stage, calls: &[Call], operator: &Operator) -> Result<(), TestCaseError> {
        let mut used: BTreeMap<&[String], (usize, bool)> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.action == "DetachVolume") {
            let (count, again) = used.entry(&call.subjects).or_default();
            let [volume, instance] = call.subjects.as_slice() else {
                return Err(TestCaseError::fail(format!("detached from wherever it is: {call}")));
            };
            let said = operator.detachments(volume, instance);
            let agreed = said.get(*count).is_some_and(|said| *said <= call.at);
            check(agreed || *again, || format!("detached without a yes: {call} {said:?}\n{}", self.told(stage)))?;
            *count += usize::from(agreed && !*again);
            *again = is_lost(call);
        }
        Ok(())
    }

    /// One reboot for each attachment; two where the fate of the first was lost; and what the operator wanted.
    fn reboots(&self, stage: &Stage, calls: &[Call], operator: &Operator, play: &Play) -> Result<(), TestCaseError> {
        let mut reboots: BTreeMap<&String, (usize, usize)> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.action == "RebootInstances") {
            let (done, lost) = call.subjects.first().map(|instance| reboots.entry(instance).or_default()).unwrap();
            // Who was killed before the answer came, or before it was written down, does not know it either.
            let is_told = call.outcome == Outcome::Done && !is_lost(call) && !play.is_killed_before_it_knows(call);
            *done += usize::from(is_told);
            *lost += usize::from(is_lost(call) || call.outcome == Outcome::Done && !is_told);
        }
        for (instance, (done, lost)) in reboots {
            let agreed = operator.said_yes(
                |action| matches!(action, Action::Reboot { instance: rebooted, .. } if rebooted.as_str() == instance),
            );
            let attachments = self.attachments.get(instance).copied().unwrap_or_default();
            let fits = done <= attachments + agreed && done + lost <= 2 * attachments + agreed;
            check(fits, || {
                format!(
                    "{instance}, attached {attachments} times, was rebooted {done} times, perhaps {lost} more, {agreed} \
                     times on the operator's word\n{}",
                    self.told(stage)
                )
            })?;
        }
        Ok(())
    }
}

/// How long the program waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether nobody was told what became of it.
fn is_lost(call: &Call) -> bool {
    call.answered_after >= PATIENCE
        || !matches!(call.outcome, Outcome::Done | Outcome::Refused(_))
        || call.outcome == Outcome::Refused("500".to_owned())
        || call.outcome == Outcome::Refused("InternalError".to_owned())
        || call.outcome == Outcome::Refused("Unavailable".to_owned())
}

/// The instance that the machine's name leads to.
fn named(stage: &Stage, machine: &str) -> Option<InstanceId> {
    let hosts = fs::read_to_string(stage.hosts_file()).unwrap();
    let mark = format!(" # {machine} ");
    let id = hosts.lines().find_map(|line| line.split_once(&mark)).map(|(_, id)| id.trim().to_owned());
    id.map(|id| id.parse().unwrap())
}

fn is_present(stage: &Stage, instance: &InstanceId) -> bool {
    stage.sim.with_world(|world| world.instance(instance).is_some_and(|instance| instance.state.is_present()))
}

/// How a machine truly stands.
#[derive(Debug)]
struct Truth {
    request: Option<Request>,
    volume: Option<Volume>,
    /// The instance that its request names, and whether it is present.
    bound: Option<Instance>,
    usable: bool,
    /// Whether an instance that is none of its request's runs and has the volume.
    is_held: bool,
}

impl Truth {
    fn of(stage: &Stage, machine: Machine) -> Self {
        stage.sim.with_world(|world| {
            let request = world.request(&machine.request.parse().unwrap()).cloned();
            let volume = world.volume(&machine.volume.parse().unwrap()).cloned();
            let bound = request.as_ref().and_then(|request| world.instance(request.instance.as_ref()?)).cloned();
            let bound = bound.filter(|bound| bound.state.is_present());
            let runs = bound.as_ref().filter(|bound| bound.state == InstanceState::Running);
            let usable = runs.is_some_and(|bound| world.guests()[&bound.id].is_usable());
            let holders = volume.iter().flat_map(|volume| &volume.attachments);
            let is_stranger = |held: &Attachment| {
                let holder = world.instance(&held.instance).filter(|it| it.state == InstanceState::Running);
                holder.is_some_and(|it| it.request.as_ref().is_none_or(|it| it.as_str() != machine.request))
            };
            let is_held = holders.into_iter().any(is_stranger);
            Self { request, volume, bound, usable, is_held }
        })
    }

    /// Whether the instance that its request names has the volume, and nobody is about to take it away.
    fn is_attached(&self) -> bool {
        let (volume, bound) = (self.volume.as_ref(), self.bound.as_ref());
        let held = volume.zip(bound).and_then(|(volume, bound)| volume.attachment_to(&bound.id));
        held.is_some_and(|held| held.state == AttachmentState::Attached)
    }

    /// Whether the instance that its request names got the volume from somebody else than the program.
    fn is_attached_by_others(&self, stage: &Stage) -> bool {
        let (Some(volume), Some(bound)) = (&self.volume, &self.bound) else { return false };
        let Some(held) = volume.attachment_to(&bound.id) else { return false };
        let ours = |call: &Call| {
            call.action == "AttachVolume"
                && call.outcome.took_effect()
                && call.subjects.iter().any(|subject| subject == bound.id.as_str())
                && call.at.as_second() == held.attach_time.as_second()
        };
        !stage.sim.mutating_calls().iter().any(ours)
    }

    fn state(&self) -> Option<&RequestState> {
        self.request.as_ref().map(|request| &request.state)
    }

    /// Whether the program says rightly that it cannot go on by itself: each of its words holds of the world. A question is
    /// no excuse: whoever is asked says yes.
    fn excuses(&self, brief: &str, stage: &Stage, play: &Play) -> bool {
        let shows = |text: &str| ODD.contains(&text);
        match brief {
            "no request" => self.request.is_none(),
            "request ended" => matches!(self.state(), Some(RequestState::Closed | RequestState::Failed)),
            // What somebody else attached, or what was hibernated as it rebooted, is perhaps not mounted; no look can tell.
            "cancelled" => {
                let hibernates = self.request.as_ref().is_some_and(|it| it.behavior == InterruptionBehavior::Hibernate);
                let is_in_doubt = self.is_attached_by_others(stage) || hibernates;
                let is_at_home = self.usable && self.is_attached() && !is_in_doubt;
                self.state() == Some(&RequestState::Cancelled) && !is_at_home
            }
            "unknown state" | "unknown status" => {
                self.request.as_ref().is_some_and(|it| shows(&it.state.to_string()) || shows(&it.status.code))
            }
            "wrong zone" => {
                let (here, home) = (self.bound.as_ref(), self.volume.as_ref());
                here.zip(home).is_some_and(|(here, home)| here.zone != home.zone)
            }
            "no volume" => self.volume.is_none(),
            "volume unfit" => self.volume.as_ref().is_some_and(|volume| volume.multi_attach),
            "volume held" => self.is_held,
            // It is mounted where somebody wants it off, and stays busy until he unmounts it.
            "volume busy" => {
                let mut held = self.volume.iter().flat_map(|volume| &volume.attachments);
                held.any(|held| held.state == AttachmentState::Busy)
            }
            "no address" => self.bound.as_ref().is_some_and(|bound| bound.public_ip.is_none()),
            "stuck" | "no device" => play.is_sticky(),
            "declined" => play.has_a_no(),
            _ => false,
        }
    }
}

/// That every machine is usable now and found under its name, or that the program says rightly what it waits for somebody
/// with. Returns the words for that, of each machine that is not ready.
pub(super) fn end(stage: &Stage, engine: &Running, play: &Play) -> Result<Vec<&'static str>, TestCaseError> {
    let snapshot = engine.snapshot();
    let mut kept_by = Vec::new();
    for machine in play.machines() {
        let Some(view) = snapshot.machines.iter().find(|view| view.plan.machine.as_str() == machine.name) else {
            return Err(TestCaseError::fail(format!("nothing is known: {:?}", snapshot.look_failure)));
        };
        let (finding, truth) = (&view.plan.finding, Truth::of(stage, *machine));
        let excused = finding.state != State::Ready && truth.excuses(finding.brief, stage, play);
        let host = format!("my-{}.amazonaws.com", machine.name);
        let names: Vec<String> = stage.names().into_iter().filter(|line| line.ends_with(&host)).collect();
        let all = || {
            let calls: Vec<String> =
                stage.sim.mutating_calls().iter().map(|call| format!("{} {call}", call.at)).collect();
            format!("{:?}\n{truth:?}, names {names:?}\n{}", view.plan, calls.join("\n"))
        };
        // Nothing is done to the instance of a cancelled request, and what somebody else attached to it is taken for
        // connected: EC2 does not tell whether it was rebooted since.
        check(truth.usable || excused, || format!("neither usable nor rightly waiting:\n{}", all()))?;
        check(excused || finding.state == State::Ready, || format!("usable, and not ready:\n{}", all()))?;
        let address = truth.bound.as_ref().and_then(|bound| bound.public_ip);
        let names_it = |line: &String| address.is_some_and(|address| line.starts_with(&format!("{address} ")));
        check(excused || names.iter().all(names_it), || format!("a name leads elsewhere:\n{}", all()))?;
        check(excused || names.len() == 1, || format!("no name:\n{}", all()))?;
        kept_by.extend(excused.then_some(finding.brief));
    }
    Ok(kept_by)
}
