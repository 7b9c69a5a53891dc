//! CreateVolume and DeleteVolume.

use super::super::launch::Disk;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::query::{Query, missing};
use super::{Xml, action, launch, once, volumes};
use crate::model::{SnapshotId, VolumeId};

/// The least and the most of something.
type Range = (u32, u32);

/// A volume type: its name, its sizes, and the operations a second that can be asked for, with how many a GiB can have.
type Type = (&'static str, Range, Option<(Range, u32)>);

/// The volume types, their sizes in GiB.
/// Source: EC2 API reference, CreateVolume, `Size` and `Iops`; EBS User Guide, "EBS volume types".
const TYPES: [Type; 7] = [
    ("gp3", (1, 65_536), Some(((3000, 80_000), 500))),
    ("gp2", (1, 16_384), None),
    ("io1", (4, 16_384), Some(((100, 64_000), 50))),
    ("io2", (4, 65_536), Some(((100, 256_000), 1000))),
    ("st1", (125, 16_384), None),
    ("sc1", (125, 16_384), None),
    ("standard", (1, 1024), None),
];

/// The MiB a second that can be asked of gp3, and how many operations each of them needs. Source: EC2 API reference,
/// CreateVolume, `Throughput`; EBS User Guide, "General Purpose SSD volumes".
const THROUGHPUT: Range = (125, 2000);
const OPERATIONS_A_MIB: u32 = 4;

pub(super) fn create(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let zone = zone(world, query)?;
    let (size, disk) = disk(world, query)?;
    let multi_attach = query.flag("MultiAttachEnabled")?;
    if multi_attach && !disk.kind.starts_with("io") {
        let message = format!("MultiAttachEnabled is not supported for volume type {}", disk.kind);
        return Err(Refusal::client("InvalidParameterCombination", message));
    }
    let tags = query.tag_specifications(&["volume"])?.remove("volume").unwrap_or_default();
    action::refuse_dry_run(query)?;
    let order = |world: &mut World| Ok(vec![world.create_volume(&zone, size, &disk, multi_attach, &tags)]);
    let is_there = |world: &World, id: &VolumeId| world.volume(id).is_some();
    once::made(world, query, xml, order, is_there, |world, made, xml| {
        for volume in made.iter().filter_map(|id| world.volume(id)) {
            volumes::write(xml, &volumes::Placed::new(world, volume));
        }
    })
}

fn zone(world: &World, query: &Query) -> Result<String, Refusal> {
    let account = &world.account;
    let (given, found) = match (query.get("AvailabilityZone"), query.get("AvailabilityZoneId")) {
        (Some(_), Some(_)) => {
            let message = "AvailabilityZone and AvailabilityZoneId cannot be given together";
            return Err(Refusal::client("InvalidParameterCombination", message));
        }
        (Some(name), None) => (name, account.zone(name)),
        (None, Some(id)) => (id, account.zones.iter().find(|zone| zone.id == id)),
        (None, None) => return Err(missing("AvailabilityZone")),
    };
    let unknown = || Refusal::client("InvalidZone.NotFound", format!("The zone '{given}' does not exist."));
    found.map(|zone| zone.name.clone()).ok_or_else(unknown)
}

/// What a volume of this type and size is made of, if there can be one.
///
/// # Errors
/// When there is no such type, it does not come in this size, it does not do as much, or needs to be told how much.
pub(super) fn of(kind: &str, size: u32, iops: Option<u32>, throughput: Option<u32>) -> Result<Disk, Refusal> {
    let Some((_, (least, most), counted)) = TYPES.iter().find(|(known, ..)| *known == kind) else {
        let message = format!("Unsupported volume type '{kind}' for volume creation.");
        return Err(Refusal::client("UnknownVolumeType", message));
    };
    if size < *least {
        return Err(Refusal::parameter(format!("Volume of {size}GiB is too small; minimum is {least}GiB.")));
    }
    if size > *most {
        return Err(Refusal::parameter(format!(
            "Volume of {size}GiB is too large for volume type {kind}; maximum is {most}GiB."
        )));
    }
    if kind.starts_with("io") && iops.is_none() {
        return Err(Refusal::client(
            "MissingParameter",
            "The parameter iops must be specified for io1 and io2 volumes.",
        ));
    }
    if let Some(iops) = iops {
        let (range, a_gib) = counted.ok_or_else(|| not_of(kind, "iops"))?;
        within("iops", iops, range)?;
        let most = a_gib.saturating_mul(size).max(range.0);
        if iops > most {
            let message =
                format!("Iops to volume size ratio of {iops} to {size} is too high; maximum is {a_gib} to 1.");
            return Err(Refusal::parameter(message));
        }
    }
    let usual = Disk::of(kind, size);
    let iops = iops.or(usual.iops);
    if let Some(throughput) = throughput {
        let usual = usual.throughput.and(iops).ok_or_else(|| not_of(kind, "throughput"))?;
        within("throughput", throughput, THROUGHPUT)?;
        if throughput.saturating_mul(OPERATIONS_A_MIB) > usual {
            return Err(Refusal::parameter(format!(
                "Throughput (MiBps) to iops ratio of {throughput} to {usual} is too high; maximum is 1 to {OPERATIONS_A_MIB}."
            )));
        }
    }
    Ok(Disk { iops, throughput: throughput.or(usual.throughput), ..usual })
}

/// Says that a type has no such thing to ask for.
fn not_of(kind: &str, parameter: &str) -> Refusal {
    let message = format!("The parameter {parameter} is not supported for {kind} volumes.");
    Refusal::client("InvalidParameterCombination", message)
}

fn within(what: &str, given: u32, (least, most): Range) -> Result<(), Refusal> {
    let bound = if given < least {
        format!("too low; minimum is {least}")
    } else if given > most {
        format!("too high; maximum is {most}")
    } else {
        return Ok(());
    };
    Err(Refusal::parameter(format!("Volume {what} of {given} is {bound}.")))
}

fn disk(world: &World, query: &Query) -> Result<(u32, Disk), Refusal> {
    let kind = query.get("VolumeType").unwrap_or("gp2");
    // An empty one is none.
    let given = query.get("SnapshotId").is_some_and(|id| !id.is_empty());
    let snapshot: Option<SnapshotId> = given.then(|| query.required_id("SnapshotId")).transpose()?;
    let made_from = snapshot.as_ref().map(|id| world.snapshot(id.as_str())).transpose()?;
    let least_of_all = made_from.as_ref().map(|(size, _)| *size);
    let size = query.number("Size")?.or(least_of_all);
    let Some(size) = size else {
        return Err(Refusal::client("MissingParameter", "The request must contain the parameter size or snapshotId"));
    };
    if let Some(needed) = least_of_all.filter(|needed| size < *needed) {
        let message = format!("The size of a volume can only be increased: the snapshot needs {needed}GiB.");
        return Err(Refusal::parameter(message));
    }
    let disk = of(kind, size, query.number("Iops")?, query.number("Throughput")?)?;
    // What is encrypted makes what is encrypted.
    let key = launch::key(world, query, "")?.or(made_from.and_then(|(_, key)| key));
    let snapshot = snapshot.map(|id| id.to_string()).unwrap_or_default();
    Ok((size, Disk { snapshot, ..disk }.with_key(key)))
}

pub(super) fn delete(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let id: VolumeId = query.required_id("VolumeId")?;
    action::refuse_dry_run(query)?;
    world.known_volume(&id)?;
    world.delete_volume(&id)?;
    xml.text("return", true);
    Ok(())
}
