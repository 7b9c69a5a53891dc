//! Log lines: on stderr or on the screen for whoever watches, and in the state folder for later.

mod file;
mod line;
mod screen;
mod words;

use std::path::Path;
use std::sync::OnceLock;

use tokio::sync::mpsc;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use self::line::{Format, last_words};
pub(super) use self::words::{AT, EVENT, FIELDS};

use self::file::LogFile;
use self::line::Line;
use crate::clock::Clock;
use crate::ui::LogLine;

/// The log file of this process, once it has begun to log.
static FILE: OnceLock<LogFile> = OnceLock::new();

/// Which lines go to stderr. Everything goes to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    /// The course of things: for the service and the demonstration.
    Everything,
    /// What somebody should know.
    Warnings,
}

/// Who sees the lines as they come.
#[derive(Debug, Clone)]
pub enum Sink {
    /// Whoever reads stderr.
    Stderr(Stderr, Format),
    /// Whoever looks at the screen: the course of things goes there. Nobody waits: when the channel is full, lines are
    /// left out, and the next that fits comes after one that says how many.
    Screen(mpsc::Sender<LogLine>),
}

impl Sink {
    /// The least level that goes there.
    fn level(&self) -> LevelFilter {
        match self {
            Self::Stderr(Stderr::Warnings, _) => LevelFilter::WARN,
            Self::Stderr(Stderr::Everything, _) | Self::Screen(_) => LevelFilter::INFO,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Stderr(..) => "stderr",
            Self::Screen(_) => "the screen",
        }
    }
}

/// Sends log lines to whoever watches and, with a folder, to a file a day in it.
///
/// # Errors
///
/// When the log file cannot be made, in plain words: the lines go to whoever watches all the same.
pub fn start(clock: &Clock, folder: Option<&Path>, sink: &Sink) -> Result<(), String> {
    let file = LogFile::default();
    let moved = file.move_to(folder, sink.name());
    // A second start in one process keeps the first.
    if subscriber(clock, &file, sink).try_init().is_ok() {
        let _ = FILE.set(file);
    }
    moved
}

/// Writes to a file a day in this folder from now on, or to none.
///
/// # Errors
///
/// When the log file cannot be made, in plain words: then there is none.
pub fn move_to(folder: Option<&Path>) -> Result<(), String> {
    FILE.get().map_or(Ok(()), |file| file.move_to(folder, "stderr"))
}

fn subscriber(clock: &Clock, file: &LogFile, sink: &Sink) -> impl Subscriber + Send + Sync + 'static {
    let shown = ours(sink.level());
    let (to_stderr, to_screen) = match sink {
        Sink::Stderr(_, format) => {
            let line = Line::new(clock, *format, line::stderr_is_journal());
            let layer = tracing_subscriber::fmt::layer().event_format(line).with_writer(std::io::stderr);
            (Some(layer.with_filter(shown)), None)
        }
        Sink::Screen(sender) => {
            let lines = screen::Lines::new(clock.clone(), sender.clone(), file.is_there());
            (None, Some(lines.with_filter(shown)))
        }
    };
    let file = file.clone();
    let to_file = tracing_subscriber::fmt::layer()
        .event_format(Line::new(clock, Format::Text, false))
        .with_writer(move || file.clone())
        .with_filter(ours(LevelFilter::DEBUG));
    tracing_subscriber::registry().with(to_stderr).with(to_screen).with(to_file)
}

fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("spotkeeper", level)
}

#[cfg(test)]
mod tests;
