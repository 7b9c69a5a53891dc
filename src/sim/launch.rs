//! What instances and volumes are made with.

use serde::Serialize;

use super::ACCOUNT;
use super::account::mix;
use super::records::Tags;

/// The device name of the root volume where nobody said otherwise.
pub(super) const ROOT_DEVICE: &str = "/dev/sda1";

/// Whether EC2 takes this for the device name of a volume, which are more names than it recommends.
///
/// Source: EC2 User Guide, "Device names for volumes on Amazon EC2 instances": of HVM `/dev/sd[a-z]`, `/dev/xvd[e-z]` and
/// `/dev/xvd[a-d][a-z]`, and the root's `/dev/sda1` or `/dev/xvda`. That `/dev/xvd[b-d]` are taken too, GitHub,
/// rexray/rexray#425, shows.
pub(super) fn is_device_name(name: &str) -> bool {
    match name.strip_prefix("/dev/").map(str::as_bytes) {
        Some([b's', b'd', letter] | [b'x', b'v', b'd', letter]) => letter.is_ascii_lowercase(),
        Some([b'x', b'v', b'd', b'a'..=b'd', second]) => second.is_ascii_lowercase(),
        _ => name == ROOT_DEVICE,
    }
}

/// What instances are launched with, besides their zone and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of EC2's call, and none rules out another")]
pub struct Launch {
    /// The image.
    pub image: String,
    /// The subnet.
    pub subnet: Option<String>,
    /// The key pair.
    pub key_name: Option<String>,
    /// The ids of the security groups; the default one when there are none.
    pub security_groups: Vec<String>,
    /// The network interface of which subnet and groups were asked; none where they were asked of the instance itself.
    pub interface: Option<Interface>,
    /// The block devices that were asked for; the image's own are not among them.
    pub devices: Vec<Device>,
    /// The names of the image's devices that were not wanted.
    pub left_out: Vec<String>,
    /// The name of the root device.
    pub root_device: String,
    /// The token that the caller gave so that he can repeat the call.
    pub client_token: String,
    /// The instances' tags.
    pub tags: Tags,
    /// The tags of the volumes that are made for them.
    pub volume_tags: Tags,
    /// Whether they can be terminated by nobody before this is taken back.
    pub disable_api_termination: bool,
    /// Whether they can be stopped by nobody before this is taken back, nor terminated.
    pub disable_api_stop: bool,
    /// What a shutdown from inside does: `stop` or `terminate`.
    pub instance_initiated_shutdown_behavior: String,
    /// Whether they get and send only what is addressed to them or by them.
    pub source_dest_check: bool,
    /// The user-data, in base64.
    pub user_data: Option<String>,
    /// The instance profile.
    pub instance_profile: Option<Profile>,
    /// Whether their way to their volumes is to be one of its own, of which nothing else comes here.
    pub ebs_optimized: bool,
    /// Whether they are to be monitored each minute, of which nothing else comes here.
    pub monitoring: bool,
}

impl Default for Launch {
    fn default() -> Self {
        Self {
            image: "ami-12abcd34".to_owned(),
            subnet: None,
            key_name: None,
            security_groups: Vec::new(),
            interface: None,
            devices: Vec::new(),
            left_out: Vec::new(),
            root_device: ROOT_DEVICE.to_owned(),
            client_token: String::new(),
            tags: Tags::new(),
            volume_tags: Tags::new(),
            disable_api_termination: false,
            disable_api_stop: false,
            instance_initiated_shutdown_behavior: "stop".to_owned(),
            source_dest_check: true,
            user_data: None,
            instance_profile: None,
            ebs_optimized: false,
            monitoring: false,
        }
    }
}

impl Launch {
    /// Whether it says itself what is at this device name, whatever the image has there.
    #[must_use]
    pub fn decides(&self, device: &str) -> bool {
        self.devices.iter().any(|own| own.name == device) || self.left_out.iter().any(|left| left == device)
    }
}

/// An instance profile as it was asked for. IAM is not simulated: every profile is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// By its ARN.
    Arn(String),
    /// By its name.
    Name(String),
}

impl Profile {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        match self {
            Self::Arn(arn) => arn.clone(),
            Self::Name(name) => format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}"),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> String {
        format!("AIPA0{:016X}", mix(&self.arn()))
    }
}

/// The network interface of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Its place among those of the instance: 0 is the first.
    pub device_index: u32,
    /// Whether it gets a public address; none leaves that to its subnet.
    pub public_address: Option<bool>,
}

/// A block device of a launch, which becomes a volume of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its size in GiB.
    pub size: u32,
    /// What it is made of.
    pub disk: Disk,
    /// Whether the volume goes with the instance.
    pub delete_on_termination: bool,
}

/// What a volume is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// The volume type, such as `gp3`.
    pub kind: String,
    /// Operations a second; none where the type does not count them.
    pub iops: Option<u32>,
    /// MiB a second; none where the type does not count them.
    pub throughput: Option<u32>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key that it is encrypted with.
    pub key: Option<String>,
    /// The snapshot that it was made from; empty without one.
    pub snapshot: String,
    /// Whether it carries a product code of the marketplace, and so is attached to stopped instances only.
    pub marketplace: bool,
}

impl Default for Disk {
    /// What a disk is where nothing is said: gp3 begins alike in every size.
    fn default() -> Self {
        Self::of("gp3", 1)
    }
}

impl Disk {
    /// The GiB that a volume has at most, of whatever type. Source: EC2 API reference, CreateVolume, `Size`.
    pub(super) const LARGEST: u32 = 65_536;

    /// The same, encrypted with this key, if there is one.
    pub(super) fn with_key(self, key: Option<String>) -> Self {
        Self { encrypted: key.is_some(), key, ..self }
    }

    /// A disk of a type and a size in GiB, with the operations and the throughput that it begins with.
    /// Source: EBS User Guide, "General Purpose SSD volumes".
    pub(super) fn of(kind: &str, size: u32) -> Self {
        let iops = match kind {
            "gp3" => Some(3000),
            "gp2" => Some(size.saturating_mul(3).clamp(100, 16_000)),
            "io1" | "io2" => Some(100),
            _ => None,
        };
        Self {
            kind: kind.to_owned(),
            iops,
            throughput: (kind == "gp3").then_some(125),
            encrypted: false,
            key: None,
            snapshot: String::new(),
            marketplace: false,
        }
    }
}
