//! Random worlds and operators.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::super::{Scenario, World};
use super::super::{front::Front, front::Served, records::Capacity};
use crate::model::{InstanceId, InstanceState, SpotRequestId, VolumeId};

/// Two requests that fight over volumes, and an instance that has nothing to do with them.
const SCENARIO: &str = "
    zones = ['a', 'b']
    [[volume]]
    id = 'vol-00000001'
    zone = 'a'
    [[volume]]
    id = 'vol-00000002'
    zone = 'a'
    [[request]]
    id = 'sir-00000001'
    zone = 'a'
    homes = ['vol-00000001', 'vol-00000002']
    [[request]]
    id = 'sir-00000002'
    behavior = 'stop'
    homes = ['vol-00000002']
    [[instance]]
    zone = 'a'
    [[event]]
    every = '7m'
    interrupt = ['sir-00000001', 'sir-00000002']
    early = true
    [[fault]]
    effect = 'reply-lost'
    chance = 0.1
";

/// One thing that somebody does: which, with which of the things there are, and how long after the last.
type Deed = (u8, usize, usize, u64);

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec((0..14_u8, 0..8_usize, 0..4_usize, 0..90_u64), 1..120)
}

struct Play {
    world: World,
    front: Front,
    answers: Vec<Served>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let scenario = Scenario::parse(SCENARIO).unwrap();
        let world = scenario.build(seed, Timestamp::UNIX_EPOCH).unwrap();
        let faults = scenario.faults.iter().map(|fault| fault.at(Timestamp::UNIX_EPOCH)).collect();
        Self { world, front: Front::new(seed, faults), answers: Vec::new() }
    }

    fn call(&mut self, body: &str) {
        let served = self.front.serve(&mut self.world, "", body.as_bytes(), None);
        self.answers.push(served);
    }

    fn act(&mut self, (deed, which, other, seconds): Deed) {
        self.world.advance_to(self.world.now() + Duration::from_secs(seconds));
        let instances: Vec<InstanceId> = self.world.records().instances.keys().cloned().collect();
        let volumes: Vec<VolumeId> = self.world.records().volumes.keys().cloned().collect();
        let request: SpotRequestId = format!("sir-0000000{}", 1 + which % 2).parse().unwrap();
        let (Some(instance), Some(volume)) = (
            instances.get(which % instances.len().max(1)).cloned(),
            volumes.get(other % volumes.len().max(1)).cloned(),
        ) else {
            return;
        };
        let device = ["sdf", "sdg", "sdh"][which % 3];
        match deed {
            0..=3 => {
                self.call(&format!("Action=AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/{device}"));
            }
            4 => self.call(&format!("Action=DetachVolume&VolumeId={volume}&InstanceId={instance}")),
            5 => self.call(&format!("Action=DetachVolume&VolumeId={volume}&Force=true")),
            6 => self.call(&format!("Action=RebootInstances&InstanceId.1={instance}")),
            7 => drop(self.world.interrupt(&instance, other == 0)),
            8 => drop(self.world.terminate(&instance)),
            9 => drop(self.world.stop(&instance)),
            10 => drop(self.world.start_again(&instance)),
            11 => drop(self.world.set_capacity(&request, Capacity::none())),
            12 => drop(self.world.set_capacity(&request, Capacity::Available)),
            _ => drop(self.world.cancel(&request).and_then(|()| self.world.expire(&request))),
        }
        for list in ["SpotInstanceRequests", "Instances", "Volumes"] {
            self.call(&format!("Action=Describe{list}&MaxResults=1000"));
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let records = self.world.records();
        for volume in records.volumes.values() {
            prop_assert!(volume.attachments.len() <= 1, "{} is attached twice", volume.id);
            prop_assert_eq!(volume.attachments.is_empty(), volume.state.as_str() == "available");
        }
        for instance in records.instances.values() {
            let held: Vec<_> = records.attached_to(&instance.id).map(|(_, held)| &held.device).collect();
            prop_assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "one volume for each name");
            prop_assert!(instance.state != InstanceState::Terminated || held.is_empty());
            let usable = self.world.guests()[&instance.id].is_usable();
            prop_assert!(!usable || instance.state == InstanceState::Running);
        }
        let public = records.instances.values().filter_map(|instance| instance.public_ip);
        let public: Vec<_> = public.collect();
        prop_assert_eq!(public.iter().collect::<BTreeSet<_>>().len(), public.len(), "one instance for each address");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_volume_is_ever_attached_to_two_instances_whatever_people_and_market_do(seed: u64, deeds in deeds()) {
        let mut play = Play::new(seed);
        for deed in deeds {
            play.act(deed);
            play.check()?;
        }
    }

    #[test]
    fn a_usable_guest_has_its_homes_attached(seed: u64, deeds in deeds()) {
        let mut play = Play::new(seed);
        for deed in deeds {
            play.act(deed);
            for (id, guest) in play.world.guests().iter().filter(|(_, guest)| guest.is_usable()) {
                for home in &guest.homes {
                    let volume = play.world.volume(home);
                    prop_assert!(volume.is_some_and(|volume| volume.attachment_to(id).is_some()), "{id} {home}");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_and_the_same_calls_give_the_same_bytes(seed: u64, deeds in deeds()) {
        let run = || {
            let mut play = Play::new(seed);
            for deed in &deeds {
                play.act(*deed);
            }
            (play.answers, play.world.take_story())
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn looking_changes_nothing_of_what_is_to_come(seed: u64, looks in 0..40_usize) {
        let run = |looks| {
            let mut play = Play::new(seed);
            (0..looks).for_each(|_| play.call("Action=DescribeInstances"));
            play.world.advance_to(Timestamp::UNIX_EPOCH + Duration::from_hours(3));
            play.world.take_story()
        };
        prop_assert_eq!(run(looks), run(0));
    }
}

#[test]
fn another_seed_is_another_world() {
    let story = |seed| {
        let mut play = Play::new(seed);
        play.world.advance_to(Timestamp::UNIX_EPOCH + Duration::from_hours(1));
        play.world.take_story()
    };
    assert_ne!(story(1), story(2));
}
