//! What the fuzzers found worth keeping, under the properties that the fuzzers hold.

#[path = "../properties/config.rs"]
mod config;
#[path = "../properties/hosts.rs"]
mod hosts;
#[path = "../properties/journal.rs"]
mod journal;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// Every file of a corpus. Fails with the names of those that do not hold.
fn each(corpus: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(corpus);
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 20, "of the corpus {corpus} are only {} files left", files.len());
    let breaks = |file: &&std::path::PathBuf| {
        let bytes = fs::read(file).unwrap();
        catch_unwind(|| check(&bytes)).is_err()
    };
    let broken: Vec<_> = files.iter().filter(breaks).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn every_configuration_of_the_corpus_is_taken_sound_or_refused_with_harmless_words() {
    each("config", config::check);
}

#[test]
fn every_name_file_of_the_corpus_keeps_all_bytes_outside_of_the_block() {
    each("hosts", hosts::check);
}

#[test]
fn every_journal_of_the_corpus_tells_all_that_can_be_read_and_loses_nothing_in_a_cut() {
    each("journal", journal::check);
}
