//! Keys while something is read: it scrolls.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::command::{Command, Scope};
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::Overlay;
use super::super::super::table::Move;
use super::super::super::view::most_scroll;
use super::super::run;
use super::{close, may_run_over};

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let command = model.keys.command(Scope::Global, event);
    let page = i32::from(model.size.height.saturating_sub(6).max(2));
    match (event.code, command) {
        (KeyCode::Esc | KeyCode::Enter, _) | (_, Some(Command::Back | Command::Quit)) => drop(close(model)),
        (_, Some(command)) => match run::motion(command) {
            Some(to) => scroll(model, to, page),
            None if command == Command::Help && matches!(model.overlays.last(), Some(Overlay::Help(_))) => {
                close(model);
            }
            None if may_run_over(command) => return run::run(model, command),
            None => {}
        },
        _ => {}
    }
    Vec::new()
}

fn scroll(model: &mut Model, to: Move, page: i32) {
    let most = most_scroll(model);
    let scroll = match model.overlays.last_mut() {
        Some(Overlay::Help(scroll)) => scroll,
        Some(Overlay::Details(details)) => &mut details.scroll,
        Some(Overlay::Note(note)) => &mut note.scroll,
        _ => return,
    };
    let by = match to {
        Move::Down => 1,
        Move::Up => -1,
        Move::First => i32::MIN / 2,
        Move::Last => i32::MAX / 2,
        Move::PageDown => page,
        Move::PageUp => -page,
        Move::HalfPageDown => page / 2,
        Move::HalfPageUp => -page / 2,
    };
    let at = i32::from(*scroll).saturating_add(by).clamp(0, i32::from(most));
    *scroll = u16::try_from(at).unwrap_or_default();
}
