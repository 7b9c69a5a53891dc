//! What the operator says, and what is refused.

use super::desk::*;
use crate::config::Mode;
use crate::engine::core::{Options, Purpose};
use crate::model::FailureKind;
use crate::plan::{Fact, Gate, Memory, State};
use crate::protocol::{Command, Revision, StepNumber};

fn watching(mode_is_fixed: bool, may_act: bool) -> Desk {
    let mode = if mode_is_fixed { Mode::ReadOnly } else { Mode::Auto };
    Desk::of(1, Options { mode, yes_to_all: false, mode_is_fixed }, may_act)
}

fn mark_rebooted() -> Command {
    Command::MarkRebooted { machine: name(TRAIN), instance: "i-00000000".parse().unwrap() }
}

#[test]
fn an_approval_counts_for_the_step_and_the_plan_that_were_seen_and_for_nothing_else() {
    let mut desk = Desk::new(Mode::Confirm);
    assert_eq!(performs(&desk.look()), [""; 0]);
    let (revision, step) = (desk.snapshot().revision, desk.step().number);
    assert!(revision > Revision(0));
    let other = Revision(revision.0 + 1);
    let words = "attach vol-00000000 to i-00000000 as /dev/sdp";
    let cases = [
        (
            other,
            step,
            format!(
                "refused: the plan changed from {other} to {revision} since; step {step} still is: {words}. Look, and say it again"
            ),
        ),
        (
            revision,
            StepNumber(99),
            format!(
                "refused: step 99 of plan {revision} is out of date; plan {revision} has step {step}: {words} for train0"
            ),
        ),
    ];
    for (revision, step, why) in cases {
        assert_eq!(desk.tell(Command::Approve { revision, step }), [why]);
    }
    assert_eq!(performs(&desk.look()), [""; 0]);
    assert_eq!(desk.approve(), [""; 0]);
    assert_eq!(desk.rest(), seconds(0), "it looks at once");
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn a_machine_is_examined_once_however_often_it_is_asked_for_and_an_unknown_one_is_refused() {
    let mut desk = watching(true, false);
    desk.look();
    let ask = |machine| Command::Examine { machine };
    assert_eq!(of(&desk.tell(ask(name(TRAIN))), "examine "), ["examine train0"]);
    assert_eq!(desk.tell(ask(name(TRAIN))), [""; 0], "it is under way");
    assert_eq!(desk.tell(ask("nobody".parse().unwrap())), ["refused: there is no machine nobody"]);
}

#[test]
fn a_step_that_waits_for_no_yes_takes_none() {
    let mut desk = Desk::new(Mode::ReadOnly);
    desk.look();
    let (revision, step) = (desk.snapshot().revision, desk.step().number);
    let why = format!("refused: step {step} (attach vol-00000000 to i-00000000 as /dev/sdp) does not wait for a yes");
    assert_eq!(desk.tell(Command::Approve { revision, step }), [why]);
}

#[test]
fn where_nothing_is_planned_an_approval_is_told_so() {
    let mut desk = Desk::new(Mode::Confirm).without_capacity();
    desk.look();
    let revision = desk.snapshot().revision;
    let why = format!("refused: step 1 of plan {revision} is out of date; nothing is planned now");
    assert_eq!(desk.tell(Command::Approve { revision, step: StepNumber(1) }), [why]);
}

#[test]
fn an_approval_serves_once() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    desk.approve();
    assert_eq!(performs(&desk.look()), [ATTACH]);
    desk.ends(failed(FailureKind::Stale));
    assert_eq!(performs(&desk.look()), [""; 0]);
    desk.pass(2);
    assert_eq!(performs(&desk.look()), [""; 0]);
    assert!(matches!(desk.step().step.gate, Gate::Ask(_)));
}

#[test]
fn what_was_said_yes_to_is_shown_as_begun_before_the_next_look_and_no_other_machine_is() {
    let mut desk = Desk::with(2, Mode::Confirm);
    desk.look();
    desk.approve();
    let state = |desk: &Desk, machine| desk.view(machine).plan.finding.state;
    assert_eq!((state(&desk, 0), state(&desk, 1)), (State::Working, State::NeedsApproval));
    assert_eq!(desk.step().step.gate, Gate::Open);
    assert!(matches!(desk.view(1).plan.steps[0].gate, Gate::Ask(_)));
}

#[test]
fn a_refusal_is_written_down_before_it_counts_and_is_looked_upon_at_once() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    let (revision, step) = (desk.snapshot().revision, desk.step());
    let lines = desk.tell(Command::Decline { revision, step: step.number });
    assert_eq!(
        lines,
        ["record for the Decision: train0: the operator declined to attach vol-00000000 to i-00000000 as /dev/sdp"]
    );
    let fact = Fact::Declined { declined: step.step.action };
    let entry = desk.entry(fact);
    assert_eq!(desk.recorded(Purpose::Decision, vec![entry]), [""; 0]);
    assert_eq!(desk.rest(), seconds(0));
    desk.look();
    assert!(matches!(desk.step().step.gate, Gate::Closed(_)));
}

#[test]
fn the_word_that_it_was_rebooted_pays_what_is_owed_and_nothing_else() {
    let mut desk = Desk::new(Mode::Auto);
    let why = "refused: no reboot of i-00000000 is owed for train0";
    assert_eq!(desk.tell(mark_rebooted()), [why]);
    desk.owes();
    let paid = "record for the Decision: train0: no reboot of i-00000000 is owed any more: the operator says that it was rebooted";
    assert_eq!(desk.tell(mark_rebooted()), [paid]);
    let mut watching = watching(false, false);
    watching.owes();
    assert_eq!(watching.tell(mark_rebooted()), [why], "a session that only watches writes nothing");
}

#[test]
fn the_mode_changes_on_the_operators_word_unless_the_session_was_started_to_watch() {
    let mut desk = Desk::new(Mode::ReadOnly);
    desk.look();
    assert_eq!(desk.tell(Command::SetMode(Mode::ReadOnly)), [""; 0], "it is in force already");
    assert_ne!(desk.rest(), seconds(0));
    assert_eq!(desk.tell(Command::SetMode(Mode::Auto)), ["the mode is auto now"]);
    assert_eq!(desk.rest(), seconds(0));
    assert_eq!(performs(&desk.look()), [ATTACH]);
    for (mode_is_fixed, may_act) in [(true, true), (false, false), (true, false)] {
        let mut desk = watching(mode_is_fixed, may_act);
        desk.look();
        let why = "refused: this session was started to watch only: start another to act";
        assert_eq!(desk.tell(Command::SetMode(Mode::Auto)), [why]);
        assert_eq!((desk.snapshot().mode, desk.snapshot().mode_is_fixed), (Mode::ReadOnly, true));
        assert_eq!(performs(&desk.look()), [""; 0]);
    }
    assert!(!Desk::new(Mode::Auto).snapshot().mode_is_fixed);
}

#[test]
fn a_session_that_only_watches_takes_neither_yes_nor_no() {
    let mut desk = watching(false, false);
    desk.look();
    let (revision, step) = (desk.snapshot().revision, desk.step().number);
    let why = "refused: this session only watches";
    assert_eq!(desk.tell(Command::Approve { revision, step }), [why]);
    assert_eq!(desk.tell(Command::Decline { revision, step }), [why]);
    assert_eq!(desk.tell(Command::Snooze { revision, step, pause: seconds(60) }), [why]);
    assert_eq!(desk.tell(Command::Pause), [why]);
}

#[test]
fn a_look_on_demand_comes_at_once_unless_ec2_asks_to_be_called_less_often() {
    let mut desk = Desk::new(Mode::Auto).without_capacity();
    desk.look();
    assert_eq!(desk.tell(Command::LookNow), [""; 0]);
    assert_eq!(desk.rest(), seconds(0));
    desk.fail(FailureKind::Unreachable);
    assert_eq!(desk.tell(Command::LookNow), [""; 0]);
    assert_eq!(desk.rest(), seconds(0));
    desk.fail(FailureKind::Throttled);
    desk.pass(1);
    assert_eq!(desk.tell(Command::LookNow), ["refused: the next look is in 9s (throttled)"]);
    assert_eq!(desk.rest(), seconds(9));
    desk.pass(9);
    assert_eq!(desk.tell(Command::LookNow), [""; 0], "its time has come");
    desk.look();
    assert_eq!(desk.tell(Command::LookNow), [""; 0], "EC2 asks for nothing any more");
}

#[test]
fn what_is_said_during_a_look_is_answered_by_another_look() {
    let mut desk = Desk::new(Mode::Auto);
    assert_eq!(desk.due(), ["look"]);
    assert_eq!(desk.core.due(), None);
    assert!(desk.snapshot().looking_since.is_some());
    assert_eq!(desk.tell(Command::LookNow), [""; 0]);
    assert_eq!(performs(&desk.looked()), [""; 0], "it may have begun too early");
    assert_eq!(desk.rest(), seconds(0));
    assert_eq!(performs(&desk.look()), [ATTACH]);
}

#[test]
fn it_leaves_at_once_where_nothing_is_under_way() {
    assert_eq!(Desk::new(Mode::Auto).tell(Command::Stop), ["leave"]);
    let mut looking = Desk::new(Mode::Auto);
    looking.due();
    assert_eq!(looking.tell(Command::Stop), ["leave"]);
}

#[test]
fn it_leaves_when_the_step_in_flight_has_ended_and_begins_no_other() {
    let mut desk = Desk::with(6, Mode::Auto);
    assert_eq!(performs(&desk.look()).len(), 4);
    assert_eq!(desk.tell(Command::Stop), [""; 0]);
    for left in (0..4).rev() {
        let lines = desk.ends(failed(FailureKind::Stale));
        assert_eq!(performs(&lines), [""; 0]);
        assert_eq!(of(&lines, "leave").len(), usize::from(left == 0));
    }
}

#[test]
fn it_leaves_when_what_is_being_written_is_on_disk_and_begins_nothing() {
    let mut desk = Desk::with(2, Mode::Auto);
    desk.owes();
    desk.attach(0);
    assert_eq!(of(&desk.look(), "record for the Pass").len(), 1);
    assert_eq!(desk.tell(Command::Stop), [""; 0]);
    let lines = desk.recorded(Purpose::Pass, Vec::new());
    assert_eq!((performs(&lines), of(&lines, "leave")), (vec![], vec!["leave"]));
}

#[test]
fn what_waited_to_be_begun_is_refused_aloud_when_it_leaves() {
    let mut desk = Desk::new(Mode::Confirm);
    desk.look();
    desk.approve();
    let why = "refused: attach vol-00000000 to i-00000000 as /dev/sdp for train0 was approved, but is not begun: the \
               program leaves";
    assert_eq!(desk.tell(Command::Stop), [why, "leave"]);
}

#[test]
fn it_looks_at_everything_that_is_configured_and_at_what_is_remembered() {
    let mut desk = Desk::with(2, Mode::Auto);
    desk.owes();
    let targets = crate::engine::core::targets(&desk.core.config, &desk.core.memory);
    let ids = |ids: Vec<String>| ids.join(" ");
    assert_eq!(ids(targets.requests.iter().map(ToString::to_string).collect()), "sir-00000000 sir-00000001");
    assert_eq!(ids(targets.volumes.iter().map(ToString::to_string).collect()), "vol-00000000 vol-00000001");
    assert_eq!(ids(targets.instances.iter().map(ToString::to_string).collect()), "i-00000000");
    let nothing = crate::engine::core::targets(&desk.core.config, &Memory::default());
    assert!(nothing.instances.is_empty());
}
