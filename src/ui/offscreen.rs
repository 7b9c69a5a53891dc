//! The screen without a terminal: keys in, cells out. For tests, benchmarks, and the picture in the README.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::keymap::Key;
use super::log::LogLine;
use super::message::{Effect, Message};
use super::model::Model;
use super::times::Moment;
use super::update::update;
use super::{Setup, view};
use crate::model::Now;
use crate::protocol::{Command, Event, Snapshot};

/// A screen that draws into a buffer. Its guards and toasts go by the same clock as its world.
#[derive(Debug)]
pub struct Offscreen {
    model: Model,
    buffer: Buffer,
    cursor: Option<Position>,
    now: Now,
    done: Vec<String>,
}

/// Something that reaches the screen.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one exists at a time, and is taken in at once")]
pub enum News {
    /// The engine is there; why it only watches, if it does.
    Connected(Option<String>),
    /// There is something new to show.
    Snapshot(Arc<Snapshot>),
    /// Something happened.
    Event(Event),
    /// The engine's loop turned, at this time of its monotonic clock.
    Pulse(Duration),
    /// The engine ended.
    Gone,
    /// There are new log lines.
    Lines(Vec<LogLine>),
    /// A text was pasted.
    Paste(String),
    /// A text was pasted into a terminal that does not mark pastes.
    Burst(String),
    /// The terminal has so many columns and rows now.
    Resize(u16, u16),
    /// A signal asks to leave.
    Signal,
}

impl Offscreen {
    /// A screen that has just come up.
    #[must_use]
    pub fn new(setup: Setup, width: u16, height: u16, now: Now) -> Self {
        let area = Rect { x: 0, y: 0, width, height };
        let model = super::model(setup, area.as_size(), moment(now));
        Self { model, buffer: Buffer::empty(area), cursor: None, now, done: Vec::new() }
    }

    /// Sets the time. What changes by itself changes by then.
    pub fn at(&mut self, now: Now) {
        self.now = now;
        self.update(Message::Tick);
    }

    /// Takes something in. Returns what the engine is told.
    pub fn take(&mut self, news: News) -> Vec<Command> {
        let message = match news {
            News::Connected(watching) => Message::Connected(watching),
            News::Snapshot(snapshot) => Message::Snapshot(snapshot),
            News::Event(event) => Message::Happened(event),
            News::Pulse(at) => Message::Pulse(at),
            News::Gone => Message::Gone,
            News::Lines(lines) => Message::Logged(lines),
            News::Paste(text) => Message::Input(vec![TerminalEvent::Paste(text)]),
            News::Burst(text) => Message::Input(text.chars().map(character).collect()),
            News::Resize(width, height) => {
                self.buffer.resize(Rect { x: 0, y: 0, width, height });
                Message::Input(vec![TerminalEvent::Resize(width, height)])
            }
            News::Signal => Message::Signal,
        };
        self.update(message)
    }

    /// Presses keys, one after the other, each a word: `p`, `Ctrl-d`, `Enter`. Returns what the engine is told. What is
    /// no key's name is typed letter by letter.
    pub fn press(&mut self, keys: &str) -> Vec<Command> {
        let mut commands = Vec::new();
        for word in keys.split_whitespace() {
            let events = Key::parse(word).map_or_else(
                || word.chars().map(character).collect(),
                |key| vec![TerminalEvent::Key(KeyEvent::from(key))],
            );
            for event in events {
                commands.extend(self.update(Message::Input(vec![event])));
            }
        }
        commands
    }

    /// What else was wanted since this was last asked: quit, suspend, copies, bells, in words.
    pub fn wanted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }

    /// Draws the screen.
    pub fn draw(&mut self) -> &Buffer {
        self.model.now = moment(self.now);
        self.buffer.reset();
        self.cursor = view::draw(&self.model, self.buffer.area, &mut self.buffer);
        &self.buffer
    }

    /// Where the cursor was shown when it was last drawn.
    #[must_use]
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor.map(|cursor| (cursor.x, cursor.y))
    }

    /// Draws the screen as lines of text.
    pub fn text(&mut self) -> String {
        let width = usize::from(self.buffer.area.width).max(1);
        let buffer = self.draw();
        let lines = buffer.content().chunks(width).map(|line| {
            let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn update(&mut self, message: Message) -> Vec<Command> {
        let mut commands = Vec::new();
        for effect in update(&mut self.model, message, moment(self.now)) {
            match effect {
                Effect::Send(command) => commands.push(command),
                other => self.done.push(format!("{other:?}")),
            }
        }
        commands
    }
}

fn moment(now: Now) -> Moment {
    Moment { real: now.monotonic, clock: now }
}

fn character(c: char) -> TerminalEvent {
    let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
    TerminalEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))
}
