//! What the embedded EC2 keeps of each thing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use super::contents::Contents;
use super::images::{Image, Snapshot};
use super::launch::{Disk, Launch};
use crate::model::{
    AttachmentState, InstanceId, InstanceState, InterruptionBehavior, RequestKind, RequestState, SpotRequestId,
    VolumeId, VolumeState,
};

/// Tags: any text at all, also hostile text.
pub type Tags = BTreeMap<String, String>;

/// Everything that calls make and delete, at one moment.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Records {
    /// The spot requests.
    pub requests: BTreeMap<SpotRequestId, Request>,
    /// The instances, terminated ones for about an hour.
    pub instances: BTreeMap<InstanceId, Instance>,
    /// The volumes, root volumes too.
    pub volumes: BTreeMap<VolumeId, Volume>,
    /// The account's own images.
    pub images: BTreeMap<String, Image>,
    /// The account's own snapshots.
    pub snapshots: BTreeMap<String, Snapshot>,
}

impl Records {
    /// The volumes of an instance, each with its attachment there.
    pub fn attached_to<'a>(&'a self, instance: &'a InstanceId) -> impl Iterator<Item = (&'a Volume, &'a Attachment)> {
        self.volumes.values().filter_map(move |volume| volume.attachment_to(instance).map(|held| (volume, held)))
    }
}

/// Whether there is capacity for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Capacity {
    /// There is.
    Available,
    /// There is not; the request stays open with this status code, such as `capacity-not-available`.
    Lacking(String),
}

impl Capacity {
    /// No capacity, in EC2's usual words.
    #[must_use]
    pub fn none() -> Self {
        Self::Lacking("capacity-not-available".to_owned())
    }
}

impl From<Capacity> for String {
    fn from(value: Capacity) -> Self {
        match value {
            Capacity::Available => "available".to_owned(),
            Capacity::Lacking(code) => code,
        }
    }
}

impl From<String> for Capacity {
    fn from(value: String) -> Self {
        if value == "available" { Self::Available } else { Self::Lacking(value) }
    }
}

/// A request's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The code: one of EC2's, or any other text.
    pub code: String,
    /// The sentence.
    pub message: String,
    /// When it was set.
    pub since: Timestamp,
}

/// A spot instance request.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// Its id.
    pub id: SpotRequestId,
    /// Its state.
    pub state: RequestState,
    /// Its status.
    pub status: Status,
    /// One-time or persistent.
    pub kind: RequestKind,
    /// What an interruption does to its instance.
    pub behavior: InterruptionBehavior,
    /// The instance that it names.
    pub instance: Option<InstanceId>,
    /// The zone of the instance that it launched last.
    pub launched_zone: Option<String>,
    /// The zone that it asks for; none leaves the choice to EC2.
    pub zone: Option<String>,
    /// Where its next instance goes, whatever else would be chosen; used once.
    pub next_zone: Option<String>,
    /// The instance type that it asks for.
    pub instance_type: String,
    /// What else its instances are launched with.
    pub launch: Launch,
    /// The most that its owner pays, in dollars an hour; none for the price on demand.
    pub max_price: Option<String>,
    /// The launch group that it is to start and end with, of which nothing else comes here.
    pub launch_group: Option<String>,
    /// The group of requests for one zone that it belongs to, of which nothing else comes here.
    pub zone_group: Option<String>,
    /// What was wrong with it when it ended for that: code and sentence.
    pub fault: Option<(String, String)>,
    /// Before this time it asks for nothing.
    pub valid_from: Option<Timestamp>,
    /// Whether there is capacity for it.
    pub capacity: Capacity,
    /// The volumes without which its guests do not boot.
    pub homes: Vec<VolumeId>,
    /// Device names that are taken in its instances though they are not listed.
    pub hidden_devices: BTreeSet<String>,
    /// Whether its instances get public addresses.
    pub public_address: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires.
    pub valid_until: Option<Timestamp>,
    /// Before this time it is not shown.
    pub visible_from: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// The instance that is or was the last to fulfil it, named or not.
    #[serde(skip)]
    pub(super) bound: Option<InstanceId>,
    /// An instance whose end has to come before there is capacity.
    #[serde(skip)]
    pub(super) waits_for: Option<InstanceId>,
    #[serde(skip)]
    pub(super) ticket: u64,
}

/// Who stopped an instance: what EC2 stopped, only EC2 starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoppedBy {
    /// Its owner.
    User,
    /// Somebody inside it, who shut it down.
    Guest,
    /// EC2, for want of capacity.
    Ec2,
}

/// An instance.
#[derive(Debug, Clone, Serialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its state.
    pub state: InstanceState,
    /// Why it left the running state: code and sentence.
    pub state_reason: Option<(String, String)>,
    /// Its zone.
    pub zone: String,
    /// Its type.
    pub instance_type: String,
    /// What else it was launched with.
    pub launch: Launch,
    /// The reservation, which instances that were launched together share.
    pub reservation: String,
    /// Its place among them: the first has 0.
    pub launch_index: u32,
    /// When it was last started, in whole seconds.
    pub launch_time: Timestamp,
    /// Its public address.
    pub public_ip: Option<IpAddr>,
    /// Its address inside the network.
    pub private_ip: Option<IpAddr>,
    /// The request that launched it; none for an ordinary instance.
    pub request: Option<SpotRequestId>,
    /// Its tags. The instances of spot requests have none.
    pub tags: Tags,
    /// Device names that are taken though they are not listed, for ever or until a time.
    pub taken_devices: BTreeMap<String, Option<Timestamp>>,
    /// Whether it gets a public address whenever it runs.
    pub public_address: bool,
    /// Who stopped it, or is about to.
    #[serde(skip)]
    pub(super) stopped_by: Option<StoppedBy>,
    #[serde(skip)]
    pub(super) ticket: u64,
}

/// An EBS volume.
#[derive(Debug, Clone, Serialize)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// Its state.
    pub state: VolumeState,
    /// Its zone.
    pub zone: String,
    /// Its size in GiB.
    pub size: u32,
    /// Whether several instances may attach it.
    pub multi_attach: bool,
    /// What it is made of.
    pub disk: Disk,
    /// When it was made.
    pub created: Timestamp,
    /// What is written on it.
    pub contents: Contents,
    /// Its attachments: one at most, unless it is a multi-attach volume.
    pub attachments: Vec<Attachment>,
    /// Its tags.
    pub tags: Tags,
}

impl Volume {
    /// Its attachment to an instance.
    #[must_use]
    pub fn attachment_to(&self, instance: &InstanceId) -> Option<&Attachment> {
        self.attachments.iter().find(|held| held.instance == *instance)
    }

    pub(super) fn attachment_to_mut(&mut self, instance: &InstanceId) -> Option<&mut Attachment> {
        self.attachments.iter_mut().find(|held| held.instance == *instance)
    }
}

/// One attachment of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// The instance that holds it.
    pub instance: InstanceId,
    /// The device name.
    pub device: String,
    /// How far it is.
    pub state: AttachmentState,
    /// When attaching began, in whole seconds.
    pub attach_time: Timestamp,
    /// Whether the volume is deleted with the instance.
    pub delete_on_termination: bool,
    #[serde(skip)]
    pub(super) ticket: u64,
}
