//! What a fresh account holds: zones, a default network with a subnet in each of them, and public images.
//!
//! All ids follow from the region's name, so that they are the same in every world and scripts can name them.

use super::ACCOUNT;
use super::launch::ROOT_DEVICE;
use super::records::Tags;

/// The part of an account that no call here makes or deletes.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) zones: Vec<Zone>,
    pub(super) vpc: String,
    pub(super) security_group: String,
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

/// A public image.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) owner: &'static str,
    /// The owner's name, where it has one.
    pub(super) alias: Option<&'static str>,
    pub(super) created: &'static str,
    pub(super) architecture: &'static str,
    pub(super) root_device: &'static str,
    pub(super) root_size: u32,
    pub(super) snapshot: String,
    pub(super) is_public: bool,
    pub(super) tags: Tags,
}

/// The account of Amazon's own images, and Canonical's.
const AMAZON: (&str, Option<&str>) = ("137112412989", Some("amazon"));
const CANONICAL: (&str, Option<&str>) = ("099720109477", None);

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
        Self { zones, vpc, security_group, subnets, images: images(region) }
    }

    /// Adds images of its own.
    pub(super) fn own(&mut self, ids: &[String]) {
        self.images.extend(ids.iter().map(|own| Image {
            id: own.clone(),
            name: "own",
            description: "An image of the account's own",
            owner: ACCOUNT,
            alias: None,
            created: "2025-01-01T00:00:00.000Z",
            architecture: "x86_64",
            root_device: ROOT_DEVICE,
            root_size: 8,
            snapshot: id("snap", own),
            is_public: false,
            tags: Tags::new(),
        }));
    }

    pub(super) fn zone(&self, name: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.name == name)
    }

    pub(super) fn subnet(&self, id: &str) -> Option<&Subnet> {
        self.subnets.iter().find(|subnet| subnet.id == id)
    }

    pub(super) fn image(&self, id: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.id == id)
    }

    /// The tags of a subnet or an image.
    pub(super) fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let subnets = self.subnets.iter_mut().map(|subnet| (&subnet.id, &mut subnet.tags));
        let images = self.images.iter_mut().map(|image| (&image.id, &mut image.tags));
        subnets.chain(images).find(|(this, _)| *this == id).map(|(_, tags)| tags)
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
    let image = |name, description, owner: (&'static str, _), created, architecture, root_device, root_size| Image {
        id: id("ami", &format!("{region} {name}")),
        name,
        description,
        owner: owner.0,
        alias: owner.1,
        created,
        architecture,
        root_device,
        root_size,
        snapshot: id("snap", &format!("{region} {name}")),
        is_public: true,
        tags: Tags::new(),
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
fn id(prefix: &str, name: &str) -> String {
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
