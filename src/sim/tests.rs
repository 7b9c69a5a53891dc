//! The embedded EC2, mostly as the real SDK sees it, on a paused clock.

mod access;
mod bench;
mod builders;
mod calls;
mod codes;
mod demo;
mod describe;
mod errors;
mod faults;
mod filters;
mod guests;
mod images;
mod keys;
mod launches;
mod life;
mod limits;
mod orders;
mod parameters;
mod paths;
mod permissions;
mod random;
mod stops;
mod turns;
mod views;
