use std::fs;

use tokio::sync::mpsc::Receiver;
use tracing::subscriber::with_default;

use super::*;
use crate::protocol::Weight;

/// The end of the screen, with room for so many lines, and a clock that all but stands.
fn screen(room: usize) -> (Clock, Sink, Receiver<LogLine>) {
    let (sender, lines) = mpsc::channel(room);
    (Clock::starting_at("2026-01-01T12:02:00Z".parse().unwrap(), 1e-6), Sink::Screen(sender), lines)
}

/// What has come so far.
fn words(lines: &mut Receiver<LogLine>) -> Vec<String> {
    std::iter::from_fn(|| lines.try_recv().ok()).map(|line| line.words).collect()
}

fn log(numbers: std::ops::Range<u64>) {
    for number in numbers {
        tracing::info!(target: "spotkeeper::x", "line {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_screen_gets_our_time_weight_machine_and_words() {
    let (clock, sink, mut lines) = screen(10);
    with_default(subscriber(&clock, None, &sink), || {
        tracing::info!(target: "spotkeeper::x", machine = "train", "attached");
        tracing::warn!(target: "spotkeeper::x", calls = 3, "waits");
        tracing::error!(target: "spotkeeper::x", "failed");
        tracing::debug!(target: "spotkeeper::x", "for the file only");
        tracing::error!(target: "somebody_else", "not ours");
    });
    let at = clock.now().wall;
    let line =
        |weight, machine: &str, words: &str| LogLine { at, weight, machine: machine.into(), words: words.into() };
    let expected = [
        line(Weight::Info, "train", "attached"),
        line(Weight::Warning, "", "waits calls=3"),
        line(Weight::Error, "", "failed"),
    ];
    assert_eq!(std::iter::from_fn(|| lines.try_recv().ok()).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn lines_that_come_too_fast_are_counted_and_told_before_the_next_that_finds_room() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, sink, mut lines) = screen(3);
    let file = open(folder.path(), &sink).unwrap();
    with_default(subscriber(&clock, Some(file), &sink), || {
        log(1..6);
        assert_eq!(words(&mut lines), ["line 1", "line 2", "line 3"]);
        log(6..8);
        let told = "2 log lines came too fast for the screen; they are in the log file";
        assert_eq!(words(&mut lines), [told, "line 6", "line 7"]);
        log(8..12);
        assert_eq!(lines.try_recv().unwrap().words, "line 8");
        // Room for one, but not for the note before it.
        log(12..13);
        assert_eq!(words(&mut lines), ["line 9", "line 10"]);
        log(13..14);
        assert_eq!(words(&mut lines), [told, "line 13"]);
    });
    assert!(written(folder.path()).contains("line 11\n"));
}

#[tokio::test(start_paused = true)]
async fn without_a_log_file_lines_that_came_too_fast_are_not_said_to_be_in_it() {
    let (clock, sink, mut lines) = screen(2);
    with_default(subscriber(&clock, None, &sink), || {
        log(1..4);
        assert_eq!(words(&mut lines).len(), 2);
        log(4..5);
    });
    let told = "1 log line came too fast for the screen; it is lost, as there is no log file";
    assert_eq!(words(&mut lines), [told, "line 4"]);
}

#[tokio::test(start_paused = true)]
async fn with_the_screen_or_after_it_every_line_is_in_the_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, sink, lines) = screen(1);
    let file = open(folder.path(), &sink).unwrap();
    drop(lines);
    with_default(subscriber(&clock, Some(file), &sink), || {
        tracing::debug!(target: "spotkeeper::x", machine = "train", "looked");
        tracing::info!(target: "spotkeeper::x", machine = "train", "a\u{1b}[31m\nb");
    });
    let written = written(folder.path());
    assert!(written.contains("debug train        looked\n"), "{written}");
    assert!(written.ends_with("info  train        a\\u{1b}[31m\\u{a}b\n"), "{written}");
}

fn written(folder: &Path) -> String {
    fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_log_file_that_cannot_be_is_an_error_that_says_where_the_lines_go() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("file");
    fs::write(&taken, "").unwrap();
    let error = open(&taken, &screen(1).1).unwrap_err();
    assert!(error.ends_with("log lines go to the screen only"), "{error}");
    let error = open(&taken, &Stderr::Warnings.into()).unwrap_err();
    assert!(error.ends_with("log lines go to stderr only"), "{error}");
}
