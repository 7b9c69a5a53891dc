//! The operator: says yes and no, wants things at once, and changes his mind.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use spotkeeper::config::Mode;
use spotkeeper::model::MachineName;
use spotkeeper::plan::{Action, Gate};
use spotkeeper::protocol::{Command, NumberedStep, Revision, StepNumber};

use super::super::{Running, Stage};
use super::play::Play;

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

/// What the operator said yes to, and when.
#[derive(Debug, Default)]
pub(super) struct Operator {
    yes: Vec<(Timestamp, Action)>,
    /// What he said yes to last: said once more, it is the same yes.
    last: Option<(Revision, StepNumber)>,
}

impl Operator {
    /// How often something of this kind was said yes to.
    pub(super) fn said_yes(&self, to: impl Fn(&Action) -> bool) -> usize {
        self.yes.iter().filter(|(_, action)| to(action)).count()
    }

    /// When each yes to the detachment of this volume from this instance was said.
    pub(super) fn detachments(&self, volume: &str, instance: &str) -> Vec<Timestamp> {
        let agreed = |action: &Action| match action {
            Action::Detach { volume: of, instance: from } => of.as_str() == volume && from.as_str() == instance,
            _ => false,
        };
        self.yes.iter().filter(|(_, action)| agreed(action)).map(|(at, _)| *at).collect()
    }

    /// The program begins anew, and counts its questions from one.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    pub(super) async fn say(&mut self, word: &Word, stage: &Stage, engine: &Running, play: &Play) {
        let command = match word {
            Word::Approve => asked(engine).map(|step| self.approval(stage, engine, step)),
            Word::Decline => {
                asked(engine).map(|step| Command::Decline { revision: engine.snapshot().revision, step: step.number })
            }
            Word::Snooze => asked(engine).map(|step| Command::Snooze {
                revision: engine.snapshot().revision,
                step: step.number,
                pause: Duration::from_mins(1),
            }),
            Word::Demand(nth) => self.demand(stage, engine, *nth),
            Word::Pause => Some(Command::Pause),
            Word::Resume => Some(Command::Resume),
            Word::Mode(mode) => Some(Command::SetMode(*mode)),
            Word::LookNow => Some(Command::LookNow),
            Word::MarkRebooted => mark(stage, play),
        };
        if let Some(command) = command {
            engine.tell(command).await;
        }
    }

    /// Goes on in auto mode, says yes to whatever is asked, and wants what he declined before.
    pub(super) async fn agree(&mut self, stage: &Stage, engine: &Running) {
        let snapshot = engine.snapshot();
        if snapshot.paused.is_some() {
            engine.tell(Command::Resume).await;
        }
        if snapshot.mode != Mode::Auto {
            engine.tell(Command::SetMode(Mode::Auto)).await;
        }
        if let Some(step) = asked(engine) {
            engine.tell(self.approval(stage, engine, step)).await;
        }
        let declined = snapshot.machines.iter().filter(|machine| machine.plan.finding.brief == "declined");
        for view in declined {
            let offers = view.plan.offers.iter().filter_map(|offer| offer.action.clone().ok());
            if let Some(action) = offers.into_iter().next() {
                engine.tell(self.demanded(stage, view.plan.machine.clone(), action)).await;
            }
        }
    }

    fn approval(&mut self, stage: &Stage, engine: &Running, step: NumberedStep) -> Command {
        let revision = engine.snapshot().revision;
        if self.last.replace((revision, step.number)) != Some((revision, step.number)) {
            self.yes.push((stage.now(), step.step.action));
        }
        Command::Approve { revision, step: step.number }
    }

    fn demand(&mut self, stage: &Stage, engine: &Running, nth: usize) -> Option<Command> {
        let snapshot = engine.snapshot();
        let plans = snapshot.machines.iter().map(|machine| &machine.plan);
        let offers = plans.flat_map(|plan| plan.offers.iter().map(|offer| (plan.machine.clone(), offer)));
        let open = offers.filter_map(|(machine, offer)| Some((machine, offer.action.clone().ok()?)));
        let (machine, action) = { open }.nth(nth)?;
        Some(self.demanded(stage, machine, action))
    }

    fn demanded(&mut self, stage: &Stage, machine: MachineName, action: Action) -> Command {
        self.yes.push((stage.now(), action.clone()));
        Command::Demand { machine, action }
    }
}

fn asked(engine: &Running) -> Option<NumberedStep> {
    let snapshot = engine.snapshot();
    let mut steps = snapshot.machines.iter().flat_map(|machine| machine.steps().collect::<Vec<_>>());
    steps.find(|step| matches!(step.step.gate, Gate::Ask(_)))
}

fn mark(stage: &Stage, play: &Play) -> Option<Command> {
    stage.sim.with_world(|world| {
        play.machines().iter().find_map(|machine| {
            let instance = world.request(&machine.request.parse().unwrap())?.instance.clone()?;
            let is_usable = world.guests().get(&instance)?.is_usable();
            is_usable.then(|| Command::MarkRebooted { machine: machine.name.parse().unwrap(), instance })
        })
    })
}
