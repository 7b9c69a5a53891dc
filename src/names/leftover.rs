//! The backup that exists while a file is overwritten, and what is done about one that was left behind.
//!
//! It lies beside the file as `.hosts.spotkeeper-backup`, or, where that directory cannot be written, in `/var/tmp`
//! under the whole path of the file. It comes into being under this name complete, and goes when the file is complete:
//! one that is found tells of a write that was cut short, and is what the file was before.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use super::error::{NamesError, NamesErrorKind, Place, shown};
use super::replace::{Disk, Obstacle, sync_directory};
use super::store::{Opened, directory, read_all};

/// How long overwriting takes at the very most. A file that changed later than this was changed by somebody else.
const OVERWRITING: Duration = Duration::from_secs(10);

/// A backup that was left behind.
pub(super) struct Leftover {
    path: PathBuf,
    content: Vec<u8>,
    saved: SystemTime,
}

/// What a backup says of its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The file is the same.
    Needless,
    /// The file was left half written.
    CutShort,
    /// Somebody has changed the file since, and has to say which of the two he wants.
    Disputed,
}

/// The places for a backup, the better one first.
fn places(file: &Path, spare: &Path) -> [PathBuf; 2] {
    let mut beside = OsString::from(".");
    beside.push(file.file_name().unwrap_or_default());
    beside.push(".spotkeeper-backup");
    let mut whole = b"spotkeeper-backup".to_vec();
    for byte in file.as_os_str().as_bytes() {
        match byte {
            b'/' => whole.extend_from_slice(b"%2F"),
            b'%' => whole.extend_from_slice(b"%25"),
            _ => whole.push(*byte),
        }
    }
    [directory(file).join(beside), spare.join(OsString::from_vec(whole))]
}

/// Saves a file's content before it is overwritten. When this returns, the backup is on the disk.
pub(super) fn save(opened: &Opened<'_>, disk: &Disk, content: &[u8]) -> Result<PathBuf, NamesError> {
    let place = opened.place;
    let mut barred = None;
    for path in places(&opened.real, &disk.spare) {
        match write(disk, &path, content) {
            Ok(()) => return sync_directory(place, &path).map(|()| path),
            Err(error) if Obstacle::is_one(&error) => barred = Some((path, error)),
            Err(error) => return Err(place.io("write the backup", &path, error)),
        }
    }
    let (path, error) = barred.unwrap_or_else(|| (disk.spare.clone(), io::ErrorKind::Other.into()));
    Err(place.io("write the backup", &path, error))
}

fn write(disk: &Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut temporary = (disk.temporary)(path)?;
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map(drop).map_err(|error| error.error)
}

/// Removes a backup that is no longer needed.
pub(super) fn remove(place: Place<'_>, backup: &Path) -> Result<(), NamesError> {
    std::fs::remove_file(backup).map_err(|error| place.io("remove the backup", backup, error))
}

/// Looks for a backup of this user's: the spare directory is open to everybody, who may put there what he likes.
pub(super) fn find(real: &Path, disk: &Disk) -> Option<Leftover> {
    places(real, &disk.spare).into_iter().find_map(|path| {
        let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).ok()?;
        let file: File = OpenOptions::new().read(true).custom_flags(flags).open(&path).ok()?;
        let metadata = file.metadata().ok()?;
        let is_own = metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw();
        let content = read_all(&file).ok().filter(|_| is_own)?;
        Some(Leftover { path, content, saved: metadata.modified().ok()? })
    })
}

impl Leftover {
    /// Compares it with its file.
    pub(super) fn judge(&self, content: &[u8], modified: Option<SystemTime>) -> Verdict {
        if content == self.content {
            return Verdict::Needless;
        }
        match modified {
            Some(modified) if modified <= self.saved + OVERWRITING => Verdict::CutShort,
            _ => Verdict::Disputed,
        }
    }

    /// What its owner should know, or nothing if there is nothing to be done.
    pub(super) fn trouble(&self, verdict: &Verdict, file: &Path) -> Option<String> {
        let (file, backup) = (shown(file), shown(&self.path));
        match verdict {
            Verdict::Needless => None,
            Verdict::CutShort => Some(format!(
                "a write of {file} was cut short; the next one puts it back from {backup} first, or do so by hand and remove that"
            )),
            Verdict::Disputed => Some(format!(
                "a write of {file} was cut short, and it was changed since; {backup} is what it was before: compare the two, then remove that"
            )),
        }
    }
}

/// Puts a file right that was left half written, and clears its backup away. Returns whether the file was changed.
pub(super) fn restore(opened: &Opened<'_>, disk: &Disk) -> Result<bool, NamesError> {
    let Some(leftover) = find(&opened.real, disk) else { return Ok(false) };
    let place = opened.place;
    let modified = opened.file.metadata().and_then(|it| it.modified()).ok();
    let verdict = leftover.judge(&opened.read()?, modified);
    match (&verdict, &opened.read_only) {
        (Verdict::Needless, _) => {}
        (Verdict::CutShort, None) => (disk.overwrite)(&opened.file, 0, &leftover.content)
            .map_err(|error| place.io("put back", place.file, error))?,
        (Verdict::CutShort, Some(error)) => return Err(place.io("put back", place.file, error.kind().into())),
        (Verdict::Disputed, _) => {
            let what = leftover.trouble(&verdict, place.file).unwrap_or_default();
            return Err(place.error(NamesErrorKind::Damaged, what));
        }
    }
    remove(place, &leftover.path)?;
    Ok(verdict == Verdict::CutShort)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_of_different_files_never_share_a_name() {
        let spare = |file: &str| places(Path::new(file), Path::new("/var/tmp"))[1].clone();
        assert_eq!(spare("/etc/hosts"), Path::new("/var/tmp/spotkeeper-backup%2Fetc%2Fhosts"));
        assert_ne!(spare("/a%2Fb"), spare("/a/b"));
        assert_eq!(places(Path::new("/etc/hosts"), Path::new("/x"))[0], Path::new("/etc/.hosts.spotkeeper-backup"));
    }

    #[test]
    fn a_file_that_changed_long_after_its_backup_is_not_overwritten_with_it() {
        let saved = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let leftover = Leftover { path: PathBuf::new(), content: b"old".to_vec(), saved };
        let later = |seconds| Some(saved + Duration::from_secs(seconds));
        assert_eq!(leftover.judge(b"old", later(99)), Verdict::Needless);
        assert_eq!(leftover.judge(b"new", later(2)), Verdict::CutShort);
        assert_eq!(leftover.judge(b"new", later(11)), Verdict::Disputed);
        assert_eq!(leftover.judge(b"new", None), Verdict::Disputed);
    }
}
