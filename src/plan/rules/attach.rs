//! Rules 3 to 5: each volume of the machine, on its way to the eligible instance.

use std::collections::BTreeMap;
use std::time::Duration;

use super::holder;
use super::seat::Seat;
use crate::config::HomeVolume;
use crate::model::{
    Attachment, AttachmentState, DeviceName, Instance, InstanceState, Text, Volume, VolumeId, VolumeState,
};
use crate::plan::action::{Action, StepKind};
use crate::plan::case::Case;
use crate::plan::finding::{Finding, State};
use crate::plan::marks::Part;
use crate::plan::sight::Sight;

/// After this long in `attaching` an attachment is stuck. Source: aws-ebs-csi-driver, `WaitForAttachmentState`.
const STUCK_AFTER: Duration = Duration::from_secs(90);

/// How often attaching one volume to one instance may get stuck before people have to look.
const STUCK_AT_MOST: usize = 3;

/// How often it may come to nothing.
const LAPSED_AT_MOST: usize = 3;

/// A device name for a volume, with a remark if it is not the configured one.
pub(super) type Choice = (DeviceName, String);

/// Under which device name each volume that is free would be attached to the instance; without one every name is in
/// use.
pub(super) fn choices(case: &Case<'_>, instance: &Instance) -> BTreeMap<VolumeId, Choice> {
    let mut choices: BTreeMap<VolumeId, Choice> = BTreeMap::new();
    for wanted in &case.machine.volumes {
        if case.volume(&wanted.id).is_some_and(is_free) {
            let choice = choose_device(case, wanted, instance, &choices);
            choices.extend(choice.map(|choice| (wanted.id.clone(), choice)));
        }
    }
    choices
}

/// Whether nothing has the volume, or is about to.
pub(super) fn is_free(volume: &Volume) -> bool {
    volume.state == VolumeState::Available && volume.holders().next().is_none() && unfit(volume).is_none()
}

pub(super) fn judge(case: &mut Case<'_>, seat: &Seat<'_>, choices: &BTreeMap<VolumeId, Choice>) {
    for wanted in &case.machine.volumes {
        let Some(volume) = case.volume(&wanted.id) else {
            let words =
                format!("EC2 does not know {} in this account and region: check id, region and profile", wanted.id);
            case.find(Finding::steady(State::Blocked, "no volume", words));
            continue;
        };
        if let Some(words) = unfit(volume) {
            case.find(Finding::steady(State::Blocked, "volume unfit", words));
            continue;
        }
        match seat {
            Seat::Eligible(instance) => seated(case, wanted, volume, instance, choices),
            Seat::Kept(_) => case.skip(StepKind::Attach, "the spot request is cancelled"),
            Seat::Nowhere => holder::warn_of_strangers(case, volume),
        }
    }
}

/// Why nothing may be done that touches the volume, if that is so.
pub(super) fn unfit(volume: &Volume) -> Option<String> {
    let id = &volume.id;
    Some(match &volume.state {
        VolumeState::Deleting | VolumeState::Deleted => format!("{id} is {}: restore it from a snapshot", volume.state),
        VolumeState::Error => format!("{id} is in the error state: its hardware failed; restore it from a snapshot"),
        _ if volume.multi_attach => format!(
            "{id} has Multi-Attach enabled: then several instances could write to it at once and destroy the file \
             system, so it is not touched. Turn Multi-Attach off"
        ),
        _ if volume.holders().count() > 1 => {
            format!("EC2 shows {id} attached to several instances: this is not touched; detach it from all but one")
        }
        _ => return None,
    })
}

fn seated(
    case: &mut Case<'_>,
    wanted: &HomeVolume,
    volume: &Volume,
    instance: &Instance,
    choices: &BTreeMap<VolumeId, Choice>,
) {
    if let Some(own) = volume.attachment_to(&instance.id) {
        return attached_here(case, wanted, own, instance);
    }
    if instance.state == InstanceState::Pending {
        let words = format!("{} is pending: EC2 attaches nothing to it until it runs", instance.id);
        case.skip(StepKind::Attach, words.clone());
        return pending(case, words);
    }
    if let Some(other) = volume.holders().next() {
        return holder::judge(case, volume, other, instance);
    }
    match &volume.state {
        VolumeState::Available => propose(case, volume, instance, choices.get(&volume.id)),
        state => {
            let words = format!("{} is {state}, but attached to nothing: waiting until it is available", volume.id);
            case.skip(StepKind::Attach, words.clone());
            case.find(Finding::moving(State::Waiting, "volume busy", words));
        }
    }
}

fn pending(case: &mut Case<'_>, words: String) {
    case.speak_of(Part::Instance);
    case.find(Finding::moving(State::Waiting, "pending", words));
    case.speak_of(Part::Volumes);
}

fn attached_here(case: &mut Case<'_>, wanted: &HomeVolume, own: &Attachment, instance: &Instance) {
    let (volume, id) = (&wanted.id, &instance.id);
    match &own.state {
        AttachmentState::Attached if instance.state == InstanceState::Pending => {
            pending(case, format!("{id} is pending, with {volume} attached already"));
        }
        AttachmentState::Attached => case.skip(StepKind::Attach, format!("{volume} is attached to {id} already")),
        AttachmentState::Attaching => attaching(case, wanted, own, instance),
        AttachmentState::Busy => {
            let words = format!(
                "{volume} is to be detached from {id}, but still mounted there: unmount it, and it will be attached again"
            );
            case.find(Finding::steady(State::Waiting, "volume busy", words));
        }
        AttachmentState::Detaching | AttachmentState::Detached => {
            let words =
                format!("{volume} is being detached from {id}, its own instance; it is attached again afterwards");
            case.find(Finding::moving(State::Waiting, "detaching", words));
        }
        AttachmentState::Unknown(state) => {
            let words = format!("{volume} on {id} is {state}, which this program does not know: nothing is done");
            case.find(Finding::steady(State::Waiting, "unknown state", words));
        }
    }
}

fn attaching(case: &mut Case<'_>, wanted: &HomeVolume, own: &Attachment, instance: &Instance) {
    let (volume, id) = (&wanted.id, &instance.id);
    let lasted = case.lasted(Sight::Attaching(volume.clone(), id.clone()));
    if lasted <= STUCK_AFTER {
        let words = format!("{volume} is attaching to {id} as {}", own.device);
        case.skip(StepKind::Attach, words.clone());
        return case.find(Finding::moving(State::Working, "attaching", words));
    }
    if stuck_too_often(case, volume, instance) {
        return;
    }
    let why = format!(
        "it has been attaching as {} for over 90 seconds, so it is stuck; it is tried again under another device name",
        own.device
    );
    case.propose(Action::Detach { volume: volume.clone(), instance: id.clone() }, why, None);
}

/// Whether the volume has been attaching there for longer than that takes, as seen so far.
pub(super) fn is_stuck(case: &Case<'_>, volume: &Volume, held: &Attachment) -> bool {
    let (AttachmentState::Attaching, Some(holder)) = (&held.state, &held.instance) else { return false };
    let sight = Sight::Attaching(volume.id.clone(), holder.clone());
    case.inputs.sightings.lasted(&sight, case.inputs.now.monotonic) > STUCK_AFTER
}

fn propose(case: &mut Case<'_>, volume: &Volume, instance: &Instance, choice: Option<&Choice>) {
    if stuck_too_often(case, &volume.id, instance) || lapsed_too_often(case, &volume.id, instance) {
        return;
    }
    let Some((device, remark)) = choice else {
        let words = no_device(instance);
        return case.find(Finding::steady(State::Blocked, "no device", words));
    };
    let why =
        format!("{} runs, {} is available, both in {}{remark}", instance.id, volume.id, instance.availability_zone);
    let action = Action::Attach { volume: volume.id.clone(), instance: instance.id.clone(), device: device.clone() };
    case.propose(action, why, None);
}

/// Why no volume can be attached to the instance any more.
pub(super) fn no_device(instance: &Instance) -> String {
    format!("every device name of {} is taken or got stuck: replace the instance", instance.id)
}

/// Whether people have to look; then the finding says so.
fn stuck_too_often(case: &mut Case<'_>, volume: &VolumeId, instance: &Instance) -> bool {
    let is_so = case.memory.times_stuck(volume, &instance.id) >= STUCK_AT_MOST;
    if is_so {
        let words = format!(
            "attaching {volume} to {} got stuck {STUCK_AT_MOST} times under different device names: attach it by \
             hand, or replace the instance",
            instance.id
        );
        case.skip(StepKind::Attach, words.clone());
        case.find(Finding::steady(State::Blocked, "stuck", words));
    }
    is_so
}

/// Whether EC2 agreed often enough to what did not come about; then the finding says so.
fn lapsed_too_often(case: &mut Case<'_>, volume: &VolumeId, instance: &Instance) -> bool {
    let times = case.memory.times_lapsed(volume, &instance.id);
    let is_so = times >= LAPSED_AT_MOST;
    if is_so {
        let words = format!(
            "EC2 agreed {times} times to attach {volume} to {}, and it came to nothing: perhaps EC2 may not use the key that \
             it is encrypted with (KMS), or somebody detaches it; mend that, and then attach it on demand or by hand",
            instance.id
        );
        case.skip(StepKind::Attach, words.clone());
        case.find(Finding::steady(State::Blocked, "not attached", words));
    }
    is_so
}

/// The configured device name, or the next good one with a remark on why it is another.
fn choose_device(
    case: &Case<'_>,
    wanted: &HomeVolume,
    instance: &Instance,
    chosen: &BTreeMap<VolumeId, Choice>,
) -> Option<Choice> {
    let configured = wanted.device.as_str();
    let Some(trouble) = trouble_with(case, wanted, instance, configured) else {
        return Some((wanted.device.clone(), String::new()));
    };
    let of_others = |name: &str| {
        case.machine.volumes.iter().any(|other| other.device.as_str() == name)
            || chosen.values().any(|(device, _)| device.as_str() == name)
    };
    // EC2 recommends f to p; the last letters are the least likely to be taken by an image.
    let next = ('f'..='p')
        .rev()
        .map(|letter| format!("/dev/sd{letter}"))
        .find(|name| !of_others(name) && trouble_with(case, wanted, instance, name).is_none())?;
    let remark = format!("; {configured} {trouble}, so another name (a file system is found by its UUID or label)");
    Some((next.parse().ok()?, remark))
}

fn trouble_with(case: &Case<'_>, wanted: &HomeVolume, instance: &Instance, device: &str) -> Option<&'static str> {
    let (memory, id) = (case.memory, &instance.id);
    if instance.block_devices.get(&Text::new(device)).is_some_and(|volume| *volume != wanted.id) {
        Some("holds another volume")
    } else if memory.was_stuck(&wanted.id, id, device) {
        Some("got stuck before")
    } else if memory.times_taken(&wanted.id, id, device) >= 2 {
        // Once may be the few seconds for which an instance holds a name after a detachment.
        Some("is taken, though EC2 does not list it")
    } else {
        None
    }
}
