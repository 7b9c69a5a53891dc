//! EC2, through the real SDK and nothing else: looking, and the few calls that change something.
//!
//! Whatever is behind (AWS, another endpoint, the embedded simulator), requests are serialised, signed, retried,
//! timed out and parsed by the SDK. A simulator is put in below it, as an HTTP client.

mod act;
mod client;
mod convert;
mod count;
mod endpoint;
mod error;
mod find;
mod inspect;
mod look;
mod make;
mod pages;
mod skew;
mod surroundings;
mod trial;

pub use client::{Ec2, Environment, Source};
pub use look::{Seen, Targets};
pub use make::{Launch, NewVolume, Offer, TagPairs};
