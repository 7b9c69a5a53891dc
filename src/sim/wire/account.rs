//! DescribeImages, DescribeSubnets, DescribeAvailabilityZones: what a fresh account holds.

use super::super::ACCOUNT;
use super::super::account::{Image, Subnet, Zone};
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::describe::{self, Kind};
use super::filter::{self, Attribute, Row};
use super::query::Query;
use super::{Xml, action};

const IMAGES: Kind = Kind {
    parameter: "ImageId",
    set: "imagesSet",
    not_found: "InvalidAMIID.NotFound",
    words: |ids| match ids {
        [id] => format!("The image id '[{id}]' does not exist"),
        ids => format!("The image ids '[{}]' do not exist", ids.join(", ")),
    },
};

const SUBNETS: Kind = Kind {
    parameter: "SubnetId",
    set: "subnetSet",
    not_found: "InvalidSubnetID.NotFound",
    words: |ids| match ids {
        [id] => format!("The subnet ID '{id}' does not exist"),
        ids => format!("The subnet IDs '{}' do not exist", ids.join(", ")),
    },
};

impl Row for &Image {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("image-id", |row| vec![row.id.clone()]),
            ("name", |row| vec![row.name.to_owned()]),
            ("description", |row| vec![row.description.to_owned()]),
            ("architecture", |row| vec![row.architecture.to_owned()]),
            ("owner-id", |row| vec![row.owner.to_owned()]),
            ("owner-alias", |row| row.alias.iter().map(ToString::to_string).collect()),
            ("creation-date", |row| vec![row.created.to_owned()]),
            ("root-device-name", |row| vec![row.root_device.to_owned()]),
            ("root-device-type", |_| vec!["ebs".to_owned()]),
            ("state", |_| vec!["available".to_owned()]),
            ("is-public", |row| vec![row.is_public.to_string()]),
            ("image-type", |_| vec!["machine".to_owned()]),
            ("virtualization-type", |_| vec!["hvm".to_owned()]),
            ("hypervisor", |_| vec!["xen".to_owned()]),
            ("ena-support", |_| vec!["true".to_owned()]),
            ("platform", |_| Vec::new()),
            ("block-device-mapping.device-name", |row| vec![row.root_device.to_owned()]),
            ("block-device-mapping.snapshot-id", |row| vec![row.snapshot.clone()]),
            ("block-device-mapping.volume-type", |_| vec!["gp3".to_owned()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(super) fn images(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let owners = query.list("Owner");
    let owned = |image: &&Image| {
        owners.is_empty()
            || owners.contains(&image.owner)
            || (owners.contains(&"self") && image.owner == ACCOUNT)
            || image.alias.is_some_and(|alias| owners.contains(&alias))
    };
    let mut rows: Vec<&Image> = world.account.images.iter().filter(owned).collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let chosen = describe::choose::<String, _>(query, &IMAGES, rows, world.knobs.empty_pages, |row| row.id.as_str())?;
    xml.list("imagesSet", chosen.0, write_image);
    describe::finish(xml, chosen.1);
    Ok(())
}

fn write_image(xml: &mut Xml, image: &Image) {
    xml.text("imageId", &image.id);
    xml.text("imageLocation", format!("{}/{}", image.alias.unwrap_or(image.owner), image.name));
    xml.text("imageState", "available");
    xml.text("imageOwnerId", image.owner);
    xml.optional("imageOwnerAlias", image.alias);
    xml.text("creationDate", image.created);
    xml.text("isPublic", image.is_public);
    xml.text("architecture", image.architecture);
    xml.text("imageType", "machine");
    xml.text("platformDetails", "Linux/UNIX");
    xml.text("usageOperation", "RunInstances");
    xml.text("name", image.name);
    xml.text("description", image.description);
    xml.text("rootDeviceType", "ebs");
    xml.text("rootDeviceName", image.root_device);
    xml.list("blockDeviceMapping", [image], |xml, image| {
        xml.text("deviceName", image.root_device);
        xml.within("ebs", |xml| {
            xml.text("snapshotId", &image.snapshot);
            xml.text("volumeSize", image.root_size);
            xml.text("deleteOnTermination", true);
            xml.text("volumeType", "gp3");
            xml.text("encrypted", false);
        });
    });
    xml.text("virtualizationType", "hvm");
    xml.text("hypervisor", "xen");
    xml.text("enaSupport", true);
    xml.text("sriovNetSupport", "simple");
    xml.tags(&image.tags);
}

/// A subnet with the network that it lies in.
struct InVpc<'a> {
    subnet: &'a Subnet,
    vpc: &'a str,
    free: usize,
}

impl Row for InVpc<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("subnet-id", |row| vec![row.subnet.id.clone()]),
            ("vpc-id", |row| vec![row.vpc.to_owned()]),
            ("availability-zone", |row| vec![row.subnet.zone.clone()]),
            ("availabilityZone", |row| vec![row.subnet.zone.clone()]),
            ("availability-zone-id", |row| vec![row.subnet.zone_id.clone()]),
            ("cidr-block", |row| vec![row.subnet.cidr.clone()]),
            ("state", |_| vec!["available".to_owned()]),
            ("default-for-az", |_| vec!["true".to_owned()]),
            ("defaultForAz", |_| vec!["true".to_owned()]),
            ("map-public-ip-on-launch", |_| vec!["true".to_owned()]),
            ("owner-id", |_| vec![ACCOUNT.to_owned()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.subnet.tags
    }
}

pub(super) fn subnets(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let account = &world.account;
    let in_vpc = |subnet| InVpc { subnet, vpc: &account.vpc, free: free_addresses(world, subnet) };
    let mut rows: Vec<InVpc<'_>> = account.subnets.iter().map(in_vpc).collect();
    rows.sort_by(|a, b| a.subnet.id.cmp(&b.subnet.id));
    let chosen =
        describe::choose::<String, _>(query, &SUBNETS, rows, world.knobs.empty_pages, |row| row.subnet.id.as_str())?;
    xml.list("subnetSet", chosen.0, |xml, row| {
        let subnet = row.subnet;
        xml.text("subnetId", &subnet.id);
        xml.text("subnetArn", format!("arn:aws:ec2:{}:{ACCOUNT}:subnet/{}", world.region, subnet.id));
        xml.text("state", "available");
        xml.text("vpcId", row.vpc);
        xml.text("ownerId", ACCOUNT);
        xml.text("cidrBlock", &subnet.cidr);
        xml.text("availableIpAddressCount", row.free);
        xml.text("availabilityZone", &subnet.zone);
        xml.text("availabilityZoneId", &subnet.zone_id);
        xml.text("defaultForAz", true);
        xml.text("mapPublicIpOnLaunch", true);
        xml.text("assignIpv6AddressOnCreation", false);
        xml.tags(&subnet.tags);
    });
    describe::finish(xml, chosen.1);
    Ok(())
}

/// A /20 has 4096 addresses, of which five are EC2's own.
fn free_addresses(world: &World, subnet: &Subnet) -> usize {
    let there = |instance: &&super::super::Instance| instance.private_ip.is_some() && instance.zone == subnet.zone;
    4091_usize.saturating_sub(world.records().instances.values().filter(there).count())
}

/// A zone with the name of its region.
struct InRegion<'a> {
    zone: &'a Zone,
    region: &'a str,
    tags: Tags,
}

impl Row for InRegion<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("zone-name", |row| vec![row.zone.name.clone()]),
            ("zone-id", |row| vec![row.zone.id.clone()]),
            ("region-name", |row| vec![row.region.to_owned()]),
            ("state", |_| vec!["available".to_owned()]),
            ("zone-type", |_| vec!["availability-zone".to_owned()]),
            ("opt-in-status", |_| vec!["opt-in-not-required".to_owned()]),
            ("group-name", |row| vec![group(row.region)]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(super) fn zones(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    action::refuse_dry_run(query)?;
    let (names, ids) = (query.list("ZoneName"), query.list("ZoneId"));
    let known = |name: &&&str| world.account.zones.iter().any(|zone| zone.name == **name || zone.id == **name);
    if let Some(unknown) = names.iter().chain(&ids).find(|name| !known(name)) {
        return Err(Refusal::parameter(format!("Invalid availability zone: [{unknown}]")));
    }
    let all = names.is_empty() && ids.is_empty();
    let wanted = |zone: &&Zone| all || names.contains(&zone.name.as_str()) || ids.contains(&zone.id.as_str());
    let zones = world.account.zones.iter().filter(wanted);
    let rows = zones.map(|zone| InRegion { zone, region: &world.region, tags: Tags::new() }).collect();
    xml.list("availabilityZoneInfo", filter::select(rows, &query.filters())?, |xml, row| {
        xml.text("optInStatus", "opt-in-not-required");
        xml.within("messageSet", |_| {});
        xml.text("regionName", row.region);
        xml.text("zoneName", &row.zone.name);
        xml.text("zoneId", &row.zone.id);
        xml.text("groupName", group(row.region));
        xml.text("networkBorderGroup", row.region);
        xml.text("zoneType", "availability-zone");
        xml.text("zoneState", "available");
    });
    Ok(())
}

/// The group that the zones of a region form.
fn group(region: &str) -> String {
    format!("{region}-zg-1")
}
