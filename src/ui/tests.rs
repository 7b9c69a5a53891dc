//! Properties of the whole screen: whatever the world does and whatever is typed.

mod hands;
mod random;
mod selection;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event as TerminalEvent;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::message::{Effect, Message};
use super::model::Model;
use super::overlay::Overlay;
use super::times::Moment;
use super::update::update;
use super::{Bindings, Setup, view};
use crate::model::Now;
use crate::protocol::{Command, Snapshot};

/// A screen under test, with its own clock.
struct Bench {
    model: Model,
    now: Now,
}

impl Bench {
    /// A connected screen of this size, over the machines of [`random`].
    fn new(width: u16, height: u16) -> Self {
        let setup = Setup {
            config: random::config(),
            profile: None,
            is_demo: false,
            ascii: false,
            colours: true,
            zone: TimeZone::UTC,
            keys: Bindings::load(None).unwrap(),
        };
        let now = random::begin();
        let moment = Moment { real: now.monotonic, clock: now };
        let mut bench = Self { model: super::model(setup, Size { width, height }, moment), now };
        bench.take(Message::Connected(None));
        bench
    }

    fn take(&mut self, message: Message) -> Vec<Effect> {
        let moment = Moment { real: self.now.monotonic, clock: self.now };
        update(&mut self.model, message, moment)
    }

    fn show(&mut self, snapshot: &Snapshot) {
        self.take(Message::Snapshot(Arc::new(snapshot.clone())));
    }

    /// What the engine is told after this key.
    fn press(&mut self, event: impl Into<crossterm::event::KeyEvent>) -> Vec<Command> {
        let effects = self.take(Message::Input(vec![TerminalEvent::Key(event.into())]));
        sent(effects)
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall = self.now.wall.checked_add(time).unwrap();
        self.take(Message::Tick);
    }

    fn draw(&self) -> Buffer {
        let Size { width, height } = self.model.size;
        let area = Rect { x: 0, y: 0, width, height };
        let mut buffer = Buffer::empty(area);
        let cursor = view::draw(&self.model, area, &mut buffer);
        assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "a cursor outside: {cursor:?}");
        buffer
    }
}

/// What of these effects goes to the engine.
fn sent(effects: Vec<Effect>) -> Vec<Command> {
    let command = |effect| if let Effect::Send(command) = effect { Some(command) } else { None };
    effects.into_iter().filter_map(command).collect()
}

/// Whether a command changes the world, or lets the engine do so.
fn acts(command: &Command) -> bool {
    use crate::config::Mode;
    match command {
        Command::Approve { .. } | Command::Demand { .. } | Command::MarkRebooted { .. } | Command::Resume => true,
        Command::SetMode(mode) => *mode == Mode::Auto,
        _ => false,
    }
}
