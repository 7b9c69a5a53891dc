//! `spotkeeper once`: the script's place in cron.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::args::Once;
use super::exit::{Exit, Trouble};
use super::report::{self, Report};
use super::{log, output, run, setup};
use crate::app::logging::Stderr;
use crate::app::signals::Leave;
use crate::app::{self, Session};
use crate::config::Mode;
use crate::engine::Options;
use crate::model::{FailureKind, MachineName};
use crate::plan::{Gate, MachinePlan, Outcome, State};
use crate::protocol::{Command, Event, Snapshot};

pub(super) async fn run(file: Option<&Path>, options: &Once) -> Result<Exit, Trouble> {
    let config = setup::load(file)?;
    if let Some(name) = options.machine.as_ref().filter(|name| config.machine(name).is_none()) {
        return Err(log::unknown(name, &config));
    }
    let mode = config.policy.mode;
    let mut session = Session::connect(config).await.map_err(|failure| run::no_region(&failure))?;
    if let Some(machine) = &options.machine {
        session = session.only(machine);
    }
    if options.yes && mode != Mode::ReadOnly { act(&session, options).await } else { look(&session, options).await }
}

/// Says what would be done, and changes nothing.
async fn look(session: &Session, options: &Once) -> Result<Exit, Trouble> {
    let mode = session.config.policy.mode;
    let (view, account) = report::look(session, mode).await?;
    let report = Report::of(session, &view, account);
    if options.json {
        output::print(&format!("{:#}", report.to_json()))?;
    } else {
        output::print(&would_do(&report.plans, mode, options.yes))?;
    }
    Ok(if report.all_ready() { Exit::Ok } else { Exit::Unsettled })
}

fn would_do(plans: &[&MachinePlan], mode: Mode, yes: bool) -> String {
    let mut lines = Vec::new();
    for plan in plans {
        lines.push(format!("{}: {}: {}", plan.machine, plan.finding.state, plan.finding.reason));
        let doable = plan.steps.iter().filter(|step| !matches!(step.gate, Gate::Closed(_)));
        lines.extend(doable.map(|step| format!("  would {}: {}", step.action, step.why)));
        lines.extend(plan.warnings.iter().map(|warning| format!("  warning: {warning}")));
    }
    if mode == Mode::ReadOnly && yes {
        lines.push("nothing was changed: the configuration says mode = \"read-only\"".to_owned());
    } else if lines.iter().any(|line| line.starts_with("  would ")) {
        lines.push("nothing was changed; to act: spotkeeper once --yes".to_owned());
    }
    lines.join("\n")
}

/// How the waiting ended.
enum End {
    Settled,
    TimedOut,
    Failed,
    Signal(u8),
}

async fn act(session: &Session, options: &Once) -> Result<Exit, Trouble> {
    run::start_log(session, Stderr::Warnings, options.log_format.unwrap_or_default());
    let mut leave = Leave::listen()?;
    let mode = session.config.policy.mode;
    let engine_options = Options { mode, yes_to_all: true, mode_is_fixed: true };
    let (engine, handle, remarks) = session.acting_engine(engine_options)?;
    run::log_remarks(&remarks);
    let mut denied = Vec::new();
    let mut snapshots = handle.snapshots.clone();
    let watch = |event: &Event| watch_denials(event, &mut denied);
    let work = async { tokio::join!(engine.run(), app::log_events(handle.events, watch)) };
    let ending = async {
        let end = wait(&mut snapshots, options, &mut leave).await;
        // The engine finishes what is in flight; a second signal does not wait for that.
        let _ = handle.commands.send(Command::Stop).await;
        (end, leave)
    };
    let end = finish(work, ending).await;
    let snapshot = Arc::clone(&snapshots.borrow());
    conclude(session, options, &snapshot, &end, &denied)
}

/// Waits for the work to end after it was told to, or for one more signal.
async fn finish(work: impl Future, ending: impl Future<Output = (End, Leave)>) -> End {
    tokio::pin!(work, ending);
    let (end, mut leave) = tokio::select! {
        biased;
        ended = &mut ending => ended,
        _ = &mut work => ending.await,
    };
    tokio::select! {
        biased;
        _ = work => end,
        number = leave.next() => End::Signal(number),
    }
}

/// Remembers the machines whose last step was denied.
fn watch_denials(event: &Event, denied: &mut Vec<MachineName>) {
    if let Event::StepEnded { step, outcome } = event {
        denied.retain(|name| *name != step.step.machine);
        if matches!(outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Denied) {
            denied.push(step.step.machine.clone());
        }
    }
}

async fn wait(snapshots: &mut watch::Receiver<Arc<Snapshot>>, options: &Once, leave: &mut Leave) -> End {
    let is_over = |snapshot: &Arc<Snapshot>| {
        let hopeless = snapshot.look_failure.as_ref().is_some_and(|failure| {
            snapshot.looks == 0 || matches!(failure.kind, FailureKind::Credentials | FailureKind::Denied)
        });
        snapshot.at_rest || hopeless || snapshot.journal_failure.is_some()
    };
    tokio::select! {
        biased;
        number = leave.next() => End::Signal(number),
        over = snapshots.wait_for(is_over) => match over {
            Ok(snapshot) if snapshot.at_rest => End::Settled,
            _ => End::Failed,
        },
        () = tokio::time::sleep(options.timeout) => End::TimedOut,
    }
}

fn conclude(
    session: &Session,
    options: &Once,
    snapshot: &Snapshot,
    end: &End,
    denied: &[MachineName],
) -> Result<Exit, Trouble> {
    let failure = snapshot.look_failure.clone().or_else(|| snapshot.journal_failure.clone());
    let Some(observation) = &snapshot.observation else {
        return Err(match (end, failure) {
            (End::Signal(number), _) => {
                Trouble::new(Exit::Signal(*number), "left on a signal before anything was seen")
            }
            (_, Some(failure)) => failure.into(),
            (_, None) => Trouble::new(Exit::Unsettled, "no look was complete in time"),
        });
    };
    let report = Report {
        config: &session.config,
        observation,
        plans: snapshot.machines.iter().map(|machine| &machine.plan).collect(),
        account: snapshot.account.clone(),
        region: snapshot.region.clone(),
    };
    if options.json {
        output::print(&format!("{:#}", report.to_json()))?;
    } else {
        output::print(&outcome_lines(&report.plans))?;
    }
    let unsettled =
        report.plans.iter().any(|plan| plan.finding.state != State::Ready && denied.contains(&plan.machine));
    match (end, failure) {
        (End::Signal(number), _) => Ok(Exit::Signal(*number)),
        (End::Failed, Some(failure)) => Err(failure.into()),
        (End::TimedOut, Some(failure)) if !report.all_ready() => Err(failure.into()),
        (End::TimedOut, None) if !report.all_ready() => {
            let after = crate::plan::span(options.timeout);
            Err(Trouble::new(Exit::Unsettled, format!("not every machine is settled after {after} (--timeout)")))
        }
        _ if report.all_ready() => Ok(Exit::Ok),
        _ if unsettled => Ok(Exit::Credentials),
        _ => Ok(Exit::Unsettled),
    }
}

fn outcome_lines(plans: &[&MachinePlan]) -> String {
    let mut lines = Vec::new();
    for plan in plans {
        lines.push(format!("{}: {}: {}", plan.machine, plan.finding.state, plan.finding.reason));
        lines.extend(plan.warnings.iter().map(|warning| format!("  warning: {warning}")));
    }
    lines.join("\n")
}
