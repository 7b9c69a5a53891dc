//! The one clock that engine, SDK and simulator share.
//!
//! It is either the computer's own or a virtual one that starts at a given moment and runs on tokio's timer, so
//! that a paused tokio clock makes whole days pass in milliseconds, and a demonstration runs faster than life.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::Now;

/// A source of time and of sleep. Cheap to clone; clones agree.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    origin: Origin,
}

#[derive(Debug, Clone, Copy)]
enum Origin {
    Computer,
    Virtual { wall: Timestamp, speed: f64 },
}

impl Clock {
    /// The computer's own clock.
    #[must_use]
    pub fn real() -> Self {
        Self { started: Instant::now(), origin: Origin::Computer }
    }

    /// A clock that reads `wall` now and runs `speed` times as fast as tokio's. A speed that is not a positive
    /// number counts as 1.
    #[must_use]
    pub fn starting_at(wall: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { started: Instant::now(), origin: Origin::Virtual { wall, speed } }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Now {
        let elapsed = self.started.elapsed();
        match self.origin {
            Origin::Computer => Now { wall: Timestamp::now(), monotonic: elapsed },
            Origin::Virtual { wall, speed } => {
                let monotonic = elapsed.mul_f64(speed);
                Now { wall: wall.checked_add(monotonic).unwrap_or(Timestamp::MAX), monotonic }
            }
        }
    }

    /// Returns when this much of the clock's own time has passed.
    pub async fn sleep(&self, duration: Duration) {
        let real = match self.origin {
            Origin::Computer => duration,
            Origin::Virtual { speed, .. } => duration.div_f64(speed),
        };
        tokio::time::sleep(real).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_virtual_clock_runs_on_tokios_time_at_its_own_speed() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(start, 20.0);
        let before = Instant::now();
        clock.sleep(Duration::from_mins(1)).await;
        assert_eq!(clock.now().monotonic, Duration::from_mins(1));
        assert_eq!(clock.now().wall, start + Duration::from_mins(1));
        assert_eq!(before.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_speed_that_is_no_speed_is_taken_as_one() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, f64::NAN);
        clock.sleep(Duration::from_secs(5)).await;
        assert_eq!(clock.now().monotonic, Duration::from_secs(5));
    }
}
