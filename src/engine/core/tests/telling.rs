//! What is told, once.

use super::desk::*;
use crate::config::Mode;
use crate::plan::State;
use crate::protocol::Command;

#[test]
fn what_is_found_is_told_when_it_changes_and_not_again() {
    let mut desk = Desk::new(Mode::ReadOnly);
    let found = "waiting: would attach vol-00000000 to i-00000000";
    assert_eq!(of(&desk.look(), found).len(), 1);
    assert_eq!(desk.look(), [""; 0]);
    desk.request(TRAIN).instance = None;
    assert_eq!(desk.look(), ["waiting: sir-00000000 is fulfilled, but does not name its instance yet"]);
    assert_eq!(desk.look(), [""; 0]);
}

#[test]
fn a_step_that_begins_in_the_same_breath_says_what_is_found() {
    let mut desk = Desk::new(Mode::Auto);
    let lines = desk.look();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("step 1 begins: attach vol-00000000"), "{lines:?}");
    assert_eq!(lines[1], ATTACH);
}

#[test]
fn a_machine_that_works_without_a_step_is_told_of() {
    let mut desk = Desk::new(Mode::Auto);
    desk.attach(TRAIN);
    desk.volume(TRAIN).attachments[0].state = "attaching".into();
    let lines = desk.look();
    assert_eq!(desk.view(TRAIN).plan.finding.state, State::Working);
    assert_eq!(lines, ["working: vol-00000000 is attaching to i-00000000 as /dev/sdp"]);
}

#[test]
fn a_machine_that_stands_otherwise_is_told_of_although_a_step_begins() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.seen.names.entries.clear();
    desk.volume(TRAIN).multi_attach = true;
    let lines = desk.look();
    assert_eq!(performs(&lines), [PUBLISH]);
    assert_eq!(of(&lines, "blocked: vol-00000000 has Multi-Attach enabled").len(), 1, "{lines:?}");
}

#[test]
fn a_step_that_waits_for_a_yes_is_told_once_until_it_did_not_wait_in_between() {
    let mut desk = Desk::new(Mode::Confirm);
    let asked = |lines: Vec<String>| of(&lines, "step ").len();
    assert_eq!(asked(desk.look()), 1);
    assert_eq!(asked(desk.look()), 0);
    desk.tell(Command::SetMode(Mode::ReadOnly));
    assert_eq!(asked(desk.look()), 0);
    desk.tell(Command::SetMode(Mode::Confirm));
    assert_eq!(asked(desk.look()), 1);
}

#[test]
fn a_warning_is_told_when_it_comes_up() {
    let mut desk = Desk::settled(Mode::ReadOnly);
    assert_eq!(of(&desk.look(), "vol-00000000 IS DELETED").len(), 0);
    desk.volume(TRAIN).attachments[0].delete_on_termination = true;
    assert_eq!(of(&desk.look(), "vol-00000000 IS DELETED").len(), 1);
    assert_eq!(of(&desk.look(), "vol-00000000 IS DELETED").len(), 0);
}
