//! DescribeSubnets, DescribeAvailabilityZones: what a fresh account holds.

use super::super::ACCOUNT;
use super::super::account::{Subnet, Zone};
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::{IN_SUBNET, World};
use super::describe::{self, Kind};
use super::filter::{self, Attribute, Row};
use super::query::Query;
use super::{Xml, action};
use crate::model::SubnetId;

const SUBNETS: Kind = Kind { parameter: "SubnetId", not_found: Refusal::no_subnets, never_paged: None };

/// A subnet with the network that it lies in.
struct InVpc<'a> {
    subnet: &'a Subnet,
    vpc: &'a str,
    free: usize,
    arn: String,
}

impl Row for InVpc<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("subnet-id", |row| vec![row.subnet.id.clone()]),
            ("subnet-arn", |row| vec![row.arn.clone()]),
            ("available-ip-address-count", |row| vec![row.free.to_string()]),
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
    let arn = |subnet: &Subnet| format!("arn:aws:ec2:{}:{ACCOUNT}:subnet/{}", world.region, subnet.id);
    let in_vpc = |subnet| InVpc { subnet, vpc: &account.vpc, free: free_addresses(world, subnet), arn: arn(subnet) };
    let mut rows: Vec<InVpc<'_>> = account.subnets.iter().map(in_vpc).collect();
    rows.sort_by(|a, b| a.subnet.id.cmp(&b.subnet.id));
    let chosen =
        describe::choose::<SubnetId, _>(query, &SUBNETS, rows, world.knobs.empty_pages, |row| row.subnet.id.as_str())?;
    xml.list("subnetSet", chosen.0, |xml, row| {
        let subnet = row.subnet;
        xml.text("subnetId", &subnet.id);
        xml.text("subnetArn", &row.arn);
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

fn free_addresses(world: &World, subnet: &Subnet) -> usize {
    let there = |instance: &&super::super::Instance| instance.private_ip.is_some() && instance.zone == subnet.zone;
    let all = usize::try_from(IN_SUBNET).unwrap_or(usize::MAX);
    all.saturating_sub(world.records().instances.values().filter(there).count())
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
    let mut rows = filter::select(rows, &query.filters())?;
    query.arrange(&mut rows);
    xml.list("availabilityZoneInfo", rows, |xml, row| {
        xml.text("optInStatus", "opt-in-not-required");
        xml.nothing("messageSet");
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
