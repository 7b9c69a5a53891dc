//! Taking a volume from the instance that holds it: the one demand by which somebody else can lose something.

use super::super::model::Model;
use super::super::overlay::{Dialog, Typed};
use super::super::subject::Subject;
use super::super::world::World;
use crate::config::Machine;
use crate::model::{Instance, InstanceId, InstanceState, VolumeId};
use crate::plan::Action;

/// Of all volumes that could be taken those that one question can be about: the selected one, or those that the same
/// instance holds.
pub(super) fn of_one_holder(model: &Model, actions: Vec<Action>) -> Vec<Action> {
    let selected = model.subject();
    let is_selected = |action: &Action| match (&selected, action) {
        (Some(Subject::Volume(id)), Action::Detach { volume, .. }) => id == volume,
        (Some(Subject::Instance(id)), Action::Detach { instance, .. }) => id == instance,
        _ => false,
    };
    let first = actions.iter().find(|action| is_selected(action)).or(actions.first()).and_then(holder).cloned();
    let only = matches!(selected, Some(Subject::Volume(_))) && actions.iter().any(is_selected);
    let fits = |action: &Action| if only { is_selected(action) } else { holder(action) == first.as_ref() };
    actions.into_iter().filter(fits).collect()
}

/// The question.
pub(super) fn title(actions: &[Action]) -> String {
    let volumes: Vec<String> = actions.iter().filter_map(volume).map(ToString::to_string).collect();
    let holder = actions.iter().find_map(holder).map(InstanceId::as_str).unwrap_or_default();
    format!("Take {} from {holder}?", volumes.join(" and "))
}

/// What has to be typed before these are taken.
pub(super) fn typed(actions: &[Action]) -> Option<Typed> {
    let holder = actions.iter().find_map(holder)?;
    let what = "to take it all the same, type or paste the id of the instance";
    Some(Typed { what, expected: holder.to_string(), input: tui_input::Input::default() })
}

fn holder(action: &Action) -> Option<&InstanceId> {
    if let Action::Detach { instance, .. } = action { Some(instance) } else { None }
}

fn volume(action: &Action) -> Option<&VolumeId> {
    if let Action::Detach { volume, .. } = action { Some(volume) } else { None }
}

/// Who holds the volume, what he loses, and what becomes of it.
pub(super) fn explain(
    dialog: Dialog,
    world: &World,
    machine: &Machine,
    volume: &VolumeId,
    holder: &InstanceId,
) -> Dialog {
    let seen = world.seen().and_then(|seen| seen.instance(holder));
    let is_own = world.instance_of(machine).is_some_and(|instance| instance.id == *holder);
    let held = world.volume(volume).and_then(|seen| seen.attachment_to(holder));
    let (state, device) =
        held.map_or(("not shown".to_owned(), String::new()), |held| (held.state.to_string(), held.device.to_string()));
    // The device name is EC2's word, and this line will be pasted into a shell.
    let quoted = shlex::try_quote(&device).unwrap_or_default();
    let undo =
        format!("aws ec2 attach-volume --volume-id {volume} --instance-id {holder} --device {quoted}, once it is free");
    let dialog = dialog
        .with("calls", format!("ec2:DetachVolume {volume} from {holder}, politely: never by force"))
        .with("holder", format!("{}; {volume} is {state} there as {device}", who(holder, seen, is_own)));
    if is_own {
        return dialog
            .with("lost", "nothing: it never came to be attached")
            .with("then", "it is attached again, under another device name, as mode and policy allow");
    }
    let is_up = seen.is_some_and(|seen| seen.state == InstanceState::Running);
    let lost = if is_up {
        "it runs: if the volume is mounted there, what is not written yet is lost, and what uses it fails. Unmount it \
         there first"
    } else {
        "what it has not written yet; and it does not find the volume when it starts again"
    };
    dialog
        .with("lost", lost)
        .with("busy", "as long as it is mounted there it stays busy, and goes nowhere until it is unmounted")
        .with("then", format!("{} gets it once it is free, as mode and policy allow", machine.name))
        .with("undo", undo)
}

fn who(holder: &InstanceId, seen: Option<&Instance>, is_own: bool) -> String {
    let Some(seen) = seen else { return format!("{holder}, which EC2 does not show") };
    let name = if seen.name.is_empty() { String::new() } else { format!(" (Name: {})", seen.name) };
    let whose = match &seen.spot_request {
        _ if is_own => "the machine's own instance, where it is stuck".to_owned(),
        Some(request) => format!("launched by {request}"),
        None => "not launched by a spot request".to_owned(),
    };
    format!("{holder}{name}, {}, {whose}", seen.state)
}
