//! Keys for the list of approvals.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::command::{Command, Scope};
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::Overlay;
use super::super::super::table::Move;
use super::super::run;
use super::{close, may_run_over, steps};
use crate::protocol::StepNumber;

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if event.code == KeyCode::Esc {
        close(model);
        return Vec::new();
    }
    match model.keys.command(Scope::Approvals, event) {
        Some(Command::Back | Command::Quit | Command::Pending) => drop(close(model)),
        Some(command) => match run::motion(command) {
            Some(to) => select_step(model, to),
            None if may_run_over(command) || command.entry().scope == Scope::Approvals => {
                return run::run(model, command);
            }
            None => {}
        },
        None => {}
    }
    Vec::new()
}

fn select_step(model: &mut Model, to: Move) {
    let waiting: Vec<StepNumber> =
        model.world.as_ref().map(|world| world.asked().iter().map(|step| step.number).collect()).unwrap_or_default();
    let Some(Overlay::Approvals(selected)) = model.overlays.last_mut() else { return };
    let at = selected.and_then(|step| waiting.iter().position(|other| *other == step)).unwrap_or_default();
    let next = at.saturating_add_signed(steps(to)).min(waiting.len().saturating_sub(1));
    let before = std::mem::replace(selected, waiting.get(next).copied());
    // It may not have been in sight until now: the half second begins anew.
    if let (true, Some(step)) = (before != *selected, *selected) {
        model.on_screen.insert(step, model.now.real);
    }
}
