//! See `tests/properties/journal.rs`.
#![no_main]

#[path = "../../tests/properties/journal.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::check(bytes));
