//! What the operator demands by a key: the dialogs for it, from what the planner offers.

mod take;

use super::command::Command as Key;
use super::model::Model;
use super::overlay::{Dialog, Then, Typed};
use super::view::mode_word;
use super::world::World;
use crate::config::{Machine, Mode};
use crate::model::NameEntry;
use crate::plan::{Action, State, StepKind};
use crate::protocol::{Command, MachineView, NumberedStep};

/// What may be demanded of the selected machine by this key: the very actions, or why there are none.
pub(crate) fn offered(model: &Model, key: Key) -> Result<Vec<Action>, String> {
    may_act(model)?;
    let (_, _, view) = selected(model)?;
    let kind = match key {
        Key::AttachNow => StepKind::Attach,
        Key::DetachNow => StepKind::Detach,
        Key::RebootNow => StepKind::Reboot,
        _ => StepKind::Names,
    };
    let offers: Vec<&Result<Action, String>> =
        view.plan.offers.iter().filter(|offer| offer.kind == kind).map(|offer| &offer.action).collect();
    let actions: Vec<Action> = offers.iter().filter_map(|action| action.as_ref().ok().cloned()).collect();
    if actions.is_empty() {
        let why = offers.iter().find_map(|action| action.as_ref().err().cloned());
        return Err(why.unwrap_or_else(|| "the planner offers nothing of the kind".to_owned()));
    }
    Ok(if kind == StepKind::Detach { take::of_one_holder(model, actions) } else { actions })
}

/// Whether anything may be demanded or approved at all.
pub(crate) fn may_act(model: &Model) -> Result<(), String> {
    if model.frozen {
        return Err("the screen is frozen, and shows what was: let it go on first".to_owned());
    }
    if let Some(why) = &model.watching {
        return Err(format!("this session only watches: {why}"));
    }
    let snapshot = model.latest.as_deref().ok_or("nothing is known yet")?;
    if !snapshot.may_act {
        return Err("this session was started read-only: start another to act".to_owned());
    }
    if snapshot.paused.is_some() {
        return Err(format!("everything is paused: resume first, with {}", model.keys.first_key(Key::Pause)));
    }
    if snapshot.mode == Mode::ReadOnly {
        return Err("read-only mode changes nothing: choose another mode first".to_owned());
    }
    Ok(())
}

fn selected(model: &Model) -> Result<(&World, &Machine, &MachineView), String> {
    let world = model.world.as_ref().ok_or("nothing is known yet")?;
    let name = model.selected_machine().ok_or("no machine is selected")?;
    let (machine, view) = world.find(name).ok_or("nothing is known of this machine yet")?;
    Ok((world, machine, view))
}

/// The question before a demand: what will be called, on what, what was last seen, and what undoes it.
pub(crate) fn dialog(model: &Model, key: Key) -> Result<Dialog, String> {
    let actions = offered(model, key)?;
    let (world, machine, view) = selected(model)?;
    let (verb, title) = match key {
        Key::AttachNow => ("Attach", format!("Attach {} now?", machine.name)),
        Key::DetachNow => ("Take", take::title(&actions)),
        Key::RebootNow => ("Reboot", format!("Reboot {} now?", machine.name)),
        _ => ("Write", format!("Write the name entry of {} anew?", machine.name)),
    };
    let demands =
        actions.iter().map(|action| Command::Demand { machine: machine.name.clone(), action: action.clone() });
    let mut dialog = Dialog::new(title, verb, Then::Send(demands.collect()), model.now.real);
    for action in &actions {
        dialog = explain(dialog, world, machine, action);
    }
    dialog = dialog.with("machine", format!("{}: {}", view.plan.finding.state, view.plan.finding.reason));
    dialog.seen_at = world.snapshot().observed_at();
    if key == Key::DetachNow {
        dialog.typed = take::typed(&actions);
    }
    let is_ready = view.plan.finding.state == State::Ready;
    if key == Key::RebootNow && is_ready {
        dialog.typed = Some(Typed {
            what: "the machine is READY; to reboot it all the same, type its name",
            expected: machine.name.to_string(),
            input: tui_input::Input::default(),
        });
    }
    Ok(dialog)
}

fn explain(dialog: Dialog, world: &World, machine: &Machine, action: &Action) -> Dialog {
    match action {
        Action::Attach { volume, instance, device } => dialog
            .with("calls", format!("ec2:AttachVolume {volume} to {instance} as {device}"))
            .with(
                "seen",
                format!("{volume} {}, {instance} {}", volume_state(world, volume), instance_state(world, machine)),
            )
            .with("skips", "reboot delay and back-off; never a check: it looks again just before it acts")
            .with("undo", format!("aws ec2 detach-volume --volume-id {volume} --instance-id {instance}")),
        Action::Detach { volume, instance } => take::explain(dialog, world, machine, volume, instance),
        Action::Reboot { instance, volumes } => {
            let volumes: Vec<String> = volumes.iter().map(ToString::to_string).collect();
            dialog
                .with("calls", format!("ec2:RebootInstances {instance}"))
                .with("seen", format!("{instance} {}, with {}", instance_state(world, machine), volumes.join(", ")))
                .with("lost", "whatever runs there; nothing undoes a reboot")
        }
        Action::Publish { target, .. } => {
            let old = world.seen().and_then(|seen| seen.names.entry(*target, &machine.name));
            let new = action.entry();
            dialog
                .with("writes", action.to_string())
                .with("stands", entry_words(old))
                .with("becomes", entry_words(new.as_ref()))
                .with("undo", "the entry follows the machine; what stood there is in the journal")
        }
        other => dialog.with("does", other.to_string()),
    }
}

fn entry_words(entry: Option<&NameEntry>) -> String {
    let Some(entry) = entry else { return "nothing".to_owned() };
    let names: Vec<&str> = entry.hostnames.iter().map(crate::model::HostName::as_str).collect();
    format!("{} {} (of {})", entry.address, names.join(" "), entry.instance)
}

fn volume_state(world: &World, id: &crate::model::VolumeId) -> String {
    world.volume(id).map_or_else(|| "not shown".to_owned(), |volume| volume.state.to_string())
}

fn instance_state(world: &World, machine: &Machine) -> String {
    world.instance_of(machine).map_or_else(|| "not shown".to_owned(), |instance| instance.state.to_string())
}

/// The question before auto mode, or before resuming in it: all that would be done at once.
pub(crate) fn unleash(model: &Model, title: &str, yes: &'static str, then: Command) -> Dialog {
    let dialog = Dialog::new(title, yes, Then::Send(vec![then]), model.now.real);
    let Some(world) = &model.world else { return dialog };
    let mut dialog = dialog;
    let mut count = 0;
    for view in world.snapshot().machines.iter() {
        for action in &view.in_auto {
            dialog = dialog.with("at once", format!("{}: {action}", view.plan.machine));
            count += 1;
        }
    }
    if count == 0 {
        dialog = dialog.with("at once", "nothing");
    }
    dialog.seen_at = world.snapshot().observed_at();
    dialog.with("later", "whatever the policy allows, unasked; doubtful steps still wait for a yes")
}

/// The question before resuming.
pub(crate) fn resume(model: &Model) -> Dialog {
    match model.mode() {
        Some(Mode::Auto) => unleash(model, "Resume in AUTO mode?", "Resume", Command::Resume),
        mode => {
            let word = mode.map_or("its", mode_word);
            Dialog::new(format!("Resume in {word} mode?"), "Resume", Then::Send(vec![Command::Resume]), model.now.real)
                .with("then", "steps are planned and asked for again as before the pause")
        }
    }
}

/// The question before a reboot is marked as done.
pub(crate) fn mark_rebooted(model: &Model, numbered: &NumberedStep) -> Result<Dialog, String> {
    let Action::Reboot { instance, .. } = &numbered.step.action else {
        return Err("only a reboot can be marked as done".to_owned());
    };
    let machine = numbered.step.machine.clone();
    let then = Then::Send(vec![Command::MarkRebooted { machine: machine.clone(), instance: instance.clone() }]);
    let mut dialog =
        Dialog::new(format!("Was {instance} of {machine} rebooted already?"), "It was", then, model.now.real)
            .with("asked", numbered.step.why.clone())
            .with("does", "calls nothing; the journal says that no reboot is owed, and the name is published")
            .with("undo", "reboot it by hand, or by the key for it");
    dialog.seen_at = model.world.as_ref().and_then(|world| world.snapshot().observed_at());
    Ok(dialog)
}
