//! Keys for the filter while it is typed: the rows follow each key.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::filter::Filter;
use super::super::super::log;
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::{Overlay, Prompt};
use super::super::super::pane::Pane;
use super::super::super::subject::Subject;
use super::super::super::table::Move;
use super::super::moving;
use super::{close, type_key};
use crate::protocol::Weight;

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    match event.code {
        KeyCode::Esc => drop(close(model)),
        KeyCode::Enter => {
            if let Some(Overlay::Filter(Prompt { trouble: Some(trouble), .. })) = model.overlays.last() {
                let trouble = trouble.clone();
                model.say(trouble, Weight::Warning);
            } else {
                model.overlays.pop();
            }
        }
        _ => type_key(model, event),
    }
    Vec::new()
}

/// Filters the pane with the focus by what was typed so far, or says in the prompt what is wrong with it.
pub(super) fn try_filter(model: &mut Model, typed: &str) {
    let trouble = apply(model, typed).err();
    if trouble.is_some() {
        // The rows of what was typed a key ago would belie what stands there now.
        set_filter(model, "");
    }
    if let Some(Overlay::Filter(prompt)) = model.overlays.last_mut() {
        prompt.trouble = trouble;
        let selected = prompt.selected.clone();
        keep(model, selected.as_ref());
    }
}

/// Filters as it was before the prompt.
pub(super) fn undo(model: &mut Model, prompt: &Prompt) {
    set_filter(model, &prompt.before);
    keep(model, prompt.selected.as_ref());
}

/// Selects the row that was selected before the prompt, else the first where the filter hid everything meanwhile.
fn keep(model: &mut Model, selected: Option<&Subject>) {
    if let Some(subject) = selected {
        moving::select(model, subject);
    }
    if model.pane != Pane::Log && model.subject().is_none() {
        moving::go(model, Move::First);
    }
    moving::follow(model);
}

/// Filters the pane with the focus by a text that was a filter before.
pub(in super::super) fn set_filter(model: &mut Model, typed: &str) {
    if let Err(why) = apply(model, typed) {
        model.say(why, Weight::Warning);
    }
}

fn apply(model: &mut Model, typed: &str) -> Result<(), String> {
    let pane = model.pane;
    let height = moving::height(model, pane);
    let columns: Vec<[&str; 2]> = match pane {
        Pane::Log => log::COLUMNS.map(|name| [name; 2]).to_vec(),
        _ => Model::columns(pane).iter().map(|column| [column.key, column.title]).collect(),
    };
    let filter = Filter::parse(typed, &columns)?;
    if pane == Pane::Log {
        model.log.set_filter(filter);
    } else {
        model.with_sight(|lists, sight| lists.set_filter(pane, filter, height, sight)).ok_or("nothing is known yet")?;
    }
    moving::follow(model);
    Ok(())
}
