//! Giving a file new content so that, whatever happens, somebody finds a whole file.
//!
//! The way of choice is a new file beside the old one, with its mode, owner and attributes, renamed over it. Where
//! that cannot be done (the file is a mount point, as in containers; the directory is not ours to write; the owner
//! could not be kept; there are hard links) the file is overwritten, with a backup on the disk until that is done.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::Access;
use tempfile::NamedTempFile;
use xattr::FileExt as _;

use super::error::{NamesError, NamesErrorKind, Place, shown};
use super::leftover;
use super::store::{Opened, Stamp, directory};

/// What is asked of the system, in one place so that a test can make it fail as it may in life.
#[derive(Debug)]
pub(super) struct Disk {
    /// Says whether something may be done to a file.
    pub(super) access: fn(&Path, Access) -> rustix::io::Result<()>,
    /// Opens a file for reading and writing.
    pub(super) open: fn(&Path) -> io::Result<File>,
    /// Makes a new file beside another one, which removes itself.
    pub(super) temporary: fn(&Path) -> io::Result<NamedTempFile>,
    /// Gives a new file the owner and group of another.
    pub(super) own: fn(&File, &Metadata) -> io::Result<()>,
    /// Renames one file over another.
    pub(super) rename: fn(&Path, &Path) -> io::Result<()>,
    /// Gives an open file new content, of which it has so many bytes already, and waits for the disk.
    pub(super) overwrite: fn(&File, usize, &[u8]) -> io::Result<()>,
    /// Where backups go that cannot lie beside their file. Unlike `/tmp`, it outlives a restart of the computer.
    pub(super) spare: PathBuf,
    /// How long to contend with others for a file. Anybody who may read a file may lock it, for ever if he likes.
    pub(super) patience: Duration,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            access: |path, access| rustix::fs::access(path, access),
            open: |path| OpenOptions::new().read(true).write(true).open(path),
            temporary,
            own,
            rename: |from, to| std::fs::rename(from, to),
            overwrite,
            spare: PathBuf::from("/var/tmp"),
            patience: Duration::from_secs(10),
        }
    }
}

fn overwrite(file: &File, kept: usize, content: &[u8]) -> io::Result<()> {
    let offset = u64::try_from(kept).map_err(io::Error::other)?;
    file.write_all_at(content.get(kept..).unwrap_or_default(), offset)?;
    file.set_len(u64::try_from(content.len()).map_err(io::Error::other)?)?;
    file.sync_all()
}

/// Why a file cannot be replaced by another one, though perhaps overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// It has other names, which would keep the old content.
    Links,
    /// The new file would belong to somebody else.
    Owner,
    /// The system says no.
    System,
}

impl Obstacle {
    /// Whether an error says that a way is barred, rather than that something broke.
    pub(super) fn is_one(error: &io::Error) -> bool {
        matches!(
            error.kind(),
            io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::ResourceBusy
                | io::ErrorKind::CrossesDevices
        )
    }
}

/// Gives a locked file new content. Returns false when it is no longer the file that was read.
pub(super) fn replace(
    opened: &Opened<'_>,
    disk: &Disk,
    stamp: Option<&Stamp>,
    old: &[u8],
    new: &[u8],
) -> Result<bool, NamesError> {
    let place = opened.place;
    let prepared =
        prepare(opened, disk, new).map_err(|error| place.io("write a new file beside", place.file, error))?;
    // Editors do not know our lock. What they saved meanwhile must not be lost.
    if opened.stamp().as_ref() != stamp {
        return Ok(false);
    }
    let obstacle = match prepared {
        Ok(temporary) => match (disk.rename)(temporary.path(), &opened.real) {
            Ok(()) => {
                // Its name is the file's now: nothing is left to be removed.
                let _ = temporary.into_temp_path().keep();
                return sync_directory(place, &opened.real).map(|()| true);
            }
            Err(error) if Obstacle::is_one(&error) => Obstacle::System,
            Err(error) => return Err(place.io("replace", place.file, error)),
        },
        Err(obstacle) => obstacle,
    };
    in_place(opened, disk, old, new, obstacle).map(|()| true)
}

/// Makes the file that is to take the old one's place.
fn prepare(opened: &Opened<'_>, disk: &Disk, new: &[u8]) -> io::Result<Result<NamedTempFile, Obstacle>> {
    let metadata = opened.file.metadata()?;
    if metadata.nlink() > 1 {
        return Ok(Err(Obstacle::Links));
    }
    let mut temporary = match (disk.temporary)(&opened.real) {
        Ok(temporary) => temporary,
        Err(error) if Obstacle::is_one(&error) => return Ok(Err(Obstacle::System)),
        Err(error) => return Err(error),
    };
    match (disk.own)(temporary.as_file(), &metadata) {
        Ok(()) => {}
        Err(error) if Obstacle::is_one(&error) => return Ok(Err(Obstacle::Owner)),
        Err(error) => return Err(error),
    }
    take_attributes(&opened.file, temporary.as_file());
    temporary.as_file().set_permissions(Permissions::from_mode(metadata.mode() & 0o7777))?;
    temporary.write_all(new)?;
    temporary.as_file().sync_all()?;
    Ok(Ok(temporary))
}

fn temporary(beside: &Path) -> io::Result<NamedTempFile> {
    let name = beside.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".spotkeeper").tempfile_in(directory(beside))
}

fn own(new: &File, wanted: &Metadata) -> io::Result<()> {
    let has = new.metadata()?;
    let user = (has.uid() != wanted.uid()).then_some(wanted.uid());
    let group = (has.gid() != wanted.gid()).then_some(wanted.gid());
    if user.is_some() || group.is_some() {
        std::os::unix::fs::fchown(new, user, group)?;
    }
    Ok(())
}

/// Labels and access lists, as far as possible: which of them a user may set is up to the system, and a file system
/// may have none at all.
fn take_attributes(old: &File, new: &File) {
    for name in old.list_xattr().into_iter().flatten() {
        if let Ok(Some(value)) = old.get_xattr(&name) {
            let _ = new.set_xattr(&name, &value);
        }
    }
}

/// Waits until the disk knows the names in a file's directory.
pub(super) fn sync_directory(place: Place<'_>, file: &Path) -> Result<(), NamesError> {
    let directory = directory(file);
    match File::open(directory).and_then(|opened| opened.sync_all()) {
        // Some file systems cannot do it, and some directories may be written, but not read.
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied) => {
            Err(place.io("write the directory", directory, error))
        }
        _ => Ok(()),
    }
}

fn in_place(opened: &Opened<'_>, disk: &Disk, old: &[u8], new: &[u8], obstacle: Obstacle) -> Result<(), NamesError> {
    let place = opened.place;
    if let Some(error) = &opened.read_only {
        return Err(barred(place, error, obstacle));
    }
    let backup = leftover::save(opened, disk, old)?;
    let kept = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    if let Err(error) = (disk.overwrite)(&opened.file, kept, new) {
        if (disk.overwrite)(&opened.file, 0, old).is_err() {
            let error = place.io("write", place.file, error);
            let what = format!("{error}; nor could it be put back: {} is what it was before", shown(&backup));
            return Err(place.error(NamesErrorKind::Damaged, what));
        }
        leftover::remove(place, &backup)?;
        return Err(place.io("write", place.file, error));
    }
    leftover::remove(place, &backup)
}

/// Neither way is open.
fn barred(place: Place<'_>, error: &io::Error, obstacle: Obstacle) -> NamesError {
    if obstacle == Obstacle::Owner {
        let file = shown(place.file);
        let what = format!(
            "cannot write {file}: it belongs to another user, and a new file in its place would not; {}",
            place.way_out()
        );
        return place.error(NamesErrorKind::Permission, what);
    }
    place.io("write", place.file, error.kind().into())
}
