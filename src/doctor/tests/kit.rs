//! A sound set-up, from which the tests take something away.

use std::collections::{BTreeMap, BTreeSet};

use super::super::*;
use crate::config::{self, Config, Environment};
use crate::model::{
    Attachment, AttachmentState, BlockDevice, Failure, FailureKind, Fate, Image, ImageState, Ingress, Instance,
    InstanceState, InterruptionBehavior, KeyPair, NamesOnDisk, RequestKind, RequestState, RequestTerms, SecurityGroup,
    SpotRequest, Subnet, Text, Volume, VolumeState, VolumeTraits,
};

pub(super) const REQUEST: &str = "sir-y1a23b4c";
pub(super) const HOME: &str = "vol-e123456f";
pub(super) const INSTANCE: &str = "i-0000000a";
pub(super) const IMAGE: &str = "ami-0000000a";
pub(super) const SUBNET: &str = "subnet-0000000a";
pub(super) const GROUP: &str = "sg-0000000a";

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";

const CONFIG: &str = r#"
[ssh]
enabled = true
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.example.com"]
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

/// A configuration and what is known.
pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) facts: Facts,
}

pub(super) fn text(words: &str) -> Text {
    Text::new(words)
}

pub(super) fn denied(action: &str, how: &str) -> Failure {
    Failure {
        kind: FailureKind::Denied,
        fate: Fate::NotDone,
        tried: text(action),
        why: text(&format!("UnauthorizedOperation: {how}; the credentials lack the permission ec2:{action}")),
    }
}

fn one<K: Ord, V>(key: K, value: V) -> BTreeMap<K, V> {
    BTreeMap::from([(key, value)])
}

fn request() -> SpotRequest {
    SpotRequest {
        id: REQUEST.parse().unwrap(),
        state: RequestState::Active,
        status_code: text("fulfilled"),
        status_message: text(""),
        status_since: None,
        kind: RequestKind::Persistent,
        interruption: InterruptionBehavior::Terminate,
        instance: Some(INSTANCE.parse().unwrap()),
        valid_until: None,
    }
}

fn terms() -> RequestTerms {
    RequestTerms {
        image: Some(IMAGE.parse().unwrap()),
        instance_type: text("g5.xlarge"),
        availability_zone: text(""),
        subnet: Some(SUBNET.parse().unwrap()),
        interface: None,
        key_name: text("me"),
        security_groups: vec![GROUP.parse().unwrap()],
        instance_profile: text(""),
        ebs_optimized: None,
        monitoring: false,
        devices: BTreeMap::new(),
        left_out: BTreeSet::new(),
        max_price: text("1.006"),
        tags: BTreeMap::new(),
    }
}

fn instance() -> Instance {
    Instance {
        id: INSTANCE.parse().unwrap(),
        name: text(""),
        state: InstanceState::Running,
        state_reason: text(""),
        availability_zone: text("us-east-1b"),
        instance_type: text("g5.xlarge"),
        launch_time: None,
        public_ip: None,
        private_ip: None,
        block_devices: BTreeMap::from([
            (text("/dev/sda1"), "vol-00000001".parse().unwrap()),
            (text("/dev/sdp"), HOME.parse().unwrap()),
        ]),
        spot_request: Some(REQUEST.parse().unwrap()),
        claims: BTreeMap::new(),
    }
}

pub(super) fn disk(snapshot: Option<&str>) -> BlockDevice {
    BlockDevice {
        snapshot: snapshot.map(|id| id.parse().unwrap()),
        size_gib: Some(30),
        delete_on_termination: Some(true),
        encrypted: false,
        kms_key: text(""),
        kind: text(""),
        iops: None,
        throughput: None,
    }
}

fn image() -> Image {
    Image {
        id: IMAGE.parse().unwrap(),
        name: text("train-root"),
        state: ImageState::Available,
        state_reason: text(""),
        owner: text("123456789012"),
        architecture: text("x86_64"),
        root_device: text("/dev/sda1"),
        devices: BTreeMap::from([(text("/dev/sda1"), disk(Some("snap-0000000a")))]),
        instance_stores: BTreeSet::new(),
        created: None,
        deprecated: None,
        tags: BTreeMap::new(),
    }
}

fn volume() -> Volume {
    Volume {
        id: HOME.parse().unwrap(),
        state: VolumeState::InUse,
        availability_zone: text("us-east-1b"),
        multi_attach: false,
        attachments: vec![Attachment {
            instance: Some(INSTANCE.parse().unwrap()),
            device: text("/dev/sdp"),
            state: AttachmentState::Attached,
            attach_time: None,
            delete_on_termination: false,
        }],
    }
}

fn traits() -> VolumeTraits {
    VolumeTraits {
        size_gib: 100,
        kind: text("gp3"),
        encrypted: true,
        kms_key: text(KEY),
        snapshot: None,
        tags: BTreeMap::new(),
    }
}

fn subnet() -> Subnet {
    Subnet {
        id: SUBNET.parse().unwrap(),
        availability_zone: text("us-east-1b"),
        vpc: text("vpc-1"),
        public_addresses: true,
        is_default: true,
    }
}

pub(super) fn group(port: i32, from: &str) -> SecurityGroup {
    let rule = Ingress { protocol: text("tcp"), ports: Some((port, port)), sources: vec![text(from)] };
    SecurityGroup { id: GROUP.parse().unwrap(), name: text("ssh"), vpc: text("vpc-1"), ingress: vec![rule] }
}

fn facts() -> Facts {
    let home: crate::model::VolumeId = HOME.parse().unwrap();
    let name: crate::model::MachineName = "train".parse().unwrap();
    let of_home = [Trial::Attach(home.clone()), Trial::Detach(home.clone()), Trial::Keep(home.clone())];
    let trials = of_home.into_iter().chain([Trial::Reboot, Trial::Claim, Trial::Request]);
    Facts {
        at: "2026-11-23T12:00:00Z".parse().unwrap(),
        region: text("us-east-1"),
        profile: None,
        account: Ok(text("123456789012")),
        clock_ahead: Some(jiff::SignedDuration::from_secs(-1)),
        requests: Ok(one(REQUEST.parse().unwrap(), request())),
        terms: Ok(one(REQUEST.parse().unwrap(), terms())),
        instances: Ok(one(INSTANCE.parse().unwrap(), instance())),
        volumes: Ok(one(home.clone(), volume())),
        traits: Ok(one(home, traits())),
        subnets: Ok(one(SUBNET.parse().unwrap(), subnet())),
        images: Ok(one(IMAGE.parse().unwrap(), image())),
        default_vpc: Ok(None),
        default_groups: Ok(BTreeMap::new()),
        security_groups: Ok(one(GROUP.parse().unwrap(), group(22, "198.51.100.0/24"))),
        key_pairs: Ok(one(text("me"), KeyPair { name: text("me"), kind: text("ed25519") })),
        snapshots: Ok(BTreeMap::new()),
        architectures: Ok(one(text("g5.xlarge"), vec![text("x86_64")])),
        trials: BTreeMap::from([(name.clone(), trials.map(|trial| (trial, Ok(()))).collect())]),
        names: NamesOnDisk::default(),
        keeping: BTreeMap::from([(name, Keeping::Nobody)]),
        state_trouble: None,
        hook_trouble: Vec::new(),
    }
}

impl Setup {
    /// Nothing is wrong with it.
    pub(super) fn sound() -> Self {
        let home = Environment { home: Some("/home/me".into()), ..Environment::default() };
        Self { config: config::parse("config.toml", CONFIG, &home).unwrap(), facts: facts() }
    }

    pub(super) fn judge(&self) -> Examination {
        judge(&self.config, &self.config.machines.iter().collect::<Vec<_>>(), &self.facts)
    }

    pub(super) fn request(&mut self) -> &mut SpotRequest {
        self.facts.requests.as_mut().unwrap().get_mut(&REQUEST.parse().unwrap()).unwrap()
    }

    pub(super) fn terms(&mut self) -> &mut RequestTerms {
        self.facts.terms.as_mut().unwrap().get_mut(&REQUEST.parse().unwrap()).unwrap()
    }

    pub(super) fn image(&mut self) -> &mut Image {
        self.facts.images.as_mut().unwrap().get_mut(&IMAGE.parse().unwrap()).unwrap()
    }

    pub(super) fn volume(&mut self) -> &mut Volume {
        self.facts.volumes.as_mut().unwrap().get_mut(&HOME.parse().unwrap()).unwrap()
    }

    pub(super) fn traits(&mut self) -> &mut VolumeTraits {
        self.facts.traits.as_mut().unwrap().get_mut(&HOME.parse().unwrap()).unwrap()
    }

    pub(super) fn trial(&mut self, trial: Trial, answer: Answer<()>) {
        self.facts.trials.get_mut(&"train".parse().unwrap()).unwrap().insert(trial, answer);
    }
}
