//! The rooms that decide, without the SDK. Nothing here is a part of the program.

pub mod config;
pub mod doctor;
mod ec2;
mod engine;
pub mod model;
pub mod plan;
pub mod protocol;
