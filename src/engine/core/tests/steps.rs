//! Steps in flight, their numbers, and how long they rest.

use super::desk::*;
use crate::config::Mode;
use crate::model::{FailureKind, InstanceState};
use crate::plan::{Outcome, StepKind};
use crate::protocol::{Command, Revision};

/// How long the first machine's attachment rests still.
fn rests(desk: &Desk) -> String {
    let plan = desk.view(TRAIN).plan;
    let not_taken = plan.not_taken.iter().find(|not| not.kind == StepKind::Attach);
    let why = not_taken.map_or_else(String::new, |not| not.why.clone());
    why.rsplit(" in ").next().unwrap_or_default().to_owned()
}

#[test]
fn four_machines_act_at_once_and_each_that_ends_makes_room_for_the_next() {
    let mut desk = Desk::with(6, Mode::Auto);
    assert_eq!(performs(&desk.look()).len(), 4);
    assert_eq!(desk.snapshot().in_flight.len(), 4);
    assert_eq!(desk.core.due(), None);
    for (left, begun) in [(4, 1), (4, 1), (3, 0), (2, 0), (1, 0)] {
        assert_eq!(performs(&desk.ends(Outcome::Done)).len(), begun);
        assert_eq!((desk.snapshot().in_flight.len(), desk.core.due()), (left, None));
    }
    desk.ends(Outcome::Done);
    assert_eq!(desk.rest(), seconds(0), "it looks what came of them");
}

#[test]
fn each_machine_begins_one_step_at_a_time() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.seen.names.entries.clear();
    desk.volume(TRAIN).attachments[0].delete_on_termination = true;
    assert_eq!(performs(&desk.look()).len(), 1);
    assert_eq!(performs(&desk.ends(Outcome::Done)), [""; 0]);
}

#[test]
fn a_step_that_was_done_rests_until_ec2_shows_it() {
    let mut desk = Desk::new(Mode::Auto);
    assert_eq!(performs(&desk.look()), [ATTACH]);
    desk.ends(Outcome::Done);
    assert_eq!(performs(&desk.look()), [""; 0]);
    assert_eq!(rests(&desk), "10s");
    desk.pass(9);
    assert_eq!(performs(&desk.look()), [""; 0]);
    desk.pass(1);
    assert_eq!(performs(&desk.look()), [ATTACH], "it does not show, so it did not come about");
}

#[test]
fn a_step_that_fails_again_within_ten_minutes_after_its_rest_rests_longer_and_after_that_as_at_first() {
    for (later, rest) in [(5, "10s"), (5 + 599, "10s"), (5 + 600, "5s")] {
        let mut desk = Desk::new(Mode::Auto);
        assert_eq!(performs(&desk.look()), [ATTACH]);
        desk.ends(failed(FailureKind::Throttled));
        assert_eq!(performs(&desk.look()), [""; 0]);
        assert_eq!(rests(&desk), "5s");
        desk.pass(later);
        assert_eq!(performs(&desk.look()), [ATTACH]);
        desk.ends(failed(FailureKind::Throttled));
        desk.look();
        assert_eq!(rests(&desk), rest, "after {later} s");
    }
}

#[test]
fn a_step_keeps_its_number_and_a_plan_its_revision_for_as_long_as_they_stand() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    let (first, step) = (desk.snapshot().revision, desk.step());
    assert_eq!(first, Revision(1));
    assert_eq!(step.since, desk.now.wall);
    desk.look();
    assert_eq!((desk.snapshot().revision, desk.step()), (first, step.clone()));
    desk.tell(Command::SetMode(Mode::ReadOnly));
    desk.look();
    assert_eq!(desk.snapshot().revision, Revision(2), "the gate is part of the plan");
    assert_eq!((desk.step().number, desk.step().since), (step.number, step.since));
    desk.attach(TRAIN);
    desk.tell(Command::SetMode(Mode::Confirm));
    desk.look();
    assert_eq!(desk.snapshot().revision, Revision(3));
    assert!(desk.step().number > step.number, "another step has another number");
}

#[test]
fn every_step_of_a_plan_has_a_number_of_its_own() {
    let mut desk = Desk::with(3, Mode::Confirm);
    desk.look();
    let numbers: Vec<u64> = (0..3).map(|machine| desk.view(machine).numbers[0].0.0).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn how_long_a_machine_has_stood_so_begins_anew_when_it_stands_otherwise() {
    let mut desk = Desk::new(Mode::ReadOnly);
    desk.look();
    let began = desk.now.wall;
    assert_eq!(desk.view(TRAIN).since, began);
    desk.look();
    assert!(desk.now.wall > began);
    assert_eq!(desk.view(TRAIN).since, began);
    desk.instance(TRAIN).state = InstanceState::Pending;
    desk.look();
    assert_eq!(desk.view(TRAIN).since, desk.now.wall, "it waits for something else");
}

#[test]
fn a_step_in_flight_is_shown_with_when_it_began() {
    let mut desk = Desk::new(Mode::Auto);
    desk.look();
    let in_flight = desk.snapshot().in_flight;
    assert_eq!((in_flight.len(), in_flight[0].began), (1, desk.now.wall));
    assert!(!desk.snapshot().at_rest);
    assert_eq!(desk.ends(Outcome::Done).len(), 1, "its end is told");
    assert_eq!(desk.snapshot().in_flight, []);
}
