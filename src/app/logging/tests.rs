use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};

use serde_json::{Value, json};
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
    with_default(subscriber(&clock, &LogFile::default(), &sink), || {
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
async fn what_is_told_later_has_the_time_at_which_it_happened() {
    let (clock, sink, mut lines) = screen(10);
    let at = "2026-01-01T11:58:30.25Z";
    with_default(subscriber(&clock, &LogFile::default(), &sink), || {
        tracing::info!(target: "spotkeeper::x", machine = "(EC2)", { AT } = at.to_owned(), "terminated");
    });
    let line = lines.try_recv().unwrap();
    assert_eq!((line.at, line.words.as_str()), (at.parse().unwrap(), "terminated"));
    let folder = tempfile::tempdir().unwrap();
    let file = LogFile::default();
    file.move_to(Some(folder.path()), sink.name()).unwrap();
    with_default(subscriber(&clock, &file, &sink), || {
        tracing::info!(target: "spotkeeper::x", machine = "(EC2)", { AT } = at.to_owned(), "terminated");
    });
    let logged = written(folder.path());
    assert!(logged.starts_with("2026-01-01T11:58:30Z info ") && !logged.contains("at="), "{logged}");
}

#[tokio::test(start_paused = true)]
async fn lines_that_come_too_fast_are_counted_and_told_before_the_next_that_finds_room() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, sink, mut lines) = screen(3);
    let file = LogFile::default();
    file.move_to(Some(folder.path()), sink.name()).unwrap();
    with_default(subscriber(&clock, &file, &sink), || {
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
    with_default(subscriber(&clock, &LogFile::default(), &sink), || {
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
    let file = LogFile::default();
    file.move_to(Some(folder.path()), sink.name()).unwrap();
    drop(lines);
    with_default(subscriber(&clock, &file, &sink), || {
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
    for sink in [screen(1).1, Sink::Stderr(Stderr::Warnings, Format::Text)] {
        let error = LogFile::default().move_to(Some(&taken), sink.name()).unwrap_err();
        assert!(error.ends_with(&format!("log lines go to {} only", sink.name())), "{error}");
    }
}

/// What is written of a few events as lines of this kind.
fn written_as(format: Format, for_journal: bool) -> String {
    let (clock, ..) = screen(1);
    let mut file = tempfile::tempfile().unwrap();
    let line = Line::new(&clock, format, for_journal);
    let layer = tracing_subscriber::fmt::layer().event_format(line).with_writer(file.try_clone().unwrap());
    with_default(tracing_subscriber::registry().with(layer), || {
        let fields = r#"{"action":"reboot","volumes":["vol-1","a\nb"],"step":7}"#;
        tracing::info!(machine = "train", { EVENT } = "step-began", { FIELDS } = fields, "step 7 begins");
        tracing::warn!(machine = "a\u{1b}b", calls = 3, late = true, "a\u{202e}\nb");
        tracing::error!(why = "c\u{9b}d", "failed");
        tracing::debug!("fine");
    });
    let mut written = String::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_string(&mut written).unwrap();
    written
}

#[tokio::test(start_paused = true)]
async fn as_json_each_event_is_one_object_with_its_fields_and_nothing_in_it_acts_on_a_terminal() {
    let written = written_as(Format::Json, false);
    let objects: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let timestamp = "2026-01-01T12:02:00.000Z";
    let expected = [
        json!({
            "timestamp": timestamp, "level": "info", "machine": "train", "message": "step 7 begins",
            "event": "step-began", "action": "reboot", "volumes": ["vol-1", r"a\u{a}b"], "step": 7,
        }),
        json!({
            "timestamp": timestamp, "level": "warn", "machine": r"a\u{1b}b", "message": r"a\u{202e}\u{a}b",
            "calls": 3, "late": true,
        }),
        json!({ "timestamp": timestamp, "level": "error", "message": "failed", "why": r"c\u{9b}d" }),
        json!({ "timestamp": timestamp, "level": "debug", "message": "fine" }),
    ];
    assert_eq!(objects, expected);
    assert!(written.chars().all(|c| c == '\n' || c.is_ascii() && !c.is_control()), "{written:?}");
    let begins = format!(r#"{{"timestamp":"{timestamp}","level":"info","machine":"train","message":"#);
    assert!(written.starts_with(&begins), "what is always there comes first: {written}");
}

#[tokio::test(start_paused = true)]
async fn as_text_what_the_message_says_already_is_not_said_again() {
    let expected = [
        "2026-01-01T12:02:00Z info  train        step 7 begins",
        r"2026-01-01T12:02:00Z warn  a\u{1b}b     a\u{202e}\u{a}b calls=3 late=true",
        r#"2026-01-01T12:02:00Z error -            failed why="c\u{9b}d""#,
        "2026-01-01T12:02:00Z debug -            fine",
    ];
    assert_eq!(written_as(Format::Text, false).lines().collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn systemds_journal_gets_a_priority_for_each_line() {
    let begins = ["<6>info  train ", "<4>warn  a", "<3>error - ", "<7>debug - "];
    let text = written_as(Format::Text, true);
    assert_eq!(text.lines().count(), begins.len());
    assert!(text.lines().zip(begins).all(|(line, begins)| line.starts_with(begins)), "{text}");
    let json = written_as(Format::Json, true);
    let begins = ["<6>{", "<4>{", "<3>{", "<7>{"];
    assert!(json.lines().zip(begins).all(|(line, begins)| line.starts_with(begins)), "{json}");
}

#[test]
fn the_last_words_are_lines_for_people_and_one_object_for_programs() {
    let words = "error: one\n  | \u{1b}\ntwo";
    assert_eq!(last_words(words, Format::Text), "error: one\n  | \\u{1b}\ntwo\n");
    assert_eq!(last_words("no lock", Format::Text), "error: no lock\n");
    let json = last_words(words, Format::Json);
    let object: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&object["level"], &object["message"]), (&json!("error"), &json!("error: one\n  | \\u{1b}\ntwo")));
    assert_eq!(json.matches('\n').count(), 1);
}
