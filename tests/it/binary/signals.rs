//! Leaving on a signal, in the middle of a story.

use rustix::process::Signal;

use super::world::{HANGING, World};
use crate::support::proxy::Moment;

const CASES: [(Signal, i32); 3] = [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)];

#[test]
fn on_a_signal_the_service_finishes_the_step_in_flight_and_exits_with_the_signals_code() {
    for (signal, code) in CASES {
        let world = World::new(HANGING);
        let held = world.proxy.hold("AttachVolume", 1, Moment::AfterForwarding);
        let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
        held.wait();
        service.signal(signal);
        service.wait_for_stderr("leaving after the step in flight");
        held.release();
        let outcome = service.wait();
        assert_eq!(outcome.code, code, "{outcome:?}");
        let journal = world.run(&["log", "--json"]).stdout;
        let last = journal.lines().last().unwrap();
        assert!(last.contains("attach-ended") && last.contains("done"), "how the step ended is written down: {last}");
        assert_eq!(world.changes().len(), 1, "nothing new is begun");
    }
}

#[test]
fn on_a_second_signal_the_service_leaves_at_once() {
    let world = World::new(HANGING);
    let held = world.proxy.hold("AttachVolume", 1, Moment::BeforeForwarding);
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    held.wait();
    service.signal(Signal::INT);
    service.wait_for_stderr("leaving after the step in flight");
    service.signal(Signal::TERM);
    let outcome = service.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn on_a_signal_once_finishes_the_step_in_flight_and_exits_with_the_signals_code() {
    for (signal, code) in CASES {
        let world = World::new(HANGING);
        let held = world.proxy.hold("AttachVolume", 1, Moment::AfterForwarding);
        let once = world.place.spawn(&["once", "--yes"]);
        held.wait();
        once.signal(signal);
        held.release();
        let outcome = once.wait();
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(outcome.stdout.starts_with("train: "), "it still says how the machine stands: {outcome:?}");
        assert_eq!(world.changes().len(), 1, "nothing new is begun");
    }
}
