//! DescribeInstances.

mod network;
mod shown;

use std::collections::BTreeMap;

use self::shown::Shown;
use super::super::ACCOUNT;
use super::super::launch::{Launch, Profile};
use super::super::records::{Attachment, Instance, Records};
use super::super::refusal::Refusal;
use super::super::world::{View, World};
use super::Xml;
use super::describe::{self, Kind};
use super::query::Query;
use crate::model::{InstanceId, InstanceState, VolumeId};

pub(super) const KIND: Kind = Kind {
    parameter: "InstanceId",
    not_found: Refusal::no_instances,
    // Source: EC2 API reference, DescribeInstances and DescribeInstanceStatus, `MaxResults`.
    never_paged: Some("instancesSet"),
};

/// What EC2 may set in a state's code for purposes of its own. Source: EC2 API reference, `InstanceState`.
const HIGH_BYTE: u16 = 0x0100;

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let seen = world.seen(View::Instances);
    let rows = Shown::all(world, seen);
    let empty_pages = world.knobs.empty_pages;
    let chosen = describe::choose::<InstanceId, _>(query, &KIND, rows, empty_pages, |row| row.instance.id.as_str())?;
    let together = together(&chosen.0);
    // In the order of their first instances.
    let first = |shown: &&Shown<'_>| {
        let all = together.get(shown.instance.reservation.as_str());
        all.and_then(|all| all.first()).is_some_and(|first| first.instance.id == shown.instance.id)
    };
    xml.list("reservationSet", chosen.0.iter().filter(first), |xml, shown| {
        let name = shown.instance.reservation.as_str();
        reserved(xml, world, name, together.get(name).map(Vec::as_slice).unwrap_or_default());
    });
    describe::finish(xml, chosen.1);
    Ok(())
}

/// The instances of each reservation, in their order.
fn together<'a, 'b>(shown: &'a [Shown<'b>]) -> BTreeMap<&'b str, Vec<&'a Shown<'b>>> {
    let mut together: BTreeMap<&str, Vec<&Shown<'_>>> = BTreeMap::new();
    for shown in shown {
        together.entry(shown.instance.reservation.as_str()).or_default().push(shown);
    }
    together
}

/// The answer to RunInstances: instances that were launched together.
pub(super) fn reservation(world: &World, ids: &[InstanceId], xml: &mut Xml) {
    let instances = ids.iter().filter_map(|id| world.instance(id));
    let shown: Vec<Shown<'_>> = instances.map(|instance| Shown::new(world, world.records(), instance)).collect();
    let name = shown.first().map(|shown| shown.instance.reservation.as_str()).unwrap_or_default();
    reserved(xml, world, name, &shown.iter().collect::<Vec<_>>());
}

fn reserved(xml: &mut Xml, world: &World, name: &str, shown: &[&Shown<'_>]) {
    xml.text("reservationId", name);
    xml.text("ownerId", ACCOUNT);
    xml.nothing("groupSet");
    xml.list("instancesSet", shown, |xml, shown| write(xml, shown, world));
}

fn write(xml: &mut Xml, shown: &Shown<'_>, world: &World) {
    let instance = shown.instance;
    xml.text("instanceId", &instance.id);
    xml.text("imageId", &instance.launch.image);
    let internal = if world.knobs.high_bytes { HIGH_BYTE } else { 0 };
    xml.within("instanceState", |xml| {
        xml.text("code", code(&instance.state) | internal);
        xml.text("name", &instance.state);
    });
    let (private, public) = shown.names();
    xml.text("privateDnsName", private);
    xml.text("dnsName", public);
    xml.optional("keyName", instance.launch.key_name.as_ref());
    xml.text("amiLaunchIndex", instance.launch_index);
    xml.nothing("productCodes");
    xml.text("reason", instance.state_reason.as_ref().map_or("", |(_, message)| message.as_str()));
    xml.text("instanceType", &instance.instance_type);
    xml.time("launchTime", instance.launch_time);
    xml.within("placement", |xml| {
        xml.text("availabilityZone", &instance.zone);
        xml.optional("availabilityZoneId", world.account.zone_id(&instance.zone));
        xml.text("groupName", "");
        xml.text("tenancy", "default");
    });
    xml.optional("privateIpAddress", instance.private_ip);
    xml.optional("ipAddress", instance.public_ip);
    if let Some((code, message)) = &instance.state_reason {
        xml.within("stateReason", |xml| {
            xml.text("code", code);
            xml.text("message", message);
        });
    }
    xml.text("architecture", shown.architecture());
    xml.text("rootDeviceType", "ebs");
    xml.text("rootDeviceName", &instance.launch.root_device);
    mapping(xml, &shown.devices);
    if let Some((subnet, vpc, _)) = shown.network {
        xml.text("subnetId", subnet);
        xml.text("vpcId", vpc);
        xml.text("sourceDestCheck", instance.launch.source_dest_check);
        groups(xml, shown);
    }
    xml.list("networkInterfaceSet", shown.network, |xml, _| network::interface(xml, shown));
    if !instance.launch.client_token.is_empty() {
        xml.text("clientToken", &instance.launch.client_token);
    }
    xml.text("virtualizationType", "hvm");
    xml.text("hypervisor", "xen");
    xml.text("ebsOptimized", instance.launch.ebs_optimized);
    xml.text("enaSupport", true);
    xml.within("monitoring", |xml| xml.text("state", monitoring(&instance.launch)));
    instance.launch.instance_profile.iter().for_each(|own| profile(xml, own));
    if let Some(request) = &instance.request {
        xml.text("instanceLifecycle", "spot");
        xml.text("spotInstanceRequestId", request);
    }
    xml.tags(&instance.tags);
}

fn profile(xml: &mut Xml, profile: &Profile) {
    xml.within("iamInstanceProfile", |xml| {
        xml.text("arn", profile.arn());
        xml.text("id", profile.id());
    });
}

fn monitoring(launch: &Launch) -> &'static str {
    if launch.monitoring { "enabled" } else { "disabled" }
}

fn groups(xml: &mut Xml, shown: &Shown<'_>) {
    let groups = shown.network.map(|(_, _, groups)| groups).unwrap_or_default();
    xml.list("groupSet", groups, |xml, group| {
        xml.text("groupId", group);
        xml.text("groupName", shown.group_name(group));
    });
}

/// The block devices of an instance.
pub(super) fn mapping_of(xml: &mut Xml, world: &World, records: &Records, instance: &Instance) {
    mapping(xml, &Shown::new(world, records, instance).devices);
}

/// The security groups of an instance.
pub(super) fn groups_of(xml: &mut Xml, world: &World, records: &Records, instance: &Instance) {
    groups(xml, &Shown::new(world, records, instance));
}

fn mapping(xml: &mut Xml, devices: &[(&VolumeId, &Attachment)]) {
    xml.list("blockDeviceMapping", devices, |xml, (volume, held)| device(xml, volume, held));
}

fn device(xml: &mut Xml, volume: &VolumeId, held: &Attachment) {
    xml.text("deviceName", &held.device);
    xml.within("ebs", |xml| {
        xml.text("volumeId", volume);
        xml.text("status", shown::state(held));
        xml.time("attachTime", held.attach_time);
        xml.text("deleteOnTermination", held.delete_on_termination);
    });
}

pub(super) fn state(xml: &mut Xml, name: &str, state: &InstanceState) {
    xml.within(name, |xml| {
        xml.text("code", code(state));
        xml.text("name", state);
    });
}

/// The number that EC2 gives a state.
pub(super) fn code(state: &InstanceState) -> u16 {
    match state {
        InstanceState::Pending => 0,
        InstanceState::Running => 16,
        InstanceState::ShuttingDown => 32,
        InstanceState::Terminated => 48,
        InstanceState::Stopping => 64,
        InstanceState::Stopped => 80,
        InstanceState::Unknown(_) => 96,
    }
}
