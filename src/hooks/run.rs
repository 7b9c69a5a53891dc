//! One run of one hook.

use std::ffi::OsStr;
use std::io;
use std::process::{Command as Plain, ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::std::{CommandWrap, CommandWrapper as _, ProcessSession};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::output::{LOGGED, Lines};
use super::payload;
use crate::config::CommandLine;
use crate::model::Escaped;
use crate::plan::span;
use crate::protocol::Change;

/// What is to be run, how long it may take, and for which change.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) command: CommandLine,
    pub(super) timeout: Duration,
    pub(super) change: Change,
}

/// Runs a hook until it ends or its time is over, and logs what became of it. When this is dropped, the hook and
/// everything that it started is killed.
pub(super) async fn run(job: Job) {
    let machine = job.change.machine.as_str();
    let occasion = job.change.occasion;
    tracing::debug!(machine, "the hook for {occasion} begins: {}", shown(&job.command));
    let result = match start(&job) {
        Ok(child) => timeout(job.timeout, end(child, &job)).await,
        Err(error) => return could_not_start(&job, &error),
    };
    match result {
        Ok(Ok(status)) if status.success() => tracing::debug!(machine, "the hook for {occasion} ended well"),
        Ok(Ok(status)) => tracing::warn!(
            machine,
            "the hook for {occasion} failed with {status}: {}; try it by hand with the variables of docs/hooks.md",
            shown(&job.command)
        ),
        Ok(Err(error)) => {
            tracing::warn!(machine, "the hook for {occasion} was lost sight of, and killed: {error}");
        }
        Err(_) => tracing::warn!(
            machine,
            "the hook for {occasion} did not end within {}, and was killed with everything that it started: {}; let it \
             be quicker, raise `timeout` under [hooks], or let what goes on in the background close its output",
            span(job.timeout),
            shown(&job.command)
        ),
    }
}

fn could_not_start(job: &Job, error: &io::Error) {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "; is it, or what the first line of the script names, installed and in PATH?",
        io::ErrorKind::PermissionDenied => "; let this user execute it",
        _ => "",
    };
    let (machine, occasion) = (job.change.machine.as_str(), job.change.occasion);
    tracing::warn!(machine, "could not start the hook for {occasion}: {}: {error}{advice}", shown(&job.command));
}

/// The program: its arguments may hold secrets.
fn shown(command: &CommandLine) -> String {
    Escaped(&command.program.display().to_string()).to_string()
}

/// A hook that runs. It is the first process of a session of its own, which is killed when this goes, unless it has
/// ended.
#[derive(Debug)]
struct Running {
    child: Child,
    session: Option<Pid>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // As long as the first process was not waited for, nobody else can have its number.
        if let Some(session) = self.session {
            // It may be gone by itself.
            let _ = kill_process_group(session, Signal::KILL);
        }
    }
}

fn start(job: &Job) -> io::Result<Running> {
    let CommandLine { program, arguments } = &job.command;
    let mut command = Plain::new(program);
    command.args(arguments).envs(payload::variables(&job.change));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // In its own session it has no terminal: nothing that it does disturbs the screen or takes its keys.
    ProcessSession.pre_spawn(&mut command, &CommandWrap::from(Plain::new(OsStr::new(""))))?;
    let child = Command::from(command).spawn()?;
    let session = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    Ok(Running { child, session })
}

/// Feeds and listens to a hook until it and its output have ended.
async fn end(mut running: Running, job: &Job) -> io::Result<ExitStatus> {
    let Running { child, session } = &mut running;
    let (input, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    tokio::join!(feed(input, job), log(out, job), log(err, job));
    // What it started in the background goes on, as it has closed the output.
    let status = child.wait().await?;
    *session = None;
    Ok(status)
}

async fn feed(input: Option<ChildStdin>, job: &Job) {
    if let (Some(mut input), Ok(json)) = (input, payload::json(&job.change)) {
        // A hook need not read it.
        let _ = input.write_all(json.as_bytes()).await;
    }
}

/// Logs what comes, to its end.
async fn log(stream: Option<impl AsyncRead + Unpin>, job: &Job) {
    let Some(mut stream) = stream else { return };
    let (machine, occasion) = (job.change.machine.as_str(), job.change.occasion);
    let mut lines = Lines::default();
    let mut piece = vec![0; LOGGED];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        for line in lines.take(piece.get(..length).unwrap_or_default()) {
            tracing::info!(machine, "hook {occasion}: {line}");
        }
    }
    if let Some(line) = lines.end() {
        tracing::info!(machine, "hook {occasion}: {line}");
    }
    if lines.left_out > 0 {
        tracing::info!(machine, "hook {occasion}: and {} bytes more", lines.left_out);
    }
}
