//! The terminal is whole again, however the program is ended or stopped.

use std::path::Path;

use rustix::process::Signal;

use super::kit::{HELP, PROGRAM, TERM, USUAL, assert_whole, nowhere, open, shows, shows_whole_demo, yes_if_asked};
use crate::support::pty::Pty;

#[test]
fn after_a_signal_to_leave_the_terminal_is_whole_and_the_code_names_the_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let place = nowhere();
        let pty = open(&place, &["demo"]);
        pty.wait_for("the whole screen", shows_whole_demo);
        pty.signal(signal);
        assert_whole(&pty.finish(), code);
    }
}

#[test]
fn when_its_window_is_closed_it_ends() {
    let place = nowhere();
    let pty = open(&place, &["demo"]);
    pty.wait_for("the whole screen", shows_whole_demo);
    assert_eq!(pty.hang_up().code(), Some(129));
}

#[test]
fn when_its_window_is_closed_under_nohup_it_ends_all_the_same() {
    let place = nowhere();
    let mut nohup = place.command(Path::new("sh"));
    nohup.args(["-c", "trap '' HUP; exec \"$0\" demo", PROGRAM]);
    let pty = Pty::spawn(nohup, USUAL, &[TERM]);
    pty.wait_for("the whole screen", shows_whole_demo);
    assert_eq!(pty.hang_up().code(), Some(0));
}

#[test]
fn stopped_and_continued_from_outside_it_takes_the_terminal_again() {
    let place = nowhere();
    let pty = open(&place, &["demo"]);
    pty.wait_for("the whole screen", shows_whole_demo);
    pty.signal(Signal::STOP);
    let before = pty.bytes_so_far();
    pty.signal(Signal::CONT);
    pty.wait_for_bytes_after(before, b"\x1b[?1049h");
    pty.wait_for("the whole screen again", shows_whole_demo);
    pty.signal(Signal::TERM);
    assert_whole(&pty.finish(), 143);
}

#[test]
fn suspended_by_its_key_it_leaves_the_shell_a_whole_terminal_and_fg_brings_the_whole_screen_back() {
    let place = nowhere();
    let mut shell = place.command(Path::new("bash"));
    shell.args(["--norc", "--noprofile", "-i"]);
    let pty = Pty::spawn(shell, USUAL, &[TERM, ("PS1", "ready> "), ("SPOTKEEPER", PROGRAM)]);
    let run = |line: &str| {
        pty.wait_for("a prompt", |screen| !screen.alternate_screen() && is_at_prompt(screen));
        // The answer is drawn below, not where the last prompt was.
        pty.type_keys(&format!("clear; {line}\r"));
    };
    run("stty -a >before");
    run("$SPOTKEEPER demo");
    pty.wait_for("the whole screen", shows_whole_demo);
    pty.type_keys("\u{1a}");
    let is_stopped = |screen: &vt100::Screen| !screen.alternate_screen() && screen.contents().contains("Stopped");
    yes_if_asked(&pty, is_stopped);
    pty.wait_for("the shell", is_stopped);
    assert!(!pty.screen().hide_cursor());
    run("stty -a >stopped");
    run("fg");
    pty.wait_for("the whole screen again", |screen| screen.alternate_screen() && shows_whole_demo(screen));
    pty.type_keys("?");
    pty.wait_for_text(HELP);
    pty.type_keys("q");
    pty.wait_for("the panes below the help", |screen| !shows(screen, HELP));
    pty.type_keys("q");
    yes_if_asked(&pty, |screen| !screen.alternate_screen());
    run("echo left with $?; stty -a >after");
    pty.wait_for_text("left with 0");
    run("exit");
    assert_eq!(pty.finish().status.code(), Some(0));
    let files = place.files();
    let said = |name: &str| {
        let file = files.iter().find(|(path, _)| path.ends_with(name));
        String::from_utf8_lossy(file.expect("stty wrote a file").1).into_owned()
    };
    assert!(said("before").contains(" echo "), "{}", said("before"));
    assert_eq!(said("stopped"), said("before"));
    assert_eq!(said("after"), said("before"));
}

fn is_at_prompt(screen: &vt100::Screen) -> bool {
    let (row, _) = screen.cursor_position();
    super::kit::row(screen, row).trim_end() == "ready>"
}
