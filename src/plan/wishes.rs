//! What the operator wants at the moment: it lives as long as the process does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::action::Action;
use crate::model::MachineName;

/// What the operator wants beyond mode and policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// What is to be done now. It counts only while it is offered.
    pub demanded: BTreeSet<(MachineName, Action)>,
    /// Which steps are put off, and until when by the monotonic clock.
    pub snoozed: BTreeMap<(MachineName, Action), Duration>,
    /// Whether nothing may be begun.
    pub paused: bool,
}
