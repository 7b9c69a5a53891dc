//! The program as its users meet it: a process with files and signals, before the embedded EC2 on loopback.

mod codes;
mod demo;
mod hooks;
mod hostile;
mod killed;
mod log_format;
mod mounts;
mod reload;
mod sample;
mod service;
mod signals;
mod usage;
pub(crate) mod world;
