//! Random worlds and operators.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::super::{Capacity, Cause, Refusal, Scenario, Served, Sim, StoryLine, World};
use crate::clock::Clock;
use crate::model::{InstanceId, InstanceState, SpotRequestId, VolumeId};

/// Two requests that fight over volumes, and an instance that has nothing to do with them.
const SCENARIO: &str = "
    zones = ['us-east-1a', 'us-east-1b']
    [[volume]]
    id = 'vol-00000001'
    zone = 'us-east-1a'
    [[volume]]
    id = 'vol-00000002'
    zone = 'us-east-1a'
    [[request]]
    id = 'sir-00000001'
    zone = 'us-east-1a'
    homes = ['vol-00000001', 'vol-00000002']
    [[request]]
    id = 'sir-00000002'
    behavior = 'stop'
    homes = ['vol-00000002']
    [[instance]]
    zone = 'us-east-1a'
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
    prop::collection::vec((0..16_u8, 0..8_usize, 0..4_usize, 0..90_u64), 1..120)
}

/// What a world is like: lags, knobs, faults and permissions of all kinds.
fn worlds() -> impl Strategy<Value = String> {
    let lags = (0..40_u64, 0..40_u64, 0..40_u64);
    let knobs = prop::collection::vec(any::<bool>(), 14);
    let trouble = prop::option::of(1..30_u64);
    let policy = prop::option::of(prop::sample::select(vec!["ec2:*", "ec2:Describe*", "ec2:*Volume*"]));
    let somebody = prop::option::of(1..30_u64);
    (lags, knobs, trouble, policy, somebody).prop_map(
        |((requests, instances, volumes), knobs, trouble, policy, somebody)| {
            let names = [
                "keeps_instance_id",
                "shows_user_termination",
                "marks_for_termination",
                "experiment_reopens",
                "stopped_termination_ends",
                "bad_parameters_fail",
                "persistent_expires",
                "guest_shutdown_terminates",
                "hanging_fails_checks",
                "reboot_fails_checks",
                "shuffles",
                "high_bytes",
                "empty_pages",
                "throttling",
            ];
            let policy = policy.map_or_else(String::new, |action| {
                let statement = format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#);
                format!("policy = '{{\"Version\": \"2012-10-17\", \"Statement\": {statement}}}'\n")
            });
            let knobs: Vec<String> = names.iter().zip(knobs).map(|(name, set)| format!("{name} = {set}")).collect();
            let knobs = knobs.join("\n") + "\n";
            let trouble = trouble.map_or_else(String::new, |every| format!("[trouble]\nevery = '{every}m'\n"));
            let somebody = somebody.map_or_else(String::new, |every| {
                format!("[[event]]\nevery = '{every}m'\nmeddle = ['sir-00000001', 'sir-00000002']\n")
            });
            let lag = format!("[lag]\nrequests = '{requests}s'\ninstances = '{instances}s'\nvolumes = '{volumes}s'\n");
            format!("{policy}{SCENARIO}\n[knobs]\n{knobs}{lag}{trouble}{somebody}")
        },
    )
}

struct Play {
    sim: Sim,
    clock: Clock,
    answers: Vec<Served>,
    /// The instances that were shutting down or terminated once.
    ended: BTreeSet<InstanceId>,
}

impl Play {
    fn new(scenario: &str, seed: u64) -> Self {
        let clock = Clock::standing_at(Timestamp::UNIX_EPOCH);
        let sim = Sim::new(&Scenario::parse(scenario).unwrap(), seed, clock.clone()).unwrap();
        Self { sim, clock, answers: Vec::new(), ended: BTreeSet::new() }
    }

    fn call(&mut self, body: &str) {
        let served = self.sim.serve("", body.as_bytes());
        self.answers.push(served);
    }

    fn act(&mut self, (deed, which, other, seconds): Deed) {
        self.clock.put_forward(Duration::from_secs(seconds));
        let (instances, volumes): (Vec<InstanceId>, Vec<VolumeId>) = self.sim.with_world(|world| {
            let records = world.records();
            (records.instances.keys().cloned().collect(), records.volumes.keys().cloned().collect())
        });
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
            _ => drop(self.sim.with_world(|world| happen(world, deed, other, &instance, &request))),
        }
        for list in ["SpotInstanceRequests", "Instances", "Volumes"] {
            self.call(&format!("Action=Describe{list}&MaxResults=1000"));
        }
    }

    /// The answers, and the story.
    fn record(self) -> (Vec<Served>, Vec<StoryLine>) {
        let story = self.sim.story();
        (self.answers, story)
    }

    fn story_after(&self, hours: u64) -> Vec<StoryLine> {
        self.clock.put_forward(Duration::from_hours(hours));
        self.sim.story()
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let ended = &mut self.ended;
        self.sim.with_world(|world| {
            for instance in world.records().instances.values() {
                let ends = matches!(instance.state, InstanceState::ShuttingDown | InstanceState::Terminated);
                if ends {
                    ended.insert(instance.id.clone());
                }
                prop_assert!(ends || !ended.contains(&instance.id), "{} came back to life", instance.id);
            }
            check(world)
        })
    }
}

/// What market and owner do.
fn happen(
    world: &mut World,
    deed: u8,
    other: usize,
    instance: &InstanceId,
    request: &SpotRequestId,
) -> Result<(), Refusal> {
    let causes = [Cause::NoCapacity, Cause::Price, Cause::LaunchGroup, Cause::Experiment];
    match deed {
        7 => world.interrupt_for(instance, causes[other], other == 0),
        8 => world.terminate(instance),
        9 => world.stop(instance),
        10 => world.start_again(instance),
        11 => world.set_capacity(request, Capacity::none()),
        12 => world.set_capacity(request, Capacity::Available),
        13 => world.revoke(instance),
        14 => world.shut_down(instance),
        _ => world.cancel(request).and_then(|()| world.expire(request)),
    }
}

fn check(world: &World) -> Result<(), TestCaseError> {
    let records = world.records();
    for volume in records.volumes.values() {
        prop_assert!(volume.attachments.len() <= 1, "{} is attached twice", volume.id);
        prop_assert_eq!(volume.attachments.is_empty(), volume.state.as_str() == "available");
    }
    for instance in records.instances.values() {
        let held: Vec<_> = records.attached_to(&instance.id).map(|(_, held)| &held.device).collect();
        prop_assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "one volume for each name");
        prop_assert!(instance.state != InstanceState::Terminated || held.is_empty());
        let usable = world.guests()[&instance.id].is_usable();
        prop_assert!(!usable || instance.state == InstanceState::Running);
    }
    for (id, guest) in world.guests().iter().filter(|(_, guest)| guest.is_usable()) {
        for home in &guest.homes {
            let held = world.volume(home).is_some_and(|volume| volume.attachment_to(id).is_some());
            prop_assert!(held, "{} is usable without {}", id, home);
        }
    }
    let public = records.instances.values().filter_map(|instance| instance.public_ip);
    let public: Vec<_> = public.collect();
    prop_assert_eq!(public.iter().collect::<BTreeSet<_>>().len(), public.len(), "one instance for each address");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_volume_is_ever_attached_to_two_instances_whatever_people_and_market_do(seed: u64, deeds in deeds()) {
        let mut play = Play::new(SCENARIO, seed);
        for deed in deeds {
            play.act(deed);
            play.check()?;
        }
    }

    #[test]
    fn the_same_holds_in_worlds_of_all_kinds(seed: u64, world in worlds(), deeds in deeds()) {
        let mut play = Play::new(&world, seed);
        for deed in deeds {
            play.act(deed);
            play.check()?;
        }
    }

    #[test]
    fn the_same_seed_and_the_same_calls_give_the_same_bytes(seed: u64, world in worlds(), deeds in deeds()) {
        let run = || {
            let mut play = Play::new(&world, seed);
            for deed in &deeds {
                play.act(*deed);
            }
            play.record()
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn looking_changes_nothing_of_what_is_to_come(seed: u64, world in worlds(), looks in 0..40_usize) {
        let run = |looks| {
            let mut play = Play::new(&world, seed);
            (0..looks).for_each(|_| play.call("Action=DescribeInstances"));
            play.story_after(3)
        };
        prop_assert_eq!(run(looks), run(0));
    }
}

#[test]
fn another_seed_is_another_world() {
    assert_ne!(Play::new(SCENARIO, 1).story_after(1), Play::new(SCENARIO, 2).story_after(1));
}
