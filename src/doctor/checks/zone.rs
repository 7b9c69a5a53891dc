//! Where the request's instances may be launched.

use serde_json::json;

use super::Found;
use crate::config::HomeVolume;
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::verdict::{fault, ok};
use crate::model::{RequestTerms, Text};

pub(super) fn pinned(case: &Case<'_>) -> Found {
    let terms = case.terms()?;
    if let Some(subnet) = &terms.subnet {
        let Some(known) = answered(&case.facts.subnets)?.get(subnet) else {
            let remedy = match home_zone(case) {
                Some(zone) => move_to(case, terms, zone),
                None => case.again("in another subnet"),
            };
            return Ok(fault(format!("{subnet} is not there: the request can launch nowhere"), remedy));
        };
        return Ok(ok(format!("by {subnet} to {}", known.availability_zone)));
    }
    if !terms.availability_zone.is_empty() {
        return Ok(ok(format!("by its placement to {}", terms.availability_zone)));
    }
    let remedy = match home_zone(case) {
        Some(zone) => move_to(case, terms, zone),
        None => case.again("with \"Placement\": {\"AvailabilityZone\": …} in its launch specification"),
    };
    Ok(fault("neither subnet nor placement: the next instance may come up in any zone", remedy))
}

pub(super) fn same(case: &Case<'_>, home: &HomeVolume) -> Found {
    let zone = &case.volume(home)?.availability_zone;
    let Some(pinned) = case.pinned_zone()? else {
        return Ok(ok(format!("in {zone}; the request is not pinned, which is another matter")));
    };
    if pinned == zone {
        return Ok(ok(format!("in {zone}, as the request's instances")));
    }
    let seen = format!("the volume is in {zone}, the request's instances are in {pinned}");
    Ok(fault(seen, move_to(case, case.terms()?, zone)))
}

/// The zone of the first volume that is known.
fn home_zone<'a>(case: &Case<'a>) -> Option<&'a Text> {
    case.machine.volumes.iter().find_map(|home| case.volume(home).ok()).map(|volume| &volume.availability_zone)
}

/// What places the next instances in this zone.
fn move_to(case: &Case<'_>, terms: &RequestTerms, zone: &Text) -> Remedy {
    let why = format!("in {zone}");
    let vpc = terms.subnet.as_ref().and_then(|id| case.facts.subnets.as_ref().ok()?.get(id)).map(|subnet| &subnet.vpc);
    // A zone without a subnet means the default VPC, where the groups of another one do not hold.
    if terms.subnet.is_none() {
        return case.replace(&why, |fields| {
            fields.insert("Placement".to_owned(), json!({ "AvailabilityZone": zone }));
        });
    }
    let mut filters = vec![format!("Name=availability-zone,Values={zone}")];
    filters.extend(vpc.map(|vpc| format!("Name=vpc-id,Values={vpc}")));
    let mut list = vec!["ec2", "describe-subnets", "--query", "Subnets[].SubnetId", "--filters"];
    list.extend(filters.iter().map(String::as_str));
    let list = case.aws().command(&list);
    let why = format!("{why}, in one of the subnets that the first command lists");
    let mut remedy = case.replace(&why, |fields| {
        fields.remove("Placement");
        fields.insert("SubnetId".to_owned(), json!("subnet-…"));
    });
    remedy.commands.insert(0, list);
    remedy
}
