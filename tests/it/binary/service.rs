//! What a service manager is told, and the unit by which systemd runs the service.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use std::time::Duration;

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

#[test]
fn what_waits_for_a_yes_comes_with_the_command_that_says_it_whatever_configuration_the_service_has() {
    let world = World::new(HANGING);
    world.place.configure(&format!("[policy]\nattach = \"ask\"\n{TRAIN}"));
    let named = world.place.write("the service's.toml", &fs::read_to_string(world.place.config_file()).unwrap());
    let service = world.place.spawn(&[&["--config", &named], SERVICE].concat());
    let line = service.wait_for_stderr("to say yes");
    let (_, command) = line.trim_end().split_once("then: spotkeeper ").unwrap();
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 143);
    fs::remove_file(world.place.config_file()).unwrap();
    let outcome = world.place.shell(&format!("\"$SPOTKEEPER\" {command}"));
    assert_eq!(outcome.code, 0, "{command}: {outcome:?}");
    world.assert_home();
}

const UNIT: &str = include_str!("../../../assets/spotkeeper.service");

/// The values of a key in the unit, in order.
fn values(key: &str) -> Vec<&'static str> {
    UNIT.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn seconds(key: &str) -> Duration {
    let [value] = values(key)[..] else { panic!("the unit says {key} once") };
    let (number, unit) = value.split_at(value.find(|c: char| !c.is_ascii_digit()).unwrap());
    let unit = match unit {
        "s" => 1,
        "min" => 60,
        other => panic!("{key} is in {other:?}"),
    };
    Duration::from_secs(number.parse::<u64>().unwrap() * unit)
}

#[test]
fn the_unit_starts_and_reloads_the_program_with_arguments_that_it_takes() {
    let world = World::new(NO_CAPACITY);
    let config = world.place.config_file();
    let run = |line: &str, more: &[&str]| {
        let arguments = line.strip_prefix("/usr/local/bin/spotkeeper ").unwrap();
        let arguments = arguments.replace("/etc/spotkeeper/config.toml", config.to_str().unwrap());
        world.run(&[&arguments.split(' ').collect::<Vec<_>>(), more].concat()).code
    };
    assert_eq!(run(values("ExecStart")[0], &["--help"]), 0);
    let [check, signal] = values("ExecReload")[..] else { panic!("a check, and a signal if that succeeds") };
    assert_eq!(signal, "/bin/kill -HUP $MAINPID");
    assert_eq!(run(check, &[]), 0);
    world.place.configure("");
    assert_eq!(run(check, &[]), 2, "a configuration with mistakes is not even signalled");
    let usage = run(values("ExecStart")[0], &[]);
    assert_eq!(values("RestartPreventExitStatus"), [usage.to_string()]);
    assert_eq!(values("SuccessExitStatus"), [(128 + Signal::TERM.as_raw()).to_string()]);
}

#[test]
fn the_units_times_leave_room_for_the_loop_and_for_a_step_in_flight() {
    assert!(seconds("WatchdogSec") >= Duration::from_secs(10), "or the program itself complains");
    // A detachment: two looks of at most 30 seconds, a call of at most 10, and the disk.
    assert!(seconds("TimeoutStopSec") > Duration::from_secs(2 * 30 + 10 + 10));
}

#[test]
fn the_unit_lets_the_hosts_file_be_replaced_and_the_state_be_kept() {
    assert_eq!(values("ReadWritePaths"), ["/etc"], "the file alone could not be replaced");
    assert_eq!(values("StateDirectory"), ["spotkeeper"]);
    assert_eq!(values("Type"), ["notify"]);
}
