//! From the SDK's types to what lies around a machine.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as sdk;
use jiff::Timestamp;

use super::convert::{id, text};
use crate::model::{
    BlockDevice, Image, ImageState, Ingress, Interface, KeyPair, RequestTerms, SecurityGroup, SnapshotId,
    SpotRequestId, Subnet, Tags, Text, VolumeId, VolumeTraits,
};

/// What the request asks for, unless its id is none.
pub(super) fn terms(from: &sdk::SpotInstanceRequest) -> Option<(SpotRequestId, RequestTerms)> {
    let asked = from.launch_specification.as_ref();
    let interfaces = || asked.map(sdk::LaunchSpecification::network_interfaces).unwrap_or_default();
    let placement = asked.and_then(|asked| asked.placement.as_ref());
    let subnet = asked.and_then(sdk::LaunchSpecification::subnet_id);
    let groups = asked.map(sdk::LaunchSpecification::security_groups).unwrap_or_default().iter();
    let groups = groups.filter_map(sdk::GroupIdentifier::group_id).collect::<Vec<_>>();
    let of_interfaces = interfaces().iter().flat_map(sdk::InstanceNetworkInterfaceSpecification::groups);
    let profile = asked.and_then(sdk::LaunchSpecification::iam_instance_profile);
    let terms = RequestTerms {
        image: id(asked.and_then(sdk::LaunchSpecification::image_id)),
        instance_type: text(asked.and_then(|asked| asked.instance_type.as_ref()).map(sdk::InstanceType::as_str)),
        availability_zone: text(placement.and_then(sdk::SpotPlacement::availability_zone)),
        subnet: id(subnet.or_else(|| interfaces().iter().find_map(|interface| interface.subnet_id()))),
        interface: interfaces()
            .first()
            .map(|interface| Interface { public_address: interface.associate_public_ip_address }),
        key_name: text(asked.and_then(sdk::LaunchSpecification::key_name)),
        security_groups: groups
            .into_iter()
            .chain(of_interfaces.map(String::as_str))
            .filter_map(|group| id(Some(group)))
            .collect(),
        instance_profile: text(profile.and_then(|profile| profile.arn().or(profile.name()))),
        ebs_optimized: asked.and_then(|asked| asked.ebs_optimized),
        monitoring: asked.and_then(|asked| asked.monitoring.as_ref()?.enabled).unwrap_or(false),
        devices: devices(asked.map(sdk::LaunchSpecification::block_device_mappings).unwrap_or_default()),
        left_out: without_volume(
            asked.map(sdk::LaunchSpecification::block_device_mappings).unwrap_or_default(),
            |mapping| mapping.no_device().is_some(),
        ),
        max_price: text(from.spot_price.as_deref()),
        tags: tags(from.tags()),
    };
    Some((id(from.spot_instance_request_id.as_deref())?, terms))
}

/// What the volume is made of, unless its id is none.
pub(super) fn traits(from: &sdk::Volume) -> Option<(VolumeId, VolumeTraits)> {
    let traits = VolumeTraits {
        size_gib: from.size.and_then(|size| u32::try_from(size).ok()).unwrap_or_default(),
        kind: text(from.volume_type.as_ref().map(sdk::VolumeType::as_str)),
        encrypted: from.encrypted.unwrap_or(false),
        kms_key: text(from.kms_key_id.as_deref()),
        snapshot: id(from.snapshot_id.as_deref()),
        tags: tags(from.tags()),
    };
    Some((id(from.volume_id.as_deref())?, traits))
}

/// The image, unless its id is none.
pub(super) fn image(from: &sdk::Image) -> Option<Image> {
    Some(Image {
        id: id(from.image_id.as_deref())?,
        name: text(from.name.as_deref()),
        state: ImageState::from(from.state.as_ref().map(sdk::ImageState::as_str).unwrap_or_default()),
        state_reason: text(from.state_reason.as_ref().and_then(sdk::StateReason::message)),
        owner: text(from.owner_id.as_deref()),
        architecture: text(from.architecture.as_ref().map(sdk::ArchitectureValues::as_str)),
        root_device: text(from.root_device_name.as_deref()),
        devices: devices(from.block_device_mappings()),
        instance_stores: without_volume(from.block_device_mappings(), |mapping| mapping.virtual_name().is_some()),
        created: written_time(from.creation_date.as_deref()),
        deprecated: written_time(from.deprecation_time.as_deref()),
        tags: tags(from.tags()),
    })
}

/// The subnet, unless its id is none.
pub(super) fn subnet(from: &sdk::Subnet) -> Option<Subnet> {
    Some(Subnet {
        id: id(from.subnet_id.as_deref())?,
        availability_zone: text(from.availability_zone.as_deref()),
        vpc: text(from.vpc_id.as_deref()),
        public_addresses: from.map_public_ip_on_launch.unwrap_or(false),
        is_default: from.default_for_az.unwrap_or(false),
    })
}

/// The security group, unless its id is none.
pub(super) fn security_group(from: &sdk::SecurityGroup) -> Option<SecurityGroup> {
    Some(SecurityGroup {
        id: id(from.group_id.as_deref())?,
        name: text(from.group_name.as_deref()),
        vpc: text(from.vpc_id.as_deref()),
        ingress: from.ip_permissions().iter().map(ingress).collect(),
    })
}

fn ingress(from: &sdk::IpPermission) -> Ingress {
    let ranges = from.ip_ranges().iter().map(|range| text(range.cidr_ip()));
    let wide = from.ipv6_ranges().iter().map(|range| text(range.cidr_ipv6()));
    let groups = from.user_id_group_pairs().iter().map(|pair| text(pair.group_id()));
    let lists = from.prefix_list_ids().iter().map(|list| text(list.prefix_list_id()));
    Ingress {
        protocol: text(from.ip_protocol.as_deref()),
        ports: from.from_port.zip(from.to_port),
        sources: ranges.chain(wide).chain(groups).chain(lists).collect(),
    }
}

/// The key pair.
pub(super) fn key_pair(from: &sdk::KeyPairInfo) -> KeyPair {
    KeyPair { name: text(from.key_name.as_deref()), kind: text(from.key_type.as_ref().map(sdk::KeyType::as_str)) }
}

/// The volume that a snapshot was made of, unless one of their ids is none.
pub(super) fn origin(from: &sdk::Snapshot) -> Option<(SnapshotId, VolumeId)> {
    Some((id(from.snapshot_id.as_deref())?, id(from.volume_id.as_deref())?))
}

/// An instance type, and the architectures that it runs.
pub(super) fn architectures(from: &sdk::InstanceTypeInfo) -> (Text, Vec<Text>) {
    let processor = from.processor_info.as_ref();
    let all = processor.map(sdk::ProcessorInfo::supported_architectures).unwrap_or_default();
    let all = all.iter().map(|architecture| text(Some(architecture.as_str())));
    (text(from.instance_type.as_ref().map(sdk::InstanceType::as_str)), all.collect())
}

fn devices(from: &[sdk::BlockDeviceMapping]) -> BTreeMap<Text, BlockDevice> {
    // One with `NoDevice`, or an instance store, has no volume.
    let mapped = from.iter().filter_map(|mapping| Some((text(mapping.device_name()), mapping.ebs.as_ref()?)));
    mapped.map(|(name, ebs)| (name, device(ebs))).collect()
}

/// The names of the devices that are mapped to no volume, but so.
fn without_volume(from: &[sdk::BlockDeviceMapping], so: impl Fn(&sdk::BlockDeviceMapping) -> bool) -> BTreeSet<Text> {
    from.iter().filter(|mapping| so(mapping)).map(|mapping| text(mapping.device_name())).collect()
}

fn device(from: &sdk::EbsBlockDevice) -> BlockDevice {
    let number = |given: Option<i32>| given.and_then(|given| u32::try_from(given).ok());
    BlockDevice {
        snapshot: id(from.snapshot_id()),
        size_gib: number(from.volume_size),
        delete_on_termination: from.delete_on_termination,
        encrypted: from.encrypted.unwrap_or(false),
        kms_key: text(from.kms_key_id()),
        kind: text(from.volume_type.as_ref().map(sdk::VolumeType::as_str)),
        iops: number(from.iops),
        throughput: number(from.throughput),
    }
}

pub(super) fn tags(from: &[sdk::Tag]) -> Tags {
    from.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}

/// A time that EC2 writes as text, such as the creation date of an image.
fn written_time(from: Option<&str>) -> Option<Timestamp> {
    from?.parse().ok()
}
