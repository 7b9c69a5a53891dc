//! Who may say yes to a step.

use serde::Serialize;

use super::Inputs;
use super::action::{Action, StepKind};
use crate::config::{Consent, Mode};
use crate::model::MachineName;

/// Who decides at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// The mode in force.
    pub mode: Mode,
    /// Whether somebody said yes in advance to every step that would be asked for (`once --yes`).
    pub yes_to_all: bool,
}

/// Whether a step may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "gate", content = "because", rename_all = "kebab-case")]
pub enum Gate {
    /// It is done unasked.
    Open,
    /// Somebody has to say yes first, for this reason.
    Ask(String),
    /// It is not done, for this reason.
    Closed(String),
}

/// Why a step is asked for whatever the policy says: none, or the reason.
pub(super) type Doubt<'a> = Option<&'a str>;

/// A no: in a word or two, and in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub(super) brief: &'static str,
    pub(super) why: String,
}

impl No {
    fn new(brief: &'static str, why: impl Into<String>) -> Self {
        Self { brief, why: why.into() }
    }
}

/// What a kind of step needs by the policy.
fn consent(inputs: &Inputs<'_>, kind: StepKind) -> Consent {
    let policy = &inputs.config.policy;
    match kind {
        StepKind::Attach => policy.attach,
        StepKind::Reboot => policy.reboot,
        StepKind::Detach => policy.detach,
        StepKind::Keep => policy.keep,
        StepKind::Names => policy.names,
    }
}

/// What stands in the way of every step of a kind, even on the operator's word.
pub(super) fn forbidden(inputs: &Inputs<'_>, kind: StepKind) -> Option<No> {
    if inputs.wishes.paused {
        Some(No::new("paused", "paused: nothing is begun until it is resumed"))
    } else if inputs.authority.mode == Mode::ReadOnly {
        Some(No::new("read-only", "read-only mode changes nothing"))
    } else if consent(inputs, kind) == Consent::Never {
        Some(No::new("not allowed", format!("the policy says {kind} = \"never\"")))
    } else {
        None
    }
}

/// What the operator said against this very step.
fn refused(inputs: &Inputs<'_>, machine: &MachineName, action: &Action) -> Option<No> {
    if inputs.memory.of(machine).is_declined(action) {
        return Some(No::new("declined", "the operator declined it"));
    }
    let until = inputs.wishes.snoozed.get(&(machine.clone(), action.clone()))?;
    let left = until.checked_sub(inputs.now.monotonic).filter(|left| !left.is_zero())?;
    let at = inputs.now.wall.saturating_add(left).ok()?;
    Some(No::new("put off", format!("the operator put it off; asked again at {}", at.strftime("%H:%M:%SZ"))))
}

impl Authority {
    /// Judges one step by mode, policy and what the operator said. With a `doubt` it is never done unasked.
    pub(super) fn judge(
        self,
        inputs: &Inputs<'_>,
        machine: &MachineName,
        action: &Action,
        doubt: Doubt<'_>,
    ) -> Result<Gate, No> {
        let kind = action.kind();
        if let Some(no) = forbidden(inputs, kind).or_else(|| refused(inputs, machine, action)) {
            return Err(no);
        }
        if self.yes_to_all {
            return Ok(Gate::Open);
        }
        Ok(match (doubt, consent(inputs, kind), self.mode) {
            (Some(doubt), ..) => Gate::Ask(doubt.to_owned()),
            (None, Consent::Ask, _) => Gate::Ask(format!("the policy says {kind} = \"ask\"")),
            (None, _, Mode::Confirm) if kind != StepKind::Names => {
                Gate::Ask(format!("confirm mode asks before each {kind}"))
            }
            _ => Gate::Open,
        })
    }
}
