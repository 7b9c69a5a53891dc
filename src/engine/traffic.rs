//! How many requests went to AWS lately.

use std::collections::VecDeque;
use std::time::Duration;

/// What counts as lately.
const MINUTE: Duration = Duration::from_mins(1);

/// The last minute's samples of a count that only grows, taken whenever a look ends.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    total: u64,
    grown: VecDeque<(Duration, u64)>,
}

impl Traffic {
    /// Takes in how many requests were sent so far.
    pub(super) fn sample(&mut self, total: u64, now: Duration) {
        self.grown.push_back((now, total.saturating_sub(self.total)));
        self.total = total;
        while self.grown.front().is_some_and(|(at, _)| now.saturating_sub(*at) >= MINUTE) {
            self.grown.pop_front();
        }
    }

    /// How many there were in the minute before the last sample.
    pub(super) fn in_the_last_minute(&self) -> u32 {
        let sum = self.grown.iter().map(|(_, grown)| grown).sum::<u64>();
        u32::try_from(sum).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_a_minute_does_not_count_any_more() {
        let mut traffic = Traffic::default();
        let mut told = Vec::new();
        for (second, total) in [(1, 4), (16, 7), (31, 10), (46, 13), (61, 16), (76, 19), (600, 22)] {
            traffic.sample(total, Duration::from_secs(second));
            told.push(traffic.in_the_last_minute());
        }
        assert_eq!(told, [4, 7, 10, 13, 12, 12, 3]);
    }
}
