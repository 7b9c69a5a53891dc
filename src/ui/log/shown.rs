//! The lines that are shown: in tui-logger's buffer, drawn by its widget, at a place that we choose.
//!
//! Tui-logger can only be asked for half a page up from what it drew last, where it then forgets what is above, and
//! for the end. So every place is reached from the end, by drawings of the right height that nobody sees; how many
//! lines there are, and where the place is among them, is counted here.

use std::fmt;
use std::sync::atomic::{AtomicU16, Ordering};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget as _;
use tui_logger::{Drain, TuiLoggerWidget, TuiWidgetEvent, TuiWidgetState};

use super::line::{Blank, Form, push};
use super::{LogLine, LogLook};
use crate::ui::table::Move;

/// How many lines are kept at most.
pub(super) const DEPTH: usize = 10_000;

/// How many lines go through tui-logger's hot buffer at once; it holds 1,000, and loses the rest.
const BATCH: usize = 500;

/// How many lines one unseen drawing goes up at most: its cost grows with the square of that.
const HOP: usize = 128;

/// The lines in tui-logger's buffer, numbered as they came, and the place of the view among them.
///
/// The buffer is one for the whole process. It becomes this one's, and is emptied, with the first line that is added.
pub(super) struct Shown {
    /// How many lines were added since it was empty; the newest [`DEPTH`] of them are there.
    added: usize,
    /// The number of the line in the middle of the view, as near as there are lines around it; none to follow the end.
    middle: Option<usize>,
    state: TuiWidgetState,
    /// In how many lines it was drawn last: what is frozen is what was seen.
    height: AtomicU16,
}

impl Default for Shown {
    fn default() -> Self {
        Self { added: 0, middle: None, state: TuiWidgetState::new(), height: AtomicU16::new(1) }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("added", &self.added).field("middle", &self.middle).finish_non_exhaustive()
    }
}

impl Shown {
    /// Whether there are no lines.
    pub(super) fn is_empty(&self) -> bool {
        self.added == 0
    }

    /// Whether the newest line is always in sight.
    pub(super) fn is_following(&self) -> bool {
        self.middle.is_none()
    }

    /// Shows nothing, and follows what will be added.
    pub(super) fn clear(&mut self) {
        self.added = 0;
        self.follow();
    }

    /// Adds lines at the end.
    pub(super) fn add<'l>(&mut self, lines: impl Iterator<Item = &'l LogLine>) {
        let (drain, before) = (Drain::new(), self.added);
        for line in lines {
            if self.is_empty() {
                take_over();
            }
            push(&drain, line);
            self.added += 1;
            if self.added.is_multiple_of(BATCH) {
                tui_logger::move_events();
            }
        }
        tui_logger::move_events();
        if before == 0 {
            self.steer();
        }
    }

    /// Shows the newest lines, now and when more come.
    pub(super) fn follow(&mut self) {
        self.middle = None;
        self.steer();
    }

    /// Keeps in sight what was drawn last.
    pub(super) fn freeze(&mut self) {
        let height = usize::from(self.height.load(Ordering::Relaxed));
        self.stay_at(self.top(height), height);
    }

    /// Scrolls in a view of this height. At the end it follows again; where all fits there is nothing to scroll.
    pub(super) fn go(&mut self, to: Move, height: u16) {
        let height = usize::from(height.max(1));
        // As in the lists: a page keeps one row in sight.
        let (page, half) = (height.saturating_sub(1).max(1), (height / 2).max(1));
        let top = self.top(height);
        let up = |lines| (false, top.saturating_sub(lines));
        let down = |lines| (true, top.saturating_add(lines));
        let (is_down, top) = match to {
            Move::Up => up(1),
            Move::HalfPageUp => up(half),
            Move::PageUp => up(page),
            Move::First => up(top),
            Move::Down => down(1),
            Move::HalfPageDown => down(half),
            Move::PageDown => down(page),
            Move::Last => down(self.added),
        };
        if top < self.last_top(height) {
            self.stay_at(top, height);
        } else if is_down {
            self.follow();
        }
    }

    /// How many of the lines that are there stand above a view of this height.
    pub(super) fn above(&self, height: u16) -> usize {
        self.top(usize::from(height)).saturating_sub(self.first())
    }

    /// Draws the lines. The area must be clear.
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &LogLook) {
        self.height.store(area.height, Ordering::Relaxed);
        // What fits begins at the top, which tui-logger grants only to a view that follows.
        let fits = self.added <= usize::from(area.height);
        let anew = fits.then(TuiWidgetState::new);
        TuiLoggerWidget::default()
            .style(if look.dim { look.theme.dim() } else { Style::new() })
            .formatter(Box::new(Form(look.clone())))
            .state(anew.as_ref().unwrap_or(&self.state))
            .render(area, buf);
    }

    /// The number of the oldest line that is there.
    fn first(&self) -> usize {
        self.added.saturating_sub(DEPTH)
    }

    /// The number of the line at the top of a view of this height that shows the end.
    fn last_top(&self, height: usize) -> usize {
        self.added.saturating_sub(height).max(self.first())
    }

    /// The number of the line at the top of a view of this height.
    fn top(&self, height: usize) -> usize {
        let last = self.last_top(height);
        self.middle.map_or(last, |middle| middle.saturating_sub(height / 2).clamp(self.first(), last))
    }

    /// Stays where this line is at the top of a view of this height.
    fn stay_at(&mut self, top: usize, height: usize) {
        self.middle = Some((top + height / 2).min(self.added.saturating_sub(1)));
        self.steer();
    }

    /// Takes tui-logger to the place.
    fn steer(&self) {
        self.state.transition(TuiWidgetEvent::EscapeKey);
        let Some(middle) = self.middle else { return };
        let mut above = self.added.saturating_sub(middle).min(self.added - self.first());
        let mut at_end = true;
        while above > 0 {
            let hop = above.min(HOP);
            // The top line of what was drawn becomes the middle. The middle has as many lines above it as half the
            // height; the end has all of it.
            let (height, below) = if at_end { (hop, 0) } else { (2 * hop, hop - 1) };
            self.draw_unseen(height, below);
            self.state.transition(TuiWidgetEvent::PrevPageKey);
            (above, at_end) = (above - hop, false);
        }
    }

    fn draw_unseen(&self, height: usize, below: usize) {
        let area = Rect::new(0, 0, 1, u16::try_from(height).unwrap_or(u16::MAX));
        let mut unseen = Buffer::empty(area);
        TuiLoggerWidget::default().formatter(Box::new(Blank::new(below))).state(&self.state).render(area, &mut unseen);
    }
}

/// Empties tui-logger's buffers.
fn take_over() {
    tui_logger::move_events();
    tui_logger::set_buffer_depth(DEPTH);
}

/// Tui-logger is one for the whole process: a test that gives a view lines holds this until it has seen them.
#[cfg(test)]
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
