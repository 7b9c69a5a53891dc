//! The time as it is passed in.

use std::time::Duration;

use jiff::Timestamp;

/// The moment of a decision: by the calendar, and by a clock that never jumps.
///
/// The planner and the engine's core never ask what time it is: they are told. Durations that decide about
/// something are measured by `monotonic` where one process saw both ends, and by `wall` where a restart may lie
/// between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The calendar's time.
    pub wall: Timestamp,
    /// The time since the process started its clock; it runs on evenly when the calendar is set.
    pub monotonic: Duration,
}

/// How long ago `then` was, and nothing at all when it lies in the future (another computer's clock may be ahead).
#[must_use]
pub fn age(now: Timestamp, then: Timestamp) -> Duration {
    now.duration_since(then).try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_never_negative() {
        let early: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let late: Timestamp = "2026-01-01T00:01:30Z".parse().unwrap();
        assert_eq!(age(late, early), Duration::from_secs(90));
        assert_eq!(age(early, late), Duration::ZERO);
    }
}
