//! Where the view is among the lines.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const MOVES: [Move; 8] =
    [Move::Down, Move::Up, Move::First, Move::Last, Move::PageDown, Move::PageUp, Move::HalfPageDown, Move::HalfPageUp];

/// What a view should do, by nothing but the number of its top line.
struct Expected {
    lines: usize,
    height: usize,
    /// None to follow.
    top: Option<usize>,
}

impl Expected {
    fn shown(&self) -> Vec<String> {
        let top = self.top.unwrap_or(self.end());
        numbers(top..self.lines.min(top + self.height))
    }

    fn end(&self) -> usize {
        self.lines.saturating_sub(self.height)
    }

    fn go(&mut self, to: Move) {
        let (page, half) = ((self.height - 1).max(1), (self.height / 2).max(1));
        let top = self.top.unwrap_or(self.end());
        let (is_down, top) = match to {
            Move::Down => (true, top + 1),
            Move::HalfPageDown => (true, top + half),
            Move::PageDown => (true, top + page),
            Move::Last => (true, self.lines),
            Move::Up => (false, top.saturating_sub(1)),
            Move::HalfPageUp => (false, top.saturating_sub(half)),
            Move::PageUp => (false, top.saturating_sub(page)),
            Move::First => (false, 0),
        };
        if top < self.end() {
            self.top = Some(top);
        } else if is_down {
            self.top = None;
        }
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Go(Move),
    Come(usize),
    ToggleFollowing,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => select(&MOVES[..]).prop_map(Deed::Go),
        2 => (0_usize..9).prop_map(Deed::Come),
        1 => Just(Deed::ToggleFollowing),
    ]
}

proptest! {
    #[test]
    fn each_move_moves_by_exactly_its_lines_and_what_is_scrolled_stays_put_while_lines_come(
        lines in prop_oneof![0_usize..40, 500_usize..1_500],
        height in 1_u16..12,
        deeds in prop::collection::vec(deed(), 1..30),
    ) {
        let _alone = alone();
        let mut pane = Pane::new(40, height);
        pane.take(numbered(0..lines));
        let mut expected = Expected { lines, height: usize::from(height), top: None };
        for deed in deeds {
            // What is frozen is what was seen.
            let seen = pane.buffer();
            prop_assert_eq!(*seen.area(), pane.area);
            match deed {
                Deed::Go(to) => {
                    pane.go(to);
                    expected.go(to);
                }
                Deed::Come(count) => {
                    pane.take(numbered(expected.lines..expected.lines + count));
                    expected.lines += count;
                }
                Deed::ToggleFollowing => {
                    pane.view.toggle_following();
                    expected.top = if expected.top.is_some() { None } else { Some(expected.end()) };
                }
            }
            let shown = if expected.lines == 0 { vec!["yet".to_owned()] } else { expected.shown() };
            prop_assert_eq!(pane.words(), shown, "after {:?}", deed);
            prop_assert_eq!(pane.view.is_following(), expected.top.is_none(), "after {:?}", deed);
        }
    }
}

#[test]
fn a_view_that_follows_shows_the_newest_lines() {
    let _alone = alone();
    let mut pane = Pane::new(40, 4);
    for end in [3, 4, 5, 90] {
        pane.take(numbered(end - 1..end));
        assert_eq!(pane.words().last(), Some(&(end - 1).to_string()));
    }
}

#[test]
fn up_from_the_top_stays_at_the_top() {
    let _alone = alone();
    let mut pane = Pane::new(40, 4);
    pane.take(numbered(0..50));
    pane.go(Move::First);
    for to in [Move::Up, Move::HalfPageUp, Move::PageUp, Move::First] {
        pane.go(to);
        assert_eq!(pane.words(), numbers(0..4), "{to:?}");
    }
    assert_eq!(pane.view.manner(), "info+ frozen");
}

#[test]
fn the_end_is_followed_again_by_whoever_comes_down_to_it() {
    let _alone = alone();
    let mut pane = Pane::new(40, 4);
    pane.take(numbered(0..50));
    pane.go(Move::Up);
    assert_eq!(pane.view.manner(), "info+ frozen");
    pane.go(Move::Down);
    assert_eq!(pane.view.manner(), "info+ following");
    pane.take(numbered(50..60));
    assert_eq!(pane.words(), numbers(56..60));
}

#[test]
fn every_place_in_a_full_archive_can_be_reached() {
    let _alone = alone();
    let mut pane = Pane::new(40, 21);
    pane.take(numbered(0..10_000));
    pane.go(Move::First);
    for top in [0, 20, 40, 60] {
        assert_eq!(pane.words(), numbers(top..top + 21));
        pane.go(Move::PageDown);
    }
    pane.go(Move::Up);
    assert_eq!(pane.words(), numbers(79..100));
}

#[test]
fn what_was_frozen_with_room_left_stays_at_its_first_lines() {
    let _alone = alone();
    for lines in 0..7 {
        let mut pane = Pane::new(40, 6);
        pane.take(numbered(0..lines));
        pane.rows();
        pane.view.toggle_following();
        pane.take(numbered(lines..lines + 1));
        pane.take(numbered(lines + 1..50));
        assert_eq!(pane.words(), numbers(0..6), "frozen at {lines}");
    }
}

#[test]
fn another_filter_begins_at_the_end_and_the_same_one_changes_nothing() {
    let _alone = alone();
    let mut pane = Pane::new(40, 2);
    pane.take(numbered(0..50));
    pane.go(Move::First);
    pane.filter("");
    assert_eq!(pane.words(), ["0", "1"]);
    pane.filter("4");
    assert_eq!(pane.words(), ["48", "49"]);
    assert!(pane.view.is_following());
}

#[test]
fn when_the_pane_grows_over_all_lines_they_begin_at_its_top() {
    let _alone = alone();
    let mut pane = Pane::new(40, 4);
    pane.take(numbered(0..8));
    pane.go(Move::First);
    pane.area.height = 10;
    assert_eq!(pane.rows()[..8].iter().map(|row| row.rsplit(' ').next().unwrap()).collect::<Vec<_>>(), numbers(0..8));
    assert_eq!(pane.rows()[8..], ["", ""]);
}
