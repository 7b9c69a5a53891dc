//! What a check comes to.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::check::Check;
use super::remedy::Remedy;
use crate::model::Escaped;

/// How a check came out, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// A fact is missing: it may be so or so.
    Unknown,
    /// It works now, and something is not as it should be.
    Warning,
    /// The machine cannot be kept with this, or something is lost.
    Fault,
}

impl Outcome {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One check's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What was examined.
    pub check: Check,
    /// On what: an id, an action, a file.
    pub subject: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What was seen, or why nothing was. One harmless line.
    pub seen: String,
    /// What mends it.
    pub remedy: Option<Remedy>,
}

impl Verdict {
    pub(super) fn new(check: Check, subject: &str, found: Result<Finding, Unknown>) -> Self {
        let Finding { outcome, seen, remedy } =
            found.unwrap_or_else(|Unknown { why, remedy }| Finding { outcome: Outcome::Unknown, seen: why, remedy });
        let harmless = |text: &str| Escaped(text).to_string();
        Self { check, subject: harmless(subject), outcome, seen: harmless(&seen), remedy }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut verdict = serializer.serialize_struct("Verdict", 6)?;
        verdict.serialize_field("check", &self.check)?;
        verdict.serialize_field("subject", &self.subject)?;
        verdict.serialize_field("outcome", &self.outcome)?;
        verdict.serialize_field("seen", &self.seen)?;
        verdict.serialize_field("why", self.check.why())?;
        verdict.serialize_field("remedy", &self.remedy)?;
        verdict.end()
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    pub(super) seen: String,
    pub(super) remedy: Option<Remedy>,
}

/// Why a check cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) why: String,
    pub(super) remedy: Option<Remedy>,
}

impl Unknown {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: None }
    }

    pub(super) fn with(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }
}

/// What is as it should be.
pub(super) fn ok(seen: impl Into<String>) -> Finding {
    Finding { outcome: Outcome::Ok, seen: seen.into(), remedy: None }
}

/// What works now, and should be mended.
pub(super) fn warning(seen: impl Into<String>, remedy: Remedy) -> Finding {
    Finding { outcome: Outcome::Warning, seen: seen.into(), remedy: Some(remedy) }
}

/// What has to be mended.
pub(super) fn fault(seen: impl Into<String>, remedy: Remedy) -> Finding {
    Finding { outcome: Outcome::Fault, seen: seen.into(), remedy: Some(remedy) }
}
