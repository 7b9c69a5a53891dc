//! See `tests/properties/hosts.rs`.
#![no_main]

#[path = "../../tests/properties/hosts.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::check(bytes));
