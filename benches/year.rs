//! A year of one machine in auto mode under a steady rain of faults, on the embedded EC2 in virtual time: whether anything that
//! is promised breaks, what it leaves in memory and on the disk, and how often the reason that is shown is not the truth.
//!
//! After every look the finding is held against the world as it truly is. Where it does not fit now, but did within the last
//! two minutes, it is stale: EC2's views lag, and looks fail. Else it is wrong.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and cannot go on without its set-up"
)]

#[path = "support/one_core.rs"]
mod one_core;
#[path = "support/truth.rs"]
mod truth;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use spotkeeper::app::Session;
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Environment, Mode};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::engine::{Handle, Options};
use spotkeeper::plan::Gate;
use spotkeeper::protocol::{Command, MachineView};
use spotkeeper::sim::{Outcome, SHIPPED_POLICY, Scenario, Sim};
use tempfile::TempDir;

use truth::Truth;

const DAYS: u64 = 365;

const SEED: u64 = 1;

const DAY: Duration = Duration::from_hours(24);

/// For how long what was true may be shown.
const STALE: Duration = Duration::from_mins(2);

/// After how long the operator says yes to what is asked.
const OPERATOR: Duration = Duration::from_mins(10);

const VOLUME: &str = "vol-e123456f";

const REQUEST: &str = "sir-y1a23b4c";

const WORLD: &str = r#"
[knobs]
attach_sticks = 0.03

[lag]
requests = "2s"
instances = "1s"
volumes = "3s"

[trouble]
every = "90m"

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
every = "5h"
interrupt = "sir-y1a23b4c"

[[event]]
every = "23h"
interrupt = "sir-y1a23b4c"
early = true
"#;

const MACHINE: &str = r#"
[policy]
detach = "auto"
[poll]
steady = "1m"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["train.example.com"]
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

/// How many of the findings were true, by their words.
#[derive(Debug, Default, Clone, Copy)]
struct Share {
    passes: u64,
    stale: u64,
    wrong: u64,
}

/// What is seen of the year.
struct Year {
    sim: Sim,
    clock: Clock,
    shares: BTreeMap<String, Share>,
    /// The world of the last minutes, as far as it matters to findings.
    past: VecDeque<(Duration, Truth)>,
    asked_since: Option<Duration>,
    yes: usize,
    broken: Vec<String>,
}

impl Year {
    /// Holds one look against the world.
    fn judge(&mut self, view: &MachineView) {
        let now = self.clock.now().monotonic;
        let truth = self.sim.with_world(|world| Truth::of(world, REQUEST, VOLUME));
        if truth.holders > 1 {
            self.broken.push(format!("at {now:?} the volume is attached {} times", truth.holders));
        }
        let finding = &view.plan.finding;
        let fits = |truth: &Truth| truth.fits(finding.state, finding.brief);
        let share = self.shares.entry(format!("{} {}", finding.state, finding.brief)).or_default();
        share.passes += 1;
        if !fits(&truth) {
            let was = self.past.iter().any(|(_, past)| fits(past));
            share.stale += u64::from(was);
            share.wrong += u64::from(!was);
        }
        self.past.push_back((now, truth));
        while self.past.front().is_some_and(|(at, _)| now.saturating_sub(*at) > STALE) {
            self.past.pop_front();
        }
    }

    /// Says yes to what has been asked for long enough.
    async fn answer(&mut self, handle: &Handle) {
        let snapshot = handle.snapshots.borrow().clone();
        let steps = snapshot.machines.iter().flat_map(|machine| machine.steps().collect::<Vec<_>>());
        let asked = steps.into_iter().find(|step| matches!(step.step.gate, Gate::Ask(_)));
        let now = self.clock.now().monotonic;
        let Some(step) = asked else {
            self.asked_since = None;
            return;
        };
        if now.saturating_sub(*self.asked_since.get_or_insert(now)) >= OPERATOR {
            self.asked_since = None;
            self.yes += 1;
            let approve = Command::Approve { revision: snapshot.revision, step: step.number };
            handle.commands.send(approve).await.expect("the engine runs");
        }
    }

    /// Holds the calls of a day against what is promised.
    fn day(&mut self, since: Timestamp) {
        let calls = self.sim.mutating_calls().into_iter().filter(|call| call.at > since);
        let mut reboots: BTreeMap<String, usize> = BTreeMap::new();
        for call in calls {
            match call.action.as_str() {
                "RebootInstances" if !matches!(call.outcome, Outcome::Refused(_)) => {
                    *reboots.entry(call.subjects.concat()).or_default() += 1;
                }
                "RebootInstances" | "AttachVolume" | "DetachVolume" | "CreateTags" | "ModifyInstanceAttribute" => {}
                other => self.broken.push(format!("{other} was called")),
            }
        }
        let often = reboots.into_iter().filter(|(_, times)| *times > 2 + self.yes);
        self.broken.extend(often.map(|(instance, times)| format!("{instance} was rebooted {times} times")));
    }
}

fn main() {
    one_core::stay();
    // Cargo's own arguments for benchmarks mean nothing here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(year());
}

async fn year() {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let clock = Clock::starting_at(begin, 1.0);
    let mut scenario = Scenario::parse(WORLD).expect("a scenario");
    scenario.policy = Some(SHIPPED_POLICY.to_owned());
    let sim = Sim::new(&scenario, SEED, clock.clone()).expect("a world");
    let folder = TempDir::new().expect("a temporary folder");
    let (hosts, state) = (folder.path().join("hosts"), folder.path().join("state"));
    fs::write(&hosts, "127.0.0.1 localhost\n").expect("a hosts file");
    let text = format!("[hosts]\nfile = '{}'\n[state]\ndir = '{}'\n{MACHINE}", hosts.display(), state.display());
    let config = config::parse("year.toml", &text, &Environment::default()).expect("no mistakes");
    let ec2 = Ec2::connect(Source::Embedded { http_client: sim.http_client(), clock: clock.clone() });
    let session = Session::new(config, ec2.await.expect("a region"), clock.clone());
    let options = Options { mode: Mode::Auto, yes_to_all: false, mode_is_fixed: true };
    let (engine, mut handle, _) = session.acting_engine(options).expect("an engine");
    tokio::spawn(engine.run());
    fastrand::seed(SEED);
    let mut year = Year {
        sim,
        clock: clock.clone(),
        shares: BTreeMap::new(),
        past: VecDeque::new(),
        asked_since: None,
        yes: 0,
        broken: Vec::new(),
    };
    let (mut looks, mut next, mut told) = (0, DAY, begin);
    let mut sizes = Vec::new();
    while clock.now().monotonic < DAY * u32::try_from(DAYS).expect("days fit") {
        handle.snapshots.changed().await.expect("the engine runs");
        let snapshot = handle.snapshots.borrow_and_update().clone();
        if snapshot.looks > looks {
            looks = snapshot.looks;
            snapshot.machines.iter().for_each(|view| year.judge(view));
            year.answer(&handle).await;
        }
        if clock.now().monotonic >= next {
            next += DAY;
            year.day(told);
            told = clock.now().wall;
            sizes.push((resident(), on_disk(&state)));
        }
    }
    report(&year, looks, &sizes);
    assert!(year.broken.is_empty(), "{:#?}", year.broken);
}

fn report(year: &Year, looks: u64, sizes: &[(u64, u64)]) {
    let all = year.shares.values().fold(Share::default(), |sum, share| Share {
        passes: sum.passes + share.passes,
        stale: sum.stale + share.stale,
        wrong: sum.wrong + share.wrong,
    });
    println!("{DAYS} days, seed {SEED}: {looks} complete looks, {} questions answered by the operator", year.yes);
    println!("reason shown: stale in {} of {} looks, wrong in {}", all.stale, all.passes, all.wrong);
    for (words, Share { passes, stale, wrong }) in &year.shares {
        println!("  {words}: {passes} looks, {stale} stale, {wrong} wrong");
    }
    // What the simulator keeps of every guest and call is in it.
    let memory = |(resident, _): &(u64, u64)| resident / 1024;
    let at = |share: usize| sizes.get((sizes.len() - 1) * share / 100).map(memory).unwrap_or_default();
    println!(
        "resident memory with the simulator: {} MiB after a day, {} after half a year, {} at the end",
        at(0),
        at(50),
        at(100)
    );
    let most = sizes.iter().map(|(_, disk)| disk).max().copied().unwrap_or_default();
    println!("state folder: at most {} KiB", most / 1024);
    let guests = year.sim.with_world(|world| world.guests().len());
    let usable = year.sim.with_world(|world| {
        world
            .guests()
            .values()
            .flat_map(|guest| &guest.usable)
            .filter_map(|span| Some((span.from, span.until?)))
            .fold(Duration::ZERO, |sum, (from, until)| {
                sum + Duration::try_from(until.duration_since(from)).unwrap_or_default()
            })
    });
    println!("{guests} instances; usable for {:.3} of the year", usable.as_secs_f64() / (DAY.as_secs_f64() * 365.0));
    println!("broken promises: {}", year.broken.len());
}

/// The resident memory of this process in KiB, as Linux tells.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The size of all files in a folder, in bytes.
fn on_disk(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => on_disk(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
