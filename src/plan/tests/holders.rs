//! Rule 3: the volume is held by an instance other than the machine's own.

use super::kit::*;
use crate::config::{Consent, Mode};
use crate::model::VolumeState;
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{Blocked, NeedsApproval, Waiting};
use crate::plan::{Fact, Outcome, StepKind};

const DETACH: &str = "ask: detach vol-e123456f from i-0bbbbbbb";

#[test]
fn a_holder_on_its_way_out_or_in_is_waited_for_by_name() {
    let cases = [
        ("running", true, "draining"),
        ("pending", true, "pending"),
        ("pending", false, "pending"),
        ("shutting-down", false, "shutting-down"),
        ("stopping", false, "stopping"),
        ("terminated", false, "terminated"),
    ];
    for (state, ours, word) in cases {
        let mut world = World::new();
        world.held_by(OLD, state, ours);
        let plan = world.look();
        assert_finding(&plan, Waiting, Moving, &[HOME, OLD, word, OWN, "afterwards"]);
        assert_eq!(steps(&plan), [""; 0], "{state}");
        assert!(why_not(&plan, StepKind::Attach).contains(OLD), "{state}");
    }
}

#[test]
fn a_holder_on_its_way_out_is_waited_for_five_minutes_and_then_somebody_is_asked_in_auto_mode_too() {
    for (state, ours) in [("running", true), ("pending", false), ("shutting-down", true), ("stopping", false)] {
        let mut world = World::new();
        world.config.policy.detach = Consent::Auto;
        world.held_by(OLD, state, ours);
        assert_finding(&world.look_twice(299), Waiting, Moving, &[]);
        world.pass(1);
        let plan = world.look();
        assert_eq!(steps(&plan), [DETACH], "{state}");
        assert_finding(&plan, NeedsApproval, Steady, &[OLD, "five minutes", OWN, "always asked"]);
    }
}

#[test]
fn patience_starts_anew_when_the_holder_was_gone_in_between() {
    let mut world = World::new();
    world.held_by(OLD, "shutting-down", true);
    world.look_twice(200);
    let held = world.volume(HOME).clone();
    world.volume(HOME).attachments.clear();
    world.pass(2);
    world.look();
    *world.volume(HOME) = held;
    world.pass(2);
    assert_finding(&world.look_twice(200), Waiting, Moving, &[OLD]);
}

#[test]
fn a_holder_that_ec2_does_not_show_is_waited_for_and_then_asked_about() {
    let mut world = World::new();
    world.show_attachment(HOME, OLD, "attached", 3_600);
    assert_finding(&world.look(), Waiting, Moving, &[OLD, "does not show"]);
    world.pass(300);
    assert_eq!(steps(&world.look()), [DETACH]);
}

#[test]
fn a_holder_that_the_journal_knows_drains_when_ec2_does_not_say_who_launched_it() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OLD, "/dev/sdp"));
    world.held_by(OLD, "running", false);
    assert_finding(&world.look(), Waiting, Moving, &[OLD, "draining"]);
}

#[test]
fn a_stopped_holder_is_asked_about_at_once_in_auto_mode_too() {
    let mut world = World::new();
    world.config.policy.detach = Consent::Auto;
    world.held_by(OLD, "stopped", false);
    let plan = world.look();
    assert_eq!(steps(&plan), [DETACH]);
    assert_finding(&plan, NeedsApproval, Steady, &[OLD, "stopped", OWN]);
}

#[test]
fn a_running_holder_of_somebody_else_blocks_for_ever_with_the_exact_command() {
    let mut world = World::new();
    world.authority.yes_to_all = true;
    world.held_by(ALIEN, "running", false);
    for _ in 0..3 {
        let plan = world.look();
        let command = "aws ec2 detach-volume --volume-id vol-e123456f --instance-id i-0eeeeeee";
        assert_finding(&plan, Blocked, Steady, &[ALIEN, "which runs", "unmount", command]);
        assert_eq!(steps(&plan), [""; 0]);
        world.pass(3_600);
    }
    world.instance(ALIEN).spot_request = Some(sir("sir-00000001"));
    assert_finding(&world.look(), Blocked, Steady, &["belongs to sir-00000001"]);
}

#[test]
fn a_holder_in_an_unknown_state_is_shown_as_it_is_and_nothing_is_done_however_long_it_lasts() {
    let mut world = World::new();
    world.authority.yes_to_all = true;
    world.held_by(OLD, "hovering", true);
    for _ in 0..3 {
        let plan = world.look();
        assert_finding(&plan, Waiting, Steady, &[HOME, OLD, "hovering", "does not know"]);
        assert_eq!(steps(&plan), [""; 0]);
        world.pass(3_600);
    }
}

#[test]
fn a_holder_without_a_name_is_not_touched() {
    let mut world = World::new();
    world.show_attachment(HOME, ALIEN, "attached", 60);
    world.volume(HOME).attachments[0].instance = None;
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &[HOME, "names no instance"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn several_holders_are_an_error_and_not_touched() {
    let mut world = World::new();
    world.held_by(OLD, "terminated", true);
    let mut second = world.volume(HOME).attachments[0].clone();
    second.instance = Some(i(ALIEN));
    world.volume(HOME).attachments.push(second);
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &[HOME, "several instances"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_volume_that_is_being_detached_already_is_waited_for_and_not_asked_about_again() {
    for (state, ours) in [("stopped", false), ("running", false), ("shutting-down", true)] {
        let mut world = World::new();
        world.authority.yes_to_all = true;
        world.held_by(OLD, state, ours);
        world.look_twice(400);
        world.show_attachment(HOME, OLD, "detaching", 3_600);
        let plan = world.look_twice(299);
        assert_finding(&plan, Waiting, Moving, &[HOME, "being detached from", OLD, OWN]);
        assert_eq!(steps(&plan), [""; 0], "{state}");
    }
}

#[test]
fn a_detachment_that_does_not_end_is_told_after_five_minutes_as_if_it_had_not_begun() {
    let mut world = World::new();
    world.held_by(OLD, "stopped", false);
    world.show_attachment(HOME, OLD, "detaching", 3_600);
    assert_eq!(steps(&world.look_twice(300)), [DETACH]);
    world.instance(OLD).state = "running".into();
    assert_finding(&world.look(), Blocked, Steady, &[OLD, "aws ec2 detach-volume"]);
}

#[test]
fn a_volume_that_is_busy_on_somebody_elses_running_instance_stays_blocked() {
    let mut world = World::new();
    world.held_by(ALIEN, "running", false);
    world.show_attachment(HOME, ALIEN, "busy", 3_600);
    let plan = world.look_twice(400);
    assert_finding(&plan, Blocked, Steady, &[ALIEN, "is to be detached", "mounted there still; unmount it there"]);
    assert!(!plan.finding.reason.contains("aws ec2"), "that was called already: {}", plan.finding.reason);
}

#[test]
fn after_the_holder_let_go_the_volume_is_attached() {
    let mut world = World::new();
    world.held_by(OLD, "shutting-down", true);
    world.look_twice(40);
    world.volume(HOME).attachments.clear();
    world.volume(HOME).state = VolumeState::Available;
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn while_the_machine_lives_nowhere_a_stranger_with_its_volume_is_warned_about() {
    let mut world = World::new();
    world.status("open", "capacity-not-available");
    world.request().instance = None;
    world.held_by(ALIEN, "running", false);
    let plan = world.look();
    assert_finding(&plan, Waiting, Steady, &["no capacity"]);
    assert_warns(&plan, &[HOME, ALIEN, "aws ec2 detach-volume"]);
    world.instance(ALIEN).spot_request = Some(sir(REQUEST));
    assert_eq!(world.look().warnings, [""; 0]);
}

#[test]
fn the_instance_that_the_request_names_is_no_stranger_although_ec2_does_not_say_who_launched_it() {
    let mut world = World::new();
    world.show_attachment(HOME, OWN, "attached", 3_600);
    world.instance(OWN).spot_request = None;
    world.status("active", "marked-for-termination");
    assert_eq!(world.look().warnings, [""; 0]);
}

#[test]
fn a_declined_detachment_stays_declined_while_another_volume_is_attached() {
    let mut world = World::with_two_volumes();
    world.held_by(OLD, "stopped", false);
    world.mode(Mode::Confirm);
    let declined = world.plan().steps[0].action.clone();
    assert_eq!(declined.kind(), StepKind::Detach);
    world.fact(Fact::Declined { declined });
    world.fact(attach_intended(DATA, OWN, "/dev/sdf"));
    world.fact(Fact::AttachEnded { volume: vol(DATA), instance: i(OWN), outcome: Outcome::Done });
    world.show_attachment(DATA, OWN, "attached", 0);
    assert_eq!(steps(&world.look()), ["closed: detach vol-e123456f from i-0bbbbbbb"]);
}
