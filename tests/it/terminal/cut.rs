//! The network is cut below HTTP, on real sockets: keys are answered, the header says how old what is shown is, and when the
//! wire is whole again the program goes on by itself.

use std::time::{Duration, Instant};

use spotkeeper::clock::Clock;
use spotkeeper::sim::{Scenario, Sim};

use super::kit::{HELP, assert_whole, open, quit, row, shows};
use crate::binary::world::{HANGING, INSTANCE, TRAIN};
use crate::support::binary::Place;
use crate::support::cutter::{Cutter, Wire};
use crate::support::embedded::{BRISK, served_by};
use crate::support::eventually;
use crate::support::proxy::Proxy;
use crate::support::pty::Pty;

/// What a key may take until its answer is on the screen.
const PROMPT: Duration = Duration::from_millis(50);

/// How often a key is pressed: the time of the one in the middle counts, so that a busy computer does not.
const PRESSES: usize = 15;

/// An EC2 that takes an instance back at short notice.
fn world() -> Sim {
    let scenario =
        Scenario::parse(&format!("{HANGING}{}", BRISK.replace("notice = \"3s\"", "notice = \"100ms\""))).unwrap();
    Sim::new(&scenario, 1, Clock::real()).unwrap()
}

/// Calls fail while the wire is like this.
#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
fn cut(wire: Wire, header: &str) {
    let sim = world();
    let proxy = Proxy::start(served_by(sim.clone()));
    let cutter = Cutter::start(&proxy.url());
    let place = Place::new(&cutter.url());
    place.configure(&TRAIN.replace("active = ", "steady = \"1s\"\nactive = "));
    let pty = open(&place, &["run", "--auto"]);
    let named = |instance: &str| place.hosts().contains(&format!("# train {instance}\n"));
    pty.wait_for("the machine's name", |_| named(INSTANCE));
    pty.wait_for("fresh data", |screen| row(screen, 0).contains("live"));

    cutter.set(wire);
    let first = sim.mutating_calls().len();
    // Nobody but EC2 sees this: the instance goes, and another one comes.
    sim.interrupt(&INSTANCE.parse().unwrap()).unwrap();
    eventually("calls that meet the cut", || (cutter.struck() > 0).then_some(()));
    let times = press(&pty);
    pty.wait_for("the header that says how old it is", |screen| row(screen, 0).contains(header));
    let again = press(&pty);
    assert!(shows(&pty.screen(), "train"), "what was seen last stays on the screen");
    println!("{wire:?}: a key is answered in {}; with the header {header:?} in {}", told(&times), told(&again));
    assert!(middle(&times) <= PROMPT && middle(&again) <= PROMPT, "{times:?} {again:?}");
    assert!(named(INSTANCE), "nothing that was not seen is acted upon");

    cutter.set(Wire::Whole);
    pty.wait_for("fresh data by itself", |screen| row(screen, 0).contains("live"));
    let next = eventually("the name of the next instance", || {
        let hosts = place.hosts();
        let line = hosts.lines().find(|line| line.contains(" # train i-"))?;
        let (_, instance) = line.rsplit_once(' ')?;
        (instance != INSTANCE).then(|| instance.to_owned())
    });
    let after: Vec<_> = sim.mutating_calls().into_iter().skip(first).map(|call| call.to_string()).collect();
    let reboots = after.iter().filter(|call| call.starts_with("RebootInstances")).count();
    assert_eq!((reboots, named(&next)), (1, true), "{after:?}");
    assert_whole(&quit(pty), 0);
}

/// Opens and closes the help again and again. Returns how long each opening took, the shortest first.
fn press(pty: &Pty) -> Vec<Duration> {
    let mut times: Vec<_> = (0..PRESSES)
        .map(|_| {
            let begin = Instant::now();
            pty.type_keys("?");
            pty.wait_for_text(HELP);
            let took = begin.elapsed();
            pty.type_keys("q");
            pty.wait_for("the help to go", |screen| !shows(screen, HELP));
            took
        })
        .collect();
    times.sort();
    times
}

fn middle(times: &[Duration]) -> Duration {
    times[times.len() / 2]
}

fn told(times: &[Duration]) -> String {
    format!("{:.1?} (median of {}; at most {:.1?})", middle(times), times.len(), times[times.len() - 1])
}

#[test]
fn while_calls_hang_on_a_silent_network_keys_are_answered_and_afterwards_it_goes_on_by_itself() {
    cut(Wire::Silent, "STALE ");
}

#[test]
fn while_answers_are_slow_keys_are_answered_and_the_header_says_late() {
    cut(Wire::Slow(Duration::from_secs(8)), "late ");
}

#[test]
fn while_connections_are_reset_keys_are_answered_and_afterwards_it_goes_on_by_itself() {
    cut(Wire::Reset, "STALE ");
}

#[test]
fn while_answers_break_off_keys_are_answered_and_afterwards_it_goes_on_by_itself() {
    cut(Wire::Half, "STALE ");
}
