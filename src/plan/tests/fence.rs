//! What other computers say of a reboot, by tags on the instance.

use super::kit::*;
use crate::model::Claim;
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{NeedsApproval, Ready, Working};
use crate::plan::{Fact, Payment, StepKind};

const OPEN: &str = "open: reboot i-0aaaaaaa";
const ASK: &str = "ask: reboot i-0aaaaaaa";
const PUBLISH: &str = "open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file";

/// Somebody else attached the volume a minute ago, with an instance that had been there before.
fn attached_elsewhere() -> World {
    let mut world = World::new();
    world.show_attachment(HOME, OWN, "attached", 50);
    world
}

#[test]
fn of_two_that_owe_a_reboot_the_one_whose_name_sorts_first_pays() {
    for (other, waits) in [(BEFORE, true), (AFTER, false)] {
        let mut world = World::owing();
        world.claims(KEEPER, Claim::Owed);
        world.claims(other, Claim::Owed);
        let plan = world.look_twice(10);
        assert_eq!(steps(&plan).is_empty(), waits, "{other}: {:?}", steps(&plan));
        if waits {
            assert_finding(&plan, Working, Moving, &[BEFORE, "reboots i-0aaaaaaa"]);
            assert!(why_not(&plan, StepKind::Reboot).contains(BEFORE));
        }
    }
}

#[test]
fn who_cannot_be_seen_by_the_others_gives_way_to_whoever_can() {
    let mut world = World::owing();
    world.claims(AFTER, Claim::Owed);
    assert_eq!(steps(&world.look_twice(10)), [""; 0]);
}

#[test]
fn one_that_owes_a_reboot_is_waited_for_two_minutes() {
    let mut world = World::owing();
    world.claims(BEFORE, Claim::Owed);
    world.look();
    world.pass(119);
    assert_eq!(steps(&world.look()), [""; 0]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [OPEN]);
}

#[test]
fn what_another_attached_and_left_is_rebooted_while_the_attachment_is_young_and_asked_about_later() {
    let mut world = attached_elsewhere();
    world.claims(BEFORE, Claim::Owed);
    let plan = world.look_twice(119);
    assert_eq!(steps(&plan), [""; 0]);
    assert!(world.has_noted_nothing(), "it is not taken for a stranger's");
    world.pass(1);
    let plan = world.look();
    assert_eq!(steps(&plan), [OPEN]);
    assert_finding(&plan, Working, Moving, &[BEFORE, "has not rebooted"]);
    assert_eq!(steps(&world.clone().look()), [OPEN], "now it is owed here");
    let mut late = world.clone();
    late.pass(10 * 60);
    assert_eq!(steps(&late.look()), [ASK]);
    world.reboot_done();
    assert_eq!(steps(&world.look()), [PUBLISH], "and it is paid once");
}

#[test]
fn what_another_attached_and_left_is_rebooted_unasked_within_ten_minutes_of_the_attachment() {
    for (age, gate) in [(599, OPEN), (600, ASK)] {
        let mut world = World::new();
        world.instance(OWN).launch_time = Some(world.ago(86_400));
        world.claims(BEFORE, Claim::Owed);
        world.show_attachment(HOME, OWN, "attached", age - 120);
        assert_eq!(steps(&world.look_twice(120)), [gate], "attached {age} s ago");
    }
}

#[test]
fn what_another_left_is_not_rebooted_before_the_machines_own_delay_has_passed() {
    let mut world = attached_elsewhere();
    world.machine().reboot_delay = seconds(300);
    world.claims(BEFORE, Claim::Owed);
    let plan = world.look_twice(299);
    assert_eq!(steps(&plan), [""; 0]);
    assert_finding(&plan, Working, Moving, &["its reboot follows 5m after"]);
    world.pass(1);
    assert_eq!(steps(&world.look()), [OPEN]);
}

#[test]
fn what_another_says_that_it_rebooted_is_paid_and_noted_once() {
    for mut world in [World::owing(), attached_elsewhere()] {
        let time = world.attach_time();
        world.claims(BEFORE, Claim::Done(time));
        let owed = world.memory.of(&world.config.machines[0].name).debt(&i(OWN)).is_some();
        let notes = world.look().notes;
        let paid = Fact::DebtPaid { instance: i(OWN), payment: Payment::Elsewhere };
        assert_eq!(notes.contains(&paid), owed);
        let plan = world.look();
        assert_eq!(steps(&plan), [PUBLISH]);
        assert!(world.has_noted_nothing());
    }
}

#[test]
fn a_reboot_of_another_attachment_pays_nothing() {
    let mut world = World::owing();
    let earlier = world.ago(100);
    world.claims(BEFORE, Claim::Done(earlier));
    world.claims(AFTER, Claim::Asked(earlier));
    assert_eq!(steps(&world.look_twice(10)), [OPEN]);
}

#[test]
fn a_reboot_that_another_asked_for_is_waited_for_and_asked_about_when_its_fate_is_not_told() {
    for other in [BEFORE, AFTER] {
        let mut world = World::owing();
        let time = world.attach_time();
        world.claims(KEEPER, Claim::Owed);
        world.claims(other, Claim::Asked(time));
        let plan = world.look_twice(119);
        assert_finding(&plan, Working, Moving, &[other, "is rebooting i-0aaaaaaa"]);
        assert_eq!(steps(&plan), [""; 0]);
        world.pass(1);
        let plan = world.look();
        assert_eq!(steps(&plan), [ASK]);
        assert_finding(&plan, NeedsApproval, Steady, &[other, "has not said what became of it"]);
    }
}

#[test]
fn what_this_program_announced_itself_stops_it_from_nothing() {
    let mut world = World::owing();
    let time = world.attach_time();
    for claim in [Claim::Owed, Claim::Asked(time)] {
        world.claims(KEEPER, claim);
        assert_eq!(steps(&world.clone().look_twice(10)), [OPEN], "{claim}");
    }
}

#[test]
fn what_this_program_did_and_could_not_write_down_is_known_by_its_own_tag() {
    let mut world = World::owing();
    let time = world.attach_time();
    world.fact(Fact::RebootIntended { instance: i(OWN) });
    world.claims(KEEPER, Claim::Done(time));
    world.look();
    assert_eq!(steps(&world.look()), [PUBLISH]);
}

#[test]
fn nothing_that_others_say_disturbs_a_machine_that_is_ready() {
    let mut world = World::settled();
    let time = world.attach_time();
    for claim in [Claim::Owed, Claim::Asked(time), Claim::Done(time)] {
        world.claims(BEFORE, claim);
        let plan = world.look();
        assert_finding(&plan, Ready, Steady, &["already connected"]);
        assert_eq!(steps(&plan), [""; 0]);
    }
}
