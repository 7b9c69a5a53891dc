//! What a call says of the instances that it wants.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::ACCOUNT;
use super::super::hardware::Hardware;
use super::super::images::Image;
use super::super::launch::{Device, Disk, Interface, Launch, Profile, is_device_name};
use super::super::refusal::Refusal;
use super::super::world::{Order, World};
use super::query::Query;
use super::{access, describe, disk};
use crate::model::{ImageId, SecurityGroupId, SnapshotId, SubnetId};

/// Reads what instances are wanted. `prefix` stands before each name: nothing, or `LaunchSpecification.`.
///
/// The image need not be there: RunInstances refuses that, and a spot request ends with it.
///
/// # Errors
/// When something is missing, malformed, or a subnet that is not there.
pub(super) fn order(world: &World, query: &Query, prefix: &str) -> Result<Order, Refusal> {
    let get = |name: &str| query.get(&format!("{prefix}{name}"));
    let image: ImageId = query.required_id(&format!("{prefix}ImageId"))?;
    let image = image.as_str();
    let instance_type = instance_type(get("InstanceType").unwrap_or("m1.small"))?;
    let network = |within: &str| -> Result<(Option<SubnetId>, Vec<SecurityGroupId>), Refusal> {
        Ok((query.optional_id(&format!("{within}SubnetId"))?, query.ids(&format!("{within}SecurityGroupId"))?))
    };
    let (mut subnet, mut groups) = network(prefix)?;
    let by_name = query.list(&format!("{prefix}SecurityGroup"));
    let interface = interface(query, prefix)?;
    if interface.is_some() {
        refuse_both(subnet.is_some(), !groups.is_empty() || !by_name.is_empty())?;
        (subnet, groups) = network(&format!("{prefix}NetworkInterface.1."))?;
    }
    let by_name = by_name.into_iter().map(|name| group_of(world, name));
    let known = world.image(image);
    let usual = Launch::default();
    let public_address = interface.as_ref().and_then(|interface| interface.public_address) != Some(false);
    let launch = Launch {
        image: image.to_owned(),
        subnet: subnet.as_ref().map(ToString::to_string),
        key_name: get("KeyName").map(str::to_owned),
        security_groups: groups.iter().map(ToString::to_string).chain(by_name.map(str::to_owned)).collect(),
        interface,
        devices: devices(world, query, prefix, known)?,
        left_out: left_out(query, prefix),
        root_device: known.map_or(usual.root_device, |image| image.root_device.clone()),
        user_data: get("UserData").map(user_data).transpose()?,
        instance_profile: profile(query, prefix)?,
        ebs_optimized: query.flag(&format!("{prefix}EbsOptimized"))?,
        monitoring: query.flag(&format!("{prefix}Monitoring.Enabled"))?,
        client_token: query.client_token()?.unwrap_or_default().to_owned(),
        ..usual
    };
    Ok(Order {
        instance_type,
        zone: zone(world, subnet.as_ref(), get("Placement.AvailabilityZone"))?,
        launch,
        public_address,
    })
}

/// The instance profile that is asked for.
fn profile(query: &Query, prefix: &str) -> Result<Option<Profile>, Refusal> {
    let get = |name: &str| query.get(&format!("{prefix}IamInstanceProfile.{name}")).map(str::to_owned);
    match (get("Arn"), get("Name")) {
        (Some(_), Some(_)) => Err(Refusal::client(
            "InvalidParameterCombination",
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
        )),
        (Some(arn), None) if !arn.starts_with("arn:") => {
            Err(Refusal::parameter(format!("Value ({arn}) for parameter iamInstanceProfile.arn is invalid.")))
        }
        (arn, name) => Ok(arn.map(Profile::Arn).or(name.map(Profile::Name))),
    }
}

/// The network interface that is asked for, of which there is one at most here.
fn interface(query: &Query, prefix: &str) -> Result<Option<Interface>, Refusal> {
    if query.groups(&format!("{prefix}NetworkInterface")).is_empty() {
        return Ok(None);
    }
    let name = |name: &str| format!("{prefix}NetworkInterface.1.{name}");
    let public = name("AssociatePublicIpAddress");
    Ok(Some(Interface {
        device_index: query.number(&name("DeviceIndex"))?.unwrap_or_default(),
        public_address: query.get(&public).map(|_| query.flag(&public)).transpose()?,
    }))
}

/// What is asked of an interface cannot be asked of its instance as well.
fn refuse_both(subnet: bool, groups: bool) -> Result<(), Refusal> {
    let what = match (subnet, groups) {
        (true, _) => "an instance-level subnet ID",
        (_, true) => "instance-level security groups",
        _ => return Ok(()),
    };
    let message = format!("Network interfaces and {what} may not be specified on the same request");
    Err(Refusal::client("InvalidParameterCombination", message))
}

/// How long user-data can be before it is encoded. Source: EC2 User Guide, "Run commands when you launch an EC2 instance
/// with user data input".
const LONGEST_USER_DATA: usize = 16_384;

fn user_data(given: &str) -> Result<String, Refusal> {
    let malformed = |_| Refusal::client("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    let bytes = BASE64_STANDARD.decode(given).map_err(malformed)?;
    if bytes.len() > LONGEST_USER_DATA {
        return Err(Refusal::parameter(format!("User data is limited to {LONGEST_USER_DATA} bytes")));
    }
    Ok(given.to_owned())
}

/// A type that there is.
pub(super) fn instance_type(given: &str) -> Result<String, Refusal> {
    let known = Hardware::of(given).map(|_| given.to_owned());
    known.ok_or_else(|| Refusal::parameter(format!("Invalid value '{given}' for InstanceType.")))
}

/// The key that a volume is to be encrypted with; none where it is not to be. `prefix` stands before each name.
///
/// # Errors
/// When a key is named and nothing said of encryption.
pub(super) fn key(world: &World, query: &Query, prefix: &str) -> Result<Option<String>, Refusal> {
    let account = &world.account;
    let named = query.get(&format!("{prefix}KmsKeyId"));
    if !query.flag(&format!("{prefix}Encrypted"))? {
        let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
        let refusal = named.map(|_| Refusal::client("InvalidParameterDependency", message));
        return refusal.map_or(Ok(None), Err);
    }
    let arn = |path: &str| format!("arn:aws:kms:{}:{ACCOUNT}:{path}", world.region);
    Ok(Some(match named {
        None => account.ebs_key.clone(),
        Some(full) if full.starts_with("arn:") => full.to_owned(),
        Some(alias) if alias.starts_with("alias/") => arn(alias),
        Some(id) => arn(&format!("key/{id}")),
    }))
}

fn zone(world: &World, subnet: Option<&SubnetId>, placement: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(id) = subnet else { return Ok(placement.map(str::to_owned)) };
    let Some(subnet) = world.account.subnet(id.as_str()) else {
        return Err(Refusal::no_subnets(&[id.to_string()]));
    };
    if placement.is_some_and(|placement| placement != subnet.zone) {
        let message = format!("The subnet '{id}' is not in the specified availability zone");
        return Err(Refusal::client("InvalidParameterCombination", message));
    }
    Ok(Some(subnet.zone.clone()))
}

/// The id of a security group that is given by its name; the name where there is none, which is found out later.
fn group_of<'a>(world: &'a World, name: &'a str) -> &'a str {
    world.account.groups.iter().find(|group| group.name == name).map_or(name, |group| &group.id)
}

/// Whether what lets people in is there: the key pair, and the security groups.
///
/// # Errors
/// `InvalidKeyPair.NotFound` and `InvalidGroup.NotFound`.
pub(super) fn check_access(world: &World, launch: &Launch) -> Result<(), Refusal> {
    let account = &world.account;
    if let Some(name) =
        launch.key_name.as_ref().filter(|name| !account.key_pairs.iter().any(|pair| pair.name == **name))
    {
        return Err(access::no_key_pair(name));
    }
    describe::all_there(&access::GROUPS, &launch.security_groups, |id| account.group(id).is_some())
}

/// The image's devices that are not wanted.
fn left_out(query: &Query, prefix: &str) -> Vec<String> {
    let groups = query.groups(&format!("{prefix}BlockDeviceMapping"));
    let left = groups.iter().filter(|group| query.get(&format!("{group}.NoDevice")).is_some());
    left.filter_map(|group| query.get(&format!("{group}.DeviceName"))).map(str::to_owned).collect()
}

fn devices(world: &World, query: &Query, prefix: &str, image: Option<&Image>) -> Result<Vec<Device>, Refusal> {
    let groups = query.groups(&format!("{prefix}BlockDeviceMapping"));
    let mut names: Vec<&str> = Vec::new();
    for group in &groups {
        let name = query.required(&format!("{group}.DeviceName"))?;
        check_name(name, &names)?;
        names.push(name);
    }
    let made = |group: &&String| query.get(&format!("{group}.NoDevice")).is_none();
    groups.iter().filter(made).map(|group| device(world, query, group, image)).collect()
}

/// Whether this is a device name, and none of the others that a launch names.
fn check_name(name: &str, others: &[&str]) -> Result<(), Refusal> {
    let message = if !is_device_name(name) {
        format!("Invalid device name {name}")
    } else if others.contains(&name) {
        format!("The device '{name}' is used in more than one block-device mapping")
    } else {
        return Ok(());
    };
    Err(Refusal::client("InvalidBlockDeviceMapping", message))
}

fn device(world: &World, query: &Query, group: &str, image: Option<&Image>) -> Result<Device, Refusal> {
    let name = query.required(&format!("{group}.DeviceName"))?.to_owned();
    let own = image.and_then(|image| image.ebs(&name));
    let ebs = format!("{group}.Ebs");
    let given: Option<SnapshotId> = query.optional_id(&format!("{ebs}.SnapshotId"))?;
    let given = given.as_ref().map(SnapshotId::as_str);
    let made_from = given.map(|id| world.snapshot(id)).transpose()?;
    let usual = made_from.as_ref().map(|(size, _)| *size).or_else(|| own.map(|own| own.size));
    let Some(size) = query.number(&format!("{ebs}.VolumeSize"))?.or(usual) else {
        return Err(Refusal::client("MissingParameter", "The request must contain the parameter size or snapshotId"));
    };
    let snapshot = given.or(own.and_then(|own| own.snapshot.as_deref())).unwrap_or_default();
    check_size(world, snapshot, size)?;
    let asked = query.get(&format!("{ebs}.VolumeType"));
    let kind = asked.or(own.map(|own| own.kind.as_str())).unwrap_or("gp3");
    // Nobody has to repeat what the image says.
    let usual = Disk::of(kind, size).iops.filter(|_| asked.is_none() && kind.starts_with("io"));
    let iops = query.number(&format!("{ebs}.Iops"))?.or(usual);
    let disk = disk::of(kind, size, iops, query.number(&format!("{ebs}.Throughput"))?)?;
    let inherited = made_from.map_or_else(|| own.and_then(|own| own.key.clone()), |(_, key)| key);
    let mut disk = disk.with_key(key(world, query, &format!("{ebs}."))?.or(inherited));
    snapshot.clone_into(&mut disk.snapshot);
    // What AWS documents of other volumes than the root volume contradicts itself: here they stay.
    let flag = format!("{ebs}.DeleteOnTermination");
    let delete_on_termination =
        if query.get(&flag).is_some() { query.flag(&flag)? } else { own.is_some_and(|own| own.delete_on_termination) };
    Ok(Device { name, size, disk, delete_on_termination })
}

/// A volume can be larger than its snapshot, but not smaller. Of a snapshot that is not complete, nobody asks: its image
/// cannot be launched.
fn check_size(world: &World, snapshot: &str, size: u32) -> Result<(), Refusal> {
    match world.snapshot(snapshot) {
        Ok((least, _)) if size < least => {
            let message =
                format!("Volume of size {size}GB is smaller than snapshot '{snapshot}', expect size >= {least}GB");
            Err(Refusal::client("InvalidBlockDeviceMapping", message))
        }
        _ => Ok(()),
    }
}
