//! What lies around a machine in its account: the terms of its spot request, images, subnets, security groups. The
//! reconciler needs none of it at each pass; whoever sets a machine up or judges it does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::request::states;
use super::{ImageId, SecurityGroupId, SnapshotId, SubnetId, Text};

/// Tags by their keys.
pub type Tags = BTreeMap<Text, Text>;

/// What a spot request asks for: the launch specification of DescribeSpotInstanceRequests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTerms {
    /// The image, if its id is one.
    pub image: Option<ImageId>,
    /// The instance type.
    pub instance_type: Text,
    /// The zone that the placement pins; empty when it pins none.
    pub availability_zone: Text,
    /// The subnet, also where it stands in the network interface.
    pub subnet: Option<SubnetId>,
    /// The network interface, where the request describes one: then subnet and security groups stand in it.
    pub interface: Option<Interface>,
    /// The name of the key pair; empty when there is none.
    pub key_name: Text,
    /// The security groups, also those of the network interface.
    pub security_groups: Vec<SecurityGroupId>,
    /// The instance profile that its instances get, as an ARN or a name; else empty.
    pub instance_profile: Text,
    /// Whether its instances are optimised for EBS; none where it does not say.
    pub ebs_optimized: Option<bool>,
    /// Whether its instances are monitored in detail.
    pub monitoring: bool,
    /// The block devices that it maps, by their names; those of the image are not repeated here.
    pub devices: BTreeMap<Text, BlockDevice>,
    /// The names of the image's devices that it leaves out.
    pub left_out: BTreeSet<Text>,
    /// The most that is paid, in US dollars an hour, as EC2 writes it; EC2 fills in the price on demand where none was given.
    pub max_price: Text,
    /// The request's tags. Its instances do not get them.
    pub tags: Tags,
}

/// The network interface of a launch specification, besides subnet and security groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    /// Whether it gets a public address; none where the subnet decides.
    pub public_address: Option<bool>,
}

/// One block device of an image or a launch specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockDevice {
    /// The snapshot that the volume is made from.
    pub snapshot: Option<SnapshotId>,
    /// The size, in GiB, where one is given.
    pub size_gib: Option<u32>,
    /// Whether the volume is deleted with the instance; none where EC2's default holds.
    pub delete_on_termination: Option<bool>,
    /// Whether the volume is encrypted.
    pub encrypted: bool,
    /// The KMS key that encrypts it, where one is named; else empty.
    pub kms_key: Text,
    /// The volume type, such as `gp3`; empty where EC2's default holds.
    pub kind: Text,
    /// The IOPS, where they are given.
    pub iops: Option<u32>,
    /// The throughput, in MiB/s, where it is given.
    pub throughput: Option<u32>,
}

/// What a volume is made of, besides its state and attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeTraits {
    /// The size, in GiB.
    pub size_gib: u32,
    /// The volume type, such as `gp3`.
    pub kind: Text,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The KMS key of an encrypted volume, as an ARN; else empty.
    pub kms_key: Text,
    /// The snapshot that it was made from.
    pub snapshot: Option<SnapshotId>,
    /// Its tags.
    pub tags: Tags,
}

/// An image (AMI).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Its name, which is its owner's only one of that name in the region.
    pub name: Text,
    /// Its state.
    pub state: ImageState,
    /// Why it failed, where it did.
    pub state_reason: Text,
    /// The account that owns it.
    pub owner: Text,
    /// The architecture, such as `x86_64` or `arm64`.
    pub architecture: Text,
    /// The name of its root device.
    pub root_device: Text,
    /// Its block devices by their names, the root device among them. Those that only hide another are left out.
    pub devices: BTreeMap<Text, BlockDevice>,
    /// The device names that it keeps for disks of the instance itself: they are taken, also where a type has no such disk.
    pub instance_stores: BTreeSet<Text>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it is deprecated: from then on DescribeImages shows it to its owner alone.
    pub deprecated: Option<Timestamp>,
    /// Its tags.
    pub tags: Tags,
}

states! {
    /// The state of an image. Source: EC2 API reference, `Image`.
    ImageState {
        /// Being made.
        Pending = "pending",
        /// Instances can be launched from it.
        Available = "available",
        /// Its data is not right.
        Invalid = "invalid",
        /// Taken back.
        Deregistered = "deregistered",
        /// Being transferred or shared.
        Transient = "transient",
        /// It could not be made.
        Failed = "failed",
        /// In error.
        Error = "error",
        /// Its owner disabled it.
        Disabled = "disabled",
    }
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// The zone that it lies in.
    pub availability_zone: Text,
    /// Its VPC.
    pub vpc: Text,
    /// Whether instances in it get a public address unless they are launched without.
    pub public_addresses: bool,
    /// Whether it is its zone's default subnet.
    pub is_default: bool,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// Its name.
    pub name: Text,
    /// Its VPC.
    pub vpc: Text,
    /// What it lets in.
    pub ingress: Vec<Ingress>,
}

/// One rule by which a security group lets packets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// The protocol: `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: Text,
    /// The ports, first and last; none for all of them.
    pub ports: Option<(i32, i32)>,
    /// From where: address ranges, security groups, prefix lists.
    pub sources: Vec<Text>,
}

impl Ingress {
    /// Whether it lets TCP in on this port from addresses, by ranges or prefix lists: another security group, or its own,
    /// lets in only what is in EC2 already.
    #[must_use]
    pub fn lets_addresses_in(&self, port: i32) -> bool {
        let is_group = |source: &Text| source.as_str().parse::<SecurityGroupId>().is_ok();
        self.lets_in(port) && !self.sources.iter().all(is_group)
    }

    /// Whether it lets TCP in on this port, from wherever.
    #[must_use]
    pub fn lets_in(&self, port: i32) -> bool {
        let every_port = self.ports.is_none_or(|(first, _)| first == -1);
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => every_port || self.ports.is_some_and(|(first, last)| (first..=last).contains(&port)),
            _ => false,
        }
    }
}

/// A key pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// Its name.
    pub name: Text,
    /// The kind of key, such as `ed25519`.
    pub kind: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, ports: Option<(i32, i32)>) -> Ingress {
        Ingress { protocol: Text::new(protocol), ports, sources: vec![Text::new("0.0.0.0/0")] }
    }

    #[test]
    fn a_rule_lets_in_what_its_protocol_and_ports_name() {
        for open in [rule("tcp", Some((22, 22))), rule("6", Some((0, 1024))), rule("tcp", None), rule("-1", None)] {
            assert!(open.lets_in(22), "{open:?}");
        }
        for shut in [rule("tcp", Some((23, 80))), rule("udp", Some((22, 22))), rule("icmp", Some((-1, -1)))] {
            assert!(!shut.lets_in(22), "{shut:?}");
        }
    }

    #[test]
    fn addresses_are_let_in_by_ranges_and_lists_and_not_by_groups() {
        let from = |sources: &[&str]| Ingress {
            sources: sources.iter().copied().map(Text::new).collect(),
            ..rule("tcp", Some((22, 22)))
        };
        for open in [from(&["10.0.0.0/8"]), from(&["::/0"]), from(&["pl-0a1b2c3d"]), from(&["sg-0a1b2c3d", "::/0"])] {
            assert!(open.lets_addresses_in(22) && !open.lets_addresses_in(80), "{open:?}");
        }
        for shut in [from(&["sg-0a1b2c3d"]), from(&["sg-0a1b2c3d", "sg-1a1b2c3d"]), from(&[])] {
            assert!(!shut.lets_addresses_in(22), "{shut:?}");
        }
    }
}
