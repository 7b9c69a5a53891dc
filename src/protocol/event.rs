//! What happens, told once to whoever listens.

use std::fmt;
use std::sync::Arc;

use super::{NumberedStep, PauseReason, Revision};
use crate::config::Mode;
use crate::doctor::Examination;
use crate::model::{Failure, MachineName};
use crate::plan::{Gate, Outcome, State};

/// Something that happened, told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A machine stands differently now, or for another reason.
    Found {
        /// The machine.
        machine: MachineName,
        /// How it stands.
        state: State,
        /// Why.
        reason: String,
    },
    /// There is something that the owner of a machine should know.
    Warned {
        /// The machine.
        machine: MachineName,
        /// What.
        warning: String,
    },
    /// A step waits for a yes.
    ApprovalNeeded {
        /// The plan it belongs to.
        revision: Revision,
        /// The step.
        step: NumberedStep,
    },
    /// A step begins.
    StepBegan(NumberedStep),
    /// A step ended.
    StepEnded {
        /// The step.
        step: NumberedStep,
        /// How.
        outcome: Outcome,
    },
    /// A command was not obeyed.
    Refused {
        /// Why not, and what holds instead.
        why: String,
    },
    /// A look failed; what was planned before is not acted on.
    LookFailed(Failure),
    /// The first look succeeded after failures.
    LookRecovered {
        /// How many had failed.
        failures: u32,
    },
    /// The mode changed.
    ModeChanged(Mode),
    /// From now on nothing is begun.
    Paused(PauseReason),
    /// Steps are begun again.
    Resumed,
    /// The set-up of a machine was examined.
    Examined {
        /// The machine.
        machine: MachineName,
        /// What was found.
        examination: Arc<Examination>,
    },
    /// The journal could not be written: nothing is done until it can.
    JournalFailed(Failure),
}

/// How much an event matters to somebody who reads a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The ordinary course of things.
    Info,
    /// Worth a look.
    Warning,
    /// Something does not work.
    Error,
}

impl Event {
    /// How much it matters.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::Found { state: State::Blocked, .. }
            | Self::LookFailed(_)
            | Self::JournalFailed(_)
            | Self::Paused(PauseReason::AccountChanged { .. }) => Weight::Error,
            Self::Examined { examination, .. } if examination.counts().fault > 0 => Weight::Warning,
            Self::StepEnded { outcome: Outcome::Failed(_), .. }
            | Self::Warned { .. }
            | Self::ApprovalNeeded { .. }
            | Self::Refused { .. } => Weight::Warning,
            _ => Weight::Info,
        }
    }

    /// Which machine it is about.
    #[must_use]
    pub fn machine(&self) -> Option<&MachineName> {
        match self {
            Self::Found { machine, .. } | Self::Warned { machine, .. } | Self::Examined { machine, .. } => {
                Some(machine)
            }
            Self::ApprovalNeeded { step, .. } | Self::StepBegan(step) | Self::StepEnded { step, .. } => {
                Some(&step.step.machine)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { state, reason, .. } => write!(f, "{state}: {reason}"),
            Self::Warned { warning, .. } => f.write_str(warning),
            Self::ApprovalNeeded { step: NumberedStep { number, step, .. }, .. } => {
                let because = if let Gate::Ask(because) = &step.gate { because.as_str() } else { "" };
                write!(f, "step {number} waits for approval: {} ({}; {because})", step.action, step.why)
            }
            Self::StepBegan(NumberedStep { number, step, .. }) => {
                write!(f, "step {number} begins: {} ({})", step.action, step.why)
            }
            Self::StepEnded { step: NumberedStep { number, step, .. }, outcome } => {
                write!(f, "step {number} ended: {}: {outcome}", step.action)
            }
            Self::Refused { why } => write!(f, "refused: {why}"),
            Self::LookFailed(failure) => write!(f, "could not look: {failure}"),
            Self::LookRecovered { failures: 1 } => f.write_str("can look again, after one failure"),
            Self::LookRecovered { failures } => write!(f, "can look again, after {failures} failures"),
            Self::ModeChanged(mode) => write!(f, "the mode is {mode} now"),
            Self::Paused(reason) => write!(f, "paused: {reason}"),
            Self::Resumed => f.write_str("resumed"),
            Self::Examined { examination, .. } => match &examination.failure {
                Some(failure) => write!(f, "could not be examined: {failure}"),
                None => write!(f, "examined: {}", examination.counts()),
            },
            Self::JournalFailed(failure) => {
                write!(f, "nothing is done until the journal can be written: {failure}")
            }
        }
    }
}
