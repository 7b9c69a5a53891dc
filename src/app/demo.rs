//! The demonstration: the whole program on the embedded EC2.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Session;
use super::logging::AT;
use crate::clock::Clock;
use crate::config::{self, Config, NameFile, Notify};
use crate::doctor::READING_POLICY;
use crate::ec2::{Ec2, Source};
use crate::model::{HostName, MachineName};
use crate::sim::{RequestSpec, SHIPPED_POLICY, Scenario, Sim};

/// The world of the demonstration.
const WORLD: &str = include_str!("../../assets/demo.toml");

/// Its machines, as a user would configure them.
const CONFIG: &str = include_str!("../../assets/demo-config.toml");

/// How often the story is asked for news, by its clock.
const NEWS: Duration = Duration::from_millis(500);

/// The demonstration, prepared: its files are in a temporary folder that goes with it.
#[derive(Debug)]
pub struct Demo {
    config: Config,
    clock: Clock,
    scenario: Scenario,
    _folder: TempDir,
}

/// A world that goes on by itself, and tells what happens in it.
#[derive(Debug)]
pub struct Story {
    sim: Sim,
    clock: Clock,
}

impl Demo {
    /// Prepares files and clock. `speed` says how many times faster than life it runs. Another scenario than the
    /// demonstration's own brings its machines along: the requests that want home volumes.
    ///
    /// # Errors
    ///
    /// When the temporary folder cannot be made, or the scenario has no machine, in plain words.
    pub fn new(speed: f64, scenario: Option<Scenario>) -> Result<Self, String> {
        let machines = scenario.as_ref().map_or_else(|| Ok(CONFIG.to_owned()), machines)?;
        let mut scenario = scenario.map_or_else(|| Scenario::parse(WORLD).map_err(|error| error.to_string()), Ok)?;
        // The program gets no more rights than it asks for.
        scenario.policy.get_or_insert_with(policy);
        let folder = tempfile::Builder::new()
            .prefix("spotkeeper-demo-")
            .tempdir()
            .map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let environment =
            config::Environment { home: Some(folder.path().to_owned()), ..config::Environment::default() };
        let mut config =
            config::parse("demo-config.toml", &machines, &environment).map_err(|mistakes| mistakes.to_string())?;
        let hosts = folder.path().join("hosts");
        std::fs::write(&hosts, "127.0.0.1 localhost\n")
            .map_err(|error| format!("cannot write {}: {error}", hosts.display()))?;
        config.hosts = NameFile { enabled: true, file: hosts };
        config.state_dir = folder.path().join("state");
        // Interruptions for ever, many times faster than life: nobody wants to be called for each.
        config.notify = Notify { bell: false, desktop: false };
        let begin = scenario.begin.unwrap_or_else(Timestamp::now);
        Ok(Self { config, clock: Clock::starting_at(begin, speed), scenario, _folder: folder })
    }

    /// The configuration of its machines.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The clock of world and engine.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Builds the world and connects to it.
    ///
    /// # Errors
    ///
    /// When the world's description is wrong, in plain words.
    pub async fn connect(&self) -> Result<(Session, Story), String> {
        let clock = self.clock.clone();
        let sim = Sim::new(&self.scenario, self.scenario.seed, clock.clone()).map_err(|error| error.to_string())?;
        let source = Source::Embedded { http_client: sim.http_client(), clock: clock.clone() };
        let ec2 = Ec2::connect(source).await.map_err(|error| error.to_string())?;
        Ok((Session::new(self.config.clone(), ec2, clock.clone()), Story::new(sim, clock)))
    }
}

/// What the shipped policies allow: keeping machines, and examining them.
fn policy() -> String {
    let policies = [SHIPPED_POLICY, READING_POLICY].map(serde_json::from_str::<Value>);
    let statements = policies.into_iter().flatten().filter_map(|policy| policy.get("Statement")?.as_array().cloned());
    json!({ "Version": "2012-10-17", "Statement": statements.flatten().collect::<Vec<_>>() }).to_string()
}

/// The configuration of a scenario's machines: of every spot request that wants home volumes. It is called by its
/// `Name` tag where that can be a machine's and a host's name.
///
/// # Errors
///
/// When there is none.
fn machines(scenario: &Scenario) -> Result<String, String> {
    let mut names = BTreeSet::new();
    let kept = scenario.requests.iter().filter(|request| !request.homes.is_empty());
    let tables: Vec<String> = kept.map(|request| machine(request, &mut names)).collect();
    if tables.is_empty() {
        return Err("the scenario has no spot request with `homes`: there is no machine to keep".to_owned());
    }
    Ok(tables.concat())
}

/// The table of one machine, whose name is none of these yet.
fn machine(request: &RequestSpec, names: &mut BTreeSet<String>) -> String {
    let is_name = |name: &&String| name.parse::<MachineName>().is_ok() && name.parse::<HostName>().is_ok();
    let tag = request.tags.get("Name").filter(is_name).filter(|name| !names.contains(*name));
    let name = tag.cloned().unwrap_or_else(|| format!("machine{}", names.len() + 1));
    names.insert(name.clone());
    let head = format!(
        "[[machine]]\nname = \"{name}\"\nspot_request = \"{}\"\nhostnames = [\"{name}.spot.example\"]\n",
        request.id
    );
    let volumes = request
        .homes
        .iter()
        .zip('p'..='z')
        .map(|(volume, letter)| format!("[[machine.volume]]\nid = \"{volume}\"\ndevice = \"/dev/sd{letter}\"\n"));
    std::iter::once(head).chain(volumes).collect()
}

impl Story {
    /// The story of this world, asked for news by this clock.
    #[must_use]
    pub fn new(sim: Sim, clock: Clock) -> Self {
        Self { sim, clock }
    }

    /// Logs what happens in the world, which the program itself has to find out by looking, with the time at which it
    /// happened. Does not return.
    pub async fn tell(&self) {
        loop {
            self.tell_news();
            self.clock.sleep(NEWS).await;
        }
    }

    /// Logs what has happened since it was told last.
    pub fn tell_news(&self) {
        for line in self.sim.story() {
            tracing::info!(machine = "(EC2)", { AT } = line.at.to_string(), "{}", line.text);
        }
    }
}
