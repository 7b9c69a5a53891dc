//! DescribeSpotInstanceRequests.

use super::super::account::Account;
use super::super::launch::{Device, Interface, Launch, Profile};
use super::super::prices;
use super::super::records::{Request, Tags};
use super::super::refusal::Refusal;
use super::super::world::{View, World};
use super::Xml;
use super::describe::{self, Kind};
use super::filter::{Attribute, Row};
use super::query::Query;
use super::xml::moment;
use crate::model::SpotRequestId;

pub(super) const KIND: Kind =
    Kind { parameter: "SpotInstanceRequestId", not_found: Refusal::no_requests, never_paged: None };

/// A request with the account that it belongs to.
pub(super) struct Placed<'a> {
    request: &'a Request,
    account: &'a Account,
}

impl<'a> Placed<'a> {
    pub(super) fn new(world: &'a World, request: &'a Request) -> Self {
        Self { request, account: &world.account }
    }

    /// The id of the zone that it has launched in.
    fn zone_id(&self) -> Option<&'a str> {
        self.request.launched_zone.as_ref().and_then(|zone| self.account.zone_id(zone))
    }

    fn group_names(&self) -> Vec<String> {
        let groups = self.request.launch.security_groups.iter().filter_map(|id| self.account.group(id));
        groups.map(|group| group.name.clone()).collect()
    }
}

fn of_devices<T: ToString>(request: &Request, what: impl Fn(&Device) -> T) -> Vec<String> {
    request.launch.devices.iter().map(|device| what(device).to_string()).collect()
}

impl Row for Placed<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("spot-instance-request-id", |row| vec![row.request.id.to_string()]),
            ("state", |row| vec![row.request.state.to_string()]),
            ("status-code", |row| vec![row.request.status.code.clone()]),
            ("status-message", |row| vec![row.request.status.message.clone()]),
            ("instance-id", |row| row.request.instance.iter().map(ToString::to_string).collect()),
            ("type", |row| vec![row.request.kind.to_string()]),
            ("launch.instance-type", |row| vec![row.request.instance_type.clone()]),
            ("launch.image-id", |row| vec![row.request.launch.image.clone()]),
            ("launch.key-name", |row| row.request.launch.key_name.iter().cloned().collect()),
            ("network-interface.subnet-id", |row| row.request.launch.subnet.iter().cloned().collect()),
            ("availability-zone-group", |row| row.request.zone_group.iter().cloned().collect()),
            ("fault-code", |row| row.request.fault.iter().map(|(code, _)| code.clone()).collect()),
            ("fault-message", |row| row.request.fault.iter().map(|(_, message)| message.clone()).collect()),
            ("launch-group", |row| row.request.launch_group.iter().cloned().collect()),
            ("launch.group-id", |row| row.request.launch.security_groups.clone()),
            ("launch.group-name", Self::group_names),
            ("launch.block-device-mapping.device-name", |row| {
                row.request.launch.devices.iter().map(|device| device.name.clone()).collect()
            }),
            ("launch.block-device-mapping.delete-on-termination", |row| {
                of_devices(row.request, |device| device.delete_on_termination)
            }),
            ("launch.block-device-mapping.snapshot-id", |row| {
                of_devices(row.request, |device| device.disk.snapshot.clone())
            }),
            ("launch.block-device-mapping.volume-size", |row| of_devices(row.request, |device| device.size)),
            ("launch.block-device-mapping.volume-type", |row| {
                of_devices(row.request, |device| device.disk.kind.clone())
            }),
            ("launch.monitoring-enabled", |row| vec![row.request.launch.monitoring.to_string()]),
            ("valid-from", |row| row.request.valid_from.into_iter().map(moment).collect()),
            ("valid-until", |row| row.request.valid_until.into_iter().map(moment).collect()),
            ("create-time", |row| vec![moment(row.request.created)]),
            ("spot-price", |row| row.request.max_price.iter().map(|offer| prices::shown(offer)).collect()),
            ("product-description", |_| prices::PRODUCT_NAMES.map(str::to_owned).to_vec()),
            ("launched-availability-zone-id", |row| row.zone_id().iter().map(ToString::to_string).collect()),
            ("launched-availability-zone", |row| row.request.launched_zone.iter().cloned().collect()),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.request.tags
    }
}

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let seen = world.seen(View::Requests).requests.values();
    let seen = seen.filter(|request| world.is_visible(request));
    let rows: Vec<Placed<'_>> = seen.map(|request| Placed::new(world, request)).collect();
    let empty_pages = world.knobs.empty_pages;
    let chosen = describe::choose::<SpotRequestId, _>(query, &KIND, rows, empty_pages, |row| row.request.id.as_str())?;
    xml.list("spotInstanceRequestSet", &chosen.0, write);
    describe::finish(xml, chosen.1);
    Ok(())
}

pub(super) fn write(xml: &mut Xml, placed: &Placed<'_>) {
    let request = placed.request;
    xml.text("spotInstanceRequestId", &request.id);
    // Without an offer, the price on demand is the most that is paid.
    let usual = prices::on_demand(&request.instance_type);
    xml.text("spotPrice", request.max_price.as_deref().map_or_else(|| prices::dollars(usual), prices::shown));
    xml.text("type", &request.kind);
    xml.text("state", &request.state);
    xml.within("status", |xml| {
        xml.text("code", &request.status.code);
        xml.time("updateTime", request.status.since);
        xml.text("message", &request.status.message);
    });
    if let Some((code, message)) = &request.fault {
        xml.within("fault", |xml| {
            xml.text("code", code);
            xml.text("message", message);
        });
    }
    xml.optional("launchGroup", request.launch_group.as_ref());
    xml.optional("availabilityZoneGroup", request.zone_group.as_ref());
    xml.within("launchSpecification", |xml| {
        xml.text("imageId", &request.launch.image);
        xml.text("instanceType", &request.instance_type);
        launch(xml, &request.launch);
        if let Some(zone) = &request.zone {
            xml.within("placement", |xml| xml.text("availabilityZone", zone));
        }
    });
    xml.optional("instanceId", request.instance.as_ref());
    xml.time("createTime", request.created);
    xml.text("productDescription", prices::PRODUCT);
    if let Some(begin) = request.valid_from {
        xml.time("validFrom", begin);
    }
    if let Some(end) = request.valid_until {
        xml.time("validUntil", end);
    }
    xml.optional("launchedAvailabilityZone", request.launched_zone.as_ref());
    xml.optional("launchedAvailabilityZoneId", placed.zone_id());
    xml.text("instanceInterruptionBehavior", &request.behavior);
    xml.tags(&request.tags);
}

/// What a request has at a device name.
enum Mapping<'a> {
    /// A volume of its own.
    Volume(&'a Device),
    /// Nothing, whatever the image has there.
    Nothing(&'a String),
}

fn launch(xml: &mut Xml, launch: &Launch) {
    xml.optional("keyName", launch.key_name.as_ref());
    xml.optional("userData", launch.user_data.as_ref());
    if let Some(profile) = &launch.instance_profile {
        xml.within("iamInstanceProfile", |xml| match profile {
            Profile::Arn(arn) => xml.text("arn", arn),
            Profile::Name(name) => xml.text("name", name),
        });
    }
    if launch.ebs_optimized {
        xml.text("ebsOptimized", true);
    }
    if launch.interface.is_none() {
        xml.list("groupSet", &launch.security_groups, |xml, group| xml.text("groupId", group));
    }
    let mapped = launch.devices.iter().map(Mapping::Volume);
    let mapped: Vec<Mapping<'_>> = mapped.chain(launch.left_out.iter().map(Mapping::Nothing)).collect();
    xml.list("blockDeviceMapping", &mapped, |xml, mapping| match mapping {
        Mapping::Nothing(name) => {
            xml.text("deviceName", name);
            xml.text("noDevice", "");
        }
        Mapping::Volume(device) => {
            xml.text("deviceName", &device.name);
            xml.within("ebs", |xml| {
                xml.optional("snapshotId", Some(&device.disk.snapshot).filter(|id| !id.is_empty()));
                xml.text("deleteOnTermination", device.delete_on_termination);
                xml.text("volumeSize", device.size);
                xml.text("volumeType", &device.disk.kind);
                xml.optional("iops", device.disk.iops);
                xml.optional("throughput", device.disk.throughput);
                xml.text("encrypted", device.disk.encrypted);
                xml.optional("kmsKeyId", device.disk.key.as_ref());
            });
        }
    });
    match &launch.interface {
        None => xml.optional("subnetId", launch.subnet.as_ref()),
        Some(own) => xml.list("networkInterfaceSet", [own], |xml, own| interface(xml, launch, own)),
    }
    xml.within("monitoring", |xml| xml.text("enabled", launch.monitoring));
}

/// A network interface. The names are those that clients read, by botocore's `InstanceNetworkInterfaceSpecification`: the
/// list of groups, and each of them, is called as in a request.
fn interface(xml: &mut Xml, launch: &Launch, interface: &Interface) {
    xml.text("deviceIndex", interface.device_index);
    xml.optional("subnetId", launch.subnet.as_ref());
    xml.texts("SecurityGroupId", "SecurityGroupId", &launch.security_groups);
    xml.optional("associatePublicIpAddress", interface.public_address);
}
