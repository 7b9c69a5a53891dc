//! The screen: one stream of messages folds into a model, and a view draws it.
//!
//! Messages come in (keys, snapshots, events, log lines, the passing of time), [`update`] folds each into the
//! [`model`] and returns effects, [`view`] draws the model and changes nothing, and [`screen`] is the loop around
//! them: it never waits for EC2, and draws only what changed.

mod availability;
mod burst;
mod clipboard;
mod command;
mod demand;
mod details;
mod filter;
mod freshness;
mod keyboard;
mod keymap;
mod keys;
mod layout;
mod log;
mod message;
mod model;
mod offscreen;
mod overlay;
mod palette;
mod pane;
mod panes;
mod screen;
mod subject;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod times;
mod update;
mod view;
mod welcome;
mod words;
mod world;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::tz::TimeZone;

pub use self::log::LogLine;
pub use self::offscreen::{News, Offscreen};
pub use self::screen::{Ending, Inlets, Link, Signal};
pub use self::welcome::{Choice, run as welcome};

use self::command::{Group, TABLE};
use self::keymap::KeyTable;
use self::keys::Keys;
use self::model::{Facts, Model};
use self::screen::Screen;
use self::terminal::Terminal;
use self::theme::Theme;
use self::times::Moment;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};

/// What a screen is made with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The configuration.
    pub config: Arc<Config>,
    /// The AWS profile, as far as one was named.
    pub profile: Option<String>,
    /// Whether the world is the demonstration's.
    pub is_demo: bool,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// Whether colours are used.
    pub colours: bool,
    /// Where clock times hold.
    pub zone: TimeZone,
    /// The keys.
    pub keys: Bindings,
}

/// Which key does what.
#[derive(Debug, Clone)]
pub struct Bindings(Keys);

impl Bindings {
    /// The shipped keys, with those of the user's file in their place if it is there.
    ///
    /// # Errors
    ///
    /// For every mistake in the file, all at once.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let known = command::known();
        let table = match file {
            Some(file) => KeyTable::load(file, &known)?,
            None => KeyTable::shipped(&known)?,
        };
        Ok(Self(Keys::new(table)))
    }

    /// Every command with its keys, in the order of the help.
    #[must_use]
    pub fn commands(&self) -> Vec<Bound> {
        let groups = Group::ALL.into_iter();
        let entries = groups.flat_map(|group| TABLE.iter().filter(move |entry| entry.group == group));
        entries
            .map(|entry| Bound {
                name: entry.name,
                group: entry.group.title(),
                keys: self.0.all_keys(entry.command),
                sentence: entry.sentence,
            })
            .collect()
    }
}

/// A command with its keys, as a table for people lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its name in the key file and in the palette.
    pub name: &'static str,
    /// What it is for, such as `Looking`.
    pub group: &'static str,
    /// Its keys in words, with a blank between two; empty when it has none.
    pub keys: String,
    /// What it does.
    pub sentence: &'static str,
}

/// Shows the screen on the terminal until the operator leaves, or a signal asks to.
///
/// # Errors
///
/// When there is no terminal, or it is gone.
pub async fn run(setup: Setup, clock: Clock, inlets: Inlets) -> io::Result<Ending> {
    let started = Instant::now();
    let terminal = Terminal::enter(false)?;
    let moment = Moment { real: started.elapsed(), clock: clock.now() };
    let model = model(setup, terminal.size()?, moment);
    Screen::new(model, terminal, clock, started, inlets)?.run().await
}

fn model(setup: Setup, size: ratatui::layout::Size, moment: Moment) -> Model {
    let Setup { config, profile, is_demo, ascii, colours, zone, keys } = setup;
    let facts = Facts { config, profile, zone, is_demo };
    Model::new(facts, keys.0, Theme::new(colours, ascii), size, moment)
}
