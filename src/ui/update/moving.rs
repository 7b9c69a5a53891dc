//! Moving about in lists; the other panes follow the selected machine.

use super::super::layout::lay_out;
use super::super::log::LogLine;
use super::super::model::Model;
use super::super::overlay::{Note, Overlay};
use super::super::pane::Pane;
use super::super::subject::Subject;
use super::super::table::{List, Move, body_height};
use crate::model::MachineName;

/// How many rows of a pane are on screen; one for a pane that is behind others.
pub(super) fn height(model: &Model, pane: Pane) -> usize {
    let layout = lay_out(model.size, model.pane, model.zoomed);
    layout.place(pane).map_or(1, |place| body_height(place.table())).max(1)
}

/// Opens the log lines in sight in full: in the pane they are cut.
pub(super) fn open_log_lines(model: &mut Model) {
    let layout = lay_out(model.size, Pane::Log, model.zoomed);
    let height = layout.place(Pane::Log).map_or(0, |place| place.table().height);
    let times = model.times();
    let line = |line: &LogLine| format!("{} {} {}\n", times.clock(line.at), line.machine, line.words);
    let text: String = model.log.in_sight(height).map(line).collect();
    let note = Note { title: "The log lines in sight, in full".to_owned(), text, scroll: 0 };
    model.overlays.push(Overlay::Note(note));
}

/// Moves in the pane with the focus.
pub(super) fn go(model: &mut Model, to: Move) {
    let pane = model.pane;
    let height = height(model, pane);
    match pane {
        Pane::Machines => model.lists.machines.go(to, height),
        Pane::Requests => model.lists.requests.go(to, height),
        Pane::Instances => model.lists.instances.go(to, height),
        Pane::Volumes => model.lists.volumes.go(to, height),
        Pane::Log => {
            let layout = lay_out(model.size, pane, model.zoomed);
            if let Some(place) = layout.place(pane) {
                model.log.go(to, place.table());
            }
        }
    }
    follow(model);
}

/// Lets every other pane follow the machine that the selected row belongs to.
pub(super) fn follow(model: &mut Model) {
    let Some(name) = model.selected_machine().cloned() else { return };
    select_machine(model, &name);
}

/// Selects a machine, and what belongs to it, in every pane but the one with the focus.
fn select_machine(model: &mut Model, name: &MachineName) {
    let Some(world) = &model.world else { return };
    let Some(number) = world.number(name) else { return };
    let Some(machine) = world.machine(number) else { return };
    let request = machine.spot_request.clone();
    let instance = world.instance_of(machine).map(|instance| instance.id.clone());
    let volumes: Vec<_> = machine.volumes.iter().map(|volume| volume.id.clone()).collect();
    let heights = [Pane::Machines, Pane::Requests, Pane::Instances, Pane::Volumes].map(|pane| height(model, pane));
    let [high_machines, high_requests, high_instances, high_volumes] = heights;
    let focus = model.pane;
    let lists = &mut model.lists;
    if focus != Pane::Machines {
        select_or_clear(&mut lists.machines, Some(name), high_machines);
    }
    if focus != Pane::Requests {
        select_or_clear(&mut lists.requests, Some(&request), high_requests);
    }
    if focus != Pane::Instances {
        select_or_clear(&mut lists.instances, instance.as_ref(), high_instances);
    }
    let already = lists.volumes.selected().is_some_and(|selected| volumes.contains(selected));
    if focus != Pane::Volumes && !already {
        select_or_clear(&mut lists.volumes, volumes.first(), high_volumes);
    }
}

/// A list that does not show the row that is wanted has none selected: never that of something else.
fn select_or_clear<K: Ord + Clone>(list: &mut List<K>, key: Option<&K>, height: usize) {
    if !key.is_some_and(|key| list.select(key, height)) {
        list.clear_selection();
    }
}

/// Selects this row in the pane with the focus, if it is shown there.
pub(super) fn select(model: &mut Model, subject: &Subject) {
    let height = height(model, model.pane);
    let lists = &mut model.lists;
    let _ = match (model.pane, subject) {
        (Pane::Machines, Subject::Machine(name)) => lists.machines.select(name, height),
        (Pane::Requests, Subject::Request(id)) => lists.requests.select(id, height),
        (Pane::Instances, Subject::Instance(id)) => lists.instances.select(id, height),
        (Pane::Volumes, Subject::Volume(id)) => lists.volumes.select(id, height),
        _ => false,
    };
}

/// Goes to a pane.
pub(super) fn focus(model: &mut Model, pane: Pane) {
    model.pane = pane;
    reveal(model);
}

/// Scrolls every list so that its selected row is in sight.
pub(super) fn reveal(model: &mut Model) {
    let heights = [Pane::Machines, Pane::Requests, Pane::Instances, Pane::Volumes].map(|pane| height(model, pane));
    let [machines, requests, instances, volumes] = heights;
    model.lists.machines.reveal(machines);
    model.lists.requests.reveal(requests);
    model.lists.instances.reveal(instances);
    model.lists.volumes.reveal(volumes);
}

/// Selects the row under the pointer.
pub(super) fn click(model: &mut Model, column: u16, row: u16) {
    let layout = lay_out(model.size, model.pane, model.zoomed);
    let Some(place) = layout.pane_at(column, row).copied() else { return };
    focus(model, place.pane);
    let table = place.table();
    let Some(line) = row.checked_sub(table.y.saturating_add(1)) else { return };
    let (line, height) = (usize::from(line), body_height(table));
    let lists = &mut model.lists;
    match place.pane {
        Pane::Machines => select_line(&mut lists.machines, line, height),
        Pane::Requests => select_line(&mut lists.requests, line, height),
        Pane::Instances => select_line(&mut lists.instances, line, height),
        Pane::Volumes => select_line(&mut lists.volumes, line, height),
        Pane::Log => {}
    }
    follow(model);
}

fn select_line<K: Ord + Clone>(list: &mut List<K>, line: usize, height: usize) {
    if line < height
        && let Some(key) = list.key_at(line, height).cloned()
    {
        list.select(&key, height);
    }
}

/// The subject of the approvals list's selected step, else the selected row.
pub(super) fn subject(model: &Model) -> Option<Subject> {
    match super::super::availability::selected_step(model) {
        Ok(numbered) => Some(Subject::Machine(numbered.step.machine)),
        Err(_) => model.subject(),
    }
}
