//! What the operator may demand now: safety is the planner's, patience is his.

use std::collections::BTreeMap;

use super::attach::{self, Choice};
use super::holder;
use super::names::{self, Desired, Wanted};
use super::reboot;
use super::seat::Seat;
use crate::config::HomeVolume;
use crate::model::{AttachmentState, Instance, InstanceState, Volume, VolumeId};
use crate::plan::action::{Action, StepKind};
use crate::plan::case::Case;

/// Offers to attach what is free and to reboot what has all its volumes: after the seat is found, before the rules
/// propose anything.
pub(super) fn of_instance(case: &mut Case<'_>, seat: &Seat<'_>, choices: &BTreeMap<VolumeId, Choice>) {
    let instance = match runs(case, seat) {
        Ok(instance) => instance,
        Err(words) => {
            case.offer(StepKind::Attach, Err(words.clone()));
            return case.offer(StepKind::Reboot, Err(words));
        }
    };
    for wanted in &case.machine.volumes {
        let action = attachment(case, wanted, instance, choices);
        case.offer(StepKind::Attach, action);
    }
    let action = reboot_with_all(case, instance);
    case.offer(StepKind::Reboot, action);
}

/// Offers to take each volume from the instance that holds it, unless that is where it belongs.
pub(super) fn of_holders(case: &mut Case<'_>, seat: &Seat<'_>) {
    for wanted in &case.machine.volumes {
        let action = match case.volume(&wanted.id) {
            Some(volume) => detachment(case, volume, seat),
            None => Err(format!("EC2 does not know {}", wanted.id)),
        };
        case.offer(StepKind::Detach, action);
    }
}

/// Offers to write each entry that is not as it should be.
pub(super) fn of_names(case: &mut Case<'_>, desired: &Desired) {
    if let Some(words) = &desired.nothing {
        return case.offer(StepKind::Names, Err(words.clone()));
    }
    for (target, wanted) in &desired.targets {
        let action = match wanted {
            Wanted::Unusable => Err(format!("{target} cannot be used")),
            Wanted::Nameless => Err(format!("the configuration has no host names for {target}")),
            Wanted::Entry(entry) => names::publication(case, *target, entry),
            Wanted::Nothing => Err(format!("nothing is to be published in {target}")),
        };
        case.offer(StepKind::Names, action);
    }
}

/// The eligible instance if it runs, or why there is none.
fn runs<'a>(case: &Case<'_>, seat: &Seat<'a>) -> Result<&'a Instance, String> {
    match seat {
        Seat::Eligible(instance) if instance.state == InstanceState::Running => Ok(instance),
        Seat::Eligible(instance) => Err(format!("{} is {}", instance.id, instance.state)),
        Seat::Kept(instance) => {
            let request = &case.machine.spot_request;
            Err(format!("{request} is cancelled: nothing is done to {} any more", instance.id))
        }
        Seat::Nowhere => Err(match case.first_words() {
            Some(words) => format!("there is no eligible instance: {words}"),
            None => "there is no eligible instance".to_owned(),
        }),
    }
}

fn attachment(
    case: &Case<'_>,
    wanted: &HomeVolume,
    instance: &Instance,
    choices: &BTreeMap<VolumeId, Choice>,
) -> Result<Action, String> {
    let id = &wanted.id;
    let Some(volume) = case.volume(id) else { return Err(format!("EC2 does not know {id}")) };
    if let Some(words) = attach::unfit(volume) {
        return Err(words);
    }
    if let Some(held) = volume.holders().next() {
        let holder = held.instance.as_ref().map_or("something that EC2 does not name", |holder| holder.as_str());
        return Err(format!("{id} is {} on {holder}", held.state));
    }
    if !attach::is_free(volume) {
        return Err(format!("{id} is {}", volume.state));
    }
    let Some((device, _)) = choices.get(id) else { return Err(attach::no_device(instance)) };
    Ok(Action::Attach { volume: id.clone(), instance: instance.id.clone(), device: device.clone() })
}

fn detachment(case: &Case<'_>, volume: &Volume, seat: &Seat<'_>) -> Result<Action, String> {
    let id = &volume.id;
    if let Some(words) = attach::unfit(volume) {
        return Err(words);
    }
    let Some(held) = volume.holders().next() else { return Err(format!("no instance holds {id}")) };
    let Some(holder) = &held.instance else {
        return Err(format!("{id} is in use by something of AWS that names no instance: it is not touched"));
    };
    let instance = case.observation().instance(holder);
    if let Some(InstanceState::Unknown(state)) = instance.map(|instance| &instance.state) {
        return Err(format!("{holder} is {state}: this program does not know that state"));
    }
    let is_seated = matches!(seat, Seat::Eligible(instance) if instance.id == *holder);
    let is_stuck = is_seated && attach::is_stuck(case, volume, held);
    if !is_stuck && holder::is_home(case, holder) {
        let stuck = if held.state == AttachmentState::Attaching { ", and not stuck there yet" } else { "" };
        return Err(format!("{id} is {} on {holder}, the machine's own instance{stuck}", held.state));
    }
    Ok(Action::Detach { volume: id.clone(), instance: holder.clone() })
}

fn reboot_with_all(case: &Case<'_>, instance: &Instance) -> Result<Action, String> {
    let is_here = |id: &VolumeId| case.volume(id).is_some_and(|volume| volume.is_attached_to(&instance.id));
    if let Some(missing) = case.machine.volumes.iter().find(|wanted| !is_here(&wanted.id)) {
        return Err(format!("{} is not attached to {}", missing.id, instance.id));
    }
    reboot::possible(case, instance)
}
