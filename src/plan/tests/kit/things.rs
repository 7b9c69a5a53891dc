//! The things that a world is made of, as most tests want them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{
    AddressKind, Aws, Config, Consent, HomeVolume, Hooks, Limits, Machine, Mode, NameFile, Notify, Policy, Poll,
    RebootRule,
};
use crate::model::{
    Claims, Failure, FailureKind, Fate, Instance, InstanceId, InstanceState, InterruptionBehavior, RequestKind,
    RequestState, SpotRequest, SpotRequestId, Text, Volume, VolumeId, VolumeState,
};
use crate::plan::{Action, Fact};

pub(in crate::plan::tests) const REQUEST: &str = "sir-y1a23b4c";
/// The instance that the request names.
pub(in crate::plan::tests) const OWN: &str = "i-0aaaaaaa";
/// The instance that the machine lived on before.
pub(in crate::plan::tests) const OLD: &str = "i-0bbbbbbb";
/// An instance that somebody else started.
pub(in crate::plan::tests) const ALIEN: &str = "i-0eeeeeee";
pub(in crate::plan::tests) const HOME: &str = "vol-e123456f";
pub(in crate::plan::tests) const DATA: &str = "vol-0000da7a";
/// As whom this program claims reboots, and others whose names sort before and after it.
pub(in crate::plan::tests) const KEEPER: &str = "m-self";
pub(in crate::plan::tests) const BEFORE: &str = "a-first";
pub(in crate::plan::tests) const AFTER: &str = "z-last";
pub(in crate::plan::tests) const ADDRESS: &str = "3.4.5.6";

pub(in crate::plan::tests) fn sir(id: &str) -> SpotRequestId {
    id.parse().unwrap()
}

pub(in crate::plan::tests) fn i(id: &str) -> InstanceId {
    id.parse().unwrap()
}

pub(in crate::plan::tests) fn vol(id: &str) -> VolumeId {
    id.parse().unwrap()
}

/// The moment at which every world begins.
pub(in crate::plan::tests) fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(in crate::plan::tests) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(in crate::plan::tests) fn config() -> Config {
    let auto = Consent::Auto;
    Config {
        aws: Aws::default(),
        policy: Policy { mode: Mode::Auto, attach: auto, reboot: auto, detach: Consent::Ask, keep: auto, names: auto },
        limits: Limits { reboots_per_hour: 6, detaches_per_hour: 3 },
        fence: true,
        poll: Poll { steady: seconds(15), active: seconds(2) },
        hosts: NameFile { enabled: true, file: PathBuf::from("/etc/hosts") },
        ssh: NameFile { enabled: false, file: PathBuf::from("/home/u/.ssh/config.d/spotkeeper") },
        notify: Notify { bell: true, desktop: true },
        hooks: Hooks::default(),
        state_dir: PathBuf::from("/home/u/.local/state/spotkeeper"),
        machines: vec![Machine {
            name: "train".parse().unwrap(),
            spot_request: sir(REQUEST),
            hostnames: vec!["my-spot.amazonaws.com".parse().unwrap()],
            address: AddressKind::Public,
            reboot: RebootRule::AfterAttach,
            reboot_delay: seconds(10),
            ssh_user: Some("ubuntu".to_owned()),
            volumes: vec![HomeVolume { id: vol(HOME), device: "/dev/sdp".parse().unwrap() }],
        }],
    }
}

pub(in crate::plan::tests) fn spot_request() -> SpotRequest {
    SpotRequest {
        id: sir(REQUEST),
        state: RequestState::Active,
        status_code: Text::new("fulfilled"),
        status_message: Text::default(),
        status_since: Some(noon()),
        kind: RequestKind::Persistent,
        interruption: InterruptionBehavior::Terminate,
        instance: Some(i(OWN)),
        valid_until: None,
    }
}

pub(in crate::plan::tests) fn instance(id: &str, state: &str) -> Instance {
    let last = id.bytes().last().unwrap();
    Instance {
        id: i(id),
        name: Text::default(),
        state: InstanceState::from(state),
        state_reason: Text::default(),
        availability_zone: Text::new("us-east-1a"),
        instance_type: Text::new("g5.xlarge"),
        launch_time: Timestamp::from_second(noon().as_second() - 60).ok(),
        public_ip: (id == OWN).then(|| ADDRESS.parse().unwrap()),
        private_ip: Some([10, 0, 0, last].into()),
        block_devices: BTreeMap::new(),
        spot_request: (id == OWN).then(|| sir(REQUEST)),
        claims: Claims::new(),
    }
}

pub(in crate::plan::tests) fn volume(id: &str) -> Volume {
    Volume {
        id: vol(id),
        state: VolumeState::Available,
        availability_zone: Text::new("us-east-1a"),
        multi_attach: false,
        attachments: Vec::new(),
    }
}

pub(in crate::plan::tests) fn attach_intended(volume: &str, instance: &str, device: &str) -> Fact {
    Fact::AttachIntended {
        volume: vol(volume),
        instance: i(instance),
        device: device.parse().unwrap(),
        reboot_owed: true,
    }
}

pub(in crate::plan::tests) fn failure(kind: FailureKind, fate: Fate) -> Failure {
    Failure { kind, fate, tried: Text::new("a call"), why: Text::new("EC2 said no") }
}

pub(in crate::plan::tests) fn attach(device: &str) -> Action {
    Action::Attach { volume: vol(HOME), instance: i(OWN), device: device.parse().unwrap() }
}

pub(in crate::plan::tests) fn reboot() -> Action {
    Action::Reboot { instance: i(OWN), volumes: vec![vol(HOME)] }
}
