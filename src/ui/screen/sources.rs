//! Where messages come from, each as a future that may be dropped and asked again.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::Link;
use crate::ui::keyboard::Keyboard;
use crate::ui::log::LogLine;
use crate::ui::message::Message;

/// How many log lines are taken at once.
const LINES: usize = 1_024;

/// All that was typed by now, when something was.
pub(super) async fn typed(keyboard: &mut Option<Keyboard>) -> Message {
    let Some(open) = keyboard else { return std::future::pending().await };
    let Some(events) = open.typed().await else {
        // The terminal is gone, as after a hang-up.
        *keyboard = None;
        return Message::Signal;
    };
    Message::Input(events)
}

/// The next thing that the engine tells.
pub(super) async fn told(link: &mut Option<Link>) -> Message {
    let Some(engine) = link else { return std::future::pending().await };
    let message = tokio::select! {
        biased;
        event = engine.events.recv() => match event {
            Ok(event) => Message::Happened(event),
            Err(RecvError::Lagged(lost)) => Message::Lost(lost),
            Err(RecvError::Closed) => Message::Gone,
        },
        changed = engine.snapshots.changed() => match changed {
            Ok(()) => Message::Snapshot(Arc::clone(&engine.snapshots.borrow_and_update())),
            Err(_) => Message::Gone,
        },
        changed = engine.pulse.changed() => match changed {
            Ok(()) => Message::Pulse(*engine.pulse.borrow_and_update()),
            Err(_) => Message::Gone,
        },
    };
    if matches!(message, Message::Gone) {
        *link = None;
    }
    message
}

/// The log lines that are there by now.
pub(super) async fn lines(lines: &mut mpsc::Receiver<LogLine>) -> Option<Vec<LogLine>> {
    let mut taken = Vec::new();
    (lines.recv_many(&mut taken, LINES).await > 0).then_some(taken)
}
