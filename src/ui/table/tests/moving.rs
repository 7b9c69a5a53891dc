//! Selection, scroll, filter and sort.

use super::*;

#[test]
fn a_selected_row_that_is_gone_clears_the_selection_and_says_so() {
    let mut list = list(rows(0..5));
    assert!(list.select(&2, 10));
    assert_eq!(list.refresh(rows([0, 1, 3, 4])), Some(Lost::Gone(2)));
    assert_eq!(selected(&list), None);
    assert_eq!(list.refresh(rows(0..5)), None, "it is news once");
}

#[test]
fn a_selected_row_that_changed_so_that_the_filter_hides_it_clears_the_selection_and_says_so() {
    let mut list = list(rows(0..5));
    list.set_filter(filter("!name:ready"), 10);
    list.select(&2, 10);
    let mut changed = rows(0..5);
    changed[2] = row(2, "ready", None);
    assert_eq!(list.refresh(changed), Some(Lost::Hidden(2)));
    assert_eq!(selected(&list), None);
}

#[test]
fn a_filter_that_hides_the_selected_row_moves_the_selection_to_the_nearest_one_shown() {
    let moved = |typed| {
        let mut list = list(rows(0..6));
        list.select(&2, 10);
        list.set_filter(filter(typed), 10);
        selected(&list)
    };
    assert_eq!(moved("row2"), Some(2), "it stays when it is shown");
    assert_eq!(moved("!row2"), Some(3), "downwards first");
    assert_eq!(moved("!row2 !row3 !row4 !row5"), Some(1), "then upwards");
    assert_eq!(moved("nowhere"), None);
}

#[test]
fn a_filter_selects_nothing_when_nothing_was_selected() {
    let mut list = list(rows(0..6));
    list.set_filter(filter("row"), 10);
    assert_eq!(selected(&list), None);
}

#[test]
fn a_row_that_is_not_there_or_hidden_cannot_be_selected() {
    let mut list = list(rows(0..6));
    list.set_filter(filter("!row4"), 10);
    list.select(&3, 10);
    assert!(!list.select(&9, 10));
    assert!(!list.select(&4, 10));
    assert_eq!(selected(&list), Some(3));
    list.clear_selection();
    assert_eq!(selected(&list), None);
}

#[test]
fn each_movement_leads_to_its_row() {
    let from = |key: Option<u32>, to| {
        let mut list = list(rows(0..30));
        key.map(|key| list.select(&key, 10));
        list.go(to, 10);
        selected(&list).unwrap()
    };
    for (to, target) in [
        (Move::Down, 16),
        (Move::Up, 14),
        (Move::First, 0),
        (Move::Last, 29),
        (Move::PageDown, 24),
        (Move::PageUp, 6),
        (Move::HalfPageDown, 20),
        (Move::HalfPageUp, 10),
    ] {
        assert_eq!(from(Some(15), to), target, "{to:?}");
    }
    assert_eq!(from(Some(29), Move::Down), 29);
    assert_eq!(from(Some(0), Move::PageUp), 0);
    assert_eq!(from(None, Move::Down), 0);
    assert_eq!(from(None, Move::Last), 29);
}

#[test]
fn a_movement_without_a_selection_begins_at_the_top_of_what_is_in_sight() {
    let mut list = list(rows(0..30));
    list.select(&25, 10);
    list.clear_selection();
    let top = in_sight(&list, 10)[0];
    list.go(Move::Up, 10);
    assert_eq!(selected(&list), Some(top));
}

#[test]
fn when_the_top_row_is_gone_the_next_one_that_is_left_stands_at_the_top() {
    let mut list = list(rows(0..30));
    list.select(&14, 5);
    assert_eq!(in_sight(&list, 5), [10, 11, 12, 13, 14]);
    list.refresh(rows((0..30).filter(|key| ![10, 11].contains(key))));
    assert_eq!(in_sight(&list, 5), [12, 13, 14, 15, 16]);
}

#[test]
fn no_line_stays_empty_while_rows_above_are_hidden() {
    let mut list = list(rows(0..30));
    list.go(Move::Last, 10);
    list.refresh(rows(0..22));
    assert_eq!(in_sight(&list, 10), (12..22).collect::<Vec<_>>());
}

#[test]
fn a_body_that_became_lower_shows_the_selection_again_when_asked() {
    let mut list = list(rows(0..30));
    list.select(&9, 10);
    list.reveal(3);
    assert_eq!(in_sight(&list, 3), [7, 8, 9]);
}

#[test]
fn numbers_sort_as_numbers_texts_in_either_letter_case_and_what_is_missing_comes_last() {
    let mut list = list(vec![
        row(0, "beta", Some(9)),
        row(1, "Alpha", None),
        row(2, "alpha", Some(10)),
        row(3, "Ärger", Some(-1)),
    ]);
    list.sort_by(2, 10);
    assert_eq!(shown(&list), [3, 0, 2, 1]);
    list.sort_by(2, 10);
    assert_eq!(shown(&list), [2, 0, 3, 1]);
    list.sort_by(0, 10);
    assert_eq!(shown(&list), [1, 2, 0, 3], "equal ones keep their natural order");
    list.sort_by(0, 10);
    assert_eq!(shown(&list), [3, 0, 1, 2], "and so they do downwards");
}

#[test]
fn hundreds_of_equal_rows_keep_their_natural_order_in_either_direction() {
    let natural: Vec<u32> = (0..500).rev().collect();
    let mut list = list(natural.iter().map(|key| row(*key, "same", Some(i64::from(key % 2)))).collect());
    let (even, odd): (Vec<u32>, Vec<u32>) = natural.iter().partition(|key| *key % 2 == 0);
    list.sort_by(2, 10);
    assert_eq!(shown(&list), [even.clone(), odd.clone()].concat());
    list.sort_by(2, 10);
    assert_eq!(shown(&list), [odd, even].concat());
}

#[test]
fn the_natural_order_comes_back() {
    let mut list = list(rows([2, 0, 1]));
    list.sort_by(0, 10);
    assert_eq!(shown(&list), [0, 1, 2]);
    list.natural_order(10);
    assert_eq!((shown(&list), list.sort), (vec![2, 0, 1], None));
}

#[test]
fn sorting_shows_the_first_rows_or_the_selected_one() {
    let mut list = list(rows(0..30));
    list.go(Move::Last, 10);
    list.sort_by(0, 10);
    assert!(in_sight(&list, 10).contains(&29));
    list.clear_selection();
    list.natural_order(10);
    assert_eq!(in_sight(&list, 10)[0], 0);
}
