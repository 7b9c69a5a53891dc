//! What is kept of images and snapshots.

use jiff::Timestamp;
use serde::Serialize;

use super::contents::Contents;
use super::launch::Launch;
use super::records::Tags;
use crate::model::{InstanceId, VolumeId};

/// An image: a public one, or the account's own.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its name, which is unique among those of its owner.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `pending`, `available`, `failed`, or another of EC2's.
    pub state: String,
    /// Why it failed: code and sentence.
    pub state_reason: Option<(String, String)>,
    /// The account of its owner.
    pub owner: String,
    /// The owner's name, where it has one.
    pub alias: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The architecture, such as `x86_64`.
    pub architecture: String,
    /// The name of the root device.
    pub root_device: String,
    /// What it maps to which device names, the root device among them.
    pub devices: Vec<Mapped>,
    /// Whether everybody may use it.
    pub is_public: bool,
    /// The instance that it was made of.
    pub source: Option<InstanceId>,
    /// The image that that instance was launched from.
    pub source_image: Option<String>,
    /// When it is deprecated, where that was said.
    pub deprecated: Option<Timestamp>,
    /// Its tags.
    pub tags: Tags,
}

/// A device of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mapped {
    /// Its name.
    pub device: String,
    /// What is there.
    pub to: MappedTo,
}

/// What an image maps a device name to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappedTo {
    /// A disk of the instance itself, such as `ephemeral0`: there or not, the name is taken.
    Virtual(String),
    /// A volume that is made with each instance.
    Ebs(Ebs),
}

/// A volume that an image makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ebs {
    /// The snapshot that it is made from; none for a blank one.
    pub snapshot: Option<String>,
    /// Its size in GiB.
    pub size: u32,
    /// Its type, such as `gp3`.
    pub kind: String,
    /// Whether it goes with the instance.
    pub delete_on_termination: bool,
    /// The key that it is encrypted with.
    pub key: Option<String>,
}

impl Image {
    /// The volume at this device name.
    #[must_use]
    pub fn ebs(&self, device: &str) -> Option<&Ebs> {
        self.volumes().find(|(name, _)| *name == device).map(|(_, ebs)| ebs)
    }

    /// The volumes that it makes, with their device names.
    pub fn volumes(&self) -> impl Iterator<Item = (&str, &Ebs)> {
        self.devices.iter().filter_map(|mapped| match &mapped.to {
            MappedTo::Ebs(ebs) => Some((mapped.device.as_str(), ebs)),
            MappedTo::Virtual(_) => None,
        })
    }

    /// The device names that it gives to disks of an instance itself that is launched so.
    #[must_use]
    pub fn virtual_names(&self, launch: &Launch) -> Vec<String> {
        let own = |mapped: &&Mapped| matches!(mapped.to, MappedTo::Virtual(_)) && !launch.decides(&mapped.device);
        self.devices.iter().filter(own).map(|mapped| mapped.device.clone()).collect()
    }

    /// The ids of its snapshots.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        self.volumes().filter_map(|(_, ebs)| ebs.snapshot.as_deref())
    }

    /// The root volume.
    #[must_use]
    pub fn root(&self) -> Option<&Ebs> {
        self.ebs(&self.root_device)
    }

    /// Whether instances can be launched from it.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.state == "available"
    }
}

impl Ebs {
    /// A volume of the usual type, made from a snapshot, which goes with its instance.
    pub(super) fn of(snapshot: &str, size: u32) -> Self {
        Self {
            snapshot: Some(snapshot.to_owned()),
            size,
            kind: "gp3".to_owned(),
            delete_on_termination: true,
            key: None,
        }
    }
}

/// A snapshot of the account's own.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// `pending`, `completed` or `error`.
    pub state: String,
    /// The volume that it was made of.
    pub volume: Option<VolumeId>,
    /// The size of that volume in GiB.
    pub size: u32,
    /// Its description.
    pub description: String,
    /// When it was begun.
    pub started: Timestamp,
    /// What is written on it.
    pub contents: Contents,
    /// The key that it is encrypted with.
    pub key: Option<String>,
    /// Its tags.
    pub tags: Tags,
}
