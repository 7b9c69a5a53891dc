//! Scenarios: an initial world, what happens in it, and what goes wrong, in TOML.
//!
//! Every key is optional but the ids and zones. Times are written as `"90s"`, `"2.5s"`, `"1h 30m"`, `"2d"`, up to 366
//! days, and count from the moment when the world begins.
//!
//! ```toml
//! seed = 7                          # the same seed and the same calls at the same times give the same bytes
//! begin = "2026-01-01T00:00:00Z"    # what time it is at the beginning; left out: now
//! region = "us-east-1"
//! zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
//! images = ["ami-12abcd34"]         # the caller's own, besides the public ones of a fresh account
//! key_pairs = ["laptop"]
//! not_offered = { us-east-1c = ["g5.xlarge"] }
//! policy = '{ … }'                  # an IAM policy document; without one the caller may do everything
//! scp = '{ … }'                     # a service control policy; one that only denies allows the rest
//!
//! [timing]                          # see `Timing`; always the same, or median and tail
//! attach = "2.5s"
//! start = { median = "8s", tail = "60s" }
//!
//! [knobs]                           # see `Knobs`
//! keeps_instance_id = true
//!
//! [lag]                             # how far each view lags behind
//! requests = "0s"
//! instances = "0s"
//! volumes = "0s"
//! images = "0s"                     # and snapshots: the own ones
//!
//! [[volume]]
//! id = "vol-e123456f"
//! zone = "us-east-1b"
//! state = "available"               # in-use by itself where an instance has it attached
//! tags = { Name = "home" }
//!
//! size = 100
//! encrypted = true                  # with key = "arn:aws:kms:…" or the account's usual one
//! contents = "blank"                # or data, partition-table, own-partition, or a home that a builder made:
//! # contents = { home = { uuid = "…", volume = "vol-e123456f", state = "complete" } }  # or copying
//!
//! [[image]]                         # an own image of which more is to be said
//! id = "ami-56ef78ab"
//! name = "box"
//! architecture = "x86_64"
//! state = "available"
//! root_device = "/dev/sda1"
//! root_size = 8
//! devices = [{ device = "/dev/sdb", virtual = "ephemeral0" }, { device = "/dev/sdf", size = 100 }]
//!
//! [[security_group]]                # one called default, without an id, stands for the network's own
//! id = "sg-0a1b2c3d"
//! name = "ssh"
//! ingress = [{ protocol = "tcp", from = 22, to = 22, cidr = ["0.0.0.0/0", "::/0"] }]  # or group = "sg-…"
//!
//! [[request]]
//! id = "sir-y1a23b4c"
//! zone = "us-east-1b"               # left out: EC2 chooses for each instance
//! kind = "persistent"               # or one-time
//! behavior = "terminate"            # or stop, hibernate
//! capacity = "available"            # or the status code that it is held with, such as capacity-not-available
//! homes = ["vol-e123456f"]          # without them its guests hang in their boot
//! next_zone = "us-east-1c"          # where the next instance goes all the same
//! valid_in = "10m"                  # not-scheduled-yet until then
//! valid_for = "168h"
//! hidden_for = "30s"
//! # state and status say what else than the usual is to be shown at the beginning
//!
//! [request.instance]                # it has one already
//! id = "i-0ab12cd34ef56ab78"        # left out: drawn
//! state = "running"
//! age = "6h"                        # since its launch
//! guest = "ready"                   # or hanging; left out: ready if its homes are attached
//! attached = [{ volume = "vol-e123456f", device = "/dev/sdp", age = "6h" }]
//! # with delete_on_termination = true in it, the volume goes with the instance
//!
//! [[instance]]                      # one without a request: the same keys, and a zone
//! zone = "us-east-1b"
//!
//! [[event]]                         # one action each; requests stand for their instances
//! at = "90s"
//! interrupt = "sir-y1a23b4c"
//! early = true                      # the replacement may come while the old instance still runs
//! cause = "no-capacity"             # or price, launch-group, schedule, experiment
//!
//! [[event]]
//! every = "4m"                      # again and again, a quarter more or less
//! interrupt = ["sir-y1a23b4c", "sir-z1a23b4c"]   # one of those that are usable, by chance
//!
//! [[event]]
//! at = "5m"
//! request = "sir-y1a23b4c"
//! capacity = "capacity-not-available"
//! # the other actions: revoke (an interruption), terminate, stop, shut_down (from inside), start, reboot, cancel,
//! # expire = "sir-…"; delete_volume, detach = "vol-…" (with force = true or without);
//! # attach = { volume = "vol-…", to = "sir-…", device = "/dev/sdf" };
//! # meddle = ["sir-…"]: a second operator does something to the instance or the homes of one of them, by chance;
//! # request = "sir-…" with status or state: what it shows until it goes on by itself, such as an unknown code
//!
//! [[fault]]                         # see `Fault`
//! action = "AttachVolume"           # left out: any
//! error = "RequestLimitExceeded"    # with status and message, if it is not one of the usual
//! # or effect = "reply-lost", "request-lost", "hang", "hang-after-effect", "stalled", "twice" or "garbage";
//! # or latency = "3s"; or stale = "20s", for looks that show the past
//! times = 2                         # the next calls only
//! chance = 0.5                      # of those that the rest applies to
//! from = "1m"
//! until = "2m"
//!
//! [trouble]                         # faults by chance, and by the seed: see `Trouble`
//! every = "20m"
//! lasts = { median = "20s", tail = "5m" }
//! until = "8h"                      # left out: for ever
//! kinds = ["throttled", "reply-lost"] # left out: every kind
//! ```

mod access;
mod build;
mod check;
mod event;
mod image;
mod knobs;
mod spec;
pub(super) mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;

pub use self::access::{GroupSpec, RuleSpec};
pub(super) use self::event::OneOrMany;
pub use self::event::{Action, Attach, EventSpec};
pub use self::image::{DeviceSpec, ImageSpec};
pub use self::knobs::Knobs;
pub use self::spec::{AttachedSpec, GuestSpec, InstanceSpec, RequestSpec, VolumeSpec};
use super::fault::{FaultSpec, Trouble};
use super::policy::PolicyError;
use super::span;
use super::timing::Timing;
use super::world::View;

/// Why a scenario cannot be played.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// It is not the TOML that a scenario is written in.
    #[error("cannot read the scenario: {0}")]
    Syntax(#[from] toml::de::Error),
    /// It names something that it does not contain, or contains something twice.
    #[error("cannot play the scenario: {0}")]
    Contradiction(String),
    /// Its policy is none that can be enforced.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// A scenario, as written: see the module's documentation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// The seed, for whoever plays it without a better one.
    pub seed: u64,
    /// What time it is when the world begins, for whoever makes its clock; now when there is none.
    pub begin: Option<Timestamp>,
    /// The region; `us-east-1` when it is empty.
    pub region: String,
    /// The zones; three of the region when there are none.
    pub zones: Vec<String>,
    /// The ids of the images that are the account's own, besides the public ones, where nothing else matters of them.
    #[serde(deserialize_with = "value::image_ids")]
    pub images: Vec<String>,
    /// Images of which more is to be said: own ones, or others'.
    #[serde(rename = "image")]
    pub more_images: Vec<ImageSpec>,
    /// The security groups, besides the default one, or with other rules for it.
    #[serde(rename = "security_group")]
    pub groups: Vec<GroupSpec>,
    /// The names of the key pairs.
    pub key_pairs: Vec<String>,
    /// The instance types that a zone does not offer, by zone; every zone offers everything else.
    #[serde(deserialize_with = "value::types_by_zone")]
    pub not_offered: BTreeMap<String, Vec<String>>,
    /// What the caller may do: an IAM policy document in JSON; everything when there is none.
    pub policy: Option<String>,
    /// What anybody in the account may do: a service control policy in JSON; everything when there is none.
    pub scp: Option<String>,
    /// How long things take.
    pub timing: Timing,
    /// The open points, and rare mishaps.
    pub knobs: Knobs,
    /// How far each view lags behind.
    pub lag: Lag,
    /// The volumes.
    #[serde(rename = "volume")]
    pub volumes: Vec<VolumeSpec>,
    /// The spot requests.
    #[serde(rename = "request")]
    pub requests: Vec<RequestSpec>,
    /// The instances without a request.
    #[serde(rename = "instance")]
    pub instances: Vec<InstanceSpec>,
    /// What happens by itself.
    #[serde(rename = "event")]
    pub events: Vec<EventSpec>,
    /// What goes wrong with calls.
    #[serde(rename = "fault")]
    pub faults: Vec<FaultSpec>,
    /// What else goes wrong by chance.
    pub trouble: Option<Trouble>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// When it is not TOML, or a key or value is not one of a scenario's: with line and column; or when its parts do not
    /// fit together: with the line of each that does not.
    pub fn parse(toml: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(toml)?;
        check::check(&scenario, toml)?;
        Ok(scenario)
    }

    /// The region.
    fn region(&self) -> &str {
        if self.region.is_empty() { "us-east-1" } else { &self.region }
    }

    /// The names of the zones.
    fn zone_names(&self) -> Vec<String> {
        if self.zones.is_empty() {
            return ["a", "b", "c"].map(|letter| format!("{}{letter}", self.region())).to_vec();
        }
        self.zones.clone()
    }
}

/// How far each view lags behind the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// DescribeSpotInstanceRequests.
    #[serde(deserialize_with = "span::required")]
    pub requests: Duration,
    /// DescribeInstances.
    #[serde(deserialize_with = "span::required")]
    pub instances: Duration,
    /// DescribeVolumes.
    #[serde(deserialize_with = "span::required")]
    pub volumes: Duration,
    /// DescribeImages and DescribeSnapshots, of one's own.
    #[serde(deserialize_with = "span::required")]
    pub images: Duration,
}

impl Lag {
    pub(super) fn of(&self, view: View) -> Duration {
        match view {
            View::Requests => self.requests,
            View::Instances => self.instances,
            View::Volumes => self.volumes,
            View::Images => self.images,
        }
    }

    pub(super) fn longest(&self) -> Duration {
        self.requests.max(self.instances).max(self.volumes).max(self.images)
    }
}
