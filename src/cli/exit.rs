//! Exit codes, and how a failure becomes one.

use std::process::ExitCode;

use crate::journal::{LockError, OpenError};
use crate::model::{Failure, FailureKind};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Ok,
    Error,
    Usage,
    Unsettled,
    Faults,
    Credentials,
    Unreachable,
    Locked,
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::Unsettled | Exit::Faults => 3,
            Exit::Credentials => 4,
            Exit::Unreachable => 5,
            Exit::Locked => 6,
            Exit::Signal(number) => number.saturating_add(128),
        })
    }
}

impl Exit {
    /// The code for a failure of this kind.
    pub(super) fn for_failure(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Credentials | FailureKind::Denied => Self::Credentials,
            FailureKind::Throttled
            | FailureKind::Unreachable
            | FailureKind::ServerTrouble
            | FailureKind::Unreadable => Self::Unreachable,
            _ => Self::Error,
        }
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) exit: Exit,
    pub(super) words: String,
    /// Whether it ends for want of a permission.
    pub(super) is_denied: bool,
}

impl Trouble {
    pub(super) fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, words: words.into(), is_denied: false }
    }

    /// With the code of a failure of this kind.
    pub(super) fn of(kind: FailureKind, words: impl Into<String>) -> Self {
        Self { is_denied: kind == FailureKind::Denied, ..Self::new(Exit::for_failure(kind), words) }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::of(failure.kind, failure.to_string())
    }
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::Lock(LockError::Held { .. }) => Exit::Locked,
            _ => Exit::Error,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Error, format!("input or output failed: {error}"))
    }
}
