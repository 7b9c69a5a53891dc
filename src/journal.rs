//! The durable record: what is intended, before it is tried; how it ended; and what is owed.
//!
//! Every machine has a folder of its own in the state folder, named after its spot request, with an append-only
//! file of JSON lines and a lock. Whoever holds the locks may write; anybody may read. A line is on disk, by fsync,
//! before anything is done that it announces.

mod file;
mod keeper;
mod ledger;
mod lines;
mod lock;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

pub use keeper::keeper;
pub use ledger::{Ledger, Lines, ledger_folder, read_ledger};
pub use lock::{Lock, LockError};

use crate::model::{Escaped, MachineName, SpotRequestId, Text};
use crate::plan::{Entry, Memory};
use file::JournalFile;

/// A machine and the spot request whose folder holds its journal.
pub type Owner = (MachineName, SpotRequestId);

/// Why a journal could not be read or written.
#[derive(Debug, Error)]
#[error("cannot {doing} {}: {source}", Escaped(&path.display().to_string()))]
pub struct JournalError {
    doing: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

/// What was read of the journals.
#[derive(Debug, Default)]
pub struct History {
    /// The entries, machine by machine, each machine's in the order in which they were written: that order counts,
    /// and not their dates, since a clock can be set back.
    pub entries: Vec<Entry>,
    /// What was wrong with the files, in plain words: it was passed over.
    pub remarks: Vec<String>,
}

impl History {
    /// The entries of all machines by date, each machine's still in the order in which they were written.
    #[must_use]
    pub fn chronicle(mut self) -> Vec<Entry> {
        let mut latest: BTreeMap<MachineName, Timestamp> = BTreeMap::new();
        let mut dated: Vec<(Timestamp, Entry)> = Vec::with_capacity(self.entries.len());
        for entry in self.entries.drain(..) {
            let at = latest.entry(entry.machine.clone()).or_insert(entry.at);
            *at = entry.at.max(*at);
            dated.push((*at, entry));
        }
        dated.sort_by_key(|(at, _)| *at);
        dated.into_iter().map(|(_, entry)| entry).collect()
    }

    /// What follows from the entries.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        memory.extend(&self.entries);
        memory
    }
}

/// What the bytes of one journal file tell of this machine; `file` is what remarks call it. What cannot be read is passed
/// over, line by line, each with a remark.
#[must_use]
pub fn parse(file: &Path, bytes: &[u8], machine: &MachineName) -> History {
    let mut history = History::default();
    file::read_lines(file, bytes, machine, &mut history);
    history
}

/// Reads what the journals of these machines hold now, without a lock and without a change. With `older`, what was
/// rotated away is read too.
///
/// # Errors
///
/// When a journal exists and cannot be read.
pub fn read(state_dir: &Path, owners: &[Owner], older: bool) -> Result<History, JournalError> {
    let mut history = History::default();
    for (machine, request) in owners {
        let file = JournalFile::new(folder(state_dir, request));
        file.read(machine, older, &mut history)?;
    }
    Ok(history)
}

/// Who keeps a machine, in the words that he left in its lock; none when nobody does. Nothing is changed, and no file is
/// made.
///
/// # Errors
///
/// When the lock exists and cannot be read or tried.
pub fn holder(state_dir: &Path, request: &SpotRequestId) -> Result<Option<Text>, JournalError> {
    let path = folder(state_dir, request).join("lock");
    lock::holder(&path).map_err(|source| JournalError { doing: "look at the lock", path, source })
}

/// Whether the journals of these machines could be written, as far as that can be told without writing.
///
/// # Errors
///
/// For the first folder or file that this user may not write.
pub fn check_writable(state_dir: &Path, owners: &[Owner]) -> Result<(), JournalError> {
    file::writable(state_dir)?;
    owners.iter().try_for_each(|(_, request)| JournalFile::new(folder(state_dir, request)).check_writable())
}

/// The journals of a set of machines, open for writing. As long as it exists, nobody else writes them.
#[derive(Debug)]
pub struct Journal {
    files: BTreeMap<MachineName, JournalFile>,
    _lock: Lock,
}

impl Journal {
    /// Takes the locks, mends torn tails, and reads what is remembered.
    ///
    /// # Errors
    ///
    /// When another process holds a lock, or a file cannot be read or written.
    pub fn open(state_dir: &Path, owners: &[Owner]) -> Result<(Self, History), OpenError> {
        let folders: Vec<_> = owners.iter().map(|(name, request)| (name.clone(), folder(state_dir, request))).collect();
        let lock = Lock::acquire(&folders)?;
        let mut history = History::default();
        let mut files = BTreeMap::new();
        for (machine, folder) in folders {
            let file = JournalFile::new(folder);
            history.remarks.extend(file.mend()?);
            file.read(&machine, false, &mut history)?;
            files.insert(machine, file);
        }
        Ok((Self { files, _lock: lock }, history))
    }

    /// Appends an entry, and returns when it is on disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written; then the file is as it was before, as far as that can be had.
    pub fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        match self.files.get(&entry.machine) {
            Some(file) => file.append(entry),
            None => Err(JournalError {
                doing: "write the journal of",
                path: PathBuf::from(entry.machine.as_str()),
                source: std::io::Error::other("this machine is not in the configuration"),
            }),
        }
    }
}

/// Why the journals could not be opened for writing.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

fn folder(state_dir: &Path, request: &SpotRequestId) -> PathBuf {
    state_dir.join("machines").join(request.as_str())
}

#[cfg(test)]
mod tests;
