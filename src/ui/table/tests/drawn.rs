//! What is drawn.

use expect_test::{Expect, expect};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::*;

const LOOK: Look = Look {
    header: Style::new().add_modifier(Modifier::BOLD),
    selected: Style::new().add_modifier(Modifier::REVERSED),
    body: Style::new(),
    ascending: "^",
    descending: "v",
};

pub(super) fn drawn(list: &Kept, width: u16, height: u16, empty: &str) -> Buffer {
    // Away from the corner, so that places in the area and in the buffer differ.
    let area = Rect::new(3, 1, width, height);
    let mut buffer = Buffer::empty(Rect::new(2, 1, width + 1, height));
    render(area, &mut buffer, &COLUMNS, (&list.list, &list.rows), &LOOK, empty);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let line = |cells: &[ratatui::buffer::Cell]| {
        let line: String = cells[1..].iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("|{line}|\n")
    };
    buffer.content().chunks(usize::from(buffer.area.width)).map(line).collect()
}

#[track_caller]
fn check(list: &Kept, width: u16, height: u16, expected: &Expect) {
    expected.assert_eq(&text(&drawn(list, width, height, "no row matches the filter `nowhere`")));
}

fn fleet() -> Kept {
    list(vec![
        row(0, "train", Some(412)),
        row(1, "a-name-that-goes-on", None),
        row(2, "größe 日本", Some(7)),
        row(3, "batch", Some(12_345_678)),
    ])
}

#[test]
fn columns_take_what_their_cells_need_and_shorten_what_does_not_fit() {
    let mut list = fleet();
    list.select(&1, 5);
    check(
        &list,
        50,
        5,
        &expect![[r"
            | NAME          ID                    PRICE        |
            | train         i-0ab12cd3ef4541000     412        |
            |>a-name-that…  i-0ab12cd3ef4541001       -        |
            | größe 日 本     i-0ab12cd3ef4541002       7        |
            | batch         i-0ab12cd3ef4541003  12345…        |
        "]],
    );
}

#[test]
fn columns_narrow_first_and_then_drop_from_the_least_important() {
    let mut list = fleet();
    list.select(&0, 5);
    for (width, expected) in [
        (
            38,
            expect![[r"
                | NAME          ID                  1/4|
                |>train         i-0ab12..541000     412|
                | a-name-that…  i-0ab12..541001       -|
            "]],
        ),
        (
            30,
            expect![[r"
                | NAME      ID              1/4|
                |>train     i-0ab..1000     412|
                | a-name-…  i-0ab..1001       -|
            "]],
        ),
        (
            24,
            expect![[r"
                | NAME        ID      1/4|
                |>train       i-0ab..1000|
                | a-name-th…  i-0ab..1001|
            "]],
        ),
        (
            12,
            expect![[r"
                | NAME    1/4|
                |>train      |
                | a-name-tha…|
            "]],
        ),
        (
            4,
            expect![[r"
                | 1/4|
                |>tr…|
                | a-…|
            "]],
        ),
    ] {
        check(&list, width, 3, &expected);
    }
}

#[test]
fn the_sorted_column_has_a_sign_after_its_title() {
    let mut list = fleet();
    list.sort_by(0, 5);
    check(
        &list,
        50,
        2,
        &expect![[r"
            | NAME^         ID                    PRICE     1/4|
            | a-name-that…  i-0ab12cd3ef4541001       -        |
        "]],
    );
    list.sort_by(0, 5);
    check(
        &list,
        50,
        2,
        &expect![[r"
            | NAMEv         ID                    PRICE     1/4|
            | train         i-0ab12cd3ef4541000     412        |
        "]],
    );
    list.sort_by(2, 5);
    check(
        &list,
        42,
        2,
        &expect![[r"
            | NAME          ID                    ^ 1/4|
            | größe 日 本     i-0ab12cd3ef4541002       7|
        "]],
    );
    check(
        &list,
        40,
        2,
        &expect![[r"
            | NAME          ID                  ^ 1/4|
            | größe 日 本     i-0ab12c..4541002       7|
        "]],
    );
}

#[test]
fn the_header_says_how_far_down_it_is_when_rows_are_out_of_sight() {
    let mut list = list(rows(0..5_000));
    list.select(&11, 3);
    check(
        &list,
        50,
        4,
        &expect![[r"
            | NAME   ID                    PRICE        12/5000|
            | row9   i-0ab12cd3ef4541009       9               |
            | row10  i-0ab12cd3ef4541010      10               |
            |>row11  i-0ab12cd3ef4541011      11               |
        "]],
    );
    list.clear_selection();
    check(
        &list,
        50,
        4,
        &expect![[r"
            | NAME   ID                    PRICE        10/5000|
            | row9   i-0ab12cd3ef4541009       9               |
            | row10  i-0ab12cd3ef4541010      10               |
            | row11  i-0ab12cd3ef4541011      11               |
        "]],
    );
}

#[test]
fn a_single_line_shows_a_row_and_no_header() {
    check(
        &fleet(),
        50,
        1,
        &expect![[r"
            | train         i-0ab12cd3ef4541000     412        |
        "]],
    );
}

#[test]
fn where_no_row_is_shown_the_callers_words_say_why() {
    let mut list = fleet();
    list.set_filter(filter("nowhere"), 5);
    check(
        &list,
        24,
        4,
        &expect![[r"
            | NAME        ID         |
            |no row matches the      |
            |filter `nowhere`        |
            |                        |
        "]],
    );
}

#[test]
fn the_selected_row_is_reversed_from_edge_to_edge_and_keeps_the_colours_of_its_cells() {
    let mut red = row(1, "red", None);
    red.cells[0].style = Style::new().fg(Color::Red);
    let mut list = list(vec![row(0, "plain", None), red]);
    list.select(&1, 5);
    let buffer = drawn(&list, 30, 4, "");
    let at = |x, y| buffer.cell((x, y)).unwrap();
    let reversed = |x, y| at(x, y).modifier.contains(Modifier::REVERSED);
    assert!((3..33).all(|x| reversed(x, 3)));
    assert!(!reversed(2, 3), "the area ends there");
    assert!((3..33).all(|x| !reversed(x, 2)));
    assert_eq!(at(4, 3).fg, Color::Red);
    assert_eq!((at(3, 3).symbol(), at(3, 2).symbol()), (">", " "));
    assert!((3..33).all(|x| at(x, 1).modifier.contains(Modifier::BOLD)));
}

#[test]
fn what_is_not_fresh_is_dim_whatever_its_cells_look_like() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 3));
    let look = Look { body: Style::new().add_modifier(Modifier::DIM), ..LOOK };
    render(buffer.area, &mut buffer, &COLUMNS, (&fleet().list, &fleet().rows), &look, "");
    assert!(buffer.cell((1, 1)).unwrap().modifier.contains(Modifier::DIM));
    assert!(!buffer.cell((1, 0)).unwrap().modifier.contains(Modifier::DIM));
}
