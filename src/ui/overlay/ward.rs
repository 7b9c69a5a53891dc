//! An examination, as it is read: one verdict is selected, and shown in full.

use std::sync::Arc;

use crate::doctor::{Examination, Verdict};
use crate::model::MachineName;

/// The examination of one machine.
#[derive(Debug, Clone)]
pub(crate) struct Ward {
    /// Of which machine.
    pub(crate) machine: MachineName,
    /// What was found; none while it is under way.
    pub(crate) found: Option<Arc<Examination>>,
    /// Which verdict is selected, among those of the worst first.
    pub(crate) selected: usize,
    /// By how many lines it is scrolled down.
    pub(crate) scroll: u16,
}

impl Ward {
    /// An examination that has just been asked for.
    pub(crate) fn of(machine: MachineName) -> Self {
        Self { machine, found: None, selected: 0, scroll: 0 }
    }

    /// The verdicts, the worst first.
    pub(crate) fn verdicts(&self) -> Vec<&Verdict> {
        self.found.as_ref().map(|found| found.worst_first()).unwrap_or_default()
    }

    /// The selected verdict.
    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        self.verdicts().get(self.selected).copied()
    }
}
