use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

fn shell(line: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]);
    shell
}

#[test]
fn what_is_typed_reaches_the_program_and_what_it_says_is_seen() {
    let pty = Pty::spawn(shell("stty size; echo $WORD; read x; echo got $x"), (12, 40), &[("WORD", "variable")]);
    pty.wait_for_text("12 40");
    pty.wait_for_text("variable");
    pty.type_keys("keys\r");
    pty.wait_for_bytes(b"got keys\r\n");
    assert!(pty.bytes_so_far() >= pty.screen().contents().len());
    let ended = pty.finish();
    assert!(ended.status.success());
    assert!(ended.raw.ends_with(b"got keys\r\n"));
    assert!(ended.screen.contents().ends_with("got keys"));
}

#[test]
fn a_program_is_told_of_a_new_size_and_of_signals() {
    let pty = Pty::spawn(
        shell(
            "trap 'echo size $(stty size)' WINCH; trap 'echo bye; exit 3' TERM; echo ready; while :; do read x; done",
        ),
        (24, 80),
        &[],
    );
    pty.wait_for_text("ready");
    pty.resize(10, 30);
    pty.type_keys("\r");
    pty.wait_for_text("size 10 30");
    pty.signal(Signal::TERM);
    pty.type_keys("\r");
    let ended = pty.finish();
    assert_eq!(ended.status.code(), Some(3));
    assert!(ended.screen.contents().contains("bye"));
}

#[test]
fn settings_that_a_program_leaves_changed_are_seen_after_its_end() {
    let pty = Pty::spawn(shell("read x; stty raw -echo"), (24, 80), &[]);
    let before = pty.settings();
    assert!(before.contains(" echo ") && before.contains("rows 24; columns 80"), "{before}");
    pty.type_keys("\r");
    let after = pty.finish().settings;
    assert_ne!(after, before);
    assert!(after.contains("-echo "), "{after}");
}

#[test]
fn waiting_in_vain_ends_with_the_program_and_shows_the_whole_screen() {
    let pty = Pty::spawn(shell("echo somewhere; echo else"), (4, 20), &[]);
    let eyes = Arc::clone(&pty.eyes);
    pty.finish();
    let failure = catch_unwind(AssertUnwindSafe(|| eyes.wait_until("nothing", |_| false))).unwrap_err();
    let words = failure.downcast_ref::<String>().expect("a message");
    assert!(words.contains("waited in vain for nothing") && words.contains("|somewhere\n|else\n"), "{words}");
}
