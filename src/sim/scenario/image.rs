//! Images, and the snapshots that they are made of, as a scenario writes them.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::ACCOUNT;
use super::super::account;
use super::super::contents::Contents;
use super::super::images::{Ebs, Image, Mapped, MappedTo, Snapshot};
use super::super::launch::ROOT_DEVICE;
use super::super::records::Tags;
use super::super::world::World;
use super::{ScenarioError, value};

/// An image at the beginning: an own one, or another's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    /// Its id.
    #[serde(deserialize_with = "value::image_id")]
    pub id: String,
    /// Its name; its id when it is left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Its architecture.
    #[serde(default = "architecture", deserialize_with = "value::architecture")]
    pub architecture: String,
    /// Its state.
    #[serde(default = "state", deserialize_with = "value::image_state")]
    pub state: String,
    /// The name of its root device.
    #[serde(default = "root_device", deserialize_with = "value::image_device")]
    pub root_device: String,
    /// The size of its root volume in GiB.
    #[serde(default = "root_size", deserialize_with = "value::positive")]
    pub root_size: u32,
    /// What it maps besides the root device.
    #[serde(default)]
    pub devices: Vec<DeviceSpec>,
    /// The account that it belongs to, which lets everybody use it; the caller's own when it is left out.
    #[serde(default, deserialize_with = "value::optional_account")]
    pub owner: Option<String>,
    /// When it is deprecated: never when it is left out.
    #[serde(default)]
    pub deprecated: Option<Timestamp>,
    /// What is written on its root volume; a system that needs no home when it is left out.
    #[serde(default)]
    pub contents: Option<Contents>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A device of an image at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSpec {
    /// Its name.
    #[serde(deserialize_with = "value::image_device")]
    pub device: String,
    /// The disk of the instance itself that is there, such as `ephemeral0`; none where a volume is made.
    #[serde(default, rename = "virtual", deserialize_with = "value::optional_virtual_name")]
    pub virtual_name: Option<String>,
    /// The size of the volume that is made there, in GiB.
    #[serde(default = "root_size", deserialize_with = "value::positive")]
    pub size: u32,
    /// Whether the volume goes with the instance.
    #[serde(default)]
    pub delete_on_termination: bool,
}

fn architecture() -> String {
    "x86_64".to_owned()
}

fn state() -> String {
    "available".to_owned()
}

fn root_device() -> String {
    ROOT_DEVICE.to_owned()
}

fn root_size() -> u32 {
    8
}

impl ImageSpec {
    /// An image of which only the id matters.
    pub(super) fn usual(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: Some("own".to_owned()),
            architecture: architecture(),
            state: state(),
            root_device: root_device(),
            root_size: root_size(),
            devices: Vec::new(),
            owner: None,
            deprecated: None,
            contents: None,
            tags: Tags::new(),
        }
    }

    /// Adds the image to a world, and the snapshot that it is made of.
    ///
    /// # Errors
    /// When it is there already.
    pub(super) fn add_to(self, world: &mut World) -> Result<(), ScenarioError> {
        if world.image(&self.id).is_some() {
            return Err(ScenarioError::Contradiction(format!("{} is there twice", self.id)));
        }
        let snapshot = Snapshot {
            id: account::id("snap", &self.id),
            state: "completed".to_owned(),
            volume: None,
            size: self.root_size,
            description: format!("The root volume of {}", self.id),
            started: created(),
            contents: self.contents.unwrap_or(Contents::PLAIN_SYSTEM),
            key: None,
            tags: Tags::new(),
        };
        let root =
            Mapped { device: self.root_device.clone(), to: MappedTo::Ebs(Ebs::of(&snapshot.id, self.root_size)) };
        let image = Image {
            id: self.id.clone(),
            name: self.name.unwrap_or_else(|| self.id.clone()),
            description: if self.owner.is_none() { "An image of the account's own" } else { "An image" }.to_owned(),
            state: self.state,
            state_reason: None,
            is_public: self.owner.is_some(),
            owner: self.owner.unwrap_or_else(|| ACCOUNT.to_owned()),
            alias: None,
            created: created(),
            architecture: self.architecture,
            root_device: self.root_device,
            devices: std::iter::once(root).chain(self.devices.into_iter().map(Mapped::from)).collect(),
            source: None,
            source_image: None,
            deprecated: self.deprecated,
            tags: self.tags,
        };
        if image.owner == ACCOUNT {
            world.records.snapshots.insert(snapshot.id.clone(), snapshot);
            world.records.images.insert(self.id, image);
        } else {
            world.account.images.push(image);
        }
        Ok(())
    }
}

impl From<DeviceSpec> for Mapped {
    fn from(spec: DeviceSpec) -> Self {
        let ebs = || Ebs {
            snapshot: None,
            size: spec.size,
            kind: "gp3".to_owned(),
            delete_on_termination: spec.delete_on_termination,
            key: None,
        };
        Self { device: spec.device, to: spec.virtual_name.map_or_else(|| MappedTo::Ebs(ebs()), MappedTo::Virtual) }
    }
}

/// When the images of a scenario were made.
fn created() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH)
}
