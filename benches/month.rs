//! A month of one machine that is taken away every four hours or so, kept in auto mode, on the embedded EC2 in virtual
//! time: how long it could not be used after each interruption, and how much of that spotkeeper answers for.
//!
//! It answers for the time in which the instance ran and the volume was free, but it had not asked for the attachment
//! yet; and for the time from the end of the reboot delay until it asked for the reboot. What EC2 and the guest take,
//! and the delay that the configuration wants, is theirs. The same seed gives the same figures.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and cannot go on without its set-up"
)]

#[path = "support/percentiles.rs"]
mod percentiles;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use spotkeeper::app::Session;
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Environment, Mode};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::engine::Options;
use spotkeeper::sim::{Scenario, Sim};
use tempfile::TempDir;

use percentiles::report;

const HOURS: u64 = 30 * 24;

const SEED: u64 = 1;

/// What the configuration below waits between attachment and reboot: the default.
const REBOOT_DELAY: Duration = Duration::from_secs(10);

const VOLUME: &str = "vol-e123456f";

const WORLD: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"

[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]

[request.instance]
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp" }]

[[event]]
every = "4h"
interrupt = "sir-y1a23b4c"
"#;

const MACHINE: &str = r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["train.example.com"]
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

/// When what happened to one instance, as the world and its calls tell.
#[derive(Debug, Default)]
struct Life {
    runs: Option<Timestamp>,
    /// When the volume was free, if it was not before.
    free: Option<Timestamp>,
    attach_asked: Option<Timestamp>,
    attached: Option<Timestamp>,
    reboot_asked: Option<Timestamp>,
    usable: Option<Timestamp>,
}

/// What one interruption cost.
struct Cost {
    /// From the moment at which it could have been usable, but for its home.
    down: Duration,
    /// Of that, what spotkeeper answers for.
    answered: Duration,
}

impl Life {
    fn cost(&self) -> Option<Cost> {
        let ready = self.runs?.max(self.free.unwrap_or(Timestamp::MIN));
        let since = |from: Timestamp, until: Timestamp| Duration::try_from(until.duration_since(from)).ok();
        let attach = since(ready, self.attach_asked?).unwrap_or_default();
        let due = self.attached?.checked_add(REBOOT_DELAY).ok()?;
        let reboot = since(due, self.reboot_asked?).unwrap_or_default();
        Some(Cost { down: since(ready, self.usable?)?, answered: attach + reboot })
    }
}

fn main() {
    // Cargo's own arguments for benchmarks mean nothing here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let lives = runtime.expect("a runtime").block_on(month());
    let interruptions = lives.len();
    let costs: Vec<Cost> = lives.values().filter_map(Life::cost).collect();
    assert!(costs.len() > 100, "{} of {interruptions} interruptions healed", costs.len());
    println!("30 days, seed {SEED}: {interruptions} replacements, of which {} came to be usable", costs.len());
    report("unusable from the moment at which instance and volume were there", costs.iter().map(|c| c.down).collect());
    report("of that, what spotkeeper answers for", costs.iter().map(|c| c.answered).collect());
}

async fn month() -> BTreeMap<String, Life> {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let clock = Clock::starting_at(begin, 1.0);
    let sim = Sim::new(&Scenario::parse(WORLD).expect("a scenario"), SEED, clock.clone()).expect("a world");
    let folder = TempDir::new().expect("a temporary folder");
    let (hosts, state) = (folder.path().join("hosts"), folder.path().join("state"));
    std::fs::write(&hosts, "127.0.0.1 localhost\n").expect("a hosts file");
    let text = format!("[hosts]\nfile = '{}'\n[state]\ndir = '{}'\n{MACHINE}", hosts.display(), state.display());
    let config = config::parse("month.toml", &text, &Environment::default()).expect("no mistakes");
    let ec2 = Ec2::connect(Source::Embedded { http_client: sim.http_client(), clock: clock.clone() });
    let session = Session::new(config, ec2.await.expect("a region"), clock.clone());
    let options = Options { mode: Mode::Auto, yes_to_all: false, mode_is_fixed: true };
    // The handle lives as long as the engine is to run.
    let (engine, _handle, _) = session.acting_engine(options).expect("an engine");
    tokio::spawn(engine.run());
    // The SDK's dice for the pauses between attempts belong to the thread.
    fastrand::seed(SEED);
    let (mut lives, mut freed, mut told) = (BTreeMap::new(), None, begin);
    for _ in 0..HOURS {
        clock.sleep(Duration::from_hours(1)).await;
        for line in sim.story() {
            tell(&mut lives, &mut freed, line.at, &line.text);
        }
        for call in sim.mutating_calls().into_iter().filter(|call| call.at > told) {
            asked(&mut lives, call.at, &call.action, &call.subjects);
        }
        told = clock.now().wall;
    }
    lives
}

/// Takes in what the world tells.
fn tell(lives: &mut BTreeMap<String, Life>, freed: &mut Option<Timestamp>, at: Timestamp, text: &str) {
    if text.ends_with("free again") && text.contains(VOLUME) {
        *freed = Some(at);
    }
    let mut words = text.split(' ');
    let subject = words.next().unwrap_or_default().to_owned();
    match words.collect::<Vec<_>>().as_slice() {
        ["runs"] => {
            lives.insert(subject, Life { runs: Some(at), free: *freed, ..Life::default() });
        }
        ["is", "attached", "to", instance] => {
            if let Some(life) = lives.get_mut(*instance) {
                life.attached.get_or_insert(at);
                life.free = *freed;
            }
        }
        ["is", "up", "and", "usable,", ..] => {
            if let Some(life) = lives.get_mut(&subject) {
                life.usable.get_or_insert(at);
            }
        }
        _ => {}
    }
}

/// Takes in what was asked of EC2.
fn asked(lives: &mut BTreeMap<String, Life>, at: Timestamp, action: &str, subjects: &[String]) {
    let instance = subjects.iter().find(|subject| subject.starts_with("i-"));
    let Some(life) = instance.and_then(|instance| lives.get_mut(instance)) else { return };
    match action {
        "AttachVolume" => life.attach_asked = life.attach_asked.or(Some(at)),
        "RebootInstances" => life.reboot_asked = life.reboot_asked.or(Some(at)),
        _ => {}
    }
}
