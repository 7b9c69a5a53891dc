//! What the planner says of one machine.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::action::{NotTaken, Offer, Step};
use super::fact::Fact;
use super::marks::Marks;
use super::sight::Sight;
use crate::model::{InstanceId, MachineName};

/// How a machine stands. The order is the order of urgency: of several findings the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its home is attached, it was rebooted, its names are published.
    Ready,
    /// Something has to happen first that this program does not do.
    Waiting,
    /// A step is being done, or follows by itself.
    Working,
    /// A step waits for somebody's yes.
    NeedsApproval,
    /// It cannot go on until somebody mends something.
    Blocked,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Working => "working",
            Self::NeedsApproval => "needs-approval",
            Self::Blocked => "blocked",
        })
    }
}

/// Whether something moves by itself, so that it is worth looking often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Motion {
    /// Nothing does: it waits for people or for capacity, or there is nothing to wait for.
    Steady,
    /// EC2 or this program is about to change something.
    Moving,
}

/// The state of a machine and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The state.
    pub state: State,
    /// Why, in plain words. It holds no running seconds, so that it changes only when something does.
    pub reason: String,
    /// The same in two words at the most, for a narrow column; empty when there is nothing to say.
    pub brief: &'static str,
    /// Whether something moves by itself.
    pub motion: Motion,
}

impl Finding {
    /// A finding in this state, with nothing moving by itself.
    pub(super) fn steady(state: State, brief: &'static str, reason: impl Into<String>) -> Self {
        Self { state, brief, reason: reason.into(), motion: Motion::Steady }
    }

    /// A finding in this state, with something about to change.
    pub(super) fn moving(state: State, brief: &'static str, reason: impl Into<String>) -> Self {
        Self { state, brief, reason: reason.into(), motion: Motion::Moving }
    }
}

/// All that the planner says of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachinePlan {
    /// The machine.
    pub machine: MachineName,
    /// How it stands.
    pub finding: Finding,
    /// The instance that EC2 is taking back, as long as it is present.
    pub draining: Option<InstanceId>,
    /// What would be done, in this order.
    pub steps: Vec<Step>,
    /// What would not be done, and why.
    pub not_taken: Vec<NotTaken>,
    /// What the operator may demand now, or why not: at least one each for attaching, rebooting and names.
    pub offers: Vec<Offer>,
    /// How far each part of the machine is.
    pub marks: Marks,
    /// What its owner should know all the same.
    pub warnings: Vec<String>,
    /// Facts that the journal should remember from now on.
    pub notes: Vec<Fact>,
    /// Passing conditions that hold now.
    pub sights: BTreeSet<Sight>,
}
