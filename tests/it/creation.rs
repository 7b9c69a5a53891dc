//! Machines made from nothing, undone and retired, on the embedded EC2 in virtual time.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use spotkeeper::app::Session;
use spotkeeper::app::create::{End, Left, Progress, Site, Work};
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Config, Environment};
use spotkeeper::create::{CREATE_TAG, Fstab, Home, Line, Login, Memory, Phase, Recipe, Retirement, Run};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::journal;
use spotkeeper::model::{InstanceState, RequestState, VolumeId};
use spotkeeper::sim::{Scenario, Sim};
use tempfile::TempDir;

use crate::stage::STEADY;

mod commands;
mod ends;
mod killed;
mod life;
mod permissions;
mod refused;

/// The zone that everything is in.
const ZONE: &str = "us-east-1b";

/// What stands in the configuration before anything is made.
const SETTINGS: &str = "# Mine, and to be kept.\n[poll]\nsteady = \"1m\" # seldom\n";

/// An embedded EC2, and the files of one computer.
struct Yard {
    sim: Sim,
    clock: Clock,
    folder: TempDir,
}

/// Every delay of a builder short and none by chance, so that a creation takes some virtual minutes.
const BUILDERS: &str = "prepare_step = \"1s\"\nprepare_copy = \"10s\"\nprepare_verify = \"3s\"\n";

/// The policy that users are told to give whoever makes machines: every story plays under it.
const CREATE_POLICY: &str = include_str!("../../assets/iam-policy-create.json");

impl Yard {
    /// A yard with this scenario, under the shipped policy unless it brings its own.
    fn new(scenario: &str) -> Self {
        let clock = Clock::starting_at("2026-11-23T12:00:00Z".parse().unwrap(), 1.0);
        let mut scenario = Scenario::parse(&format!("{scenario}\n{STEADY}{BUILDERS}")).unwrap();
        scenario.policy.get_or_insert_with(|| CREATE_POLICY.to_owned());
        let sim = Sim::new(&scenario, scenario.seed, clock.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let yard = Self { sim, clock, folder };
        fs::write(yard.hosts_file(), "127.0.0.1 localhost\n").unwrap();
        fs::write(yard.config_file(), yard.settings()).unwrap();
        yard
    }

    /// Lets the caller do everything. What is gone has no tags: where views lag so long that its removal is asked for
    /// once more, a policy with conditions of tags denies that, and the command says so instead of going on.
    fn lift_policy(&self) {
        self.sim.restrict_to(None);
    }

    fn settings(&self) -> String {
        let state = self.folder.path().join("state");
        format!("{SETTINGS}[hosts]\nfile = {:?}\n[state]\ndir = {state:?}\n", self.hosts_file())
    }

    fn hosts_file(&self) -> PathBuf {
        self.folder.path().join("hosts")
    }

    fn config_file(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn config_text(&self) -> String {
        fs::read_to_string(self.config_file()).unwrap()
    }

    fn environment(&self) -> Environment {
        Environment { home: Some(self.folder.path().to_owned()), ..Environment::default() }
    }

    fn config(&self) -> Config {
        config::load_settings(&self.config_file(), &self.environment()).unwrap()
    }

    async fn ec2(&self) -> Ec2 {
        let source = Source::Embedded { http_client: self.sim.http_client(), clock: self.clock.clone() };
        Ec2::connect(source).await.unwrap()
    }

    async fn site(&self) -> Site {
        Site {
            ec2: self.ec2().await,
            clock: self.clock.clone(),
            config_file: self.config_file(),
            environment: self.environment(),
        }
    }

    async fn open(&self) -> Work {
        Work::open(self.site().await, &self.config(), &"train".parse().unwrap()).unwrap()
    }

    /// The recipe of `train`, with the things of the account.
    async fn recipe(&self) -> Recipe {
        let ec2 = self.ec2().await;
        let subnet = ec2.subnets_in(&ZONE.into()).await.unwrap().into_values().next().unwrap();
        let images = ec2.images_named("099720109477", "ubuntu/*noble*amd64*").await.unwrap();
        let image = images.into_values().next().unwrap();
        Recipe {
            run: Run::new(0x3f1c_9a2b_7d5e_4f60),
            name: "train".parse().unwrap(),
            instance_type: "m5.large".into(),
            zone: ZONE.into(),
            subnet: subnet.id,
            root_device: image.root_device,
            image: image.id,
            root_gib: 10,
            system: None,
            left_out: Vec::new(),
            home: Home::New { size_gib: 20, encrypted: true },
            device: "/dev/sdp".parse().unwrap(),
            fstab: Fstab::Nofail,
            login: Login::default(),
            hostnames: vec!["my-spot.amazonaws.com".parse().unwrap()],
            max_price: None,
            valid_until: None,
            pause: false,
        }
    }

    /// Begins a creation, and returns what it works with.
    async fn begun(&self, recipe: Recipe) -> Work {
        let mut work = self.open().await;
        work.begin(recipe).unwrap();
        work
    }

    /// Makes `train` from nothing.
    async fn made(&self) -> Memory {
        let mut work = self.begun(self.recipe().await).await;
        done(work.run(ignore).await).0
    }

    fn lines(&self) -> Vec<Line> {
        journal::read_ledger(&self.config().state_dir, &"train".parse().unwrap()).unwrap().lines
    }

    /// The calls that were to change something.
    fn changes(&self) -> Vec<String> {
        self.sim.mutating_calls().into_iter().map(|call| call.to_string()).collect()
    }

    /// The actions that took effect, in order.
    fn took_effect(&self) -> Vec<String> {
        let calls = self.sim.mutating_calls().into_iter().filter(|call| call.outcome.took_effect());
        calls.map(|call| call.action).collect()
    }

    /// Everything that is left in the account and costs, or could begin to: `kind id`.
    async fn left(&self) -> BTreeSet<String> {
        let mut left = BTreeSet::new();
        self.sim.with_world(|world| {
            let records = world.records();
            let over = |state: &InstanceState| matches!(state, InstanceState::ShuttingDown | InstanceState::Terminated);
            let instances = records.instances.values().filter(|instance| !over(&instance.state));
            left.extend(instances.map(|instance| format!("instance {}", instance.id)));
            left.extend(records.volumes.keys().map(|id| format!("volume {id}")));
            let ended = |state: &RequestState| matches!(state, RequestState::Cancelled | RequestState::Closed);
            let requests = records.requests.values().filter(|request| !ended(&request.state));
            left.extend(requests.map(|request| format!("request {}", request.id)));
        });
        let ec2 = self.ec2().await;
        let images = ec2.images_named("self", "*").await.unwrap();
        left.extend(images.keys().map(|id| format!("image {id}")));
        let run = self.lines().iter().find_map(|line| match &line.fact {
            spotkeeper::create::Fact::Begun { recipe, .. } => Some(recipe.run.clone()),
            _ => None,
        });
        if let Some(run) = run {
            let snapshots = ec2.snapshots_tagged(CREATE_TAG, run.as_str()).await.unwrap();
            left.extend(snapshots.iter().map(|id| format!("snapshot {id}")));
        }
        left
    }

    /// Lets what ends come to its end.
    async fn settle(&self) {
        self.clock.sleep(Duration::from_mins(3)).await;
    }

    async fn session(&self) -> Session {
        Session::new(
            config::load(&self.config_file(), &self.environment()).unwrap(),
            self.ec2().await,
            self.clock.clone(),
        )
    }
}

/// Nobody listens.
fn ignore(_: Progress) {}

/// A work that has ended well, and what it knew.
fn done(ended: Result<End, Left>) -> (Memory, spotkeeper::create::Seen) {
    match ended {
        Ok(End::Done(last)) => *last,
        other => panic!("not done: {other:?}"),
    }
}
