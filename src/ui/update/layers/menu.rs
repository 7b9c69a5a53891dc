//! Keys for menus.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::command::{Command, Scope};
use super::super::super::demand;
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::{Item, Overlay, Pick};
use super::super::super::pane::Pane;
use super::super::super::view::mode_word;
use super::super::{moving, run};
use super::{close, steps};
use crate::config::Mode;
use crate::protocol::{Command as Order, Weight};

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let command = model.keys.command(Scope::Global, event);
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else { return Vec::new() };
    if let KeyCode::Char(typed) = event.code
        && let Some(place) = menu.items.iter().position(|item| item.key.chars().eq([typed]))
    {
        menu.selected = place;
        return pick(model);
    }
    match (event.code, command) {
        (KeyCode::Esc, _) | (_, Some(Command::Back | Command::Quit)) => drop(close(model)),
        (KeyCode::Enter, _) => return pick(model),
        (_, Some(command)) => match run::motion(command) {
            Some(to) => menu.step(steps(to)),
            None => return run_from_menu(model, command),
        },
        _ => {}
    }
    Vec::new()
}

/// In a menu of commands, a command's own key chooses it.
fn run_from_menu(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else { return Vec::new() };
    let offers = |item: &Item| item.pick == Some(Pick::Run(command));
    if !menu.items.iter().any(offers) {
        return Vec::new();
    }
    close(model);
    run::run(model, command)
}

fn pick(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else { return Vec::new() };
    let Some(item) = menu.pick().cloned() else { return Vec::new() };
    let Some(pick) = item.pick else {
        model.say(item.note, Weight::Warning);
        return Vec::new();
    };
    close(model);
    match pick {
        Pick::Run(command) => return run::run(model, command),
        Pick::SetMode(mode) => return set_mode(model, mode),
        Pick::Copy(what, text) => return vec![Effect::Copy(what, text)],
        Pick::Sort(pane, column) => sort(model, pane, column),
    }
    Vec::new()
}

/// Goes to a mode; before auto mode, shows what it would do at once.
fn set_mode(model: &mut Model, mode: Mode) -> Vec<Effect> {
    if model.mode() == Some(mode) {
        model.say(format!("the mode is {} already", mode_word(mode)), Weight::Info);
        return Vec::new();
    }
    if mode == Mode::Auto {
        let dialog = demand::unleash(model, "Go to AUTO mode?", "Go to AUTO", Order::SetMode(mode));
        model.overlays.push(Overlay::Dialog(dialog));
        return Vec::new();
    }
    vec![Effect::Send(Order::SetMode(mode))]
}

fn sort(model: &mut Model, pane: Pane, column: Option<usize>) {
    let height = moving::height(model, pane);
    model.with_sight(|lists, sight| lists.sort_by(pane, column, height, sight));
}
