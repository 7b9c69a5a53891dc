//! Lines for the screen's log pane.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::words::Words;
use crate::clock::Clock;
use crate::protocol::Weight;
use crate::ui::LogLine;

/// Sends each event to the screen. Nobody waits for it: what comes too fast is counted, and told with the next line
/// that finds room.
pub(super) struct Lines {
    clock: Clock,
    sender: mpsc::Sender<LogLine>,
    lost: AtomicU64,
    has_file: bool,
}

impl Lines {
    /// Lines that are stamped by this clock, and go there; whether they go to a log file as well.
    pub(super) fn new(clock: Clock, sender: mpsc::Sender<LogLine>, has_file: bool) -> Self {
        Self { clock, sender, lost: AtomicU64::new(0), has_file }
    }

    fn send(&self, line: LogLine) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let note = (lost > 0).then(|| self.too_fast(line.at, lost));
        match self.sender.try_reserve_many(1 + usize::from(note.is_some())) {
            Ok(room) => room.zip(note.into_iter().chain([line])).for_each(|(room, line)| room.send(line)),
            Err(TrySendError::Full(())) => drop(self.lost.fetch_add(lost + 1, Ordering::Relaxed)),
            // The screen is gone, and nobody looks.
            Err(TrySendError::Closed(())) => {}
        }
    }

    fn too_fast(&self, at: Timestamp, lost: u64) -> LogLine {
        let (lines, they) = if lost == 1 { ("line", "it is") } else { ("lines", "they are") };
        let place = if self.has_file { "in the log file" } else { "lost, as there is no log file" };
        let words = format!("{lost} log {lines} came too fast for the screen; {they} {place}");
        LogLine { at, weight: Weight::Warning, machine: String::new(), words }
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Words { at, machine, message, others, .. } = Words::of(event);
        let weight = weight(*event.metadata().level());
        self.send(LogLine {
            at: at.unwrap_or_else(|| self.clock.now().wall),
            weight,
            machine,
            words: message + &others,
        });
    }
}

fn weight(level: Level) -> Weight {
    match level {
        Level::ERROR => Weight::Error,
        Level::WARN => Weight::Warning,
        _ => Weight::Info,
    }
}
