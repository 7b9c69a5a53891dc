//! Whose credentials these are.

use super::desk::*;
use crate::config::Mode;
use crate::engine::core::{Errand, Input, Options};
use crate::model::{FailureKind, Text};
use crate::protocol::Command;

const OWN: &str = "111111111111";
const OTHER: &str = "222222222222";
const ASK: &str = "ask for the account";

fn says(desk: &mut Desk, account: &str) -> Vec<String> {
    desk.handle(Input::Account(Ok(Text::new(account))))
}

/// STS said whose credentials these are, and a look failed for want of them.
fn expired(mode: Mode) -> Desk {
    let mut desk = Desk::new(mode);
    says(&mut desk, OWN);
    desk.fail(FailureKind::Credentials);
    desk
}

#[test]
fn after_a_failure_for_want_of_credentials_nothing_begins_before_sts_has_said_whose_the_new_ones_are() {
    let mut desk = expired(Mode::Auto);
    let lines = desk.look();
    assert_eq!((of(&lines, ASK), performs(&lines)), (vec![ASK], vec![]));
    assert_eq!(performs(&desk.look()), [""; 0]);
    assert_eq!(says(&mut desk, OWN), [""; 0]);
    assert_eq!(desk.rest(), seconds(0), "it goes on at once");
    let lines = desk.look();
    assert_eq!((of(&lines, ASK), performs(&lines)), (vec![], vec![ATTACH]));
}

#[test]
fn that_sts_cannot_be_reached_or_refuses_stops_nothing() {
    let mut desk = expired(Mode::Auto);
    desk.look();
    desk.handle(Input::Account(Err(failure(FailureKind::Denied))));
    assert_eq!(desk.snapshot().account, None);
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn other_failures_raise_no_question_and_do_not_answer_one() {
    let mut desk = Desk::new(Mode::Auto);
    says(&mut desk, OWN);
    desk.fail(FailureKind::Unreachable);
    assert_eq!(of(&desk.look(), ASK), [""; 0]);
    let mut desk = expired(Mode::Auto);
    desk.fail(FailureKind::Unreachable);
    assert_eq!(of(&desk.look(), ASK), [ASK]);
}

#[test]
fn credentials_of_another_account_pause_it_until_the_operator_trusts_them() {
    let mut desk = expired(Mode::Auto);
    desk.look();
    let lines = says(&mut desk, OTHER);
    assert_eq!(of(&lines, "paused").len(), 1, "{lines:?}");
    assert!(desk.snapshot().paused.is_some());
    assert_eq!(desk.snapshot().account, Some(Text::new(OTHER)));
    assert_eq!(performs(&desk.look()), [""; 0]);
    assert_eq!(desk.tell(Command::Resume), ["resumed"]);
    assert_eq!(says(&mut desk, OTHER), [""; 0], "it is trusted now");
    assert_eq!(performs(&desk.look()), [ATTACH]);
    assert_eq!(of(&says(&mut desk, OWN), "paused").len(), 1, "and the old one is not");
}

#[test]
fn the_first_account_is_trusted_and_shown() {
    let mut desk = Desk::new(Mode::Auto);
    assert_eq!(says(&mut desk, OWN), [""; 0]);
    assert_eq!(desk.snapshot().account, Some(Text::new(OWN)));
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn a_session_that_only_watches_has_nothing_to_pause() {
    let options = Options { mode: Mode::ReadOnly, yes_to_all: false, mode_is_fixed: true };
    let mut desk = Desk::of(1, options, false);
    says(&mut desk, OWN);
    assert_eq!(says(&mut desk, OTHER), [""; 0]);
    assert_eq!((desk.snapshot().paused, desk.snapshot().account), (None, Some(Text::new(OTHER))));
}

#[test]
fn an_answer_that_is_lost_is_not_waited_for() {
    let mut desk = expired(Mode::Auto);
    desk.look();
    desk.handle(Input::Lost { errand: Errand::Account, why: "it was cancelled".to_owned() });
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn it_is_not_at_rest_while_an_answer_is_waited_for() {
    let mut desk = Desk::new(Mode::Auto).without_capacity();
    says(&mut desk, OWN);
    desk.fail(FailureKind::Credentials);
    desk.look();
    assert!(!desk.snapshot().at_rest);
    says(&mut desk, OWN);
    desk.look();
    assert!(desk.snapshot().at_rest);
}
