//! What the operator wants, and what is refused.

use std::time::Duration;

use super::{Core, Effect, Phase, Purpose};
use crate::config::Mode;
use crate::model::{FailureKind, InstanceId, MachineName, Now};
use crate::plan::{Entry, Fact, Gate, Payment};
use crate::protocol::{Command, Event, MachineView, NumberedStep, Revision, StepNumber};

impl Core {
    pub(super) fn obey(&mut self, command: Command, now: Now, effects: &mut Vec<Effect>) {
        let obeyed = match command {
            Command::LookNow => self.look_now(now),
            Command::Examine { machine } => self.examine(machine, effects),
            Command::Stop => {
                self.stopping = true;
                self.drop_wishes("the program leaves", effects);
                Ok(())
            }
            Command::SetMode(mode) => self.set_mode(mode, now, effects),
            Command::Approve { revision, step } => self.approve(revision, step, now),
            Command::Decline { revision, step } => self.find(revision, step).map(|NumberedStep { step, .. }| {
                effects.push(decision(step.machine, Fact::Declined { declined: step.action }, now));
            }),
            Command::Snooze { revision, step, pause } => self.snooze(revision, step, pause, now),
            Command::Demand { machine, action } => self.demand(machine, action, now, effects),
            Command::Pause => self.pause(effects),
            Command::Resume => self.resume(now, effects),
            Command::MarkRebooted { machine, instance } => self.mark_rebooted(machine, instance, now, effects),
        };
        effects.extend(obeyed.err().map(|why| Effect::Tell(Event::Refused { why })));
    }

    fn approve(&mut self, revision: Revision, step: StepNumber, now: Now) -> Result<(), String> {
        self.may_begin()?;
        let NumberedStep { step, .. } = self.find(revision, step)?;
        self.show_begun(&step);
        self.approved.insert((step.machine, step.action));
        self.look_soon(now);
        Ok(())
    }

    /// Looks at once, unless EC2 asked to be called less often.
    fn look_now(&mut self, now: Now) -> Result<(), String> {
        let is_throttled = self.look_failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Throttled);
        match self.phase {
            Phase::Resting { until } if is_throttled && until > now.monotonic => {
                let seconds = until.saturating_sub(now.monotonic).as_secs_f64().ceil();
                Err(format!("the next look is in {seconds}s (throttled)"))
            }
            _ => {
                self.look_soon(now);
                Ok(())
            }
        }
    }

    /// Has a machine examined. Whoever asks while that is under way is told with the first.
    fn examine(&mut self, machine: MachineName, effects: &mut Vec<Effect>) -> Result<(), String> {
        if self.config.machine(&machine).is_none() {
            return Err(format!("there is no machine {machine}"));
        }
        if self.examining.insert(machine.clone()) {
            effects.push(Effect::Examine(machine));
        }
        Ok(())
    }

    /// Finds the step that an approval or refusal names, in the plan that holds now.
    pub(super) fn find(&self, revision: Revision, number: StepNumber) -> Result<NumberedStep, String> {
        if !self.may_act {
            return Err("this session only watches".to_owned());
        }
        let planned = self.machines.iter().flat_map(MachineView::steps);
        let step = planned.into_iter().find(|step| step.number == number);
        let now = self.numbering.revision();
        match step {
            Some(step) if revision == now && matches!(step.step.gate, Gate::Ask(_)) => Ok(step),
            Some(step) if revision == now => {
                Err(format!("step {number} ({}) does not wait for a yes", step.step.action))
            }
            Some(step) => Err(format!(
                "the plan changed from {revision} to {now} since; step {number} still is: {}. Look, and say it again",
                step.step.action
            )),
            None => Err(format!("step {number} of plan {revision} is out of date; {}", self.planned_instead())),
        }
    }

    fn planned_instead(&self) -> String {
        let steps = self.machines.iter().flat_map(MachineView::steps);
        let steps: Vec<String> =
            steps.map(|step| format!("step {}: {} for {}", step.number, step.step.action, step.step.machine)).collect();
        let now = self.numbering.revision();
        if steps.is_empty() {
            "nothing is planned now".to_owned()
        } else {
            format!("plan {now} has {}", steps.join(", "))
        }
    }

    fn set_mode(&mut self, mode: Mode, now: Now, effects: &mut Vec<Effect>) -> Result<(), String> {
        if !self.may_act || self.options.mode_is_fixed {
            return Err("this session was started to watch only: start another to act".to_owned());
        }
        if self.mode != mode {
            self.mode = mode;
            effects.push(Effect::Tell(Event::ModeChanged(mode)));
            self.look_soon(now);
        }
        Ok(())
    }

    fn mark_rebooted(
        &mut self,
        machine: MachineName,
        instance: InstanceId,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let owed = self.memory.of(&machine).debt(&instance).is_some_and(crate::plan::Debt::is_open);
        if !owed || !self.may_act {
            return Err(format!("no reboot of {instance} is owed for {machine}"));
        }
        effects.push(decision(machine, Fact::DebtPaid { instance, payment: Payment::Operator }, now));
        Ok(())
    }

    /// Looks at once, or once more right after the look under way, which may have begun too early.
    pub(super) fn look_soon(&mut self, now: Now) {
        match &mut self.phase {
            Phase::Resting { .. } => self.rest(Duration::ZERO, now),
            Phase::Looking { again, .. } => *again = true,
            Phase::Recording | Phase::Acting => {}
        }
    }
}

/// Writes a decision of the operator down; a look and a new plan follow.
fn decision(machine: MachineName, fact: Fact, now: Now) -> Effect {
    Effect::Record { purpose: Purpose::Decision, entries: vec![Entry { at: now.wall, machine, fact }] }
}
