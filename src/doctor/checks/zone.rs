//! Where the request's instances may be launched.

use super::Found;
use crate::config::HomeVolume;
use crate::doctor::anew::{Anew, Change};
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::verdict::{fault, ok};
use crate::model::Text;

pub(super) fn pinned(case: &Case<'_>) -> Found {
    let terms = case.terms()?;
    if let Some(subnet) = &terms.subnet {
        let Some(known) = answered(&case.facts.subnets)?.get(subnet) else {
            return Ok(fault(format!("{subnet} is not there: the request can launch nowhere"), place(case)));
        };
        return Ok(ok(format!("by {subnet} to {}", known.availability_zone)));
    }
    if !terms.availability_zone.is_empty() {
        return Ok(ok(format!("by its placement to {}", terms.availability_zone)));
    }
    Ok(fault("neither subnet nor placement: the next instance may come up in any zone", place(case)))
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
    match home_zone(case) {
        Some(other) if other != zone => Ok(fault(seen, bring(case, home, other))),
        _ => Ok(fault(seen, place(case))),
    }
}

/// The zone that the request should be in: its own, where one of the volumes is in that, or else that of the first volume
/// that is known.
fn home_zone<'a>(case: &Case<'a>) -> Option<&'a Text> {
    let volumes = case.machine.volumes.iter().filter_map(|home| case.volume(home).ok());
    let zones: Vec<&Text> = volumes.map(|volume| &volume.availability_zone).collect();
    let pinned = case.pinned_zone().ok().flatten();
    pinned.filter(|zone| zones.contains(zone)).or_else(|| zones.first().copied())
}

/// What brings a volume into the zone of another one, since one request cannot be in two.
fn bring(case: &Case<'_>, home: &HomeVolume, zone: &Text) -> Remedy {
    let words = format!(
        "the machine's volumes are in several zones: bring this one to {zone} by a snapshot, and put the new id under \
         [[machine.volume]]"
    );
    let copy = ["ec2", "create-snapshot", "--volume-id", home.id.as_str()];
    let make = ["ec2", "create-volume", "--snapshot-id", "snap-…", "--volume-type", "gp3"];
    let make = [make.as_slice(), &["--availability-zone", zone.as_str()]].concat();
    Remedy::new(words).run(case.aws().command(&copy)).run(case.aws().command(&make)).write("id = \"vol-…\"")
}

/// What places the next instances where the home is.
fn place(case: &Case<'_>) -> Anew {
    let subnet = case.terms().ok().and_then(|terms| terms.subnet.as_ref());
    let zone = home_zone(case);
    let why = zone.map_or_else(|| "in the zone of the home volume".to_owned(), |zone| format!("in {zone}"));
    // A zone without a subnet means the default VPC, where the groups of another one do not hold.
    let Some(subnet) = subnet else {
        return Anew::new(why, Change::Placement(zone.cloned().unwrap_or_else(|| Text::new("…"))));
    };
    let vpc = case.facts.subnets.as_ref().ok().and_then(|subnets| subnets.get(subnet)).map(|subnet| &subnet.vpc);
    let zone = zone.map(|zone| format!("Name=availability-zone,Values={zone}"));
    let filters: Vec<String> = zone.into_iter().chain(vpc.map(|vpc| format!("Name=vpc-id,Values={vpc}"))).collect();
    let mut list = vec!["ec2", "describe-subnets", "--query", "Subnets[].[SubnetId,AvailabilityZone]"];
    list.extend((!filters.is_empty()).then_some("--filters"));
    list.extend(filters.iter().map(String::as_str));
    let why = format!("{why}, in one of the subnets that describe-subnets lists");
    Anew::new(why, Change::Subnet).out_of(case.aws().command(&list))
}
