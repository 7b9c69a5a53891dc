//! What the operator demands, puts off and pauses.

use std::time::Duration;

use super::desk::*;
use crate::config::Mode;
use crate::engine::core::{Input, Purpose};
use crate::model::{FailureKind, InstanceState};
use crate::plan::{Action, Gate, Outcome, State, StepKind};
use crate::protocol::Command;

const FOR: &str = "reboot i-00000000 for train0";

#[test]
fn a_demand_is_begun_at_the_next_look_and_serves_once() {
    let mut desk = Desk::settled(Mode::Confirm);
    assert_eq!(performs(&desk.look()), [""; 0]);
    let reboot = desk.offered(StepKind::Reboot);
    assert_eq!(desk.demand(reboot), [""; 0]);
    assert_eq!(desk.view(TRAIN).plan.finding.state, State::Working, "it is shown at once");
    assert_eq!(desk.rest(), seconds(0));
    assert_eq!(performs(&desk.look()), [REBOOT]);
    desk.ends(Outcome::Done);
    assert_eq!(performs(&desk.look()), [""; 0]);
    desk.pass(60);
    assert_eq!(performs(&desk.look()), [""; 0]);
}

#[test]
fn what_is_not_offered_is_refused_with_what_is() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    let settled = {
        let mut desk = Desk::settled(Mode::Auto);
        desk.look();
        desk.offered(StepKind::Reboot)
    };
    let why = "refused: cannot reboot i-00000000 for train0 now; vol-00000000 is not attached to i-00000000";
    assert_eq!(desk.demand(settled.clone()), [why]);
    let Action::Attach { volume, instance, .. } = desk.offered(StepKind::Attach) else { panic!() };
    let other = Action::Attach { volume, instance, device: "/dev/sdz".parse().unwrap() };
    let why = "refused: cannot attach vol-00000000 to i-00000000 as /dev/sdz for train0 now; what can be done is: attach \
               vol-00000000 to i-00000000 as /dev/sdp";
    assert_eq!(desk.demand(other), [why]);
    let keep = Action::Keep {
        volume: "vol-00000000".parse().unwrap(),
        instance: "i-00000000".parse().unwrap(),
        device: "/dev/sdp".into(),
    };
    let lines = desk.demand(keep);
    assert!(lines[0].ends_with("now; nothing of the kind (keep) is offered"), "{lines:?}");
    assert_eq!(performs(&desk.look()), [""; 0]);
    let machine = "another".parse().unwrap();
    let why = "refused: nothing is known of another yet: look first";
    assert_eq!(desk.tell(Command::Demand { machine, action: settled }), [why]);
}

#[test]
fn what_is_being_done_is_not_demanded_twice_and_something_else_is_demanded_meanwhile() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.seen.names.entries.clear();
    assert_eq!(performs(&desk.look()), [PUBLISH]);
    let publish = desk.core.in_flight[0].step.step.action.clone();
    let why = "refused: publish 10.0.0.1 of i-00000000 in the hosts file for train0 is being done already";
    assert_eq!(desk.demand(publish), [why]);
    let reboot = desk.offered(StepKind::Reboot);
    assert_eq!(desk.demand(reboot), [""; 0]);
    desk.publish(TRAIN);
    desk.ends(Outcome::Done);
    assert_eq!(performs(&desk.look()), [REBOOT]);
}

#[test]
fn a_demand_that_the_world_overtakes_is_refused_aloud_and_not_made_later() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.look();
    let reboot = desk.offered(StepKind::Reboot);
    desk.demand(reboot);
    desk.instance(TRAIN).state = InstanceState::ShuttingDown;
    let lines = desk.look();
    let refused = of(&lines, "refused");
    assert_eq!(refused.len(), 1, "{lines:?}");
    assert!(
        refused[0]
            .starts_with(&format!("refused: {FOR} was asked for, but the world moved; there is no eligible instance")),
        "{}",
        refused[0]
    );
    assert_eq!(performs(&lines), ["perform withdraw the name of i-00000000 from the hosts file"]);
    desk.ends(failed(FailureKind::Stale));
    desk.instance(TRAIN).state = InstanceState::Running;
    desk.pass(60);
    assert!(!performs(&desk.look()).contains(&REBOOT));
}

#[test]
fn an_approval_that_the_world_overtakes_is_refused_aloud_and_another_machines_counts() {
    let mut desk = Desk::with(2, Mode::Confirm);
    desk.look();
    desk.approve();
    let (revision, step) = (desk.snapshot().revision, desk.view(1).numbers[0].0);
    desk.tell(Command::Approve { revision, step });
    desk.instance(TRAIN).state = InstanceState::ShuttingDown;
    let lines = desk.look();
    let why = "refused: attach vol-00000000 to i-00000000 as /dev/sdp for train0 was approved, but is not planned any \
               more: the world moved";
    assert_eq!(of(&lines, "refused"), [why]);
    assert_eq!(performs(&lines), ["perform attach vol-00000001 to i-00000001 as /dev/sdp"]);
}

#[test]
fn a_failed_look_drops_what_was_demanded_and_keeps_what_was_approved() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.look();
    let reboot = desk.offered(StepKind::Reboot);
    desk.demand(reboot);
    let lines = desk.fail(FailureKind::Unreachable);
    let why = format!("refused: {FOR} was asked for, but is not begun: could not look: a call: EC2 said no");
    assert_eq!(of(&lines, "refused"), [why]);
    assert_eq!(performs(&desk.look()), [""; 0]);
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    desk.approve();
    assert_eq!(of(&desk.fail(FailureKind::Unreachable), "refused"), [""; 0]);
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn a_pause_begins_nothing_refuses_what_was_said_and_is_shown_at_once() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    desk.approve();
    let lines = desk.tell(Command::Pause);
    assert_eq!((of(&lines, "refused").len(), of(&lines, "paused").len()), (1, 1), "{lines:?}");
    assert!(matches!(&desk.step().step.gate, Gate::Closed(why) if why.starts_with("paused")));
    assert_eq!(performs(&desk.look()), [""; 0]);
    let (revision, step) = (desk.snapshot().revision, desk.step().number);
    let lines = desk.tell(Command::Approve { revision, step });
    assert!(lines[0].starts_with("refused: paused: the operator said so"), "{lines:?}");
    assert_eq!(desk.tell(Command::Resume), ["resumed"]);
    assert_eq!((desk.rest(), desk.snapshot().paused.clone()), (seconds(0), None));
    assert_eq!(performs(&desk.look()), [""; 0], "what was refused has to be said again");
    assert!(matches!(desk.step().step.gate, Gate::Ask(_)));
    assert_eq!(desk.tell(Command::Resume), ["refused: it is not paused"]);
}

#[test]
fn what_was_demanded_before_a_pause_is_refused_and_not_begun_after_it() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.look();
    let reboot = desk.offered(StepKind::Reboot);
    desk.demand(reboot.clone());
    let lines = desk.tell(Command::Pause);
    assert!(of(&lines, "refused")[0].starts_with(&format!("refused: {FOR} was asked for, but is not begun: paused")));
    assert!(desk.demand(reboot)[0].starts_with("refused: paused"));
    desk.tell(Command::Resume);
    assert_eq!(performs(&desk.look()), [""; 0]);
}

#[test]
fn a_pause_ends_no_step_in_flight_and_leaves_its_plan_as_it_is_until_it_ends() {
    let mut desk = Desk::new(Mode::Auto);
    assert_eq!(performs(&desk.look()), [ATTACH]);
    assert_eq!(of(&desk.tell(Command::Pause), "paused").len(), 1);
    assert_eq!(desk.snapshot().in_flight.len(), 1);
    assert_eq!(desk.step().step.gate, Gate::Open, "it is being done");
    desk.ends(failed(FailureKind::Stale));
    assert_eq!(performs(&desk.look()), [""; 0]);
}

#[test]
fn a_step_that_is_put_off_waits_until_the_middle_of_the_second_that_was_told() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.now.wall += Duration::from_millis(200);
    desk.look();
    let (revision, step) = (desk.snapshot().revision, desk.step().number);
    assert_eq!(desk.tell(Command::Snooze { revision, step, pause: seconds(60) }), [""; 0]);
    assert_eq!(desk.rest(), seconds(0));
    let until = *desk.core.wishes.snoozed.values().next().unwrap();
    assert_eq!(until, desk.now.monotonic + Duration::from_millis(60_300));
    desk.look();
    let Gate::Closed(why) = desk.step().step.gate else { panic!("it is put off") };
    assert!(why.contains("asked again at 12:02:00Z"), "{why}");
    desk.pass(60);
    desk.look();
    assert!(matches!(desk.step().step.gate, Gate::Closed(_)));
    desk.pass(1);
    desk.look();
    assert!(matches!(desk.step().step.gate, Gate::Ask(_)));
}

#[test]
fn a_demand_is_dropped_aloud_when_the_journal_cannot_be_written() {
    let mut desk = Desk::settled(Mode::Auto);
    desk.look();
    let reboot = desk.offered(StepKind::Reboot);
    desk.demand(reboot);
    let result = Err(failure(FailureKind::LocalFile));
    let lines = desk.handle(Input::Recorded { purpose: Purpose::Pass, result });
    let why = format!("refused: {FOR} was asked for, but is not begun: the journal cannot be written");
    assert_eq!(of(&lines, "refused"), [why]);
    assert_eq!(desk.rest(), seconds(15));
}
