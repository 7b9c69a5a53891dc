//! So much within an hour, and no more unasked: an autopilot in a loop must not be able to harm.

use super::kit::*;
use crate::model::{FailureKind, Fate};
use crate::plan::Motion::Steady;
use crate::plan::State::NeedsApproval;
use crate::plan::{Fact, Outcome};

const OPEN: &str = "open: reboot i-0aaaaaaa";
const ASK: &str = "ask: reboot i-0aaaaaaa";

/// The machine was rebooted so often, ten minutes apart, and a reboot is owed again.
fn rebooted(times: u64) -> World {
    let mut world = World::new();
    for _ in 0..times {
        world.attach_here(HOME);
        world.reboot_done();
        world.pass(540);
    }
    world.attach_here(HOME);
    world
}

#[test]
fn within_the_limit_reboots_are_unasked_and_from_it_on_each_is_asked() {
    assert_eq!(steps(&rebooted(5).look_twice(10)), [OPEN]);
    let plan = rebooted(6).look_twice(10);
    assert_eq!(steps(&plan), [ASK]);
    assert_finding(
        &plan,
        NeedsApproval,
        Steady,
        &["train was rebooted 6 times within an hour", "reboots_per_hour is 6"],
    );
}

#[test]
fn what_lies_an_hour_back_does_not_count_any_more() {
    for (begins, gate) in [(349, ASK), (350, OPEN)] {
        let mut world = rebooted(6);
        world.pass(begins);
        world.attach_here(HOME);
        assert_eq!(steps(&world.look_twice(10)), [gate], "the first of six is {} s ago", 3_250 + begins);
    }
}

#[test]
fn a_yes_in_advance_to_everything_does_not_go_beyond_the_limit() {
    let mut world = rebooted(6);
    world.authority.yes_to_all = true;
    assert_eq!(steps(&world.look_twice(10)), [ASK]);
}

#[test]
fn what_certainly_did_not_happen_does_not_count() {
    let mut world = rebooted(5);
    for _ in 0..3 {
        world.fact(Fact::RebootIntended { instance: i(OWN) });
        let outcome = Outcome::Failed(failure(FailureKind::Throttled, Fate::NotDone));
        world.fact(Fact::RebootEnded { instance: i(OWN), outcome });
    }
    assert_eq!(steps(&world.look_twice(10)), [OPEN]);
}

#[test]
fn detachments_have_a_limit_of_their_own() {
    let mut world = World::new();
    world.config.policy.detach = crate::config::Consent::Auto;
    let detached = |world: &mut World| {
        let (volume, instance) = (vol(DATA), i(OWN));
        world.fact(Fact::DetachIntended { volume: volume.clone(), instance: instance.clone(), stuck_at: None });
        world.fact(Fact::DetachEnded { volume, instance, outcome: Outcome::Done });
    };
    world.show_attachment(HOME, OWN, "attaching", 0);
    for (done, gate) in [(2, "open"), (1, "ask")] {
        (0..done).for_each(|_| detached(&mut world));
        assert_eq!(steps(&world.look_twice(91)), [format!("{gate}: detach vol-e123456f from i-0aaaaaaa")]);
    }
}

#[test]
fn what_is_limited_is_remembered_across_a_rotation_of_the_journal() {
    let mut world = rebooted(6);
    let memory = world.memory.of(&world.config.machines[0].name).clone();
    world.memory = crate::plan::Memory::default();
    world.fact(Fact::Carried { memory });
    assert_eq!(steps(&world.look_twice(10)), [ASK]);
}
