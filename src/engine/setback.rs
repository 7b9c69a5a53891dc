//! How long a step rests after it failed.

use std::time::Duration;

use crate::model::{Failure, FailureKind};
use crate::plan::{Action, Setback};

/// The setback that follows from this failure, with the one before it taken into account.
pub(super) fn after(failure: Failure, before: Option<&Setback>, now: Duration) -> Setback {
    let times = before.map_or(1, |before| before.times.saturating_add(1));
    let (first, longest) = rests(failure.kind);
    Setback { failure, times, until: now + doubled(first, times - 1, longest) }
}

/// How long EC2 gets to show what was done before it is done again. Its views lag by seconds.
const SHOWS_WITHIN: Duration = Duration::from_secs(10);

/// The rest after a success, until EC2 shows it.
pub(super) fn until_it_shows(action: &Action, now: Duration) -> Setback {
    let failure = Failure::stale(&action.to_string(), "it was done a moment ago, but does not show yet");
    Setback { failure, times: 0, until: now + SHOWS_WITHIN }
}

/// `first`, doubled `times` times, but not beyond `longest`.
pub(super) fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times)).min(longest)
}

/// The first and the longest rest after a failure of this kind.
fn rests(kind: FailureKind) -> (Duration, Duration) {
    let seconds = Duration::from_secs;
    match kind {
        // The world moved, or does not show yet what was done: look again soon.
        FailureKind::Stale | FailureKind::VolumeInUse | FailureKind::NotAttached | FailureKind::IncorrectState => {
            (seconds(2), seconds(30))
        }
        // An instance holds a device name for some nine seconds after a detachment.
        FailureKind::DeviceNameTaken => (seconds(10), seconds(60)),
        FailureKind::Throttled | FailureKind::Unreachable | FailureKind::ServerTrouble | FailureKind::Unreadable => {
            (seconds(5), seconds(60))
        }
        FailureKind::NotFound => (seconds(5), seconds(60)),
        FailureKind::Credentials => (seconds(30), seconds(30)),
        FailureKind::LocalFile => (seconds(60), seconds(60)),
        // Nothing but people can mend these.
        FailureKind::Denied | FailureKind::ZoneMismatch | FailureKind::AttachmentLimit | FailureKind::Refused => {
            (seconds(300), seconds(300))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_doubles_up_to_its_limit() {
        let now = Duration::from_secs(100);
        let mut setback: Option<Setback> = None;
        let mut rests = Vec::new();
        for _ in 0..6 {
            let next = after(Failure::stale("attach", "the volume moved"), setback.as_ref(), now);
            rests.push(next.until.saturating_sub(now).as_secs());
            setback = Some(next);
        }
        assert_eq!(rests, [2, 4, 8, 16, 30, 30]);
    }
}
