//! One machine that is taken away every four hours or so, kept in auto mode under the shipped policy, on the embedded EC2
//! in virtual time: how long it could not be used after each interruption, and how much of that spotkeeper answers for.
//!
//! Instance and volume are there from the moment at which the instance runs and nobody holds the volume. Of the time from
//! then until the guest is usable, EC2, the guest and the configuration answer for that which the attempt that worked
//! takes: from the attachment that took effect until the volume was attached, the reboot delay, and the shutdown and boot
//! of the reboot that the guest heard; or only the boot, where EC2 reset it because it had not heard. spotkeeper answers
//! for all the rest: also for what was tried in vain, and for a reboot that came too early to be heard.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use spotkeeper::app::Session;
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Environment, Mode};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::engine::Options;
use spotkeeper::model::age;
use spotkeeper::sim::{Call, SHIPPED_POLICY, Scenario, Sim, StoryLine};
use tempfile::TempDir;

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

/// What is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) hours: u32,
    /// What the configuration says is to pass between attachment and reboot.
    pub(crate) reboot_delay: Duration,
    /// More of the scenario, such as faults.
    pub(crate) more: &'static str,
}

/// When what happened to one instance, as the world and its calls tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Life {
    runs: Option<Timestamp>,
    /// When the volume was free, if it was not before.
    free: Option<Timestamp>,
    /// The last request to attach that took effect.
    attaching: Option<Timestamp>,
    attached: Option<Timestamp>,
    /// When the guest last heard that it is to reboot, or was reset because it had not heard.
    restarted: Option<Timestamp>,
    usable: Option<Timestamp>,
}

/// What one interruption cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// From the moment at which instance and volume were there until the guest was usable.
    pub(crate) down: Duration,
    /// Of that, what spotkeeper answers for.
    pub(crate) answered: Duration,
}

impl Life {
    /// What it cost; nothing where it did not come to be usable.
    pub(crate) fn cost(&self, reboot_delay: Duration) -> Option<Cost> {
        let ready = self.runs?.max(self.free.unwrap_or(Timestamp::MIN));
        let (attached, restarted, usable) = (self.attached?, self.restarted?, self.usable?);
        let down = age(usable, ready);
        let attach = age(attached, self.attaching?);
        let delay = age(restarted, attached).min(reboot_delay);
        let boot = age(usable, restarted);
        Some(Cost { down, answered: down.saturating_sub(attach + delay + boot) })
    }
}

/// Plays, and returns the life of every instance that came to run, by its id.
pub(crate) async fn play(plan: Plan) -> BTreeMap<String, Life> {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let clock = Clock::starting_at(begin, 1.0);
    let mut scenario = Scenario::parse(&format!("{WORLD}{}", plan.more)).expect("a scenario");
    scenario.policy = Some(SHIPPED_POLICY.to_owned());
    let sim = Sim::new(&scenario, plan.seed, clock.clone()).expect("a world");
    let folder = TempDir::new().expect("a temporary folder");
    let session = session(plan, &sim, &clock, &folder).await;
    let options = Options { mode: Mode::Auto, yes_to_all: false, mode_is_fixed: true };
    // The handle lives as long as the engine is to run.
    let (engine, _handle, _) = session.acting_engine(options).expect("an engine");
    let engine = tokio::spawn(engine.run());
    // The SDK's dice for the pauses between attempts belong to the thread.
    fastrand::seed(plan.seed);
    let (mut lives, mut told) = (Lives::default(), begin);
    for _ in 0..plan.hours {
        clock.sleep(Duration::from_hours(1)).await;
        let calls = sim.mutating_calls().into_iter().filter(|call| call.at > told).collect();
        lives.take_in(sim.story(), calls);
        told = clock.now().wall;
    }
    engine.abort();
    lives.all
}

async fn session(plan: Plan, sim: &Sim, clock: &Clock, folder: &TempDir) -> Session {
    let (hosts, state) = (folder.path().join("hosts"), folder.path().join("state"));
    std::fs::write(&hosts, "127.0.0.1 localhost\n").expect("a hosts file");
    let text = format!(
        "[hosts]\nfile = '{}'\n[state]\ndir = '{}'\n[[machine]]\nname = 'train'\nspot_request = 'sir-y1a23b4c'\n\
         hostnames = ['train.example.com']\nreboot_delay = '{}s'\n[[machine.volume]]\nid = '{VOLUME}'\ndevice = '/dev/sdp'\n",
        hosts.display(),
        state.display(),
        plan.reboot_delay.as_secs()
    );
    let config = config::parse("month.toml", &text, &Environment::default()).expect("no mistakes");
    let ec2 = Ec2::connect(Source::Embedded { http_client: sim.http_client(), clock: clock.clone() });
    Session::new(config, ec2.await.expect("a region"), clock.clone())
}

#[derive(Debug, Default)]
struct Lives {
    all: BTreeMap<String, Life>,
    freed: Option<Timestamp>,
}

impl Lives {
    /// Takes in what the world tells and what was asked of EC2, in the order in which it happened.
    fn take_in(&mut self, story: Vec<StoryLine>, calls: Vec<Call>) {
        let mut calls = calls.into_iter().peekable();
        for line in story {
            while let Some(call) = calls.next_if(|call| call.at <= line.at) {
                self.asked(&call);
            }
            self.tell(line.at, &line.text);
        }
        calls.for_each(|call| self.asked(&call));
    }

    fn tell(&mut self, at: Timestamp, text: &str) {
        let words: Vec<&str> = text.split(' ').collect();
        if words.contains(&VOLUME) && (text.ends_with("free again") || text.contains(" is detached from ")) {
            self.freed = Some(at);
        }
        let freed = self.freed;
        match words.as_slice() {
            [instance, "runs"] => {
                self.all.insert((*instance).to_owned(), Life { runs: Some(at), ..Life::default() });
            }
            [VOLUME, "is", "attached", "to", instance] => {
                if let Some(life) = self.unusable(instance) {
                    (life.attached, life.free) = (Some(at), freed);
                }
            }
            [instance, "reboots"] | ["EC2", "resets", instance, ..] => {
                if let Some(life) = self.unusable(instance) {
                    life.restarted = Some(at);
                }
            }
            [instance, "is", "up", "and", "usable,", ..] => {
                if let Some(life) = self.unusable(instance) {
                    life.usable = Some(at);
                }
            }
            _ => {}
        }
    }

    /// The life of an instance that has not come to be usable yet.
    fn unusable(&mut self, instance: &str) -> Option<&mut Life> {
        self.all.get_mut(instance).filter(|life| life.usable.is_none())
    }

    fn asked(&mut self, call: &Call) {
        if call.action != "AttachVolume" || !call.outcome.took_effect() {
            return;
        }
        let instance = call.subjects.iter().find(|subject| subject.starts_with("i-"));
        if let Some(life) = instance.and_then(|instance| self.unusable(instance)) {
            life.attaching = Some(call.at);
        }
    }
}
