//! See `tests/properties/config.rs`.
#![no_main]

#[path = "../../tests/properties/config.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::check(bytes));
