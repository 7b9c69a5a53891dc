//! A home volume outlives every instance: DeleteOnTermination is cleared wherever it is set. Nothing waits for that.

use crate::model::{Attachment, AttachmentState, Instance, InstanceState, Volume};
use crate::plan::action::{Action, StepKind};
use crate::plan::case::Case;

use super::attach;

pub(super) fn judge(case: &mut Case<'_>) {
    for wanted in &case.machine.volumes {
        let Some(volume) = case.volume(&wanted.id) else { continue };
        for held in volume.holders().filter(|held| held.delete_on_termination) {
            match holder(case, volume, held) {
                Ok(instance) => propose(case, volume, held, instance),
                Err(words) => case.skip(StepKind::Keep, words),
            }
        }
    }
}

/// The instance on which the flag can be cleared, or why it cannot.
fn holder<'a>(case: &Case<'a>, volume: &Volume, held: &Attachment) -> Result<&'a Instance, String> {
    let id = &volume.id;
    if let Some(words) = attach::unfit(volume) {
        return Err(words);
    }
    let Some(holder) = &held.instance else { return Err(format!("EC2 names no instance that holds {id}")) };
    let Some(instance) = case.observation().instance(holder) else {
        return Err(format!("EC2 does not show {holder}, which holds {id}"));
    };
    if !matches!(instance.state, InstanceState::Running | InstanceState::Stopped) {
        return Err(format!("{holder}, which holds {id}, is {}", instance.state));
    }
    if !matches!(held.state, AttachmentState::Attached | AttachmentState::Busy) {
        return Err(format!("{id} is {} on {holder}", held.state));
    }
    // What is no plain name is not EC2's own word any more: it was made harmless.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '/';
    if !held.device.as_str().chars().all(is_plain) {
        return Err(format!("{} is no device name", held.device));
    }
    Ok(instance)
}

fn propose(case: &mut Case<'_>, volume: &Volume, held: &Attachment, instance: &Instance) {
    let (volume, device) = (volume.id.clone(), held.device.clone());
    let named = case.request().and_then(|request| request.instance.as_ref());
    let is_own = case.owns(instance) || named == Some(&instance.id);
    let doubt = format!("{} is not the machine's own", instance.id);
    let action = Action::Keep { volume, instance: instance.id.clone(), device };
    let why = "DeleteOnTermination is set there, so the volume goes with that instance";
    case.propose(action, why, (!is_own).then_some(doubt.as_str()));
}
