//! The only words between the engine and whoever watches it: commands go in, events and snapshots come out, and of
//! snapshots watchers make what people are told.

mod change;
mod event;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::change::{Change, Changes};
pub use self::event::{Event, Weight};

use crate::config::Mode;
use crate::model::{Failure, InstanceId, MachineName, Observation, Text};
use crate::plan::{Action, MachinePlan, Step};

/// The number of a step: it keeps it for as long as it stays planned without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepNumber(pub u64);

/// The number of a plan: it changes only when the steps change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Revision(pub u64);

/// A step with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedStep {
    /// The number.
    pub number: StepNumber,
    /// When it was first planned without a break since, by this computer's clock.
    pub since: Timestamp,
    /// The step.
    pub step: Step,
}

/// A step that is being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// The step.
    pub step: NumberedStep,
    /// When it began, by this computer's clock.
    pub began: Timestamp,
}

/// Why nothing is begun at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseReason {
    /// The operator said so.
    Operator,
    /// The credentials were renewed, and belong to another account now.
    AccountChanged {
        /// The account that the machines were kept in.
        from: Text,
        /// The account that answers now.
        to: Text,
    },
}

/// What the operator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Do this step of this plan. Refused when the plan has changed.
    Approve {
        /// The plan that the operator saw.
        revision: Revision,
        /// The step in it.
        step: StepNumber,
    },
    /// Do not do this step, until its subject changes. Refused when the plan has changed.
    Decline {
        /// The plan that the operator saw.
        revision: Revision,
        /// The step in it.
        step: StepNumber,
    },
    /// Do not ask for this step before the pause has passed. Refused when the plan has changed; forgotten with the
    /// process.
    Snooze {
        /// The plan that the operator saw.
        revision: Revision,
        /// The step in it.
        step: StepNumber,
        /// For how long.
        pause: Duration,
    },
    /// Do exactly this now. It does not wait for a delay or a back-off, and overrides what was declined or put off
    /// and the policy's "ask". Refused unless the plan offers it.
    Demand {
        /// The machine.
        machine: MachineName,
        /// What to do.
        action: Action,
    },
    /// Begin nothing from now on; a step in flight finishes.
    Pause,
    /// Go on. After a change of the account: with the new one.
    Resume,
    /// The instance was rebooted by somebody else: its debt is paid.
    MarkRebooted {
        /// The machine.
        machine: MachineName,
        /// The instance that the operator saw.
        instance: InstanceId,
    },
    /// Go on in another mode.
    SetMode(Mode),
    /// Examine the set-up of a machine, beside whatever else goes on, and tell the result as an event.
    Examine {
        /// The machine.
        machine: MachineName,
    },
    /// Look at once. Refused while EC2 asks to be called less often.
    LookNow,
    /// Finish the step in flight, and leave.
    Stop,
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("the operator said so; nothing is begun until it is resumed"),
            Self::AccountChanged { from, to } => write!(
                f,
                "the credentials belong to account {to} now, and belonged to {from} before; if {to} is right, resume"
            ),
        }
    }
}

impl fmt::Display for StepNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ReadOnly => "read-only",
            Self::Confirm => "confirm",
            Self::Auto => "auto",
        })
    }
}

/// One machine's plan with its steps numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineView {
    /// What the planner says.
    pub plan: MachinePlan,
    /// The numbers of its steps, in the same order, and since when each has been planned without a break.
    pub numbers: Vec<(StepNumber, Timestamp)>,
    /// Since when the machine has stood in this state with this brief, as far as this process knows.
    pub since: Timestamp,
    /// What auto mode would do at once and unasked if it were in force and nothing were paused.
    pub in_auto: Vec<Action>,
}

impl MachineView {
    /// Its steps with their numbers.
    pub fn steps(&self) -> impl Iterator<Item = NumberedStep> {
        let numbered = |((number, since), step): (&(StepNumber, Timestamp), &Step)| NumberedStep {
            number: *number,
            since: *since,
            step: step.clone(),
        };
        self.numbers.iter().zip(&self.plan.steps).map(numbered)
    }
}

/// Everything there is to show, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The mode.
    pub mode: Mode,
    /// Whether the mode may not be changed in this session.
    pub mode_is_fixed: bool,
    /// Whether there is a journal, so that anything may be done at all.
    pub may_act: bool,
    /// Why nothing is begun, while that is so.
    pub paused: Option<PauseReason>,
    /// The region.
    pub region: Text,
    /// The account, as far as it is known.
    pub account: Option<Text>,
    /// The number of the plan.
    pub revision: Revision,
    /// The machines in the order of the configuration; none before the first complete look.
    pub machines: Arc<[MachineView]>,
    /// What the plan rests on.
    pub observation: Option<Arc<Observation>>,
    /// How many complete looks there were.
    pub looks: u64,
    /// Why the last look failed, when it did.
    pub look_failure: Option<Failure>,
    /// Why the journal cannot be written, when it cannot.
    pub journal_failure: Option<Failure>,
    /// The steps in flight.
    pub in_flight: Vec<InFlight>,
    /// Since when a look has been under way, by the engine's monotonic clock; none while none is.
    pub looking_since: Option<Duration>,
    /// The pause between looks that is in force: steady, active, or what a failed look calls for.
    pub pause: Duration,
    /// How many requests were sent to AWS, repetitions included, in the minute before the last look ended.
    pub calls_per_minute: u32,
    /// When the next look begins, by the engine's monotonic clock; none while one is under way.
    pub next_look: Option<Duration>,
    /// Whether nothing is in flight and nothing moves by itself: only people or capacity can change that.
    pub at_rest: bool,
}

impl Snapshot {
    /// When the plan was last known to be true.
    #[must_use]
    pub fn observed_at(&self) -> Option<Timestamp> {
        self.observation.as_ref().map(|observation| observation.at())
    }
}
