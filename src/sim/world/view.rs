//! What each of EC2's views shows: the world as it was a while ago.

use std::sync::Arc;
use std::time::Duration;

use super::super::records::{Instance, Records, Request, Volume};
use super::super::refusal::Refusal;
use super::{World, earlier};
use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// Which of EC2's views a call reads. Each has a lag of its own, so that they can disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// DescribeSpotInstanceRequests.
    Requests,
    /// DescribeInstances, with the block devices that it lists.
    Instances,
    /// DescribeVolumes.
    Volumes,
    /// DescribeImages and DescribeSnapshots.
    Images,
}

impl World {
    /// Keeps what the lagging views still have to show. Without a lag nothing is kept.
    pub(in crate::sim) fn remember(&mut self) {
        let longest = self.lag.longest().saturating_add(self.memory);
        if longest.is_zero() {
            self.past.clear();
            return;
        }
        self.past.push_back((self.now, Arc::new(self.records.clone())));
        let horizon = earlier(self.now, longest);
        while self.past.get(1).is_some_and(|(at, _)| *at <= horizon) {
            self.past.pop_front();
        }
    }

    /// Keeps the past for so long, for looks that go back.
    pub(in crate::sim) fn keep_past(&mut self, memory: Duration) {
        self.memory = self.memory.max(memory);
        self.remember();
    }

    /// Lets something look at the world as it was, in every view.
    pub(in crate::sim) fn in_the_past<T>(&mut self, age: Duration, look: impl FnOnce(&mut Self) -> T) -> T {
        self.stale = age;
        let result = look(self);
        self.stale = Duration::ZERO;
        result
    }

    /// The records as this view shows them now.
    pub(in crate::sim) fn seen(&self, view: View) -> &Records {
        let lag = self.lag.of(view).saturating_add(self.stale);
        if lag.is_zero() {
            return &self.records;
        }
        let then = earlier(self.now, lag);
        let shown = self.past.iter().rev().find(|(at, _)| *at <= then).or_else(|| self.past.front());
        shown.map_or(&self.records, |(_, records)| records)
    }

    /// A request, as far as its view knows already that there is one.
    ///
    /// What calls name is looked for so, and what the world itself names in the records.
    pub(in crate::sim) fn known_request(&self, id: &SpotRequestId) -> Result<&Request, Refusal> {
        let shown = self.seen(View::Requests).requests.get(id).is_some_and(|request| self.is_visible(request));
        self.records.requests.get(id).filter(|_| shown).ok_or_else(|| Refusal::no_request(id))
    }

    /// An instance, as far as its view knows already that there is one.
    pub(in crate::sim) fn known_instance(&self, id: &InstanceId) -> Result<&Instance, Refusal> {
        let shown = self.seen(View::Instances).instances.contains_key(id);
        self.records.instances.get(id).filter(|_| shown).ok_or_else(|| Refusal::no_instance(id))
    }

    /// A volume, as far as its view knows already that there is one.
    pub(in crate::sim) fn known_volume(&self, id: &VolumeId) -> Result<&Volume, Refusal> {
        let shown = self.seen(View::Volumes).volumes.contains_key(id);
        self.records.volumes.get(id).filter(|_| shown).ok_or_else(|| Refusal::no_volume(id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Effect, Fault, Scenario, Sim};
    use crate::clock::Clock;

    const SCENARIO: &str = "
        lag = { volumes = '30s' }
        [[volume]]
        id = 'vol-e123456f'
        zone = 'us-east-1a'
    ";

    #[tokio::test(start_paused = true)]
    async fn only_a_call_that_changed_something_is_remembered() {
        let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap(), 1.0);
        let sim = Sim::new(&Scenario::parse(SCENARIO).unwrap(), 1, clock).unwrap();
        let remembered = || sim.lock().world.past.len();
        let tag = "Action=CreateTags&ResourceId.1=vol-e123456f&Tag.1.Key=a&Tag.1.Value=b";
        let delete = "Action=DeleteVolume&VolumeId=vol-e123456f";
        let before = remembered();
        let changes_nothing = [
            "Action=DescribeVolumes",
            "Action=GetConsoleOutput&InstanceId=i-00000000",
            "Action=DeleteVolume&VolumeId=vol-00000000",
            &format!("{tag}&DryRun=true"),
        ];
        for call in changes_nothing {
            let _ = sim.serve(call, b"");
            assert_eq!(remembered(), before, "{call}");
        }
        sim.inject(Fault::new(Effect::RequestLost).times(1));
        let before = remembered();
        let _ = sim.serve(tag, b"");
        assert_eq!(remembered(), before, "it was lost on its way");
        let _ = sim.serve(tag, b"");
        assert_eq!(remembered(), before + 1);
        // Whose second time is refused has changed something the first time.
        sim.inject(Fault::new(Effect::Twice).times(1));
        let before = remembered();
        let _ = sim.serve(delete, b"");
        assert_eq!(remembered(), before + 1);
    }
}
