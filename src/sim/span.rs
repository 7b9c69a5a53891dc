//! Spans of time, as people write them.

use std::fmt;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use serde::Deserializer;
use serde::de::{Error, Visitor};

/// The longest span that can be written: a leap year. Worlds are not older than that, and no sum of such spans is beyond
/// what a time can hold.
pub(super) const LONGEST: Duration = Duration::from_hours(366 * 24);

/// Reads a span such as `90s`, `2.5s`, `1h 30m` or `2d`; a day has 24 hours.
///
/// # Errors
/// When it is none, is negative, or is longer than [`LONGEST`]: in words that say what can be written.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let malformed = |_| format!("{text:?} is no span of time such as 90s, 2.5s, 1h 30m or 2d, up to 366 days");
    let span: Span = text.parse().map_err(malformed)?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(malformed)?;
    match Duration::try_from(span) {
        Err(_) => Err(format!("a span of time is not negative, as {text:?} is")),
        Ok(span) if span > LONGEST => Err(format!("{text:?} is longer than 366 days, the longest span of time here")),
        Ok(span) => Ok(span),
    }
}

/// A span times a factor, as far as spans go. A factor that is no number counts as nothing.
pub(super) fn scaled(span: Duration, factor: f64) -> Duration {
    let scaled = span.as_secs_f64() * factor;
    if scaled > 0.0 { Duration::try_from_secs_f64(scaled).unwrap_or(Duration::MAX) } else { Duration::ZERO }
}

/// For serde: a span that has to be there.
///
/// # Errors
/// As for [`parse`].
pub(super) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Written;
    impl Visitor<'_> for Written {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a span of time such as \"90s\", \"2.5s\", \"1h 30m\" or \"2d\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Written)
}

/// How often something can happen by itself at most: a world in which more happens does not come to its end.
const SHORTEST_ROUND: Duration = Duration::from_secs(1);

/// For serde: the time from one round of something to the next, a second or more.
///
/// # Errors
/// As for [`parse`], and when it is shorter.
pub(super) fn round<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let round = required(deserializer)?;
    if round < SHORTEST_ROUND {
        return Err(D::Error::custom(format!(
            "what happens again and again does so every \"1s\" at most, not every {round:?}"
        )));
    }
    Ok(round)
}

/// For serde: the same, where it may be left out.
///
/// # Errors
/// As for [`round`].
pub(super) fn optional_round<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    round(deserializer).map(Some)
}

/// For serde: a span that may be left out, beside `#[serde(default)]`.
///
/// # Errors
/// As for [`parse`].
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    required(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_with_its_units_up_to_a_leap_year() {
        for (text, seconds) in [("90s", 90.0), ("2.5s", 2.5), ("1h 30m", 5400.0), ("2d", 172_800.0), ("0s", 0.0)] {
            assert_eq!(parse(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        assert_eq!(parse("366d"), Ok(LONGEST));
        for (text, words) in [
            ("366d 1s", "longer than 366 days"),
            ("18446744073709551615s", "no span of time"),
            ("9223372036854775807s", "no span of time"),
            ("-1s", "not negative"),
            ("5", "such as 90s"),
            ("1mo", "such as 90s"),
            ("", "such as 90s"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(words), "{text}: {refused}");
        }
    }

    #[test]
    fn a_span_is_scaled_as_far_as_spans_go() {
        assert_eq!(scaled(Duration::from_secs(10), 0.25), Duration::from_millis(2500));
        assert_eq!(scaled(Duration::MAX, 2.0), Duration::MAX);
        assert_eq!(scaled(Duration::from_secs(1), f64::INFINITY), Duration::MAX);
        assert_eq!(scaled(Duration::from_secs(1), -1.0), Duration::ZERO);
        assert_eq!(scaled(Duration::from_secs(1), f64::NAN), Duration::ZERO);
    }
}
