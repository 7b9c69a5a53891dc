//! The service manager that started this program, if one did: it is told that the service is ready, how the machines
//! stand, and that the loop turns.
//!
//! The protocol is that of `sd_notify(3)`, which others than systemd speak too.

mod status;
mod watchdog;

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::watch;

use self::status::status;
use crate::protocol::Snapshot;

/// The service manager. Without one, nothing is told.
#[derive(Debug)]
pub struct Manager {
    /// After how long without a sign of life it kills the service; none when it does not watch.
    patience: Option<Duration>,
}

impl Manager {
    /// The manager that the process environment names.
    #[must_use]
    pub fn from_environment() -> Self {
        let patience = sd_notify::watchdog_enabled();
        if let Some(too_short) = patience.filter(|patience| *patience < watchdog::LEAST) {
            let (given, least) = (crate::plan::span(too_short), crate::plan::span(watchdog::LEAST));
            tracing::warn!(
                "the service manager's watchdog waits {given} only, and may kill a healthy service: let it wait \
                 {least} or longer (WatchdogSec=)"
            );
        }
        Self { patience }
    }

    /// Tells it, from the first turn of an engine's loop to its end, that the service is ready, how the machines
    /// stand, and with each sign of life that the loop turns.
    pub async fn accompany(&self, snapshots: watch::Receiver<Arc<Snapshot>>, mut pulse: watch::Receiver<Duration>) {
        // An engine that is gone before it turned was never ready.
        if pulse.changed().await.is_err() {
            return;
        }
        tell(&[NotifyState::Ready]);
        tokio::join!(watchdog::feed(pulse, self.patience, || tell(&[NotifyState::Watchdog])), show(snapshots));
    }

    /// Tells it that the configuration is being read again. [`Manager::ready`] or another engine's first turn ends that.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            // Without the time systemd would take the service for broken.
            Err(error) => tracing::warn!("cannot tell the service manager of the reload: {error}"),
        }
    }

    /// Tells it that the service goes on as before.
    pub fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// Tells it that the service leaves.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

/// Tells how the machines stand, whenever that changes.
async fn show(mut snapshots: watch::Receiver<Arc<Snapshot>>) {
    let mut told = String::new();
    loop {
        let now = status(&snapshots.borrow_and_update());
        if now != told {
            tell(&[NotifyState::Status(&now)]);
            told = now;
        }
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

/// Whoever does not listen is told nothing: the service does not depend on it.
fn tell(news: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(news) {
        tracing::debug!("cannot tell the service manager: {error}");
    }
}
