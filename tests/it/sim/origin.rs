//! The script that spotkeeper replaces and spotkeeper itself, on the same world and seed: how long was the machine down?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use spotkeeper::config::Mode;
use spotkeeper::model::InstanceId;
use spotkeeper::sim::World;

use super::place;
use crate::stage::{Stage, TRAIN};
use crate::support::binary::Place;
use crate::support::python::python;
use crate::support::simulator::Simulator;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/origin.sh");
const SCENARIO: &str = include_str!("../../origin.toml");
const FIRST: &str = "i-0ab12cd34ef56ab78";

/// How often cron runs the script: as often as it can.
const CRON: SignedDuration = SignedDuration::from_mins(1);

/// How long one machine was without a usable guest.
#[derive(Debug)]
struct Down {
    /// From the end of the interrupted guest to the next that was usable.
    whole: SignedDuration,
    /// The part of it in which the next instance ran already.
    running: SignedDuration,
}

impl Down {
    /// Reads the record of the guests, if the second one is usable.
    fn of(guests: &Value) -> Option<Self> {
        let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
        let guests = guests.as_object().expect("guests by their instances");
        let lost = time(&guests[FIRST]["usable"][0]["until"])?;
        let (_, next) = guests.iter().find(|(instance, _)| instance.as_str() != FIRST)?;
        let (ran, usable) = (time(&next["boots"][0]["at"])?, time(&next["usable"][0]["from"])?);
        Some(Self { whole: usable.duration_since(lost), running: usable.duration_since(ran) })
    }
}

/// A folder of commands for the script: aws-cli of the virtual environment, and a sleep by the simulator's clock.
fn commands(place: &Place, simulator: &Simulator) -> String {
    let python = python();
    let python = python.display();
    let folder = Path::new(&place.write("commands", "")).with_file_name("bin");
    fs::create_dir(&folder).unwrap();
    let address = simulator.url();
    let advance = format!(
        "import urllib.request as r; r.urlopen(r.Request('{address}/_spotkeeper/advance?by=$1s', method='POST')).read()"
    );
    for (name, body) in
        [("aws", format!("exec '{python}' -m awscli \"$@\"")), ("sleep", format!("exec '{python}' -c \"{advance}\""))]
    {
        let file = folder.join(name);
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

/// Lets cron run the script until the machine has come home. Returns how long it was down, and what the script said.
///
/// The scenario's seed is one that is kind to the script: where attaching takes longer than the ten seconds for which the
/// script waits, it reboots too soon, and never again.
fn under_the_script() -> (Down, String) {
    assert!(
        Command::new("jq").arg("--version").output().is_ok_and(|jq| jq.status.success()),
        "the script that spotkeeper replaces needs jq: install jq (Debian, Ubuntu, Fedora, Alpine, Arch, Homebrew)"
    );
    let place = place();
    let scenario = place.write("origin.toml", SCENARIO);
    let simulator = Simulator::start(&place, &["--speed", "0", "--scenario", &scenario]);
    let path = commands(&place, &simulator);
    let now = |world: &Value| world["now"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let begin = now(&simulator.control("GET", "world"));
    let mut said = String::new();
    for minute in 1..60 {
        let world = simulator.control("GET", "world");
        if let Some(down) = Down::of(&world["guests"]) {
            assert!(place.hosts().lines().any(|line| line.ends_with(" my-spot.amazonaws.com")), "{}", place.hosts());
            return (down, said);
        }
        let left = (begin + CRON * minute).duration_since(now(&world));
        simulator.control("POST", &format!("advance?by={}ms", left.as_millis().max(0)));
        let run = place
            .command(Path::new("bash"))
            .arg(SCRIPT)
            .env("PATH", &path)
            .env("HOSTS", place.hosts_file())
            .env("AWS_ENDPOINT_URL", simulator.url())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("no_proxy", "127.0.0.1")
            .output()
            .expect("bash starts");
        said += &String::from_utf8_lossy(&run.stdout);
        said += &String::from_utf8_lossy(&run.stderr);
    }
    panic!("the machine never came home:\n{said}");
}

/// Lets spotkeeper keep the machine, as `run --no-tui --auto` does, until it has come home.
async fn under_spotkeeper() -> Down {
    let stage = Stage::new(SCENARIO, TRAIN);
    let engine = stage.start(Mode::Auto).await;
    let next = |world: &World| {
        let first: InstanceId = FIRST.parse().unwrap();
        world.guests().iter().any(|(id, guest)| *id != first && guest.is_usable())
    };
    stage.until("the next guest to be usable", || stage.sim.with_world(|world| next(world))).await;
    engine.stop().await;
    let guests = stage.sim.with_world(|world| serde_json::to_value(world.guests()).unwrap());
    Down::of(&guests).expect("the next guest is usable")
}

#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
#[tokio::test(start_paused = true)]
async fn the_script_brings_the_machine_home_and_spotkeeper_brings_it_home_sooner() {
    let (script, said) = under_the_script();
    let spotkeeper = under_spotkeeper().await;
    for (who, down) in [("the script, by cron each minute", &script), ("spotkeeper run --auto", &spotkeeper)] {
        println!("{who}: down for {:#}, of which the new instance ran {:#}", down.whole, down.running);
    }
    for line in ["Request fulfilled by instance: i-", "Got attaching.", "Rebooting instance"] {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
    assert!(!said.contains("error"), "{said}");
    assert!(spotkeeper.running < script.running, "{spotkeeper:?}, {script:?}");
}
