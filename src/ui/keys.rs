//! The key table in terms of commands.

use crossterm::event::KeyEvent;

use super::command::{Command, Scope, named};
use super::keymap::KeyTable;

/// Which key does what.
#[derive(Debug, Clone)]
pub(crate) struct Keys(KeyTable);

impl Keys {
    /// The keys of this table.
    pub(crate) fn new(table: KeyTable) -> Self {
        Self(table)
    }

    /// The command of a key, in this scope or everywhere.
    pub(crate) fn command(&self, scope: Scope, event: KeyEvent) -> Option<Command> {
        self.0.lookup(scope.name(), event).and_then(named)
    }

    /// The first key of a command in words; empty when it has none.
    pub(crate) fn first_key(&self, command: Command) -> String {
        self.0.keys_of(command.entry().name).first().map(ToString::to_string).unwrap_or_default()
    }

    /// All keys of a command in words.
    pub(crate) fn all_keys(&self, command: Command) -> String {
        let keys: Vec<String> = self.0.keys_of(command.entry().name).iter().map(ToString::to_string).collect();
        keys.join(" ")
    }
}
