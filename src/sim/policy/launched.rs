//! What the calls that launch instances are about.

use super::super::ACCOUNT;
use super::super::wire::Query;
use super::super::world::World;
use super::resource::Resource;

/// The resources of RunInstances and RequestSpotInstances; none for other calls.
///
/// Of a subnet and a group that nobody names, EC2 looks at those which it chooses: the default ones. Where it is not
/// known which subnet that will be, permission on all of them is asked for, which may be stricter than EC2.
pub(super) fn of_call(world: &World, query: &Query, call: &str) -> Vec<Resource> {
    let (prefix, made): (&str, &[&str]) = match query.action() {
        "RunInstances" => ("", &["instance/*", "volume/*", "network-interface/*"]),
        // The instances and volumes are made later, by EC2's own role for spot instances.
        "RequestSpotInstances" => ("LaunchSpecification.", &["spot-instances-request/*", "network-interface/*"]),
        _ => return Vec::new(),
    };
    let mut all: Vec<Resource> = made.iter().map(|path| Resource::at(world, call, path)).collect();
    if query.get("InstanceMarketOptions.MarketType") == Some("spot") {
        all.push(Resource::at(world, call, "spot-instances-request/*"));
    }
    for resource in all.iter_mut().filter(|resource| resource.arn.ends_with(":instance/*")) {
        let kind = query.get("InstanceType").unwrap_or_default();
        resource.keys.insert("ec2:InstanceType", kind.to_owned());
    }
    let ids = names(world, query, prefix);
    all.extend(ids.iter().filter_map(|id| Resource::named(world, call, id)));
    if let Some(key) = query.get(&format!("{prefix}KeyName")) {
        all.push(Resource::at(world, call, &format!("key-pair/{key}")));
    }
    if subnet(world, query, prefix).is_none() {
        all.push(Resource::at(world, call, "subnet/*"));
    }
    all.extend(passed_role(world, query, prefix));
    all
}

/// The ids of what is there already and is used: the image, the network, and snapshots.
fn names(world: &World, query: &Query, prefix: &str) -> Vec<String> {
    let get = |name: &str| query.get(&format!("{prefix}{name}")).map(str::to_owned);
    let interface = format!("{prefix}NetworkInterface.1");
    let mut groups = query.list(&format!("{prefix}SecurityGroupId"));
    groups.extend(query.list(&format!("{interface}.SecurityGroupId")));
    if groups.is_empty() {
        groups.push(&world.account.security_group);
    }
    let devices = query.groups(&format!("{prefix}BlockDeviceMapping"));
    let snapshots = devices.iter().filter_map(|group| query.get(&format!("{group}.Ebs.SnapshotId")));
    let used = groups.into_iter().chain(snapshots).map(str::to_owned);
    get("ImageId").into_iter().chain(subnet(world, query, prefix)).chain(used).collect()
}

/// The subnet that is asked for, or the default one of the zone that is asked for.
fn subnet(world: &World, query: &Query, prefix: &str) -> Option<String> {
    let get = |name: &str| query.get(&format!("{prefix}{name}")).map(str::to_owned);
    let zone = get("Placement.AvailabilityZone");
    let of_zone = || world.account.subnets.iter().find(|subnet| Some(&subnet.zone) == zone.as_ref());
    let named = get("SubnetId").or_else(|| get("NetworkInterface.1.SubnetId"));
    named.or_else(|| of_zone().map(|subnet| subnet.id.clone()))
}

/// Who launches with an instance profile passes its role on. Which role that is IAM knows, which is not simulated: here it
/// has the profile's name.
fn passed_role(world: &World, query: &Query, prefix: &str) -> Option<Resource> {
    let profile = query.get(&format!("{prefix}IamInstanceProfile.Name"));
    let arn = query.get(&format!("{prefix}IamInstanceProfile.Arn"));
    let name = profile.or_else(|| arn.map(|arn| arn.rsplit('/').next().unwrap_or(arn)))?;
    let mut role = Resource::with_arn(world, "iam:PassRole", format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
    role.keys.insert("iam:PassedToService", "ec2.amazonaws.com".to_owned());
    Some(role)
}
