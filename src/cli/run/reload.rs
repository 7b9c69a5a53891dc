//! SIGHUP: another configuration for the service, or the reason why the old one stays.

use super::service::{Footing, Opened, Service};
use crate::app::logging;
use crate::cli::exit::Trouble;
use crate::config::{self, Config, Environment, Mode};
use crate::journal::Journal;

/// What the service goes on with, once the engine at work has ended.
#[derive(Debug)]
pub(super) struct Next {
    footing: Footing,
    /// The locks that the engine at work does not hold, so that nobody else takes them meanwhile.
    reserved: Option<Journal>,
}

impl Service {
    /// Reads the configuration again. Returns what to go on with, unless the old one stays; either way it says so.
    pub(super) async fn reload(&self, now: &Footing) -> Option<Next> {
        match self.read_again(now).await {
            Ok(Some(next)) => {
                let event = "reloading";
                tracing::info!(event, "the configuration was read again: going on with it after the step in flight");
                Some(next)
            }
            Ok(None) => {
                tracing::info!(event = "reload-unchanged", "the configuration was read again: nothing has changed");
                None
            }
            Err(why) => {
                stays(&why);
                None
            }
        }
    }

    async fn read_again(&self, now: &Footing) -> Result<Option<Next>, String> {
        let config = self.read()?;
        let changes = now.session.config.changes(&config);
        if changes.is_empty() {
            return Ok(None);
        }
        let footing = self.footing(config).await.map_err(|trouble| trouble.words)?;
        let next = Next::reserve(footing, now).map_err(|trouble| trouble.words)?;
        for change in changes {
            tracing::info!(event = "configuration-change", "{change}");
        }
        if let Some(mode) = self.mode {
            tracing::info!("the mode stays {mode}, as the command line says");
        }
        Ok(Some(next))
    }

    /// The configuration as it is now; every mistake in it goes to the log.
    fn read(&self) -> Result<Config, String> {
        config::load(&self.place, &Environment::from_process()).map_err(|error| {
            for mistake in error.one_line_each() {
                tracing::error!(event = "configuration-mistake", "{mistake}");
            }
            match error.count() {
                1 => "it has a mistake".to_owned(),
                count => format!("it has {count} mistakes"),
            }
        })
    }
}

fn stays(why: &str) {
    tracing::error!(event = "reload-refused", "the old configuration stays, and the new one is not used: {why}");
}

impl Next {
    /// Takes the locks that are new.
    fn reserve(footing: Footing, now: &Footing) -> Result<Self, Trouble> {
        let holder = (now.mode != Mode::ReadOnly).then_some(&now.session);
        let reserved = match footing.mode {
            Mode::ReadOnly => None,
            _ => Some(footing.session.reserve(holder)?),
        };
        Ok(Self { footing, reserved })
    }

    /// Begins with the new configuration now that the engine of the old one has ended; or goes on with the old one.
    ///
    /// # Errors
    ///
    /// When neither can be opened.
    pub(super) fn begin(self, old: Footing) -> Result<(Footing, Opened), Trouble> {
        let Self { footing, reserved } = self;
        move_log(&old, &footing);
        drop(reserved);
        match footing.open() {
            Ok(opened) => Ok((footing, opened)),
            Err(trouble) => {
                move_log(&footing, &old);
                stays(&trouble.words);
                old.open().map(|opened| (old, opened))
            }
        }
    }
}

/// Goes on with the log where it belongs.
fn move_log(from: &Footing, to: &Footing) {
    if from.log_folder() != to.log_folder()
        && let Err(words) = logging::move_to(to.log_folder())
    {
        tracing::warn!("{words}");
    }
}
