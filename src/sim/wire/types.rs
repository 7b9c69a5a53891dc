//! DescribeInstanceTypes and DescribeInstanceTypeOfferings.

use super::super::hardware::{self, Hardware};
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::filter::{self, Attribute, Row};
use super::query::Query;
use super::{Xml, action, describe, page};

/// How many types a page holds at most. Source: botocore, `ec2/2016-11-15`, `DITMaxResults`; of all lists that are served
/// here it is the only one below the usual thousand.
const LARGEST_PAGE: usize = 100;

/// A type with what its name says.
struct Type {
    name: String,
    hardware: Hardware,
    tags: Tags,
}

impl Type {
    fn of(name: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), hardware: Hardware::of(name)?, tags: Tags::new() })
    }
}

impl Row for Type {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("instance-type", |row| vec![row.name.clone()]),
            ("processor-info.supported-architecture", |row| vec![row.hardware.architecture.to_owned()]),
            ("hypervisor", |row| row.hardware.hypervisor().map(str::to_owned).into_iter().collect()),
            ("bare-metal", |row| vec![row.hardware.bare_metal.to_string()]),
            ("current-generation", |row| vec![row.hardware.nitro.to_string()]),
            ("ebs-info.nvme-support", |row| vec![nvme(row.hardware).to_owned()]),
            ("supported-usage-class", |_| vec!["on-demand".to_owned(), "spot".to_owned()]),
            ("instance-storage-supported", |row| vec![row.hardware.instance_storage.to_string()]),
            ("vcpu-info.default-vcpus", |row| vec![row.hardware.cpus.to_string()]),
            ("memory-info.size-in-mib", |row| vec![row.hardware.memory.to_string()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

fn nvme(hardware: Hardware) -> &'static str {
    if hardware.nitro { "required" } else { "unsupported" }
}

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let names = query.list("InstanceType");
    action::refuse_dry_run(query)?;
    let unknown: Vec<&str> = names.iter().filter(|name| Hardware::of(name).is_none()).copied().collect();
    if !unknown.is_empty() {
        let message = format!("The following supplied instance types do not exist: [{}]", unknown.join(", "));
        return Err(Refusal::client("InvalidInstanceType", message));
    }
    let filters = query.filters();
    let names = if names.is_empty() { hardware::types().to_vec() } else { names };
    let rows = filter::select(names.iter().filter_map(|name| Type::of(name)).collect(), &filters)?;
    let (mut rows, token) = page::cut(query, rows, LARGEST_PAGE, world.knobs.empty_pages, |row| &row.name)?;
    query.arrange(&mut rows);
    xml.list("instanceTypeSet", rows, |xml, row| write(xml, &row));
    describe::finish(xml, token);
    Ok(())
}

fn write(xml: &mut Xml, row: &Type) {
    let hardware = row.hardware;
    xml.text("instanceType", &row.name);
    xml.text("currentGeneration", hardware.nitro);
    xml.texts("supportedUsageClasses", "item", ["on-demand", "spot"]);
    xml.texts("supportedRootDeviceTypes", "item", ["ebs"]);
    xml.texts("supportedVirtualizationTypes", "item", ["hvm"]);
    xml.text("bareMetal", hardware.bare_metal);
    xml.optional("hypervisor", hardware.hypervisor());
    xml.within("processorInfo", |xml| {
        xml.texts("supportedArchitectures", "item", [hardware.architecture]);
    });
    xml.within("vCpuInfo", |xml| xml.text("defaultVCpus", hardware.cpus));
    xml.within("memoryInfo", |xml| xml.text("sizeInMiB", hardware.memory));
    xml.text("instanceStorageSupported", hardware.instance_storage);
    xml.within("ebsInfo", |xml| {
        xml.text("ebsOptimizedSupport", if hardware.nitro { "default" } else { "supported" });
        xml.text("encryptionSupport", "supported");
        xml.text("nvmeSupport", nvme(hardware));
    });
    xml.within("networkInfo", |xml| xml.text("enaSupport", if hardware.nitro { "required" } else { "supported" }));
}

/// A type at a place.
struct Offering {
    name: String,
    place: String,
    order: String,
    tags: Tags,
}

impl Row for Offering {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![("instance-type", |row| vec![row.name.clone()]), ("location", |row| vec![row.place.clone()])]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(super) fn offerings(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    action::refuse_dry_run(query)?;
    let account = &world.account;
    let kind = query.get("LocationType").unwrap_or("region");
    // Each place with the name of the zone that it is; none for the whole region.
    let places: Vec<(&str, Option<&str>)> = match kind {
        "region" => vec![(world.region.as_str(), None)],
        "availability-zone" => {
            account.zones.iter().map(|zone| (zone.name.as_str(), Some(zone.name.as_str()))).collect()
        }
        "availability-zone-id" => {
            account.zones.iter().map(|zone| (zone.id.as_str(), Some(zone.name.as_str()))).collect()
        }
        other => {
            let message = format!("Value ({other}) for parameter locationType is invalid.");
            return Err(Refusal::parameter(message));
        }
    };
    let filters = query.filters();
    let mut rows = Vec::new();
    for name in hardware::types() {
        let offered = places.iter().filter(|(_, zone)| zone.is_none_or(|zone| account.offers(name, zone)));
        rows.extend(offered.map(|(place, _)| Offering {
            name: (*name).to_owned(),
            place: (*place).to_owned(),
            order: format!("{name} {place}"),
            tags: Tags::new(),
        }));
    }
    let rows = filter::select(rows, &filters)?;
    let (mut rows, token) = page::cut(query, rows, page::LARGEST, world.knobs.empty_pages, |row| &row.order)?;
    query.arrange(&mut rows);
    xml.list("instanceTypeOfferingSet", rows, |xml, row| {
        xml.text("instanceType", &row.name);
        xml.text("locationType", kind);
        xml.text("location", &row.place);
    });
    describe::finish(xml, token);
    Ok(())
}
