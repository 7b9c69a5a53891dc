//! The loop that keeps the machines: a synchronous core that decides, in an asynchronous shell that looks, acts and
//! waits.
//!
//! It runs the same with and without a screen. Commands go in; snapshots and events come out.

mod cadence;
mod core;
mod examine;
mod numbering;
mod perform;
mod setback;
mod traffic;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};

pub use self::core::{Options, targets};
pub use self::examine::Examiner;

use self::core::{Core, Effect, Errand, Input};
use self::perform::Performer;
use crate::clock::Clock;
use crate::config::Config;
use crate::ec2::{Ec2, Targets};
use crate::journal::Journal;
use crate::model::{Failure, HostName, InstanceId, Keeper, MachineName, NamesOnDisk, Observation};
use crate::names::Names;
use crate::plan::Memory;
use crate::protocol::{Command, Event, Snapshot};

/// How many events a slow reader may fall behind before it loses the oldest.
const EVENTS: usize = 1_024;

/// How long the loop is still at the most, by its clock.
const BEAT: Duration = Duration::from_secs(5);

/// How many commands may wait: more than a person types while the engine handles one.
const COMMANDS: usize = 64;

/// What the engine works with.
#[derive(Debug)]
pub struct Parts {
    /// What the user wants.
    pub config: Arc<Config>,
    /// The connection to EC2.
    pub ec2: Ec2,
    /// The name files.
    pub names: Names,
    /// The journal, with its locks. Without one the engine only looks.
    pub journal: Option<Journal>,
    /// What the journal remembers.
    pub memory: Memory,
    /// As whom reboots are claimed; none when other computers are told nothing.
    pub keeper: Option<Keeper>,
    /// The clock that EC2's client shares.
    pub clock: Clock,
}

/// The engine's loop, ready to run.
#[derive(Debug)]
pub struct Engine {
    core: Core,
    shell: Shell,
    commands: mpsc::Receiver<Command>,
    /// Whether somebody is left who could give a command.
    attended: bool,
}

/// The watcher's end of an engine.
#[derive(Debug)]
pub struct Handle {
    /// For the operator's wishes.
    pub commands: mpsc::Sender<Command>,
    /// The latest state of everything.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What happens from now on.
    pub events: broadcast::Receiver<Event>,
    /// When the loop turned last, by the engine's monotonic clock. It turns every five seconds at least, also while it
    /// rests or EC2 does not answer: a loop that does not is stuck.
    pub pulse: watch::Receiver<Duration>,
}

#[derive(Debug)]
struct Shell {
    config: Arc<Config>,
    ec2: Ec2,
    names: Names,
    performer: Performer,
    clock: Clock,
    tasks: JoinSet<Input>,
    /// What each of the tasks is there for, for when it ends without a result.
    errands: HashMap<Id, Errand>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
    pulse: watch::Sender<Duration>,
}

/// Puts an engine together. Nothing happens before [`Engine::run`].
#[must_use]
pub fn new(parts: Parts, options: Options) -> (Engine, Handle) {
    let Parts { config, ec2, names, journal, memory, keeper, clock } = parts;
    let (region, may_act) = (ec2.region().clone(), journal.is_some());
    let core = Core::new(Arc::clone(&config), options, memory, keeper.clone(), region, may_act);
    let (command_sender, commands) = mpsc::channel(COMMANDS);
    let (snapshots, snapshot_receiver) = watch::channel(Arc::new(core.snapshot()));
    let (events, event_receiver) = broadcast::channel(EVENTS);
    let (pulse, pulse_receiver) = watch::channel(clock.now().monotonic);
    let performer = Performer::new(Arc::clone(&config), ec2.clone(), names.clone(), journal, keeper, clock.clone());
    let shell = Shell {
        config,
        ec2,
        names,
        performer,
        clock,
        tasks: JoinSet::new(),
        errands: HashMap::new(),
        snapshots,
        events,
        pulse,
    };
    let handle = Handle {
        commands: command_sender,
        snapshots: snapshot_receiver,
        events: event_receiver,
        pulse: pulse_receiver,
    };
    (Engine { core, shell, commands, attended: true }, handle)
}

impl Engine {
    /// Runs until it is told to stop, or until nobody is left who could tell it.
    pub async fn run(mut self) {
        self.shell.ask_for_account();
        let mut input = Input::Due;
        loop {
            let effects = self.core.handle(input, self.shell.clock.now());
            self.shell.snapshots.send_replace(Arc::new(self.core.snapshot()));
            if !effects.into_iter().all(|effect| self.shell.begin(effect)) {
                return;
            }
            input = loop {
                self.shell.pulse.send_replace(self.shell.clock.now().monotonic);
                if let Some(input) = self.next_input().await {
                    break input;
                }
            };
        }
    }

    /// Waits for the next input, but not longer than a beat.
    async fn next_input(&mut self) -> Option<Input> {
        let now = self.shell.clock.now().monotonic;
        let wait = self.core.due().map_or(Duration::MAX, |due| due.saturating_sub(now));
        let input = tokio::select! {
            biased;
            command = self.commands.recv(), if self.attended => {
                self.attended = command.is_some();
                Input::Command(command.unwrap_or(Command::Stop))
            }
            Some(done) = self.shell.tasks.join_next_with_id() => self.shell.ended(done),
            () = self.shell.clock.sleep(wait.min(BEAT)) => return (wait <= BEAT).then_some(Input::Due),
        };
        Some(input)
    }
}

impl Shell {
    /// Begins what the core wants. Returns whether to go on.
    fn begin(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Look(targets) => {
                let looker = Looker::new(&self.config, &self.ec2, &self.names);
                let (clock, ec2) = (self.clock.clone(), self.ec2.clone());
                self.run(Errand::Look, async move {
                    let result = looker.look(targets).await;
                    Input::Looked { result, at: clock.now(), requests_sent: ec2.requests_sent() }
                });
            }
            Effect::Record { purpose, entries } => {
                let performer = self.performer.clone();
                self.run(Errand::Record, async move {
                    Input::Recorded { purpose, result: performer.record(entries).await }
                });
            }
            Effect::Perform(step) => {
                let performer = self.performer.clone();
                self.run(Errand::Step(step.number), async move { Input::Performed(performer.perform(step).await) });
            }
            Effect::AskAccount => self.ask_for_account(),
            Effect::Examine(machine) => {
                let examiner =
                    Examiner::new(Arc::clone(&self.config), self.ec2.clone(), self.names.clone(), self.clock.clone());
                self.run(Errand::Examination(machine.clone()), async move {
                    let examination = Arc::new(Box::pin(examiner.examine(Some(&machine))).await);
                    Input::Examined { machine, examination }
                });
            }
            Effect::Tell(event) => {
                // Nobody has to listen.
                let _ = self.events.send(event);
            }
            Effect::Leave => return false,
        }
        true
    }

    fn ask_for_account(&mut self) {
        let ec2 = self.ec2.clone();
        self.run(Errand::Account, async move { Input::Account(ec2.account().await) });
    }

    fn run(&mut self, errand: Errand, task: impl Future<Output = Input> + Send + 'static) {
        let id = self.tasks.spawn(task).id();
        self.errands.insert(id, errand);
    }

    /// Takes in that a task ended.
    fn ended(&mut self, done: Result<(Id, Input), JoinError>) -> Input {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let errand = self.errands.remove(&id);
        match done {
            Ok((_, input)) => input,
            // Nothing panics, and nobody cancels: should it happen all the same, the loop goes on.
            Err(error) => Input::Lost { errand: errand.unwrap_or(Errand::Look), why: error.to_string() },
        }
    }
}

/// Looks at everything that a plan rests on.
#[derive(Debug, Clone)]
pub struct Looker {
    ec2: Ec2,
    names: Names,
    machines: Vec<(MachineName, Vec<HostName>)>,
}

impl Looker {
    /// A looker for these machines.
    #[must_use]
    pub fn new(config: &Config, ec2: &Ec2, names: &Names) -> Self {
        let machines = config.machines.iter().map(|machine| (machine.name.clone(), machine.hostnames.clone()));
        Self { ec2: ec2.clone(), names: names.clone(), machines: machines.collect() }
    }

    /// Looks at the name files, then at EC2: also at the instances that the entries were published for.
    ///
    /// # Errors
    ///
    /// When any call fails: half a look is none.
    pub async fn look(self, mut targets: Targets) -> Result<Observation, Failure> {
        let Self { ec2, names, machines } = self;
        let names = tokio::task::spawn_blocking(move || names.read(&machines))
            .await
            .map_err(|error| Failure::local("reading the name files", &error.to_string()))?;
        targets.instances.extend(published(&names));
        let seen = ec2.look(&targets).await?;
        Ok(Observation { requests: seen.requests, instances: seen.instances, volumes: seen.volumes, names })
    }
}

fn published(names: &NamesOnDisk) -> BTreeSet<InstanceId> {
    names.entries.values().flat_map(|entries| entries.values()).map(|entry| entry.instance.clone()).collect()
}
