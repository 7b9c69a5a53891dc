//! What a line looks like.

use ratatui::style::Modifier;

use super::*;

fn told(width: u16, lines: Vec<LogLine>) -> Vec<String> {
    let mut pane = Pane::new(width, u16::try_from(lines.len()).unwrap());
    pane.take(lines);
    pane.rows()
}

#[test]
fn a_line_is_time_machine_and_words_and_what_matters_has_a_sign_too() {
    let _alone = alone();
    let rows = told(
        40,
        vec![
            line(Weight::Info, "train", "attached"),
            line(Weight::Info, "", "looked"),
            line(Weight::Warning, "a-long-name", "waits"),
            line(Weight::Error, "batch", "blocked"),
        ],
    );
    assert_eq!(
        rows,
        [
            "12:03:38 train    attached",
            "12:03:38          looked",
            "12:03:38 a-long-… ⚠ waits",
            "12:03:38 batch    ✗ blocked"
        ]
    );
}

#[test]
fn a_line_that_is_too_long_is_cut_and_says_so() {
    let _alone = alone();
    for (width, row) in [(26, "12:03:38 train    attached"), (25, "12:03:38 train    attach…"), (12, "12:03:38 tr…")]
    {
        assert_eq!(told(width, vec![line(Weight::Info, "train", "attached")]), [row]);
    }
}

#[test]
fn the_time_is_told_as_all_times_are() {
    let _alone = alone();
    let mut pane = Pane::new(40, 2);
    pane.take([line(Weight::Info, "train", "attached")]);
    let yesterday = "2026-11-23T08:00:00Z".parse().unwrap();
    pane.take([LogLine { at: yesterday, ..line(Weight::Info, "train", "began") }]);
    assert_eq!(pane.rows(), ["12:03:38 train    attached", "11-23 08:00 train    began"]);
    pane.look.times.relative = true;
    assert_eq!(pane.rows(), ["<1m      train    attached", "1d 4h    train    began"]);
}

#[test]
fn without_colours_and_beyond_ascii_what_matters_is_still_told_apart() {
    let _alone = alone();
    let mut pane = Pane::new(40, 2);
    pane.look.theme = Theme::new(false, true);
    pane.take([line(Weight::Warning, "train", "waits"), line(Weight::Error, "batch", "blocked")]);
    assert_eq!(pane.rows(), ["12:03:38 train    ! waits", "12:03:38 batch    x blocked"]);
    let styles = pane.buffer().content.into_iter().map(|cell| (cell.fg, cell.bg));
    assert!(styles.into_iter().all(|colours| colours == Default::default()), "a colour is set");
}

#[test]
fn the_words_have_the_style_of_their_weight_and_the_selected_machines_lines_are_bold() {
    let _alone = alone();
    let mut pane = Pane::new(40, 3);
    pane.look.machine = Some("train".parse().unwrap());
    pane.take([
        line(Weight::Info, "train", "attached"),
        line(Weight::Info, "batch", "began"),
        line(Weight::Error, "batch", "blocked"),
    ]);
    let buf = pane.buffer();
    let is_bold = |x, y| buf[(x, y)].modifier.contains(Modifier::BOLD);
    assert!(is_bold(0, 0) && is_bold(20, 0));
    assert!(!is_bold(0, 1) && !is_bold(20, 1));
    assert!(!is_bold(0, 2));
    assert_eq!(Some(buf[(20, 2)].fg), pane.look.theme.wrong().fg);
}

#[test]
fn a_dimmed_log_is_dim_throughout() {
    let _alone = alone();
    let mut pane = Pane::new(40, 2);
    pane.look.dim = true;
    pane.take([line(Weight::Info, "train", "attached"), line(Weight::Error, "batch", "blocked")]);
    assert!(pane.buffer().content.iter().all(|cell| cell.modifier.contains(Modifier::DIM)));
}

#[test]
fn hostile_text_stays_harmless_and_on_its_line() {
    let _alone = alone();
    let hostile = "a\u{1b}[31mb\nc\u{202e}d\u{9b}e\rf";
    let rows = told(90, vec![line(Weight::Warning, hostile, hostile), line(Weight::Info, "train", "attached")]);
    assert_eq!(rows, [r"12:03:38 a\u{1b}… ⚠ a\u{1b}[31mb\u{a}c\u{202e}d\u{9b}e\u{d}f", "12:03:38 train    attached"]);
}

#[test]
fn a_hostile_filter_is_told_harmlessly() {
    let _alone = alone();
    let mut pane = Pane::new(60, 1);
    pane.take(numbered(0..1));
    pane.filter("a\u{1b}b");
    assert_eq!(pane.rows(), [r"no line matches the filter a\u{1b}b, Esc clears it"]);
}

#[test]
fn an_empty_log_says_why_it_is_empty() {
    let _alone = alone();
    let mut pane = Pane::new(60, 1);
    assert_eq!(pane.rows(), ["no log lines yet"]);
    pane.filter("batch");
    assert_eq!(pane.rows(), ["no log lines yet"]);
    pane.take(numbered(0..1));
    assert_eq!(pane.rows(), ["no line matches the filter batch, Esc clears it"]);
    pane.filter("");
    pane.view.toggle_errors_only();
    assert_eq!(pane.rows(), ["no warnings and no errors so far"]);
    pane.area.width = 9;
    assert_eq!(pane.rows(), ["no warni…"]);
}

#[test]
fn an_area_of_no_size_or_beyond_the_screen_is_no_harm() {
    let _alone = alone();
    let mut pane = Pane::new(20, 4);
    pane.take(numbered(0..9));
    let mut buf = Buffer::empty(pane.area);
    for area in [Rect::ZERO, Rect::new(0, 0, 20, 0), Rect::new(0, 0, 0, 4), Rect::new(10, 2, 90, 90)] {
        pane.view.draw(area, &mut buf, &pane.look);
        for to in [Move::PageUp, Move::Up, Move::HalfPageUp, Move::First, Move::Last] {
            pane.view.go(to, area);
        }
    }
}
