//! Where in the list the operator is: the selected row and the top row, as places among the rows that are shown.

use std::collections::BTreeMap;

/// A movement of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// To the next row.
    Down,
    /// To the row before.
    Up,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Down by a page.
    PageDown,
    /// Up by a page.
    PageUp,
    /// Down by half a page.
    HalfPageDown,
    /// Up by half a page.
    HalfPageUp,
}

/// Places among the rows that are shown; the caller knows how many those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    /// The selected row.
    pub(super) cursor: Option<usize>,
    /// The row at the top of the body, if there are enough rows below it.
    pub(super) top: usize,
}

impl Position {
    /// The row that stands at the top of a body of this height: never so far down that lines below stay empty
    /// while rows above are hidden.
    pub(super) fn offset(self, rows: usize, height: usize) -> usize {
        self.top.min(rows.saturating_sub(height))
    }

    /// Moves the cursor, and scrolls as far as it takes to show it.
    pub(super) fn go(&mut self, to: Move, rows: usize, height: usize) {
        let Some(last) = rows.checked_sub(1) else { return };
        // A page keeps one row in sight.
        let (page, half) = (height.saturating_sub(1).max(1), (height / 2).max(1));
        let target = match (self.cursor, to) {
            (_, Move::First) => 0,
            (_, Move::Last) => last,
            (None, _) => self.offset(rows, height),
            (Some(cursor), Move::Down) => cursor + 1,
            (Some(cursor), Move::Up) => cursor.saturating_sub(1),
            (Some(cursor), Move::PageDown) => cursor.saturating_add(page),
            (Some(cursor), Move::PageUp) => cursor.saturating_sub(page),
            (Some(cursor), Move::HalfPageDown) => cursor.saturating_add(half),
            (Some(cursor), Move::HalfPageUp) => cursor.saturating_sub(half),
        };
        self.cursor = Some(target.min(last));
        self.reveal(rows, height);
    }

    /// Scrolls as far as it takes to show the cursor.
    pub(super) fn reveal(&mut self, rows: usize, height: usize) {
        self.top = self.offset(rows, height);
        if let Some(cursor) = self.cursor {
            let highest = (cursor + 1).saturating_sub(height.max(1));
            self.top = self.top.clamp(highest, cursor);
        }
    }
}

/// Where rows that were shown are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The selected row.
    pub(super) cursor: Option<usize>,
    /// The selected row, or else the first one after it that is still shown, or else before it.
    pub(super) nearest: Option<usize>,
    /// The same for the top row; the first row when nothing is left.
    pub(super) top: usize,
}

impl Found {
    /// Finds the rows of a position, by the keys that were shown then, among those that are shown now.
    pub(super) fn new<K: Ord>(was: Position, then: &[&K], now: &[&K]) -> Self {
        let same = |place: usize| then.get(place).and_then(|key| now.iter().position(|other| other == key));
        let near = |place: usize| same(place).or_else(|| heir(place, then, now));
        let cursor = was.cursor.and_then(same);
        Self { cursor, nearest: cursor.or_else(|| was.cursor.and_then(near)), top: near(was.top).unwrap_or_default() }
    }
}

/// Where the row is now that stood nearest to this place, after it or else before it.
fn heir<K: Ord>(place: usize, then: &[&K], now: &[&K]) -> Option<usize> {
    let places: BTreeMap<&K, usize> = now.iter().enumerate().map(|(place, key)| (*key, place)).collect();
    let (before, after) = then.split_at_checked(place).unwrap_or((then, &[]));
    after.iter().chain(before.iter().rev()).find_map(|key| places.get(key).copied())
}
