//! The order of the rows.

use std::cmp::Ordering;

use super::{Rows, text};

/// By which column the rows are sorted, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    /// The place of the column among all columns.
    pub(super) column: usize,
    /// Whether the greatest comes first.
    pub(super) descending: bool,
}

/// By what a row sorts in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// By the text of its cell, in either letter case.
    Cell,
    /// By a text that is not the whole cell, in either letter case.
    Text(String),
    /// By a number: a count, a time in seconds, a price in its smallest unit.
    Number(i64),
    /// It has nothing to sort by, and comes last in either direction.
    Missing,
}

/// The rows in these places, sorted; equal ones keep their natural order, in either direction.
pub(super) fn sorted(places: Vec<usize>, sort: Sort, rows: &impl Rows) -> Vec<usize> {
    let key = |place| match rows.sort_key(place, sort.column) {
        SortKey::Cell => Key::Text(text(&rows.cells(place), sort.column).to_owned()),
        SortKey::Text(text) => Key::Text(text),
        SortKey::Number(number) => Key::Number(number),
        SortKey::Missing => Key::Missing,
    };
    let mut keyed: Vec<(Key, usize)> = places.into_iter().map(|place| (key(place), place)).collect();
    keyed.sort_by(|(a, _), (b, _)| compare(a, b, sort.descending));
    keyed.into_iter().map(|(_, place)| place).collect()
}

/// A sort key with the text that it stands for.
enum Key {
    Text(String),
    Number(i64),
    Missing,
}

fn compare(a: &Key, b: &Key, descending: bool) -> Ordering {
    let directed = |order: Ordering| if descending { order.reverse() } else { order };
    match (a, b) {
        (Key::Missing, Key::Missing) => Ordering::Equal,
        (Key::Missing, _) => Ordering::Greater,
        (_, Key::Missing) => Ordering::Less,
        (Key::Number(a), Key::Number(b)) => directed(a.cmp(b)),
        (Key::Number(_), Key::Text(_)) => directed(Ordering::Less),
        (Key::Text(_), Key::Number(_)) => directed(Ordering::Greater),
        (Key::Text(a), Key::Text(b)) => directed(compare_texts(a, b)),
    }
}

fn compare_texts(a: &str, b: &str) -> Ordering {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
    if a.is_ascii() && b.is_ascii() {
        // Without a copy: a list may have thousands of rows.
        return a.bytes().map(|b| b.to_ascii_lowercase()).cmp(b.bytes().map(|b| b.to_ascii_lowercase()));
    }
    lower(a).cmp(&lower(b))
}
