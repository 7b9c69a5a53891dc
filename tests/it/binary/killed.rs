//! Killed around the reboot, and started again: at once, or an hour later.

use rustix::process::Signal;
use serde_json::Value;

use super::world::{HANGING, INSTANCE, World};
use crate::support::binary::HOSTS;
use crate::support::eventually;
use crate::support::proxy::{Held, Moment};

const SERVICE: &[&str] = &["run", "--no-tui", "--auto"];
const SCRIPT: &[&str] = &["once", "--yes"];

const ATTACH: &str = "AttachVolume vol-e123456f i-0ab12cd34ef56ab78 /dev/sdp";
const REBOOT: &str = "RebootInstances i-0ab12cd34ef56ab78";

/// A world in which the program was killed with its call of `RebootInstances` on the way. As long as the held call
/// is kept, it does not arrive late.
fn killed(program: &[&str], moment: Moment) -> (World, Held) {
    let world = World::new(HANGING);
    let held = world.proxy.hold("RebootInstances", 1, moment);
    let killed = world.place.spawn(program);
    held.wait();
    killed.signal(Signal::KILL);
    assert_eq!(killed.wait().code, 128 + 9);
    assert_eq!(world.place.hosts(), HOSTS, "no name is published while a reboot is owed");
    let journal = world.run(&["log", "--json"]).stdout;
    let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!([&last["fact"], &last["instance"]], ["reboot-intended", INSTANCE], "{journal}");
    assert_eq!(world.changes(), expected(moment, 0));
    (world, held)
}

/// The changes that EC2 got before the kill, and so many reboots after it.
fn expected(moment: Moment, reboots_after: usize) -> Vec<&'static str> {
    let before = usize::from(moment == Moment::AfterForwarding);
    [vec![ATTACH], vec![REBOOT; before + reboots_after]].concat()
}

fn started_again_at_once_it_carries_on(moment: Moment) {
    for program in [SCRIPT, SERVICE] {
        let (world, _held) = killed(program, moment);
        if program == SCRIPT {
            let outcome = world.run(SCRIPT);
            assert_eq!(outcome.code, 0, "{outcome:?}");
        } else {
            let service = world.place.spawn(SERVICE);
            eventually("the name in the hosts file", || (world.place.hosts() != HOSTS).then_some(()));
            service.signal(Signal::TERM);
            assert_eq!(service.wait().code, 128 + 15);
        }
        assert_eq!(world.changes(), expected(moment, 1), "{program:?}");
        world.assert_home();
    }
}

fn started_again_an_hour_later_it_asks(moment: Moment) {
    for program in [SCRIPT, SERVICE] {
        let (world, _held) = killed(program, moment);
        world.an_hour_passes();

        let service = world.place.spawn(SERVICE);
        let asked = service.wait_for_stderr("waits for approval");
        assert!(asked.contains("reboot i-0ab12cd34ef56ab78"), "{asked}");
        service.signal(Signal::TERM);
        assert_eq!(service.wait().code, 128 + 15);
        let outcome = world.run(&["once"]);
        assert_eq!(outcome.code, 3, "{outcome:?}");
        assert!(outcome.stdout.contains("would reboot i-0ab12cd34ef56ab78"), "{outcome:?}");
        let status: Value = serde_json::from_str(&world.run(&["status", "--json"]).stdout).unwrap();
        assert_eq!(status["machines"][0]["state"], "needs-approval", "{status}");
        assert_eq!(world.changes(), expected(moment, 0), "whoever asks does nothing");
        assert_eq!(world.place.hosts(), HOSTS);

        let outcome = world.run(SCRIPT);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert_eq!(world.changes(), expected(moment, 1));
        world.assert_home();
    }
}

#[test]
fn killed_with_the_reboot_intended_and_started_at_once_it_attached_once_and_reboots_once() {
    started_again_at_once_it_carries_on(Moment::BeforeForwarding);
}

#[test]
fn killed_with_the_reboot_sent_and_started_at_once_it_attached_once_and_reboots_once_more() {
    started_again_at_once_it_carries_on(Moment::AfterForwarding);
}

#[test]
fn killed_with_the_reboot_intended_and_started_an_hour_later_it_asks_first() {
    started_again_an_hour_later_it_asks(Moment::BeforeForwarding);
}

#[test]
fn killed_with_the_reboot_sent_and_started_an_hour_later_it_asks_first() {
    started_again_an_hour_later_it_asks(Moment::AfterForwarding);
}
