//! A terminal of any size, and of many sizes in a moment.

use super::kit::{HELP, USUAL, assert_whole, nowhere, open, quit, row, shows, shows_whole_demo};

#[test]
fn every_size_is_drawn_completely_and_the_smallest_say_what_is_needed() {
    let place = nowhere();
    let pty = open(&place, &["demo"]);
    pty.wait_for("the whole screen", shows_whole_demo);
    pty.resize(11, 59);
    pty.wait_for_text("too small: 59x11, needs 60x12");
    pty.resize(12, 60);
    pty.wait_for("a small screen", |screen| shows(screen, "train") && row(screen, 11).contains("? help"));
    pty.resize(1, 1);
    pty.wait_for("next to nothing", |screen| screen.contents() == "t");
    pty.resize(200, 500);
    pty.wait_for("a large screen", shows_whole_demo);
    let (rows, columns) = USUAL;
    pty.resize(rows, columns);
    pty.wait_for("the usual screen", shows_whole_demo);
    assert_whole(&quit(pty), 0);
}

#[test]
fn what_a_terminal_lost_that_was_small_for_a_moment_is_drawn_again() {
    let place = nowhere();
    let pty = open(&place, &["demo"]);
    pty.wait_for("the whole screen", shows_whole_demo);
    let (rows, columns) = USUAL;
    for _ in 0..10 {
        pty.resize(5, 20);
        pty.resize(rows, columns);
        pty.wait_for("the whole screen again", shows_whole_demo);
    }
    assert_whole(&quit(pty), 0);
}

#[test]
fn after_a_storm_of_sizes_the_last_one_is_drawn_completely() {
    let place = nowhere();
    let pty = open(&place, &["demo"]);
    pty.wait_for("the whole screen", shows_whole_demo);
    for step in 0..200 {
        pty.resize(1 + step * 7 % 61, 1 + step * 13 % 199);
    }
    let (rows, columns) = USUAL;
    pty.resize(rows, columns);
    pty.wait_for("the usual screen", shows_whole_demo);
    pty.press_until("?", "the help", |screen| shows(screen, HELP));
    pty.type_keys("q");
    pty.wait_for("the usual screen again", shows_whole_demo);
    assert_whole(&quit(pty), 0);
}
