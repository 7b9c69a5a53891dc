//! Key tables: the shipped one, the user's over it, and the broken ones with their messages.

use std::fs;
use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEventKind, KeyModifiers};

use super::*;
use crate::ui::command::known;

fn shipped() -> KeyTable {
    KeyTable::shipped(&known()).unwrap_or_else(|error| panic!("{error}"))
}

fn user(source: &str) -> KeyTable {
    shipped().overridden("keys.toml", source).unwrap_or_else(|error| panic!("{error}"))
}

fn press(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn shown(keys: &[Key]) -> Vec<String> {
    keys.iter().map(Key::to_string).collect()
}

#[test]
fn every_command_has_a_shipped_key_and_every_shipped_key_is_found_in_its_scope() {
    let table = shipped();
    for command in known() {
        let keys = table.keys_of(command.name);
        assert!(!keys.is_empty(), "{}", command.name);
        for bound in keys {
            let found = table.bound.iter().filter(|it| it.keys.contains(bound)).map(|it| it.command.name);
            assert_eq!(found.collect::<Vec<_>>(), [command.name], "{bound}");
        }
    }
}

#[test]
fn shipped_keys_are_written_as_they_are_shown() {
    for bound in shipped().bound {
        for text in shown(&bound.keys) {
            assert!(SHIPPED.contains(&format!("\"{text}\"")), "{text}");
        }
    }
}

#[test]
fn a_key_means_its_command_in_its_scope_alone_and_a_global_one_everywhere() {
    let table = shipped();
    assert_eq!(table.lookup("approvals", press(KeyCode::Char('a'))), Some("approve"));
    assert_eq!(table.lookup("global", press(KeyCode::Char('a'))), None);
    assert_eq!(table.lookup("approvals", press(KeyCode::Char('j'))), Some("down"));
    assert_eq!(table.lookup("global", press(KeyCode::Down)), Some("down"));
    assert_eq!(table.lookup("global", press(KeyCode::F(9))), None);
}

#[test]
fn a_capital_is_another_key_than_its_letter_with_or_without_the_shift_flag() {
    let table = shipped();
    for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
        let event = KeyEvent::new(KeyCode::Char('N'), modifiers);
        assert_eq!(table.lookup("approvals", event), Some("snooze"));
    }
    assert_eq!(table.lookup("approvals", press(KeyCode::Char('n'))), Some("decline"));
    let back_tab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
    assert_eq!(table.lookup("global", back_tab), Some("previous-pane"));
    assert_eq!(table.lookup("global", press(KeyCode::Tab)), Some("next-pane"));
}

#[test]
fn a_key_held_down_repeats_and_letting_it_go_means_nothing() {
    let event = |kind| KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, kind);
    let table = shipped();
    assert_eq!(table.lookup("global", event(KeyEventKind::Press)), Some("quit"));
    assert_eq!(table.lookup("global", event(KeyEventKind::Repeat)), Some("quit"));
    assert_eq!(table.lookup("global", event(KeyEventKind::Release)), None);
}

#[test]
fn the_users_keys_replace_those_of_their_commands_and_leave_the_others() {
    let table = user("[global]\ndown = \"w\"\nzoom = []\n");
    assert_eq!(shown(table.keys_of("down")), ["w"]);
    assert_eq!(table.lookup("global", press(KeyCode::Char('j'))), None);
    assert_eq!(table.keys_of("zoom"), []);
    assert_eq!(shown(table.keys_of("up")), ["k", "Up"]);
    assert_eq!(shown(table.keys_of("no-such-command")), [""; 0]);
}

#[test]
fn two_commands_may_swap_their_keys() {
    let table = user("[global]\ndown = \"k\"\nup = \"j\"\n");
    assert_eq!(table.lookup("global", press(KeyCode::Char('k'))), Some("down"));
    assert_eq!(table.lookup("global", press(KeyCode::Char('j'))), Some("up"));
}

#[test]
fn a_file_that_is_not_there_leaves_the_shipped_keys_and_one_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    assert_eq!(KeyTable::load(&path, &known()), Ok(shipped()));
    fs::write(&path, "[global]\nzoom = \"w\"\n").unwrap();
    assert_eq!(KeyTable::load(&path, &known()), Ok(user("[global]\nzoom = \"w\"\n")));
    fs::write(&path, b"zoom = \"\xff\"").unwrap();
    assert!(KeyTable::load(&path, &known()).unwrap_err().to_string().contains("not UTF-8"));
    let error = KeyTable::load(folder.path(), &known()).unwrap_err().to_string();
    assert!(error.starts_with("error: cannot read the keys in "), "{error}");
}

fn broken(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken-keys");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    found.sort();
    found
}

#[test]
fn every_broken_key_file_is_refused_with_its_exact_message() {
    let mut wrong = Vec::new();
    for path in broken("toml") {
        let source = fs::read_to_string(&path).unwrap();
        let error = shipped().overridden("keys.toml", &source).expect_err(&path.to_string_lossy());
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        let actual = format!("{error}\n");
        if actual != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- actual\n{actual}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let messages: Vec<PathBuf> = broken("toml").iter().map(|path| path.with_extension("txt")).collect();
    assert_eq!(messages, broken("txt"));
    assert!(messages.len() >= 10);
}
