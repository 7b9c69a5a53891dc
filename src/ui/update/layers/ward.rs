//! Keys while an examination is read.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::command::{Command, Scope};
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::{Overlay, Ward};
use super::super::super::table::Move;
use super::super::super::view::ward_heights;
use super::super::run;
use super::{close, may_run_over, steps};
use crate::doctor::Examination;
use crate::model::MachineName;
use crate::protocol::Weight;

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let command = model.keys.command(Scope::Global, event);
    match (event.code, command) {
        (KeyCode::Esc, _) | (_, Some(Command::Back | Command::Quit)) => drop(close(model)),
        (_, Some(Command::CopyId)) => return copy(model),
        // What is copied of a row is no part of a verdict.
        (_, Some(Command::CopyMenu | Command::Details | Command::RawFields)) => {}
        (_, Some(command)) => match run::motion(command) {
            Some(to) => go(model, to),
            None if command == Command::Doctor || may_run_over(command) => return run::run(model, command),
            None => {}
        },
        _ => {}
    }
    Vec::new()
}

/// Copies what mends the selected verdict.
fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Ward(ward)) = model.overlays.last() else { return Vec::new() };
    let remedy = ward.found.as_ref().zip(ward.verdict()).and_then(|(found, verdict)| found.mending(verdict));
    if let Some(remedy) = remedy {
        return vec![Effect::Copy("remedy", remedy.to_copy())];
    }
    model.say("there is nothing to mend in this", Weight::Info);
    Vec::new()
}

/// Moves to another verdict; inside one that is longer than the box, line by line first.
fn go(model: &mut Model, to: Move) {
    let (heights, room) = ward_heights(model);
    let Some(Overlay::Ward(ward)) = model.overlays.last_mut() else { return };
    let last = heights.len().saturating_sub(1);
    let (top, bottom) = span(&heights, ward.selected);
    let (from, until) = (usize::from(ward.scroll), usize::from(ward.scroll) + room);
    match to {
        Move::Down if bottom > until => return ward.scroll = ward.scroll.saturating_add(1),
        Move::Up if top < from => return ward.scroll = ward.scroll.saturating_sub(1),
        _ => {}
    }
    ward.selected = ward.selected.saturating_add_signed(steps(to)).min(last);
    reveal(model);
}

/// Scrolls so far that the selected verdict is in sight, its beginning in any case.
fn reveal(model: &mut Model) {
    let (heights, room) = ward_heights(model);
    let Some(Overlay::Ward(ward)) = model.overlays.last_mut() else { return };
    let (top, bottom) = span(&heights, ward.selected);
    let from = usize::from(ward.scroll).max(bottom.saturating_sub(room)).min(top);
    ward.scroll = u16::try_from(from).unwrap_or(u16::MAX);
}

/// The first line of a verdict, and that after its last.
fn span(heights: &[usize], selected: usize) -> (usize, usize) {
    let top = heights.iter().take(selected).sum();
    (top, top + heights.get(selected).copied().unwrap_or_default())
}

/// Shows what was found where it is waited for.
pub(in super::super) fn take(model: &mut Model, machine: &MachineName, found: &Arc<Examination>) {
    for overlay in &mut model.overlays {
        if let Overlay::Ward(ward) = overlay
            && ward.machine == *machine
        {
            *ward = Ward { found: Some(Arc::clone(found)), ..Ward::of(machine.clone()) };
        }
    }
}
