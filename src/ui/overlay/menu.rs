//! A choice among a few things.

use crate::config::Mode;
use crate::ui::command::Command;
use crate::ui::pane::Pane;

/// A choice.
#[derive(Debug, Clone)]
pub(crate) struct Menu {
    /// What is chosen.
    pub(crate) title: String,
    /// Among what; never empty.
    pub(crate) items: Vec<Item>,
    /// The selected item.
    pub(crate) selected: usize,
}

/// Something to choose.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Its key or sign, shown before it.
    pub(crate) key: String,
    /// What it is.
    pub(crate) label: String,
    /// More about it, or why it cannot be chosen.
    pub(crate) note: String,
    /// What choosing it does; nothing when it cannot be chosen.
    pub(crate) pick: Option<Pick>,
}

/// What choosing an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pick {
    /// Runs a command.
    Run(Command),
    /// Goes to a mode.
    SetMode(Mode),
    /// Copies a text, called by this word.
    Copy(&'static str, String),
    /// Sorts a pane by the column with this index; by none, in the natural order.
    Sort(Pane, Option<usize>),
}

impl Menu {
    /// A choice with the first item selected that can be chosen.
    pub(crate) fn new(title: impl Into<String>, items: Vec<Item>) -> Self {
        let selected = items.iter().position(|item| item.pick.is_some()).unwrap_or_default();
        Self { title: title.into(), items, selected }
    }

    /// Moves the selection by so many items, as far as there are any.
    pub(crate) fn step(&mut self, by: isize) {
        let last = self.items.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// What the selected item does.
    pub(crate) fn pick(&self) -> Option<&Item> {
        self.items.get(self.selected)
    }
}
