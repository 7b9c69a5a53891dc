//! Requests, instances and volumes as a scenario writes them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;

use super::super::contents::Contents;
use super::super::records::{Capacity, Tags};
use super::super::span;
use super::value;
use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// A volume at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeSpec {
    /// Its id.
    pub id: VolumeId,
    /// Its zone.
    pub zone: String,
    /// Its state; `available` when it is left out, and `in-use` where an instance has it attached.
    #[serde(default, deserialize_with = "value::optional_volume_state")]
    pub state: Option<String>,
    /// Its size in GiB.
    #[serde(default = "size", deserialize_with = "value::positive")]
    pub size: u32,
    /// Whether several instances may attach it.
    #[serde(default)]
    pub multi_attach: bool,
    /// Whether EC2 may not use the key that it is encrypted with: every attachment fails after a while.
    #[serde(default)]
    pub bad_key: bool,
    /// Whether it is encrypted; a key says so too, where this is left out.
    #[serde(default)]
    pub encrypted: Option<bool>,
    /// The key that it is encrypted with, as an ARN; the account's usual one when it is left out.
    #[serde(default, deserialize_with = "value::optional_key")]
    pub key: Option<String>,
    /// Whether it carries a product code of the marketplace.
    #[serde(default)]
    pub marketplace: bool,
    /// What is written on it; `data` when it is left out and a request has it for a home, and `blank` otherwise.
    #[serde(default)]
    pub contents: Option<Contents>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
}

fn size() -> u32 {
    100
}

/// A spot request at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// Its id.
    pub id: SpotRequestId,
    /// The zone that it asks for.
    #[serde(default)]
    pub zone: Option<String>,
    /// Where its next instance goes all the same.
    #[serde(default)]
    pub next_zone: Option<String>,
    /// `persistent` or `one-time`.
    #[serde(default = "persistent", deserialize_with = "value::kind")]
    pub kind: String,
    /// `terminate`, `stop` or `hibernate`.
    #[serde(default = "terminate", deserialize_with = "value::behavior")]
    pub behavior: String,
    /// Whether there is capacity for it.
    #[serde(default = "available", deserialize_with = "value::capacity")]
    pub capacity: Capacity,
    /// The volumes without which its guests do not boot.
    #[serde(default)]
    pub homes: Vec<VolumeId>,
    /// Its instances' type.
    #[serde(default = "instance_type", deserialize_with = "value::instance_type")]
    pub instance_type: String,
    /// Whether its instances get public addresses.
    #[serde(default = "yes")]
    pub public_address: bool,
    /// Device names that are taken in its instances though they are not listed.
    #[serde(default, deserialize_with = "value::devices")]
    pub hidden_devices: BTreeSet<String>,
    /// When it begins to ask; at once when it is left out.
    #[serde(default, deserialize_with = "span::optional")]
    pub valid_in: Option<Duration>,
    /// When it expires.
    #[serde(default, deserialize_with = "span::optional")]
    pub valid_for: Option<Duration>,
    /// For how long it is not shown.
    #[serde(default, deserialize_with = "span::optional")]
    pub hidden_for: Option<Duration>,
    /// A state other than the one that follows from its instance.
    #[serde(default)]
    pub state: Option<String>,
    /// A status code other than the one that follows from its instance.
    #[serde(default)]
    pub status: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
    /// The instance that it has already.
    #[serde(default)]
    pub instance: Option<InstanceSpec>,
}

/// An instance at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceSpec {
    /// Its id; drawn when it is left out.
    #[serde(default)]
    pub id: Option<InstanceId>,
    /// Its zone; the request's when it is left out.
    #[serde(default)]
    pub zone: Option<String>,
    /// Its state.
    #[serde(default = "running", deserialize_with = "value::instance_state")]
    pub state: String,
    /// The time since its launch.
    #[serde(default, deserialize_with = "span::required")]
    pub age: Duration,
    /// Its type; the request's when it is left out.
    #[serde(default, deserialize_with = "value::optional_instance_type")]
    pub instance_type: Option<String>,
    /// The volumes that it holds besides its root volume.
    #[serde(default)]
    pub attached: Vec<AttachedSpec>,
    /// What its guest does; `ready` when it is left out and its homes are attached.
    #[serde(default)]
    pub guest: Option<GuestSpec>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A guest at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestSpec {
    /// It has been usable since its launch.
    Ready,
    /// It has been hanging since its launch.
    Hanging,
}

/// An attachment at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachedSpec {
    /// The volume.
    pub volume: VolumeId,
    /// The device name.
    #[serde(deserialize_with = "value::device")]
    pub device: String,
    /// The time since attaching began; the instance's age when it is left out.
    #[serde(default, deserialize_with = "span::optional")]
    pub age: Option<Duration>,
    /// How far it is. `attaching` becomes `attached` in its time, and `detaching` free.
    #[serde(default = "attached", deserialize_with = "value::attachment_state")]
    pub state: String,
    /// Whether the volume goes with the instance.
    #[serde(default)]
    pub delete_on_termination: bool,
}

fn persistent() -> String {
    "persistent".to_owned()
}

fn terminate() -> String {
    "terminate".to_owned()
}

fn available() -> Capacity {
    Capacity::Available
}

fn instance_type() -> String {
    "g5.xlarge".to_owned()
}

fn yes() -> bool {
    true
}

fn running() -> String {
    "running".to_owned()
}

fn attached() -> String {
    "attached".to_owned()
}
