//! Composition: which parts make up a session, and how they are put together.

pub mod create;
pub mod keeper;
pub mod logging;
pub mod manager;
pub mod signals;

mod demo;
mod telling;

use std::sync::Arc;

pub use demo::{Demo, Story};
pub use telling::log_events;

use crate::clock::Clock;
use crate::config::{Config, Mode};
use crate::ec2::{Ec2, Environment, Source};
use crate::engine::{self, Engine, Examiner, Handle, Looker, Options, Parts};
use crate::journal::{self, History, Journal, OpenError, Owner};
use crate::model::{Failure, Keeper, MachineName, Observation};
use crate::names::Names;
use crate::plan::{self, Authority, Inputs, MachinePlan, Setbacks, Sightings, Wishes};

/// What a session works on: the configuration and the ways to the world.
#[derive(Debug, Clone)]
pub struct Session {
    /// The configuration.
    pub config: Arc<Config>,
    /// The connection to EC2.
    pub ec2: Ec2,
    names: Names,
    clock: Clock,
}

/// One look and what follows from it, with nothing changed anywhere.
#[derive(Debug)]
pub struct View {
    /// What was seen.
    pub observation: Observation,
    /// The plans, in the order of the configuration.
    pub plans: Vec<MachinePlan>,
}

impl Session {
    /// Connects to the AWS that environment and configuration name.
    ///
    /// # Errors
    ///
    /// When there is no region.
    pub async fn connect(config: Config) -> Result<Self, Failure> {
        Self::connect_at(config, Clock::real()).await
    }

    /// The same, by a clock that something else goes by as well.
    ///
    /// # Errors
    ///
    /// When there is no region.
    pub async fn connect_at(config: Config, clock: Clock) -> Result<Self, Failure> {
        let environment = Environment { region: config.aws.region.clone(), profile: config.aws.profile.clone() };
        let ec2 = Ec2::connect(Source::Aws(environment)).await?;
        Ok(Self::new(config, ec2, clock))
    }

    /// A session over a connection that exists, by the clock that this connection shares.
    #[must_use]
    pub fn new(config: Config, ec2: Ec2, clock: Clock) -> Self {
        let file = |names: &crate::config::NameFile| names.enabled.then(|| names.file.clone());
        let names = Names::new(file(&config.hosts), file(&config.ssh));
        Self { config: Arc::new(config), ec2, names, clock }
    }

    /// The same session for one machine only.
    #[must_use]
    pub fn only(mut self, machine: &MachineName) -> Self {
        let mut config = Config::clone(&self.config);
        config.machines.retain(|other| other.name == *machine);
        self.config = Arc::new(config);
        self
    }

    /// The machines with the requests that name their journals.
    #[must_use]
    pub fn owners(&self) -> Vec<Owner> {
        owners(&self.config)
    }

    /// Looks once and plans, as the mode would have it, without a lock and without a change.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or any call fails.
    pub async fn view(&self, mode: Mode) -> Result<View, Failure> {
        let memory = self.read_history()?.memory();
        let looker = Looker::new(&self.config, &self.ec2, &self.names);
        let observation = looker.look(engine::targets(&self.config, &memory)).await?;
        let plans = plan::plan(&Inputs {
            config: &self.config,
            observation: &observation,
            memory: &memory,
            sightings: &Sightings::default(),
            setbacks: &Setbacks::default(),
            authority: Authority { mode, yes_to_all: false },
            keeper: None,
            wishes: &Wishes::default(),
            now: self.clock.now(),
        });
        Ok(View { observation, plans })
    }

    /// Who examines this session's machines, without a lock and without a change.
    #[must_use]
    pub fn examiner(&self) -> Examiner {
        Examiner::new(Arc::clone(&self.config), self.ec2.clone(), self.names.clone(), self.clock.clone())
    }

    /// An engine that holds the locks and may act.
    ///
    /// # Errors
    ///
    /// When another process holds a lock, or a journal cannot be read or written.
    pub fn acting_engine(&self, options: Options) -> Result<(Engine, Handle, Vec<String>), OpenError> {
        let (journal, history) = Journal::open(&self.config.state_dir, &self.owners())?;
        let keeper = self.config.fence.then(|| journal::keeper(&self.config.state_dir)).transpose()?;
        let (engine, handle) = self.engine(Some(journal), &history, keeper, options);
        Ok((engine, handle, history.remarks))
    }

    /// Takes the locks that this session needs, but for those that another one of this process holds. Nobody else
    /// takes them as long as what is returned is there.
    ///
    /// # Errors
    ///
    /// When another process holds a lock, or a journal cannot be read or written.
    pub fn reserve(&self, holder: Option<&Self>) -> Result<Journal, OpenError> {
        let folder = |session: &Self| {
            let folder = &session.config.state_dir;
            // One that is not there yet is not another under a different name.
            folder.canonicalize().unwrap_or_else(|_| folder.clone())
        };
        let held = holder.filter(|holder| folder(self) == folder(holder)).map(Self::owners).unwrap_or_default();
        let mut new = self.owners();
        new.retain(|(_, request)| held.iter().all(|(_, held)| held != request));
        Journal::open(&self.config.state_dir, &new).map(|(journal, _)| journal)
    }

    /// An engine that only looks: it takes no lock and writes nothing.
    ///
    /// # Errors
    ///
    /// When a journal cannot be read.
    pub fn watching_engine(&self) -> Result<(Engine, Handle, Vec<String>), Failure> {
        let history = self.read_history()?;
        let options = Options { mode: Mode::ReadOnly, yes_to_all: false, mode_is_fixed: true };
        let (engine, handle) = self.engine(None, &history, None, options);
        Ok((engine, handle, history.remarks))
    }

    fn engine(
        &self,
        journal: Option<Journal>,
        history: &History,
        keeper: Option<Keeper>,
        options: Options,
    ) -> (Engine, Handle) {
        let parts = Parts {
            config: Arc::clone(&self.config),
            ec2: self.ec2.clone(),
            names: self.names.clone(),
            journal,
            memory: history.memory(),
            keeper,
            clock: self.clock.clone(),
        };
        engine::new(parts, options)
    }

    fn read_history(&self) -> Result<History, Failure> {
        journal::read(&self.config.state_dir, &self.owners(), false)
            .map_err(|error| Failure::local("reading the journal", &error.to_string()))
    }
}

/// The machines of a configuration with the requests that name their journals.
#[must_use]
pub fn owners(config: &Config) -> Vec<Owner> {
    config.machines.iter().map(|machine| (machine.name.clone(), machine.spot_request.clone())).collect()
}
