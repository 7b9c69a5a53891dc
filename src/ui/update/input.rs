//! What the terminal sends: keys, pastes, resizes, the mouse.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use super::super::burst;
use super::super::command::{Command, Scope};
use super::super::layout::is_too_small;
use super::super::message::Effect;
use super::super::model::Model;
use super::super::overlay::{Dialog, Overlay, Then};
use super::super::table::Move;
use super::{layers, moving, news, run};
use crate::protocol::Weight;

/// Takes in what arrived at once.
pub(super) fn take(model: &mut Model, events: &[Event]) -> Vec<Effect> {
    let is_burst = model.burst.is_in(events, model.now.real) && !is_held(model, events);
    if is_burst && let Some(count) = dropped(model, events) {
        model
            .say(format!("what comes all at once, as in a paste, does not count here ({count} keys)"), Weight::Warning);
    }
    let mut effects = Vec::new();
    for event in events {
        match event {
            Event::Key(key) if is_burst && burst::is_key(event) => burst_key(model, *key),
            Event::Key(key) if key.kind == KeyEventKind::Release => {}
            Event::Key(key) if is_too_small(model.size) => effects.extend(blind_key(model, *key)),
            Event::Key(key) => effects.extend(self::key(model, *key)),
            Event::Paste(text) if layers::is_text_field(model) => layers::paste(model, text),
            Event::Paste(_) => model.say("a paste counts in text fields only", Weight::Warning),
            Event::Resize(width, height) => resize(model, Size { width: *width, height: *height }),
            Event::Mouse(mouse) => self::mouse(model, *mouse),
            _ => {}
        }
    }
    effects
}

/// What comes up, or comes back after the terminal was too small to show it, has to be read first.
fn resize(model: &mut Model, size: Size) {
    let was_hidden = is_too_small(model.size);
    model.size = size;
    moving::reveal(model);
    if was_hidden && !is_too_small(size) {
        news::shown_again(model);
    }
}

/// Whether these keys are one that is held and only moves: after a stall they arrive all at once.
fn is_held(model: &Model, events: &[Event]) -> bool {
    let mut keys = events.iter().filter_map(|event| if let Event::Key(key) = event { Some(*key) } else { None });
    let Some(first) = keys.next() else { return false };
    let moves = model.keys.command(Scope::Global, first).is_some_and(|command| run::motion(command).is_some());
    moves && !layers::is_text_field(model) && keys.all(|key| key.code == first.code && key.modifiers == first.modifiers)
}

/// A key on a screen that shows nothing: it may stop things, and begins none.
fn blind_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if is_interrupt(key) {
        return interrupt(model);
    }
    if pauses(model, key) { run::run(model, Command::Pause) } else { Vec::new() }
}

/// Whether a key pauses, which it does at once, whatever lies on top. To resume asks, and so is a command like others.
fn pauses(model: &Model, key: KeyEvent) -> bool {
    model.keys.command(Scope::Global, key) == Some(Command::Pause) && !model.is_paused()
}

fn is_interrupt(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// How many keys of a burst are dropped: all, but in a text field none.
fn dropped(model: &Model, events: &[Event]) -> Option<usize> {
    let count = events.iter().filter(|event| burst::is_key(event)).count();
    (!layers::is_text_field(model) && count > 0).then_some(count)
}

/// A key of a burst is a character at the most.
fn burst_key(model: &mut Model, key: KeyEvent) {
    if let KeyCode::Char(c) = key.code
        && layers::is_text_field(model)
        && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        layers::paste(model, c.encode_utf8(&mut [0; 4]));
    }
}

fn key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if is_interrupt(key) {
        return interrupt(model);
    }
    if pauses(model, key) && !layers::is_text_field(model) {
        return run::run(model, Command::Pause);
    }
    if let Some(effects) = layers::key(model, key) {
        return effects;
    }
    match model.keys.command(Scope::Global, key) {
        Some(command) => run::run(model, command),
        None if key.code == KeyCode::Esc => {
            run::back(model);
            Vec::new()
        }
        // A key that counts elsewhere says where.
        None => match model.keys.command(Scope::Approvals, key) {
            Some(command) => run::run(model, command),
            None => Vec::new(),
        },
    }
}

/// Ctrl-c is as the key that quits; twice, it forces.
fn interrupt(model: &mut Model) -> Vec<Effect> {
    let asked = matches!(model.overlays.last(), Some(Overlay::Dialog(Dialog { then: Then::Quit, .. })));
    if asked || model.leaving {
        model.leaving = true;
        return vec![Effect::Quit { at_once: true }];
    }
    while layers::close(model) {}
    run::quit(model)
}

/// The mouse selects and scrolls; it never acts.
fn mouse(model: &mut Model, mouse: MouseEvent) {
    if !model.overlays.is_empty() {
        return;
    }
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => moving::click(model, mouse.column, mouse.row),
        MouseEventKind::ScrollDown => moving::go(model, Move::Down),
        MouseEventKind::ScrollUp => moving::go(model, Move::Up),
        _ => {}
    }
}
