//! A step that was said yes to or begun is shown so before the next plan.

use super::kit::*;
use crate::config::Mode;
use crate::plan::Motion::Moving;
use crate::plan::State::{Blocked, NeedsApproval, Working};
use crate::plan::{Action, Mark};

#[test]
fn a_step_that_was_said_yes_to_does_not_wait_for_one_any_more() {
    let mut world = World::new();
    world.mode(Mode::Confirm);
    let mut plan = world.plan();
    assert_eq!((plan.finding.state, plan.marks.volumes), (NeedsApproval, Mark::Asked));
    plan.begin(&attach("/dev/sdp"));
    assert_eq!(steps(&plan), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    assert_finding(&plan, Working, Moving, &["next: attach vol-e123456f", "vol-e123456f is available"]);
    assert_eq!((plan.finding.brief, plan.marks.volumes), ("attaching", Mark::Moving));
}

#[test]
fn while_another_step_waits_for_a_yes_the_machine_does_too() {
    let mut world = World::with_two_volumes();
    world.mode(Mode::Confirm);
    let before = world.plan();
    let mut plan = before.clone();
    plan.begin(&attach("/dev/sdp"));
    let expected =
        ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp", "ask: attach vol-0000da7a to i-0aaaaaaa as /dev/sdf"];
    assert_eq!(steps(&plan), expected);
    assert_eq!(plan.finding, before.finding);
}

#[test]
fn a_machine_that_is_blocked_stays_so_whatever_else_is_begun() {
    let mut world = World::new();
    world.held_by(ALIEN, "running", false);
    world.volume(HOME).attachments[0].delete_on_termination = true;
    let before = world.plan();
    assert_eq!(before.finding.state, Blocked);
    let mut plan = before.clone();
    plan.begin(&before.steps[0].action);
    assert_eq!(steps(&plan), ["open: keep vol-e123456f when i-0eeeeeee is terminated"]);
    assert_eq!(plan.finding, before.finding);
}

#[test]
fn what_is_not_planned_opens_no_gate() {
    let mut world = World::new();
    world.mode(Mode::Confirm);
    let before = world.plan();
    for action in [reboot(), attach("/dev/sdo"), Action::Detach { volume: vol(HOME), instance: i(OWN) }] {
        let mut plan = before.clone();
        plan.begin(&action);
        assert_eq!((&plan.steps, &plan.finding), (&before.steps, &before.finding));
    }
}
