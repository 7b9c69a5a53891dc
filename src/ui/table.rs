//! The list that every pane shows: rows with stable keys, filtered, sorted, one of them selected, and drawn in columns.
//!
//! A frame costs as much as the rows that it shows, however many there are.

mod column;
mod fit;
mod order;
mod position;
mod render;
#[cfg(test)]
mod tests;

use std::mem;

use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

pub(crate) use self::column::{Align, Column, Shorten, Width};
pub(crate) use self::order::SortKey;
pub(crate) use self::position::Move;
pub(crate) use self::render::{Look, body_height, render};

use self::order::{Sort, sorted};
use self::position::{Found, Position};
use super::filter::Filter;

/// What stands in one column of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    /// The whole text, harmless to print; the list shortens it where it must.
    pub(crate) text: String,
    /// How it looks.
    pub(crate) style: Style,
}

impl Cell {
    /// A cell with a look of its own.
    pub(crate) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Style::new())
    }
}

/// The rows of a list, read where they are: a cell is made when its row is drawn, filtered or sorted by.
pub(crate) trait Rows {
    /// What a row is about: the same after a refresh, and no other row's.
    type Key: Ord + Clone;

    /// How many rows there are.
    fn count(&self) -> usize;

    /// What the row in this place is about, in the natural order.
    fn key(&self, place: usize) -> Option<&Self::Key>;

    /// A cell for each column of the row in this place.
    fn cells(&self, place: usize) -> Vec<Cell>;

    /// By what the row in this place sorts in a column.
    fn sort_key(&self, place: usize, column: usize) -> SortKey;
}

/// The text in a column; empty when there is none.
fn text(cells: &[Cell], column: usize) -> &str {
    cells.get(column).map_or("", |cell| &cell.text)
}

/// Why a refresh cleared the selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost<K> {
    /// The row is not there any more.
    Gone(K),
    /// The row is there, but has changed, and the filter hides it now.
    Hidden(K),
}

/// Which rows of a pane are shown, in which order, from where on, and which one is selected.
///
/// The selection and the top row follow their keys through everything that changes the rows or their order. Only the
/// operator moves the selection to another row; a refresh keeps it or clears it. Where a method takes a `height`, it
/// is that of the [body](body_height), in lines; `rows` are always those of the last refresh.
#[derive(Debug, Clone)]
pub(crate) struct List<K> {
    keys: Vec<K>,
    /// The widest cell of each column, among the first rows.
    widths: Vec<u16>,
    /// Which rows are shown, in which order.
    order: Vec<usize>,
    position: Position,
    sort: Option<Sort>,
    filter: Filter,
}

/// So many rows decide how wide the columns are, shown or not, and those in sight: thousands cost no more.
const MEASURED: usize = 64;

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            widths: Vec::new(),
            order: Vec::new(),
            position: Position::default(),
            sort: None,
            filter: Filter::default(),
        }
    }
}

impl<K> List<K> {
    /// Whether there are no rows, shown or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The filter in use.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What the selected row is about.
    pub(crate) fn selected(&self) -> Option<&K> {
        self.shown_at(self.position.cursor?)
    }

    /// What the row is about that a line of the body shows; the first line is 0.
    pub(crate) fn key_at(&self, line: usize, height: usize) -> Option<&K> {
        if line >= height {
            return None;
        }
        self.shown_at(self.position.offset(self.order.len(), height) + line)
    }

    fn shown_at(&self, place: usize) -> Option<&K> {
        self.order.get(place).and_then(|row| self.keys.get(*row))
    }

    /// Selects nothing.
    pub(crate) fn clear_selection(&mut self) {
        self.position.cursor = None;
    }

    /// Moves the selection, and scrolls as far as it takes to show it. When nothing is selected, the row at the top of
    /// the body is; or the first or last row, when that is asked for.
    pub(crate) fn go(&mut self, to: Move, height: usize) {
        self.position.go(to, self.order.len(), height);
    }

    /// Scrolls as far as it takes to show the selection: for a body that is lower than before.
    pub(crate) fn reveal(&mut self, height: usize) {
        self.position.reveal(self.order.len(), height);
    }
}

impl<K: Ord + Clone> List<K> {
    /// Selects the row with this key; false when there is none, or the filter hides it, and nothing changes then.
    pub(crate) fn select(&mut self, key: &K, height: usize) -> bool {
        let found = self.order.iter().position(|row| self.keys.get(*row) == Some(key));
        if found.is_some() {
            self.position.cursor = found;
            self.reveal(height);
        }
        found.is_some()
    }

    /// Takes the rows of a new snapshot. Selection, filter and sort stay, and so does the top row, or the next one
    /// after it that is still there. Returns the key of the selected row when it is gone or hidden: the selection is
    /// cleared then, so that no key press hits a row that nobody chose.
    pub(crate) fn refresh(&mut self, rows: &impl Rows<Key = K>) -> Option<Lost<K>> {
        let is_natural = self.sort.is_none() && self.filter.is_empty();
        if is_natural && self.has_keys_of(rows) {
            self.measure(rows);
            return None;
        }
        let lost = self.selected().cloned();
        let keys = (0..rows.count()).filter_map(|place| rows.key(place).cloned()).collect();
        let keys_before = mem::replace(&mut self.keys, keys);
        let order_before = self.arrange(rows);
        let found =
            Found::new(self.position, &in_order(&keys_before, &order_before), &in_order(&self.keys, &self.order));
        self.position = Position { cursor: found.cursor, top: found.top };
        let lost = lost.filter(|_| found.cursor.is_none())?;
        Some(if self.keys.contains(&lost) { Lost::Hidden(lost) } else { Lost::Gone(lost) })
    }

    fn has_keys_of(&self, rows: &impl Rows<Key = K>) -> bool {
        self.keys.len() == rows.count() && self.keys.iter().enumerate().all(|(place, key)| rows.key(place) == Some(key))
    }

    /// Shows only what the filter accepts. The selection stays; when the filter hides it, it moves to the nearest row
    /// that is shown, first downwards, then upwards, and is cleared when there is none.
    pub(crate) fn set_filter(&mut self, filter: Filter, height: usize, rows: &impl Rows<Key = K>) {
        self.filter = filter;
        let found = self.rearrange(rows);
        self.position = Position { cursor: found.nearest, top: found.top };
        self.reveal(height);
    }

    /// Sorts by a column, ascending; by the same column again, reverses. By none: in the natural order.
    pub(crate) fn sort_by(&mut self, column: Option<usize>, height: usize, rows: &impl Rows<Key = K>) {
        self.sort = column.map(|column| {
            let descending = self.sort.is_some_and(|sort| sort.column == column && !sort.descending);
            Sort { column, descending }
        });
        // From the top: whoever sorts wants to see what comes first, unless a row is selected.
        self.position = Position { cursor: self.rearrange(rows).cursor, top: 0 };
        self.reveal(height);
    }

    /// Finds out anew which rows are shown and in which order, and where those of the position are then.
    fn rearrange(&mut self, rows: &impl Rows<Key = K>) -> Found {
        let before = self.arrange(rows);
        Found::new(self.position, &in_order(&self.keys, &before), &in_order(&self.keys, &self.order))
    }

    /// Finds out anew which rows are shown, and in which order; returns what that was before.
    fn arrange(&mut self, rows: &impl Rows<Key = K>) -> Vec<usize> {
        let accepts = |place: &usize| {
            let cells = rows.cells(*place);
            self.filter.accepts(|column| text(&cells, column))
        };
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        if !self.filter.is_empty() {
            order.retain(accepts);
        }
        if let Some(sort) = self.sort {
            order = sorted(order, sort, rows);
        }
        let before = mem::replace(&mut self.order, order);
        self.measure(rows);
        before
    }

    /// Finds out anew how wide the columns are. Not to the grapheme: what is drawn is cut exactly.
    fn measure(&mut self, rows: &impl Rows<Key = K>) {
        self.widths.clear();
        for place in 0..self.keys.len().min(MEASURED) {
            widen(&mut self.widths, &rows.cells(place));
        }
    }
}

/// The keys of the rows in this order.
fn in_order<'k, K>(keys: &'k [K], order: &[usize]) -> Vec<&'k K> {
    order.iter().filter_map(|row| keys.get(*row)).collect()
}

/// Makes columns as wide as these cells, where they are narrower.
fn widen(widths: &mut Vec<u16>, cells: &[Cell]) {
    widths.resize(cells.len().max(widths.len()), 0);
    for (widest, cell) in widths.iter_mut().zip(cells) {
        *widest = u16::try_from(cell.text.width()).unwrap_or(u16::MAX).max(*widest);
    }
}
