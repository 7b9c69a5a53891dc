//! What a service manager is told.

use std::net::{Ipv4Addr, TcpListener};

use rustix::process::Signal;

use super::world::{HANGING, NO_CAPACITY, TRAIN, World};
use crate::support::binary::Place;
use crate::support::manager::ServiceManager;
use crate::support::proxy::Moment;

const SERVICE: &[&str] = &["run", "--no-tui", "--auto"];

/// Where the first line that says this stands among others.
fn position(lines: &[String], line: &str) -> usize {
    lines.iter().position(|told| told == line).unwrap_or_else(|| panic!("no {line:?} in {lines:?}"))
}

#[test]
fn a_service_that_cannot_reach_ec2_is_ready_all_the_same_and_says_what_is_wrong() {
    // The port was free a moment ago, and is again.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let place = Place::new(&format!("http://{address}"));
    place.configure(TRAIN);
    let manager = ServiceManager::in_folder(place.home());
    let service = place.spawn_with(SERVICE, &[manager.variable()]);
    manager.wait_for("READY=1");
    let status = manager.wait_for("could not look");
    assert!(status.starts_with("STATUS=auto: nothing seen yet; could not look: "), "{status}");
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 143);
}

#[test]
fn the_manager_is_told_ready_then_how_the_machines_stand_and_in_the_end_that_the_service_leaves() {
    let world = World::new(HANGING);
    let manager = ServiceManager::in_folder(world.place.home());
    let held = world.proxy.hold("AttachVolume", 1, Moment::BeforeForwarding);
    let service = world.place.spawn_with(SERVICE, &[manager.variable()]);
    held.wait();
    manager.wait_for("STATUS=auto: 1 machine: 1 working");
    held.release();
    manager.wait_for("STATUS=auto: 1 machine: 1 ready");
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 143);
    manager.wait_for("STOPPING=1");
    let told = manager.told();
    let order = ["READY=1", "STATUS=auto: 1 machine: 1 working", "STATUS=auto: 1 machine: 1 ready", "STOPPING=1"];
    assert!(order.map(|line| position(&told, line)).is_sorted(), "{told:?}");
    assert_eq!(position(&told, "READY=1"), 0, "{told:?}");
    assert!(told.windows(2).all(|two| two[0] != two[1]), "nothing is told twice: {told:?}");
    assert!(!told.contains(&"WATCHDOG=1".to_owned()), "nobody watches: {told:?}");
}

#[test]
fn a_watchdog_gets_signs_of_life_for_as_long_as_the_loop_turns_and_one_that_waits_too_shortly_is_complained_of() {
    let world = World::new(NO_CAPACITY);
    world.place.configure(&TRAIN.replace("active = ", "steady = \"1s\"\nactive = "));
    let manager = ServiceManager::in_folder(world.place.home());
    let service = world.place.spawn_with(SERVICE, &[manager.variable(), ("WATCHDOG_USEC", "2000000")]);
    manager.wait_for_nth("WATCHDOG=1", 4);
    assert_eq!(manager.told()[..2], ["READY=1", "WATCHDOG=1"]);
    let warning = service.wait_for_stderr("watchdog");
    assert!(
        warning.contains(" warn ") && warning.contains("waits 2s") && warning.contains("10s or longer"),
        "{warning}"
    );
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 143);
}

#[test]
fn a_service_that_does_not_get_the_lock_was_never_ready() {
    let world = World::new(NO_CAPACITY);
    let keeper = world.place.spawn(SERVICE);
    keeper.wait_for_stderr("keeping train");
    let manager = ServiceManager::in_folder(world.place.home());
    let service = world.place.spawn_with(SERVICE, &[manager.variable()]);
    assert_eq!(service.wait().code, 6);
    assert_eq!(manager.told(), [""; 0]);
}

#[test]
fn a_manager_that_does_not_listen_is_nobodys_loss() {
    let world = World::new(HANGING);
    let service = world.place.spawn_with(SERVICE, &[("NOTIFY_SOCKET", "/nowhere/notify")]);
    service.wait_for_stderr(" ready: ");
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 143);
    let log = String::from_utf8(world.place.log_files()).unwrap();
    assert!(log.contains("debug -            cannot tell the service manager"), "{log}");
}
