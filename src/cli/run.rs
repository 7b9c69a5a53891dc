//! `spotkeeper run` and `spotkeeper demo`: the loop until told to leave.

mod reload;
mod service;

use std::cell::Cell;
use std::path::Path;

use self::service::Service;
use super::args::{self, Run};
use super::exit::{Exit, Trouble};
use super::{output, sim};
use crate::app::logging::{self, Format, Sink, Stderr};
use crate::app::signals::Leave;
use crate::app::{self, Demo, Session};
use crate::clock::Clock;
use crate::config::Mode;
use crate::engine::{Engine, Handle, Options};
use crate::model::Failure;
use crate::protocol::{Command, Event};

pub(super) async fn run(file: Option<&Path>, options: &Run) -> Result<Exit, Trouble> {
    Service::new(file, options)?.run().await
}

pub(super) async fn demo(options: &args::Demo) -> Result<Exit, Trouble> {
    let (speed, mode) = (options.speed, options.mode.unwrap_or(Mode::Auto));
    let scenario = sim::scenario(options.scenario.as_deref())?;
    let demo = Demo::new(speed, scenario).map_err(|error| Trouble::new(Exit::Usage, error))?;
    let sink = Sink::Stderr(Stderr::Everything, options.log_format.unwrap_or_default());
    if let Err(words) = logging::start(demo.clock(), None, &sink) {
        output::complain(&words);
    }
    tracing::info!("an embedded EC2 at {speed} times life's speed; Ctrl-C leaves");
    let (session, story) = demo.connect().await.map_err(|error| Trouble::new(Exit::Error, error))?;
    let options = Options { mode, yes_to_all: false, mode_is_fixed: true };
    let (engine, handle, _) = session.acting_engine(options)?;
    let exit = tokio::select! {
        biased;
        exit = keep(engine, handle) => exit,
        () = story.tell() => Ok(Exit::Ok),
    };
    story.tell_news();
    exit
}

/// Runs the engine until a signal comes; a second one does not wait for the step in flight.
async fn keep(engine: Engine, handle: Handle) -> Result<Exit, Trouble> {
    let mut leave = Leave::listen()?;
    let Handle { commands, events, .. } = handle;
    let last_signal = Cell::new(None);
    let signals = async {
        let number = leave.next().await;
        last_signal.set(Some(number));
        log_leaving(number);
        let _ = commands.send(Command::Stop).await;
        last_signal.set(Some(leave.next().await));
    };
    let work = async {
        tokio::join!(engine.run(), app::log_events(events, |event| say_how_to_approve(event, None)));
    };
    tokio::select! {
        biased;
        () = work => {}
        () = signals => {}
    }
    // Without a signal the engine does not end.
    Ok(last_signal.get().map_or(Exit::Error, Exit::Signal))
}

fn log_leaving(signal: u8) {
    tracing::info!(
        event = "leaving",
        signal,
        "signal {signal}: leaving after the step in flight; once more to leave at once"
    );
}

/// Without a screen the service itself cannot be answered. `config` is the file that its command line names.
fn say_how_to_approve(event: &Event, config: Option<&Path>) {
    if let Event::ApprovalNeeded { step, .. } = event {
        let machine = step.step.machine.as_str();
        let config = config.map(Path::to_string_lossy).and_then(|file| shlex::try_quote(&file).map(String::from).ok());
        let config = config.map_or_else(String::new, |file| format!(" --config {file}"));
        tracing::warn!(
            machine,
            "to say yes: stop this service, then: spotkeeper{config} once --yes --machine {machine}"
        );
    }
}

/// Logs to the state folder too; where that cannot be, says so and goes on.
pub(super) fn start_log(session: &Session, stderr: Stderr, format: Format) {
    let sink = Sink::Stderr(stderr, format);
    if let Err(words) = logging::start(&Clock::real(), Some(&session.config.state_dir), &sink) {
        tracing::warn!("{words}");
    }
}

/// Says what is kept where.
pub(super) fn log_start(session: &Session, mode: Mode) {
    let names: Vec<&str> = session.config.machines.iter().map(|machine| machine.name.as_str()).collect();
    let (names, region) = (names.join(", "), session.ec2.region());
    match mode {
        Mode::ReadOnly => tracing::info!("watching {names} in {region}"),
        mode => tracing::info!("keeping {names} in {region} in {mode} mode"),
    }
}

pub(super) fn log_remarks(remarks: &[String]) {
    for remark in remarks {
        tracing::warn!("{remark}");
    }
}

/// A missing region is a matter of configuration.
pub(super) fn no_region(failure: &Failure) -> Trouble {
    Trouble::new(Exit::Usage, failure.to_string())
}
