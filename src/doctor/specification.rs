//! The terms of a request, as RequestSpotInstances takes them.

use serde_json::{Map, Value, json};

use crate::model::{BlockDevice, Interface, RequestTerms, Text};

/// The terms of a request, as far as they are known.
pub(super) fn specification(terms: &RequestTerms) -> Map<String, Value> {
    let mapped = terms.devices.iter().map(|(name, device)| mapping(name.as_str(), device));
    let mapped: Vec<Value> = mapped.chain(terms.left_out.iter().map(left_out)).collect();
    let profile = known(&terms.instance_profile);
    let placement = known(&terms.availability_zone).map(|zone| json!({ "AvailabilityZone": zone }));
    collected([
        ("ImageId", terms.image.as_ref().map(|image| json!(image))),
        ("InstanceType", known(&terms.instance_type)),
        ("SubnetId", terms.subnet.as_ref().map(|subnet| json!(subnet))),
        ("Placement", placement),
        ("KeyName", known(&terms.key_name)),
        ("SecurityGroupIds", (!terms.security_groups.is_empty()).then(|| json!(terms.security_groups))),
        ("IamInstanceProfile", profile.map(|profile| json!({ profile_key(&terms.instance_profile): profile }))),
        ("EbsOptimized", terms.ebs_optimized.filter(|optimized| *optimized).map(|optimized| json!(optimized))),
        ("Monitoring", terms.monitoring.then(|| json!({ "Enabled": true }))),
        ("BlockDeviceMappings", (!mapped.is_empty()).then(|| json!(mapped))),
    ])
}

/// A specification whose subnet and security groups stand in a network interface: EC2 takes them in one place only.
/// Source: EC2 API reference, `RequestSpotLaunchSpecification`.
pub(super) fn with_interface(mut specification: Map<String, Value>, interface: Interface) -> Map<String, Value> {
    let fields = collected([
        ("DeviceIndex", Some(json!(0))),
        ("SubnetId", specification.remove("SubnetId")),
        ("Groups", specification.remove("SecurityGroupIds")),
        ("AssociatePublicIpAddress", interface.public_address.map(|public| json!(public))),
    ]);
    specification.insert("NetworkInterfaces".to_owned(), json!([fields]));
    specification
}

/// A device of the image that is left out.
pub(super) fn left_out(name: &Text) -> Value {
    json!({ "DeviceName": name, "NoDevice": "" })
}

/// One block device. A volume from a snapshot is encrypted as the snapshot is; EC2 refuses to be told both. Source: EC2 API
/// reference, `RequestSpotLaunchSpecification`.
pub(super) fn mapping(name: &str, device: &BlockDevice) -> Value {
    let ebs = collected([
        ("SnapshotId", device.snapshot.as_ref().map(|snapshot| json!(snapshot))),
        ("VolumeSize", device.size_gib.map(|size| json!(size))),
        ("VolumeType", known(&device.kind)),
        ("Iops", device.iops.map(|iops| json!(iops))),
        ("Throughput", device.throughput.map(|throughput| json!(throughput))),
        ("DeleteOnTermination", device.delete_on_termination.map(|delete| json!(delete))),
        ("Encrypted", (device.encrypted && device.snapshot.is_none()).then_some(json!(true))),
        ("KmsKeyId", known(&device.kms_key)),
    ]);
    json!({ "DeviceName": name, "Ebs": ebs })
}

fn profile_key(profile: &Text) -> &'static str {
    if profile.as_str().starts_with("arn:") { "Arn" } else { "Name" }
}

fn known(text: &Text) -> Option<Value> {
    (!text.is_empty()).then(|| json!(text))
}

fn collected<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
