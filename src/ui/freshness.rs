//! How fresh is what the screen shows, and what that means for the operator.

use std::time::Duration;

use super::model::{Link, Model};
use crate::model::{FailureKind, Now, age};
use crate::plan::span;
use crate::protocol::Snapshot;

/// A look that takes longer than this is late.
const LATE: Duration = Duration::from_secs(5);

/// The engine's loop turns at least this often; three times that without a turn, and it is stuck.
const TURN: Duration = Duration::from_secs(5);

/// How fresh the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Nothing is there yet.
    Loading,
    /// It is as it should be.
    Live,
    /// The look under way has been taking so long.
    Late(Duration),
    /// The last look failed, or never will be: how old the data is, if there is any, and why.
    Stale {
        /// The age of what is shown.
        age: Option<Duration>,
        /// Why.
        why: String,
        /// What kind of failure it is, if EC2 is to blame.
        kind: Option<FailureKind>,
    },
    /// The engine's loop has not turned for so long.
    Stuck(Duration),
    /// The operator stopped the screen, not the program.
    Frozen(Duration),
}

/// Judges the screen's data.
pub(super) fn judge(model: &Model) -> Freshness {
    let now = model.now.clock;
    if let Link::Down(why) = &model.link {
        let age = model.latest.as_deref().and_then(|snapshot| data_age(snapshot, now));
        return Freshness::Stale { age, why: why.clone(), kind: None };
    }
    if let Some(stuck) = stuck_for(model) {
        return Freshness::Stuck(stuck);
    }
    let Some(snapshot) = &model.latest else { return Freshness::Loading };
    if model.frozen {
        let shown = model.world.as_ref().and_then(|world| data_age(world.snapshot(), now));
        return Freshness::Frozen(shown.unwrap_or_default());
    }
    of_looks(snapshot, now)
}

fn of_looks(snapshot: &Snapshot, now: Now) -> Freshness {
    if let Some(failure) = &snapshot.look_failure {
        let age = data_age(snapshot, now);
        return Freshness::Stale { age, why: failure.to_string(), kind: Some(failure.kind) };
    }
    let looking = snapshot.looking_since.map(|since| now.monotonic.saturating_sub(since));
    match looking {
        Some(looking) if looking >= LATE => Freshness::Late(looking),
        _ if snapshot.looks == 0 => Freshness::Loading,
        _ => Freshness::Live,
    }
}

fn data_age(snapshot: &Snapshot, now: Now) -> Option<Duration> {
    Some(age(now.wall, snapshot.observed_at()?))
}

/// For how long the engine's loop has not turned, when that is too long.
fn stuck_for(model: &Model) -> Option<Duration> {
    let silent = model.now.clock.monotonic.saturating_sub(model.pulse?.at);
    (silent >= TURN * 3).then_some(silent)
}

/// When, by the clock of world and engine, the judgement changes by itself: at the latest.
pub(super) fn next_change(model: &Model) -> Option<Duration> {
    let looking = model.latest.as_ref().and_then(|snapshot| snapshot.looking_since).map(|since| since + LATE);
    let stuck = model.pulse.map(|pulse| pulse.at + TURN * 3);
    looking.into_iter().chain(stuck).filter(|at| *at > model.now.clock.monotonic).min()
}

impl Freshness {
    /// The word for the header, at most 24 columns. What is fresh has no running seconds, so that it draws nothing.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Loading => "loading".to_owned(),
            Self::Live => "live".to_owned(),
            Self::Late(for_) => format!("late {}", span(*for_)),
            Self::Stale { kind: Some(FailureKind::Throttled), .. } => "THROTTLED".to_owned(),
            Self::Stale { age: Some(age), .. } => format!("STALE {}", span(*age)),
            Self::Stale { age: None, .. } => "NO DATA".to_owned(),
            Self::Stuck(for_) => format!("LOOP STUCK {}", span(*for_)),
            Self::Frozen(age) => format!("FROZEN {}", span(*age)),
        }
    }

    /// Whether rows are to be shown as what they are: old.
    pub(crate) fn is_old(&self) -> bool {
        !matches!(self, Self::Live | Self::Loading | Self::Late(_))
    }
}
