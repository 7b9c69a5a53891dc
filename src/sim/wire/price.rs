//! DescribeSpotPriceHistory.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::hardware::Hardware;
use super::super::prices::{self, COMMON_TYPES, Change, PRODUCT, PRODUCT_NAMES};
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::{World, earlier};
use super::filter::{self, Attribute, Filter, Row};
use super::query::Query;
use super::xml::moment;
use super::{Xml, action, describe, launch, page};

/// How far back prices are known. Source: EC2 API reference, DescribeSpotPriceHistory, `StartTime`.
const MEMORY: Duration = Duration::from_hours(90 * 24);

/// One change of a price.
struct Priced<'a> {
    /// What it is sorted and paged by: the newest first.
    order: String,
    instance_type: &'a str,
    zone: &'a str,
    zone_id: &'a str,
    change: Change,
    tags: Tags,
}

impl Row for Priced<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("availability-zone", |row| vec![row.zone.to_owned()]),
            ("availability-zone-id", |row| vec![row.zone_id.to_owned()]),
            ("instance-type", |row| vec![row.instance_type.to_owned()]),
            ("product-description", |_| PRODUCT_NAMES.map(str::to_owned).to_vec()),
            ("spot-price", |row| vec![prices::dollars(row.change.price)]),
            ("timestamp", |row| vec![moment(row.change.at)]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// The types whose prices are listed when none is asked for: the common ones, and those that a filter names.
fn listed(filters: &[Filter]) -> BTreeSet<&str> {
    let named = filters.iter().filter(|filter| filter.name == "instance-type").flat_map(|filter| &filter.values);
    let exact = named.map(String::as_str).filter(|name| Hardware::of(name).is_some());
    COMMON_TYPES.into_iter().chain(exact).collect()
}

pub(super) fn history(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    action::refuse_dry_run(query)?;
    let oldest = earlier(world.now(), MEMORY);
    // A client whose clock is ahead gets the prices of now.
    let from = query.time("StartTime")?.unwrap_or(oldest).clamp(oldest, world.now());
    let to = query.time("EndTime")?.unwrap_or(world.now()).min(world.now());
    let types = query.list("InstanceType");
    for unknown in &types {
        launch::instance_type(unknown)?;
    }
    let filters = query.filters();
    let types: BTreeSet<&str> = if types.is_empty() { listed(&filters) } else { types.into_iter().collect() };
    let products = query.list("ProductDescription");
    let sold = products.is_empty() || products.iter().any(|product| PRODUCT_NAMES.contains(product));
    let named = |name: &str, actual: &str| query.get(name).is_none_or(|wanted| wanted == actual);
    let zones = world.account.zones.iter().filter(|zone| sold && from <= to && named("AvailabilityZone", &zone.name));
    let mut rows = Vec::new();
    for zone in zones.filter(|zone| named("AvailabilityZoneId", &zone.id)) {
        for instance_type in &types {
            let changes = world.prices.history(instance_type, &zone.name, from, to);
            rows.extend(changes.into_iter().map(|change| Priced {
                order: format!("{:020} {instance_type} {}", i64::MAX.abs_diff(change.at.as_second()), zone.name),
                instance_type,
                zone: &zone.name,
                zone_id: &zone.id,
                change,
                tags: Tags::new(),
            }));
        }
    }
    rows.sort_by(|a, b| a.order.cmp(&b.order));
    let rows = filter::select(rows, &filters)?;
    // The newest first, in every call: callers look no further than the first of each type and zone.
    let (rows, token) = page::cut(query, rows, page::LARGEST, world.knobs.empty_pages, |row| &row.order)?;
    xml.list("spotPriceHistorySet", rows, |xml, row| {
        xml.text("availabilityZone", row.zone);
        xml.text("availabilityZoneId", row.zone_id);
        xml.text("instanceType", row.instance_type);
        xml.text("productDescription", PRODUCT);
        xml.text("spotPrice", prices::dollars(row.change.price));
        xml.time("timestamp", row.change.at);
    });
    describe::finish(xml, token);
    Ok(())
}
