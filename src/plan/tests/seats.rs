//! Rule 2, and the status codes of rule 10: where the machine may live.

use super::kit::*;
use crate::model::{RequestKind, Text};
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{Blocked, Ready, Waiting};
use crate::plan::{Fact, Motion, Outcome, Payment, State, StepKind};

/// Every documented status without a usable instance: state, code, what is found, and a key word of why.
const NOWHERE: &[(&str, &str, State, Motion, &str)] = &[
    ("open", "pending-evaluation", Waiting, Moving, "looking for capacity"),
    ("open", "pending-fulfillment", Waiting, Moving, "looking for capacity"),
    ("open", "not-scheduled-yet", Waiting, Steady, "time to start"),
    ("open", "capacity-not-available", Waiting, Steady, "no capacity"),
    ("open", "capacity-oversubscribed", Waiting, Steady, "no capacity"),
    ("open", "price-too-low", Waiting, Steady, "maximum price"),
    ("open", "launch-group-constraint", Waiting, Steady, "a group constraint holds it back"),
    ("open", "az-group-constraint", Waiting, Steady, "a group constraint holds it back"),
    ("open", "placement-group-constraint", Waiting, Steady, "a group constraint holds it back"),
    ("open", "constraint-not-fulfillable", Blocked, Steady, "never be met"),
    ("open", "limit-exceeded", Blocked, Steady, "quota"),
    ("open", "instance-terminated-by-price", Waiting, Moving, "asks for another"),
    ("open", "instance-terminated-no-capacity", Waiting, Moving, "asks for another"),
    ("open", "instance-terminated-launch-group-constraint", Waiting, Moving, "asks for another"),
    ("open", "instance-terminated-by-user", Waiting, Moving, "asks for another"),
    ("open", "spot-instance-terminated-by-user", Waiting, Moving, "asks for another"),
    ("open", "instance-terminated-by-experiment", Waiting, Moving, "asks for another"),
    ("open", "instance-terminated-capacity-oversubscribed", Waiting, Moving, "asks for another"),
    ("active", "marked-for-stop", Waiting, Moving, "within two minutes"),
    ("active", "marked-for-termination", Waiting, Moving, "within two minutes"),
    ("active", "marked-for-stop-by-experiment", Waiting, Moving, "within two minutes"),
    ("disabled", "instance-stopped-by-price", Waiting, Steady, "starts the same instance again"),
    ("disabled", "instance-stopped-no-capacity", Waiting, Steady, "starts the same instance again"),
    ("disabled", "instance-stopped-by-experiment", Waiting, Steady, "starts the same instance again"),
    ("disabled", "instance-stopped-by-user", Waiting, Steady, "aws ec2 start-instances --instance-ids i-0aaaaaaa"),
    ("closed", "instance-terminated-by-price", Blocked, Steady, "new persistent request"),
    ("closed", "instance-terminated-no-capacity", Blocked, Steady, "new persistent request"),
    ("closed", "instance-terminated-by-schedule", Blocked, Steady, "new persistent request"),
    ("closed", "instance-terminated-by-experiment", Blocked, Steady, "new persistent request"),
    ("closed", "bad-parameters", Blocked, Steady, "new persistent request"),
    ("closed", "system-error", Blocked, Steady, "new persistent request"),
    ("failed", "bad-parameters", Blocked, Steady, "new persistent request"),
    ("cancelled", "canceled-before-fulfillment", Blocked, Steady, "new persistent request"),
    ("cancelled", "schedule-expired", Blocked, Steady, "new persistent request"),
    ("cancelled", "instance-stopped-by-user", Blocked, Steady, "new persistent request"),
    ("cancelled", "instance-terminated-by-service", Blocked, Steady, "new persistent request"),
    ("cancelled", "instance-terminated-by-user", Blocked, Steady, "new persistent request"),
    ("open", "hovering", Waiting, Steady, "does not know that status"),
    ("active", "hovering", Waiting, Steady, "does not know"),
    ("hovering", "fulfilled", Waiting, Steady, "does not know"),
];

#[test]
fn every_status_code_without_a_usable_instance_has_its_finding_and_changes_nothing() {
    for (state, code, expected, motion, word) in NOWHERE {
        let mut world = World::new();
        world.status(state, code);
        let left = if *state == "disabled" { "stopped" } else { "terminated" };
        world.instance(OWN).state = left.into();
        let plan = world.look();
        assert_finding(&plan, *expected, *motion, &[word, REQUEST, state, code]);
        assert_eq!(steps(&plan), [""; 0], "{state} {code}");
        for kind in [StepKind::Attach, StepKind::Reboot] {
            assert_eq!(why_not(&plan, kind), "there is no eligible instance", "{state} {code}");
        }
    }
}

#[test]
fn no_status_but_active_and_fulfilled_ever_lets_anything_be_attached_or_rebooted() {
    for (state, code, ..) in NOWHERE {
        let mut world = World::owing();
        world.status(state, code);
        assert_eq!(steps(&world.look_twice(30)), [""; 0], "{state} {code}");
        let mut world = World::new();
        world.status(state, code);
        assert_eq!(steps(&world.look_twice(30)), [""; 0], "{state} {code}");
    }
}

#[test]
fn a_request_under_evaluation_for_long_is_no_longer_watched_closely() {
    let mut world = World::new();
    world.status("open", "pending-evaluation");
    world.instance(OWN).state = "terminated".into();
    world.pass(119);
    assert_finding(&world.look(), Waiting, Moving, &[]);
    world.pass(1);
    assert_finding(&world.look(), Waiting, Steady, &[]);
    world.request().status_since = None;
    assert_finding(&world.look(), Waiting, Steady, &[]);
}

#[test]
fn the_message_of_ec2_is_part_of_the_reason() {
    let mut world = World::new();
    world.status("open", "capacity-not-available");
    world.request().status_message = Text::new("There is no capacity.");
    world.seen.instances.seen.clear();
    assert_finding(&world.look(), Waiting, Steady, &["(capacity-not-available: There is no capacity):"]);
}

#[test]
fn a_request_that_ec2_does_not_know_is_blocked_with_what_to_check() {
    let mut world = World::new();
    world.seen.requests.seen.clear();
    assert_finding(&world.look(), Blocked, Steady, &[REQUEST, "region", "profile"]);
}

#[test]
fn a_fulfilled_request_that_does_not_name_its_instance_yet_is_waited_for() {
    let mut world = World::new();
    world.request().instance = None;
    let plan = world.look();
    assert_finding(&plan, Waiting, Moving, &["does not name its instance yet"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn an_instance_that_ec2_does_not_show_yet_is_waited_for() {
    let mut world = World::new();
    world.seen.instances.seen.clear();
    assert_finding(&world.look(), Waiting, Moving, &[OWN, "does not show yet"]);
}

#[test]
fn a_request_that_still_names_an_instance_that_has_left_is_waited_for() {
    for left in ["shutting-down", "terminated", "stopping", "stopped"] {
        let mut world = World::owing();
        world.instance(OWN).state = left.into();
        let plan = world.look_twice(30);
        assert_finding(&plan, Waiting, Moving, &[OWN, left]);
        assert_eq!(steps(&plan), [""; 0], "{left}");
    }
}

#[test]
fn an_unknown_instance_state_is_shown_as_it_is_and_changes_nothing() {
    let mut world = World::owing();
    world.instance(OWN).state = "hovering".into();
    let plan = world.look_twice(30);
    assert_finding(&plan, Waiting, Steady, &["hovering", "does not know"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn nothing_is_attached_to_a_pending_instance() {
    let mut world = World::new();
    world.instance(OWN).state = "pending".into();
    let plan = world.look();
    assert_finding(&plan, Waiting, Moving, &[OWN, "pending"]);
    assert_eq!(steps(&plan), [""; 0]);
    assert!(why_not(&plan, StepKind::Attach).contains("until it runs"));
}

#[test]
fn a_pending_instance_that_has_its_volumes_is_not_rebooted() {
    let mut world = World::owing();
    world.instance(OWN).state = "pending".into();
    let plan = world.look_twice(30);
    assert_finding(&plan, Waiting, Moving, &["pending", "attached already"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_draining_instance_is_never_rebooted_and_the_finding_says_that_it_drains() {
    let mut world = World::owing();
    world.look();
    world.pass(30);
    for code in ["instance-terminated-no-capacity", "pending-evaluation", "pending-fulfillment", "hovering"] {
        for named in [Some(i(OWN)), None] {
            world.status("open", code);
            world.request().instance = named;
            let plan = world.plan();
            assert_finding(&plan, Waiting, Moving, &[OWN, "draining", code, "two minutes"]);
            assert_eq!(steps(&plan), [""; 0]);
            assert_eq!(plan.draining, Some(i(OWN)));
        }
    }
}

#[test]
fn an_instance_drains_for_as_long_as_it_is_present() {
    for (status, code) in [("active", "marked-for-termination"), ("open", "instance-terminated-no-capacity")] {
        for (state, drains) in [("running", true), ("pending", true), ("shutting-down", false), ("terminated", false)] {
            let mut world = World::owing();
            world.status(status, code);
            world.instance(OWN).state = state.into();
            assert_eq!(world.look().draining, drains.then(|| i(OWN)), "{code} {state}");
        }
    }
    assert_eq!(World::owing().look().draining, None);
}

#[test]
fn the_journal_knows_a_draining_instance_when_ec2_does_not_say_who_launched_it() {
    let mut world = World::owing();
    world.status("open", "instance-terminated-no-capacity");
    world.request().instance = None;
    world.instance(OWN).spot_request = None;
    assert_finding(&world.look(), Waiting, Moving, &[OWN, "draining"]);
}

#[test]
fn a_wrong_zone_is_blocked_for_ever_with_both_zones_and_the_way_out() {
    let mut world = World::new();
    world.volume(HOME).availability_zone = Text::new("us-east-1b");
    for _ in 0..3 {
        let plan = world.look();
        let words = ["us-east-1a", "us-east-1b", OWN, HOME, REQUEST, "subnet", "snapshot", "never"];
        assert_finding(&plan, Blocked, Steady, &words);
        assert_eq!(steps(&plan), [""; 0]);
        world.pass(86_400);
    }
}

#[test]
fn a_zone_that_ec2_does_not_tell_is_no_wrong_one() {
    let mut world = World::new();
    world.volume(HOME).availability_zone = Text::default();
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    let mut world = World::new();
    world.instance(OWN).availability_zone = Text::default();
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn one_volume_in_another_zone_keeps_all_of_them_off() {
    let mut world = World::with_two_volumes();
    world.volume(DATA).availability_zone = Text::new("us-east-1b");
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &[DATA, "us-east-1b"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_request_cancelled_while_its_instance_runs_is_ready_with_a_warning() {
    let mut world = World::settled();
    world.status("cancelled", "request-canceled-and-instance-running");
    let plan = world.look();
    assert_finding(&plan, Ready, Steady, &["already connected", HOME]);
    assert_warns(&plan, &[REQUEST, OWN, "no replacement"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn nothing_is_attached_to_an_instance_whose_request_is_cancelled() {
    let mut world = World::new();
    world.status("cancelled", "request-canceled-and-instance-running");
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &[OWN, "not all of its volumes"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn an_instance_whose_request_is_cancelled_is_not_rebooted_and_what_it_owes_is_told() {
    let mut world = World::owing();
    world.status("cancelled", "request-canceled-and-instance-running");
    let plan = world.look_twice(30);
    assert_finding(&plan, Blocked, Steady, &[OWN, "was not rebooted", "by hand"]);
    assert_eq!(steps(&plan), [""; 0]);
    world.machine().reboot = crate::config::RebootRule::Never;
    assert_eq!(steps(&world.look()), ["open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file"]);
}

#[test]
fn what_somebody_attached_to_an_instance_whose_request_is_cancelled_stays_in_doubt() {
    let mut world = World::new();
    world.status("cancelled", "request-canceled-and-instance-running");
    world.show_attachment(HOME, OWN, "attached", 60);
    for _ in 0..3 {
        let plan = world.look();
        assert_finding(&plan, Blocked, Steady, &[OWN, "perhaps was not rebooted", "by hand"]);
        assert_eq!(steps(&plan), [""; 0]);
        world.pass(1_200);
    }
    world.fact(Fact::DebtPaid { instance: i(OWN), payment: Payment::Operator });
    assert_eq!(steps(&world.look()), ["open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file"]);
}

#[test]
fn what_lacks_a_volume_is_not_said_to_hang_when_its_request_is_cancelled() {
    let mut world = World::owing();
    world.status("cancelled", "request-canceled-and-instance-running");
    world.show_attachment(HOME, OWN, "detaching", 60);
    let plan = world.look_twice(30);
    assert_finding(&plan, Blocked, Steady, &["not all of its volumes"]);
    assert!(!plan.finding.reason.contains("was not rebooted"), "{}", plan.finding.reason);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_disabled_request_waits_and_its_restarted_instance_goes_on_without_a_reboot() {
    let mut world = World::settled();
    world.status("disabled", "instance-stopped-no-capacity");
    world.instance(OWN).state = "stopped".into();
    let stopped = world.look();
    assert_finding(&stopped, State::Working, Moving, &["withdraw the name"]);
    world.seen.names.entries.clear();
    assert_finding(&world.look(), Waiting, Steady, &["instance-stopped-no-capacity"]);

    world.pass(600);
    world.status("active", "fulfilled");
    let now = world.now.wall;
    let restarted = world.instance(OWN);
    restarted.state = "running".into();
    restarted.launch_time = Some(now);
    restarted.public_ip = "3.9.9.9".parse().ok();
    assert_eq!(steps(&world.look()), ["open: publish 3.9.9.9 of i-0aaaaaaa in the hosts file"]);
}

#[test]
fn a_one_time_request_and_one_that_ends_soon_are_warned_about_while_they_live() {
    let mut world = World::settled();
    world.request().kind = RequestKind::OneTime;
    world.request().valid_until = Some(world.now.wall + seconds(3 * 86_400 + 1_800));
    let plan = world.look();
    assert_warns(&plan, &[REQUEST, "one-time"]);
    assert_warns(&plan, &[REQUEST, "expires", "in 3d"]);
    world.request().valid_until = Some(world.now.wall + seconds(7 * 86_400 - 1));
    assert_warns(&world.look(), &[REQUEST, "expires", "in 6d"]);
    world.request().valid_until = Some(world.now.wall + seconds(7 * 86_400));
    assert!(world.look().warnings.iter().all(|warning| !warning.contains("expires")));

    world.request().valid_until = Some(world.ago(60));
    world.status("closed", "schedule-expired");
    assert_eq!(world.look().warnings, [""; 0]);
}

#[test]
fn two_machines_are_planned_apart_and_in_the_order_of_the_configuration() {
    let mut world = World::owing();
    let mut other = world.machine().clone();
    (other.name, other.spot_request) = ("lab".parse().unwrap(), sir("sir-00000001"));
    let data = crate::config::HomeVolume { id: vol(DATA), device: "/dev/sdp".parse().unwrap() };
    (other.volumes, other.hostnames) = (vec![data], Vec::new());
    world.config.machines.insert(0, other);
    let plans = world.plans();
    assert_eq!(plans.iter().map(|plan| plan.machine.as_str()).collect::<Vec<_>>(), ["lab", "train"]);
    assert_eq!(plans[0].finding.state, Blocked);
    world.config.machines.remove(0);
    assert_eq!(plans[1], world.plan(), "it is planned as if it were alone");
}

#[test]
fn what_one_machine_did_is_not_held_against_another() {
    let mut world = World::owing();
    let at = world.now.wall;
    let fact = Fact::RebootEnded { instance: i(OWN), outcome: Outcome::Done };
    world.memory.apply(&crate::plan::Entry { at, machine: "lab".parse().unwrap(), fact });
    assert_eq!(steps(&world.look_twice(10)), ["open: reboot i-0aaaaaaa"]);
}
