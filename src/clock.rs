//! The one clock that engine, SDK and simulator share.
//!
//! It is either the computer's own or a virtual one that starts at a given moment and runs on tokio's timer, so
//! that a paused tokio clock makes whole days pass in milliseconds, and a demonstration runs faster than life.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

#[derive(Debug, Clone)]
enum Origin {
    Computer,
    Virtual {
        wall: Timestamp,
        speed: f64,
        /// By how many milliseconds it was put forward.
        ahead: Arc<AtomicU64>,
    },
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
        Self::virtually(wall, speed)
    }

    /// A clock that reads `wall` until it is put forward. Whoever sleeps by it sleeps for ever.
    #[must_use]
    pub fn standing_at(wall: Timestamp) -> Self {
        Self::virtually(wall, 0.0)
    }

    fn virtually(wall: Timestamp, speed: f64) -> Self {
        Self { started: Instant::now(), origin: Origin::Virtual { wall, speed, ahead: Arc::default() } }
    }

    /// Whether it moves only when it is put forward.
    #[must_use]
    pub fn stands(&self) -> bool {
        matches!(self.origin, Origin::Virtual { speed: 0.0, .. })
    }

    /// Puts the clock and all its clones forward, by whole milliseconds. Who sleeps by it is not woken the sooner.
    /// The computer's own clock cannot be put forward: then nothing happens.
    pub fn put_forward(&self, by: Duration) {
        if let Origin::Virtual { ahead, .. } = &self.origin {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            let _ = ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| Some(ahead.saturating_add(by)));
        }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Now {
        let elapsed = self.started.elapsed();
        match &self.origin {
            Origin::Computer => Now { wall: Timestamp::now(), monotonic: elapsed },
            Origin::Virtual { wall, speed, ahead } => {
                let ahead = Duration::from_millis(ahead.load(Ordering::Relaxed));
                let monotonic = elapsed.mul_f64(*speed).saturating_add(ahead);
                Now { wall: wall.checked_add(monotonic).unwrap_or(Timestamp::MAX), monotonic }
            }
        }
    }

    /// Returns when this much of the clock's own time has passed.
    pub async fn sleep(&self, duration: Duration) {
        // Tokio's timer would make a millisecond of nothing.
        if duration.is_zero() {
            return;
        }
        let real = match self.origin {
            Origin::Computer => duration,
            Origin::Virtual { speed: 0.0, .. } => return std::future::pending().await,
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

    #[tokio::test(start_paused = true)]
    async fn a_standing_clock_moves_only_when_it_is_put_forward_and_its_clones_with_it() {
        let clock = Clock::standing_at(Timestamp::UNIX_EPOCH);
        let clone = clock.clone();
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert_eq!(clone.now().wall, Timestamp::UNIX_EPOCH);
        clock.put_forward(Duration::from_mins(10));
        assert_eq!(clone.now().wall, Timestamp::UNIX_EPOCH + Duration::from_mins(10));
        assert_eq!(clone.now().monotonic, Duration::from_mins(10));
        let slept = tokio::time::timeout(Duration::from_hours(1), clone.sleep(Duration::from_secs(1))).await;
        assert!(slept.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_running_clock_that_is_put_forward_runs_on_from_there() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 2.0);
        clock.put_forward(Duration::from_secs(30));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(clock.now().wall, Timestamp::UNIX_EPOCH + Duration::from_secs(40));
    }
}
