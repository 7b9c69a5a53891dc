//! When to look again: often while something moves by itself, at leisure while it waits for people or capacity.

use std::collections::BTreeMap;
use std::time::Duration;

use super::setback::doubled;
use crate::config::Poll;
use crate::model::{FailureKind, MachineName};
use crate::plan::{Motion, State};
use crate::protocol::MachineView;

/// What has not changed for this long is not about to.
const MOTION_TIRES: Duration = Duration::from_mins(10);

/// The longest pause after failed looks.
const LONGEST: Duration = Duration::from_mins(1);

/// Remembers since when each machine has stood as it does.
#[derive(Debug, Default)]
pub(super) struct Cadence {
    standing: BTreeMap<MachineName, (State, String, Duration)>,
    failures: u32,
}

impl Cadence {
    /// How many looks failed in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Takes in that a look was complete.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Takes in a plan, and returns whether something moves by itself.
    pub(super) fn planned(&mut self, machines: &[MachineView], now: Duration) -> bool {
        let before = std::mem::take(&mut self.standing);
        let mut moves = false;
        for MachineView { plan, .. } in machines {
            let finding = &plan.finding;
            let since = match before.get(&plan.machine) {
                Some((state, reason, since)) if *state == finding.state && *reason == finding.reason => *since,
                _ => now,
            };
            moves |= finding.motion == Motion::Moving && now.saturating_sub(since) < MOTION_TIRES;
            self.standing.insert(plan.machine.clone(), (finding.state, finding.reason.clone(), since));
        }
        moves
    }

    /// The pause after a complete look.
    pub(super) fn pause(poll: &Poll, moves: bool) -> Duration {
        if moves { poll.active } else { poll.steady }
    }

    /// Takes in a failed look, and returns the pause after it.
    pub(super) fn failed(&mut self, kind: FailureKind, poll: &Poll) -> Duration {
        let times = self.failures;
        self.failures = times.saturating_add(1);
        match kind {
            FailureKind::Credentials => Duration::from_secs(30),
            FailureKind::Throttled => doubled(Duration::from_secs(5), times, LONGEST),
            _ => doubled(poll.active, times, LONGEST),
        }
    }
}
