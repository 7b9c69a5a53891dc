//! What the engine tells, and the passing of time.

use std::sync::Arc;
use std::time::Duration;

use super::super::message::Effect;
use super::super::model::Model;
use super::super::overlay::Overlay;
use super::super::table::Move;
use super::super::world::World;
use super::{layers, moving};
use crate::config::Occasion;
use crate::protocol::{Event, Snapshot, StepNumber, Weight};

/// Ages on the screen change once a minute.
const MINUTE: Duration = Duration::from_mins(1);

/// Takes a snapshot in. The latest wins; a frozen screen goes on showing what it froze, and rings all the same.
pub(super) fn snapshot(model: &mut Model, snapshot: Arc<Snapshot>) -> Vec<Effect> {
    model.latest = Some(Arc::clone(&snapshot));
    let changes = model.changes.take(&model.facts.config, &snapshot);
    if !model.frozen {
        show(model, snapshot);
    }
    // A machine that is ready for the first time calls nobody.
    let calls = changes.iter().filter(|change| change.occasion != Occasion::Ready);
    calls.map(|change| Effect::Ring(change.to_string())).collect()
}

/// Shows a snapshot. What was selected and is gone is told.
pub(super) fn show(model: &mut Model, snapshot: Arc<Snapshot>) {
    model.world = Some(World::new(Arc::clone(&model.estate), snapshot, model.world.as_ref()));
    let is_first = model.lists.machines.is_empty();
    let focus = model.pane;
    let lost = model.with_sight(|lists, sight| lists.refresh(focus, sight)).flatten();
    if let Some(words) = lost {
        model.say(words, Weight::Warning);
    }
    if is_first {
        moving::go(model, Move::First);
    }
    // The machine may have another instance now: the other panes go on following it.
    moving::follow(model);
    sync_approvals(model);
}

/// Keeps the list of approvals on a step that waits, and remembers since when each has been seen.
pub(super) fn sync_approvals(model: &mut Model) {
    let waiting: Vec<StepNumber> =
        model.world.as_ref().map(|world| world.asked().iter().map(|step| step.number).collect()).unwrap_or_default();
    let is_open = model.overlays.iter().any(|overlay| matches!(overlay, Overlay::Approvals(_)));
    model.on_screen.retain(|step, _| is_open && waiting.contains(step));
    if !is_open {
        return;
    }
    let real = model.now.real;
    for step in &waiting {
        model.on_screen.entry(*step).or_insert(real);
    }
    for overlay in &mut model.overlays {
        if let Overlay::Approvals(selected) = overlay
            && selected.is_none_or(|step| !waiting.contains(&step))
        {
            *selected = waiting.first().copied();
            // The selection moved under the operator's hand: the half second begins again.
            if let Some(step) = selected {
                model.on_screen.insert(*step, real);
            }
        }
    }
}

/// What is on screen was hidden until now: whatever has to be read before a key counts begins anew.
pub(super) fn shown_again(model: &mut Model) {
    let real = model.now.real;
    model.on_screen.values_mut().for_each(|since| *since = real);
    for overlay in &mut model.overlays {
        if let Overlay::Dialog(dialog) = overlay {
            dialog.shown_at = real;
        }
    }
}

/// Takes an event in. Most of them are told by the rows and the log.
pub(super) fn event(model: &mut Model, event: &Event) {
    match event {
        Event::Refused { .. } => model.say(event.to_string(), Weight::Warning),
        Event::Examined { machine, examination } => layers::take_examination(model, machine, examination),
        Event::ModeChanged(_) | Event::Paused(_) | Event::Resumed => model.say(event.to_string(), Weight::Info),
        _ => {}
    }
}

/// Time passed: ages are told anew when they may have changed.
pub(super) fn tick(model: &mut Model) {
    let now = model.now.clock.monotonic;
    if now.saturating_sub(model.ages_told) >= MINUTE {
        model.ages_told = now;
    }
}
