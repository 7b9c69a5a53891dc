//! Keys for dialogs: no letter says yes.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::super::demand;
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::overlay::{Dialog, Focus, Overlay, Then};
use super::super::super::view::most_scroll;
use super::super::run;
use super::{close, type_key};
use crate::protocol::{Command as Order, Weight};

pub(super) fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let (real, most) = (model.now.real, most_scroll(model));
    let Some(Overlay::Dialog(dialog)) = model.overlays.last_mut() else { return Vec::new() };
    if event.code == KeyCode::Esc {
        close(model);
        return Vec::new();
    }
    if !dialog.is_awake(real) {
        return Vec::new();
    }
    let types = dialog.typed.is_some();
    match event.code {
        KeyCode::Tab | KeyCode::BackTab => dialog.turn(),
        KeyCode::Left | KeyCode::Right if !types || is_empty(dialog) => dialog.turn(),
        KeyCode::Char('h' | 'l') if !types => dialog.turn(),
        KeyCode::Char('q') if !types => drop(close(model)),
        KeyCode::Enter => return press(model),
        KeyCode::Down => dialog.scroll = dialog.scroll.saturating_add(1).min(most),
        KeyCode::Up => dialog.scroll = dialog.scroll.min(most).saturating_sub(1),
        _ if types => type_key(model, event),
        _ => {}
    }
    Vec::new()
}

fn is_empty(dialog: &Dialog) -> bool {
    dialog.typed.as_ref().is_none_or(|typed| typed.input.value().is_empty())
}

/// Presses the button with the focus.
fn press(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Dialog(dialog)) = model.overlays.last() else { return Vec::new() };
    if dialog.focus == Focus::Yes && !dialog.may_say_yes() {
        let expected = dialog.typed.as_ref().map(|typed| typed.expected.clone()).unwrap_or_default();
        model.say(format!("type {expected} first"), Weight::Warning);
        return Vec::new();
    }
    let (focus, then) = (dialog.focus, dialog.then.clone());
    close(model);
    match (focus, then) {
        (Focus::Cancel, _) => Vec::new(),
        (Focus::Yes, Then::Send(orders)) => send(model, orders),
        (Focus::Yes, Then::Quit) => run::leave(model),
        (Focus::Yes, Then::Suspend) => vec![Effect::Suspend],
    }
}

/// What a dialog showed is exactly what is sent, or nothing is: a frozen or paused session refuses it.
fn send(model: &mut Model, orders: Vec<Order>) -> Vec<Effect> {
    let demands = orders.iter().any(|order| matches!(order, Order::Demand { .. }));
    if let (true, Err(why)) = (demands, demand::may_act(model)) {
        model.say(why, Weight::Warning);
        return Vec::new();
    }
    if demands {
        model.say("asked for: it looks once more before it acts", Weight::Info);
    }
    orders.into_iter().map(Effect::Send).collect()
}
