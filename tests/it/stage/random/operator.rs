//! The operator: says yes and no, wants things at once, and changes his mind.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use spotkeeper::config::Mode;
use spotkeeper::model::MachineName;
use spotkeeper::plan::{Action, Gate};
use spotkeeper::protocol::{Command, NumberedStep};

use super::super::{Running, Stage};

/// One thing that the operator says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    Approve,
    Decline,
    Snooze,
    /// The first thing of its kind that is offered, if it is the one with this number.
    Demand(usize),
    Pause,
    Resume,
    Mode(Mode),
    LookNow,
    /// Only when it is true.
    MarkRebooted,
}

pub(super) fn word() -> impl Strategy<Value = Word> {
    let modes = select(vec![Mode::ReadOnly, Mode::Confirm, Mode::Auto]);
    prop_oneof![
        4 => Just(Word::Approve),
        1 => Just(Word::Decline),
        1 => Just(Word::Snooze),
        3 => (0..3_usize).prop_map(Word::Demand),
        1 => Just(Word::Pause),
        1 => Just(Word::Resume),
        2 => modes.prop_map(Word::Mode),
        1 => Just(Word::LookNow),
        1 => Just(Word::MarkRebooted),
    ]
}

/// What the operator said yes to, and how often.
#[derive(Debug, Default)]
pub(super) struct Operator {
    yes: BTreeMap<Action, usize>,
}

impl Operator {
    /// How often something of this kind was said yes to.
    pub(super) fn said_yes(&self, to: impl Fn(&Action) -> bool) -> usize {
        self.yes.iter().filter(|(action, _)| to(action)).map(|(_, times)| times).sum()
    }

    pub(super) async fn say(&mut self, word: &Word, stage: &Stage, engine: &Running) {
        let command = match word {
            Word::Approve => asked(engine).map(|step| self.approval(engine, step)),
            Word::Decline => {
                asked(engine).map(|step| Command::Decline { revision: engine.snapshot().revision, step: step.number })
            }
            Word::Snooze => asked(engine).map(|step| Command::Snooze {
                revision: engine.snapshot().revision,
                step: step.number,
                pause: Duration::from_mins(1),
            }),
            Word::Demand(nth) => self.demand(engine, *nth),
            Word::Pause => Some(Command::Pause),
            Word::Resume => Some(Command::Resume),
            Word::Mode(mode) => Some(Command::SetMode(*mode)),
            Word::LookNow => Some(Command::LookNow),
            Word::MarkRebooted => mark(stage),
        };
        if let Some(command) = command {
            engine.tell(command).await;
        }
    }

    /// Goes on in auto mode, says yes to whatever is asked, and wants what he declined before.
    pub(super) async fn agree(&mut self, engine: &Running) {
        let snapshot = engine.snapshot();
        if snapshot.paused.is_some() {
            engine.tell(Command::Resume).await;
        }
        if snapshot.mode != Mode::Auto {
            engine.tell(Command::SetMode(Mode::Auto)).await;
        }
        if let Some(step) = asked(engine) {
            engine.tell(self.approval(engine, step)).await;
        } else if snapshot.machines.iter().any(|machine| machine.plan.finding.brief == "declined")
            && let Some(demand) = self.demand(engine, 0)
        {
            engine.tell(demand).await;
        }
    }

    fn approval(&mut self, engine: &Running, step: NumberedStep) -> Command {
        let command = Command::Approve { revision: engine.snapshot().revision, step: step.number };
        *self.yes.entry(step.step.action).or_default() += 1;
        command
    }

    fn demand(&mut self, engine: &Running, nth: usize) -> Option<Command> {
        let snapshot = engine.snapshot();
        let offers = snapshot.machines.iter().flat_map(|machine| &machine.plan.offers);
        let action = offers.filter_map(|offer| offer.action.clone().ok()).nth(nth)?;
        *self.yes.entry(action.clone()).or_default() += 1;
        Some(Command::Demand { machine: train(), action })
    }
}

fn train() -> MachineName {
    "train".parse().unwrap()
}

fn asked(engine: &Running) -> Option<NumberedStep> {
    let snapshot = engine.snapshot();
    let mut steps = snapshot.machines.iter().flat_map(|machine| machine.steps().collect::<Vec<_>>());
    steps.find(|step| matches!(step.step.gate, Gate::Ask(_)))
}

fn mark(stage: &Stage) -> Option<Command> {
    stage.sim.with_world(|world| {
        let instance = world.request(&super::play::REQUEST.parse().unwrap())?.instance.clone()?;
        let is_usable = world.guests().get(&instance)?.is_usable();
        is_usable.then(|| Command::MarkRebooted { machine: train(), instance })
    })
}
