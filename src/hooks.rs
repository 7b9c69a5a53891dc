//! The user's commands, run once for each thing that people are told of a machine.
//!
//! Nothing waits for a hook: neither the engine nor another hook. Each runs in a session of its own, without a
//! terminal; it is given what happened on its standard input and in its environment, and its output goes to the log.
//! Whatever it was told is harmless text, and no shell reads it unless the user names one.

mod output;
mod payload;
mod run;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use self::run::Job;
use crate::config::{CommandLine, Config, Hooks as Configured};
use crate::model::Escaped;
use crate::plan::span;
use crate::protocol::{Change, Changes, Snapshot};

/// How many hooks run at once at the most.
const AT_ONCE: usize = 8;

/// How many wait for their turn at the most. More come only when all that run hang, and then the oldest news matter
/// no more than the newest.
const WAITING: usize = 64;

/// How many engines may be given to follow before the first of them is: there is one at a time.
const ENGINES: usize = 4;

/// The hooks of one process, for as long as it lives: over several engines they are told everything once.
#[derive(Debug)]
pub struct Hooks {
    feed: Feed,
    leave: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Where the hooks are told what to follow; it may be given to another thread.
#[derive(Debug, Clone)]
pub struct Feed(mpsc::Sender<Followed>);

/// An engine's snapshots, and the configuration that they are made of.
#[derive(Debug)]
struct Followed {
    config: Arc<Config>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

/// Everything about the hooks that run and those that will.
#[derive(Debug, Default)]
struct Runner {
    running: JoinSet<()>,
    waiting: VecDeque<Job>,
    /// The longest that any of them may take.
    longest: Duration,
}

impl Hooks {
    /// Begins, with nothing to follow yet. To be called inside a runtime, which then runs the hooks.
    #[must_use]
    pub fn start() -> Self {
        let (feed, engines) = mpsc::channel(ENGINES);
        let (leave, left) = oneshot::channel();
        Self { feed: Feed(feed), leave, task: tokio::spawn(drive(engines, left)) }
    }

    /// Where to say what to follow.
    #[must_use]
    pub fn feed(&self) -> Feed {
        self.feed.clone()
    }

    /// Begins no more, and returns when those that were begun or waited have ended, which takes their timeout at the
    /// most. Once `hurry` is there they are killed instead.
    pub async fn finish(mut self, hurry: impl Future) {
        // It ends by itself only when it is told to.
        let _ = self.leave.send(());
        tokio::select! {
            biased;
            _ = &mut self.task => {}
            _ = hurry => {
                tracing::warn!("hooks that still ran were killed");
                self.task.abort();
                let _ = self.task.await;
            }
        }
    }
}

impl Feed {
    /// Follows an engine, after the one before it has ended. Says of each program that is not there that it is missing.
    pub async fn follow(&self, config: Arc<Config>, snapshots: watch::Receiver<Arc<Snapshot>>) {
        for missing in missing(&config.hooks) {
            tracing::warn!("{missing}");
        }
        // Who leaves already follows nothing more.
        let _ = self.0.send(Followed { config, snapshots }).await;
    }
}

/// What is wrong with the programs that the hooks name, as far as it can be known without running them: a sentence for
/// each that is not there, or may not be run by this user.
#[must_use]
pub fn missing(hooks: &Configured) -> Vec<String> {
    let mut found = Vec::new();
    for (occasion, CommandLine { program, .. }) in &hooks.commands {
        if which::which(program).is_err() {
            let shown = program.display().to_string();
            let shown = Escaped(&shown);
            let what = if program.is_absolute() {
                format!("{shown} is no file that this user may execute")
            } else {
                format!("there is no {shown} in this user's PATH")
            };
            found.push(format!(
                "the hook for {occasion} cannot run: {what}; install it, or mend [hooks] in the configuration, where \
                 each word of a command stands by itself"
            ));
        }
    }
    found
}

/// Follows one engine after the other, and runs what their changes ask for.
async fn drive(mut engines: mpsc::Receiver<Followed>, mut left: oneshot::Receiver<()>) {
    let mut changes = Changes::default();
    let mut runner = Runner::default();
    let mut followed: Option<Followed> = None;
    loop {
        tokio::select! {
            biased;
            snapshot = next(&mut followed) => match (snapshot, &followed) {
                (Some(snapshot), Some(Followed { config, .. })) => {
                    changes.take(config, &snapshot).into_iter().for_each(|change| runner.take(change, &config.hooks));
                }
                _ => followed = None,
            },
            Some(_) = runner.running.join_next() => runner.begin(),
            Some(engine) = engines.recv(), if followed.is_none() => followed = Some(engine),
            _ = &mut left => break,
        }
    }
    runner.finish().await;
}

/// The next snapshot of the engine that is followed; none when it has ended.
async fn next(followed: &mut Option<Followed>) -> Option<Arc<Snapshot>> {
    let Some(Followed { snapshots, .. }) = followed else { return std::future::pending().await };
    snapshots.changed().await.ok()?;
    Some(Arc::clone(&snapshots.borrow_and_update()))
}

impl Runner {
    /// Runs what is configured for a change, now or soon.
    fn take(&mut self, change: Change, hooks: &Configured) {
        let Some(command) = hooks.commands.get(&change.occasion) else { return };
        if self.waiting.len() >= WAITING {
            let (machine, occasion) = (change.machine.as_str(), change.occasion);
            tracing::error!(
                machine,
                "the hook for {occasion} is not run: {AT_ONCE} others run and {WAITING} wait; see why they take so long"
            );
            return;
        }
        self.longest = self.longest.max(hooks.timeout);
        self.waiting.push_back(Job { command: command.clone(), timeout: hooks.timeout, change });
        self.begin();
    }

    fn begin(&mut self) {
        while self.running.len() < AT_ONCE
            && let Some(job) = self.waiting.pop_front()
        {
            self.running.spawn(run::run(job));
        }
    }

    /// Lets all that run or wait end in the time that one of them may take.
    async fn finish(mut self) {
        let count = self.running.len() + self.waiting.len();
        if count == 0 {
            return;
        }
        let (hooks, longest) = (if count == 1 { "hook" } else { "hooks" }, self.longest);
        tracing::info!("leaving after {count} {hooks}, in {} at the most; a signal ends them at once", span(longest));
        let all = async {
            while self.running.join_next().await.is_some() {
                self.begin();
            }
        };
        if tokio::time::timeout(longest, all).await.is_err() {
            tracing::warn!("{} of them did not end, and are killed", self.running.len() + self.waiting.len());
            self.running.shutdown().await;
        }
    }
}
