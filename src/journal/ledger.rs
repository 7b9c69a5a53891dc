//! The record of a work that has a beginning and an end, such as making a machine: one file, never rotated.

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lines::{self, append_line, contents, failed};
use super::{JournalError, Lock, OpenError};
use crate::model::MachineName;

/// The record of one machine's making and ending, open for writing: `T` is what one line says. As long as it exists, nobody
/// else writes it.
#[derive(Debug)]
pub struct Ledger<T> {
    file: PathBuf,
    _lock: Lock,
    _lines: PhantomData<fn(T)>,
}

/// What was read of a ledger.
#[derive(Debug)]
pub struct Lines<T> {
    /// The lines, in the order in which they were written.
    pub lines: Vec<T>,
    /// What was mended in the file, in plain words.
    pub remarks: Vec<String>,
}

/// Where the ledger of this machine is kept.
#[must_use]
pub fn ledger_folder(state_dir: &Path, machine: &MachineName) -> PathBuf {
    state_dir.join("creations").join(machine.as_str())
}

/// Reads what a machine's ledger holds now, without a lock and without a change; nothing when there is none. A last line that
/// was not finished is left out.
///
/// # Errors
///
/// When the file exists and cannot be read, or one of its lines cannot: what goes on without knowing what was done makes
/// things twice, or forgets them.
pub fn read_ledger<T: DeserializeOwned>(state_dir: &Path, machine: &MachineName) -> Result<Lines<T>, JournalError> {
    let file = ledger_folder(state_dir, machine).join("ledger.jsonl");
    let lines: Result<Vec<T>, _> = lines::each(lines::whole(&contents(&file)?)).collect();
    let lines = lines.map_err(|(number, error)| {
        let why = format!(
            "line {number}: {error}; without it nobody knows what was made: use the spotkeeper that wrote it, or mend the line"
        );
        failed("read the ledger", &file, io::Error::new(io::ErrorKind::InvalidData, why))
    })?;
    Ok(Lines { lines, remarks: Vec::new() })
}

impl<T: Serialize + DeserializeOwned> Ledger<T> {
    /// Takes the lock, mends a torn tail, and reads what is there.
    ///
    /// # Errors
    ///
    /// When another process holds the lock, or the file cannot be read or written.
    pub fn open(state_dir: &Path, machine: &MachineName) -> Result<(Self, Lines<T>), OpenError> {
        let folder = ledger_folder(state_dir, machine);
        let lock = Lock::acquire(&[(machine.clone(), folder.clone())])?;
        let file = folder.join("ledger.jsonl");
        let mended = lines::mend(&file, &folder.join("ledger.torn"))?;
        let mut read = read_ledger(state_dir, machine)?;
        read.remarks.extend(mended);
        Ok((Self { file, _lock: lock, _lines: PhantomData }, read))
    }

    /// Appends a line, and returns when it is on disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written; then the file is as it was before, as far as that can be had.
    pub fn append(&self, line: &T) -> Result<(), JournalError> {
        append_line(&self.file, line).map(drop).map_err(|source| failed("write the ledger", &self.file, source))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn name() -> MachineName {
        "train".parse().unwrap()
    }

    #[test]
    fn what_was_appended_is_read_back_and_a_torn_end_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, before) = Ledger::<u32>::open(dir.path(), &name()).unwrap();
        assert!(before.lines.is_empty() && before.remarks.is_empty());
        [1, 2].iter().try_for_each(|line| ledger.append(line)).unwrap();
        drop(ledger);
        let file = dir.path().join("creations/train/ledger.jsonl");
        fs::write(&file, b"1\n2\n3").unwrap();
        assert_eq!(read_ledger::<u32>(dir.path(), &name()).unwrap().lines, [1, 2], "nor is it told without a change");
        let (ledger, read) = Ledger::<u32>::open(dir.path(), &name()).unwrap();
        assert_eq!(
            (read.lines, read.remarks.len()),
            (vec![1, 2], 1),
            "a number without its newline may be half of one"
        );
        ledger.append(&4).unwrap();
        assert_eq!(read_ledger::<u32>(dir.path(), &name()).unwrap().lines, [1, 2, 4]);
    }

    #[test]
    fn a_line_that_nobody_can_read_is_told_by_file_and_number_and_nothing_goes_on_without_it() {
        let dir = tempfile::tempdir().unwrap();
        drop(Ledger::<u32>::open(dir.path(), &name()).unwrap());
        let file = dir.path().join("creations/train/ledger.jsonl");
        fs::write(&file, b"1\n{\"fact\":\"of-a-newer-one\"}\n3\n").unwrap();
        let read = read_ledger::<u32>(dir.path(), &name()).unwrap_err().to_string();
        let opened = Ledger::<u32>::open(dir.path(), &name()).unwrap_err().to_string();
        for told in [read, opened] {
            assert!(told.contains(file.to_str().unwrap()) && told.contains("line 2"), "{told}");
        }
    }

    #[test]
    fn a_ledger_has_one_writer() {
        let dir = tempfile::tempdir().unwrap();
        let _held = Ledger::<u32>::open(dir.path(), &name()).unwrap();
        assert!(Ledger::<u32>::open(dir.path(), &name()).is_err());
        assert!(Ledger::<u32>::open(dir.path(), &"lab".parse().unwrap()).is_ok());
    }
}
