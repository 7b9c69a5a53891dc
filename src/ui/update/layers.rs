//! Keys for the layers on top of the panes.

mod approvals;
mod dialog;
mod filter;
mod menu;
mod palette;
mod reading;
mod ward;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;

use super::super::command::Command;
use super::super::message::Effect;
use super::super::model::Model;
use super::super::overlay::Overlay;
use super::super::table::Move;
use super::news;

pub(super) use filter::set_filter;
pub(super) use ward::take as take_examination;

/// Lets the topmost layer have a key. Returns nothing when there is no layer.
pub(super) fn key(model: &mut Model, event: KeyEvent) -> Option<Vec<Effect>> {
    let effects = match model.overlays.last()? {
        Overlay::Dialog(_) => dialog::key(model, event),
        Overlay::Palette(_) => palette::key(model, event),
        Overlay::Filter(_) => filter::key(model, event),
        Overlay::Menu(_) => menu::key(model, event),
        Overlay::Ward(_) => ward::key(model, event),
        Overlay::Approvals(_) => approvals::key(model, event),
        Overlay::Help(_) | Overlay::Details(_) | Overlay::Note(_) => reading::key(model, event),
    };
    Some(effects)
}

/// Whether the topmost layer is a text field.
pub(super) fn is_text_field(model: &Model) -> bool {
    match model.overlays.last() {
        Some(Overlay::Palette(_) | Overlay::Filter(_)) => true,
        Some(Overlay::Dialog(dialog)) => dialog.typed.is_some(),
        _ => false,
    }
}

/// Puts a pasted text into the text field on top, without what is no text.
pub(super) fn paste(model: &mut Model, text: &str) {
    for c in text.chars().filter(|c| !c.is_control()) {
        type_key(model, KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    }
}

/// Closes the topmost layer. Returns whether there was one.
pub(super) fn close(model: &mut Model) -> bool {
    let Some(top) = model.overlays.pop() else { return false };
    if let Overlay::Filter(prompt) = top {
        filter::undo(model, &prompt);
    }
    news::sync_approvals(model);
    true
}

/// Types a key into the text field on top.
fn type_key(model: &mut Model, event: KeyEvent) {
    match model.overlays.last_mut() {
        Some(Overlay::Dialog(dialog)) => {
            if let Some(typed) = &mut dialog.typed {
                typed.input.handle_event(&Event::Key(event));
            }
        }
        Some(Overlay::Palette(palette)) => {
            palette.input.handle_event(&Event::Key(event));
            palette.selected = 0;
        }
        Some(Overlay::Filter(prompt)) => {
            prompt.input.handle_event(&Event::Key(event));
            let typed = prompt.input.value().to_owned();
            filter::try_filter(model, &typed);
        }
        _ => {}
    }
}

/// The commands that make sense on top of a list or a text as well.
fn may_run_over(command: Command) -> bool {
    matches!(
        command,
        Command::Help
            | Command::Details
            | Command::RawFields
            | Command::LookNow
            | Command::Pause
            | Command::Suspend
            | Command::ToggleTime
            | Command::CopyMenu
            | Command::CopyId
    )
}

/// By how many items a movement goes in a short list.
fn steps(to: Move) -> isize {
    match to {
        Move::Down => 1,
        Move::Up => -1,
        Move::First => isize::MIN,
        Move::Last => isize::MAX,
        Move::PageDown | Move::HalfPageDown => 10,
        Move::PageUp | Move::HalfPageUp => -10,
    }
}
