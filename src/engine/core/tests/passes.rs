//! One pass after the other.

use super::desk::*;
use crate::config::Mode;
use crate::engine::core::{Errand, Input, Options, Purpose, Report};
use crate::model::FailureKind;
use crate::plan::{Entry, Fact, Outcome};
use crate::protocol::Command;

/// The machine was attached here a moment ago, and its attach time is not known yet.
fn attached_here(machines: usize) -> Desk {
    let mut desk = Desk::with(machines, Mode::Auto);
    desk.attach(0);
    desk.owes();
    desk
}

fn seen(desk: &Desk) -> Vec<Entry> {
    let (volume, instance) = ("vol-00000000".parse().unwrap(), "i-00000000".parse().unwrap());
    let fact = Fact::AttachSeen { volume, instance, attach_time: desk.now.wall };
    vec![desk.entry(fact)]
}

#[test]
fn a_look_follows_when_its_time_has_come_and_none_while_one_is_under_way() {
    let mut desk = Desk::new(Mode::Auto);
    assert_eq!(desk.core.due(), Some(seconds(0)), "the first one at once");
    assert!(!desk.snapshot().at_rest);
    assert_eq!(desk.due(), ["look"]);
    assert_eq!(desk.handle(Input::Due), [""; 0]);
    assert_eq!((desk.core.due(), desk.snapshot().looks), (None, 0));
    desk.looked();
    assert_eq!(desk.snapshot().looks, 1);
}

#[test]
fn every_complete_look_is_counted_and_a_failed_one_is_not() {
    let mut desk = Desk::settled(Mode::Auto);
    for looks in 1..4 {
        desk.look();
        assert_eq!(desk.snapshot().looks, looks);
    }
    desk.fail(FailureKind::Throttled);
    assert_eq!(desk.snapshot().looks, 3);
    assert_eq!(desk.snapshot().look_failure, Some(failure(FailureKind::Throttled)));
    assert!(!desk.snapshot().at_rest);
    desk.look();
    assert_eq!((desk.snapshot().looks, desk.snapshot().look_failure.clone()), (4, None));
    assert!(desk.snapshot().at_rest);
    desk.due();
    assert!(!desk.snapshot().at_rest, "a look is under way");
}

#[test]
fn a_failed_look_is_told_once_as_long_as_it_fails_in_the_same_way() {
    let mut desk = Desk::new(Mode::Auto);
    let told = ["could not look: a call: EC2 said no"];
    assert_eq!(desk.fail(FailureKind::Unreachable), told);
    assert_eq!(desk.fail(FailureKind::Unreachable), [""; 0]);
    assert_eq!(desk.fail(FailureKind::Throttled), told);
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn what_a_look_showed_is_on_disk_before_anything_is_begun_on_any_machine() {
    let mut desk = attached_here(2);
    let lines = desk.look();
    let shown = format!("record for the Pass: train0: EC2 shows vol-00000000 on i-00000000, since {}", desk.now.wall);
    assert_eq!(of(&lines, "record"), [shown]);
    assert_eq!(performs(&lines), [""; 0]);
    assert_eq!(desk.core.due(), None);
    let written = seen(&desk);
    assert_eq!(
        performs(&desk.recorded(Purpose::Pass, written)),
        ["perform attach vol-00000001 to i-00000001 as /dev/sdp"]
    );
    desk.ends(failed(FailureKind::Stale));
    assert_eq!(of(&desk.look(), "record"), [""; 0], "it is known now");
}

#[test]
fn nothing_is_begun_while_the_journal_cannot_be_written_and_that_is_told_once() {
    let mut desk = attached_here(2);
    let told = ["nothing is done until the journal can be written: a call: EC2 said no"];
    for expected in [&told[..], &[]] {
        assert_eq!(of(&desk.look(), "record").len(), 1);
        let result = Err(failure(FailureKind::LocalFile));
        assert_eq!(desk.handle(Input::Recorded { purpose: Purpose::Pass, result }), expected);
        assert_eq!(desk.rest(), seconds(15));
        assert_eq!(desk.snapshot().journal_failure, Some(failure(FailureKind::LocalFile)));
    }
    desk.look();
    let written = seen(&desk);
    assert_eq!(performs(&desk.recorded(Purpose::Pass, written)).len(), 1);
    assert_eq!(desk.snapshot().journal_failure, None);
}

#[test]
fn a_session_that_only_watches_writes_nothing_and_begins_nothing() {
    let options = Options { mode: Mode::Auto, yes_to_all: true, mode_is_fixed: false };
    let mut desk = Desk::of(1, options, false);
    desk.core.memory = attached_here(1).core.memory;
    desk.attach(0);
    let lines = desk.look();
    assert_eq!((of(&lines, "record"), performs(&lines)), (vec![], vec![]));
    assert!(desk.core.due().is_some());
    assert_eq!(desk.snapshot().mode, Mode::ReadOnly);
}

#[test]
fn what_auto_mode_would_do_is_told_in_every_mode_and_while_paused() {
    let would = |desk: &Desk| desk.view(TRAIN).in_auto.iter().map(ToString::to_string).collect::<Vec<_>>();
    let attach = ["attach vol-00000000 to i-00000000 as /dev/sdp"];
    for mode in [Mode::ReadOnly, Mode::Confirm, Mode::Auto] {
        let mut desk = Desk::new(mode);
        desk.look();
        assert_eq!(would(&desk), attach, "{mode}");
        desk.tell(Command::Pause);
        if mode == Mode::Auto {
            desk.ends(failed(FailureKind::Stale));
            desk.pass(2);
            assert_eq!(performs(&desk.look()), [""; 0]);
        }
        assert_eq!(would(&desk), attach, "{mode}, paused");
    }
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    let (revision, step) = (desk.snapshot().revision, desk.step().number);
    desk.tell(Command::Snooze { revision, step, pause: seconds(600) });
    desk.look();
    assert_eq!(would(&desk), [""; 0], "what was put off is put off in auto mode too");
}

#[test]
fn a_task_that_is_lost_leaves_nothing_in_flight_drops_what_was_said_and_is_a_failed_look() {
    let mut desk = Desk::with(2, Mode::Confirm);
    desk.look();
    desk.approve();
    assert_eq!(performs(&desk.look()).len(), 1);
    let (revision, step) = (desk.snapshot().revision, desk.view(1).numbers[0].0);
    desk.tell(Command::Approve { revision, step });
    let first = desk.core.in_flight[0].step.number;
    let lines = desk.handle(Input::Lost { errand: Errand::Step(first), why: "it panicked".to_owned() });
    assert_eq!(of(&lines, "refused").len(), 1, "{lines:?}");
    assert_eq!(of(&lines, "could not look"), ["could not look: running a task of the engine: it panicked"]);
    assert_eq!(desk.snapshot().in_flight, []);
    assert_eq!(desk.rest(), seconds(2));
    assert_eq!(performs(&desk.look()), [""; 0]);
}

#[test]
fn a_step_in_flight_stays_so_when_another_task_is_lost() {
    let mut desk = Desk::with(2, Mode::Auto);
    assert_eq!(performs(&desk.look()).len(), 2);
    let why = || "it panicked".to_owned();
    let steps: Vec<_> = desk.snapshot().in_flight.iter().map(|step| step.step.number).collect();
    desk.tell(Command::Examine { machine: name(TRAIN) });
    let lines = desk.handle(Input::Lost { errand: Errand::Examination(name(TRAIN)), why: why() });
    assert_eq!(lines, ["refused: the examination of train0 has no result: running a task of the engine: it panicked"]);
    desk.handle(Input::Lost { errand: Errand::Account, why: why() });
    assert_eq!(desk.snapshot().in_flight.len(), 2);
    assert_eq!(desk.core.due(), None, "no look before they have ended");
    let again = desk.tell(Command::Examine { machine: name(TRAIN) });
    assert_eq!(again, ["examine train0"], "it is not under way any more");

    desk.handle(Input::Lost { errand: Errand::Step(steps[0]), why: why() });
    assert_eq!(desk.snapshot().in_flight.iter().map(|step| step.step.number).collect::<Vec<_>>(), steps[1..]);
    assert_eq!(desk.core.due(), None, "the other has not ended");
}

#[test]
fn what_was_written_down_of_a_step_is_remembered() {
    let mut desk = Desk::new(Mode::Auto);
    assert_eq!(performs(&desk.look()), [ATTACH]);
    desk.attach(TRAIN);
    let (entries, step) = (vec![desk.intent()], desk.core.in_flight[0].step.clone());
    let report =
        Report { step, outcome: Outcome::Done, entries, journal_failure: Some(failure(FailureKind::LocalFile)) };
    let lines = desk.handle(Input::Performed(report));
    assert_eq!(of(&lines, "nothing is done until").len(), 1);
    assert!(desk.core.memory.of(&name(TRAIN)).debt(&"i-00000000".parse().unwrap()).is_some());
    assert_eq!(desk.snapshot().journal_failure, Some(failure(FailureKind::LocalFile)));
}
