//! Why something did not work, in the one form that planner, journal and screen understand.

use serde::{Deserialize, Serialize};

use super::Text;

/// What a failure means for whoever wants to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// EC2 asks to be called less often.
    Throttled,
    /// No answer: the network, a name, a time-out.
    Unreachable,
    /// EC2 answered that it has trouble of its own.
    ServerTrouble,
    /// EC2's answer could not be understood.
    Unreadable,
    /// There are no credentials, or they are expired or refused.
    Credentials,
    /// The credentials are good, but do not allow this call.
    Denied,
    /// The thing is not there, or not there yet.
    NotFound,
    /// The thing is not in the state that the call needs: later, perhaps.
    IncorrectState,
    /// The volume is attached already.
    VolumeInUse,
    /// The device name is taken in the instance, listed or not.
    DeviceNameTaken,
    /// The volume is not attached there.
    NotAttached,
    /// Volume and instance are in different zones, for ever.
    ZoneMismatch,
    /// The instance cannot take another volume.
    AttachmentLimit,
    /// EC2 refuses the call for another reason.
    Refused,
    /// What the step rests on no longer holds: nothing was called.
    Stale,
    /// A file on this computer could not be read or written.
    LocalFile,
}

/// What became of a call that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It certainly had no effect.
    NotDone,
    /// It may have had its effect all the same.
    Unknown,
}

/// One failure: what was tried, on what, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{tried}: {why}")]
pub struct Failure {
    /// What it means.
    pub kind: FailureKind,
    /// Whether it may have had an effect.
    pub fate: Fate,
    /// What was tried, on what, such as `AttachVolume vol-… to i-…`.
    pub tried: Text,
    /// Why it failed, with EC2's code where there is one, and what to do next where that is known.
    pub why: Text,
}

impl Failure {
    /// A step that was not even begun, because what it rests on no longer holds.
    #[must_use]
    pub fn stale(tried: &str, why: &str) -> Self {
        Self { kind: FailureKind::Stale, fate: Fate::NotDone, tried: Text::new(tried), why: Text::new(why) }
    }

    /// A file of this computer that made trouble.
    #[must_use]
    pub fn local(tried: &str, why: &str) -> Self {
        Self { kind: FailureKind::LocalFile, fate: Fate::NotDone, tried: Text::new(tried), why: Text::new(why) }
    }
}
