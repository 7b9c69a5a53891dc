//! A panic in any thread, on a real terminal.
//!
//! The program has no way to be made to panic, so this test's own binary is the program here: it shows the screen as
//! the program does, and another thread of it panics.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use jiff::tz::TimeZone;
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Environment};
use spotkeeper::ui::{self, Bindings, Inlets, Setup};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use super::kit::{TERM, USUAL, assert_whole};
use crate::binary::world::TRAIN;
use crate::support::eventually;
use crate::support::pty::Pty;

const CHILD: &str = "terminal::panic::a_screen_beside_which_a_thread_panics";

/// The variable with the path of the file that is the word to panic.
const WORD: &str = "PANIC_WHEN_THIS_IS_THERE";

/// What the test harness ends with when a test failed.
const FAILED: i32 = 101;

#[test]
fn after_a_panic_in_another_thread_the_terminal_is_whole_and_the_message_can_be_read() {
    let mut child = Command::new(env::current_exe().expect("this binary has a path"));
    let folder = TempDir::new().expect("a temporary folder");
    let word = folder.path().join("word");
    child.env(WORD, &word).args(["--exact", CHILD, "--ignored", "--nocapture", "--color", "never"]);
    let pty = Pty::spawn(child, USUAL, &[TERM, ("RUST_BACKTRACE", "0")]);
    pty.wait_for("the screen", |screen| screen.alternate_screen() && screen.contents().contains("1 Machines"));
    fs::write(&word, "").expect("a file in a temporary folder");
    let ended = pty.finish();
    assert_whole(&ended, FAILED);
    let left = ended.screen.contents();
    assert!(left.contains("the roof is on fire") && !left.contains("1 Machines"), "{left}");
    assert!(left.contains("a part of the program panicked"), "{left}");
}

#[tokio::test]
#[ignore = "it is a program that the test above runs in a terminal"]
async fn a_screen_beside_which_a_thread_panics() {
    let word = PathBuf::from(env::var_os(WORD).expect("the test above says when to panic"));
    let text = format!("[hosts]\nfile = '/nowhere/hosts'\n[state]\ndir = '/nowhere/state'\n{TRAIN}");
    let config = config::parse("train.toml", &text, &Environment::default()).expect("no mistakes");
    let setup = Setup {
        config: Arc::new(config),
        profile: None,
        is_demo: false,
        ascii: false,
        colours: true,
        zone: TimeZone::UTC,
        keys: Bindings::load(None).expect("the shipped keys"),
    };
    let (engine, link) = oneshot::channel();
    let (_lines, lines) = mpsc::channel(1);
    let (_signals, signals) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let _engine = engine;
        eventually("the word to panic", || word.exists().then_some(()));
        panic!("the roof is on fire");
    });
    let ended = ui::run(setup, Clock::real(), Inlets { link, lines, signals }).await;
    panic!("the screen ended: {ended:?}");
}
