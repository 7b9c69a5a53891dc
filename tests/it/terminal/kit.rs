//! The program on a terminal, and what is looked for there.

use std::path::Path;
use std::process::Command;

use vt100::{MouseProtocolMode, Screen};

use crate::support::binary::Place;
use crate::support::pty::{Ended, Pty};

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_spotkeeper");

/// The size that every terminal has: rows and columns.
pub(super) const USUAL: (u16, u16) = (24, 80);

/// What a terminal that can do everything is called.
pub(super) const TERM: (&str, &str) = ("TERM", "xterm-256color");

/// A dialog says this when its keys count.
pub(super) const AWAKE: &str = "Enter presses, Esc cancels";

/// The help begins with this.
pub(super) const HELP: &str = "EC2 is changed only with your yes";

/// The machines of the demonstration.
const MACHINES: [&str; 6] = ["train", "sweep", "notebook", "batch", "render", "lab"];

/// Starts the program in a terminal of the usual size.
pub(super) fn open(place: &Place, arguments: &[&str]) -> Pty {
    open_with(place, arguments, &[])
}

/// The same, with these variables added to its environment.
pub(super) fn open_with(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Pty {
    let mut command = place.command(Path::new(PROGRAM));
    command.args(arguments);
    let variables: Vec<_> = [TERM].iter().chain(variables).copied().collect();
    Pty::spawn(command, USUAL, &variables)
}

/// A place for the demonstration, which needs none of its own.
pub(super) fn nowhere() -> Place {
    Place::new("http://127.0.0.1:9")
}

/// Moves to the other button of the dialog on top, once its keys count, and presses it.
pub(super) fn say_yes(pty: &Pty) {
    pty.wait_for_text(AWAKE);
    pty.type_keys("l\r");
}

/// Answers the question that may come first where a step is in flight; `is_done` is how it looks without one.
pub(super) fn yes_if_asked(pty: &Pty, is_done: impl Fn(&Screen) -> bool) {
    pty.wait_for("the end, or a question", |screen| is_done(screen) || shows(screen, AWAKE));
    if !is_done(&pty.screen()) {
        say_yes(pty);
    }
}

/// Leaves by the key. Returns what it came to.
pub(super) fn quit(pty: Pty) -> Ended {
    pty.type_keys("q");
    yes_if_asked(&pty, |screen| !screen.alternate_screen());
    pty.finish()
}

/// Whether a line of the screen holds this text.
pub(super) fn shows(screen: &Screen, text: &str) -> bool {
    screen.contents().contains(text)
}

/// One row of the screen, from 0.
pub(super) fn row(screen: &Screen, number: u16) -> String {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get()).nth(usize::from(number)).unwrap_or_default()
}

/// The row of the list that begins with this name, after the sign of its state.
pub(super) fn row_of(screen: &Screen, name: &str) -> Option<u16> {
    let (rows, _) = screen.size();
    (0..rows.get()).find(|number| row(screen, *number).split_whitespace().nth(1) == Some(name))
}

/// Whether every machine of the demonstration is there, and every edge of the screen.
pub(super) fn shows_whole_demo(screen: &Screen) -> bool {
    MACHINES.iter().all(|machine| shows(screen, machine)) && fills_the_terminal(screen)
}

/// Whether what is drawn has the terminal's size: its outermost corners are where the terminal ends.
pub(super) fn fills_the_terminal(screen: &Screen) -> bool {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let (Some(above_the_bar), Some(last)) = (rows.checked_sub(2), columns.checked_sub(1)) else { return false };
    let is = |row, column, any_of: &str| {
        screen.cell(row, column).is_some_and(|cell| cell.has_contents() && any_of.contains(cell.contents()))
    };
    is(1, 0, "╔┌") && is(1, last, "╗┐") && is(above_the_bar, 0, "╚└") && is(above_the_bar, last, "╝┘")
}

/// That the program ended with this code, and left its terminal as it found it.
pub(super) fn assert_whole(ended: &Ended, code: i32) {
    let screen = &ended.screen;
    let raw = String::from_utf8_lossy(&ended.raw);
    assert_eq!(ended.status.code(), Some(code), "{}", screen.contents());
    assert!(raw.contains("\u{1b}[?1049h"), "it was a screen");
    assert_eq!(ended.settings, untouched());
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
    assert!(!is_on(&raw, "1004"), "it still asks for focus reports");
    assert!(!is_on(&raw, "2026"), "a frame is never shown");
    let titles = |sequence| raw.matches(sequence).count();
    assert_eq!(titles("\u{1b}[22;0t"), titles("\u{1b}[23;0t"), "the title is not the old one");
}

/// Whether a private mode is on after all of this.
fn is_on(raw: &str, mode: &str) -> bool {
    raw.rfind(&format!("\u{1b}[?{mode}h")) > raw.rfind(&format!("\u{1b}[?{mode}l"))
}

/// The settings of a terminal of the usual size that nobody changed.
fn untouched() -> String {
    Pty::spawn(Command::new("true"), USUAL, &[]).finish().settings
}
