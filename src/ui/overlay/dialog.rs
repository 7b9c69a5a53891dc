//! Questions: they open on Cancel, and no letter says yes.

use std::time::Duration;

use jiff::Timestamp;
use tui_input::Input;

use crate::protocol::Command;

/// Keys count only after a dialog has been on screen this long: a typing hand must not answer it.
const GUARD: Duration = Duration::from_millis(500);

/// A question with the whole of what a yes would do.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    /// The question.
    pub(crate) title: String,
    /// What would be called, on what, why, and what undoes it: a word and a text each.
    pub(crate) body: Vec<(&'static str, String)>,
    /// When what it rests on was last seen.
    pub(crate) seen_at: Option<Timestamp>,
    /// The word on the button that says yes.
    pub(crate) yes: &'static str,
    /// What has to be typed first.
    pub(crate) typed: Option<Typed>,
    /// Which button the next Enter presses.
    pub(crate) focus: Focus,
    /// By how many lines the explanation is scrolled down, where it is too long.
    pub(crate) scroll: u16,
    /// What a yes does.
    pub(crate) then: Then,
    /// When it came up, by the real clock.
    pub(crate) shown_at: Duration,
}

/// Something that has to be typed before yes counts.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    /// What it is, such as "the machine's name".
    pub(crate) what: &'static str,
    /// The very text.
    pub(crate) expected: String,
    /// What was typed so far.
    pub(crate) input: Input,
}

/// The buttons of a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Focus {
    /// Leave everything as it is.
    Cancel,
    /// Do it.
    Yes,
}

/// What a yes does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then {
    /// These commands are given to the engine.
    Send(Vec<Command>),
    /// The program ends.
    Quit,
    /// The program is suspended.
    Suspend,
}

impl Dialog {
    /// A question that opens on Cancel, at `real`.
    pub(crate) fn new(title: impl Into<String>, yes: &'static str, then: Then, real: Duration) -> Self {
        Self {
            title: title.into(),
            body: Vec::new(),
            seen_at: None,
            yes,
            typed: None,
            focus: Focus::Cancel,
            scroll: 0,
            then,
            shown_at: real,
        }
    }

    /// The same with one more line of explanation.
    pub(crate) fn with(mut self, word: &'static str, text: impl Into<String>) -> Self {
        self.body.push((word, text.into()));
        self
    }

    /// Whether keys count by now.
    pub(crate) fn is_awake(&self, real: Duration) -> bool {
        real.saturating_sub(self.shown_at) >= GUARD
    }

    /// When keys begin to count, by the real clock.
    pub(crate) fn awake_at(&self) -> Duration {
        self.shown_at + GUARD
    }

    /// Whether a yes may be given: nothing has to be typed, or it is typed.
    pub(crate) fn may_say_yes(&self) -> bool {
        self.typed.as_ref().is_none_or(|typed| typed.input.value().trim() == typed.expected)
    }

    /// Moves to the other button.
    pub(crate) fn turn(&mut self) {
        self.focus = match self.focus {
            Focus::Cancel => Focus::Yes,
            Focus::Yes => Focus::Cancel,
        };
    }
}
