//! The service: one engine after the other, each with a configuration of its own, until a signal says to leave.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::reload::Next;
use super::{log_leaving, log_remarks, log_start, say_how_to_approve};
use crate::app::logging::{self, Format, Sink, Stderr};
use crate::app::manager::Manager;
use crate::app::signals::{ForService, Order};
use crate::app::{self, Session};
use crate::cli::args::Run;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::setup;
use crate::clock::Clock;
use crate::config::{Config, Environment, Mode};
use crate::engine::{Engine, Handle, Options};
use crate::hooks::Hooks;
use crate::protocol::Command;

/// How the service is run, whatever the configuration says.
#[derive(Debug)]
pub(super) struct Service {
    /// Where the configuration is.
    pub(super) place: PathBuf,
    /// The same, if the command line names it.
    named: Option<PathBuf>,
    /// The mode that the command line asks for.
    pub(super) mode: Option<Mode>,
    format: Format,
}

/// What an engine works on.
#[derive(Debug)]
pub(super) struct Footing {
    pub(super) session: Session,
    pub(super) mode: Mode,
}

/// An engine, ready to run, with its watcher's end.
pub(super) type Opened = (Engine, Handle);

/// What follows when an engine has ended.
#[derive(Debug)]
enum Decision {
    /// The program ends, by this signal.
    Leave(u8),
    /// Another engine goes on with this.
    GoOn(Box<Next>),
}

impl Service {
    pub(super) fn new(file: Option<&Path>, options: &Run) -> Result<Self, Trouble> {
        let place = setup::place(file, &Environment::from_process())?;
        Ok(Self {
            place,
            named: file.map(Path::to_owned),
            mode: options.mode(),
            format: options.log_format.unwrap_or_default(),
        })
    }

    /// Runs until a signal says to leave.
    pub(super) async fn run(&self) -> Result<Exit, Trouble> {
        let mut footing = self.footing(setup::load(Some(&self.place))?).await?;
        let started =
            logging::start(&Clock::real(), footing.log_folder(), &Sink::Stderr(Stderr::Everything, self.format));
        log_remarks(started.err().as_slice());
        let manager = Manager::from_environment();
        // Before anybody can know that it runs: a signal that is not listened to ends the process.
        let mut signals = ForService::listen()?;
        let mut opened = footing.open()?;
        // Over all engines, so that nothing is told again because the configuration was read anew.
        let hooks = Hooks::start();
        let exit = loop {
            let (_, handle) = &opened;
            hooks.feed().follow(Arc::clone(&footing.session.config), handle.snapshots.clone()).await;
            match Box::pin(self.keep(&footing, opened, &manager, &mut signals)).await {
                Some(Decision::GoOn(next)) => (footing, opened) = next.begin(footing)?,
                Some(Decision::Leave(number)) => break Exit::Signal(number),
                // Without a signal the engine does not end.
                None => break Exit::Error,
            }
        };
        hooks.finish(signals.next_to_leave()).await;
        Ok(exit)
    }

    /// What an engine with this configuration works on. Nothing is locked or written yet.
    pub(super) async fn footing(&self, config: Config) -> Result<Footing, Trouble> {
        let mode = self.mode.unwrap_or(config.policy.mode);
        if mode == Mode::Confirm {
            return Err(Trouble::new(
                Exit::Usage,
                "confirm mode asks before each step, and without a screen there is nobody to ask: choose --auto (the \
                 policy decides) or --read-only, or run spotkeeper once --yes when you are there",
            ));
        }
        let session = Session::connect(config).await.map_err(|failure| super::no_region(&failure))?;
        Ok(Footing { session, mode })
    }

    /// Runs one engine to its end, and returns what follows.
    async fn keep(
        &self,
        footing: &Footing,
        (engine, handle): Opened,
        manager: &Manager,
        signals: &mut ForService,
    ) -> Option<Decision> {
        let Handle { commands, snapshots, events, pulse } = handle;
        let decision = RefCell::new(None);
        let work = async {
            tokio::join!(
                engine.run(),
                app::log_events(events, |event| say_how_to_approve(event, self.named.as_deref())),
                manager.accompany(snapshots, pulse)
            );
        };
        tokio::select! {
            biased;
            () = work => {}
            () = self.obey(footing, manager, signals, &commands, &decision) => {}
        }
        decision.into_inner()
    }

    /// Obeys signals until one says not to wait for the step in flight.
    async fn obey(
        &self,
        footing: &Footing,
        manager: &Manager,
        signals: &mut ForService,
        commands: &mpsc::Sender<Command>,
        decision: &RefCell<Option<Decision>>,
    ) {
        let mut number = loop {
            match signals.next().await {
                Order::Leave(number) => break number,
                Order::Reload => {
                    manager.reloading();
                    let next = tokio::select! {
                        biased;
                        number = signals.next_to_leave() => break number,
                        next = self.reload(footing) => next,
                    };
                    if let Some(next) = next {
                        decision.replace(Some(Decision::GoOn(Box::new(next))));
                        let _ = commands.send(Command::Stop).await;
                        break signals.next_to_leave().await;
                    }
                    manager.ready();
                }
            }
        };
        log_leaving(number);
        manager.stopping();
        decision.replace(Some(Decision::Leave(number)));
        let _ = commands.send(Command::Stop).await;
        number = signals.next_to_leave().await;
        decision.replace(Some(Decision::Leave(number)));
    }
}

impl Footing {
    /// Where the log file is. Read-only writes nothing, not even that.
    pub(super) fn log_folder(&self) -> Option<&Path> {
        (self.mode != Mode::ReadOnly).then_some(self.session.config.state_dir.as_path())
    }

    /// An engine, with the locks if it may act.
    pub(super) fn open(&self) -> Result<Opened, Trouble> {
        let (engine, handle, remarks) = if self.mode == Mode::ReadOnly {
            self.session.watching_engine()?
        } else {
            self.session.acting_engine(Options { mode: self.mode, yes_to_all: false, mode_is_fixed: true })?
        };
        log_remarks(&remarks);
        log_start(&self.session, self.mode);
        Ok((engine, handle))
    }
}
