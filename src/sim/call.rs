//! The record of the calls that were made.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::serde::unsigned_duration;
use serde::Serialize;

/// One call as EC2 saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// When it arrived.
    pub at: Timestamp,
    /// The action, such as `AttachVolume`.
    pub action: String,
    /// What it was about: the ids and the device that were given as parameters, in order. Filters are left out.
    pub subjects: Vec<String>,
    /// Whether it only asked whether it might.
    pub dry_run: bool,
    /// Whether it was to be done by force, as DetachVolume and StopInstances can be.
    pub force: bool,
    /// The access key that it was signed with, where it came over a port.
    pub access_key: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// How long the answer took, by the world's clock: a caller may have lost patience before.
    #[serde(serialize_with = "unsigned_duration::friendly::compact::required::serialize")]
    pub answered_after: Duration,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It took effect, and was answered.
    Done,
    /// It was answered with this error code, and had no effect.
    Refused(String),
    /// It took effect, but the answer did not arrive.
    AnswerLost,
    /// It had no effect, and no answer.
    Lost,
}

impl Outcome {
    /// Whether the call had its effect.
    #[must_use]
    pub fn took_effect(&self) -> bool {
        matches!(self, Self::Done | Self::AnswerLost)
    }
}

impl Call {
    /// Whether it was to change something.
    #[must_use]
    pub fn is_mutating(&self) -> bool {
        !self.dry_run && !is_look(&self.action)
    }
}

/// Whether calls of this action only look.
pub(super) fn is_look(action: &str) -> bool {
    action.starts_with("Describe") || action.starts_with("Get")
}

/// `AttachVolume vol-… i-… /dev/sdp`, and what became of it unless it was simply done.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.action)?;
        for subject in &self.subjects {
            write!(f, " {subject}")?;
        }
        if self.force {
            f.write_str(" by force")?;
        }
        match &self.outcome {
            Outcome::Done => Ok(()),
            Outcome::Refused(code) => write!(f, ": {code}"),
            Outcome::AnswerLost => f.write_str(": answer lost"),
            Outcome::Lost => f.write_str(": lost"),
        }
    }
}
