//! Rules 6 and 9: the reboot is a debt, paid once.

use super::kit::*;
use crate::config::RebootRule;
use crate::model::{FailureKind, Fate, InterruptionBehavior};
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{Blocked, NeedsApproval, Ready, Working};
use crate::plan::{Fact, Outcome, Payment, StepKind};

const OPEN: &str = "open: reboot i-0aaaaaaa";
const ASK: &str = "ask: reboot i-0aaaaaaa";
const PUBLISH: &str = "open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file";

fn intended() -> Fact {
    Fact::RebootIntended { instance: i(OWN) }
}

fn ended(kind: FailureKind, fate: Fate) -> Fact {
    Fact::RebootEnded { instance: i(OWN), outcome: Outcome::Failed(failure(kind, fate)) }
}

#[test]
fn a_reboot_is_owed_from_the_intent_to_attach_whatever_became_of_the_answer() {
    let outcomes = [
        None,
        Some(Outcome::Done),
        Some(Outcome::Failed(failure(FailureKind::Unreachable, Fate::Unknown))),
        Some(Outcome::Failed(failure(FailureKind::VolumeInUse, Fate::NotDone))),
    ];
    for outcome in outcomes {
        let mut world = World::new();
        world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
        if let Some(outcome) = outcome.clone() {
            world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome });
        }
        world.show_attachment(HOME, OWN, "attached", 0);
        assert_eq!(steps(&world.look_twice(10)), [OPEN], "{outcome:?}");
    }
}

#[test]
fn an_attachment_that_certainly_failed_leaves_nothing_owed() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    let outcome = Outcome::Failed(failure(FailureKind::IncorrectState, Fate::NotDone));
    world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome });
    assert!(world.memory.of(&world.config.machines[0].name).debt(&i(OWN)).is_none());
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn the_reboot_waits_for_its_delay_after_the_last_attachment_was_seen() {
    let mut world = World::new();
    world.attach_here(HOME);
    let plan = world.look_twice(9);
    assert_finding(&plan, Working, Moving, &["follows 10s after", "early in its boot"]);
    assert_eq!(steps(&plan), [""; 0]);
    assert!(why_not(&plan, StepKind::Reboot).contains("follows 10s after"));
    world.pass(1);
    let plan = world.look();
    assert_eq!(steps(&plan), [OPEN]);
    assert_finding(&plan, Working, Moving, &["next: reboot", "has to boot with them"]);
}

#[test]
fn the_delay_is_the_machines_own() {
    let mut world = World::new();
    world.machine().reboot_delay = seconds(60);
    world.attach_here(HOME);
    assert_eq!(steps(&world.look_twice(59)), [""; 0]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [OPEN]);
    world.machine().reboot_delay = seconds(0);
    assert_eq!(steps(&World { sightings: crate::plan::Sightings::default(), ..world }.look()), [OPEN]);
}

#[test]
fn the_delay_begins_anew_when_a_look_shows_a_volume_missing() {
    let mut world = World::new();
    world.attach_here(HOME);
    let attachment = world.volume(HOME).attachments[0].clone();
    world.look_twice(8);
    world.volume(HOME).attachments[0].state = "attaching".into();
    world.look_twice(2);
    world.volume(HOME).attachments = vec![attachment];
    assert_eq!(steps(&world.look_twice(9)), [""; 0]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [OPEN]);
}

#[test]
fn one_reboot_follows_when_the_last_of_several_volumes_is_attached() {
    let mut world = World::with_two_volumes();
    world.attach_here(HOME);
    world.volume(DATA).state = "creating".into();
    let plan = world.look_twice(3_600);
    assert_eq!(steps(&plan), [""; 0]);
    assert!(why_not(&plan, StepKind::Reboot).contains("not all"));
    world.attach_here(DATA);
    assert_eq!(steps(&world.look_twice(9)), [""; 0]);
    world.pass(1);
    let plan = world.look();
    assert_eq!(steps(&plan), [OPEN], "the age of the last attachment counts, not that of the first");
    world.reboot_done();
    assert_eq!(steps(&world.look()), [PUBLISH]);
}

#[test]
fn a_paid_debt_is_paid_for_ever_and_the_machine_is_ready() {
    let mut world = World::settled();
    for _ in 0..3 {
        let plan = world.look();
        assert_finding(&plan, Ready, Steady, &["already connected", HOME, OWN, "/dev/sdp", "its names say 3.4.5.6"]);
        assert_eq!(steps(&plan), [""; 0]);
        assert!(why_not(&plan, StepKind::Reboot).contains("rebooted already, at 2026-03-01 12:01:00Z"));
        world.pass(86_400);
    }
}

#[test]
fn a_debt_is_paid_unasked_within_ten_minutes_of_the_attachment_and_asked_about_later() {
    let mut world = World::new();
    world.attach_here(HOME);
    world.look();
    world.pass(599);
    assert_eq!(steps(&world.look()), [OPEN]);
    world.pass(1);
    let plan = world.look();
    assert_eq!(steps(&plan), [ASK]);
    assert_finding(&plan, NeedsApproval, Steady, &["attached 10m ago", "EC2 cannot say whether it was rebooted since"]);
    world.pass(3 * 3_600);
    assert_finding(&world.look(), NeedsApproval, Steady, &["attached 3h ago"]);
}

#[test]
fn a_debt_whose_attach_time_ec2_does_not_tell_is_as_old_as_the_intent() {
    let mut world = World::new();
    world.attach_here(HOME);
    world.volume(HOME).attachments[0].attach_time = None;
    world.look();
    world.pass(599);
    assert_eq!(steps(&world.look()), [OPEN]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn a_late_debt_that_the_operator_marks_as_done_is_paid() {
    let mut world = World::owing();
    world.pass(3_600);
    assert_eq!(steps(&world.look()), [ASK]);
    world.fact(Fact::DebtPaid { instance: i(OWN), payment: Payment::Operator });
    assert_eq!(steps(&world.look()), [PUBLISH]);
}

#[test]
fn a_lost_reboot_is_sent_once_more_within_120_seconds_of_the_first_and_then_asked_about() {
    for answer in [None, Some(ended(FailureKind::Unreachable, Fate::Unknown))] {
        let mut world = World::owing();
        world.look();
        world.fact(intended());
        if let Some(answer) = answer {
            world.fact(answer);
        }
        world.pass(119);
        let plan = world.look();
        assert_eq!(steps(&plan), [OPEN]);
        assert!(plan.steps[0].why.contains("at 12:01:00Z"), "{}", plan.steps[0].why);
        assert!(plan.steps[0].why.contains("was lost"));
        world.pass(1);
        let plan = world.look();
        assert_eq!(steps(&plan), [ASK]);
        assert_finding(&plan, NeedsApproval, Steady, &["12:01:00Z", "EC2 cannot say whether it was rebooted"]);
    }
}

#[test]
fn a_reboot_that_was_lost_twice_is_asked_about_at_once() {
    let mut world = World::owing();
    world.fact(intended());
    world.pass(5);
    world.fact(intended());
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn a_lost_reboot_is_not_sent_again_unasked_when_the_attachment_is_late() {
    let mut world = World::owing();
    world.pass(530);
    world.fact(intended());
    assert_eq!(steps(&world.look_twice(9)), [OPEN]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn a_second_sending_that_succeeds_pays_the_debt() {
    let mut world = World::owing();
    world.fact(intended());
    world.pass(5);
    world.reboot_done();
    assert_eq!(steps(&world.look()), [PUBLISH]);
}

#[test]
fn a_reboot_that_certainly_failed_leaves_the_debt_as_it_was() {
    let mut world = World::owing();
    world.look();
    let before = world.memory.clone();
    for _ in 0..5 {
        world.fact(intended());
        world.fact(ended(FailureKind::Throttled, Fate::NotDone));
    }
    assert_eq!(world.memory, before);
    world.pass(10);
    assert_eq!(steps(&world.look()), [OPEN]);
}

#[test]
fn a_launch_after_the_attachment_pays_the_debt_and_one_before_or_at_it_does_not() {
    for (launched, pays) in [(59, true), (60, false), (61, false)] {
        let mut world = World::owing();
        world.instance(OWN).launch_time = Some(world.ago(launched));
        let plan = world.look_twice(10);
        assert_eq!(steps(&plan) == [PUBLISH], pays, "{:?}", steps(&plan));
        assert!(world.has_noted_nothing());
    }
}

#[test]
fn an_attachment_that_was_paid_for_is_not_owed_again_because_a_stale_look_had_it_attached_once_more() {
    let mut world = World::owing();
    world.look_twice(10);
    world.reboot_done();
    world.look();
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    let outcome = Outcome::Failed(failure(FailureKind::VolumeInUse, Fate::NotDone));
    world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome });
    assert_eq!(steps(&world.look_twice(10)), [PUBLISH]);
    let at = world.now.wall;
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    world.volume(HOME).attachments[0].attach_time = Some(at);
    assert_eq!(steps(&world.look_twice(10)), [OPEN], "another attachment is another debt");
}

#[test]
fn a_start_after_a_hibernation_is_no_boot_and_pays_nothing() {
    let mut world = World::owing();
    world.request().interruption = InterruptionBehavior::Hibernate;
    world.instance(OWN).launch_time = Some(world.now.wall);
    assert_eq!(steps(&world.look_twice(10)), [OPEN]);
}

#[test]
fn a_launch_after_only_one_of_two_attachments_does_not_pay() {
    let mut world = World::with_two_volumes();
    world.attach_here(HOME);
    world.pass(30);
    world.instance(OWN).launch_time = Some(world.now.wall);
    world.pass(30);
    world.attach_here(DATA);
    assert_eq!(steps(&world.look_twice(10)), [OPEN]);
}

#[test]
fn the_note_of_a_launch_that_pays_says_so_and_is_made_once() {
    let mut world = World::owing();
    world.instance(OWN).launch_time = Some(world.now.wall);
    let notes = world.look().notes;
    let paid = Fact::DebtPaid { instance: i(OWN), payment: Payment::StartedSince };
    assert_eq!(notes.iter().filter(|note| **note == paid).count(), 1);
    assert!(world.has_noted_nothing());
}

#[test]
fn the_attach_time_joins_the_debt_when_ec2_first_shows_it() {
    let mut world = World::owing();
    let attach_time = world.ago(60);
    let expected = [Fact::AttachSeen { volume: vol(HOME), instance: i(OWN), attach_time }];
    assert_eq!(world.look().notes, expected);
    assert!(world.has_noted_nothing());
}

#[test]
fn attaching_again_to_the_same_instance_owes_a_new_reboot_although_the_first_was_paid() {
    let mut world = World::settled();
    world.look();
    world.attach_here(HOME);
    assert_eq!(steps(&world.look_twice(10)), [OPEN]);
    world.reboot_done();
    assert_eq!(steps(&world.look()), [""; 0]);
}

#[test]
fn an_attachment_by_hand_after_a_paid_reboot_is_doubtful() {
    let mut world = World::settled();
    world.look();
    world.show_attachment(HOME, OWN, "attached", 60);
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn moving_to_another_instance_leaves_no_debt_behind() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OLD, "/dev/sdp"));
    world.attach_here(HOME);
    let name = world.machine().name.clone();
    assert!(world.memory.of(&name).debt(&i(OLD)).is_none());
    assert!(world.memory.of(&name).debt(&i(OWN)).is_some());
    assert_eq!(world.memory.instances().collect::<Vec<_>>(), [&i(OWN)]);
}

#[test]
fn a_machine_that_is_never_rebooted_owes_nothing() {
    let mut world = World::owing();
    world.machine().reboot = RebootRule::Never;
    let plan = world.look_twice(30);
    assert_eq!(steps(&plan), [PUBLISH]);
    assert!(why_not(&plan, StepKind::Reboot).contains("reboot = \"never\""));
}

#[test]
fn a_reboot_on_the_operators_word_does_not_open_a_paid_debt() {
    let mut world = World::settled();
    world.fact(intended());
    assert_eq!(steps(&world.look()), [""; 0]);
}

#[test]
fn a_reboot_that_may_not_be_made_keeps_the_name_back() {
    let mut world = World::owing();
    world.config.policy.reboot = crate::config::Consent::Never;
    let plan = world.look_twice(30);
    assert_eq!(steps(&plan), ["closed: reboot i-0aaaaaaa"]);
    assert!(why_not(&plan, StepKind::Names).contains("no reboot is owed"));
}

#[test]
fn a_refused_reboot_is_blocked_and_keeps_the_debt() {
    let mut world = World::owing();
    world.look();
    world.pass(10);
    world.fails(reboot(), FailureKind::Denied);
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &["could not reboot", "EC2 said no"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_yes_in_advance_does_not_reboot_for_as_long_as_answers_are_lost() {
    let mut world = World::owing();
    world.authority.yes_to_all = true;
    for _ in 0..2 {
        world.fact(intended());
    }
    assert_eq!(steps(&world.look_twice(599)), [ASK]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [OPEN]);
}

#[test]
fn an_attachment_that_certainly_failed_leaves_a_paid_reboot_paid() {
    let mut world = World::settled();
    let before = world.memory.of(&world.config.machines[0].name).debt(&i(OWN)).cloned();
    world.fact(attach_intended(DATA, OWN, "/dev/sdf"));
    let outcome = Outcome::Failed(failure(FailureKind::AttachmentLimit, Fate::NotDone));
    world.fact(Fact::AttachEnded { volume: vol(DATA), instance: i(OWN), outcome });
    let after = world.memory.of(&world.config.machines[0].name).debt(&i(OWN)).cloned().unwrap();
    assert!(!after.is_open());
    assert_eq!(Some((after.paid, after.volumes)), before.map(|debt| (debt.paid, debt.volumes)));
    assert!(!steps(&world.look_twice(30)).contains(&OPEN.to_owned()));
}

#[test]
fn our_own_debt_is_dated_by_our_own_clock_and_asked_about_when_that_was_set_back() {
    let mut world = World::owing();
    let (launched, attached) = (world.ago(3_700), world.ago(3_600));
    world.instance(OWN).launch_time = Some(launched);
    world.volume(HOME).attachments[0].attach_time = Some(attached);
    assert_eq!(steps(&world.look_twice(30)), [OPEN], "EC2's clock is an hour behind ours");
    world.now.wall = world.ago(7_200);
    assert_eq!(steps(&world.look()), [ASK], "ours was set back by two hours");
}

#[test]
fn a_clock_that_was_set_back_by_no_more_than_a_minute_is_believed() {
    for (back, steps_then) in [(120, OPEN), (121, ASK)] {
        let mut world = World::owing();
        world.look();
        world.now.wall = world.ago(back);
        world.now.monotonic += seconds(10);
        let plan = world.look();
        assert_eq!(steps(&plan), [steps_then], "the debt lies {} s ahead", back - 60);
        if steps_then == ASK {
            assert_finding(&plan, NeedsApproval, Steady, &["before the clock was set back"]);
        }
    }
}
