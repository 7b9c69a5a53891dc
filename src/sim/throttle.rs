//! EC2's token buckets, one for each action.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::age;

/// The buckets that were drawn from.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    levels: BTreeMap<Bucket, (f64, Timestamp)>,
}

/// What shares a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket {
    /// The action.
    pub(super) action: String,
    /// Whether it is a look that is neither filtered nor paged: that has a bucket of its own, with half the tokens.
    pub(super) sweeping: bool,
}

impl Throttle {
    /// Takes one token. Returns whether there was one.
    pub(super) fn take(&mut self, bucket: Bucket, now: Timestamp) -> bool {
        let (capacity, refill) = figures(&bucket);
        let (level, since) = self.levels.entry(bucket).or_insert((capacity, now));
        *level = age(now, *since).as_secs_f64().mul_add(refill, *level).min(capacity);
        *since = now.max(*since);
        let granted = *level >= 1.0;
        if granted {
            *level -= 1.0;
        }
        granted
    }
}

/// Capacity, and tokens a second. Source: Amazon EC2 developer guide, "Request throttling".
fn figures(bucket: &Bucket) -> (f64, f64) {
    let looks = bucket.action.starts_with("Describe") || bucket.action.starts_with("Get");
    match (looks, bucket.sweeping) {
        (true, true) => (50.0, 10.0),
        (true, false) => (100.0, 20.0),
        (false, _) => (50.0, 5.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(throttle: &mut Throttle, action: &str, sweeping: bool, seconds: i64) -> usize {
        let now = Timestamp::from_second(seconds).unwrap();
        (0..1_000).filter(|_| throttle.take(Bucket { action: action.to_owned(), sweeping }, now)).count()
    }

    #[test]
    fn a_bucket_empties_and_refills_at_ec2s_figures() {
        let mut throttle = Throttle::default();
        assert_eq!(burst(&mut throttle, "DescribeVolumes", false, 0), 100);
        assert_eq!(burst(&mut throttle, "DescribeVolumes", false, 2), 40);
        assert_eq!(burst(&mut throttle, "DescribeVolumes", true, 2), 50);
        assert_eq!(burst(&mut throttle, "DescribeInstances", false, 2), 100);
        assert_eq!(burst(&mut throttle, "AttachVolume", false, 2), 50);
        assert_eq!(burst(&mut throttle, "AttachVolume", false, 3), 5);
        assert_eq!(burst(&mut throttle, "AttachVolume", false, 1_000), 50);
    }
}
