//! The image, and the disks that an instance begins with.

use std::time::Duration;

use super::Found;
use crate::config::HomeVolume;
use crate::doctor::anew::{Anew, Change};
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::specification::{left_out, mapping};
use crate::doctor::verdict::{Mend, Unknown, fault, ok, warning};
use crate::model::{BlockDevice, Image, ImageState, SnapshotId, Text, age, device_place, free_device};
use crate::plan::span;

/// From when on a deprecation is near.
const SOON: Duration = Duration::from_hours(30 * 24);

pub(super) fn exists(case: &Case<'_>) -> Found {
    let id = case.image_id()?;
    let Some(image) = answered(&case.facts.images)?.get(id) else {
        return Ok(fault(format!("{id} is not there, or not shared with this account any more"), another(case)));
    };
    let reason = if image.state_reason.is_empty() { String::new() } else { format!(": {}", image.state_reason) };
    let seen = format!("{} is {}{reason}", image.name, image.state);
    match &image.state {
        ImageState::Available => Ok(ok(seen)),
        ImageState::Pending | ImageState::Transient => {
            let watch = case.aws().command(&["ec2", "wait", "image-available", "--image-ids", id.as_str()]);
            Ok(warning(seen, Remedy::new("wait until it is available").run(watch)))
        }
        ImageState::Disabled => {
            let enable = case.aws().command(&["ec2", "enable-image", "--image-id", id.as_str()]);
            Ok(fault(seen, Remedy::new("enable it again, if it is yours").run(enable)))
        }
        ImageState::Unknown(_) => Err(Unknown::new(format!("{seen}, a state that nobody here knows"))),
        _ => Ok(fault(seen, another(case))),
    }
}

/// What raises the request with another image.
fn another(case: &Case<'_>) -> Anew {
    let query = "sort_by(Images,&CreationDate)[].[ImageId,Name,CreationDate]";
    let list = ["ec2", "describe-images", "--owners", "self", "--query", query, "--output", "text"];
    Anew::new("with one of the images that describe-images lists", Change::Image).out_of(case.aws().command(&list))
}

pub(super) fn deprecation(case: &Case<'_>) -> Found {
    let image = case.image()?;
    let Some(at) = image.deprecated else { return Ok(ok("no deprecation is set")) };
    let is_own = case.facts.account.as_ref().is_ok_and(|account| *account == image.owner);
    let mend = || {
        if is_own {
            let stop = case.aws().command(&["ec2", "disable-image-deprecation", "--image-id", image.id.as_str()]);
            Mend::from(Remedy::new("it is yours: take the deprecation away").run(stop))
        } else {
            Mend::from(another(case))
        }
    };
    let left = age(at, case.facts.at);
    if at <= case.facts.at {
        return Ok(warning(
            format!("deprecated since {at}; it still launches, until {} withdraws it", image.owner),
            mend(),
        ));
    }
    let seen = format!("deprecated in {}, at {at}", span(left));
    Ok(if left <= SOON { warning(seen, mend()) } else { ok(seen) })
}

pub(super) fn architecture(case: &Case<'_>) -> Found {
    let (image, kind) = (case.image()?, &case.terms()?.instance_type);
    let known = answered(&case.facts.architectures)?.get(kind);
    let known = known.ok_or_else(|| Unknown::new(format!("EC2 does not show the instance type {kind}")))?;
    if known.contains(&image.architecture) {
        return Ok(ok(format!("{} runs {}", kind, image.architecture)));
    }
    let runs = known.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
    Ok(fault(format!("{} is {}, and {kind} runs {runs}", image.id, image.architecture), another(case)))
}

pub(super) fn root_goes(case: &Case<'_>) -> Found {
    let (terms, image) = (case.terms()?, case.image()?);
    let root = &image.root_device;
    let of = |device: Option<&BlockDevice>| device.and_then(|device| device.delete_on_termination);
    let (by, goes) = match (of(terms.devices.get(root)), of(image.devices.get(root))) {
        (Some(goes), _) => ("the request", goes),
        (None, Some(goes)) => ("the image", goes),
        // EC2's default for a root volume. Source: EC2 User Guide, "Preserve data when an instance is terminated".
        (None, None) => ("default", true),
    };
    if goes {
        return Ok(ok(format!("{root} is deleted with its instance, by {by}")));
    }
    let device = terms.devices.get(root).or_else(|| image.devices.get(root));
    let device =
        device.map(|device| BlockDevice { delete_on_termination: Some(true), snapshot: None, ..device.clone() });
    let mapped = device.map(|device| mapping(root.as_str(), &device));
    let anew =
        Anew::new(format!("that deletes {root} with its instance"), Change::Devices(vec![(root.clone(), mapped)]));
    Ok(fault(format!("{root} outlives its instance, by {by}"), anew))
}

pub(super) fn device_name(case: &Case<'_>, home: &HomeVolume) -> Found {
    let wanted = device_place(home.device.as_str());
    // What the request maps is a conflict whatever the image is.
    let of_request = case.terms()?.devices.keys().find(|name| device_place(name.as_str()) == wanted);
    let devices = case.devices();
    let of_image = || devices.as_ref().ok()?.iter().find(|(name, _)| device_place(name.as_str()) == wanted);
    let store =
        case.image().ok().and_then(|image| stores(case, image).find(|name| device_place(name.as_str()) == wanted));
    let taken = match (of_request, of_image()) {
        (Some(name), _) => Some(format!("the request maps {name} to a volume of its own")),
        (None, Some((name, (by, _)))) => Some(format!("the {by} maps {name} to a volume of its own")),
        (None, None) if store.is_some() => {
            Some(format!("the image keeps {} for a disk of the instance itself", store.map_or("it", Text::as_str)))
        }
        (None, None) => {
            in_instance(case, home).map(|name| format!("in the present instance, another volume is {name}"))
        }
    };
    let Some(taken) = taken else {
        devices?;
        return Ok(ok(format!("{} is free in image and request", home.device)));
    };
    let free = free_name(case);
    let words = "give the volume a device name that is free";
    let remedy = Remedy::new(words).write(format!("device = \"{free}\""));
    Ok(fault(format!("{} is taken: {taken}", home.device), remedy))
}

/// The device names that the image keeps for disks of the instance itself, and the request leaves to it.
fn stores<'a>(case: &Case<'a>, image: &'a Image) -> impl Iterator<Item = &'a Text> {
    let left_out = case.terms().ok().map(|terms| &terms.left_out);
    image.instance_stores.iter().filter(move |name| left_out.is_none_or(|left_out| !left_out.contains(*name)))
}

/// Under which name another volume is attached to the present instance, in the place of this one.
fn in_instance<'a>(case: &Case<'a>, home: &HomeVolume) -> Option<&'a Text> {
    let instance = case.instance().ok()??;
    let wanted = device_place(home.device.as_str());
    let mut devices = instance.block_devices.iter();
    devices.find(|(name, volume)| device_place(name.as_str()) == wanted && **volume != home.id).map(|(name, _)| name)
}

/// A device name that nothing takes, as far as is known.
fn free_name(case: &Case<'_>) -> String {
    let devices = case.devices();
    let mapped = devices.iter().flat_map(|devices| devices.keys().map(|name| name.as_str()));
    let image = case.image().ok();
    let stores = image.iter().flat_map(|image| image.instance_stores.iter().map(Text::as_str));
    let own = case.machine.volumes.iter().map(|home| home.device.as_str());
    let instance = case.instance().ok().flatten();
    let held = instance.iter().flat_map(|instance| instance.block_devices.keys().map(Text::as_str));
    free_device(mapped.chain(stores).chain(own).chain(held))
        .map_or_else(|| "/dev/sd…".to_owned(), |name| name.to_string())
}

pub(super) fn home_snapshot(case: &Case<'_>) -> Found {
    let devices = case.devices()?;
    let root = device_place(case.image()?.root_device.as_str());
    let copies = devices.iter().filter(|(name, _)| device_place(name.as_str()) != root);
    let (mut found, mut unclear) = (Vec::new(), None);
    for (name, (by, device)) in copies {
        let Some(snapshot) = &device.snapshot else { continue };
        match home_of(case, snapshot) {
            Ok(Some(home)) => found.push((name, format!("the {by} maps {name} to {snapshot}, a copy of {home}"))),
            Ok(None) => {}
            Err(why) => unclear = Some(why),
        }
    }
    if !found.is_empty() {
        let (names, seen): (Vec<&Text>, Vec<String>) = found.into_iter().unzip();
        return Ok(fault(seen.join("; "), without(case, &names)));
    }
    unclear.map_or_else(|| Ok(ok("neither image nor request brings a copy of a home volume")), Err)
}

/// Of which of the machine's volumes a snapshot is a copy, or that volume of it.
fn home_of<'a>(case: &Case<'a>, snapshot: &SnapshotId) -> Result<Option<&'a str>, Unknown> {
    let made_from_it =
        |home: &&HomeVolume| case.traits(home).is_ok_and(|traits| traits.snapshot.as_ref() == Some(snapshot));
    if let Some(home) = case.machine.volumes.iter().find(made_from_it) {
        return Ok(Some(home.id.as_str()));
    }
    let source = answered(&case.facts.snapshots)?.get(snapshot);
    let source = source.ok_or_else(|| Unknown::new(format!("EC2 does not show {snapshot} to this account")))?;
    Ok(case.machine.volumes.iter().find(|home| home.id == *source).map(|home| home.id.as_str()))
}

/// What raises the request so that these devices stay empty.
fn without(case: &Case<'_>, names: &[&Text]) -> Anew {
    // The request's own need not be named; the image's would come back.
    let of_image = |name: &Text| case.image().is_ok_and(|image| image.devices.contains_key(name));
    let devices = names.iter().map(|name| ((*name).clone(), of_image(name).then(|| left_out(name)))).collect();
    let shown = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    Anew::new(format!("that leaves {shown} out"), Change::Devices(devices))
}
