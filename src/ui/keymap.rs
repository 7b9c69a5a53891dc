//! Which key means which command: the shipped key file, and the user's over it.

mod conflict;
mod file;
mod key;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::Path;

use crossterm::event::{KeyEvent, KeyEventKind};

pub(crate) use self::key::Key;

use self::file::Given;
use crate::config::{self, ConfigError};
use crate::model::Text;

/// The key file with every command in it.
pub(crate) const SHIPPED: &str = include_str!("../../assets/keys.toml");

/// The scope whose keys hold everywhere.
const GLOBAL: &str = "global";
/// The scope where acting commands may be on bare lower-case letters.
const APPROVALS: &str = "approvals";

/// A command that can have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownCommand {
    /// Its name in the key file.
    pub(crate) name: &'static str,
    /// The table of the key file that it belongs to.
    pub(crate) scope: &'static str,
    /// Whether it leads to a change of the world.
    pub(crate) acting: bool,
}

/// The keys of every command; no key means two things in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyTable {
    bound: Vec<Bound>,
}

/// A command with its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    command: KnownCommand,
    keys: Vec<Key>,
}

impl KeyTable {
    /// The keys as they are shipped, for these commands.
    ///
    /// # Errors
    ///
    /// When the shipped file does not suit these commands.
    pub(crate) fn shipped(known: &[KnownCommand]) -> Result<Self, ConfigError> {
        let bare = Self { bound: known.iter().map(|command| Bound { command: *command, keys: Vec::new() }).collect() };
        bare.overridden("assets/keys.toml", SHIPPED)
    }

    /// The keys as they are shipped, overridden by the user's file if there is one.
    ///
    /// # Errors
    ///
    /// When the file is there but cannot be read, and for every mistake in it, all at once.
    pub(crate) fn load(path: &Path, known: &[KnownCommand]) -> Result<Self, ConfigError> {
        let shipped = Self::shipped(known)?;
        let file = path.to_string_lossy();
        match fs::read(path) {
            Ok(bytes) => shipped.overridden(&file, &config::decoded(&file, bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(shipped),
            Err(error) => {
                let title = format!("cannot read the keys in {}: {error}", Text::new(&file));
                Err(ConfigError::without_place(
                    title,
                    "let this user read the file, or remove it to have the shipped keys",
                ))
            }
        }
    }

    /// These keys, overridden by those in a key file: the keys of a command there replace all that it has here.
    /// `file` is what error messages call it.
    ///
    /// # Errors
    ///
    /// For every mistake in the file, and every key that would mean two things, all at once.
    pub(crate) fn overridden(&self, file: &str, source: &str) -> Result<Self, ConfigError> {
        config::document(file, source, |document, source, mistakes| {
            let known: Vec<KnownCommand> = self.bound.iter().map(|bound| bound.command).collect();
            let given = file::read(document, &known, mistakes);
            conflict::check(&self.bound, &given, source, mistakes);
            Some(self.with(&given))
        })
    }

    fn with(&self, given: &[Given]) -> Self {
        let keys = |bound: &Bound| {
            let new = given.iter().find(|given| given.command == bound.command)?;
            Some(new.keys.iter().map(|key| *key.get_ref()).collect())
        };
        let merged =
            |bound: &Bound| Bound { command: bound.command, keys: keys(bound).unwrap_or_else(|| bound.keys.clone()) };
        Self { bound: self.bound.iter().map(merged).collect() }
    }

    /// The name of the command that a key means in a scope, or else everywhere. Letting a key go means nothing.
    pub(crate) fn lookup(&self, scope: &str, event: KeyEvent) -> Option<&'static str> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let key = Key::from(event);
        let of = |scope: &str| self.bound.iter().find(|it| it.command.scope == scope && it.keys.contains(&key));
        of(scope).or_else(|| of(GLOBAL)).map(|bound| bound.command.name)
    }

    /// The keys of a command, the one to show first; none when it is unbound or unknown.
    pub(crate) fn keys_of(&self, command: &str) -> &[Key] {
        self.bound.iter().find(|bound| bound.command.name == command).map_or(&[], |bound| &bound.keys)
    }
}
