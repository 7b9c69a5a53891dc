//! One machine's journal file.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::lines::{self, append_line, contents, failed, sync_folder};
use super::{History, JournalError};
use crate::model::MachineName;
use crate::plan::{Entry, Fact, MachineMemory};

/// From this size on a file is rotated, in bytes. A quiet machine writes a few hundred bytes an interruption.
const ROTATE_AT: u64 = 256 * 1024;

/// The files of one machine, all in one folder.
#[derive(Debug)]
pub(super) struct JournalFile {
    folder: PathBuf,
}

impl JournalFile {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn current(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    fn previous(&self) -> PathBuf {
        self.folder.join("journal.1.jsonl")
    }

    /// Adds what the file holds to the history. Lines that cannot be read are passed over with a remark.
    pub(super) fn read(&self, machine: &MachineName, older: bool, history: &mut History) -> Result<(), JournalError> {
        if older {
            read_file(&self.previous(), machine, history)?;
        }
        read_file(&self.current(), machine, history)
    }

    /// Whether the file, or one in its place, could be written.
    pub(super) fn check_writable(&self) -> Result<(), JournalError> {
        writable(&self.folder)?;
        [self.current(), self.folder.join("lock")]
            .iter()
            .filter(|path| path.exists())
            .try_for_each(|path| access(path, Access::WRITE_OK).map_err(|errno| failed("write", path, errno.into())))
    }

    /// Takes off a last line that was never finished, keeps it beside the file, and says so.
    pub(super) fn mend(&self) -> Result<Option<String>, JournalError> {
        lines::mend(&self.current(), &self.folder.join("journal.torn"))
    }

    pub(super) fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.current();
        let length = append_line(&path, entry).map_err(|source| failed("write the journal", &path, source))?;
        // The entry is on disk: a file that grows is no reason to stop acting.
        if length >= ROTATE_AT
            && let Err(source) = self.rotate(entry)
        {
            tracing::warn!("{}", failed("rotate the journal", &path, source));
        }
        Ok(())
    }

    /// Begins a new file with all that is still needed of the old one. At every moment the current file is whole.
    fn rotate(&self, last: &Entry) -> io::Result<()> {
        let mut history = History::default();
        read_file(&self.current(), &last.machine, &mut history).map_err(|error| error.source)?;
        let mut memory = MachineMemory::default();
        for entry in &history.entries {
            memory.apply(entry.at, &entry.fact);
        }
        let carried = Entry { at: last.at, machine: last.machine.clone(), fact: Fact::Carried { memory } };
        let next = self.folder.join("journal.next");
        remove_if_there(&next)?;
        append_line(&next, &carried)?;
        remove_if_there(&self.previous())?;
        fs::hard_link(self.current(), self.previous())?;
        fs::rename(&next, self.current())?;
        sync_folder(&self.folder)
    }
}

/// Whether files could be made in a folder, or the folder itself where there is none yet.
pub(super) fn writable(folder: &Path) -> Result<(), JournalError> {
    let mut there = folder;
    while let (false, Some(parent)) = (there.exists(), there.parent()) {
        there = parent;
    }
    if there.exists() && !there.is_dir() {
        return Err(failed("make files in", there, ErrorKind::NotADirectory.into()));
    }
    access(there, Access::WRITE_OK | Access::EXEC_OK).map_err(|errno| failed("make files in", there, errno.into()))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn read_file(path: &Path, machine: &MachineName, history: &mut History) -> Result<(), JournalError> {
    read_lines(path, &contents(path)?, machine, history);
    Ok(())
}

/// Adds what these bytes of a file hold to the history.
pub(super) fn read_lines(path: &Path, bytes: &[u8], machine: &MachineName, history: &mut History) {
    // The folder is the spot request's: a machine that was renamed keeps its memory.
    let read = lines::parse::<Entry>(path, bytes, &mut history.remarks);
    history.entries.extend(read.into_iter().map(|entry| Entry { machine: machine.clone(), ..entry }));
}
