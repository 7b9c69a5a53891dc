//! How people are reached from a screen: by bell, notice and hooks, none of which disturbs it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::kit::{TERM, USUAL, assert_whole, open, quit, row, yes_if_asked};
use crate::binary::world::{HANGING, TRAIN, World};
use crate::support::binary::Place;
use crate::support::pty::Pty;

/// A world whose configuration begins like this.
fn world(tables: &str) -> World {
    let world = World::new(HANGING);
    world.place.configure(&format!("{tables}{TRAIN}"));
    world
}

#[test]
fn a_step_that_waits_rings_and_asks_for_a_notice_unless_the_configuration_says_no() {
    const NOTICE: &str = "\u{1b}]9;spotkeeper: train: needs-approval: attach vol-e123456f";
    for (tables, bell, notice) in [
        ("", true, true),
        ("[notify]\nbell = false\n", false, true),
        ("[notify]\ndesktop = false\n", true, false),
        ("[notify]\nbell = false\ndesktop = false\n", false, false),
    ] {
        let world = world(tables);
        let pty = open(&world.place, &[]);
        pty.wait_for_text("1 PENDING [p]");
        let ended = quit(pty);
        let raw = String::from_utf8_lossy(&ended.raw);
        assert_eq!(raw.contains(NOTICE), notice, "{tables}");
        // A BEL ends the notice and the title, too.
        let rings = raw.split("\u{1b}]").map(|part| part.matches('\u{7}').count());
        let within = raw.matches("\u{1b}]").count();
        assert_eq!(rings.sum::<usize>() - within, usize::from(bell), "{tables}{raw:?}");
        assert_whole(&ended, 0);
    }
}

#[test]
fn a_hook_beside_a_screen_cannot_reach_its_terminal_and_is_waited_for_when_the_screen_leaves() {
    let world = World::new(HANGING);
    let lines = "#!/bin/sh\necho spilt > /dev/tty\necho printed\necho failing >&2\nread -r go < \"$HOME/go\"\necho done > \"$HOME/told\"\n";
    let script = world.place.write("hook", lines);
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    world.place.configure(&format!("[hooks]\nneeds_approval = ['{script}']\ntimeout = '2m'\n{TRAIN}"));
    world.place.shell("mkfifo go");
    let pty = open(&world.place, &[]);
    pty.wait_for_text("1 PENDING [p]");
    pty.type_keys("5");
    pty.wait_for_text("hook needs-approval: printed");
    pty.type_keys("q");
    yes_if_asked(&pty, |screen| !screen.alternate_screen());
    pty.wait_for_text("waiting for hooks that still run; Ctrl-C ends them");
    world.place.shell("echo go > go");
    let ended = pty.finish();
    assert_whole(&ended, 0);
    assert!(!String::from_utf8_lossy(&ended.raw).contains("spilt"));
    assert!(world.place.hosts_file().with_file_name("told").exists());
}

#[test]
fn a_second_screen_that_only_watches_runs_no_hooks() {
    let world = World::new(HANGING);
    let script = world.place.write("hook", "#!/bin/sh\necho once >> \"$HOME/told\"\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    world.place.configure(&format!("[hooks]\nneeds_approval = ['{script}']\n{TRAIN}"));
    let first = open(&world.place, &[]);
    first.wait_for_text("1 PENDING [p]");
    let second = open(&world.place, &[]);
    second.wait_for("a screen that only watches", |screen| row(screen, 0).starts_with("READ-ONLY"));
    second.wait_for_text("train");
    assert_whole(&quit(second), 0);
    assert_whole(&quit(first), 0);
    let told = world.place.files().into_iter().find(|(path, _)| path.ends_with("told")).unwrap().1;
    assert_eq!(String::from_utf8(told).unwrap(), "once\n");
}

#[test]
fn the_shipped_script_for_tmux_shows_a_message_as_it_is() {
    const TMUX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/hooks/tmux");
    const HOSTILE: &str = "train: blocked: #(touch owned) #{pid} %H:%M 100%";
    let place = Place::new("http://127.0.0.1:9");
    let mut tmux = place.command(Path::new("tmux"));
    // A server of its own, whatever tmux is around.
    tmux.args(["-f", "/dev/null", "new-session", "sleep 1000"])
        .env("TMUX_TMPDIR", place.hosts_file().parent().unwrap());
    let shell = |line: &str| place.shell(&format!("export TMUX_TMPDIR=\"$HOME\"; {line}"));
    let client = Pty::spawn(tmux, USUAL, &[TERM]);
    client.wait_for_text("[0] 0:");
    let outcome = shell(&format!("SPOTKEEPER_MESSAGE='{HOSTILE}' '{TMUX}'"));
    assert_eq!(outcome.code, 0, "{outcome:?}");
    client.wait_for_text(&format!("spotkeeper: {HOSTILE}"));
    assert_eq!(shell("tmux kill-server").code, 0);
    client.finish();
    assert!(!place.files().keys().any(|path| path.ends_with("owned")));
}
