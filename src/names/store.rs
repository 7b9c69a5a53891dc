//! Reading, changing and writing one file while nobody else of our kind does.
//!
//! The lock is taken on the file itself, so that it needs no file of its own in somebody else's directory. As the
//! file is replaced by another one at each write, whoever waited for the lock may hold that of a file which is gone:
//! hence the second look at the path, and the start from the beginning.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::{NamesError, NamesErrorKind, Place, shown};
use super::replace::{Disk, Obstacle, replace};
use super::{Change, leftover};
use crate::model::NameTarget;

/// Between two tries for a lock.
const PAUSE: Duration = Duration::from_millis(5);

/// A name file behind all symbolic links, open.
pub(super) struct Opened<'a> {
    pub(super) place: Place<'a>,
    pub(super) real: PathBuf,
    pub(super) file: File,
    /// Why it is open for reading only, if so.
    pub(super) read_only: Option<io::Error>,
}

/// What shows that a file is still the one that was read.
#[derive(PartialEq, Eq)]
pub(super) struct Stamp([u64; 2], [i64; 4]);

/// Brings a file to what `edit` makes of it.
pub(super) fn update<E: From<NamesError>>(
    place: Place<'_>,
    disk: &Disk,
    edit: impl Fn(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<Change, E> {
    let deadline = Instant::now() + disk.patience;
    loop {
        if let Some(change) = attempt(place, disk, deadline, &edit)? {
            return Ok(change);
        }
        if Instant::now() >= deadline {
            return Err(busy(place, disk, "other programs keep changing it").into());
        }
    }
}

fn busy(place: Place<'_>, disk: &Disk, why: &str) -> NamesError {
    let what = format!("cannot write {}: {why}; gave up after {} s", shown(place.file), disk.patience.as_secs());
    place.error(NamesErrorKind::Busy, what)
}

/// Returns nothing when somebody else was quicker.
fn attempt<E: From<NamesError>>(
    place: Place<'_>,
    disk: &Disk,
    deadline: Instant,
    edit: &impl Fn(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<Option<Change>, E> {
    let Some(real) = resolve(place)? else {
        if edit(b"")?.is_empty() {
            return Ok(Some(Change::Unchanged));
        }
        create(place)?;
        return Ok(None);
    };
    let Some(opened) = Opened::open(place, disk, real)? else { return Ok(None) };
    let locked = wait(deadline, || opened.file.try_lock()).map_err(|error| place.io("lock", place.file, error))?;
    if !locked {
        return Err(busy(place, disk, "another program holds a lock on it").into());
    }
    if !opened.is_current() {
        return Ok(None);
    }
    let restored = leftover::restore(&opened, disk)?;
    let stamp = opened.stamp();
    let old = opened.read()?;
    let new = edit(&old)?;
    if new == old {
        return Ok(Some(if restored { Change::Written } else { Change::Unchanged }));
    }
    Ok(replace(&opened, disk, stamp.as_ref(), &old, &new)?.then_some(Change::Written))
}

/// Tries for a lock until the deadline.
pub(super) fn wait(deadline: Instant, lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<bool> {
    loop {
        match lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

/// Follows the symbolic links to the regular file; nothing when there is none yet.
pub(super) fn resolve(place: Place<'_>) -> Result<Option<PathBuf>, NamesError> {
    let real = match std::fs::canonicalize(place.file) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if place.file.is_symlink() {
                let what = format!("{} is a symbolic link to a file that does not exist", shown(place.file));
                return Err(place.error(NamesErrorKind::Missing, what));
            }
            return Ok(None);
        }
        Err(error) => return Err(place.io("open", place.file, error)),
    };
    match std::fs::metadata(&real) {
        Ok(metadata) if metadata.is_file() => Ok(Some(real)),
        Ok(_) => {
            let what = format!("{} is not a file, but something else", shown(place.file));
            Err(place.error(NamesErrorKind::Missing, what))
        }
        Err(error) => Err(place.io("open", place.file, error)),
    }
}

/// The directory in which a file is, or would be.
pub(super) fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Makes an empty file where there is none. That somebody else has just made one is as good.
fn create(place: Place<'_>) -> Result<(), NamesError> {
    let directory = directory(place.file);
    let mode = match place.target {
        NameTarget::Hosts => 0o644,
        NameTarget::Ssh => {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
            made.map_err(|error| place.io("create the directory", directory, error))?;
            0o600
        }
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(place.file);
    match file {
        // A narrow umask would hide the hosts file from those who look names up in it.
        Ok(file) => file
            .set_permissions(Permissions::from_mode(mode))
            .map_err(|error| place.io("set the mode of", place.file, error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(no_directory(place)),
        Err(error) => Err(place.io("create", place.file, error)),
    }
}

pub(super) fn no_directory(place: Place<'_>) -> NamesError {
    let what = format!("cannot create {}: its directory does not exist; is the path right?", shown(place.file));
    place.error(NamesErrorKind::Missing, what)
}

impl<'a> Opened<'a> {
    /// Opens for writing if that is allowed, else for reading. Returns nothing when the file has just gone.
    fn open(place: Place<'a>, disk: &Disk, real: PathBuf) -> Result<Option<Self>, NamesError> {
        let (opened, read_only) = match (disk.open)(&real) {
            Err(error) if Obstacle::is_one(&error) => (File::open(&real), Some(error)),
            other => (other, None),
        };
        match opened {
            Ok(file) => Ok(Some(Self { place, real, file, read_only })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(place.io("open", place.file, error)),
        }
    }

    /// All of the file.
    pub(super) fn read(&self) -> Result<Vec<u8>, NamesError> {
        read_all(&self.file).map_err(|error| self.place.io("read", self.place.file, error))
    }

    /// What the file at the path looks like now; nothing when there is none.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let it = std::fs::metadata(&self.real).ok()?;
        Some(Stamp([it.ino(), it.len()], [it.mtime(), it.mtime_nsec(), it.ctime(), it.ctime_nsec()]))
    }

    fn is_current(&self) -> bool {
        let identity = |it: std::fs::Metadata| (it.dev(), it.ino());
        let opened = self.file.metadata().map(identity);
        let named = std::fs::metadata(&self.real).map(identity);
        matches!((opened, named), (Ok(opened), Ok(named)) if opened == named)
    }
}

/// All of an open file, from its beginning.
pub(super) fn read_all(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
