//! What the exit code of `once` tells a script.

use std::net::{Ipv4Addr, TcpListener};

use rustix::process::Signal;
use spotkeeper::sim::Fault;

use super::world::{HANGING, NO_CAPACITY, TRAIN, World};
use crate::support::binary::{Outcome, Place};

const ACT: &[&str] = &["once", "--yes"];

/// `once --yes` in a world with this fault.
fn with(fault: Fault) -> (World, Outcome) {
    let world = World::new(HANGING);
    world.sim.inject(fault);
    let outcome = world.run(ACT);
    (world, outcome)
}

#[test]
fn once_exits_with_0_when_every_machine_is_ready() {
    let world = World::new(HANGING);
    let outcome = world.run(ACT);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    assert!(outcome.stdout.starts_with("train: ready: "), "{outcome:?}");
    world.assert_home();
}

#[test]
fn once_exits_with_3_when_a_machine_waits_for_capacity_and_says_so() {
    let world = World::new(NO_CAPACITY);
    for arguments in [ACT, &["once"]] {
        let outcome = world.run(arguments);
        assert_eq!(outcome.code, 3, "{outcome:?}");
        assert!(outcome.stdout.starts_with("train: waiting: "), "{outcome:?}");
        assert!(outcome.stdout.contains("capacity-not-available"), "{outcome:?}");
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn once_exits_with_3_when_its_time_is_over_before_the_machine_is_ready() {
    let world = World::new(HANGING);
    world.place.configure(&TRAIN.replace("reboot_delay = \"0s\"", "reboot_delay = \"5m\""));
    let outcome = world.run(&["once", "--yes", "--timeout", "3s"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(outcome.stderr.contains("not every machine is settled after 3s"), "{outcome:?}");
}

#[test]
fn once_exits_with_4_when_the_credentials_have_expired_and_says_how_to_renew_them() {
    let (world, outcome) = with(Fault::error("RequestExpired").on("DescribeVolumes"));
    assert_eq!(outcome.code, 4, "{outcome:?}");
    for word in ["DescribeVolumes", "RequestExpired", "aws sso login"] {
        assert!(outcome.stderr.contains(word), "no {word:?} in {outcome:?}");
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn once_exits_with_4_when_a_permission_is_missing_and_names_it() {
    let (world, outcome) = with(Fault::error("UnauthorizedOperation").on("AttachVolume"));
    assert_eq!(outcome.code, 4, "{outcome:?}");
    assert!(outcome.stdout.contains("ec2:AttachVolume"), "{outcome:?}");
    assert_eq!(world.changes().len(), 1, "a denied call is not made again and again: {:?}", world.changes());
}

#[test]
fn once_exits_with_5_when_nothing_listens_at_the_endpoint() {
    // The port was free a moment ago, and is again.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let place = Place::new(&format!("http://{address}"));
    place.configure(TRAIN);
    for arguments in [ACT, &["once"], &["status"]] {
        let outcome = place.run(arguments);
        assert_eq!(outcome.code, 5, "{outcome:?}");
        assert!(outcome.stderr.contains("no connection to EC2 at 127.0.0.1:"), "{outcome:?}");
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn once_exits_with_5_when_ec2_throttles_for_ever() {
    let (world, outcome) = with(Fault::error("RequestLimitExceeded"));
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(outcome.stderr.contains("RequestLimitExceeded"), "{outcome:?}");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn once_exits_with_6_when_another_process_keeps_the_machine_and_names_that_process() {
    let world = World::new(NO_CAPACITY);
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    service.wait_for_stderr("keeping train");
    let outcome = world.run(ACT);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(outcome.stderr.contains(&format!("process {} ", service.id())), "{outcome:?}");
    let status = world.run(&["status"]);
    assert_eq!(status.code, 0, "looking needs no lock: {status:?}");
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 128 + 15);
    assert_eq!(world.run(ACT).code, 3, "the lock went with its holder");
}
