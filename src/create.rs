//! Making a machine from nothing, and ending one: what to do next, decided anew from every look.
//!
//! A *creation* has a recipe, which is fixed when it begins, a run of its own by which everything it makes is tagged and
//! found again, and a ledger of what was intended and how it ended. [`next`] takes recipe, memory and what EC2 shows, and
//! returns one act, or what to wait for: level-triggered as the keeper's planner is, so that a lost reply, a kill between
//! any two writes or a second run makes nothing twice. [`next_end`] does the same for undoing and retiring.
//!
//! All of it is pure. `app::create` looks, performs one act, and looks again; a dry run performs the same acts on a world
//! that is only imagined ([`imagined`]).

mod act;
mod ending;
mod fact;
mod image;
mod imagine;
mod making;
mod place;
mod recipe;
mod seen;
mod userdata;
mod verdict;

#[cfg(test)]
mod tests;

pub use act::{Act, Cost, Stage};
pub use ending::{Ending, Retirement, next_end, replaced};
pub use fact::{Fact, Line, Memory, Part, Phase, Thing};
pub use image::{Family, TRUSTED, Trust, architecture, newest, trust};
pub use imagine::imagined;
pub use making::{Next, Stuck, Unfit, Wait, next};
pub use place::Place;
pub use recipe::{Fstab, Home, Login, Recipe, RecipeError, Run};
pub use seen::Seen;
pub use userdata::{LARGEST, user_data};
pub use verdict::{Report, Verdict, read_console};

/// The key of the tag that everything a creation makes carries; its value is the run.
pub const CREATE_TAG: &str = "spotkeeper:create";
