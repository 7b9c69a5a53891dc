//! Log lines as they are written: for people, for programs, and for the journal of systemd.

use std::fmt;
use std::io::IsTerminal as _;

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::words::Words;
use crate::clock::Clock;
use crate::model::Escaped;

/// How lines on stderr are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Time, level, machine and words, for people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Writes each event as one line, whatever its words hold.
pub(super) struct Line {
    clock: Clock,
    format: Format,
    for_journal: bool,
}

/// One line for programs. The names are a contract.
#[derive(Serialize)]
struct Object<'a> {
    timestamp: String,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    message: String,
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
}

impl Line {
    /// Lines of this format; whether systemd's journal reads them.
    pub(super) fn new(clock: &Clock, format: Format, for_journal: bool) -> Self {
        Self { clock: clock.clone(), format, for_journal }
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let words = Words::of(event);
        let (level, now) = (*event.metadata().level(), words.at.unwrap_or_else(|| self.clock.now().wall));
        if self.for_journal {
            write!(out, "{}", priority(level))?;
        }
        match self.format {
            Format::Json => {
                let message = Escaped(&words.message).to_string();
                writeln!(out, "{}", object(now, level, message, &words).map_err(|_| fmt::Error)?)
            }
            Format::Text => {
                // The journal has a time of its own beside each line.
                if !self.for_journal {
                    write!(out, "{} ", now.strftime("%Y-%m-%dT%H:%M:%SZ"))?;
                }
                let machine = if words.machine.is_empty() { "-" } else { &words.machine };
                let (level, message, others) = (name(level), Escaped(&words.message), Escaped(&words.others));
                writeln!(out, "{level:<5} {:<12} {message}{others}", Escaped(machine))
            }
        }
    }
}

/// An error as the program ends with it, as lines for stderr, each with its end.
#[must_use]
pub fn last_words(error: &str, format: Format) -> String {
    let priority = if stderr_is_journal() { priority(Level::ERROR) } else { "" };
    let mut lines: Vec<String> = error.lines().map(|line| Escaped(line).to_string()).collect();
    if format == Format::Json {
        // An object of texts has no way to fail.
        lines = vec![object(Timestamp::now(), Level::ERROR, lines.join("\n"), &Words::default()).unwrap_or_default()];
    } else if !error.starts_with("error")
        && let Some(first) = lines.first_mut()
    {
        first.insert_str(0, "error: ");
    }
    lines.iter().flat_map(|line| [priority, line.as_str(), "\n"]).collect()
}

fn object(now: Timestamp, level: Level, message: String, words: &Words) -> serde_json::Result<String> {
    let mut fields = words.fields.clone();
    fields.values_mut().for_each(escape);
    let machine = (!words.machine.is_empty()).then(|| Escaped(&words.machine).to_string());
    serde_json::to_string(&Object {
        timestamp: now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        level: name(level),
        machine,
        message,
        fields: &fields,
    })
}

/// Makes every text in it harmless.
fn escape(value: &mut Value) {
    match value {
        Value::String(text) => *text = Escaped(text).to_string(),
        Value::Array(values) => values.iter_mut().for_each(escape),
        Value::Object(fields) => fields.values_mut().for_each(escape),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        _ => "debug",
    }
}

/// What tells systemd's journal how much a line matters. Source: sd-daemon(3), which takes syslog's levels.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        _ => "<7>",
    }
}

/// Whether stderr goes to systemd's journal. Source: systemd.exec(5), `$JOURNAL_STREAM`: device and inode, which have
/// to be compared, as somebody may have redirected it since.
pub(super) fn stderr_is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let stderr = std::io::stderr();
    !stderr.is_terminal()
        && rustix::fs::fstat(&stderr).is_ok_and(|stat| format!("{}:{}", stat.st_dev, stat.st_ino) == stream)
}
