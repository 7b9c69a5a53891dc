//! Without colours, nothing that is told by them is lost.

use super::kit::{HELP, assert_whole, nowhere, open_with, quit, row_of, shows, shows_whole_demo};

/// The parameters of every sequence that sets colours and styles.
fn styles(raw: &str) -> Vec<&str> {
    let sequences = raw.split("\u{1b}[").skip(1);
    sequences
        .filter_map(|rest| {
            let end = rest.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
            let (parameters, rest) = rest.split_at(end);
            rest.starts_with('m').then_some(parameters)
        })
        .collect()
}

fn is_colour(code: &str) -> bool {
    let first = code.split(':').next().unwrap_or_default();
    first.parse().is_ok_and(|code: u32| matches!(code, 30..=38 | 40..=48 | 58 | 90..=107))
}

#[test]
fn with_no_color_not_one_colour_is_sent_and_the_selection_is_seen_by_its_reverse() {
    let place = nowhere();
    let pty = open_with(&place, &["demo"], &[("NO_COLOR", "1")]);
    pty.wait_for("the whole screen", shows_whole_demo);
    pty.type_keys("j");
    pty.wait_for("the second row in reverse", |screen| is_reverse(screen, "sweep") && !is_reverse(screen, "train"));
    for (key, text) in [("?", HELP), ("x", "Actions for sweep"), ("m", " Mode "), (":", " Commands ")] {
        pty.type_keys(key);
        pty.wait_for_text(text);
        pty.type_keys("\u{1b}");
        pty.wait_for("the list again", |screen| !shows(screen, text) && shows_whole_demo(screen));
    }
    assert!(is_reverse(&pty.screen(), "sweep"));
    let ended = quit(pty);
    assert_whole(&ended, 0);
    let raw = String::from_utf8_lossy(&ended.raw);
    let styles = styles(&raw);
    assert!(styles.contains(&"7"), "nothing in reverse: {styles:?}");
    // An empty parameter resets reverse and bold.
    let wrong: Vec<_> =
        styles.iter().filter(|codes| codes.split(';').any(|code| code.is_empty() || is_colour(code))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Whether the whole name in this machine's row is in reverse.
fn is_reverse(screen: &vt100::Screen, machine: &str) -> bool {
    let Some(row) = row_of(screen, machine) else { return false };
    (5..10).all(|column| screen.cell(row, column).is_some_and(vt100::Cell::inverse))
}
