//! What holds of a journal, whatever became of its file.
//!
//! The first two bytes of an input say where a crash cut the rest, which is the file.

use std::path::Path;

use spotkeeper::journal::{History, parse};
use spotkeeper::model::MachineName;
use spotkeeper::plan::{Entry, Fact, MachineMemory};

/// Checks a place and a file.
pub(crate) fn check(bytes: &[u8]) {
    let Some((place, file)) = bytes.split_first_chunk::<2>() else { return };
    let whole = read(file);
    let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    assert_eq!(whole.entries.len() + whole.remarks.len(), lines, "a line was passed over without a word");
    assert!(whole.entries.iter().all(|entry| entry.machine == machine()));
    check_cut(file, usize::from(u16::from_be_bytes(*place)) % (file.len() + 1), &whole);
    check_written_again(&whole);
    check_carried(&whole);
    let mut by_date = whole.entries.clone();
    by_date.sort_by_key(|entry| format!("{entry:?}"));
    let mut chronicle = whole.chronicle();
    chronicle.sort_by_key(|entry| format!("{entry:?}"));
    assert_eq!(chronicle, by_date, "an entry is missing, or twice there");
}

fn machine() -> MachineName {
    "train".parse().expect("a name")
}

fn read(bytes: &[u8]) -> History {
    parse(Path::new("journal.jsonl"), bytes, &machine())
}

/// Cut anywhere, the file tells the same of every line that is whole, and of the torn one at most one thing.
fn check_cut(file: &[u8], place: usize, whole: &History) {
    let cut = file.get(..place).unwrap_or_default();
    let end_of_lines = cut.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let (lines, torn) = cut.split_at(end_of_lines);
    let kept = read(lines);
    assert!(whole.entries.starts_with(&kept.entries), "a torn end changes what stands before it");
    assert!(whole.remarks.starts_with(&kept.remarks));
    let seen = read(cut);
    assert!(seen.entries.starts_with(&kept.entries) && seen.remarks.starts_with(&kept.remarks));
    let more = seen.entries.len() + seen.remarks.len() - kept.entries.len() - kept.remarks.len();
    assert_eq!(more, usize::from(!torn.is_empty()), "the torn line is an entry or a remark");
}

/// What was read can be written and read again, the same.
fn check_written_again(whole: &History) {
    let mut again = Vec::new();
    for entry in &whole.entries {
        let line = serde_json::to_vec(entry).expect("an entry can be written");
        assert!(!line.contains(&b'\n'), "an entry is one line");
        again.extend_from_slice(&line);
        again.push(b'\n');
    }
    let again = read(&again);
    assert_eq!(again.entries, whole.entries);
    assert!(again.remarks.is_empty(), "{:?}", again.remarks);
}

/// What is carried into the next file when one is full is all that was remembered.
fn check_carried(whole: &History) {
    let Some(last) = whole.entries.last() else { return };
    let mut memory = MachineMemory::default();
    for entry in &whole.entries {
        memory.apply(entry.at, &entry.fact);
    }
    assert_eq!(*whole.memory().of(&machine()), memory);
    let carried = Entry { fact: Fact::Carried { memory: memory.clone() }, ..last.clone() };
    let line = serde_json::to_vec(&carried).expect("a memory can be written");
    assert_eq!(*read(&line).memory().of(&machine()), memory, "something was forgotten on the way to the next file");
}
