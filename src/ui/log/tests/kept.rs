//! Which lines are kept, and which are shown.

use super::*;

fn story() -> Vec<LogLine> {
    vec![
        line(Weight::Info, "train", "attached"),
        line(Weight::Warning, "train", "waits"),
        line(Weight::Error, "batch", "blocked"),
        line(Weight::Info, "", "looked"),
    ]
}

#[test]
fn a_filter_shows_only_what_matches_and_all_again_when_it_is_cleared() {
    let _alone = alone();
    let mut pane = Pane::new(60, 8);
    pane.take(story());
    for (typed, shown) in [
        ("machine:train", vec!["attached", "waits"]),
        ("level:warn", vec!["waits"]),
        ("text:LOOK", vec!["looked"]),
        ("train !level:info", vec!["waits"]),
        ("!train", vec!["blocked", "looked"]),
    ] {
        pane.filter(typed);
        assert_eq!(pane.words(), shown, "{typed}");
        assert_eq!(pane.view.filter().to_string(), typed);
    }
    pane.filter("");
    assert_eq!(pane.words(), ["attached", "waits", "blocked", "looked"]);
}

#[test]
fn new_lines_are_shown_only_if_the_filter_accepts_them_and_kept_all_the_same() {
    let _alone = alone();
    let mut pane = Pane::new(60, 8);
    pane.filter("machine:train");
    pane.take(story());
    pane.take(story());
    assert_eq!(pane.words(), ["attached", "waits", "attached", "waits"]);
    pane.filter("");
    assert_eq!(pane.words().len(), 8);
}

#[test]
fn errors_only_hides_what_is_neither_a_warning_nor_an_error_and_the_title_says_so() {
    let _alone = alone();
    let mut pane = Pane::new(60, 8);
    pane.take(story());
    assert_eq!(pane.view.manner(), "info+ following");
    pane.view.toggle_errors_only();
    pane.take(story());
    assert_eq!(pane.words(), ["waits", "blocked", "waits", "blocked"]);
    assert_eq!(pane.view.manner(), "warnings+ following");
    pane.filter("batch");
    assert_eq!(pane.words(), ["blocked", "blocked"]);
    pane.view.toggle_errors_only();
    pane.filter("");
    assert_eq!(pane.words().len(), 8);
}

#[test]
fn the_archive_keeps_the_newest_ten_thousand_lines_however_many_come_at_once() {
    let _alone = alone();
    let mut pane = Pane::new(60, 3);
    pane.take(numbered(0..4_000));
    pane.take(numbered(4_000..12_345));
    for step in ["as they came", "after a filter that came and went"] {
        assert_eq!(pane.words(), numbers(12_342..12_345), "{step}");
        pane.go(Move::First);
        assert_eq!(pane.words(), numbers(2_345..2_348), "{step}");
        pane.filter("12344");
        assert_eq!(pane.words(), ["12344"], "{step}");
        pane.filter("");
    }
}

#[test]
fn a_scrolled_line_that_is_dropped_gives_way_to_the_oldest_that_is_kept() {
    let _alone = alone();
    let mut pane = Pane::new(60, 3);
    pane.take(numbered(0..5_000));
    pane.go(Move::First);
    pane.take(numbered(5_000..12_000));
    assert_eq!(pane.words(), numbers(2_000..2_003));
    pane.go(Move::Down);
    assert_eq!(pane.words(), numbers(2_001..2_004));
    pane.go(Move::PageUp);
    assert_eq!(pane.words(), numbers(2_000..2_003));
}

#[test]
fn a_new_view_has_tui_logger_to_itself_from_its_first_line_on() {
    let _alone = alone();
    let mut old = Pane::new(60, 3);
    old.take(numbered(0..2));
    let mut new = Pane::new(60, 3);
    assert_eq!(old.words(), ["0", "1"], "a view without lines takes nothing from another");
    new.take(numbered(7..8));
    assert_eq!(new.words(), ["7"]);
}
