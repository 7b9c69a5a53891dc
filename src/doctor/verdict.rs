//! What a check comes to.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::anew::Anew;
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

/// A verdict before it is known what else has to be mended.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) verdict: Verdict,
    /// What a new request has to have otherwise, where only that mends it: then the verdict has no remedy yet.
    pub(super) anew: Option<Anew>,
}

impl Draft {
    pub(super) fn new(check: Check, subject: &str, found: Result<Finding, Unknown>) -> Self {
        let apart = |remedy: Option<Remedy>| remedy.map(Mend::Apart);
        let Finding { outcome, seen, mend } = found.unwrap_or_else(|Unknown { why, remedy }| Finding {
            outcome: Outcome::Unknown,
            seen: why,
            mend: apart(remedy),
        });
        let (remedy, anew) = match mend {
            Some(Mend::Apart(remedy)) => (Some(remedy), None),
            Some(Mend::Anew(anew)) => (None, Some(anew)),
            None => (None, None),
        };
        let harmless = |text: &str| Escaped(text).to_string();
        let (subject, seen) = (harmless(subject), harmless(&seen));
        Self { verdict: Verdict { check, subject, outcome, seen, remedy }, anew }
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

/// What mends what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend {
    /// Something that has to do with nothing else.
    Apart(Remedy),
    /// A new request, which is one for all that needs one.
    Anew(Anew),
}

impl From<Remedy> for Mend {
    fn from(remedy: Remedy) -> Self {
        Self::Apart(remedy)
    }
}

impl From<Anew> for Mend {
    fn from(anew: Anew) -> Self {
        Self::Anew(anew)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    pub(super) seen: String,
    pub(super) mend: Option<Mend>,
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
    Finding { outcome: Outcome::Ok, seen: seen.into(), mend: None }
}

/// What works now, and should be mended.
pub(super) fn warning(seen: impl Into<String>, mend: impl Into<Mend>) -> Finding {
    Finding { outcome: Outcome::Warning, seen: seen.into(), mend: Some(mend.into()) }
}

/// What has to be mended.
pub(super) fn fault(seen: impl Into<String>, mend: impl Into<Mend>) -> Finding {
    Finding { outcome: Outcome::Fault, seen: seen.into(), mend: Some(mend.into()) }
}
