//! One pass after the other: look, plan, record, act, look again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Core, Effect, Errand, Phase, Purpose, Report, targets};
use crate::config::Mode;
use crate::engine::cadence::Cadence;
use crate::engine::setback;
use crate::model::{Failure, Now, Observation};
use crate::plan::{self, Action, Authority, Entry, Gate, Inputs, MachinePlan, Outcome, Sight, Step, Wishes};
use crate::protocol::{Event, InFlight, MachineView, NumberedStep};

/// How many steps may be in flight at once, each of another machine.
const AT_ONCE: usize = 4;

/// For how long a failed step is remembered after its rest, so that its next failure counts on.
const FORGET_AFTER: Duration = Duration::from_mins(10);

impl Core {
    pub(super) fn begin_look(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Resting { .. }) {
            self.phase = Phase::Looking { since: now.monotonic, again: false };
            effects.push(Effect::Look(targets(&self.config, &self.memory)));
        }
    }

    pub(super) fn looked(&mut self, observation: Observation, at: Now, effects: &mut Vec<Effect>) {
        if self.cadence.failures() > 0 {
            effects.push(Effect::Tell(Event::LookRecovered { failures: self.cadence.failures() }));
        }
        self.cadence.succeeded();
        self.ask_whose_credentials(effects);
        self.observation = Some(Arc::new(observation));
        self.looked_at = Some(at);
        self.looks += 1;
        self.look_failure = None;
        self.setbacks.retain(|_, setback| setback.until + FORGET_AFTER > at.monotonic);
        self.wishes.snoozed.retain(|_, until| *until > at.monotonic);
        self.plan(effects);
        let again = matches!(self.phase, Phase::Looking { again: true, .. });
        let notes = self.notes(at);
        if self.may_act && !notes.is_empty() {
            self.phase = Phase::Recording;
            effects.push(Effect::Record { purpose: Purpose::Pass, entries: notes });
        } else if again {
            self.rest(Duration::ZERO, at);
        } else {
            self.act(at, effects);
        }
    }

    pub(super) fn look_failed(&mut self, failure: Failure, now: Now, effects: &mut Vec<Effect>) {
        let pause = self.cadence.failed(failure.kind, &self.config.poll);
        // Of three calls at once now this one fails first, now that one: the kind is the news.
        if self.look_failure.as_ref().map(|before| before.kind) != Some(failure.kind) {
            effects.push(Effect::Tell(Event::LookFailed(failure.clone())));
        }
        // A demand was made of what was seen: it does not wait until EC2 can be seen again.
        self.drop_demands(&format!("could not look: {failure}"), effects);
        self.account.look_failed(failure.kind);
        self.look_failure = Some(failure);
        self.rest_between_looks(pause, now);
    }

    /// Plans from the last complete look, by the time of that look: what lasts is not seen to last in between.
    pub(super) fn plan(&mut self, effects: &mut Vec<Effect>) {
        let (Some(observation), Some(now)) = (self.observation.clone(), self.looked_at) else { return };
        let plans = self.planned(&observation, now, self.mode, &self.wishes);
        let in_auto = self.in_auto(&plans, &observation, now);
        let sights: BTreeSet<Sight> = plans.iter().flat_map(|plan| plan.sights.iter().cloned()).collect();
        self.sightings.remember(sights, now.monotonic);
        self.machines = self.numbering.number(plans.into_iter().zip(in_auto), now.wall).into();
        self.moves = self.cadence.planned(&self.machines, now.monotonic);
        self.tell_changes(effects);
    }

    fn planned(&self, observation: &Observation, now: Now, mode: Mode, wishes: &Wishes) -> Vec<MachinePlan> {
        plan::plan(&Inputs {
            config: &self.config,
            observation,
            memory: &self.memory,
            sightings: &self.sightings,
            setbacks: &self.setbacks,
            authority: Authority { mode, yes_to_all: self.options.yes_to_all },
            keeper: self.keeper.as_ref(),
            wishes,
            now,
        })
    }

    /// What auto mode would do at once and unasked, machine by machine: what these plans do, if it is in force.
    fn in_auto(&self, plans: &[MachinePlan], observation: &Observation, now: Now) -> Vec<Vec<Action>> {
        if self.mode == Mode::Auto && !self.wishes.paused {
            return plans.iter().map(opened).collect();
        }
        let wishes = Wishes { snoozed: self.wishes.snoozed.clone(), ..Wishes::default() };
        self.planned(observation, now, Mode::Auto, &wishes).iter().map(opened).collect()
    }

    /// The facts that the planner wants remembered, dated by the look.
    fn notes(&self, at: Now) -> Vec<Entry> {
        let plans = self.machines.iter().map(|machine| &machine.plan);
        let entries = plans.flat_map(|plan| {
            let entry = |fact| Entry { at: at.wall, machine: plan.machine.clone(), fact };
            plan.notes.iter().cloned().map(entry)
        });
        entries.collect()
    }

    pub(super) fn recorded(
        &mut self,
        purpose: Purpose,
        result: Result<Vec<Entry>, Failure>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let written = self.take_in(result, effects);
        match purpose {
            Purpose::Decision => self.look_soon(now),
            Purpose::Pass if written => {
                self.plan(effects);
                self.act(now, effects);
            }
            Purpose::Pass => {
                self.drop_demands("the journal cannot be written", effects);
                self.rest_between_looks(self.config.poll.steady, now);
            }
        }
    }

    /// Applies what was written to the memory. Returns whether it was.
    fn take_in(&mut self, result: Result<Vec<Entry>, Failure>, effects: &mut Vec<Effect>) -> bool {
        match result {
            Ok(entries) => {
                self.memory.extend(&entries);
                self.journal_failure = None;
                true
            }
            Err(failure) => {
                self.journal_fails(failure, effects);
                false
            }
        }
    }

    fn journal_fails(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        if self.journal_failure.as_ref() != Some(&failure) {
            effects.push(Effect::Tell(Event::JournalFailed(failure.clone())));
        }
        self.journal_failure = Some(failure);
    }

    /// Begins the first permitted step of each machine.
    fn act(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.may_act && !self.stopping && self.paused.is_none() && !self.account.is_asked() {
            let next = self.machines.iter().filter_map(|machine| self.next_step(machine));
            self.queue = next.collect();
        }
        self.refuse_what_is_not_planned(effects);
        self.begin_steps(now, effects);
        self.rest_between_looks(Cadence::pause(&self.config.poll, self.moves), now);
        if !self.in_flight.is_empty() {
            self.phase = Phase::Acting;
        }
    }

    fn next_step(&self, machine: &MachineView) -> Option<NumberedStep> {
        machine.steps().find(|NumberedStep { step, .. }| match step.gate {
            Gate::Open => true,
            Gate::Ask(_) => self.approved.contains(&(step.machine.clone(), step.action.clone())),
            Gate::Closed(_) => false,
        })
    }

    /// Begins what is queued. An approval or a demand serves once: for the step that begins.
    fn begin_steps(&mut self, now: Now, effects: &mut Vec<Effect>) {
        while self.in_flight.len() < AT_ONCE
            && let Some(step) = self.queue.pop_front()
        {
            let key = (step.step.machine.clone(), step.step.action.clone());
            self.approved.remove(&key);
            self.wishes.demanded.remove(&key);
            self.show_begun(&step.step);
            effects.push(Effect::Tell(Event::StepBegan(step.clone())));
            effects.push(Effect::Perform(step.clone()));
            self.in_flight.push(InFlight { step, began: now.wall });
        }
    }

    /// Shows in the plan, until the next one, that a step was said yes to or is being done.
    pub(super) fn show_begun(&mut self, step: &Step) {
        let machines = Arc::make_mut(&mut self.machines).iter_mut();
        for machine in machines.filter(|machine| machine.plan.machine == step.machine) {
            machine.plan.begin(&step.action);
        }
    }

    pub(super) fn performed(&mut self, report: Report, now: Now, effects: &mut Vec<Effect>) {
        let Report { step, outcome, entries, journal_failure } = report;
        self.in_flight.retain(|other| other.step.number != step.number);
        self.memory.extend(&entries);
        match journal_failure {
            Some(failure) => self.journal_fails(failure, effects),
            None => self.journal_failure = None,
        }
        self.settle(&step, &outcome, now);
        effects.push(Effect::Tell(Event::StepEnded { step, outcome }));
        if self.stopping {
            self.queue.clear();
        }
        self.begin_steps(now, effects);
        if self.in_flight.is_empty() {
            self.rest(Duration::ZERO, now);
        }
    }

    /// Lets a step rest: after a failure, and after a success until EC2 shows it.
    fn settle(&mut self, step: &NumberedStep, outcome: &Outcome, now: Now) {
        let key = (step.step.machine.clone(), step.step.action.clone());
        let setback = match outcome {
            Outcome::Failed(failure) => setback::after(failure.clone(), self.setbacks.get(&key), now.monotonic),
            Outcome::Done => setback::until_it_shows(&step.step.action, now.monotonic),
        };
        self.setbacks.insert(key, setback);
    }

    /// Takes in that a task was lost. Steps beside it stay in flight: what the memory does not know of them yet would be
    /// planned a second time.
    pub(super) fn lost(&mut self, errand: Errand, why: &str, now: Now, effects: &mut Vec<Effect>) {
        let failure = Failure::local("running a task of the engine", why);
        match errand {
            Errand::Examination(machine) => {
                self.examining.remove(&machine);
                let why = format!("the examination of {machine} has no result: {failure}");
                effects.push(Effect::Tell(Event::Refused { why }));
            }
            Errand::Account => self.account_told(None, now, effects),
            Errand::Look | Errand::Record => self.pass_lost(failure, now, effects),
            Errand::Step(number) => {
                self.in_flight.retain(|other| other.step.number != number);
                self.pass_lost(failure, now, effects);
                if !self.in_flight.is_empty() {
                    self.phase = Phase::Acting;
                }
            }
        }
    }

    fn pass_lost(&mut self, failure: Failure, now: Now, effects: &mut Vec<Effect>) {
        self.drop_wishes("a task of the engine was lost", effects);
        self.look_failed(failure, now, effects);
    }

    /// Rests for the pause between looks that is in force from now on.
    fn rest_between_looks(&mut self, pause: Duration, now: Now) {
        self.pause = pause;
        self.rest(pause, now);
    }

    pub(super) fn rest(&mut self, pause: Duration, now: Now) {
        self.phase = Phase::Resting { until: now.monotonic + pause };
    }
}

/// What a plan does unasked.
fn opened(plan: &MachinePlan) -> Vec<Action> {
    let open = plan.steps.iter().filter(|step| step.gate == Gate::Open);
    open.map(|step| step.action.clone()).collect()
}
