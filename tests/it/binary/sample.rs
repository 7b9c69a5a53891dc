//! A random sample of deaths: the service killed at some moment, perhaps more than once, and started again, before an EC2
//! that is a process of its own. What became of the machine is told by the guest's record.

use std::env;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::Signal;
use serde_json::Value;

use super::world::{REQUEST, TRAIN, VOLUME};
use crate::support::binary::{HOSTS, Place};
use crate::support::embedded::BRISK;
use crate::support::eventually;
use crate::support::simulator::Simulator;

const SERVICE: &[&str] = &["run", "--no-tui", "--mode", "auto"];

/// How many seeds are played unless this variable says another number.
const SEEDS: u64 = 20;
const VARIABLE: &str = "SPOTKEEPER_KILLS";

/// How many are played at a time: most of a play is waiting.
const AT_ONCE: usize = 4;

/// What the brisk timing leaves at its usual length.
const TIMES: &str = "address = '20ms'\n";

/// What a seed says.
#[derive(Debug)]
struct Play {
    seed: u64,
    /// For each run that dies: how long it lives, and how long nothing runs after it.
    deaths: Vec<[Duration; 2]>,
    /// Whether EC2 takes the first instance back, and after what time.
    interruption: Option<Duration>,
}

/// What a play came to.
#[derive(Debug)]
struct Record {
    seed: u64,
    deaths: usize,
    /// For each instance that the machine had: attachments, calls of `RebootInstances`, boots, and whether it was usable.
    instances: Vec<(String, usize, u64, usize, bool)>,
    /// What breaks a promise.
    broken: Vec<String>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        // A run needs some 150 ms to come up, and has the machine ready after a second.
        let mut life = || [rng.u64(100..1_400), rng.u64(0..300)].map(Duration::from_millis);
        let deaths = if seed.is_multiple_of(2) { vec![life()] } else { vec![life(), life()] };
        let interruption = seed.is_multiple_of(3).then(|| Duration::from_millis(rng.u64(300..2_000)));
        Self { seed, deaths, interruption }
    }

    fn scenario(&self) -> String {
        let event = self.interruption.map_or_else(String::new, |at| {
            format!("[[event]]\nat = '{}ms'\ninterrupt = '{REQUEST}'\n", at.as_millis())
        });
        let timing =
            BRISK.replace("latency = \"1ms\"", "latency = \"30ms\"").replace("notice = \"3s\"", "notice = \"250ms\"");
        format!("seed = {}\n{}\n{event}{timing}{TIMES}", self.seed, super::world::HANGING)
    }

    fn play(&self) -> Record {
        let place = Place::new("http://127.0.0.1:9");
        let scenario = place.write("scenario.toml", &self.scenario());
        let simulator = Simulator::start(&place, &["--scenario", &scenario]);
        let place = place.with_endpoint(&simulator.url());
        place.configure(TRAIN);
        for [life, pause] in &self.deaths {
            let service = place.spawn(SERVICE);
            thread::sleep(*life);
            service.signal(Signal::KILL);
            assert_eq!(service.wait().code, 128 + 9, "seed {}: it died by itself", self.seed);
            thread::sleep(*pause);
        }
        let last = place.spawn(SERVICE);
        let world = eventually(&format!("a usable machine with its name, seed {}", self.seed), || {
            let world = simulator.control("GET", "world");
            (self.is_over(&world) && is_usable(&world, current(&world)?) && is_named(&place, &world)).then_some(world)
        });
        last.signal(Signal::TERM);
        assert_eq!(last.wait().code, 128 + 15);
        let calls = simulator.control("GET", "calls");
        Record::new(self, &world, &calls, &facts(&place))
    }

    /// Whether the interruption, if there was to be one, has come and brought another instance.
    fn is_over(&self, world: &Value) -> bool {
        self.interruption.is_none() || world["instances"].as_object().is_some_and(|all| all.len() > 1)
    }
}

impl Record {
    fn new(play: &Play, world: &Value, calls: &Value, facts: &[Value]) -> Self {
        let instances: Vec<_> = world["guests"]
            .as_object()
            .expect("guests")
            .iter()
            .map(|(id, guest)| {
                let usable = guest["usable"].as_array().is_some_and(|times| !times.is_empty());
                let boots = guest["boots"].as_array().map_or(0, Vec::len);
                let rebooted = guest["reboots_asked"].as_u64().expect("a number");
                (id.clone(), attachments(calls, id), rebooted, boots, usable)
            })
            .collect();
        let broken = instances.iter().filter_map(|(id, attached, rebooted, ..)| {
            // Once; once more only when a death came between the intent and the answer.
            let allowed = if is_fate_lost(facts, id) { 2 } else { 1 };
            (*attached > 1 || *rebooted > allowed).then(|| format!("{id}: {attached} attached, {rebooted} rebooted"))
        });
        Self { seed: play.seed, deaths: play.deaths.len(), broken: broken.collect(), instances }
    }
}

/// What the journal says.
fn facts(place: &Place) -> Vec<Value> {
    let log = place.run(&["log", "--json"]);
    assert_eq!(log.code, 0, "{log:?}");
    log.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Whether a reboot of this instance was intended of which no outcome was written down.
fn is_fate_lost(facts: &[Value], instance: &str) -> bool {
    let count = |fact: &str| facts.iter().filter(|it| it["fact"] == fact && it["instance"] == instance).count();
    count("reboot-intended") > count("reboot-ended")
}

/// The instance that the request names now.
fn current(world: &Value) -> Option<&str> {
    world["requests"][REQUEST]["instance"].as_str()
}

fn is_usable(world: &Value, instance: &str) -> bool {
    let last = world["guests"][instance]["usable"].as_array().and_then(|times| times.last());
    last.is_some_and(|time| time["until"].is_null()) && world["instances"][instance]["state"] == "running"
}

fn is_named(place: &Place, world: &Value) -> bool {
    let hosts = place.hosts();
    hosts.starts_with(HOSTS) && current(world).is_some_and(|id| hosts.contains(&format!("# train {id}\n")))
}

/// How often the volume was attached to an instance.
fn attachments(calls: &Value, instance: &str) -> usize {
    let is_one = |call: &&Value| {
        let subjects = call["subjects"].to_string();
        call["action"] == "AttachVolume"
            && call["outcome"] == "done"
            && subjects.contains(instance)
            && subjects.contains(VOLUME)
    };
    calls.as_array().expect("calls").iter().filter(is_one).count()
}

/// Plays all seeds, several at a time.
fn play_all(seeds: u64) -> Vec<Record> {
    let next = Mutex::new(0..seeds);
    let records = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(seed) = next.lock().unwrap().next() else { return };
                    let record = Play::new(seed).play();
                    records.lock().unwrap().push(record);
                }
            });
        }
    });
    let mut records = records.into_inner().unwrap();
    records.sort_by_key(|record| record.seed);
    records
}

#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
#[test]
fn killed_at_random_and_started_again_it_always_gets_the_machine_usable_with_no_more_reboots_than_promised() {
    let seeds = env::var(VARIABLE).map_or(SEEDS, |number| number.parse().expect("a number of seeds"));
    let records = play_all(seeds);
    println!("seed  deaths  instance             attached  rebooted  boots  usable");
    for record in &records {
        for (id, attached, rebooted, boots, usable) in &record.instances {
            let (seed, deaths) = (record.seed, record.deaths);
            println!("{seed:4}  {deaths:6}  {id:19}  {attached:8}  {rebooted:8}  {boots:5}  {usable}");
        }
    }
    let instances = || records.iter().flat_map(|record| &record.instances);
    let twice = instances().filter(|(_, _, rebooted, ..)| *rebooted > 1).count();
    let total = instances().count();
    println!(
        "{seeds} seeds, {total} instances, {} attachments, {} reboots, {twice} instances rebooted twice",
        instances().map(|it| it.1).sum::<usize>(),
        instances().map(|it| it.2).sum::<u64>(),
    );
    let broken: Vec<_> = records.iter().filter(|record| !record.broken.is_empty()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    // Most deaths come at another moment than that between the intent and the answer.
    assert!(twice * 2 < total.max(2), "{twice} of {total} rebooted twice");
}
