//! What a fresh account holds: zones, a default network with a subnet in each of them, and public images.
//!
//! All ids follow from the region's name, so that they are the same in every world and scripts can name them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::ACCOUNT;
use super::access::{Group, KeyPair};
use super::images::{Ebs, Image, Mapped, MappedTo};
use super::launch::ROOT_DEVICE;
use super::records::Tags;

/// The part of an account that no call here makes or deletes.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) zones: Vec<Zone>,
    pub(super) vpc: String,
    pub(super) security_group: String,
    /// The security groups, the default one first.
    pub(super) groups: Vec<Group>,
    pub(super) key_pairs: Vec<KeyPair>,
    /// The types that some zones do not offer, by zone.
    pub(super) not_offered: BTreeMap<String, Vec<String>>,
    /// The key that volumes are encrypted with when nobody names another.
    pub(super) ebs_key: String,
    pub(super) subnets: Vec<Subnet>,
    pub(super) images: Vec<Image>,
}

/// An availability zone.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) name: String,
    /// The id, which means the same place in every account.
    pub(super) id: String,
}

/// The default subnet of a zone.
#[derive(Debug)]
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) cidr: String,
    pub(super) tags: Tags,
}

impl Subnet {
    /// Its first address.
    pub(super) fn network(&self) -> Option<Ipv4Addr> {
        self.cidr.split_once('/')?.0.parse().ok()
    }
}

/// An owner of public images: the account, and the name where it has one.
type Owner = (&'static str, Option<&'static str>);

/// Amazon's, and Canonical's.
const AMAZON: Owner = ("137112412989", Some("amazon"));
const CANONICAL: Owner = ("099720109477", None);

impl Account {
    pub(super) fn new(region: &str, zones: &[String]) -> Self {
        let zones: Vec<Zone> = (1..).zip(zones).map(|(number, name)| Zone::new(region, number, name)).collect();
        let subnet = |(index, zone): (usize, &Zone)| Subnet {
            id: id("subnet", &zone.name),
            zone: zone.name.clone(),
            zone_id: zone.id.clone(),
            cidr: format!("172.31.{}.0/20", index * 16 % 256),
            tags: Tags::new(),
        };
        let subnets = zones.iter().enumerate().map(subnet).collect();
        let (vpc, security_group) = (id("vpc", region), id("sg", region));
        let ebs_key = format!("arn:aws:kms:{region}:{ACCOUNT}:key/{:016x}", mix(&format!("aws/ebs {region}")));
        let groups = vec![Group::default_one(&security_group)];
        let (key_pairs, not_offered) = (Vec::new(), BTreeMap::new());
        let images = images(region);
        Self { zones, vpc, security_group, groups, key_pairs, not_offered, ebs_key, subnets, images }
    }

    pub(super) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Adds a key pair of this name.
    pub(super) fn add_key_pair(&mut self, name: &str) {
        let fingerprint = format!("{:016x}", mix(&format!("fingerprint {name}")));
        self.key_pairs.push(KeyPair { id: id("key", name), name: name.to_owned(), fingerprint });
    }

    /// Whether a zone has instances of this type.
    pub(super) fn offers(&self, instance_type: &str, zone: &str) -> bool {
        !self.not_offered.get(zone).is_some_and(|lacking| lacking.iter().any(|lacks| lacks == instance_type))
    }

    pub(super) fn zone(&self, name: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.name == name)
    }

    /// The id of the zone of this name.
    pub(super) fn zone_id(&self, name: &str) -> Option<&str> {
        self.zone(name).map(|zone| zone.id.as_str())
    }

    pub(super) fn subnet(&self, id: &str) -> Option<&Subnet> {
        self.subnets.iter().find(|subnet| subnet.id == id)
    }

    pub(super) fn image(&self, id: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.id == id)
    }

    /// The tags of a subnet, a security group or an image.
    pub(super) fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let subnets = self.subnets.iter_mut().map(|subnet| (&subnet.id, &mut subnet.tags));
        let images = self.images.iter_mut().map(|image| (&image.id, &mut image.tags));
        let groups = self.groups.iter_mut().map(|group| (&group.id, &mut group.tags));
        subnets.chain(images).chain(groups).find(|(this, _)| *this == id).map(|(_, tags)| tags)
    }
}

impl Zone {
    /// The id of a zone abbreviates its region: `use1-az1` lies in `us-east-1`.
    fn new(region: &str, number: usize, name: &str) -> Self {
        let mut parts = region.split('-');
        let area = parts.next().unwrap_or_default();
        let direction: String = match parts.next().unwrap_or_default() {
            "northeast" => "ne".to_owned(),
            "southeast" => "se".to_owned(),
            "northwest" => "nw".to_owned(),
            "southwest" => "sw".to_owned(),
            other => other.chars().take(1).collect(),
        };
        let rest: String = parts.collect();
        Self { name: name.to_owned(), id: format!("{area}{direction}{rest}-az{number}") }
    }
}

fn images(region: &str) -> Vec<Image> {
    let image =
        |name: &str, description: &str, owner: Owner, created: &str, architecture: &str, root_device: &str, size| {
            let root = Ebs::of(&id("snap", &format!("{region} {name}")), size);
            Image {
                id: id("ami", &format!("{region} {name}")),
                name: name.to_owned(),
                description: description.to_owned(),
                state: "available".to_owned(),
                state_reason: None,
                owner: owner.0.to_owned(),
                alias: owner.1.map(str::to_owned),
                created: created.parse().unwrap_or(Timestamp::UNIX_EPOCH),
                architecture: architecture.to_owned(),
                root_device: root_device.to_owned(),
                devices: vec![Mapped { device: root_device.to_owned(), to: MappedTo::Ebs(root) }],
                is_public: true,
                source: None,
                source_image: None,
                deprecated: None,
                tags: Tags::new(),
            }
        };
    vec![
        image(
            "al2023-ami-2023.6.20241121.0-kernel-6.1-x86_64",
            "Amazon Linux 2023 AMI 2023.6.20241121.0 x86_64 HVM kernel-6.1",
            AMAZON,
            "2024-11-21T23:05:55.000Z",
            "x86_64",
            "/dev/xvda",
            8,
        ),
        image(
            "al2023-ami-2023.6.20241121.0-kernel-6.1-arm64",
            "Amazon Linux 2023 AMI 2023.6.20241121.0 arm64 HVM kernel-6.1",
            AMAZON,
            "2024-11-21T23:06:03.000Z",
            "arm64",
            "/dev/xvda",
            8,
        ),
        image(
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20241109",
            "Canonical, Ubuntu, 24.04, amd64 noble image",
            CANONICAL,
            "2024-11-09T06:37:41.000Z",
            "x86_64",
            ROOT_DEVICE,
            8,
        ),
        image(
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20241109",
            "Canonical, Ubuntu, 24.04, arm64 noble image",
            CANONICAL,
            "2024-11-09T06:45:12.000Z",
            "arm64",
            ROOT_DEVICE,
            8,
        ),
    ]
}

/// The id of a kind of thing that follows from its name.
pub(super) fn id(prefix: &str, name: &str) -> String {
    format!("{prefix}-0{:016x}", mix(&format!("{prefix} {name}")))
}

/// A number that follows from a text and looks like chance: FNV-1a, whose low bits a generator spreads.
pub(super) fn mix(text: &str) -> u64 {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    fastrand::Rng::with_seed(hash).u64(..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_the_same_ids_in_every_world_and_shares_none_with_another() {
        let zones = ["eu-central-1a".to_owned(), "eu-central-1b".to_owned()];
        let account = Account::new("eu-central-1", &zones);
        assert_eq!(account.zones[1].id, "euc1-az2");
        assert_eq!(account.subnets[0].id, Account::new("eu-central-1", &zones[..1]).subnets[0].id);
        let other = Account::new("ap-northeast-1", &["ap-northeast-1a".to_owned()]);
        assert_eq!(other.zones[0].id, "apne1-az1");
        assert!(other.images.iter().all(|image| account.image(&image.id).is_none()));
    }

    #[test]
    fn ids_are_as_long_as_ec2s() {
        assert_eq!(id("subnet", "us-east-1a").len(), "subnet-0123456789abcdef0".len());
    }
}
