//! Passing conditions: what has to last for a while before it means something.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::action::Action;
use crate::model::{Claim, Failure, InstanceId, Keeper, MachineName, VolumeId};

/// A condition whose duration matters. It is measured by the monotonic clock of one process, from its first sight
/// and for as long as every complete look shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// The volume is attaching to the instance.
    Attaching(VolumeId, InstanceId),
    /// The machine's instance could have the volume, but another one holds it.
    HeldBack(VolumeId, InstanceId),
    /// The volume is being detached from another instance.
    Detaching(VolumeId, InstanceId),
    /// All volumes of the machine are attached to the instance.
    AllAttached(MachineName, InstanceId),
    /// Another keeper says this of the instance's reboot.
    Claimed(InstanceId, Keeper, Claim),
    /// EC2 does not list the instance.
    Absent(InstanceId),
}

/// Since when each condition has been seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sightings(BTreeMap<Sight, Duration>);

impl Sightings {
    /// For how long the condition has been seen; zero when this is the first time.
    #[must_use]
    pub fn lasted(&self, sight: &Sight, now: Duration) -> Duration {
        self.0.get(sight).map_or(Duration::ZERO, |since| now.saturating_sub(*since))
    }

    /// Remembers what a complete look showed at `now`, and forgets what it did not show.
    pub fn remember(&mut self, seen: BTreeSet<Sight>, now: Duration) {
        let before = std::mem::take(&mut self.0);
        self.0 = seen
            .into_iter()
            .map(|sight| {
                let since = before.get(&sight).copied().unwrap_or(now);
                (sight, since)
            })
            .collect();
    }
}

/// A step that failed lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    /// How it failed the last time.
    pub failure: Failure,
    /// How often it failed in a row.
    pub times: u32,
    /// Until when it rests, by the monotonic clock.
    pub until: Duration,
}

/// The steps that failed lately, by machine and action.
pub type Setbacks = BTreeMap<(MachineName, Action), Setback>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sight_lasts_from_its_first_look_and_is_forgotten_when_one_look_misses_it() {
        let sight = Sight::Absent("i-0ab12cd3".parse().unwrap());
        let seconds = Duration::from_secs;
        let mut sightings = Sightings::default();
        assert_eq!(sightings.lasted(&sight, seconds(5)), Duration::ZERO);
        sightings.remember([sight.clone()].into(), seconds(5));
        sightings.remember([sight.clone()].into(), seconds(20));
        assert_eq!(sightings.lasted(&sight, seconds(35)), seconds(30));
        sightings.remember(BTreeSet::new(), seconds(40));
        sightings.remember([sight.clone()].into(), seconds(50));
        assert_eq!(sightings.lasted(&sight, seconds(51)), seconds(1));
    }
}
