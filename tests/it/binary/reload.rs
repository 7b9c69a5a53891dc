//! SIGHUP: the service goes on with another configuration, or says why not.

use std::fs;

use rustix::process::Signal;

use super::world::{HANGING, NO_CAPACITY, TRAIN, World};
use crate::support::binary::Running;
use crate::support::eventually;
use crate::support::manager::ServiceManager;
use crate::support::proxy::Moment;
use crate::support::pty::Pty;

const SERVICE: &[&str] = &["run", "--no-tui", "--auto"];

/// A second machine, whose request has no capacity.
const LAB: &str = r#"
[[machine]]
name = "lab"
spot_request = "sir-y1a23b4d"
[[machine.volume]]
id = "vol-e123456a"
device = "/dev/sdp"
"#;

/// What [`LAB`] is in EC2.
const LABS_WORLD: &str = r#"
[[volume]]
id = "vol-e123456a"
zone = "us-east-1b"

[[request]]
id = "sir-y1a23b4d"
zone = "us-east-1b"
capacity = "capacity-not-available"
"#;

const REFUSED: &str = "the old configuration stays";

fn world() -> World {
    World::new(&format!("{HANGING}{LABS_WORLD}"))
}

/// A service that has made its machine ready.
fn ready(world: &World) -> (Running, ServiceManager) {
    let manager = ServiceManager::in_folder(world.place.home());
    let service = world.place.spawn_with(SERVICE, &[manager.variable()]);
    service.wait_for_stderr(" ready: ");
    (service, manager)
}

/// That nothing was done twice, whatever was reloaded.
fn assert_attached_and_rebooted_once(world: &World) {
    let changes = world.changes();
    let times = |call: &str| changes.iter().filter(|change| change.starts_with(call)).count();
    assert_eq!((times("AttachVolume "), times("RebootInstances ")), (1, 1), "{changes:?}");
}

/// That the service leaves as it should.
fn leaves(service: Running) {
    service.signal(Signal::TERM);
    let outcome = service.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
}

#[test]
fn a_good_configuration_is_taken_over_with_a_line_for_each_difference_and_with_the_locks_of_new_machines() {
    let world = world();
    let (service, manager) = ready(&world);
    manager.wait_for("STATUS=auto: 1 machine: 1 ready");
    let calm = TRAIN.replace("active = \"1s\"", "active = \"2s\"\nsteady = \"1m\"");
    world.place.configure(&format!("{calm}{LAB}"));
    service.signal(Signal::HUP);
    manager.wait_for("STATUS=auto: 2 machines: 1 ready, 1 waiting");
    for line in [
        "[poll] steady: was 15s, is 1m now",
        "[poll] active: was 1s, is 2s now",
        "machine lab: kept from now on, by sir-y1a23b4d",
        "the mode stays auto, as the command line says",
        "going on with it after the step in flight",
        "keeping train, lab in us-east-1 in auto mode",
    ] {
        service.wait_for_stderr(line);
    }
    let told = manager.told();
    let reload = told.iter().position(|line| line == "RELOADING=1").unwrap();
    assert!(told[reload + 1].starts_with("MONOTONIC_USEC="), "{told:?}");
    assert_eq!(told[reload + 2], "READY=1", "{told:?}");
    let second = world.run(&["once", "--yes", "--machine", "lab"]);
    assert_eq!(second.code, 6, "{second:?}");
    leaves(service);
    assert_attached_and_rebooted_once(&world);
}

#[test]
fn a_machine_that_is_taken_out_is_free_for_others_from_then_on() {
    let world = world();
    world.place.configure(&format!("{TRAIN}{LAB}"));
    let (service, manager) = ready(&world);
    manager.wait_for("STATUS=auto: 2 machines: 1 ready, 1 waiting");
    let both = world.place.write("both.toml", &fs::read_to_string(world.place.config_file()).unwrap());
    let elsewhere = ["--config", &both, "once", "--yes", "--machine", "lab"];
    assert_eq!(world.run(&elsewhere).code, 6);
    world.place.configure(TRAIN);
    service.signal(Signal::HUP);
    manager.wait_for_nth("STATUS=auto: 1 machine: 1 ready", 1);
    service.wait_for_stderr("machine lab: not kept any more");
    assert_eq!(world.run(&elsewhere).code, 3, "waiting for capacity is no matter of locks");
    leaves(service);
}

#[test]
fn a_configuration_with_mistakes_is_not_used_and_each_mistake_is_a_line_in_the_log() {
    let world = world();
    let (service, manager) = ready(&world);
    world.place.configure(&TRAIN.replace("sir-", "sri-").replace("/dev/sdp", "/dev/sda"));
    service.signal(Signal::HUP);
    let refused = service.wait_for_stderr(REFUSED);
    assert!(refused.ends_with("it has 2 mistakes\n"), "{refused}");
    for (place, what) in [("config.toml:9:16: ", "sir-"), ("config.toml:15:10: ", "/dev/sdf")] {
        let line = service.wait_for_stderr(place);
        assert!(line.contains(" error ") && line.contains(what), "{line}");
    }
    manager.wait_for_nth("READY=1", 2);
    assert_eq!(world.run(&["check"]).code, 2);
    // The old one is still at work, and a good one is still taken.
    world.place.configure(&TRAIN.replace("1s", "3s"));
    service.signal(Signal::HUP);
    service.wait_for_stderr("[poll] active: was 1s, is 3s now");
    leaves(service);
}

#[test]
fn a_configuration_that_is_gone_or_asks_for_somebody_to_ask_is_not_used() {
    let world = world();
    world.place.configure(&format!("[policy]\nmode = \"auto\"\n{TRAIN}"));
    let service = world.place.spawn(&["run", "--no-tui"]);
    service.wait_for_stderr(" ready: ");
    fs::remove_file(world.place.config_file()).unwrap();
    service.signal(Signal::HUP);
    service.wait_for_stderr("cannot read the configuration");
    service.wait_for_stderr(REFUSED);
    world.place.configure(TRAIN);
    service.signal(Signal::HUP);
    let refused = service.wait_for_nth_on_stderr(REFUSED, 2);
    assert!(refused.contains("there is nobody to ask"), "{refused}");
    leaves(service);
}

#[test]
fn a_configuration_that_says_the_same_changes_nothing() {
    let world = world();
    let (service, manager) = ready(&world);
    world.place.configure(&format!("# another comment\n{TRAIN}"));
    service.signal(Signal::HUP);
    service.wait_for_stderr("nothing has changed");
    manager.wait_for_nth("READY=1", 2);
    leaves(service);
    let log = String::from_utf8(world.place.log_files()).unwrap();
    assert_eq!(log.matches("keeping train in ").count(), 1, "{log}");
}

#[test]
fn a_new_machine_that_another_process_keeps_leaves_the_old_configuration_in_force_without_a_break() {
    let world = world();
    let (service, manager) = ready(&world);
    world.place.configure(LAB);
    let other = world.place.spawn(SERVICE);
    other.wait_for_stderr("keeping lab");
    world.place.configure(&format!("{TRAIN}{LAB}"));
    service.signal(Signal::HUP);
    let refused = service.wait_for_stderr(REFUSED);
    assert!(
        refused.contains("machine lab is kept") && refused.contains(&format!("process {} ", other.id())),
        "{refused}"
    );
    manager.wait_for_nth("READY=1", 2);
    let train = world.run(&["once", "--yes", "--machine", "train"]);
    assert!(train.code == 6 && train.stderr.contains(&format!("process {} ", service.id())), "{train:?}");
    leaves(other);
    service.signal(Signal::HUP);
    service.wait_for_stderr("keeping train, lab");
    assert_eq!(service.stderr_so_far().iter().filter(|line| line.contains("keeping train in")).count(), 1);
    leaves(service);
}

#[test]
fn a_new_configuration_that_cannot_be_opened_after_all_gives_way_to_the_old_one() {
    let world = world();
    let held = world.proxy.hold("AttachVolume", 1, Moment::BeforeForwarding);
    let service = world.place.spawn(SERVICE);
    held.wait();
    world.place.configure(&format!("{TRAIN}{LAB}"));
    service.signal(Signal::HUP);
    service.wait_for_stderr("going on with it after the step in flight");
    // What was readable when the lock was taken is not any more.
    fs::create_dir(world.place.state_dir().join("machines/sir-y1a23b4d/journal.jsonl")).unwrap();
    held.release();
    let refused = service.wait_for_stderr(REFUSED);
    assert!(refused.contains("journal"), "{refused}");
    service.wait_for_nth_on_stderr("keeping train in us-east-1", 2);
    service.wait_for_stderr(" ready: ");
    leaves(service);
}

#[test]
fn the_step_in_flight_is_finished_and_written_down_before_the_new_configuration_is_in_force() {
    let world = world();
    let held = world.proxy.hold("AttachVolume", 1, Moment::AfterForwarding);
    let service = world.place.spawn(SERVICE);
    held.wait();
    world.place.configure(&TRAIN.replace("reboot_delay = \"0s\"", "reboot_delay = \"1s\""));
    service.signal(Signal::HUP);
    service.wait_for_stderr("going on with it after the step in flight");
    assert!(!service.stderr_so_far().iter().any(|line| line.contains("ended: attach")));
    held.release();
    service.wait_for_stderr(" ready: ");
    let lines = service.stderr_so_far();
    let position = |what: &str| lines.iter().position(|line| line.contains(what)).unwrap();
    let second = lines.iter().rposition(|line| line.contains("keeping train")).unwrap();
    assert!(position("ended: attach") < second && second < position("ended: reboot"), "{lines:#?}");
    assert_attached_and_rebooted_once(&world);
    leaves(service);
    world.assert_home();
}

#[test]
fn a_signal_to_leave_while_the_new_configuration_waits_for_the_step_in_flight_is_obeyed() {
    let world = world();
    let held = world.proxy.hold("AttachVolume", 1, Moment::AfterForwarding);
    let service = world.place.spawn(SERVICE);
    held.wait();
    world.place.configure(&TRAIN.replace("1s", "3s"));
    service.signal(Signal::HUP);
    service.wait_for_stderr("going on with it after the step in flight");
    service.signal(Signal::TERM);
    service.wait_for_stderr("signal 15: leaving");
    held.release();
    let outcome = service.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    assert_eq!(outcome.stderr.matches("keeping train").count(), 1, "{outcome:?}");
    assert!(world.run(&["log"]).stdout.ends_with(": done\n"));
}

#[test]
fn mode_and_state_folder_change_with_the_configuration_and_the_log_file_with_them() {
    let world = World::new(NO_CAPACITY);
    let configure = |mode: &str, folder: &str| {
        let dir = world.place.home().join(folder);
        world.place.configure(&format!("[policy]\nmode = \"{mode}\"\n[state]\ndir = '{}'\n{TRAIN}", dir.display()));
    };
    let log = |folder: &str| -> String {
        let files = world.place.files();
        let dir = world.place.home().join(folder);
        let logs = files
            .iter()
            .filter(|(path, _)| path.parent() == Some(&dir) && path.extension().is_some_and(|e| e == "log"));
        logs.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    };
    configure("read-only", "one");
    let service = world.place.spawn(&["run", "--no-tui"]);
    service.wait_for_stderr("watching train");
    assert!(!world.place.home().join("one").exists(), "read-only writes nothing");
    for (mode, folder, begins) in [("auto", "one", "keeping train"), ("auto", "two", "keeping train")] {
        configure(mode, folder);
        let before = service.stderr_so_far().iter().filter(|line| line.contains(begins)).count();
        service.signal(Signal::HUP);
        service.wait_for_nth_on_stderr(begins, before + 1);
        eventually("the line in the log file", || log(folder).contains(begins).then_some(()));
    }
    configure("read-only", "two");
    service.signal(Signal::HUP);
    service.wait_for_nth_on_stderr("watching train", 2);
    leaves(service);
    let log = log("two");
    assert!(!log.contains("watching train") && !log.contains("leaving after"), "read-only writes nothing: {log}");
}

#[test]
fn a_hang_up_of_the_terminal_ends_the_service_though_the_same_signal_reloads_it_there() {
    let world = world();
    let mut command = world.place.command(std::path::Path::new(env!("CARGO_BIN_EXE_spotkeeper")));
    command.args(SERVICE);
    let terminal = Pty::spawn(command, (24, 150), &[]);
    terminal.wait_for_text(" ready: ");
    terminal.signal(Signal::HUP);
    terminal.wait_for_text("nothing has changed");
    assert_eq!(terminal.hang_up().code(), Some(129));
}
