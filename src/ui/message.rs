//! What comes in to the screen, and what it wants done.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event as TerminalEvent;

use super::log::LogLine;
use crate::model::MachineName;
use crate::protocol::{Command, Event, Snapshot};

/// Something that happened to the screen.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one exists at a time, and is taken in at once")]
pub(crate) enum Message {
    /// Keys and the like, all that had arrived at once: people type one at a time, pastes come in bursts.
    Input(Vec<TerminalEvent>),
    /// The engine is there; a note says why it only watches, if it does.
    Connected(Option<String>),
    /// The engine cannot be there: why.
    Failed(String),
    /// There is something new to show.
    Snapshot(Arc<Snapshot>),
    /// The engine's loop turned, at this time of its monotonic clock.
    Pulse(Duration),
    /// Something happened.
    Happened(Event),
    /// So many events came too fast.
    Lost(u64),
    /// The engine ended.
    Gone,
    /// There are new log lines.
    Logged(Vec<LogLine>),
    /// A text was copied, or not: the words say how, or why not and what.
    Copied(Result<String, NotCopied>),
    /// Ssh ended: how.
    Returned(String),
    /// The program goes on after it was suspended.
    Resumed,
    /// Somebody outside asks the program to leave.
    Signal,
    /// A time that the screen waited for has come.
    Tick,
}

/// A text that could not be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotCopied {
    /// The text.
    pub(crate) text: String,
    /// Why not.
    pub(crate) why: String,
}

/// Something that the screen wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The engine is told.
    Send(Command),
    /// The program leaves, after the step in flight or at once.
    Quit {
        /// Whether not to wait for the step in flight.
        at_once: bool,
    },
    /// The program is suspended to the shell.
    Suspend,
    /// A text is copied; the word says what it is.
    Copy(&'static str, String),
    /// The terminal is given to ssh for a while, with these arguments.
    Ssh(MachineName, Vec<String>),
    /// The terminal rings, and is told why, as far as the configuration has it.
    Ring(String),
    /// The mouse is taken, or given back to the terminal.
    Mouse(bool),
}
