//! The update: takes one message in, changes the model, and returns what is to be done.

mod copying;
mod input;
mod layers;
mod moving;
mod news;
mod run;
mod wake;

pub(crate) use wake::next as next_wake;

use super::message::{Effect, Message, NotCopied};
use super::model::{Link, Model, Pulse};
use super::overlay::{Note, Overlay};
use super::times::Moment;
use crate::protocol::Weight;

/// Takes a message in at a moment.
pub(crate) fn update(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    model.now = now;
    if model.toast.as_ref().is_some_and(|toast| toast.until <= now.real) {
        model.toast = None;
    }
    match message {
        Message::Input(events) => return input::take(model, &events),
        Message::Connected(watching) => connected(model, watching),
        Message::Failed(why) => model.link = Link::Down(why),
        Message::Snapshot(snapshot) => return news::snapshot(model, snapshot),
        Message::Pulse(at) => model.pulse = Some(Pulse { at }),
        Message::Happened(event) => news::event(model, &event),
        Message::Lost(count) => {
            model.say(format!("{count} events came too fast to be told; the log has them"), Weight::Warning);
        }
        Message::Gone => return gone(model),
        Message::Logged(lines) => model.log.take(lines),
        Message::Copied(Ok(how)) => model.say(how, Weight::Info),
        Message::Copied(Err(not)) => show(model, not),
        Message::Returned(words) => model.say(words, Weight::Info),
        Message::Resumed => {}
        Message::Signal => return run::leave(model),
        Message::Tick => news::tick(model),
    }
    Vec::new()
}

fn connected(model: &mut Model, watching: Option<String>) {
    model.link = Link::Up;
    if let Some(why) = &watching {
        model.say(format!("only watching: {why}"), Weight::Warning);
    }
    model.watching = watching;
}

/// The engine ended: as it was told, or by itself.
fn gone(model: &mut Model) -> Vec<Effect> {
    if model.leaving {
        return vec![Effect::Quit { at_once: true }];
    }
    if !matches!(model.link, Link::Down(_)) {
        model.link = Link::Down("the engine ended: nothing is kept any more; leave and start again".to_owned());
    }
    Vec::new()
}

/// What cannot be copied is at least shown.
fn show(model: &mut Model, not: NotCopied) {
    let note = Note { title: format!("Could not copy: {}", not.why), text: not.text, scroll: 0 };
    model.overlays.push(Overlay::Note(note));
}
