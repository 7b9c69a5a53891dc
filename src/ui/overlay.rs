//! What lies on top of the panes: a stack of plain data, of which the topmost gets the keys.

mod dialog;
mod menu;
mod ward;

use tui_input::Input;

pub(crate) use dialog::{Dialog, Focus, Then, Typed};
pub(crate) use menu::{Item, Menu, Pick};
pub(crate) use ward::Ward;

use super::subject::Subject;
use crate::protocol::StepNumber;

/// One layer on top of the panes.
#[derive(Debug, Clone)]
pub(crate) enum Overlay {
    /// All commands with their keys; scrolled down by so many lines.
    Help(u16),
    /// The steps that wait for a yes, with the selected one.
    Approvals(Option<StepNumber>),
    /// A question.
    Dialog(Dialog),
    /// One thing in full.
    Details(Details),
    /// A choice.
    Menu(Menu),
    /// The choice of a command by its name.
    Palette(Palette),
    /// The filter of the pane below, while it is typed.
    Filter(Prompt),
    /// An examination.
    Ward(Ward),
    /// A text to read, such as one that could not be copied.
    Note(Note),
}

/// One thing in full.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    /// What is shown.
    pub(crate) subject: Subject,
    /// Whether the fields are shown as they are.
    pub(crate) raw: bool,
    /// By how many lines it is scrolled down.
    pub(crate) scroll: u16,
}

/// The choice of a command by its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Palette {
    /// What was typed.
    pub(crate) input: Input,
    /// Which of the matches is selected.
    pub(crate) selected: usize,
}

/// A filter while it is typed.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    /// What was typed.
    pub(crate) input: Input,
    /// What was in force before, for Esc.
    pub(crate) before: String,
    /// The row that was selected before: it is again whenever it is shown.
    pub(crate) selected: Option<Subject>,
    /// Why what was typed is no filter, if it is none.
    pub(crate) trouble: Option<String>,
}

/// A text to read.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// The heading.
    pub(crate) title: String,
    /// The text.
    pub(crate) text: String,
    /// By how many lines it is scrolled down.
    pub(crate) scroll: u16,
}
