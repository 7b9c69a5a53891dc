//! Instances as they are listed and filtered.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use super::super::super::ACCOUNT;
use super::super::super::account::Account;
use super::super::super::hardware::Hardware;
use super::super::super::launch::Profile;
use super::super::super::records::{Attachment, Instance, Records, Tags};
use super::super::super::world::World;
use super::super::filter::{Attribute, Row};
use super::super::xml::moment;
use super::{code, network};
use crate::model::{AttachmentState, InstanceId, VolumeId};

/// The volumes of an instance, in the order of their ids.
type Devices<'a> = Vec<(&'a VolumeId, &'a Attachment)>;

/// An instance with the volumes that this view lists for it, and the network around it.
pub(super) struct Shown<'a> {
    pub(super) instance: &'a Instance,
    pub(super) devices: Devices<'a>,
    /// The ids of its subnet, its network and its security groups, while it has an address there.
    pub(super) network: Option<(&'a str, &'a str, &'a [String])>,
    account: &'a Account,
    region: &'a str,
}

impl<'a> Shown<'a> {
    pub(super) fn new(world: &'a World, records: &'a Records, instance: &'a Instance) -> Self {
        let devices = records.attached_to(&instance.id).map(|(volume, held)| (&volume.id, held)).collect();
        Self::with(world, instance, devices)
    }

    /// All instances of these records. The volumes are gone through once, and not for each of them.
    pub(super) fn all(world: &'a World, records: &'a Records) -> Vec<Self> {
        let mut held: BTreeMap<&InstanceId, Devices<'a>> = BTreeMap::new();
        for volume in records.volumes.values() {
            for attachment in &volume.attachments {
                held.entry(&attachment.instance).or_default().push((&volume.id, attachment));
            }
        }
        let shown = |instance: &'a Instance| Self::with(world, instance, held.remove(&instance.id).unwrap_or_default());
        records.instances.values().map(shown).collect()
    }

    fn with(world: &'a World, instance: &'a Instance, devices: Devices<'a>) -> Self {
        let account = &world.account;
        let usual = account.subnets.iter().find(|subnet| subnet.zone == instance.zone).map(|subnet| subnet.id.as_str());
        let subnet = instance.launch.subnet.as_deref().or(usual).unwrap_or_default();
        let asked = instance.launch.security_groups.as_slice();
        let groups = if asked.is_empty() { std::slice::from_ref(&account.security_group) } else { asked };
        let network = instance.private_ip.map(|_| (subnet, account.vpc.as_str(), groups));
        Self { instance, devices, network, account, region: &world.region }
    }

    /// When it was made, as far as that is kept: when its root volume was attached, or it was started before that.
    pub(super) fn made(&self) -> Timestamp {
        let root = self.devices.iter().find(|(_, held)| held.device == self.instance.launch.root_device);
        let launched = self.instance.launch_time;
        root.map_or(launched, |(_, held)| held.attach_time.min(launched))
    }

    /// Its name inside the network, and its public name: empty without an address.
    pub(super) fn names(&self) -> (String, String) {
        let (inside, outside) = domains(self.region);
        (name(self.instance.private_ip, "ip", &inside), name(self.instance.public_ip, "ec2", &outside))
    }

    /// The architecture, which follows from the type: what does not go with it is not launched.
    pub(super) fn architecture(&self) -> &'static str {
        Hardware::of(&self.instance.instance_type).map_or("x86_64", |hardware| hardware.architecture)
    }

    /// The name of one of its groups.
    pub(super) fn group_name(&self, id: &'a str) -> &'a str {
        self.account.group(id).map_or(id, |group| &group.name)
    }

    /// The ids of its groups.
    pub(super) fn group_ids(&self) -> Vec<String> {
        self.network.map(|(_, _, groups)| groups.to_vec()).unwrap_or_default()
    }

    /// The names of its groups.
    pub(super) fn group_names(&self) -> Vec<String> {
        let groups = self.network.map(|(_, _, groups)| groups).unwrap_or_default();
        groups.iter().map(|group| self.group_name(group).to_owned()).collect()
    }

    fn of_devices(&self, what: impl Fn(&VolumeId, &Attachment) -> String) -> Vec<String> {
        self.devices.iter().map(|(id, held)| what(id, held)).collect()
    }
}

/// Where a region's names lie: inside the network, and outside. The first region has other ones than all the rest.
/// Source: EC2 User Guide, "EC2 instance hostname types"; AWS CLI reference, describe-instances and
/// describe-network-interfaces.
fn domains(region: &str) -> (String, String) {
    match region {
        "us-east-1" => ("ec2.internal".to_owned(), "compute-1.amazonaws.com".to_owned()),
        other => (format!("{other}.compute.internal"), format!("{other}.compute.amazonaws.com")),
    }
}

fn name(address: Option<IpAddr>, prefix: &str, domain: &str) -> String {
    let dashed = address.map(|address| address.to_string().replace(['.', ':'], "-"));
    dashed.map_or_else(String::new, |dashed| format!("{prefix}-{dashed}.{domain}"))
}

/// The state of an attachment in this view, which knows no `busy`.
pub(super) fn state(held: &Attachment) -> &AttachmentState {
    if held.state == AttachmentState::Busy { &AttachmentState::Detaching } else { &held.state }
}

/// What is there once, or not at all.
pub(super) fn some<T: ToString>(value: Option<T>) -> Vec<String> {
    value.into_iter().map(|value| value.to_string()).collect()
}

/// Those of EC2's filters for which there is something to compare here.
/// Source: EC2 API reference, DescribeInstances, `Filter.N`.
impl Row for Shown<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        let mut attributes: Vec<Attribute<Self>> = vec![
            ("architecture", |row| vec![row.architecture().to_owned()]),
            ("availability-zone", |row| vec![row.instance.zone.clone()]),
            ("availability-zone-id", |row| some(row.account.zone_id(&row.instance.zone))),
            ("block-device-mapping.attach-time", |row| row.of_devices(|_, held| moment(held.attach_time))),
            ("block-device-mapping.delete-on-termination", |row| {
                row.of_devices(|_, held| held.delete_on_termination.to_string())
            }),
            ("block-device-mapping.device-name", |row| row.of_devices(|_, held| held.device.clone())),
            ("block-device-mapping.status", |row| row.of_devices(|_, held| state(held).to_string())),
            ("block-device-mapping.volume-id", |row| row.of_devices(|id, _| id.to_string())),
            ("client-token", |row| vec![row.instance.launch.client_token.clone()]),
            ("dns-name", |row| vec![row.names().1]),
            ("ebs-optimized", |row| vec![row.instance.launch.ebs_optimized.to_string()]),
            ("ena-support", |_| vec!["true".to_owned()]),
            ("hypervisor", |_| vec!["xen".to_owned()]),
            ("iam-instance-profile.arn", |row| some(row.instance.launch.instance_profile.as_ref().map(Profile::arn))),
            ("iam-instance-profile.id", |row| some(row.instance.launch.instance_profile.as_ref().map(Profile::id))),
            ("image-id", |row| vec![row.instance.launch.image.clone()]),
            ("instance-id", |row| vec![row.instance.id.to_string()]),
            ("instance-lifecycle", |row| some(row.instance.request.as_ref().map(|_| "spot"))),
            ("instance-state-code", |row| vec![code(&row.instance.state).to_string()]),
            ("instance-state-name", |row| vec![row.instance.state.to_string()]),
            ("instance-type", |row| vec![row.instance.instance_type.clone()]),
            ("instance.group-id", Self::group_ids),
            ("instance.group-name", Self::group_names),
            ("ip-address", |row| some(row.instance.public_ip)),
            ("key-name", |row| some(row.instance.launch.key_name.as_ref())),
            ("launch-index", |row| vec![row.instance.launch_index.to_string()]),
            ("launch-time", |row| vec![moment(row.instance.launch_time)]),
            ("monitoring-state", |row| vec![super::monitoring(&row.instance.launch).to_owned()]),
            ("owner-id", |_| vec![ACCOUNT.to_owned()]),
            ("private-dns-name", |row| vec![row.names().0]),
            ("private-ip-address", |row| some(row.instance.private_ip)),
            ("reason", |row| some(row.instance.state_reason.as_ref().map(|(_, message)| message))),
            ("reservation-id", |row| vec![row.instance.reservation.clone()]),
            ("root-device-name", |row| vec![row.instance.launch.root_device.clone()]),
            ("root-device-type", |_| vec!["ebs".to_owned()]),
            ("source-dest-check", |row| vec![row.instance.launch.source_dest_check.to_string()]),
            ("spot-instance-request-id", |row| some(row.instance.request.as_ref())),
            ("state-reason-code", |row| some(row.instance.state_reason.as_ref().map(|(code, _)| code))),
            ("state-reason-message", |row| some(row.instance.state_reason.as_ref().map(|(_, message)| message))),
            ("subnet-id", |row| some(row.network.map(|(subnet, ..)| subnet))),
            ("tenancy", |_| vec!["default".to_owned()]),
            ("virtualization-type", |_| vec!["hvm".to_owned()]),
            ("vpc-id", |row| some(row.network.map(|(_, vpc, _)| vpc))),
        ];
        attributes.extend(network::attributes());
        attributes
    }

    fn tags(&self) -> &Tags {
        &self.instance.tags
    }
}
