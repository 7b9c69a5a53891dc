//! The planner: observation, configuration, memory and the time go in; findings and steps come out, with the
//! reason for every step and for every step not taken.
//!
//! It is synchronous and pure: the same inputs give the same plan, and nothing outside changes. Whatever takes
//! time to judge (how long something has been attaching, since when an instance is absent) is a [`Sight`] that the
//! planner names and the caller remembers.

mod action;
mod case;
mod fact;
mod finding;
mod gate;
mod marks;
mod memory;
mod rules;
mod sight;
#[cfg(test)]
mod tests;
mod wishes;
mod words;

pub use action::{Action, NotTaken, Offer, Step, StepKind};
pub use fact::{Entry, Fact, Outcome, Payment};
pub use finding::{Finding, MachinePlan, Motion, State};
pub use gate::{Authority, Gate};
pub use marks::{Mark, Marks};
pub use memory::{Debt, MachineMemory, Memory, Paid, Send};
pub use sight::{Setback, Setbacks, Sight, Sightings};
pub use wishes::Wishes;
pub use words::span;

use crate::config::{Config, Machine};
use crate::model::{Keeper, Now, Observation};

/// Everything that a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What the user wants.
    pub config: &'a Config,
    /// What EC2 and the name files showed.
    pub observation: &'a Observation,
    /// What the journal remembers.
    pub memory: &'a Memory,
    /// Since when passing conditions have been seen.
    pub sightings: &'a Sightings,
    /// Which steps failed lately, and until when they rest.
    pub setbacks: &'a Setbacks,
    /// Who may say yes.
    pub authority: Authority,
    /// As whom it claims reboots; none when it tells other computers nothing.
    pub keeper: Option<&'a Keeper>,
    /// What the operator wants at the moment.
    pub wishes: &'a Wishes,
    /// What time it is.
    pub now: Now,
}

/// Plans for every machine, in the order of the configuration.
#[must_use]
pub fn plan(inputs: &Inputs<'_>) -> Vec<MachinePlan> {
    inputs.config.machines.iter().map(|machine| plan_machine(inputs, machine)).collect()
}

/// Plans for one machine.
#[must_use]
pub fn plan_machine(inputs: &Inputs<'_>, machine: &Machine) -> MachinePlan {
    rules::judge(case::Case::new(inputs, machine))
}
