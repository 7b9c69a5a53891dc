//! Rule 7: an attachment of which the journal knows nothing.

use super::kit::*;
use crate::config::Mode;
use crate::model::InterruptionBehavior;
use crate::plan::Motion::Steady;
use crate::plan::State::{NeedsApproval, Ready};
use crate::plan::{Authority, Fact, Sightings, StepKind};

const ASK: &str = "ask: reboot i-0aaaaaaa";
const PUBLISH: &str = "open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file";

/// The instance has run for a day, and somebody attached the volume so many seconds ago.
fn found(attached: i64) -> World {
    let mut world = World::new();
    world.instance(OWN).launch_time = Some(world.ago(86_400));
    world.show_attachment(HOME, OWN, "attached", attached);
    world
}

#[test]
fn an_attachment_of_more_than_15_minutes_is_connected_already() {
    let mut world = found(900);
    let plan = world.look();
    assert_eq!(steps(&plan), [PUBLISH]);
    assert!(plan.notes.is_empty());
    assert!(why_not(&plan, StepKind::Reboot).contains("longer ago than 15m"));
    world.publish(OWN, ADDRESS);
    assert_finding(&world.look(), Ready, Steady, &["already connected"]);
}

#[test]
fn a_younger_one_needs_approval_in_auto_mode_too_and_the_name_waits() {
    let mut world = found(899);
    let plan = world.look();
    assert_eq!(steps(&plan), [ASK]);
    assert_finding(&plan, NeedsApproval, Steady, &["attached 10m ago", "not by this program", "cannot say"]);
    assert!(why_not(&plan, StepKind::Names).contains("no reboot is owed"));
}

#[test]
fn the_doubt_stays_after_it_was_noted_however_old_the_attachment_becomes() {
    let mut world = found(60);
    let attach_time = world.ago(60);
    let expected = [Fact::AttachmentFound { volume: vol(HOME), instance: i(OWN), attach_time }];
    assert_eq!(world.look().notes, expected);
    assert!(world.has_noted_nothing());
    for _ in 0..4 {
        world.pass(600);
        assert_eq!(steps(&world.look()), [ASK]);
    }
    world.reboot_done();
    assert_eq!(steps(&world.look()), [PUBLISH]);
}

#[test]
fn a_doubt_that_was_not_noted_lapses_when_the_attachment_is_15_minutes_old() {
    let mut world = found(60);
    world.mode(Mode::ReadOnly);
    assert_eq!(steps(&world.plan()), ["closed: reboot i-0aaaaaaa"]);
    world.pass(840);
    assert!(world.plan().steps.iter().all(|step| step.action.kind() == StepKind::Names));
}

#[test]
fn a_launch_after_the_attachment_leaves_no_doubt() {
    let mut world = found(60);
    world.instance(OWN).launch_time = Some(world.ago(59));
    assert_eq!(steps(&world.look()), [PUBLISH]);
    assert!(world.has_noted_nothing());
}

#[test]
fn a_start_after_a_hibernation_leaves_the_doubt() {
    let mut world = found(60);
    world.request().interruption = InterruptionBehavior::Hibernate;
    world.instance(OWN).launch_time = Some(world.ago(59));
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn a_launch_in_the_very_second_of_the_attachment_leaves_the_doubt() {
    let mut world = found(60);
    world.instance(OWN).launch_time = Some(world.ago(60));
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn one_young_volume_of_several_is_enough_for_a_doubt() {
    let mut world = World::with_two_volumes();
    world.instance(OWN).launch_time = Some(world.ago(86_400));
    world.show_attachment(HOME, OWN, "attached", 7_200);
    world.show_attachment(DATA, OWN, "attached", 60);
    let plan = world.look();
    assert_eq!(plan.notes.len(), 1);
    assert_eq!(steps(&plan), [ASK]);
}

#[test]
fn nothing_is_noted_before_all_volumes_are_attached() {
    let mut world = World::with_two_volumes();
    world.show_attachment(HOME, OWN, "attached", 60);
    assert!(world.has_noted_nothing());
}

#[test]
fn a_volume_attached_by_hand_beside_our_own_makes_the_reboot_doubtful_at_once() {
    let mut world = World::with_two_volumes();
    world.attach_here(HOME);
    world.show_attachment(DATA, OWN, "attached", 0);
    world.machine().reboot_delay = seconds(0);
    let first = world.look();
    assert_eq!(steps(&first), [ASK], "the doubt holds already before it is noted");
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn a_doubtful_reboot_whose_fate_was_lost_is_not_sent_again_unasked() {
    let mut world = found(60);
    world.look();
    world.fact(Fact::RebootIntended { instance: i(OWN) });
    world.pass(5);
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn a_new_attachment_by_hand_brings_a_declined_reboot_up_again() {
    let mut world = found(60);
    world.look();
    world.fact(Fact::Declined { declined: reboot() });
    assert_eq!(steps(&world.look()), ["closed: reboot i-0aaaaaaa"]);
    world.pass(3_600);
    world.show_attachment(HOME, OWN, "attached", 30);
    world.look();
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn yes_to_all_stands_for_the_approval_of_a_doubtful_reboot() {
    let mut world = found(60);
    world.authority = Authority { mode: Mode::Auto, yes_to_all: true };
    assert_eq!(steps(&world.look()), ["open: reboot i-0aaaaaaa"]);
    world.sightings = Sightings::default();
    assert_eq!(steps(&world.look()), ["open: reboot i-0aaaaaaa"]);
}
