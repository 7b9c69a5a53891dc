//! A home volume outlives the instances that hold it.

use super::kit::*;
use crate::model::{FailureKind, Text};
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{Blocked, NeedsApproval, Ready, Working};
use crate::plan::{Action, StepKind};

const KEEP: &str = "keep vol-e123456f when i-0aaaaaaa is terminated";

fn keep(instance: &str) -> Action {
    Action::Keep { volume: vol(HOME), instance: i(instance), device: Text::new("/dev/sdp") }
}

fn flag(world: &mut World) {
    world.volume(HOME).attachments[0].delete_on_termination = true;
}

#[test]
fn deletion_on_termination_is_cleared_unasked_on_the_machines_own_instance() {
    let mut world = World::settled();
    assert_finding(&world.look(), Ready, Steady, &[]);
    flag(&mut world);
    let plan = world.look();
    assert_eq!(steps(&plan), [format!("open: {KEEP}")]);
    assert_eq!(plan.steps[0].action, keep(OWN));
    assert_finding(&plan, Working, Moving, &[KEEP, "DeleteOnTermination"]);
    assert_warns(&plan, &[HOME, "IS DELETED", OWN]);
}

#[test]
fn on_an_instance_that_is_not_the_machines_own_it_is_asked_first() {
    let mut world = World::new();
    world.held_by(ALIEN, "running", false);
    flag(&mut world);
    let plan = world.look();
    assert_eq!(steps(&plan), ["ask: keep vol-e123456f when i-0eeeeeee is terminated"]);
    assert_finding(&plan, Blocked, Steady, &[ALIEN]);
    world.held_by(OLD, "stopped", true);
    flag(&mut world);
    assert!(steps(&world.look()).contains(&"open: keep vol-e123456f when i-0bbbbbbb is terminated".to_owned()));
}

#[test]
fn nothing_waits_for_it() {
    let mut owing = World::owing();
    owing.look_twice(10);
    flag(&mut owing);
    assert_eq!(steps(&owing.look()), ["open: reboot i-0aaaaaaa".to_owned(), format!("open: {KEEP}")]);
    let mut world = World::settled();
    world.seen.names.entries.clear();
    flag(&mut world);
    world.config.policy.keep = crate::config::Consent::Ask;
    let plan = world.look();
    assert_eq!(steps(&plan)[0], "open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file");
    assert_finding(&plan, NeedsApproval, Moving, &["keep", "the policy says"]);
}

#[test]
fn a_machine_whose_volume_could_not_be_kept_is_ready_and_says_so_loudly() {
    let mut world = World::settled();
    flag(&mut world);
    world.fails(keep(OWN), FailureKind::Denied);
    let plan = world.look();
    assert_finding(&plan, Ready, Steady, &[]);
    assert_warns(&plan, &["IS DELETED"]);
    assert_warns(&plan, &["could not keep", "EC2 said no"]);
    world.fails(keep(OWN), FailureKind::Stale);
    assert_eq!(world.look().warnings.len(), 1, "it was done a moment ago");
}

#[test]
fn where_it_cannot_be_cleared_it_says_why() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 6] = [
        (|world| world.instance(OWN).state = "shutting-down".into(), "is shutting-down"),
        (|world| world.instance(OWN).state = "hovering".into(), "is hovering"),
        (|world| drop(world.seen.instances.seen.remove(&i(OWN))), "does not show i-0aaaaaaa"),
        (|world| world.volume(HOME).attachments[0].state = "detaching".into(), "is detaching on"),
        (|world| world.volume(HOME).attachments[0].device = Text::new("/dev/\u{1b}x"), "is no device name"),
        (|world| world.volume(HOME).multi_attach = true, "Multi-Attach"),
    ];
    for (change, words) in cases {
        let mut world = World::settled();
        flag(&mut world);
        change(&mut world);
        let plan = world.look();
        assert!(plan.steps.iter().all(|step| step.action.kind() != StepKind::Keep), "{words}");
        assert!(why_not(&plan, StepKind::Keep).contains(words), "{}", why_not(&plan, StepKind::Keep));
        assert_warns(&plan, &["IS DELETED"]);
    }
}
