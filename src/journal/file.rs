//! One machine's journal file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

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
        let path = self.current();
        let bytes = contents(&path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let Some(torn) = bytes.get(whole..).filter(|torn| !torn.is_empty()) else { return Ok(None) };
        let aside = self.folder.join("journal.torn");
        let kept = OpenOptions::new().create(true).append(true).open(&aside).and_then(|mut file| {
            file.write_all(torn)?;
            file.write_all(b"\n")?;
            file.sync_data()
        });
        kept.map_err(|source| failed("save the torn end of the journal in", &aside, source))?;
        let length = u64::try_from(whole).unwrap_or_default();
        let cut = OpenOptions::new().write(true).open(&path).and_then(|file| {
            file.set_len(length)?;
            file.sync_data()
        });
        cut.map_err(|source| failed("mend the journal", &path, source))?;
        Ok(Some(format!(
            "the last line of {} was torn (a crash while writing); it was moved to {}",
            path.display(),
            aside.display()
        )))
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

/// Appends one line and waits until it is on disk. Returns the length of the file.
fn append_line(path: &Path, entry: &Entry) -> io::Result<u64> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let before = file.seek(SeekFrom::End(0))?;
    // A half-written line, should one stand there, must not swallow this one.
    let mut line = if is_whole(&mut file, before)? { Vec::new() } else { vec![b'\n'] };
    serde_json::to_writer(&mut line, entry)?;
    line.push(b'\n');
    if let Err(error) = file.write_all(&line).and_then(|()| file.sync_data()) {
        // Should this fail too, the next line begins on a line of its own.
        let _ = file.set_len(before);
        return Err(error);
    }
    if is_new && let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    Ok(before + u64::try_from(line.len()).unwrap_or_default())
}

/// Whether the file of this length ends with a newline.
fn is_whole(file: &mut File, length: u64) -> io::Result<bool> {
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    Ok(last == [b'\n'])
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn contents(path: &Path) -> Result<Vec<u8>, JournalError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("read the journal", path, error)),
        _ => Ok(bytes),
    }
}

fn read_file(path: &Path, machine: &MachineName, history: &mut History) -> Result<(), JournalError> {
    read_lines(path, &contents(path)?, machine, history);
    Ok(())
}

/// Adds what these bytes of a file hold to the history.
pub(super) fn read_lines(path: &Path, bytes: &[u8], machine: &MachineName, history: &mut History) {
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Entry>(line) {
            // The folder is the spot request's: a machine that was renamed keeps its memory.
            Ok(entry) => history.entries.push(Entry { machine: machine.clone(), ..entry }),
            Err(error) => history.remarks.push(format!(
                "line {} of {} cannot be read and is passed over: {error}",
                index + 1,
                path.display()
            )),
        }
    }
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> JournalError {
    JournalError { doing, path: path.to_owned(), source }
}
