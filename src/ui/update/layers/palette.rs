//! Keys for the choice of a command by its name.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::Overlay;
use super::super::super::palette;
use super::super::run;
use super::{close, type_key};

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return Vec::new() };
    let matches = palette::matches(palette.input.value());
    let last = matches.len().saturating_sub(1);
    match event.code {
        KeyCode::Esc => drop(close(model)),
        KeyCode::Down | KeyCode::Tab => palette.selected = (palette.selected + 1).min(last),
        KeyCode::Up | KeyCode::BackTab => palette.selected = palette.selected.saturating_sub(1),
        KeyCode::Enter => {
            let chosen = matches.get(palette.selected).copied();
            close(model);
            return chosen.map(|command| run::run(model, command)).unwrap_or_default();
        }
        _ => type_key(model, event),
    }
    Vec::new()
}
