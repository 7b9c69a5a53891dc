//! Rule 9: what was hibernated as its reboot was asked for may never have heard of it.

use super::kit::*;
use crate::model::{Claim, InterruptionBehavior};
use crate::plan::Fact;
use crate::plan::Motion::Steady;
use crate::plan::State::Blocked;

const ASK: &str = "ask: reboot i-0aaaaaaa";

/// A machine that hibernates, rebooted so many seconds ago.
fn rebooted(seconds_ago: u64) -> World {
    let mut world = World::owing();
    world.request().interruption = InterruptionBehavior::Hibernate;
    world.reboot_done();
    world.publish(OWN, ADDRESS);
    world.pass(seconds_ago);
    world
}

/// The request shows since then that its instance is stopped, and the instance is.
fn is_stopped(world: &mut World, code: &str, since: i64) {
    let since = world.ago(since);
    let request = world.request();
    request.state = if code.starts_with("marked") { "active" } else { "disabled" }.into();
    request.status_code = code.into();
    request.status_since = Some(since);
    world.instance(OWN).state = if code.starts_with("marked") { "stopping" } else { "stopped" }.into();
}

/// It runs again, launched now.
fn wakes(world: &mut World) {
    let now = world.now.wall;
    let request = world.request();
    request.state = "active".into();
    request.status_code = "fulfilled".into();
    request.status_since = Some(now);
    let instance = world.instance(OWN);
    instance.state = "running".into();
    instance.launch_time = Some(now);
}

fn overtaken() -> Fact {
    Fact::RebootOvertaken { instance: i(OWN) }
}

#[test]
fn a_hibernation_that_is_seen_about_the_time_of_the_reboot_puts_it_in_doubt_once() {
    for code in ["marked-for-stop", "marked-for-stop-by-experiment", "instance-stopped-no-capacity"] {
        for (asked, begun) in [(10, 20), (20, 10), (299, 0)] {
            let mut world = rebooted(asked);
            is_stopped(&mut world, code, begun);
            assert_eq!(world.look().notes, [overtaken()], "{code} {asked} {begun}");
            assert!(world.has_noted_nothing());
            world.pass(3_600);
            wakes(&mut world);
            assert_eq!(steps(&world.look_twice(10)), [ASK], "{code} {asked} {begun}");
        }
    }
}

#[test]
fn a_hibernation_that_was_missed_shows_in_the_launch_time() {
    let mut world = rebooted(200);
    wakes(&mut world);
    let plan = world.look();
    assert_eq!(steps(&plan), [ASK], "the doubt holds already before it is noted");
    assert!(plan.notes.contains(&overtaken()));
    assert_eq!(steps(&world.look()), [ASK]);
}

#[test]
fn what_is_rebooted_after_it_woke_is_in_doubt_no_more() {
    let mut world = rebooted(200);
    wakes(&mut world);
    world.look();
    world.pass(10);
    world.reboot_done();
    assert_eq!(steps(&world.look_twice(10)), [""; 0]);
    assert!(world.has_noted_nothing());
}

#[test]
fn where_the_request_is_cancelled_meanwhile_the_doubt_is_told() {
    let mut world = rebooted(200);
    wakes(&mut world);
    world.look();
    world.status("cancelled", "request-canceled-and-instance-running");
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &[OWN, "perhaps was not rebooted", "by hand"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn the_mark_of_the_reboot_on_the_instance_does_not_take_the_doubt_away() {
    let mut world = rebooted(200);
    let attached = world.volume(HOME).attachments[0].attach_time.unwrap();
    world.instance(OWN).claims.insert(KEEPER.parse().unwrap(), Claim::Done(attached));
    wakes(&mut world);
    assert_eq!(steps(&world.look_twice(10)), [ASK]);
}

#[test]
fn a_hibernation_long_before_or_after_the_reboot_is_no_doubt_and_nor_is_a_stop() {
    for (code, asked, begun) in
        [("marked-for-stop", 301, 0), ("instance-stopped-no-capacity", 0, 301), ("instance-stopped-by-user", 10, 0)]
    {
        let mut world = rebooted(asked);
        is_stopped(&mut world, code, begun);
        assert!(!world.look().notes.contains(&overtaken()), "{code} {asked} {begun}");
    }
    let mut late = rebooted(301);
    wakes(&mut late);
    assert!(!late.look().notes.contains(&overtaken()));
    let mut earlier = rebooted(10);
    earlier.instance(OWN).launch_time = Some(earlier.ago(60));
    assert!(!earlier.look().notes.contains(&overtaken()), "it was started before");
    let mut boots = rebooted(10);
    boots.request().interruption = InterruptionBehavior::Stop;
    is_stopped(&mut boots, "instance-stopped-no-capacity", 0);
    assert!(!boots.look().notes.contains(&overtaken()), "its start is a boot");
}
