//! Which columns fit into an area, and how wide they are.

use std::iter;

use super::{Column, Width};
use crate::ui::words;

/// What stands before the first column: the mark of the selected row.
pub(super) const GUTTER: u16 = 1;

/// A column in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Which column, among all of them.
    pub(super) column: usize,
    /// How far from the left edge of the area it begins.
    pub(super) left: u16,
    /// How wide it is; at least 1.
    pub(super) width: u16,
}

/// A column on its way to its place.
struct Draft<'c> {
    place: usize,
    column: &'c Column,
    width: u16,
    /// What it would take if there were room.
    wish: u16,
}

impl Draft<'_> {
    /// The blanks after it: columns of one symbol stand closer together.
    fn gap(&self) -> u16 {
        if self.wish > 1 { 2 } else { 1 }
    }
}

/// Gives each column its place and width; `contents` are the widths of what stands in them.
///
/// Where they do not all fit, the least important is dropped, and the last one of equal importance first. Those that
/// are never dropped shrink instead, the widest first. What is left over goes to the most important of those that
/// want it.
pub(super) fn fit(columns: &[Column], contents: &[u16], room: u16) -> Vec<Slot> {
    let contents = contents.iter().copied().chain(iter::repeat(0));
    let mut drafts: Vec<Draft<'_>> = columns.iter().zip(contents).enumerate().map(draft).collect();
    let room = room.saturating_sub(GUTTER);
    while taken(&drafts) > room && drop_least(&mut drafts) {}
    while taken(&drafts) > room && shrink_widest(&mut drafts) {}
    let spare = room.saturating_sub(taken(&drafts));
    grow(&mut drafts, spare);
    let mut left = GUTTER;
    let place = |draft: &Draft<'_>| {
        let slot = Slot { column: draft.place, left, width: draft.width };
        left = left.saturating_add(draft.width).saturating_add(draft.gap());
        slot
    };
    drafts.iter().map(place).collect()
}

fn draft((place, (column, content)): (usize, (&Column, u16))) -> Draft<'_> {
    let (width, wish) = match column.width {
        Width::Fixed(width) => (width, width),
        Width::Content { min, max } => {
            let title = u16::try_from(words::width(column.title)).unwrap_or(u16::MAX);
            let wish = content.max(title).min(max);
            (wish.min(min), wish)
        }
    };
    Draft { place, column, width: width.max(1), wish: wish.max(1) }
}

fn taken(drafts: &[Draft<'_>]) -> u16 {
    let gaps = drafts.iter().rev().skip(1).map(Draft::gap);
    drafts.iter().map(|draft| draft.width).chain(gaps).fold(0, u16::saturating_add)
}

fn drop_least(drafts: &mut Vec<Draft<'_>>) -> bool {
    let least = drafts.iter().map(|draft| draft.column.priority).max().filter(|priority| *priority > 0);
    let place = least.and_then(|least| drafts.iter().rposition(|draft| draft.column.priority == least));
    place.is_some_and(|place| {
        drafts.remove(place);
        true
    })
}

fn shrink_widest(drafts: &mut [Draft<'_>]) -> bool {
    let widest = drafts.iter_mut().max_by_key(|draft| draft.width).filter(|draft| draft.width > 1);
    widest.is_some_and(|draft| {
        draft.width -= 1;
        true
    })
}

/// Gives what is left over to those that want it.
fn grow(drafts: &mut [Draft<'_>], mut spare: u16) {
    let mut hungry: Vec<&mut Draft<'_>> = drafts.iter_mut().filter(|draft| draft.wish > draft.width).collect();
    hungry.sort_by_key(|draft| draft.column.priority);
    for draft in hungry {
        let more = spare.min(draft.wish - draft.width);
        draft.width += more;
        spare -= more;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Align, Shorten};
    use super::*;

    fn column(width: Width, priority: u8) -> Column {
        Column { title: "T", key: "t", width, priority, align: Align::Left, shorten: Shorten::End }
    }

    fn placed(columns: &[Column], contents: &[u16], room: u16) -> Vec<(usize, u16, u16)> {
        fit(columns, contents, room).into_iter().map(|Slot { column, left, width }| (column, left, width)).collect()
    }

    #[test]
    fn columns_of_one_symbol_stand_closer_together() {
        let columns = [column(Width::Fixed(1), 0), column(Width::Fixed(1), 0), column(Width::Fixed(5), 0)];
        assert_eq!(placed(&columns, &[], 20), [(0, 1, 1), (1, 3, 1), (2, 5, 5)]);
    }

    #[test]
    fn what_is_left_over_goes_to_the_most_important_first() {
        let wide = Width::Content { min: 2, max: 9 };
        let columns = [column(wide, 2), column(wide, 1), column(wide, 0)];
        assert_eq!(placed(&columns, &[9, 9, 9], 18), [(0, 1, 2), (1, 5, 2), (2, 9, 9)]);
        assert_eq!(placed(&columns, &[9, 4, 9], 21), [(0, 1, 3), (1, 6, 4), (2, 12, 9)]);
    }

    #[test]
    fn the_least_important_is_dropped_and_of_equal_ones_the_last_and_the_most_important_never() {
        let columns = [column(Width::Fixed(5), 0), column(Width::Fixed(5), 3), column(Width::Fixed(5), 3)];
        let left = |room| fit(&columns, &[], room).into_iter().map(|slot| slot.column).collect::<Vec<_>>();
        assert_eq!(left(20), [0, 1, 2]);
        assert_eq!(left(19), [0, 1]);
        assert_eq!(left(12), [0]);
        assert_eq!(placed(&columns, &[], 3), [(0, 1, 2)]);
        assert_eq!(placed(&columns, &[], 0), [(0, 1, 1)]);
    }
}
