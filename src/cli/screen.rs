//! The screen, for real and as a demonstration.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::args::{self, Run};
use super::exit::{Exit, Trouble};
use super::{output, setup, sim};
use crate::app::keeper::{self, Company, Ready, Started};
use crate::app::logging::{self, Sink};
use crate::app::signals::{Ask, ForScreen, Leave};
use crate::app::{Demo, Session};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Environment, Mode};
use crate::engine::Options;
use crate::hooks::{Feed, Hooks};
use crate::journal::{LockError, OpenError};
use crate::ui::{self, Bindings, Choice, Ending, Inlets, LogLine, Setup, Signal};

/// How many log lines may wait for the screen.
const LINES: usize = 1_024;

/// How long the program may take to leave without a word.
const SILENT: Duration = Duration::from_millis(500);

/// How the screen looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looks {
    /// Whether only ASCII is drawn.
    pub(super) ascii: bool,
}

/// Keeps the machines, with a screen.
pub(super) async fn run(file: Option<&Path>, options: &Run, looks: Looks) -> Result<Exit, Trouble> {
    need_terminal()?;
    let environment = Environment::from_process();
    let place = setup::place(file, &environment)?;
    if !place.exists() && file.is_none() {
        return welcome(&place, looks).await;
    }
    let config = setup::load(Some(&place))?;
    let keys = keys(Some(&place.with_file_name("keys.toml")))?;
    let mode = options.mode().unwrap_or(config.policy.mode);
    let watch_only = options.read_only || options.mode == Some(Mode::ReadOnly);
    let clock = Clock::real();
    let setup = Setup { profile: profile(&config), is_demo: false, ..looks.setup(&config, keys) };
    // Read-only writes nothing, not even a log file.
    let lines = listen(&clock, (!watch_only).then_some(config.state_dir.as_path()));
    let hooks = Hooks::start();
    let make = {
        let (clock, feed) = (clock.clone(), hooks.feed());
        move || connect(config, clock, mode, watch_only, feed)
    };
    let ending = show(setup, clock, lines, keeper::start(make, words)?).await;
    finish(hooks).await?;
    ending
}

/// Lets the hooks that still run end, now that the screen is gone; Ctrl-C does not wait for them.
async fn finish(hooks: Hooks) -> std::io::Result<()> {
    let mut leave = Leave::listen()?;
    let told = async {
        tokio::time::sleep(SILENT).await;
        output::remark("waiting for hooks that still run; Ctrl-C ends them");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = hooks.finish(leave.next()) => {}
        () = told => {}
    }
    Ok(())
}

/// The whole program on the embedded EC2.
pub(super) async fn demo(options: &args::Demo, looks: Looks) -> Result<Exit, Trouble> {
    let mode = options.mode.unwrap_or(Mode::Confirm);
    need_terminal()?;
    let scenario = sim::scenario(options.scenario.as_deref())?;
    let demo = Demo::new(options.speed, scenario).map_err(|error| Trouble::new(Exit::Usage, error))?;
    let clock = demo.clock().clone();
    let setup = Setup { is_demo: true, ..looks.setup(demo.config(), keys(None)?) };
    let lines = listen(&clock, None);
    // The folder goes when the screen does, not when the engine's thread is swept away.
    let demo = Arc::new(demo);
    let make = {
        let demo = Arc::clone(&demo);
        move || connect_demo(demo, mode)
    };
    show(setup, clock, lines, keeper::start(make, words)?).await
}

/// A screen is refused before anything is locked, logged or called.
fn need_terminal() -> Result<(), Trouble> {
    if std::io::stdout().is_terminal() {
        return Ok(());
    }
    let words = "the screen needs a terminal as standard output; without one there are `spotkeeper run --no-tui`, \
                 `spotkeeper once`, `spotkeeper status` and `spotkeeper demo --no-tui`";
    Err(Trouble::new(Exit::Usage, words))
}

/// What there is to do without a configuration.
async fn welcome(place: &Path, looks: Looks) -> Result<Exit, Trouble> {
    let chosen = {
        let mut signals = listen_to_signals()?;
        ui::welcome(&place.display().to_string(), colours(), looks.ascii, &mut signals).await?
    };
    match chosen {
        Choice::Init => setup::init(Some(place)),
        Choice::Demo => Box::pin(demo(&args::Demo::default(), looks)).await,
        Choice::Quit => Ok(Exit::Ok),
        Choice::Leave(number) => Ok(Exit::Signal(number)),
    }
}

impl Looks {
    fn setup(self, config: &Config, keys: Bindings) -> Setup {
        Setup {
            config: Arc::new(config.clone()),
            profile: None,
            is_demo: false,
            ascii: self.ascii,
            colours: colours(),
            zone: TimeZone::system(),
            keys,
        }
    }
}

/// Whether colours are wanted. Source: <https://no-color.org>, "when present and not an empty string".
pub(super) fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The profile that the AWS environment will use, as far as somebody named one.
fn profile(config: &Config) -> Option<String> {
    config.aws.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok()).filter(|profile| !profile.is_empty())
}

fn keys(file: Option<&Path>) -> Result<Bindings, Trouble> {
    Bindings::load(file).map_err(|error: ConfigError| Trouble::new(Exit::Usage, error.to_string()))
}

/// Sends log lines to the screen, and with a folder to a file as well.
fn listen(clock: &Clock, folder: Option<&Path>) -> mpsc::Receiver<LogLine> {
    let (sender, lines) = mpsc::channel(LINES);
    if let Err(words) = logging::start(clock, folder, &Sink::Screen(sender)) {
        tracing::warn!("{words}");
    }
    lines
}

async fn connect(
    config: Config,
    clock: Clock,
    mode: Mode,
    watch_only: bool,
    hooks: Feed,
) -> Result<(Ready, Company), Trouble> {
    let session = Session::connect_at(config, clock).await.map_err(|failure| super::run::no_region(&failure))?;
    let ready = if watch_only {
        watch(&session, None)?
    } else {
        let options = Options { mode, yes_to_all: false, mode_is_fixed: false };
        match session.acting_engine(options) {
            Ok((engine, handle, remarks)) => {
                super::run::log_remarks(&remarks);
                Ready { engine, handle, watching: None }
            }
            Err(OpenError::Lock(LockError::Held { machine, holder })) => {
                // Short, so that who it is stands on the smallest screen.
                watch(&session, Some(format!("{machine} is kept by {holder}")))?
            }
            Err(error) => return Err(error.into()),
        }
    };
    let only_watches = watch_only || ready.watching.is_some();
    if !only_watches {
        // Of machines that another process keeps, that one tells.
        hooks.follow(Arc::clone(&session.config), ready.handle.snapshots.clone()).await;
    }
    super::run::log_start(&session, if only_watches { Mode::ReadOnly } else { mode });
    Ok((ready, Box::pin(std::future::pending())))
}

fn watch(session: &Session, watching: Option<String>) -> Result<Ready, Trouble> {
    let (engine, handle, remarks) = session.watching_engine()?;
    super::run::log_remarks(&remarks);
    if let Some(why) = &watching {
        tracing::warn!("only watching: {why}");
    }
    Ok(Ready { engine, handle, watching })
}

async fn connect_demo(demo: Arc<Demo>, mode: Mode) -> Result<(Ready, Company), Trouble> {
    let (session, story) = demo.connect().await.map_err(|error| Trouble::new(Exit::Error, error))?;
    let options = Options { mode, yes_to_all: false, mode_is_fixed: false };
    let (engine, handle, _) = session.acting_engine(options)?;
    Ok((Ready { engine, handle, watching: None }, Box::pin(async move { story.tell().await })))
}

fn words(trouble: &Trouble) -> String {
    trouble.words.clone()
}

/// Shows the screen until it ends, and says how that ends the program.
async fn show(
    setup: Setup,
    clock: Clock,
    lines: mpsc::Receiver<LogLine>,
    started: Started<Trouble>,
) -> Result<Exit, Trouble> {
    let signals = listen_to_signals()?;
    let inlets = Inlets { link: started.link, lines, signals };
    let ending = ui::run(setup, clock, inlets).await;
    match ending? {
        Ending::Left => Ok(Exit::Ok),
        Ending::Signal(number) => Ok(Exit::Signal(number)),
        Ending::Failed(why) => Err(started.failure.recv().unwrap_or_else(|_| Trouble::new(Exit::Error, why))),
    }
}

/// The signals for a screen, until it closes its end.
fn listen_to_signals() -> Result<mpsc::UnboundedReceiver<Signal>, Trouble> {
    let (signals, received) = mpsc::unbounded_channel();
    let mut asked = ForScreen::listen()?;
    tokio::spawn(async move {
        loop {
            let asked = tokio::select! {
                asked = asked.next() => asked,
                () = signals.closed() => return,
            };
            let signal = match asked {
                Ask::Leave(number) => Signal::Leave(number),
                Ask::Resume => Signal::Continued,
            };
            if signals.send(signal).is_err() {
                return;
            }
        }
    });
    Ok(received)
}
