//! Durations for people.

use std::time::Duration;

/// A duration in its largest two units, such as `3h 5m` or `42s`; minutes and more are cut, not rounded.
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) if seconds.is_multiple_of(60) => format!("{minutes}m"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, 0) => format!("{hours}h"),
        (0, ..) => format!("{hours}h {minutes}m"),
        (_, 0, _) => format!("{days}d"),
        _ => format!("{days}d {hours}h"),
    }
}

/// An age in words that change seldom: a reason that holds it is not news again every minute.
pub(super) fn rough(age: Duration) -> String {
    const MINUTES: [u64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440];
    let minutes = age.as_secs() / 60;
    let rung = MINUTES.into_iter().rev().find(|rung| *rung <= minutes);
    match (rung, minutes / 1_440) {
        (None, _) => "less than a minute".to_owned(),
        (Some(rung), 0) => span(Duration::from_mins(rung)),
        (Some(_), days) => span(Duration::from_hours(days * 24)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rough_age_changes_seldom_and_never_exaggerates() {
        let told: Vec<_> = [0, 1, 7, 59, 185, 1_439, 1_441, 4_400].map(|m| rough(Duration::from_mins(m))).into();
        assert_eq!(told, ["less than a minute", "1m", "5m", "30m", "3h", "12h", "1d", "3d"]);
        let in_a_day: std::collections::BTreeSet<_> = (0..1_440).map(|m| rough(Duration::from_mins(m))).collect();
        assert_eq!(in_a_day.len(), 12);
    }

    #[test]
    fn a_span_is_told_in_its_largest_two_units() {
        let told: Vec<_> = [0, 59, 60, 90, 3_600, 11_100, 86_400, 190_000]
            .into_iter()
            .map(|seconds| span(Duration::from_secs(seconds)))
            .collect();
        assert_eq!(told, ["0s", "59s", "1m", "1m 30s", "1h", "3h 5m", "1d", "2d 4h"]);
    }
}
