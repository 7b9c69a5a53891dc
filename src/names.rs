//! Names on disk: a machine's address in the hosts file and in an ssh configuration.
//!
//! Both files belong to somebody else. Each carries one block of ours, between marks, with an entry for each machine:
//!
//! ```text
//! # BEGIN spotkeeper (managed: edits between these lines are lost)
//! 203.0.113.7 my-spot.amazonaws.com other.example.com # train i-0ab12cd34ef56ab78
//! # END spotkeeper
//! ```
//!
//! and in the ssh configuration, which `~/.ssh/config` has to `Include`:
//!
//! ```text
//! # BEGIN spotkeeper (managed: edits between these lines are lost)
//! # train i-0ab12cd34ef56ab78
//! Host train my-spot.amazonaws.com
//!     HostName 203.0.113.7
//!     HostKeyAlias i-0ab12cd34ef56ab78
//!     User ubuntu
//! # END spotkeeper
//! ```
//!
//! Several processes with different machines may share a file. Each touches the entries of its own machines only;
//! what it does not understand stays, unless it speaks of the machine being written. Not a byte changes outside the
//! block, and when the last entry goes, the block goes and the file is what it was.
//!
//! [`published`] and [`withdrawn`] are the pure part, from bytes to bytes; `store` and `replace` bring the bytes to the
//! disk.

mod block;
mod edit;
mod entry;
mod error;
mod hosts;
mod leftover;
mod replace;
mod report;
mod ssh;
mod store;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::{NamesError, NamesErrorKind};

use crate::model::{HostName, MachineName, NameEntry, NameTarget, NamesOnDisk};
use error::Place;
use replace::Disk;

/// The name files of this computer that are managed. Cheap to clone; it holds no file open.
///
/// All of it is synchronous and may wait for a disk, or for up to ten seconds for another program's lock.
#[derive(Debug, Clone)]
pub struct Names {
    files: Arc<[(NameTarget, PathBuf)]>,
    disk: Arc<Disk>,
}

/// What [`Names::publish`] makes of a file that holds these bytes; none when the marks of the block are damaged, so that
/// nothing in the file may be changed. An entry that is unfit to be published has to be refused before.
#[must_use]
pub fn published(target: NameTarget, text: &[u8], machine: &MachineName, entry: &NameEntry) -> Option<Vec<u8>> {
    edit::publish(target, text, machine, entry).ok()
}

/// What [`Names::withdraw`] makes of a file that holds these bytes; none when the marks of the block are damaged.
#[must_use]
pub fn withdrawn(target: NameTarget, text: &[u8], machine: &MachineName) -> Option<Vec<u8>> {
    edit::withdraw(target, text, machine).ok()
}

/// The entries in the block of a file that holds these bytes, in their order, doubles included; none when the marks of
/// the block are damaged.
#[must_use]
pub fn entries(target: NameTarget, text: &[u8]) -> Option<Vec<(MachineName, NameEntry)>> {
    let document = block::Document::parse(text).ok()?;
    let pieces = entry::pieces(target, document.inside()).into_iter();
    Some(pieces.filter_map(|piece| piece.machine.zip(piece.entry)).collect())
}

/// Brings a file of this program's own, such as its configuration, to what `edit` makes of it, by the way on which name
/// files are changed: under a lock, behind symbolic links, with mode and owner kept, so that somebody who reads it finds a
/// whole file. What an editor saves meanwhile is not lost: `edit` is asked again. A missing file is made, readable for its
/// owner alone, with its directories, unless `edit` leaves it empty.
///
/// # Errors
///
/// What `edit` says, or when the file cannot be read or written. The file is then as it was.
pub fn edit_file<E: From<NamesError>>(file: &Path, edit: impl Fn(&[u8]) -> Result<Vec<u8>, E>) -> Result<Change, E> {
    let place = Place { target: NameTarget::Ssh, file, own: true };
    store::update(place, &Disk::default(), edit)
}

/// Says in advance, without writing anything, whether [`edit_file`] could make or change a file.
///
/// # Errors
///
/// When the file or its directory cannot be written, or is something else.
pub fn check_file(file: &Path) -> Result<(), NamesError> {
    report::check(Place { target: NameTarget::Ssh, file, own: true }, &Disk::default())
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was written.
    Written,
    /// It was as wanted already, and was not touched.
    Unchanged,
}

impl Names {
    /// Takes the path of the hosts file and that of the ssh configuration; none disables the target.
    #[must_use]
    pub fn new(hosts: Option<PathBuf>, ssh: Option<PathBuf>) -> Self {
        let hosts = hosts.map(|file| (NameTarget::Hosts, file));
        let ssh = ssh.map(|file| (NameTarget::Ssh, file));
        Self { files: hosts.into_iter().chain(ssh).collect(), disk: Arc::default() }
    }

    /// The targets that are enabled.
    pub fn targets(&self) -> impl Iterator<Item = NameTarget> {
        self.files.iter().map(|(target, _)| *target)
    }

    /// Reads the entries of these machines, and what is wrong with the files: unreadable or unwritable ones, damaged
    /// blocks and lines, and lines outside the block that also give a meaning to one of these names.
    ///
    /// It does not fail: troubles are part of the answer. A file that can be read, but not written, still tells its
    /// entries; of one that is damaged or cannot be read, none is known.
    #[must_use]
    pub fn read(&self, machines: &[(MachineName, Vec<HostName>)]) -> NamesOnDisk {
        let mut names = NamesOnDisk::default();
        for (target, file) in self.files.iter() {
            let place = Place { target: *target, file, own: false };
            let (entries, problems) = report::report(place, &self.disk, machines);
            names.entries.insert(*target, entries);
            names.problems.extend(problems);
        }
        names
    }

    /// Writes the entry of a machine in place of any that it has. In the hosts file, an entry without a host name is
    /// no entry: one that stands there is withdrawn. A missing file is created; for the ssh configuration, its
    /// directories too.
    ///
    /// # Errors
    ///
    /// When the address or the login name is not fit to be published, when the block is damaged, or when the file
    /// cannot be read or written. The file is then as it was.
    pub fn publish(&self, target: NameTarget, machine: &MachineName, entry: &NameEntry) -> Result<Change, NamesError> {
        let place = self.place(target)?;
        if let Some(refusal) = entry::refusal(target, entry) {
            let what = format!("will not publish {machine} in {}: {refusal}", error::shown(place.file));
            return Err(place.error(NamesErrorKind::Refused, what));
        }
        store::update(place, &self.disk, |text| {
            edit::publish(target, text, machine, entry).map_err(|damage| place.damaged(&damage))
        })
    }

    /// Takes away whatever the block holds of a machine. A file that does not exist is not created.
    ///
    /// # Errors
    ///
    /// When the block is damaged, or when the file cannot be read or written. The file is then as it was.
    pub fn withdraw(&self, target: NameTarget, machine: &MachineName) -> Result<Change, NamesError> {
        let place = self.place(target)?;
        store::update(place, &self.disk, |text| {
            edit::withdraw(target, text, machine).map_err(|damage| place.damaged(&damage))
        })
    }

    fn place(&self, target: NameTarget) -> Result<Place<'_>, NamesError> {
        let found = self.files.iter().find(|(enabled, _)| *enabled == target);
        let (target, file) = found.ok_or_else(|| {
            let table = if target == NameTarget::Hosts { "[hosts]" } else { "[ssh]" };
            let what = format!("{table} is not enabled, so nothing can be published there");
            Place { target, file: Path::new(""), own: false }.error(NamesErrorKind::Disabled, what)
        })?;
        Ok(Place { target: *target, file, own: false })
    }
}
