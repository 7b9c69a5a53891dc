//! What the screen is joined to: the engine, signals, log lines; and how it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::protocol::{Command, Event, Snapshot};
use crate::ui::log::LogLine;

/// The screen's end of an engine.
#[derive(Debug)]
pub struct Link {
    /// For the operator's wishes.
    pub commands: mpsc::Sender<Command>,
    /// The latest state of everything.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What happens from now on.
    pub events: broadcast::Receiver<Event>,
    /// When the engine's loop last turned, by its monotonic clock.
    pub pulse: watch::Receiver<Duration>,
    /// Why this session only watches, if it does.
    pub watching: Option<String>,
}

/// A signal from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Leave; its number.
    Leave(u8),
    /// The process goes on after it was stopped.
    Continued,
}

/// What reaches the screen from the rest of the program.
#[derive(Debug)]
pub struct Inlets {
    /// The engine, once it is there, or why it cannot be.
    pub link: oneshot::Receiver<Result<Link, String>>,
    /// Log lines.
    pub lines: mpsc::Receiver<LogLine>,
    /// Signals.
    pub signals: mpsc::UnboundedReceiver<Signal>,
}

/// How the screen ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The operator left.
    Left,
    /// A signal asked to leave.
    Signal(u8),
    /// There could be no engine: why.
    Failed(String),
}
