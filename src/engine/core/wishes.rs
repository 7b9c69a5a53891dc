//! What the operator wants beyond a yes or a no: put off, demanded, paused.

use std::time::Duration;

use super::{Core, Effect, Phase};
use crate::model::{MachineName, Now};
use crate::plan::{Action, MachinePlan, Step};
use crate::protocol::{Event, NumberedStep, PauseReason, Revision, StepNumber};

impl Core {
    /// Puts a step off that waits for a yes.
    pub(super) fn snooze(
        &mut self,
        revision: Revision,
        step: StepNumber,
        pause: Duration,
        now: Now,
    ) -> Result<(), String> {
        let NumberedStep { step, .. } = self.find(revision, step)?;
        let until = until(pause, now);
        self.wishes.snoozed.insert((step.machine, step.action), until);
        self.look_soon(now);
        Ok(())
    }

    /// Takes a demand in: it counts in the plan of the next look, if it is still offered then.
    pub(super) fn demand(
        &mut self,
        machine: MachineName,
        action: Action,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        self.may_begin()?;
        let view = self.machines.iter().find(|view| view.plan.machine == machine);
        let Some(view) = view else { return Err(format!("nothing is known of {machine} yet: look first")) };
        if !is_offered(&view.plan, &action) {
            return Err(format!("cannot {action} for {machine} now; {}", offered_instead(&view.plan, &action)));
        }
        let is_same = |step: &Step| step.machine == machine && step.action == action;
        if self.in_flight.iter().any(|running| is_same(&running.step.step)) {
            return Err(format!("{action} for {machine} is being done already"));
        }
        self.wishes.demanded.insert((machine, action));
        self.plan_meanwhile(effects);
        self.look_soon(now);
        Ok(())
    }

    /// Why nothing may be begun on the operator's word, if that is so.
    pub(super) fn may_begin(&self) -> Result<(), String> {
        match &self.paused {
            _ if !self.may_act => Err("this session only watches".to_owned()),
            Some(reason) => Err(format!("paused: {reason}")),
            None => Ok(()),
        }
    }

    /// Begins nothing more on the operator's word.
    pub(super) fn pause(&mut self, effects: &mut Vec<Effect>) -> Result<(), String> {
        self.may_begin()?;
        self.pause_for(PauseReason::Operator, effects);
        Ok(())
    }

    /// Begins nothing more. What was said yes to or demanded is refused, and has to be said again.
    pub(super) fn pause_for(&mut self, reason: PauseReason, effects: &mut Vec<Effect>) {
        self.drop_wishes(&format!("paused: {reason}"), effects);
        self.wishes.paused = true;
        self.paused = Some(reason.clone());
        effects.push(Effect::Tell(Event::Paused(reason)));
        self.plan_meanwhile(effects);
    }

    /// Plans anew from what was seen, to show what was just said; what is under way plans anew when it ends.
    fn plan_meanwhile(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Resting { .. } | Phase::Looking { .. }) {
            self.plan(effects);
        }
    }

    /// Goes on after a pause, with the account that answers now.
    pub(super) fn resume(&mut self, now: Now, effects: &mut Vec<Effect>) -> Result<(), String> {
        if self.paused.take().is_none() {
            return Err("it is not paused".to_owned());
        }
        self.wishes.paused = false;
        self.account.trust();
        effects.push(Effect::Tell(Event::Resumed));
        self.look_soon(now);
        Ok(())
    }

    /// Forgets everything that waits to be begun, and says so of what the operator said.
    pub(super) fn drop_wishes(&mut self, why: &str, effects: &mut Vec<Effect>) {
        self.queue.clear();
        for (machine, action) in std::mem::take(&mut self.approved) {
            let why = format!("{action} for {machine} was approved, but is not begun: {why}");
            effects.push(Effect::Tell(Event::Refused { why }));
        }
        self.drop_demands(why, effects);
    }

    /// Forgets what was demanded, and says so.
    pub(super) fn drop_demands(&mut self, why: &str, effects: &mut Vec<Effect>) {
        for (machine, action) in std::mem::take(&mut self.wishes.demanded) {
            let why = format!("{action} for {machine} was asked for, but is not begun: {why}");
            effects.push(Effect::Tell(Event::Refused { why }));
        }
    }

    /// What was said yes to and is not planned any more is told, and so is what was demanded and is not offered any
    /// more; what has to wait its turn waits.
    pub(super) fn refuse_what_is_not_planned(&mut self, effects: &mut Vec<Effect>) {
        let machines = &self.machines;
        let plan = |name: &MachineName| machines.iter().map(|view| &view.plan).find(|plan| plan.machine == *name);
        let mut refused = Vec::new();
        self.approved.retain(|(name, action)| {
            let stays = plan(name).is_some_and(|plan| plan.steps.iter().any(|step| step.action == *action));
            if !stays {
                refused.push(format!("{action} for {name} was approved, but is not planned any more: the world moved"));
            }
            stays
        });
        self.wishes.demanded.retain(|(name, action)| {
            let plan = plan(name);
            let stays = plan.is_some_and(|plan| is_offered(plan, action));
            if !stays {
                let instead = plan.map(|plan| offered_instead(plan, action)).unwrap_or_default();
                refused.push(format!("{action} for {name} was asked for, but the world moved; {instead}"));
            }
            stays
        });
        effects.extend(refused.into_iter().map(|why| Effect::Tell(Event::Refused { why })));
    }
}

fn is_offered(plan: &MachinePlan, action: &Action) -> bool {
    plan.offers.iter().any(|offer| offer.action.as_ref() == Ok(action))
}

/// What may be demanded of this kind instead, and why the rest may not.
fn offered_instead(plan: &MachinePlan, action: &Action) -> String {
    let kind = action.kind();
    let of_kind = plan.offers.iter().filter(|offer| offer.kind == kind);
    let words: Vec<String> = of_kind
        .map(|offer| match &offer.action {
            Ok(other) => format!("what can be done is: {other}"),
            Err(why) => why.clone(),
        })
        .collect();
    if words.is_empty() { format!("nothing of the kind ({kind}) is offered") } else { words.join("; ") }
}

/// The end of a pause that begins now, in the middle of a second by the wall clock: its date reads the same however
/// far apart in that second the two clocks are read.
fn until(pause: Duration, now: Now) -> Duration {
    const HALF: i32 = 500_000_000;
    let end = now.monotonic.saturating_add(pause);
    let wall = now.wall.saturating_add(pause).unwrap_or(now.wall);
    let into_second = wall.subsec_nanosecond().rem_euclid(1_000_000_000);
    let to_middle = (HALF - into_second).rem_euclid(1_000_000_000);
    end.saturating_add(Duration::from_nanos(u64::try_from(to_middle).unwrap_or_default()))
}
