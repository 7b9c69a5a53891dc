//! The planner against worlds that are put together by hand.

mod endings;
mod makings;
mod resumed;

use super::*;
use crate::model::{Image, ImageState, Tags, Text};

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
