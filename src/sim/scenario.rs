//! Scenarios: an initial world, what happens in it, and what goes wrong, in TOML.
//!
//! `docs/scenarios.md` has every key, and `docs/simulator.md` an example of most of it; tests hold both. In short:
//!
//! ```toml
//! seed = 7                          # the same seed and the same calls at the same times give the same bytes
//!
//! [[volume]]
//! id = "vol-e123456f"
//! zone = "us-east-1b"
//!
//! [[request]]
//! id = "sir-y1a23b4c"
//! zone = "us-east-1b"
//! homes = ["vol-e123456f"]          # without them its guests hang in their boot
//!
//! [[event]]
//! every = "4m"                      # again and again, a quarter more or less
//! interrupt = "sir-y1a23b4c"
//!
//! [[fault]]
//! action = "AttachVolume"
//! effect = "reply-lost"
//! times = 1
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

/// A scenario, as written: `docs/scenarios.md` has every key.
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
