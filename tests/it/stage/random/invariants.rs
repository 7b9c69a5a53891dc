//! What must be true whatever happens.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use proptest::prelude::*;
use spotkeeper::config::Mode;
use spotkeeper::model::{InstanceId, InstanceState, VolumeId};
use spotkeeper::plan::{Action, State};
use spotkeeper::sim::{Call, Outcome};

use super::super::{Running, Stage};
use super::operator::Operator;
use super::play::{Play, REQUEST, VOLUME};
use super::{LOOK, check};

/// Longer than every lag, two looks and the half minute between them: so long a name may lead to what is gone.
const WITHDRAWN_WITHIN: Duration = Duration::from_mins(2);

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// For how long the name has led to an instance that is gone, while EC2 could be seen and names be changed.
    leads_nowhere: Duration,
    story: Vec<String>,
    attachments: BTreeMap<String, usize>,
}

impl Watch {
    /// The program begins anew, and its patience with it.
    pub(super) fn forget(&mut self) {
        self.leads_nowhere = Duration::ZERO;
    }

    /// What is true at every moment.
    pub(super) fn world(&mut self, stage: &Stage, engine: &Running) -> Result<(), TestCaseError> {
        for line in stage.sim.story() {
            if let Some((_, instance)) = line.text.split_once(" is attached to ") {
                *self.attachments.entry(instance.to_owned()).or_default() += 1;
            }
            self.story.push(format!("{} {}", line.at, line.text));
        }
        let volume: VolumeId = VOLUME.parse().unwrap();
        let holders = stage.sim.with_world(|world| world.volume(&volume).map_or(0, |volume| volume.attachments.len()));
        check(holders <= 1, || format!("the volume is attached twice\n{}", self.story.join("\n")))?;
        self.names(stage, engine)
    }

    fn names(&mut self, stage: &Stage, engine: &Running) -> Result<(), TestCaseError> {
        let snapshot = engine.snapshot();
        let sees = snapshot.look_failure.is_none() && snapshot.in_flight.is_empty() && snapshot.looks > 0;
        let may = snapshot.paused.is_none() && snapshot.mode != Mode::ReadOnly;
        let nowhere = named(stage).filter(|instance| !is_present(stage, instance));
        self.leads_nowhere = match &nowhere {
            Some(_) if sees && may => self.leads_nowhere + LOOK,
            _ => Duration::ZERO,
        };
        check(self.leads_nowhere <= WITHDRAWN_WITHIN, || {
            format!("the name leads to {nowhere:?}, which is gone\n{:?}\n{}", engine.view("train"), self.told(stage))
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
        let detached = calls.iter().filter(|call| call.action == "DetachVolume").count();
        let agreed = operator.said_yes(|action| matches!(action, Action::Detach { .. }));
        // The SDK may send what was lost again.
        let lost = calls.iter().filter(|call| call.action == "DetachVolume" && is_lost(call)).count();
        check(detached <= agreed + lost, || format!("detached without a yes\n{}", self.told(stage)))?;
        let throttled = |call: &Call| call.outcome == Outcome::Refused("RequestLimitExceeded".to_owned());
        let too_often = !play.is_throttled() && stage.sim.calls().iter().any(throttled);
        check(!too_often, || "EC2 was called more often than it allows".to_owned())?;
        self.reboots(stage, &calls, operator, play)
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

/// The instance that the name leads to.
fn named(stage: &Stage) -> Option<InstanceId> {
    let hosts = fs::read_to_string(stage.hosts_file()).unwrap();
    let id = hosts.lines().find_map(|line| line.split_once(" # train ")).map(|(_, id)| id.trim().to_owned());
    id.map(|id| id.parse().unwrap())
}

fn is_present(stage: &Stage, instance: &InstanceId) -> bool {
    stage.sim.with_world(|world| world.instance(instance).is_some_and(|instance| instance.state.is_present()))
}

/// That the machine is usable now and found under its name, or that the program says what it waits for somebody with.
pub(super) fn end(stage: &Stage, engine: &Running) -> Result<(), TestCaseError> {
    let snapshot = engine.snapshot();
    let Some(view) = snapshot.machines.first() else {
        return Err(TestCaseError::fail(format!("nothing is known: {:?}", snapshot.look_failure)));
    };
    let finding = &view.plan.finding;
    // A volume that is mounted where somebody wants it off stays busy until he unmounts it.
    let asks = [State::NeedsApproval, State::Blocked].contains(&finding.state)
        || ["volume busy", "declined"].contains(&finding.brief);
    let (bound, address, usable) = stage.sim.with_world(|world| {
        let bound = world.request(&REQUEST.parse().unwrap()).and_then(|request| request.instance.clone());
        let runs = bound.as_ref().and_then(|id| world.instance(id)).filter(|it| it.state == InstanceState::Running);
        let usable = runs.is_some() && bound.as_ref().is_some_and(|id| world.guests()[id].is_usable());
        (bound.clone(), runs.and_then(|instance| instance.public_ip), usable)
    });
    let all = || {
        let calls: Vec<String> = stage.sim.mutating_calls().iter().map(|call| format!("{} {call}", call.at)).collect();
        format!("{:?}\n{bound:?} usable: {usable}, names {:?}\n{}", view.plan, stage.names(), calls.join("\n"))
    };
    check(usable || asks, || format!("neither usable nor asking:\n{}", all()))?;
    check(!usable || asks || finding.state == State::Ready, || format!("usable, and not ready:\n{}", all()))?;
    let names_it = |line: &String| address.is_some_and(|address| line.starts_with(&format!("{address} ")));
    check(asks || stage.names().iter().all(names_it), || format!("a name leads elsewhere:\n{}", all()))?;
    check(asks || stage.names().len() == 1, || format!("no name:\n{}", all()))
}
