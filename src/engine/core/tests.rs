//! The engine's mind, told what happened and asked what is to be done: no call is made here, and no time passes but by
//! word.

mod account;
mod cadence;
mod commands;
mod demands;
mod desk;
mod passes;
mod steps;
mod telling;
