//! Judging a set-up: facts go in, verdicts come out, each with what was seen, why it matters, and what mends it.
//!
//! Nothing here asks anybody. Where a fact is missing, every check that rests on it says *unknown* and why: no check
//! passes for want of an answer.

mod anew;
mod case;
mod check;
mod checks;
mod examination;
mod facts;
mod policy;
mod remedy;
mod specification;
#[cfg(test)]
mod tests;
mod verdict;

pub use check::Check;
pub use examination::{Counts, Examination, Judged};
pub use facts::{Answer, Facts, Keeping, Trial};
pub use policy::READING_POLICY;
pub use remedy::{Aws, Remedy};
pub use verdict::{Outcome, Verdict};

use crate::config::{Config, Machine};
use case::Case;

/// Judges these machines of a configuration, and the computer that keeps them, by what is known.
#[must_use]
pub fn judge(config: &Config, machines: &[&Machine], facts: &Facts) -> Examination {
    let judged = machines.iter().map(|machine| {
        let case = Case::new(config, machine, facts);
        Judged { name: machine.name.clone(), verdicts: checks::of_machine(&case) }
    });
    Examination {
        examined_at: facts.at,
        region: facts.region.clone(),
        account: facts.account.as_ref().ok().cloned(),
        failure: facts.blind().cloned(),
        machines: judged.collect(),
        computer: checks::of_computer(config, facts),
    }
}
