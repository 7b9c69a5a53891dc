//! Log lines: on stderr or on the screen for whoever watches, and in the state folder for later.

mod screen;
mod words;

use std::fmt;
use std::path::Path;

use tokio::sync::mpsc;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use self::words::Words;
use crate::clock::Clock;
use crate::model::{Escaped, Text};
use crate::ui::LogLine;

/// How many days of log files are kept.
const DAYS: usize = 14;

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
    Stderr(Stderr),
    /// Whoever looks at the screen: the course of things goes there. Nobody waits: when the channel is full, lines are
    /// left out, and the next that fits comes after one that says how many.
    Screen(mpsc::Sender<LogLine>),
}

impl From<Stderr> for Sink {
    fn from(stderr: Stderr) -> Self {
        Self::Stderr(stderr)
    }
}

impl Sink {
    /// The least level that goes there.
    fn level(&self) -> LevelFilter {
        match self {
            Self::Stderr(Stderr::Warnings) => LevelFilter::WARN,
            Self::Stderr(Stderr::Everything) | Self::Screen(_) => LevelFilter::INFO,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Stderr(_) => "stderr",
            Self::Screen(_) => "the screen",
        }
    }
}

/// Sends log lines to whoever watches and, with a folder, to a file a day in it.
///
/// # Errors
///
/// When the log file cannot be made, in plain words: the lines go to whoever watches all the same.
pub fn start(clock: &Clock, folder: Option<&Path>, sink: impl Into<Sink>) -> Result<(), String> {
    let sink = sink.into();
    let (file, trouble) = match folder.map(|folder| open(folder, &sink)) {
        Some(Ok(file)) => (Some(file), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    // A second start in one process keeps the first.
    let _ = subscriber(clock, file, &sink).try_init();
    trouble.map_or(Ok(()), Err)
}

fn subscriber(
    clock: &Clock,
    file: Option<RollingFileAppender>,
    sink: &Sink,
) -> impl Subscriber + Send + Sync + 'static {
    let line = || Line { clock: clock.clone() };
    let shown = ours(sink.level());
    let (to_stderr, to_screen) = match sink {
        Sink::Stderr(_) => {
            let layer = tracing_subscriber::fmt::layer().event_format(line()).with_writer(std::io::stderr);
            (Some(layer.with_filter(shown)), None)
        }
        Sink::Screen(sender) => {
            let lines = screen::Lines::new(clock.clone(), sender.clone(), file.is_some());
            (None, Some(lines.with_filter(shown)))
        }
    };
    let to_file = file.map(|file| {
        tracing_subscriber::fmt::layer()
            .event_format(line())
            .with_writer(std::sync::Mutex::new(file))
            .with_filter(ours(LevelFilter::DEBUG))
    });
    tracing_subscriber::registry().with(to_stderr).with(to_screen).with(to_file)
}

fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("spotkeeper", level)
}

fn open(folder: &Path, sink: &Sink) -> Result<RollingFileAppender, String> {
    let words = |error: &dyn fmt::Display| {
        let folder = Text::new(&folder.display().to_string());
        format!("cannot write a log file in {folder}: {error}; log lines go to {} only", sink.name())
    };
    std::fs::create_dir_all(folder).map_err(|error| words(&error))?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("spotkeeper")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .map_err(|error| words(&error))
}

/// Time, level, machine, words: one line, whatever the words hold.
struct Line {
    clock: Clock,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let words = Words::of(event);
        let time = self.clock.now().wall.strftime("%Y-%m-%dT%H:%M:%SZ");
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warn ",
            Level::INFO => "info ",
            _ => "debug",
        };
        let machine = if words.machine.is_empty() { "-" } else { &words.machine };
        writeln!(out, "{time} {level} {:<12} {}{}", Escaped(machine), Escaped(&words.message), Escaped(&words.others))
    }
}

#[cfg(test)]
mod tests;
