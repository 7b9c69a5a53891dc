//! When it looks again.

use super::desk::*;
use crate::config::Mode;
use crate::model::{FailureKind, InstanceState};

#[test]
fn it_looks_often_while_something_moves_and_at_leisure_after_ten_minutes_without_a_change() {
    for (passed, rest) in [(0, 2), (599, 2), (600, 15)] {
        let mut desk = Desk::new(Mode::Auto);
        desk.instance(TRAIN).state = InstanceState::Pending;
        desk.look();
        desk.pass(passed);
        desk.look();
        assert_eq!((desk.rest(), desk.snapshot().pause), (seconds(rest), seconds(rest)), "after {passed} s");
        desk.pass(600);
        desk.request(TRAIN).instance = None;
        desk.look();
        assert_eq!(desk.rest(), seconds(2), "it waits for something else, in the same state");
    }
}

#[test]
fn what_waits_for_capacity_is_looked_at_at_leisure_from_the_first_look_on() {
    let mut desk = Desk::new(Mode::Auto).without_capacity();
    desk.look();
    assert_eq!(desk.rest(), seconds(15));
    assert!(desk.snapshot().at_rest);
}

#[test]
fn one_machine_that_moves_is_enough_to_look_often() {
    for moving in [0, 1] {
        let mut desk = Desk::settled(Mode::Auto);
        let mut both = Desk::with(2, Mode::Confirm);
        both.core.memory = std::mem::take(&mut desk.core.memory);
        both.instance(moving).state = InstanceState::Pending;
        both.look();
        assert_eq!(both.rest(), seconds(2), "machine {moving}");
        assert!(!both.snapshot().at_rest);
    }
}

#[test]
fn after_failed_looks_it_waits_longer_and_longer_by_what_failed_and_begins_anew_after_a_good_one() {
    let cases = [
        (FailureKind::Unreachable, [2, 4, 8, 16, 32, 60, 60]),
        (FailureKind::Throttled, [5, 10, 20, 40, 60, 60, 60]),
        (FailureKind::Credentials, [30; 7]),
    ];
    for (kind, rests) in cases {
        let mut desk = Desk::new(Mode::ReadOnly);
        for rest in rests {
            desk.fail(kind);
            assert_eq!((desk.rest(), desk.snapshot().pause), (seconds(rest), seconds(rest)), "{kind:?}");
        }
        assert_eq!(of(&desk.look(), "can look again"), ["can look again, after 7 failures"]);
        assert_eq!(of(&desk.look(), "can look again"), [""; 0]);
        desk.fail(kind);
        assert_eq!(desk.rest(), seconds(rests[0]), "{kind:?}");
        assert_eq!(of(&desk.look(), "can look again"), ["can look again, after one failure"]);
    }
}
