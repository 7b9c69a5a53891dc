//! A line as a record of tui-logger's, and such a record as a line on the screen.
//!
//! A record has no field for a time of ours: its own is always the computer's, which is not the demonstration's. So
//! the time goes along as its module path, which nothing else needs.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use log::{Level, Record};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use tui_logger::{Drain, ExtLogRecord, LogFormatter};

use super::{LogLine, LogLook};
use crate::protocol::Weight;
use crate::ui::words::{cut, pad, width};

/// How many columns the machine takes, and the time at least.
const COLUMN: usize = 8;

/// Gives a line to tui-logger.
pub(super) fn push(drain: &Drain, line: &LogLine) {
    let level = match line.weight {
        Weight::Info => Level::Info,
        Weight::Warning => Level::Warn,
        Weight::Error => Level::Error,
    };
    let (at, words) = (line.at.to_string(), &line.words);
    let mut record = Record::builder();
    record.level(level).target(&line.machine).module_path(Some(&at));
    drain.log(&record.args(format_args!("{words}")).build());
}

fn weight(record: &ExtLogRecord) -> Weight {
    match record.level {
        Level::Error => Weight::Error,
        Level::Warn => Weight::Warning,
        _ => Weight::Info,
    }
}

fn time(record: &ExtLogRecord) -> Option<Timestamp> {
    record.module_path().and_then(|at| at.parse().ok())
}

/// Draws each record in one line: time, machine, words.
pub(super) struct Form(pub(super) LogLook);

impl LogFormatter for Form {
    fn min_width(&self) -> u16 {
        1
    }

    fn format(&self, room: usize, record: &ExtLogRecord) -> Vec<Line<'_>> {
        let LogLook { theme, times, machine, .. } = &self.0;
        let is_bold = machine.as_ref().is_some_and(|machine| machine.as_str() == record.target());
        let base = if is_bold { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        let weight = weight(record);
        let head = format!("{:<COLUMN$} {} ", times.tell(time(record)), pad(record.target(), COLUMN));
        let sign = theme.weight_symbol(weight);
        let gap = if sign.is_empty() { "" } else { " " };
        let words = format!("{sign}{gap}{}", record.msg());
        let rest = room.saturating_sub(width(&head));
        let spans = [
            Span::raw(cut(&head, room).into_owned()),
            Span::styled(cut(&words, rest).into_owned(), theme.weight(weight)),
        ];
        vec![Line::from_iter(spans).style(base)]
    }
}

/// Draws each record in one empty line, for drawings that nobody sees.
///
/// Tui-logger asks for the record in the middle, and then for one above and one below it in turns. Nobody wants those
/// below, so the first of them says that it fills all the lines there: half of the work is saved.
pub(super) struct Blank {
    /// How many lines there are below the middle; none when the last record is at the bottom.
    below: usize,
    asked: AtomicUsize,
}

/// Which record is the first below the middle, as tui-logger asks for them.
const FIRST_BELOW: usize = 2;

impl Blank {
    pub(super) fn new(below: usize) -> Self {
        Self { below, asked: AtomicUsize::new(0) }
    }
}

impl LogFormatter for Blank {
    fn min_width(&self) -> u16 {
        1
    }

    fn format(&self, _: usize, _: &ExtLogRecord) -> Vec<Line<'_>> {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        let lines = if nth == FIRST_BELOW { self.below.max(1) } else { 1 };
        vec![Line::default(); lines]
    }
}
