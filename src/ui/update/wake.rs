//! When the screen changes by itself: nothing is drawn in between.

use std::time::Duration;

use super::super::freshness::{self, Freshness};
use super::super::model::Model;
use super::super::overlay::Overlay;

/// Where seconds are shown, they run.
const SECOND: Duration = Duration::from_secs(1);

/// Ages change once a minute.
const MINUTE: Duration = Duration::from_mins(1);

/// How long the screen may sleep: until one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wake {
    /// By the real clock.
    pub(crate) real: Option<Duration>,
    /// By the clock of world and engine.
    pub(crate) clock: Option<Duration>,
}

/// When the screen changes by itself next.
pub(crate) fn next(model: &Model) -> Wake {
    let toast = model.toast.as_ref().map(|toast| toast.until);
    let guard = match model.overlays.last() {
        Some(Overlay::Dialog(dialog)) if !dialog.is_awake(model.now.real) => Some(dialog.awake_at()),
        _ => None,
    };
    let second = seconds_run(model).then(|| model.now.real + SECOND);
    let minute = model.world.is_some().then(|| model.ages_told + MINUTE);
    Wake {
        real: toast.into_iter().chain(guard).chain(second).min(),
        clock: freshness::next_change(model).into_iter().chain(minute).min(),
    }
}

/// Whether running seconds are on the screen.
fn seconds_run(model: &Model) -> bool {
    let step_runs = model.latest.as_ref().is_some_and(|snapshot| !snapshot.in_flight.is_empty());
    let is_read = model.overlays.iter().any(|overlay| match overlay {
        Overlay::Approvals(step) => step.is_some(),
        Overlay::Dialog(dialog) => dialog.seen_at.is_some(),
        _ => false,
    });
    step_runs || is_read || !matches!(model.freshness(), Freshness::Live | Freshness::Loading)
}
