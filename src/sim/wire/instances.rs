//! DescribeInstances.

use super::super::ACCOUNT;
use super::super::records::{Attachment, Instance, Records, Tags};
use super::super::refusal::Refusal;
use super::super::world::{View, World};
use super::Xml;
use super::describe::{self, Kind};
use super::filter::{Attribute, Row};
use super::query::Query;
use super::xml::moment;
use crate::model::{AttachmentState, InstanceId, InstanceState, VolumeId};

pub(super) const KIND: Kind = Kind {
    parameter: "InstanceId",
    set: "instancesSet",
    not_found: "InvalidInstanceID.NotFound",
    words: |ids| match ids {
        [id] => format!("The instance ID '{id}' does not exist"),
        ids => format!("The instance IDs '{}' do not exist", ids.join(", ")),
    },
};

/// What EC2 may set in a state's code for purposes of its own. Source: EC2 API reference, InstanceState.
const HIGH_BYTE: u16 = 0x0100;

/// An instance with the volumes that this view lists for it.
struct Shown<'a> {
    instance: &'a Instance,
    devices: Vec<(&'a VolumeId, &'a Attachment)>,
}

impl<'a> Shown<'a> {
    fn new(records: &'a Records, instance: &'a Instance) -> Self {
        let attached = records.attached_to(&instance.id);
        Self { instance, devices: attached.map(|(volume, held)| (&volume.id, held)).collect() }
    }
}

impl Row for Shown<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("instance-id", |row| vec![row.instance.id.to_string()]),
            ("instance-state-name", |row| vec![row.instance.state.to_string()]),
            ("instance-state-code", |row| vec![code(&row.instance.state).to_string()]),
            ("instance-type", |row| vec![row.instance.instance_type.clone()]),
            ("image-id", |row| vec![row.instance.launch.image.clone()]),
            ("key-name", |row| row.instance.launch.key_name.iter().cloned().collect()),
            ("client-token", |row| vec![row.instance.launch.client_token.clone()]),
            ("launch-time", |row| vec![moment(row.instance.launch_time)]),
            ("root-device-name", |row| vec![row.instance.launch.root_device.clone()]),
            ("subnet-id", |row| row.instance.launch.subnet.iter().cloned().collect()),
            ("state-reason-code", |row| row.instance.state_reason.iter().map(|(code, _)| code.clone()).collect()),
            ("instance-lifecycle", |row| row.instance.request.iter().map(|_| "spot".to_owned()).collect()),
            ("availability-zone", |row| vec![row.instance.zone.clone()]),
            ("spot-instance-request-id", |row| row.instance.request.iter().map(ToString::to_string).collect()),
            ("ip-address", |row| row.instance.public_ip.iter().map(ToString::to_string).collect()),
            ("private-ip-address", |row| row.instance.private_ip.iter().map(ToString::to_string).collect()),
            ("block-device-mapping.volume-id", |row| row.devices.iter().map(|(id, _)| id.to_string()).collect()),
            ("block-device-mapping.device-name", |row| {
                row.devices.iter().map(|(_, held)| held.device.clone()).collect()
            }),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.instance.tags
    }
}

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let seen = world.seen(View::Instances);
    let rows: Vec<Shown<'_>> = seen.instances.values().map(|instance| Shown::new(seen, instance)).collect();
    let empty_pages = world.knobs.empty_pages;
    let chosen = describe::choose::<InstanceId, _>(query, &KIND, rows, empty_pages, |row| row.instance.id.as_str())?;
    xml.list("reservationSet", chosen.0, |xml, shown| {
        reserved(xml, world, &[shown]);
    });
    describe::finish(xml, chosen.1);
    Ok(())
}

/// The answer to RunInstances: instances that were launched together.
pub(super) fn reservation(world: &World, ids: &[InstanceId], xml: &mut Xml) {
    let instances = ids.iter().filter_map(|id| world.instance(id));
    let shown: Vec<Shown<'_>> = instances.map(|instance| Shown::new(world.records(), instance)).collect();
    reserved(xml, world, &shown);
}

fn reserved(xml: &mut Xml, world: &World, shown: &[Shown<'_>]) {
    let first = shown.first().map(|shown| shown.instance.id.as_str()).unwrap_or_default();
    xml.text("reservationId", first.replacen("i-", "r-", 1));
    xml.text("ownerId", ACCOUNT);
    xml.within("groupSet", |_| {});
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
    xml.text("privateDnsName", dns(instance.private_ip, "ip", "ec2.internal"));
    xml.text("dnsName", dns(instance.public_ip, "ec2", &format!("{}.compute.amazonaws.com", world.region)));
    xml.optional("keyName", instance.launch.key_name.as_ref());
    xml.text("amiLaunchIndex", 0);
    xml.within("productCodes", |_| {});
    xml.text("reason", instance.state_reason.as_ref().map_or("", |(_, message)| message.as_str()));
    xml.text("instanceType", &instance.instance_type);
    xml.time("launchTime", instance.launch_time);
    xml.within("placement", |xml| {
        xml.text("availabilityZone", &instance.zone);
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
    xml.text("architecture", "x86_64");
    xml.text("rootDeviceType", "ebs");
    xml.text("rootDeviceName", &instance.launch.root_device);
    mapping(xml, &shown.devices);
    network(xml, world, instance);
    if !instance.launch.client_token.is_empty() {
        xml.text("clientToken", &instance.launch.client_token);
    }
    xml.text("virtualizationType", "hvm");
    xml.text("hypervisor", "xen");
    xml.text("ebsOptimized", false);
    xml.text("enaSupport", true);
    xml.within("monitoring", |xml| xml.text("state", "disabled"));
    if let Some(request) = &instance.request {
        xml.text("instanceLifecycle", "spot");
        xml.text("spotInstanceRequestId", request);
    }
    xml.tags(&instance.tags);
}

/// The network around an instance, while it has an address there.
fn network(xml: &mut Xml, world: &World, instance: &Instance) {
    if instance.private_ip.is_none() {
        return;
    }
    let account = &world.account;
    let usual = account.subnets.iter().find(|subnet| subnet.zone == instance.zone).map(|subnet| &subnet.id);
    xml.optional("subnetId", instance.launch.subnet.as_ref().or(usual));
    xml.text("vpcId", &account.vpc);
    xml.text("sourceDestCheck", true);
    groups(xml, world, instance);
}

/// The security groups of an instance: the default one, where none was asked for.
pub(super) fn groups(xml: &mut Xml, world: &World, instance: &Instance) {
    let asked = &instance.launch.security_groups;
    let usual = [world.account.security_group.clone()];
    xml.list("groupSet", if asked.is_empty() { &usual[..] } else { asked }, |xml, group| {
        xml.text("groupId", group);
        xml.text("groupName", if *group == world.account.security_group { "default" } else { group });
    });
}

/// The block devices of an instance.
pub(super) fn devices(xml: &mut Xml, records: &Records, instance: &Instance) {
    mapping(xml, &Shown::new(records, instance).devices);
}

fn mapping(xml: &mut Xml, devices: &[(&VolumeId, &Attachment)]) {
    xml.list("blockDeviceMapping", devices, |xml, (volume, held)| device(xml, volume, held));
}

fn device(xml: &mut Xml, volume: &VolumeId, held: &Attachment) {
    xml.text("deviceName", &held.device);
    xml.within("ebs", |xml| {
        xml.text("volumeId", volume);
        // This view knows no `busy`.
        let state = if held.state == AttachmentState::Busy { &AttachmentState::Detaching } else { &held.state };
        xml.text("status", state);
        xml.time("attachTime", held.attach_time);
        xml.text("deleteOnTermination", held.delete_on_termination);
    });
}

fn dns(address: Option<std::net::IpAddr>, prefix: &str, domain: &str) -> String {
    let dashed = address.map(|address| address.to_string().replace(['.', ':'], "-"));
    dashed.map_or_else(String::new, |dashed| format!("{prefix}-{dashed}.{domain}"))
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
