//! The engine on the embedded EC2, in virtual time: a stage on which scenarios are played.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use spotkeeper::app::{Session, owners};
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Config, Environment, Mode};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::engine::{Handle, Options};
use spotkeeper::journal::{self, OpenError};
use spotkeeper::model::age;
use spotkeeper::plan::{Entry, Gate, State};
use spotkeeper::protocol::{Command, Event, MachineView, NumberedStep, Snapshot};
use spotkeeper::sim::{SHIPPED_POLICY, Scenario, Sim};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::is_claim;

/// When every stage begins.
const BEGIN: &str = "2026-11-23T12:00:00Z";

/// What every scenario's EC2 does unless it says otherwise: nothing by chance.
pub(crate) const STEADY: &str = r#"
[timing]
latency = "100ms"
reevaluation = "5s"
evaluation = "1s"
fulfillment = "3s"
capacity_return = "20s"
reopen = "15s"
start = "8s"
notice = "2m"
shutdown = "20s"
stop = "20s"
attach = "2.5s"
detach = "4s"
device_hold = "8.5s"
guest_boot = "35s"
guest_shutdown = "10s"
guest_deaf = "5s"
"#;

/// An embedded EC2, and the files of one computer.
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) clock: Clock,
    _folder: TempDir,
    config: Config,
}

/// An engine that runs on a stage, until it is stopped or killed.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    task: JoinHandle<()>,
}

impl Stage {
    /// A stage with this scenario (the steady timing is added) and these `[[machine]]` tables,
    /// which may come after others of the configuration.
    pub(crate) fn new(scenario: &str, machines: &str) -> Self {
        // What is being made at the beginning takes so long that it is waited for.
        let timing = format!("{STEADY}create_volume = '5m'\n");
        let timing = if scenario.contains("[timing]") { "" } else { &timing };
        let clock = Clock::starting_at(BEGIN.parse().unwrap(), 1.0);
        let mut scenario = Scenario::parse(&format!("{scenario}\n{timing}")).unwrap();
        scenario.policy.get_or_insert_with(|| SHIPPED_POLICY.to_owned());
        let sim = Sim::new(&scenario, scenario.seed, clock.clone()).unwrap();
        Self::over(sim, clock, machines)
    }

    /// Another computer, which keeps these machines of the same world.
    pub(crate) fn beside(&self, machines: &str) -> Self {
        Self::over(self.sim.clone(), self.clock.clone(), machines)
    }

    fn over(sim: Sim, clock: Clock, machines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("hosts"), "127.0.0.1 localhost\n").unwrap();
        let config = configure(folder.path(), machines);
        Self { sim, clock, _folder: folder, config }
    }

    pub(crate) fn hosts_file(&self) -> PathBuf {
        self.config.hosts.file.clone()
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.config.state_dir.clone()
    }

    /// The lines between the marks of the hosts file, without their comments.
    pub(crate) fn names(&self) -> Vec<String> {
        let hosts = fs::read_to_string(self.hosts_file()).unwrap();
        let managed = hosts.lines().skip_while(|line| !line.starts_with("# BEGIN spotkeeper")).skip(1);
        let entries = managed.take_while(|line| !line.starts_with("# END spotkeeper"));
        entries.map(|line| line.split(" #").next().unwrap().to_owned()).collect()
    }

    pub(crate) async fn session(&self) -> Session {
        self.session_over(self.sim.http_client()).await
    }

    /// A session whose requests take this way to the embedded EC2.
    pub(crate) async fn session_over(&self, http_client: SharedHttpClient) -> Session {
        let source = Source::Embedded { http_client, clock: self.clock.clone() };
        Session::new(self.config.clone(), Ec2::connect(source).await.unwrap(), self.clock.clone())
    }

    /// Starts an engine in this mode.
    pub(crate) async fn start(&self, mode: Mode) -> Running {
        self.try_start(Options { mode, yes_to_all: false, mode_is_fixed: false }).await.unwrap()
    }

    /// Starts an engine that only watches: without a lock, and without a journal of its own.
    pub(crate) async fn watch(&self) -> Running {
        let (engine, handle, _) = self.session().await.watching_engine().unwrap();
        Running { handle, task: tokio::spawn(engine.run()) }
    }

    pub(crate) async fn try_start(&self, options: Options) -> Result<Running, OpenError> {
        let (engine, handle, _) = self.session().await.acting_engine(options)?;
        Ok(Running { handle, task: tokio::spawn(engine.run()) })
    }

    /// Lets this much time pass.
    pub(crate) async fn pass(&self, time: &str) {
        let time: jiff::SignedDuration = time.parse().unwrap();
        self.clock.sleep(Duration::try_from(time).unwrap()).await;
    }

    /// Waits until something holds, in small steps of virtual time; fails after two virtual hours.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let deadline = self.clock.now().monotonic + Duration::from_hours(2);
        while !holds() {
            assert!(self.clock.now().monotonic < deadline, "waited in vain for {what}");
            self.clock.sleep(Duration::from_millis(10)).await;
        }
    }

    /// The calls that were to change something, each as `AttachVolume vol-… i-… /dev/sdp`; what other computers are told by
    /// tags is left out.
    pub(crate) fn changes(&self) -> Vec<String> {
        let calls = self.sim.mutating_calls().into_iter().filter(|call| !is_claim(&call.action));
        calls.map(|call| call.to_string()).collect()
    }

    /// How often an action was called.
    pub(crate) fn count(&self, action: &str) -> usize {
        self.sim.calls().iter().filter(|call| call.action == action).count()
    }

    /// What stands in the journal.
    pub(crate) fn journal(&self) -> Vec<Entry> {
        journal::read(&self.config.state_dir, &owners(&self.config), true).unwrap().entries
    }

    /// The names of the facts in the journal, such as `attach-intended`.
    pub(crate) fn facts(&self) -> Vec<String> {
        let fact = |entry: &Entry| serde_json::to_value(entry).unwrap()["fact"].as_str().unwrap().to_owned();
        self.journal().iter().map(fact).collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// How long ago a moment was.
    pub(crate) fn since(&self, then: Timestamp) -> Duration {
        age(self.now(), then)
    }
}

/// A configuration of these machines, with every file in one folder.
fn configure(folder: &Path, machines: &str) -> Config {
    let (hosts, state) = (folder.join("hosts"), folder.join("state"));
    let text = format!("[hosts]\nfile = {hosts:?}\n[state]\ndir = {state:?}\n{machines}");
    let environment = Environment { home: Some(folder.to_owned()), ..Environment::default() };
    config::parse("test.toml", &text, &environment).unwrap_or_else(|error| panic!("{error}"))
}

impl Running {
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.handle.snapshots.borrow())
    }

    /// How a machine stands by the latest plan.
    pub(crate) fn view(&self, machine: &str) -> MachineView {
        let snapshot = self.snapshot();
        let found = snapshot.machines.iter().find(|view| view.plan.machine.as_str() == machine);
        found.cloned().unwrap_or_else(|| panic!("no plan for {machine} yet: {:?}", snapshot.look_failure))
    }

    pub(crate) fn state(&self, machine: &str) -> State {
        self.view(machine).plan.finding.state
    }

    pub(crate) fn reason(&self, machine: &str) -> String {
        self.view(machine).plan.finding.reason
    }

    pub(crate) async fn tell(&self, command: Command) {
        self.handle.commands.send(command).await.unwrap();
    }

    /// The events since this was last asked.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.handle.events.try_recv().ok()).collect()
    }

    /// Waits until a machine stands so; fails after two virtual hours.
    pub(crate) async fn until_state(&mut self, machine: &str, state: State) {
        let stands = |snapshot: &Arc<Snapshot>| {
            snapshot.machines.iter().any(|v| v.plan.machine.as_str() == machine && v.plan.finding.state == state)
        };
        let waited =
            tokio::time::timeout(Duration::from_hours(2), self.handle.snapshots.wait_for(stands)).await.is_ok();
        assert!(waited, "waited in vain for {machine} to be {state}; it is {}", self.reason(machine));
    }

    /// Whether a machine (the first, as most scenarios have one) stands so by the latest plan.
    pub(crate) fn stands(&self, state: State) -> bool {
        self.snapshot().machines.first().is_some_and(|view| view.plan.finding.state == state)
    }

    /// The first step of a machine that waits for a yes.
    pub(crate) fn asked(&self, machine: &str) -> Option<NumberedStep> {
        let view = self.view(machine);
        view.steps().find(|numbered| matches!(numbered.step.gate, Gate::Ask(_)))
    }

    /// Says yes to the step of a machine that waits for it.
    pub(crate) async fn approve(&self, machine: &str) {
        let step = self.asked(machine).unwrap_or_else(|| panic!("nothing is asked for {machine}")).number;
        self.tell(Command::Approve { revision: self.snapshot().revision, step }).await;
    }

    /// Ends the engine as `kill -9` would, between two polls.
    pub(crate) async fn kill(mut self) {
        self.abort().await;
    }

    /// As [`Running::kill`], for those who cannot give it away.
    pub(crate) async fn abort(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        // A write that is on its way to the disk ends, and holds the clock until then.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// Gives the handle away, and waits until the engine has left.
    pub(crate) async fn abandon(self) {
        drop(self.handle);
        self.task.await.unwrap();
    }

    /// Asks the engine to leave, and waits until it has.
    pub(crate) async fn stop(self) {
        let _ = self.handle.commands.send(Command::Stop).await;
        self.task.await.unwrap();
    }
}

/// The world of `train`, whose instance runs and waits for its home: what is done happens within some seconds.
pub(crate) const RUNNING: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0000000a"
age = "1m"
"#;

/// One machine as most scenarios have it: `train`, with its home as `/dev/sdp`.
pub(crate) const TRAIN: &str = r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.amazonaws.com"]
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

mod account;
mod changes;
mod commands;
mod crash;
mod demands;
mod keeps;
mod knobs;
mod matrix;
mod pauses;
mod permissions;
mod publishes;
mod pulse;
mod random;
mod scripts;
mod story;
mod table;
mod takes;
mod two;
mod wakes;
