//! Rule 8: the name points to the machine, and never to a stranger.

use std::path::PathBuf;

use super::kit::*;
use crate::config::{AddressKind, Consent};
use crate::model::{NameEntry, NameTarget, NamesProblem};
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{Ready, Waiting, Working};
use crate::plan::{Action, StepKind};

const PUBLISH: &str = "open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file";
const WITHDRAW: &str = "open: withdraw the name of i-0bbbbbbb from the hosts file";

/// Connected and rebooted, but not published.
fn unpublished() -> World {
    let mut world = World::settled();
    world.seen.names.entries.clear();
    world
}

/// The machine lived on [`OLD`], and its name still points there; now it waits for capacity.
fn moved(state: &str) -> World {
    let mut world = World::new();
    world.instance(OLD).state = state.into();
    world.instance(OLD).public_ip = "3.3.3.3".parse().ok();
    world.publish(OLD, "3.3.3.3");
    world.status("open", "capacity-not-available");
    world.request().instance = None;
    world
}

#[test]
fn the_name_is_published_when_there_is_an_address_and_all_is_attached_and_nothing_owed() {
    let mut world = unpublished();
    let plan = world.look();
    assert_eq!(steps(&plan), [PUBLISH]);
    assert_finding(&plan, Working, Moving, &["publish", "no entry there"]);
    let expected = Action::Publish {
        target: NameTarget::Hosts,
        instance: i(OWN),
        address: ADDRESS.parse().unwrap(),
        hostnames: world.machine().hostnames.clone(),
        ssh_user: None,
    };
    assert_eq!(plan.steps[0].action, expected);
    world.publish(OWN, ADDRESS);
    let plan = world.look();
    assert_finding(&plan, Ready, Steady, &[]);
    assert!(why_not(&plan, StepKind::Names).contains("has 3.4.5.6 already"));
}

#[test]
fn the_name_waits_while_a_reboot_is_owed_or_a_volume_is_missing() {
    for mut world in [World::owing(), World::new()] {
        let plan = world.look_twice(30);
        assert!(plan.steps.iter().all(|step| step.action.kind() != StepKind::Names));
        assert!(why_not(&plan, StepKind::Names).contains("all volumes are attached and no reboot is owed"));
    }
}

#[test]
fn a_missing_public_address_is_a_finding_with_the_way_out() {
    let mut world = unpublished();
    world.instance(OWN).public_ip = None;
    let plan = world.look();
    assert_finding(&plan, Waiting, Steady, &[OWN, "no public address", "address = \"private\""]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn the_private_address_is_published_where_the_machine_wants_it() {
    let mut world = unpublished();
    world.machine().address = AddressKind::Private;
    world.instance(OWN).private_ip = "10.1.2.3".parse().ok();
    assert_eq!(steps(&world.look()), ["open: publish 10.1.2.3 of i-0aaaaaaa in the hosts file"]);
    world.instance(OWN).private_ip = None;
    assert_finding(&world.look(), Waiting, Steady, &["no private address"]);
}

#[test]
fn the_ssh_configuration_has_the_login_name_and_the_hosts_file_never() {
    let mut world = unpublished();
    world.config.ssh.enabled = true;
    let plan = world.look();
    let users: Vec<_> = plan.steps.iter().filter_map(|step| step.action.entry()).map(|entry| entry.ssh_user).collect();
    assert_eq!(users, [None, Some("ubuntu".into())]);
    assert_eq!(plan.steps[1].action.to_string(), "publish 3.4.5.6 of i-0aaaaaaa in the ssh configuration");
}

#[test]
fn a_machine_without_host_names_stands_only_in_the_ssh_configuration() {
    let mut world = unpublished();
    world.machine().hostnames.clear();
    let plan = world.look();
    assert_eq!(steps(&plan), [""; 0]);
    assert!(why_not(&plan, StepKind::Names).contains("neither"));
    world.config.ssh.enabled = true;
    assert_eq!(steps(&world.look()), ["open: publish 3.4.5.6 of i-0aaaaaaa in the ssh configuration"]);
}

#[test]
fn an_entry_that_is_out_of_date_is_published_again() {
    type Spoil = fn(&mut NameEntry);
    let spoil: [(Spoil, &str); 3] = [
        (|entry| entry.address = "3.3.3.3".parse().unwrap(), "still says 3.3.3.3"),
        (|entry| entry.instance = i(OLD), "out of date"),
        (|entry| entry.hostnames.clear(), "out of date"),
    ];
    for (spoil, word) in spoil {
        let mut world = World::settled();
        let entries = world.seen.names.entries.get_mut(&NameTarget::Hosts).unwrap();
        entries.values_mut().for_each(spoil);
        let plan = world.look();
        assert_eq!(steps(&plan), [PUBLISH]);
        assert!(plan.steps[0].why.contains(word), "{}", plan.steps[0].why);
    }
}

#[test]
fn the_name_stays_while_the_instance_is_present() {
    for state in ["pending", "running", "hovering"] {
        let mut world = moved(state);
        let plan = world.look_twice(3_600);
        assert_eq!(steps(&plan), [""; 0], "{state}");
        assert!(why_not(&plan, StepKind::Names).contains(&format!("stays while {OLD} is {state}")));
    }
}

#[test]
fn the_name_stays_while_the_instance_drains_and_while_a_volume_is_away() {
    let mut world = World::settled();
    world.status("open", "instance-terminated-no-capacity");
    assert_eq!(steps(&world.look_twice(100)), [""; 0]);

    let mut world = World::settled();
    world.show_attachment(HOME, OWN, "busy", 60);
    assert_eq!(steps(&world.look_twice(100)), [""; 0]);
}

#[test]
fn the_name_is_withdrawn_when_the_instance_is_seen_to_have_left() {
    for state in ["stopping", "stopped", "shutting-down", "terminated"] {
        let mut world = moved(state);
        let plan = world.look();
        assert_eq!(steps(&plan), [WITHDRAW], "{state}");
        assert!(plan.steps[0].why.contains(&format!("{OLD} is {state}")), "{}", plan.steps[0].why);
    }
}

#[test]
fn the_name_of_an_absent_instance_is_withdrawn_after_two_looks_at_least_30_seconds_apart() {
    let mut world = moved("running");
    world.seen.instances.seen.remove(&i(OLD));
    let plan = world.look_twice(29);
    assert_finding(&plan, Waiting, Moving, &[OLD, "does not list", "30 seconds"]);
    assert_eq!(steps(&plan), [""; 0]);
    world.pass(1);
    let plan = world.look();
    assert_eq!(steps(&plan), [WITHDRAW]);
    assert!(plan.steps[0].why.contains("over 30 seconds"));
}

#[test]
fn an_instance_that_was_back_in_between_is_absent_anew() {
    let mut world = moved("running");
    let there = world.seen.instances.seen.remove(&i(OLD)).unwrap();
    world.look_twice(20);
    world.seen.instances.seen.insert(i(OLD), there);
    world.look_twice(5);
    world.seen.instances.seen.remove(&i(OLD));
    assert_eq!(steps(&world.look_twice(29)), [""; 0]);
}

#[test]
fn an_absent_instance_is_not_waited_for_when_the_next_one_is_up() {
    let mut world = unpublished();
    world.publish(OLD, "3.3.3.3");
    let plan = world.look();
    assert_eq!(steps(&plan), [PUBLISH]);
    assert!(plan.steps[0].why.contains("3.3.3.3, of i-0bbbbbbb"));
}

#[test]
fn an_address_that_the_instance_lost_is_withdrawn_and_one_that_changed_is_replaced() {
    let mut world = World::settled();
    world.instance(OWN).public_ip = None;
    let plan = world.look();
    assert_eq!(steps(&plan), ["open: withdraw the name of i-0aaaaaaa from the hosts file"]);
    assert!(plan.steps[0].why.contains("does not have the address 3.4.5.6 any more"));
    world.instance(OWN).public_ip = "3.9.9.9".parse().ok();
    assert_eq!(steps(&world.look()), ["open: publish 3.9.9.9 of i-0aaaaaaa in the hosts file"]);
    world.status("open", "instance-terminated-no-capacity");
    assert_eq!(steps(&world.look()), ["open: withdraw the name of i-0aaaaaaa from the hosts file"]);
}

#[test]
fn a_file_that_cannot_be_used_is_a_warning_and_no_failure_of_the_machine() {
    let mut world = unpublished();
    world.config.ssh.enabled = true;
    world.seen.names.problems.push(NamesProblem {
        target: NameTarget::Hosts,
        file: PathBuf::from("/etc/hosts"),
        machine: None,
        what: "/etc/hosts: permission denied".to_owned(),
        unusable: true,
    });
    let plan = world.look();
    assert_eq!(steps(&plan), ["open: publish 3.4.5.6 of i-0aaaaaaa in the ssh configuration"]);
    assert_warns(&plan, &["permission denied"]);
    assert!(why_not(&plan, StepKind::Names).contains("the hosts file cannot be used"));
    world.config.ssh.enabled = false;
    assert_finding(&world.look(), Ready, Steady, &[]);
}

#[test]
fn a_remark_on_another_machines_lines_is_not_repeated_here() {
    let mut world = World::settled();
    world.seen.names.problems.push(NamesProblem {
        target: NameTarget::Hosts,
        file: PathBuf::from("/etc/hosts"),
        machine: "lab".parse().ok(),
        what: "line 7".to_owned(),
        unusable: false,
    });
    assert_eq!(world.look().warnings, [""; 0]);
    world.seen.names.problems[0].machine = "train".parse().ok();
    assert_warns(&world.look(), &["line 7"]);
}

#[test]
fn names_that_may_not_be_published_are_a_warning_and_the_machine_is_ready() {
    let mut world = unpublished();
    world.config.policy.names = Consent::Never;
    let plan = world.look();
    assert_finding(&plan, Ready, Steady, &["already connected"]);
    assert_warns(&plan, &["would publish", "names = \"never\""]);
}

#[test]
fn what_nobody_manages_is_not_touched() {
    let mut world = moved("terminated");
    world.config.hosts.enabled = false;
    assert_eq!(steps(&world.look()), [""; 0]);
}

#[test]
fn a_machine_whose_host_names_were_taken_out_of_the_configuration_loses_its_entry() {
    let mut world = World::settled();
    world.publish(OWN, ADDRESS);
    world.machine().hostnames.clear();
    let plan = world.look();
    assert_eq!(steps(&plan), ["open: withdraw the name of i-0aaaaaaa from the hosts file"]);
    assert!(plan.steps[0].why.contains("no host names"));
}
