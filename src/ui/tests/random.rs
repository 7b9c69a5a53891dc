//! Random worlds of eight machines, as the engine would tell them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::config::{Config, Environment, Mode, parse};
use crate::model::{
    Attachment, AttachmentState, Failure, Instance, InstanceState, Look, NamesOnDisk, Now, Observation, RequestState,
    SpotRequest, Text, Volume, VolumeState,
};
use crate::plan::{self, Authority, Inputs, Memory, Setbacks, Sightings, Wishes};
use crate::protocol::{MachineView, PauseReason, Revision, Snapshot, StepNumber};

const MACHINES: usize = 8;

/// When every test begins.
pub(super) fn begin() -> Now {
    Now { wall: "2026-11-23T12:00:00Z".parse().unwrap(), monotonic: Duration::from_secs(1_000) }
}

/// Eight machines, the odd ones with two volumes.
pub(super) fn config() -> Arc<Config> {
    static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| Arc::new(configured()));
    Arc::clone(&CONFIG)
}

fn configured() -> Config {
    let machine = |n: usize| {
        let second = format!("[[machine.volume]]\nid = \"vol-{n}b0b0b0b\"\ndevice = \"/dev/sdq\"\n");
        let second = if n % 2 == 1 { second } else { String::new() };
        format!(
            "[[machine]]\nname = \"m{n}\"\nspot_request = \"sir-{n}aaaaaaa\"\nhostnames = [\"m{n}.example\"]\n\
             [[machine.volume]]\nid = \"vol-{n}a0a0a0a\"\ndevice = \"/dev/sdp\"\n{second}"
        )
    };
    let text: String = (0..MACHINES).map(machine).collect();
    let environment = Environment { home: Some("/home/u".into()), ..Environment::default() };
    parse("test.toml", &text, &environment).unwrap()
}

/// What a machine's part of the world looks like.
#[derive(Debug, Clone)]
struct Fate {
    /// Which of its instances it has; none for none.
    instance: Option<u8>,
    state: &'static str,
    attached: bool,
    words: String,
}

fn fate() -> impl Strategy<Value = Fate> {
    let state = select(vec!["running", "running", "running", "pending", "shutting-down", "stopped", "odd\u{1b}[31m"]);
    (option::weighted(0.8, 0_u8..3), state, any::<bool>(), ".{0,40}")
        .prop_map(|(instance, state, attached, words)| Fate { instance, state, attached, words })
}

/// A snapshot of a random world, planned by the planner itself.
pub(super) fn snapshot() -> impl Strategy<Value = Snapshot> {
    let mode = select(vec![Mode::Confirm, Mode::Confirm, Mode::Confirm, Mode::Auto, Mode::ReadOnly]);
    let rare = |chance| prop::bool::weighted(chance);
    (vec(fate(), MACHINES), mode, 1_u64..5, rare(0.1), rare(0.1), rare(0.1)).prop_map(
        |(fates, mode, revision, paused, failed, watches)| {
            let observation = observation(&fates);
            let machines = planned(&observation, mode, revision);
            Snapshot {
                mode,
                mode_is_fixed: watches,
                may_act: !watches,
                paused: paused.then_some(PauseReason::Operator),
                region: Text::new("us-east-1"),
                account: Some(Text::new("123456789012")),
                revision: Revision(revision),
                machines,
                observation: Some(Arc::new(observation)),
                looks: 1,
                look_failure: failed.then(|| Failure::stale("looking", "EC2 said no\u{202e}")),
                journal_failure: None,
                in_flight: Vec::new(),
                looking_since: None,
                pause: Duration::from_secs(15),
                calls_per_minute: 12,
                next_look: Some(begin().monotonic),
                at_rest: false,
            }
        },
    )
}

fn planned(observation: &Observation, mode: Mode, revision: u64) -> Arc<[MachineView]> {
    let plans = plan::plan(&Inputs {
        config: &config(),
        observation,
        memory: &Memory::default(),
        sightings: &Sightings::default(),
        setbacks: &Setbacks::default(),
        authority: Authority { mode, yes_to_all: false },
        keeper: None,
        wishes: &Wishes::default(),
        now: begin(),
    });
    let mut next = revision * 100;
    let views = plans.into_iter().map(|plan| {
        let mut number = || {
            next += 1;
            (StepNumber(next), begin().wall)
        };
        let numbers = plan.steps.iter().map(|_| number()).collect();
        MachineView { plan, numbers, since: begin().wall, in_auto: Vec::new() }
    });
    views.collect::<Vec<_>>().into()
}

fn observation(fates: &[Fate]) -> Observation {
    let at = begin().wall;
    let mut requests = Vec::new();
    let mut instances = Vec::new();
    let mut volumes = Vec::new();
    for (machine, fate) in config().machines.iter().zip(fates) {
        let name = machine.name.as_str().trim_start_matches('m').to_owned();
        let id = fate.instance.map(|which| format!("i-{name}{which}c0c0c0").parse().unwrap());
        requests.push(SpotRequest {
            id: machine.spot_request.clone(),
            state: RequestState::from(if id.is_some() { "active" } else { "open" }),
            status_code: Text::new(if id.is_some() { "fulfilled" } else { "capacity-not-available" }),
            status_message: Text::new(&fate.words),
            status_since: Some(at),
            kind: "persistent".into(),
            interruption: "terminate".into(),
            instance: id.clone(),
            valid_until: None,
        });
        instances.extend(id.clone().map(|id| Instance {
            id,
            name: Text::new(&fate.words),
            state: InstanceState::from(fate.state),
            state_reason: Text::new(&fate.words),
            availability_zone: Text::new("us-east-1a"),
            instance_type: Text::new(&fate.words),
            launch_time: Some(at),
            public_ip: Some([203, 0, 113, 7].into()),
            private_ip: None,
            block_devices: std::collections::BTreeMap::new(),
            spot_request: Some(machine.spot_request.clone()),
            claims: crate::model::Claims::new(),
        }));
        volumes.extend(machine.volumes.iter().map(|volume| Volume {
            id: volume.id.clone(),
            state: VolumeState::from(if fate.attached && id.is_some() { "in-use" } else { "available" }),
            availability_zone: Text::new("us-east-1a"),
            multi_attach: false,
            attachments: id.iter().filter(|_| fate.attached).map(|id| attachment(id, volume.device.as_str())).collect(),
        }));
    }
    Observation {
        requests: Look { at, seen: requests.into_iter().map(|seen| (seen.id.clone(), seen)).collect() },
        instances: Look { at, seen: instances.into_iter().map(|seen| (seen.id.clone(), seen)).collect() },
        volumes: Look { at, seen: volumes.into_iter().map(|seen| (seen.id.clone(), seen)).collect() },
        names: NamesOnDisk::default(),
    }
}

fn attachment(id: &crate::model::InstanceId, device: &str) -> Attachment {
    Attachment {
        instance: Some(id.clone()),
        device: Text::new(device),
        state: AttachmentState::from("attached"),
        attach_time: Some(begin().wall),
        delete_on_termination: false,
    }
}
