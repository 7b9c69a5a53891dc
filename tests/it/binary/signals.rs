//! Leaving on a signal, in the middle of a story.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::world::{HANGING, World};
use crate::support::proxy::Moment;

const CASES: [(Signal, i32); 3] = [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)];

#[test]
fn on_a_signal_the_service_finishes_the_step_in_flight_and_exits_with_the_signals_code() {
    // SIGHUP asks the service for something else.
    for (signal, code) in CASES.into_iter().filter(|(signal, _)| *signal != Signal::HUP) {
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
    let journal = world.run(&["log", "--json"]).stdout;
    assert_eq!(journal.lines().count(), 1, "{journal}");
    assert!(journal.contains("attach-intended"), "what was intended is written down: {journal}");
}

#[test]
fn a_signal_that_meets_a_call_without_an_answer_ends_the_service_when_the_calls_time_is_over() {
    let world = World::new(HANGING);
    let held = world.proxy.hold("AttachVolume", 1, Moment::AfterForwarding);
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    held.wait();
    service.signal(Signal::TERM);
    // The call is never let go: who ends the waiting is the service.
    let outcome = service.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    let journal = world.run(&["log", "--json"]).stdout;
    let facts: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [intent, end] = facts.as_slice() else { panic!("intent and end: {journal}") };
    assert_eq!((&intent["fact"], &end["fact"]), (&json!("attach-intended"), &json!("attach-ended")), "{journal}");
    assert_eq!((&end["outcome"], &end["failure"]["fate"]), (&json!("failed"), &json!("unknown")), "{journal}");
    drop(held);
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
