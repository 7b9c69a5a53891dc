//! The planner against worlds that are put together by hand.

mod endings;
mod makings;
mod resumed;

use super::*;
use crate::model::{
    Attachment, AttachmentState, Claims, Image, ImageState, Instance, InstanceId, InstanceState, InterruptionBehavior,
    RequestKind, RequestState, SpotRequest, Tags, Text, Volume, VolumeId, VolumeState,
};

pub(super) fn recipe() -> Recipe {
    Recipe {
        run: Run::new(0x3f1c_9a2b_7d5e_4f60),
        name: "train".parse().unwrap(),
        instance_type: "m5.large".into(),
        zone: "us-east-1b".into(),
        subnet: "subnet-0123456789abcdef0".parse().unwrap(),
        image: "ami-0123456789abcdef0".parse().unwrap(),
        root_device: "/dev/sda1".into(),
        root_gib: 10,
        system: None,
        left_out: Vec::new(),
        home: Home::New { size_gib: 100, encrypted: false },
        device: "/dev/sdp".parse().unwrap(),
        fstab: Fstab::Nofail,
        login: Login::default(),
        hostnames: vec!["my-spot.amazonaws.com".parse().unwrap()],
        max_price: None,
        valid_until: None,
        pause: false,
    }
}

pub(super) fn image(id: &str, name: &str) -> Image {
    Image {
        id: id.parse().unwrap(),
        name: Text::new(name),
        state: ImageState::Available,
        state_reason: Text::default(),
        owner: Text::new("099720109477"),
        architecture: Text::new("x86_64"),
        root_device: Text::new("/dev/sda1"),
        devices: std::iter::empty().collect(),
        instance_stores: std::iter::empty().collect(),
        created: None,
        deprecated: None,
        tags: Tags::new(),
    }
}

/// The names of acts, such as `create-volume`.
pub(super) fn names(acts: &[Act]) -> Vec<String> {
    let name = |act: &Act| serde_json::to_value(act).unwrap()["act"].as_str().unwrap().to_owned();
    acts.iter().map(name).collect()
}

pub(super) fn vol() -> VolumeId {
    "vol-0a0a0a0a".parse().unwrap()
}

pub(super) fn builder_id() -> InstanceId {
    "i-0b0b0b0b".parse().unwrap()
}

pub(super) fn instance(id: &InstanceId, state: InstanceState) -> Instance {
    Instance {
        id: id.clone(),
        name: Text::default(),
        state,
        state_reason: Text::default(),
        availability_zone: "us-east-1b".into(),
        instance_type: "m5.large".into(),
        launch_time: None,
        public_ip: None,
        private_ip: None,
        block_devices: std::iter::empty().collect(),
        spot_request: None,
        claims: Claims::new(),
    }
}

/// The home, held by this instance in this state, or free.
pub(super) fn home(held: Option<(&InstanceId, AttachmentState)>) -> Volume {
    let attachment = |(instance, state): (&InstanceId, AttachmentState)| Attachment {
        instance: Some(instance.clone()),
        device: "/dev/sdp".into(),
        state,
        attach_time: None,
        delete_on_termination: false,
    };
    Volume {
        id: vol(),
        state: if held.is_some() { VolumeState::InUse } else { VolumeState::Available },
        availability_zone: "us-east-1b".into(),
        multi_attach: false,
        attachments: held.map(attachment).into_iter().collect(),
    }
}

pub(super) fn request(state: RequestState, named: Option<&InstanceId>) -> SpotRequest {
    SpotRequest {
        id: "sir-0a0a0a0a".parse().unwrap(),
        state,
        status_code: "fulfilled".into(),
        status_message: Text::default(),
        status_since: None,
        kind: RequestKind::Persistent,
        interruption: InterruptionBehavior::Terminate,
        instance: named.cloned(),
        valid_until: None,
    }
}

/// What is remembered of these facts.
pub(super) fn memory(facts: &[Fact]) -> Memory {
    let mut memory = Memory::default();
    memory.apply(&Fact::Begun { recipe: Box::new(recipe()), place: None });
    for fact in facts {
        memory.apply(fact);
    }
    memory
}

pub(super) fn knows_builder() -> [Fact; 2] {
    [Fact::Learnt(Thing::Volume(vol())), Fact::Learnt(Thing::Builder(builder_id()))]
}

/// A world with the home and the builder.
pub(super) fn world(home: Volume, state: InstanceState) -> Seen {
    Seen {
        volumes: [(vol(), home)].into(),
        builders: [(builder_id(), instance(&builder_id(), state))].into(),
        ..Seen::default()
    }
}

pub(super) fn ok() -> Verdict {
    Verdict::Ok { uuid: "12a3456b-7890-43de-b855-62b2bce28cd9".into(), files: 1, bytes: 2, already: false }
}

pub(super) fn judged(verdict: Verdict) -> Fact {
    Fact::Judged { builder: builder_id(), verdict }
}
