//! All integration tests in one binary: each test binary links the whole SDK.
#![cfg(test)]

mod architecture;
mod binary;
mod corpus;
mod creation;
mod doctor;
mod figures;
mod guarantees;
mod month;
mod moto;
mod prepare;
mod readme;
mod screen;
mod sim;
mod stage;
mod support;
mod terminal;
