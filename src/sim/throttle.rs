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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket {
    /// The action.
    pub(super) action: &'static str,
    /// What it counts.
    pub(super) kind: Kind,
}

/// What a bucket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Calls.
    Calls,
    /// Looks that are neither filtered nor paged, whatever ids they name: some actions have half the tokens for those.
    Sweeping,
    /// The instances that calls are about.
    Instances,
}

impl Throttle {
    /// Takes what a call costs: one token of its action's bucket, and one for each instance where those are counted too.
    /// Returns whether there was enough; when there was not, nothing is taken.
    pub(super) fn take(&mut self, bucket: Bucket, instances: u32, now: Timestamp) -> bool {
        let counted = Bucket { kind: Kind::Instances, ..bucket };
        let counted = resources(bucket.action).map(|figures| (counted, figures, f64::from(instances)));
        let costs = [Some((bucket, requests(bucket), 1.0)), counted];
        let costs = || costs.iter().flatten();
        let granted = costs().all(|(bucket, figures, cost)| self.level(*bucket, *figures, now) >= *cost);
        for (bucket, _, cost) in costs().filter(|_| granted) {
            if let Some((level, _)) = self.levels.get_mut(bucket) {
                *level -= cost;
            }
        }
        granted
    }

    /// How many tokens are there now.
    fn level(&mut self, bucket: Bucket, (capacity, refill): Figures, now: Timestamp) -> f64 {
        let (level, since) = self.levels.entry(bucket).or_insert((capacity, now));
        *level = age(now, *since).as_secs_f64().mul_add(refill, *level).min(capacity);
        *since = now.max(*since);
        *level
    }
}

/// Capacity, and tokens a second. Source: Amazon EC2 developer guide, "Request throttling".
type Figures = (f64, f64);

/// What a bucket of requests holds.
fn requests(bucket: Bucket) -> Figures {
    let looks = bucket.action.starts_with("Describe") || bucket.action.starts_with("Get");
    match bucket.action {
        "DescribeInstances"
        | "DescribeInstanceStatus"
        | "DescribeSecurityGroups"
        | "DescribeSnapshots"
        | "DescribeSpotInstanceRequests"
        | "DescribeVolumes"
            if bucket.kind == Kind::Sweeping =>
        {
            (50.0, 10.0)
        }
        "CreateSnapshot" | "CreateVolume" | "DeleteSnapshot" | "DeleteVolume" | "DeregisterImage"
        | "TerminateInstances" => (100.0, 5.0),
        "CreateTags" | "DeleteTags" => (100.0, 10.0),
        "RunInstances" | "StartInstances" => (5.0, 2.0),
        _ if looks => (100.0, 20.0),
        _ => (50.0, 5.0),
    }
}

/// What a bucket of instances holds, where there is one.
fn resources(action: &str) -> Option<Figures> {
    match action {
        "RunInstances" | "StartInstances" => Some((1000.0, 2.0)),
        "StopInstances" | "TerminateInstances" => Some((1000.0, 20.0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(throttle: &mut Throttle, action: &'static str, sweeping: bool, seconds: i64) -> usize {
        let kind = if sweeping { Kind::Sweeping } else { Kind::Calls };
        let now = Timestamp::from_second(seconds).unwrap();
        (0..1_000).filter(|_| throttle.take(Bucket { action, kind }, 1, now)).count()
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

    #[test]
    fn some_actions_have_figures_of_their_own() {
        for (action, sweeping, capacity) in [
            ("TerminateInstances", false, 100),
            ("CreateTags", false, 100),
            ("RunInstances", false, 5),
            ("RequestSpotInstances", false, 50),
            ("DescribeSpotPriceHistory", true, 100),
            ("GetConsoleOutput", false, 100),
        ] {
            assert_eq!(burst(&mut Throttle::default(), action, sweeping, 0), capacity, "{action}");
        }
    }

    #[test]
    fn instances_are_counted_besides_calls() {
        let mut throttle = Throttle::default();
        let mut run = |instances, seconds| {
            let bucket = Bucket { action: "RunInstances", kind: Kind::Calls };
            throttle.take(bucket, instances, Timestamp::from_second(seconds).unwrap())
        };
        assert!(run(900, 0));
        assert!(!run(200, 0), "a thousand at once");
        assert!(run(100, 0), "what is refused costs nothing");
        assert!(!run(21, 10));
        assert!(run(20, 10), "two a second");
    }
}
