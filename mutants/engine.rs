//! The engine without what calls EC2.

mod cadence;
mod core;
mod numbering;
mod setback;
mod traffic;
