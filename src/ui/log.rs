//! The log pane: the newest log lines, all of them or those that matter.
//!
//! What is kept and what is shown are two things. The view keeps the newest lines in an archive of its own; those that
//! match the filter are in the [shown] set, which tui-logger holds and draws. A line costs as much as itself, a frame
//! as much as the lines that it shows, and only another filter looks at the whole archive.

mod line;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget as _};

#[cfg(test)]
pub(crate) use self::shown::alone;

use self::shown::{DEPTH, Shown};
use super::filter::Filter;
use super::table::Move;
use super::theme::Theme;
use super::times::Times;
use super::words::cut;
use crate::model::{MachineName, Text};
use crate::protocol::Weight;

/// What a filter of the log can name.
pub(crate) const COLUMNS: [&str; 3] = ["machine", "level", "text"];

/// A log line on its way to the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, by the clock of world and engine.
    pub at: Timestamp,
    /// How much it matters.
    pub weight: Weight,
    /// Which machine it is about; empty for none. Any text: the screen makes it harmless.
    pub machine: String,
    /// What it says. Any text: the screen makes it harmless.
    pub words: String,
}

impl LogLine {
    /// The line with all of its text harmless, on one line, and of a length that can be kept.
    fn harmless(self) -> Self {
        Self { machine: Text::from(self.machine).into(), words: Text::from(self.words).into(), ..self }
    }

    /// The text in one of the [`COLUMNS`].
    fn cell(&self, column: usize) -> &str {
        match column {
            0 => &self.machine,
            1 => match self.weight {
                Weight::Info => "info",
                Weight::Warning => "warning",
                Weight::Error => "error",
            },
            _ => &self.words,
        }
    }
}

/// How the log is drawn.
#[derive(Debug, Clone)]
pub(crate) struct LogLook {
    /// Styles and signs.
    pub(crate) theme: Theme,
    /// How the time of a line is told.
    pub(crate) times: Times,
    /// The machine whose lines are bold.
    pub(crate) machine: Option<MachineName>,
    /// Whether everything is dimmed.
    pub(crate) dim: bool,
}

/// The log lines, which of them are shown, and how far the operator has scrolled.
///
/// Tui-logger is one for the whole process, so only one view at a time can show lines: the one that got its first line
/// last. Tests that give a view lines run one at a time, by `alone`.
#[derive(Debug, Default)]
pub(crate) struct LogView {
    archive: VecDeque<LogLine>,
    shown: Shown,
    filter: Filter,
    errors_only: bool,
}

impl LogView {
    /// Takes new lines, of which it keeps the newest 10,000. A scrolled or frozen view stays where it is.
    pub(crate) fn take(&mut self, lines: Vec<LogLine>) {
        let lines: Vec<LogLine> = lines.into_iter().map(LogLine::harmless).collect();
        self.shown.add(lines.iter().filter(|line| matches(line, &self.filter, self.errors_only)));
        self.archive.extend(lines);
        self.archive.drain(..self.archive.len().saturating_sub(DEPTH));
    }

    /// The filter in use.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows only what this filter over the [`COLUMNS`] accepts; another one than before begins at the end.
    pub(crate) fn set_filter(&mut self, filter: Filter) {
        let is_other = filter != self.filter && !(filter.is_empty() && self.filter.is_empty());
        self.filter = filter;
        if is_other {
            self.choose();
        }
    }

    /// Whether only warnings and errors are shown.
    pub(crate) fn errors_only(&self) -> bool {
        self.errors_only
    }

    /// Shows warnings and errors only, or everything again, from the end.
    pub(crate) fn toggle_errors_only(&mut self) {
        self.errors_only = !self.errors_only;
        self.choose();
    }

    /// Whether the newest line is always in sight.
    pub(crate) fn is_following(&self) -> bool {
        self.shown.is_following()
    }

    /// Freezes what was drawn last, or follows the newest lines again.
    pub(crate) fn toggle_following(&mut self) {
        if self.is_following() { self.shown.freeze() } else { self.shown.follow() }
    }

    /// Scrolls; `area` is where the log is drawn. At its end it follows the newest lines again.
    pub(crate) fn go(&mut self, to: Move, area: Rect) {
        self.shown.go(to, area.height);
    }

    /// The lines in sight of a view of this height, oldest first.
    pub(crate) fn in_sight(&self, height: u16) -> impl Iterator<Item = &LogLine> {
        let shown = self.archive.iter().filter(|line| matches(line, &self.filter, self.errors_only));
        shown.skip(self.shown.above(height)).take(usize::from(height))
    }

    /// What is shown, in words for the title of the pane, such as `info+ following`.
    pub(crate) fn manner(&self) -> String {
        let least = if self.errors_only() { "warnings+" } else { "info+" };
        let motion = if self.is_following() { "following" } else { "frozen" };
        format!("{least} {motion}")
    }

    /// Draws the lines, or why there are none.
    pub(crate) fn draw(&self, area: Rect, buf: &mut Buffer, look: &LogLook) {
        let area = area.intersection(buf.area);
        Clear.render(area, buf);
        if self.shown.is_empty() {
            let words = self.why_empty();
            Line::styled(cut(&words, usize::from(area.width)), look.theme.dim()).render(area, buf);
        } else {
            self.shown.draw(area, buf, look);
        }
    }

    fn why_empty(&self) -> String {
        if self.archive.is_empty() {
            "no log lines yet".to_owned()
        } else if !self.filter.is_empty() {
            format!("no line matches the filter {}, Esc clears it", Text::new(&self.filter.to_string()))
        } else {
            "no warnings and no errors so far".to_owned()
        }
    }

    /// Chooses anew what is shown.
    fn choose(&mut self) {
        self.shown.clear();
        self.shown.add(self.archive.iter().filter(|line| matches(line, &self.filter, self.errors_only)));
    }
}

fn matches(line: &LogLine, filter: &Filter, errors_only: bool) -> bool {
    (!errors_only || line.weight >= Weight::Warning) && filter.accepts(|column| line.cell(column))
}
