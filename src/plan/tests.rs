//! The planner, held against its rules: one test for each clause, and properties over random worlds.

mod attaching;
mod authority;
mod begun;
mod debts;
mod fence;
mod first_sight;
mod holders;
mod keeping;
mod kit;
mod limits;
mod looping;
mod marks;
mod memory;
mod names;
mod overtaken;
mod properties;
mod random;
mod seats;
mod told;
mod wishes;
