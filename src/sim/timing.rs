//! How long EC2 takes for what: delays drawn from seeded distributions.

use std::f64::consts::TAU;
use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::span;

/// How many standard deviations above the median the tail lies: about one draw in ten thousand gets there.
const TAIL_DEVIATIONS: f64 = 3.72;

/// A delay that is drawn anew each time: log-normal around `median`, and never above `tail`.
///
/// In a scenario it is written `"2.5s"` (always the same) or `{ median = "2.5s", tail = "90s" }`. Draws are in
/// whole milliseconds. A median of nothing is always nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    median: Duration,
    tail: Duration,
}

impl Delay {
    /// No delay at all.
    pub const NONE: Self = Self::fixed(Duration::ZERO);

    /// Always the same delay.
    #[must_use]
    pub const fn fixed(delay: Duration) -> Self {
        Self { median: delay, tail: delay }
    }

    /// A delay that is below `median` as often as above, and never above `tail`.
    #[must_use]
    pub const fn spread(median: Duration, tail: Duration) -> Self {
        Self { median, tail }
    }

    const fn secs(median: u64, tail: u64) -> Self {
        Self::spread(Duration::from_secs(median), Duration::from_secs(tail))
    }

    pub(super) fn draw(self, rng: &mut Rng) -> Duration {
        if self.median.is_zero() || self.tail <= self.median {
            return self.median;
        }
        let sigma = self.tail.div_duration_f64(self.median).ln() / TAIL_DEVIATIONS;
        let normal = (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (TAU * rng.f64()).cos();
        let drawn = span::scaled(self.median, (sigma * normal).exp()).min(self.tail);
        Duration::new(drawn.as_secs(), drawn.subsec_millis() * 1_000_000)
    }
}

/// A spread as a scenario writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spread {
    #[serde(deserialize_with = "span::required")]
    median: Duration,
    #[serde(deserialize_with = "span::required")]
    tail: Duration,
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An untagged enumeration would say of every mistake that nothing fits.
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Delay;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a delay such as \"2.5s\" or { median = \"2.5s\", tail = \"90s\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Delay, E> {
        span::parse(text).map(Delay::fixed).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Delay, A::Error> {
        let Spread { median, tail } = Spread::deserialize(MapAccessDeserializer::new(map))?;
        if tail < median {
            return Err(A::Error::custom("the tail of a delay is no shorter than its median"));
        }
        Ok(Delay::spread(median, tail))
    }
}

/// How long each thing takes. The defaults are what has been measured or documented of the real EC2.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// The journey of a call and its answer together.
    pub latency: Delay,
    /// From an interruption's status, or the end of an instance, to the request's next `pending-evaluation`.
    pub reevaluation: Delay,
    /// From `pending-evaluation` to a decision.
    pub evaluation: Delay,
    /// From `pending-fulfillment` to `fulfilled`.
    pub fulfillment: Delay,
    /// From the end of an interrupted instance until there is capacity for its request again.
    pub capacity_return: Delay,
    /// From the termination of an instance by its owner until the request notices.
    pub reopen: Delay,
    /// From `pending` to `running`.
    pub start: Delay,
    /// The notice before an interruption. A hibernation has none.
    pub notice: Delay,
    /// From `shutting-down` to `terminated`.
    pub shutdown: Delay,
    /// From `stopping` to `stopped`.
    pub stop: Delay,
    /// From `creating` to `available`.
    pub create_volume: Delay,
    /// From `pending` to `available`, of an image.
    pub create_image: Delay,
    /// From `pending` to `completed`, of a snapshot.
    pub create_snapshot: Delay,
    /// From `attaching` to `attached`.
    pub attach: Delay,
    /// From `detaching` to free.
    pub detach: Delay,
    /// How long an instance blocks a device name after the volume there was detached.
    pub device_hold: Delay,
    /// How long a volume is `deleting`.
    pub delete_volume: Delay,
    /// How long a volume that was detached cannot be deleted yet.
    pub delete_hold: Delay,
    /// From power on, or from the end of a shutdown, until a guest with its home is usable.
    pub guest_boot: Delay,
    /// From a reboot request that is heard until the new boot begins.
    pub guest_shutdown: Delay,
    /// How long after the begin of its boot a guest does not hear a reboot request.
    pub guest_deaf: Delay,
    /// From a reboot request that is not heard to the hard reset.
    pub hard_reset: Delay,
    /// From a start after a hibernation until the guest goes on.
    pub guest_resume: Delay,
    /// Each of the short steps of a builder's prepare script, and its way to the power switch.
    pub prepare_step: Delay,
    /// The copy of the home in a builder.
    pub prepare_copy: Delay,
    /// The comparison of the home with its copy.
    pub prepare_verify: Delay,
    /// How long the script waits for its disk.
    #[serde(deserialize_with = "span::required")]
    pub prepare_wait: Duration,
    /// From `running` until the public address is there.
    pub address: Delay,
    /// From the launch to the first outcome of the status checks.
    pub status_checks: Delay,
    /// How far the console output lags behind.
    pub console: Delay,
    /// From the making of a request until it is shown.
    pub visibility: Delay,
    /// How long a terminated instance is still listed.
    pub instance_record: Delay,
    /// How long an ended request is still listed.
    pub request_record: Delay,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            latency: Delay::spread(Duration::from_millis(120), Duration::from_secs(3)),
            reevaluation: Delay::secs(5, 30),
            evaluation: Delay::secs(1, 10),
            fulfillment: Delay::secs(3, 60),
            capacity_return: Delay::secs(20, 600),
            reopen: Delay::secs(15, 180),
            start: Delay::secs(8, 60),
            notice: Delay::secs(120, 120),
            shutdown: Delay::secs(20, 600),
            stop: Delay::secs(20, 300),
            create_volume: Delay::spread(Duration::from_millis(1500), Duration::from_secs(4)),
            create_image: Delay::secs(180, 1800),
            create_snapshot: Delay::secs(60, 1200),
            attach: Delay::spread(Duration::from_millis(2500), Duration::from_secs(90)),
            detach: Delay::secs(4, 180),
            device_hold: Delay::spread(Duration::from_millis(8500), Duration::from_secs(9)),
            delete_volume: Delay::secs(2, 2),
            delete_hold: Delay::secs(3, 3),
            guest_boot: Delay::secs(35, 120),
            guest_shutdown: Delay::secs(10, 60),
            guest_deaf: Delay::secs(10, 10),
            hard_reset: Delay::secs(240, 240),
            guest_resume: Delay::secs(8, 30),
            prepare_step: Delay::secs(2, 10),
            prepare_copy: Delay::secs(180, 1200),
            prepare_verify: Delay::secs(20, 300),
            prepare_wait: Duration::from_mins(10),
            address: Delay::NONE,
            status_checks: Delay::secs(120, 300),
            console: Delay::secs(60, 60),
            visibility: Delay::spread(Duration::from_millis(500), Duration::from_secs(30)),
            instance_record: Delay::secs(3600, 3600),
            request_record: Delay::secs(4 * 3600, 4 * 3600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_draws_lie_below_the_median_and_none_above_the_tail() {
        let delay = Delay::secs(10, 40);
        let mut rng = Rng::with_seed(1);
        let draws: Vec<_> = (0..10_000).map(|_| delay.draw(&mut rng)).collect();
        let below = draws.iter().filter(|draw| **draw < Duration::from_secs(10)).count();
        assert!((4_700..5_300).contains(&below), "{below}");
        assert!(draws.iter().all(|draw| *draw <= Duration::from_secs(40)));
        assert!(draws.iter().any(|draw| *draw > Duration::from_secs(20)));
    }

    #[test]
    fn a_delay_of_any_length_can_be_drawn() {
        let longest = Delay::spread(Duration::MAX / 2, Duration::MAX);
        let mut rng = Rng::with_seed(1);
        assert!((0..100).all(|_| longest.draw(&mut rng) <= Duration::MAX));
    }

    #[test]
    fn the_same_seed_draws_the_same_delays() {
        let draw = |seed| Delay::secs(10, 40).draw(&mut Rng::with_seed(seed));
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn a_delay_is_read_as_one_figure_or_as_median_and_tail() {
        let timing: Timing = toml::from_str("attach = \"2.5s\"\nstart = { median = \"8s\", tail = \"1m\" }").unwrap();
        assert_eq!(timing.attach, Delay::fixed(Duration::from_millis(2500)));
        assert_eq!(timing.start, Delay::secs(8, 60));
        for (wrong, words) in [
            ("'-1s'", "not negative"),
            ("'2'", "'2' is no span of time such as 90s"),
            ("2", "expected a delay such as"),
            ("'18446744073709551615s'", "no span of time"),
            ("{ median = '60s', tail = '5s' }", "no shorter than its median"),
            ("{ median = '60s' }", "missing field `tail`"),
            ("{ median = '1s', tail = '367d' }", "longer than 366 days"),
            ("{ median = '1s', tail = '2s', mode = '1s' }", "unknown field `mode`"),
        ] {
            let refused =
                toml::from_str::<Timing>(&format!("latency = '1s'\nattach = {wrong}")).unwrap_err().to_string();
            let refused = refused.replace('"', "'");
            assert!(refused.contains(words) && refused.contains("line 2, column"), "{wrong}: {refused}");
        }
    }
}
