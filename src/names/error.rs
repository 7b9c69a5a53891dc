//! What can go wrong with a name file, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::block::Damage;
use crate::model::{Escaped, NameTarget};

/// Why a name could not be published or withdrawn: what was tried, on which file, why it failed, and what to do. The
/// file is as it was, unless the message speaks of its directory or of a backup.
#[derive(Debug, Error)]
#[error("{what}")]
pub struct NamesError {
    /// Which target it concerns.
    pub target: NameTarget,
    /// Which file, as configured.
    pub file: PathBuf,
    /// What kind of trouble it is.
    pub kind: NamesErrorKind,
    what: String,
    #[source]
    source: Option<io::Error>,
}

/// The kinds of trouble with a name file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamesErrorKind {
    /// The target is not enabled.
    Disabled,
    /// This user may not write the file, or not without changing its owner.
    Permission,
    /// The file, or the directory for it, is not there, or is something else.
    Missing,
    /// The marks of the block are damaged, or an earlier write was cut short; somebody has to look at the file.
    Damaged,
    /// The entry is not fit to be published.
    Refused,
    /// Another program holds the file, or keeps changing it. Trying later may help.
    Busy,
    /// The operating system reported another error.
    Io,
}

/// A file and what it is for: where errors get their words from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) target: NameTarget,
    pub(super) file: &'a Path,
    /// Whether it is no name file, but one of this program's own: then the target says only how it is made.
    pub(super) own: bool,
}

impl Place<'_> {
    pub(super) fn error(&self, kind: NamesErrorKind, what: String) -> NamesError {
        NamesError { target: self.target, file: self.file.to_owned(), kind, what, source: None }
    }

    /// An error of the operating system while doing something to a file: `action` is a verb.
    pub(super) fn io(&self, action: &str, file: &Path, source: io::Error) -> NamesError {
        let (kind, reason) = match source.kind() {
            io::ErrorKind::PermissionDenied => (NamesErrorKind::Permission, "permission denied".to_owned()),
            io::ErrorKind::ReadOnlyFilesystem => {
                (NamesErrorKind::Permission, "the file system is read-only".to_owned())
            }
            io::ErrorKind::NotFound => (NamesErrorKind::Missing, "it does not exist".to_owned()),
            _ => (NamesErrorKind::Io, source.to_string()),
        };
        let mut what = format!("cannot {action} {}: {reason}", shown(file));
        if kind == NamesErrorKind::Permission {
            what.push_str("; ");
            what.push_str(self.way_out());
        }
        NamesError { source: Some(source), ..self.error(kind, what) }
    }

    pub(super) fn damaged(&self, damage: &Damage) -> NamesError {
        let file = shown(self.file);
        let what = format!(
            "will not edit {file}: {damage}; put it right by hand: one line \"# BEGIN spotkeeper\" and, below it, one line \"# END spotkeeper\""
        );
        self.error(NamesErrorKind::Damaged, what)
    }

    /// What somebody can do who may not write the file.
    pub(super) fn way_out(&self) -> &'static str {
        match self.target {
            _ if self.own => "make it writable for this user",
            NameTarget::Hosts => "run as root, or set [hosts] enabled = false and perhaps [ssh] enabled = true",
            NameTarget::Ssh => "make it writable for this user, or set [ssh] enabled = false",
        }
    }
}

/// A path as it may be shown on a terminal.
pub(super) fn shown(path: &Path) -> String {
    Escaped(&path.to_string_lossy()).to_string()
}
