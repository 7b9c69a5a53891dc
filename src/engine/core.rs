//! The engine's mind: inputs in, effects out. It does nothing itself and knows no time but what it is told.

mod account;
mod commands;
mod passes;
mod telling;
#[cfg(test)]
mod tests;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use self::account::Account;
use self::telling::Told;
use super::cadence::Cadence;
use super::numbering::Numbering;
use super::traffic::Traffic;
use crate::config::{Config, Mode};
use crate::doctor::Examination;
use crate::ec2::Targets;
use crate::model::{Failure, InstanceId, Keeper, MachineName, Now, Observation, Text};
use crate::plan::{Action, Entry, Memory, Outcome, Setbacks, Sightings, Wishes};
use crate::protocol::{Command, Event, InFlight, MachineView, NumberedStep, PauseReason, Snapshot, StepNumber};

/// How the engine is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The mode to start in.
    pub mode: Mode,
    /// Whether somebody said yes in advance to every step that would be asked for.
    pub yes_to_all: bool,
    /// Whether the mode may be changed: a session started read-only stays so.
    pub mode_is_fixed: bool,
}

/// Something that happened to the engine.
#[derive(Debug)]
pub(super) enum Input {
    /// The time that it asked to be woken at has come.
    Due,
    /// A look ended.
    Looked { result: Result<Observation, Failure>, at: Now, requests_sent: u64 },
    /// Facts were written to the journal, or not.
    Recorded { purpose: Purpose, result: Result<Vec<Entry>, Failure> },
    /// A step ended.
    Performed(Report),
    /// STS told the account, or did not.
    Account(Result<Text, Failure>),
    /// A machine was examined.
    Examined { machine: MachineName, examination: Arc<Examination> },
    /// The operator wants something.
    Command(Command),
    /// A task ended without a result.
    Lost { errand: Errand, why: String },
}

/// What a task is there for.
#[derive(Debug)]
pub(super) enum Errand {
    Look,
    Record,
    Step(StepNumber),
    Account,
    Examination(MachineName),
}

/// How a step ended.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) step: NumberedStep,
    pub(super) outcome: Outcome,
    /// What is to be remembered of it.
    pub(super) entries: Vec<Entry>,
    /// Why the journal could not be written, when it could not.
    pub(super) journal_failure: Option<Failure>,
}

/// What facts are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A look showed them; the pass goes on afterwards.
    Pass,
    /// The operator decided them; a look follows.
    Decision,
}

/// Something that the engine wants done.
#[derive(Debug)]
pub(super) enum Effect {
    Look(Targets),
    Record { purpose: Purpose, entries: Vec<Entry> },
    Perform(NumberedStep),
    AskAccount,
    Examine(MachineName),
    Tell(Event),
    Leave,
}

/// What the engine is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waiting for this time.
    Resting { until: Duration },
    /// A look is under way. With `again` the next one begins at once after it.
    Looking { since: Duration, again: bool },
    /// Facts are being written.
    Recording,
    /// Steps are in flight.
    Acting,
}

/// The engine's whole state.
#[derive(Debug)]
pub(super) struct Core {
    config: Arc<Config>,
    options: Options,
    mode: Mode,
    region: Text,
    account: Account,
    /// As whom reboots are claimed.
    keeper: Option<Keeper>,
    /// Whether there is a journal, so that anything may be done at all.
    may_act: bool,
    phase: Phase,
    /// The pause between looks that is in force.
    pause: Duration,
    paused: Option<PauseReason>,
    wishes: Wishes,
    traffic: Traffic,
    memory: Memory,
    sightings: Sightings,
    setbacks: Setbacks,
    cadence: Cadence,
    numbering: Numbering,
    machines: Arc<[MachineView]>,
    observation: Option<Arc<Observation>>,
    looked_at: Option<Now>,
    looks: u64,
    look_failure: Option<Failure>,
    journal_failure: Option<Failure>,
    approved: BTreeSet<(MachineName, Action)>,
    queue: VecDeque<NumberedStep>,
    in_flight: Vec<InFlight>,
    told: BTreeMap<MachineName, Told>,
    moves: bool,
    /// The machines that are being examined.
    examining: BTreeSet<MachineName>,
    stopping: bool,
}

/// What to look at for these machines, and for what is remembered of them.
#[must_use]
pub fn targets(config: &Config, memory: &Memory) -> Targets {
    let volumes = config.machines.iter().flat_map(|machine| &machine.volumes);
    Targets {
        requests: config.machines.iter().map(|machine| machine.spot_request.clone()).collect(),
        volumes: volumes.map(|volume| volume.id.clone()).collect(),
        instances: memory.instances().cloned().collect::<BTreeSet<InstanceId>>(),
    }
}

impl Core {
    pub(super) fn new(
        config: Arc<Config>,
        options: Options,
        memory: Memory,
        keeper: Option<Keeper>,
        region: Text,
        may_act: bool,
    ) -> Self {
        Self {
            pause: config.poll.steady,
            config,
            options,
            mode: if may_act { options.mode } else { Mode::ReadOnly },
            region,
            account: Account::default(),
            keeper,
            may_act,
            phase: Phase::Resting { until: Duration::ZERO },
            paused: None,
            wishes: Wishes::default(),
            traffic: Traffic::default(),
            memory,
            sightings: Sightings::default(),
            setbacks: Setbacks::default(),
            cadence: Cadence::default(),
            numbering: Numbering::default(),
            machines: Arc::from([]),
            observation: None,
            looked_at: None,
            looks: 0,
            look_failure: None,
            journal_failure: None,
            approved: BTreeSet::new(),
            queue: VecDeque::new(),
            in_flight: Vec::new(),
            told: BTreeMap::new(),
            moves: false,
            examining: BTreeSet::new(),
            stopping: false,
        }
    }

    /// When it wants to be woken, by the monotonic clock.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.phase {
            Phase::Resting { until } => Some(until),
            _ => None,
        }
    }

    /// Takes one input in, and returns what is to be done.
    pub(super) fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Due => self.begin_look(now, &mut effects),
            Input::Looked { result, at, requests_sent } => {
                self.traffic.sample(requests_sent, at.monotonic);
                match result {
                    Ok(observation) => self.looked(observation, at, &mut effects),
                    Err(failure) => self.look_failed(failure, now, &mut effects),
                }
            }
            Input::Recorded { purpose, result } => self.recorded(purpose, result, now, &mut effects),
            Input::Performed(report) => self.performed(report, now, &mut effects),
            Input::Account(result) => self.account_told(result.ok(), now, &mut effects),
            Input::Examined { machine, examination } => {
                self.examining.remove(&machine);
                effects.push(Effect::Tell(Event::Examined { machine, examination }));
            }
            Input::Command(command) => self.obey(command, now, &mut effects),
            Input::Lost { errand, why } => self.lost(errand, &why, now, &mut effects),
        }
        if self.stopping && self.in_flight.is_empty() && self.phase != Phase::Recording {
            effects.push(Effect::Leave);
        }
        effects
    }

    /// Everything there is to show.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            mode: self.mode,
            mode_is_fixed: self.options.mode_is_fixed || !self.may_act,
            may_act: self.may_act,
            paused: self.paused.clone(),
            region: self.region.clone(),
            account: self.account.shown.clone(),
            revision: self.numbering.revision(),
            machines: Arc::clone(&self.machines),
            observation: self.observation.clone(),
            looks: self.looks,
            look_failure: self.look_failure.clone(),
            journal_failure: self.journal_failure.clone(),
            in_flight: self.in_flight.clone(),
            looking_since: if let Phase::Looking { since, .. } = self.phase { Some(since) } else { None },
            pause: self.pause,
            calls_per_minute: self.traffic.in_the_last_minute(),
            next_look: self.due(),
            at_rest: matches!(self.phase, Phase::Resting { .. })
                && self.looks > 0
                && self.look_failure.is_none()
                && !self.account.is_asked()
                && !self.moves,
        }
    }
}
