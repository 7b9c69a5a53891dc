//! The five marks of a machine and the two words for its state: what is seen of it in one second.

use proptest::prelude::*;

use super::kit::*;
use super::random;
use crate::config::Mode;
use crate::model::{FailureKind, InstanceState};
use crate::plan::{MachinePlan, Mark, Marks, State};

/// The marks in one line, in the order request, instance, volumes, reboot, name.
fn marks(plan: &MachinePlan) -> String {
    let sign = |mark: Mark| match mark {
        Mark::Done => '✓',
        Mark::Open => '.',
        Mark::Moving => '↻',
        Mark::Asked => '?',
        Mark::Wrong => '✗',
    };
    let Marks { request, instance, volumes, reboot, name } = plan.marks;
    [request, instance, volumes, reboot, name].map(sign).iter().collect()
}

/// Marks and brief of the plan.
fn seen(world: &World) -> (String, &'static str) {
    let plan = world.plan();
    (marks(&plan), plan.finding.brief)
}

fn changed(mut world: World, change: fn(&mut World)) -> World {
    change(&mut world);
    world
}

#[test]
fn a_machine_on_its_way_home_is_marked_step_by_step() {
    let open = changed(World::new(), |world| {
        world.status("open", "capacity-not-available");
        world.request().instance = None;
    });
    let pending = changed(World::new(), |world| world.instance(OWN).state = InstanceState::Pending);
    let attaching = changed(World::new(), |world| world.show_attachment(HOME, OWN, "attaching", 1));
    let mut owed = World::owing();
    owed.look_twice(10);
    let mut unnamed = World::settled();
    unnamed.seen.names.entries.clear();
    assert_eq!(seen(&open), ("↻....".to_owned(), "no capacity"));
    assert_eq!(seen(&pending), ("✓↻...".to_owned(), "pending"));
    assert_eq!(seen(&World::new()), ("✓✓↻..".to_owned(), "attaching"));
    assert_eq!(seen(&attaching), ("✓✓↻..".to_owned(), "attaching"));
    assert_eq!(seen(&World::owing()), ("✓✓✓↻.".to_owned(), "reboots soon"));
    assert_eq!(seen(&owed), ("✓✓✓↻.".to_owned(), "rebooting"));
    assert_eq!(seen(&unnamed), ("✓✓✓✓↻".to_owned(), "publishing"));
    assert_eq!(seen(&World::settled()), ("✓✓✓✓✓".to_owned(), ""));
}

#[test]
fn what_needs_the_operator_is_marked_in_its_part() {
    let asked = changed(World::new(), |world| world.mode(Mode::Confirm));
    let mut owed = World::owing();
    owed.look_twice(10);
    owed.mode(Mode::Confirm);
    let zone = changed(World::new(), |world| world.instance(OWN).availability_zone = "us-east-1c".into());
    let failed = changed(World::new(), |world| world.fails(attach("/dev/sdp"), FailureKind::Denied));
    let throttled = changed(World::new(), |world| world.fails(attach("/dev/sdp"), FailureKind::Throttled));
    let moved = changed(World::new(), |world| world.fails(attach("/dev/sdp"), FailureKind::Stale));
    let held = changed(World::new(), |world| world.held_by(ALIEN, "running", false));
    let read_only = changed(World::new(), |world| world.mode(Mode::ReadOnly));
    assert_eq!(seen(&asked), ("✓✓?..".to_owned(), "attach?"));
    assert_eq!(seen(&owed), ("✓✓✓?.".to_owned(), "reboot?"));
    assert_eq!(seen(&zone), ("✓✓✗..".to_owned(), "wrong zone"));
    assert_eq!(seen(&failed), ("✓✓✗..".to_owned(), "failed"));
    assert_eq!(seen(&throttled), ("✓✓✗..".to_owned(), "failed"));
    assert_eq!(seen(&moved), ("✓✓↻..".to_owned(), "not yet"));
    assert_eq!(seen(&held), ("✓✓✗..".to_owned(), "volume held"));
    assert_eq!(seen(&read_only), ("✓✓...".to_owned(), "read-only"));
}

#[test]
fn what_becomes_of_the_request_is_marked() {
    let draining = changed(World::settled(), |world| world.status("open", "instance-terminated-no-capacity"));
    let stopping = changed(World::settled(), |world| world.status("active", "marked-for-stop"));
    let cancelled = changed(World::settled(), |world| {
        world.status("cancelled", "request-canceled-and-instance-running");
    });
    let gone = changed(cancelled.clone(), |world| world.instance(OWN).state = InstanceState::Terminated);
    let by_hand = changed(World::settled(), |world| {
        world.status("disabled", "instance-stopped-by-user");
        world.instance(OWN).state = InstanceState::Stopped;
    });
    let unknown = changed(World::new(), |world| world.seen.requests.seen.clear());
    assert_eq!(seen(&draining), ("↻↻...".to_owned(), "draining"));
    assert_eq!(seen(&stopping), ("↻↻...".to_owned(), "draining"));
    assert_eq!(seen(&cancelled), ("✗✓✓✓✓".to_owned(), ""));
    assert_eq!(seen(&gone).1, "cancelled");
    assert!(seen(&gone).0.starts_with("✗."), "{:?}", seen(&gone));
    assert!(seen(&by_hand).0.starts_with(".."), "{:?}", seen(&by_hand));
    assert_eq!(seen(&unknown), ("✗....".to_owned(), "no request"));
}

proptest! {
    #[test]
    fn a_brief_has_two_words_at_the_most_and_is_empty_for_what_is_ready_alone(world in random::world()) {
        let finding = world.plan().finding;
        prop_assert_eq!(finding.brief.is_empty(), finding.state == State::Ready, "{}", finding.reason);
        prop_assert!(finding.brief.split(' ').count() <= 2 && finding.brief.len() <= 14, "{}", finding.brief);
    }

    #[test]
    fn the_marks_agree_with_the_state(world in random::world()) {
        let plan = world.plan();
        let Marks { request, instance, volumes, reboot, name } = plan.marks;
        let all = [request, instance, volumes, reboot, name];
        match plan.finding.state {
            State::Ready => prop_assert_eq!([instance, volumes, reboot], [Mark::Done; 3]),
            State::NeedsApproval => prop_assert!(all.contains(&Mark::Asked) || all.contains(&Mark::Wrong)),
            State::Blocked => prop_assert!(all.contains(&Mark::Wrong)),
            State::Working => prop_assert!(all.contains(&Mark::Moving) || all.contains(&Mark::Wrong)),
            State::Waiting => prop_assert!(all.iter().any(|mark| *mark != Mark::Done)),
        }
        prop_assert!(!all.contains(&Mark::Asked) || plan.finding.state >= State::NeedsApproval);
    }
}
