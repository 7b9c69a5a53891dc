//! What holds for any rows and any keys pressed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const MOVES: [Move; 8] =
    [Move::Down, Move::Up, Move::First, Move::Last, Move::PageDown, Move::PageUp, Move::HalfPageDown, Move::HalfPageUp];

/// What an operator or a snapshot does to a list.
#[derive(Debug, Clone)]
enum Deed {
    Refresh(Vec<Row>),
    Go(Move),
    Select(u32),
    Filter(&'static str),
    SortBy(usize),
    NaturalOrder,
    Clear,
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let any_row = (0..40_u32, select(vec!["ready", "Waiting", "blocked"]), proptest::option::of(0..3_i64));
    vec(any_row, 0..40).prop_map(|rows| {
        let mut keys = std::collections::BTreeSet::new();
        let first = rows.into_iter().filter(|(key, ..)| keys.insert(*key));
        first.map(|(key, name, price)| row(key, name, price)).collect()
    })
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        any_rows().prop_map(Deed::Refresh),
        select(&MOVES[..]).prop_map(Deed::Go),
        (0..40_u32).prop_map(Deed::Select),
        select(vec!["", "ready", "!ready", "price:1", "nowhere"]).prop_map(Deed::Filter),
        (0..4_usize).prop_map(Deed::SortBy),
        Just(Deed::NaturalOrder),
        Just(Deed::Clear),
    ]
}

fn perform(list: &mut Kept, deed: &Deed, height: usize) {
    match deed {
        Deed::Refresh(rows) => {
            list.refresh(rows.clone());
        }
        Deed::Go(to) => list.go(*to, height),
        Deed::Select(key) => {
            list.select(key, height);
        }
        Deed::Filter(typed) => list.set_filter(filter(typed), height),
        Deed::SortBy(column) => list.sort_by(*column, height),
        Deed::NaturalOrder => list.natural_order(height),
        Deed::Clear => list.clear_selection(),
    }
}

/// A list with a past.
fn any_list() -> impl Strategy<Value = (Kept, usize)> {
    (any_rows(), vec(any_deed(), 0..20), 1..12_usize).prop_map(|(rows, deeds, height)| {
        let mut list = list(rows);
        for deed in &deeds {
            perform(&mut list, deed, height);
        }
        (list, height)
    })
}

proptest! {
    #[test]
    fn a_refresh_keeps_selection_filter_and_sort((mut list, _) in any_list(), next in any_rows()) {
        let (before, typed, sort) = (selected(&list), list.filter().to_string(), list.sort);
        let lost = list.refresh(next.clone());
        prop_assert_eq!((list.filter().to_string(), list.sort), (typed, sort));
        let Some(key) = before else {
            prop_assert_eq!((selected(&list), lost), (None, None));
            return Ok(());
        };
        let expected = match (shown(&list).contains(&key), next.iter().any(|row| row.key == key)) {
            (true, _) => (Some(key), None),
            (false, true) => (None, Some(Lost::Hidden(key))),
            (false, false) => (None, Some(Lost::Gone(key))),
        };
        prop_assert_eq!((selected(&list), lost), expected);
    }

    #[test]
    fn a_refresh_keeps_the_top_row_as_far_as_it_is_there((mut list, height) in any_list(), next in any_rows()) {
        list.reveal(height);
        let before = shown(&list);
        let top = in_sight(&list, height).first().copied();
        list.refresh(next);
        let now = shown(&list);
        let Some(top) = top else { return Ok(()) };
        let place = before.iter().position(|key| *key == top).unwrap();
        let heir = before[place..].iter().chain(before[..place].iter().rev()).find(|key| now.contains(key));
        let place = heir.map_or(0, |heir| now.iter().position(|key| key == heir).unwrap());
        let lowest = now.len().saturating_sub(height);
        prop_assert_eq!(in_sight(&list, height).first().copied(), now.get(place.min(lowest)).copied());
    }

    #[test]
    fn after_a_deed_of_the_operator_the_selection_is_in_sight((mut list, height) in any_list(), deed in any_deed()) {
        list.reveal(height);
        perform(&mut list, &deed, height);
        if !matches!(deed, Deed::Refresh(_)) {
            prop_assert!(selected(&list).is_none_or(|key| in_sight(&list, height).contains(&key)));
        }
    }

    #[test]
    fn a_movement_selects_a_row_whenever_one_is_shown((mut list, height) in any_list(), to in select(&MOVES[..])) {
        list.go(to, height);
        prop_assert_eq!(selected(&list).is_some(), !list.order.is_empty());
    }

    #[test]
    fn exactly_the_accepted_rows_are_shown_and_sorted_stably((list, _) in any_list()) {
        let accepted = |place: &usize| list.filter().accepts(|column| text(&list.rows[*place].cells, column));
        let expected: Vec<usize> = (0..list.rows.len()).filter(accepted).collect();
        let expected = list.sort.map_or(expected.clone(), |sort| sorted(expected, sort, &list.rows));
        prop_assert_eq!(&list.order, &expected);
        // By price and name, as the test itself tells them apart.
        let tie = |a: usize, b: usize, sort: Sort| {
            let (a, b) = (&list.rows[a], &list.rows[b]);
            if sort.column == 2 { a.price == b.price } else { text(&a.cells, sort.column) == text(&b.cells, sort.column) }
        };
        for pair in list.order.windows(2) {
            let is_tie = list.sort.is_none_or(|sort| tie(pair[0], pair[1], sort));
            prop_assert!(!is_tie || pair[0] < pair[1]);
        }
    }

    #[test]
    fn any_list_is_drawn_into_any_area((list, _) in any_list(), width in 0..60_u16, height in 0..12_u16) {
        drawn::drawn(&list, width, height, "nothing here");
    }
}
