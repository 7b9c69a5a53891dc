//! The recipe: everything that is decided before the first call, and never changed afterwards.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fact::Part;
use super::image::Family;
use crate::model::{DeviceName, HostName, ImageId, MachineName, SecurityGroupId, SubnetId, Text, VolumeId};

/// What makes no run, or no part of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct RecipeError(pub String);

/// The name of one creation: 16 hexadecimal digits of chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Run(String);

impl Run {
    /// The run with this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token by which EC2 knows a repeated call again. Another attempt is another call.
    #[must_use]
    pub fn token(&self, part: Part, attempt: u32) -> String {
        format!("spotkeeper-{self}-{part}-{attempt}")
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Run {
    type Error = RecipeError;

    fn try_from(value: String) -> Result<Self, RecipeError> {
        let good = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if value.len() == 16 && value.bytes().all(good) {
            return Ok(Self(value));
        }
        Err(RecipeError("a run is 16 hexadecimal digits".to_owned()))
    }
}

impl From<Run> for String {
    fn from(value: Run) -> Self {
        value.0
    }
}

/// What the home volume is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Home {
    /// One is made, of type gp3.
    New {
        /// Its size in GiB.
        size_gib: u32,
        /// Whether it is encrypted, with the account's own key for EBS.
        encrypted: bool,
    },
    /// One that is there already. It is never deleted.
    Existing {
        /// Its id.
        id: VolumeId,
        /// Its size in GiB.
        size_gib: u32,
    },
}

impl Home {
    /// Its size in GiB.
    #[must_use]
    pub fn size_gib(&self) -> u32 {
        match self {
            Self::New { size_gib, .. } | Self::Existing { size_gib, .. } => *size_gib,
        }
    }
}

/// How the image mounts its home.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Fstab {
    /// It boots without its home too, and can be reached then.
    #[default]
    Nofail,
    /// It does not boot without its home.
    Strict,
}

impl Fstab {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nofail => "nofail",
            Self::Strict => "strict",
        }
    }
}

/// How people get in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Login {
    /// The name of the key pair; none makes an instance that nobody can log in to by ssh, unless the image knows a key.
    pub key_name: Option<Text>,
    /// The login name, for the ssh configuration and for what is shown.
    pub user: Option<String>,
    /// The security groups; EC2's default one when there are none.
    pub security_groups: Vec<SecurityGroupId>,
}

/// All that is decided about a machine before it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// By which everything that is made is known again.
    pub run: Run,
    /// The machine's name.
    pub name: MachineName,
    /// The instance type, of the builder and of the spot request.
    pub instance_type: Text,
    /// The zone of volume, builder and request.
    pub zone: Text,
    /// The subnet in that zone.
    pub subnet: SubnetId,
    /// The image that the builder is launched from.
    pub image: ImageId,
    /// The system of which it is the newest; none where somebody named the image.
    #[serde(default)]
    pub system: Option<Family>,
    /// The name of that image's root device.
    pub root_device: Text,
    /// The size of the root volume in GiB.
    pub root_gib: u32,
    /// The image's other devices that are volumes: the builder is launched without them, so that its image has the root alone.
    #[serde(default)]
    pub left_out: Vec<Text>,
    /// The home volume.
    pub home: Home,
    /// The device name that it is attached under, here and later.
    pub device: DeviceName,
    /// How it is mounted.
    pub fstab: Fstab,
    /// How people get in.
    pub login: Login,
    /// The names to publish.
    pub hostnames: Vec<HostName>,
    /// The most to pay in US dollars an hour; none for the price on demand.
    pub max_price: Option<String>,
    /// When the request ends by itself.
    pub valid_until: Option<Timestamp>,
    /// Whether the builder is started once more for its owner before the image is made.
    pub pause: bool,
}

impl Recipe {
    /// The name of the image that is made. EC2 takes each name once: that is the lock on making it twice.
    #[must_use]
    pub fn image_name(&self) -> String {
        format!("spotkeeper/{}/{}", self.name, self.run)
    }

    /// What of the image is left out, as in `without the image's /dev/sdf`; none when all of it is taken.
    #[must_use]
    pub fn without(&self) -> Option<String> {
        let names: Vec<&str> = self.left_out.iter().map(Text::as_str).collect();
        (!names.is_empty()).then(|| format!("without the image's {}", names.join(", ")))
    }

    /// The ssh command that reaches this address.
    #[must_use]
    pub fn ssh(&self, address: std::net::IpAddr) -> String {
        match &self.login.user {
            Some(user) => format!("ssh {user}@{address}"),
            None => format!("ssh {address}"),
        }
    }
}
