//! Append-only files of JSON lines: what every durable record here is made of.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::JournalError;

/// Takes off a last line that was never finished, appends it to the file `aside`, and says so.
pub(super) fn mend(path: &Path, aside: &Path) -> Result<Option<String>, JournalError> {
    let bytes = contents(path)?;
    let whole = whole(&bytes).len();
    let Some(torn) = bytes.get(whole..).filter(|torn| !torn.is_empty()) else { return Ok(None) };
    let kept = OpenOptions::new().create(true).append(true).open(aside).and_then(|mut file| {
        file.write_all(torn)?;
        file.write_all(b"\n")?;
        file.sync_data()
    });
    kept.map_err(|source| failed("save the torn end of the journal in", aside, source))?;
    let length = u64::try_from(whole).unwrap_or_default();
    let cut = OpenOptions::new().write(true).open(path).and_then(|file| {
        file.set_len(length)?;
        file.sync_data()
    });
    cut.map_err(|source| failed("mend the journal", path, source))?;
    Ok(Some(format!(
        "the last line of {} was torn (a crash while writing); it was moved to {}",
        path.display(),
        aside.display()
    )))
}

/// What stands in these bytes of a file up to the end of its last finished line.
pub(super) fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    bytes.get(..end).unwrap_or_default()
}

/// Appends one line and waits until it is on disk. Returns the length of the file.
pub(super) fn append_line(path: &Path, entry: &impl Serialize) -> io::Result<u64> {
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

/// The lines of these bytes of a file, in their order. Those that cannot be read are passed over, each with a remark.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8], remarks: &mut Vec<String>) -> Vec<T> {
    let mut read = Vec::new();
    for line in each(bytes) {
        match line {
            Ok(entry) => read.push(entry),
            Err((number, error)) => {
                let path = path.display();
                remarks.push(format!("line {number} of {path} cannot be read and is passed over: {error}"));
            }
        }
    }
    read
}

/// The lines of these bytes of a file, in their order: what each says, or its number and why it cannot be read.
pub(super) fn each<T: DeserializeOwned>(bytes: &[u8]) -> impl Iterator<Item = Result<T, (usize, serde_json::Error)>> {
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.is_empty());
    lines.map(|(number, line)| serde_json::from_slice(line).map_err(|error| (number, error)))
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

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// All of a file; nothing when there is none.
pub(super) fn contents(path: &Path) -> Result<Vec<u8>, JournalError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("read the journal", path, error)),
        _ => Ok(bytes),
    }
}

pub(super) fn failed(doing: &'static str, path: &Path, source: io::Error) -> JournalError {
    JournalError { doing, path: path.to_owned(), source }
}
