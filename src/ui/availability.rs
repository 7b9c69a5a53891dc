//! May a command run now, and if not, why not? Key bar, palette, the menu of actions and the update ask here alone.

use super::command::Command;
use super::demand;
use super::model::{Link, Model};
use super::overlay::Overlay;
use super::pane::Pane;
use super::subject::Subject;
use crate::model::MachineName;
use crate::plan::Action;
use crate::protocol::NumberedStep;

/// Whether a command may run now.
///
/// # Errors
///
/// Why not, in words that a toast can say.
pub(crate) fn may_run(model: &Model, command: Command) -> Result<(), String> {
    match command {
        Command::AttachNow | Command::DetachNow | Command::RebootNow | Command::RewriteName => {
            demand::offered(model, command).map(drop)
        }
        Command::Approve | Command::Decline | Command::Snooze => {
            demand::may_act(model)?;
            selected_step(model).map(drop)
        }
        Command::MarkRebooted => {
            demand::may_act(model)?;
            match selected_step(model)?.step.action {
                Action::Reboot { .. } => Ok(()),
                _ => Err("only a reboot can be marked as done".to_owned()),
            }
        }
        Command::Mode => may_change_mode(model),
        Command::Pause => may_pause(model),
        Command::LookNow => is_up(model),
        Command::Doctor => {
            is_up(model)?;
            patient(model).map(drop).ok_or_else(|| "no machine is selected".to_owned())
        }
        Command::Details if model.pane == Pane::Log => Ok(()),
        Command::Details | Command::RawFields | Command::Actions | Command::CopyId | Command::CopyMenu => {
            model.subject().map(drop).ok_or_else(|| "nothing is selected".to_owned())
        }
        Command::Ssh => ssh_words(model, model.selected_machine()).map(drop),
        Command::Sort => match model.pane {
            Pane::Log => Err("the log is in the order of time".to_owned()),
            _ => Ok(()),
        },
        Command::ErrorsOnly => match model.pane {
            Pane::Log => Ok(()),
            _ => Err("that is for the log".to_owned()),
        },
        _ => Ok(()),
    }
}

/// Whom to examine: the machine of the examination on top, else the selected one. As long as none is listed, because EC2
/// has shown nothing yet, it is the first of the configuration: then an examination is needed most.
pub(crate) fn patient(model: &Model) -> Option<&MachineName> {
    if let Some(Overlay::Ward(ward)) = model.overlays.last() {
        return Some(&ward.machine);
    }
    let first = || model.facts.config.machines.first().filter(|_| model.lists.machines.is_empty());
    model.selected_machine().or_else(|| first().map(|machine| &machine.name))
}

fn is_up(model: &Model) -> Result<(), String> {
    match &model.link {
        Link::Up => Ok(()),
        Link::Connecting => Err("the engine is not there yet".to_owned()),
        Link::Down(why) => Err(why.clone()),
    }
}

fn may_change_mode(model: &Model) -> Result<(), String> {
    is_up(model)?;
    if let Some(why) = &model.watching {
        return Err(format!("this session only watches: {why}"));
    }
    match model.latest.as_deref() {
        Some(snapshot) if snapshot.mode_is_fixed => {
            Err("this session was started read-only, and that cannot be lifted: start another".to_owned())
        }
        Some(_) => Ok(()),
        None => Err("nothing is known yet".to_owned()),
    }
}

fn may_pause(model: &Model) -> Result<(), String> {
    is_up(model)?;
    match model.latest.as_deref() {
        Some(snapshot) if snapshot.may_act => Ok(()),
        Some(_) => Err("this session only watches: there is nothing to pause".to_owned()),
        None => Err("nothing is known yet".to_owned()),
    }
}

/// The step that is selected in the list of approvals, as it stands in the plan that is shown.
pub(crate) fn selected_step(model: &Model) -> Result<NumberedStep, String> {
    let Some(Overlay::Approvals(selected)) = model.overlays.last() else {
        let key = model.keys.first_key(Command::Pending);
        return Err(format!("that is for the list of approvals: open it with {key}"));
    };
    let world = model.world.as_ref().ok_or("nothing is known yet")?;
    let selected = selected.ok_or("nothing waits for your yes")?;
    world
        .asked()
        .iter()
        .find(|numbered| numbered.number == selected)
        .cloned()
        .ok_or_else(|| format!("step {selected} is out of date: it does not wait for a yes any more"))
}

/// The ssh command for a machine, in words.
pub(crate) fn ssh_words(model: &Model, name: Option<&MachineName>) -> Result<Vec<String>, String> {
    let name = name.ok_or("no machine is selected")?;
    let world = model.world.as_ref().ok_or("nothing is known yet")?;
    let (machine, _) = world.find(name).ok_or("nothing is known of this machine yet")?;
    let address = world.address_of(machine).ok_or_else(|| format!("{name} has no address at the moment"))?;
    if model.facts.is_demo {
        return Err(format!("{name} is a machine of the demonstration: nobody answers at {address}"));
    }
    // With a managed block the name is known, with the host key of this very instance.
    let entry = world.seen().and_then(|seen| seen.names.entry(crate::model::NameTarget::Ssh, name));
    let host = if entry.is_some_and(|entry| entry.address == address) { name.to_string() } else { address.to_string() };
    let target = match &machine.ssh_user {
        Some(user) => format!("{user}@{host}"),
        None => host,
    };
    Ok(vec!["ssh".to_owned(), target])
}

/// What can be done to a row, as the menu of actions lists it.
pub(crate) fn actions_of(subject: &Subject) -> &'static [Command] {
    use Command as C;
    match subject {
        Subject::Machine(_) => &[
            C::AttachNow,
            C::DetachNow,
            C::RebootNow,
            C::RewriteName,
            C::Pending,
            C::Details,
            C::RawFields,
            C::Doctor,
            C::Ssh,
            C::CopyId,
            C::CopyMenu,
            C::LookNow,
        ],
        _ => &[
            C::Details,
            C::RawFields,
            C::AttachNow,
            C::DetachNow,
            C::RebootNow,
            C::Doctor,
            C::Ssh,
            C::CopyId,
            C::CopyMenu,
            C::LookNow,
        ],
    }
}
