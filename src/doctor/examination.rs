//! All verdicts of one examination.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::remedy::Remedy;
use super::verdict::{Outcome, Verdict};
use crate::model::{Failure, MachineName, Text};

/// One examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// When it began, by this computer's clock.
    pub examined_at: Timestamp,
    /// The region.
    pub region: Text,
    /// The account, as far as it is known.
    pub account: Option<Text>,
    /// Why EC2 showed nothing at all, if it did not: then every check that needs it is unknown.
    pub failure: Option<Failure>,
    /// The machines, in the order of the configuration.
    pub machines: Vec<Judged>,
    /// What concerns this computer, and so all its machines.
    pub computer: Vec<Verdict>,
}

/// One machine's verdicts, in the order of [`super::Check::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The machine.
    pub name: MachineName,
    /// Its verdicts.
    pub verdicts: Vec<Verdict>,
}

/// How many verdicts there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// How many faults.
    pub fault: usize,
    /// How many warnings.
    pub warning: usize,
    /// How many checks that could not tell.
    pub unknown: usize,
    /// How many checks found all well.
    pub ok: usize,
}

impl Examination {
    /// All verdicts, the computer's last.
    pub fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.machines.iter().flat_map(|machine| &machine.verdicts).chain(&self.computer)
    }

    /// What mends a verdict of this examination: its own remedy, or the one that it shares with another verdict.
    #[must_use]
    pub fn mending<'a>(&'a self, verdict: &'a Verdict) -> Option<&'a Remedy> {
        let own = verdict.remedy.as_ref()?;
        let Some(check) = own.same_as else { return Some(own) };
        let of_machine = self.machines.iter().find(|machine| machine.verdicts.contains(verdict))?;
        let others = of_machine.verdicts.iter().filter(|other| other.check == check);
        others.filter_map(|other| other.remedy.as_ref()).find(|remedy| remedy.same_as.is_none()).or(Some(own))
    }

    /// The JSON that `doctor --json` prints; its shape is a contract.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "examined_at": self.examined_at,
            "account": self.account,
            "region": self.region,
            "failure": self.failure.as_ref().map(ToString::to_string),
            "counts": self.counts(),
            "machines": self.machines,
            "computer": self.computer,
        })
    }

    /// How many there are of each kind.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.verdicts())
    }

    /// All verdicts, the worst first; of the same kind in their own order.
    #[must_use]
    pub fn worst_first(&self) -> Vec<&Verdict> {
        let mut all: Vec<&Verdict> = self.verdicts().collect();
        all.sort_by_key(|verdict| std::cmp::Reverse(verdict.outcome));
        all
    }
}

impl Counts {
    /// Counts these.
    #[must_use]
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            *match verdict.outcome {
                Outcome::Fault => &mut counts.fault,
                Outcome::Warning => &mut counts.warning,
                Outcome::Unknown => &mut counts.unknown,
                Outcome::Ok => &mut counts.ok,
            } += 1;
        }
        counts
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let Self { fault, warning, unknown, ok } = *self;
        let mut parts = Vec::new();
        if fault > 0 {
            parts.push(format!("{fault} fault{}", plural(fault)));
        }
        if warning > 0 {
            parts.push(format!("{warning} warning{}", plural(warning)));
        }
        if unknown > 0 {
            parts.push(format!("{unknown} unknown"));
        }
        parts.push(format!("{ok} ok"));
        f.pad(&parts.join(", "))
    }
}
