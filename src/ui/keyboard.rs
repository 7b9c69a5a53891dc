//! The keyboard: whatever the terminal sends, read in a thread of its own.
//!
//! Crossterm's own stream reads for ever where the terminal is gone, on the thread that asks it
//! (<https://github.com/crossterm-rs/crossterm/issues/793>), and asked for what else is there it forgets whom to wake.
//! So this waits for the terminal itself, lets crossterm read only what is there, and is deaf to none of the two ends:
//! a terminal that is gone, and a screen that gives it away.

use std::fs::File;
use std::io::{self, IsTerminal as _, PipeWriter};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::mpsc as blocking;
use std::time::Duration;

use crossterm::event::{self, Event};
use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::terminal::GONE;

/// What arrives within this time after a key arrived with it: to read on shows what is there already.
const TOGETHER: Duration = Duration::from_millis(2);

/// How long it may take the thread to notice that nobody listens any more. It waits for the end of a sequence that it
/// has seen the beginning of, which may never come.
const PATIENCE: Duration = Duration::from_millis(100);

/// Reads the terminal until it is dropped.
#[derive(Debug)]
pub(crate) struct Keyboard {
    arrived: mpsc::UnboundedReceiver<Vec<Event>>,
    resized: Signal,
    /// The size that is known of, until the terminal was asked whether it still is: nobody listened before.
    known: Option<Size>,
    /// Closing it ends the thread.
    stop: Option<PipeWriter>,
    /// Closed by the thread when it ends.
    ended: blocking::Receiver<()>,
}

impl Keyboard {
    /// Begins to read. `known` is the size of the terminal as far as the caller knows.
    ///
    /// # Errors
    ///
    /// When there is no terminal to read from, or the system has no thread for it.
    pub(crate) fn listen(known: Size) -> io::Result<Self> {
        let (terminal, resized) = (terminal()?, signal(SignalKind::window_change())?);
        let (stopped, stop) = io::pipe()?;
        let (sender, arrived) = mpsc::unbounded_channel();
        let (alive, ended) = blocking::channel();
        std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            // A terminal that fails is gone; closing the channel says so.
            let _ = read(&terminal, &stopped.into(), &sender);
            drop(alive);
        })?;
        Ok(Self { arrived, resized, known: Some(known), stop: Some(stop), ended })
    }

    /// Waits for what the terminal sends, and returns all that arrived at once; nothing when the terminal is gone.
    /// Nothing is lost when this is dropped and asked again.
    pub(crate) async fn typed(&mut self) -> Option<Vec<Event>> {
        if let Some(known) = self.known.take() {
            let now = size();
            if now != [Event::Resize(known.width, known.height)] {
                return Some(now);
            }
        }
        tokio::select! {
            biased;
            events = self.arrived.recv() => events,
            _ = self.resized.recv() => Some(size()),
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.stop = None;
        // Or the thread would take keys that are meant for whoever has the terminal next.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

/// The terminal that crossterm reads.
fn terminal() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return stdin.as_fd().try_clone_to_owned();
    }
    let why = |error| io::Error::other(format!("there is no keyboard to read: /dev/tty: {error}; try --no-tui"));
    Ok(File::open("/dev/tty").map_err(why)?.into())
}

/// The size of the terminal, as an event.
fn size() -> Vec<Event> {
    crossterm::terminal::size().map(|(columns, rows)| Event::Resize(columns, rows)).into_iter().collect()
}

/// Reads until nobody listens any more, or the terminal is gone.
fn read(terminal: &OwnedFd, stopped: &OwnedFd, sender: &mpsc::UnboundedSender<Vec<Event>>) -> io::Result<()> {
    while is_there(terminal, stopped)? {
        let mut events = Vec::new();
        while event::poll(TOGETHER)? {
            events.push(event::read()?);
        }
        if !events.is_empty() && sender.send(events).is_err() {
            break;
        }
    }
    Ok(())
}

/// Waits until there is something to read. Returns whether there is: not when the terminal is gone, or nobody listens.
fn is_there(terminal: &OwnedFd, stopped: &OwnedFd) -> io::Result<bool> {
    let mut ends = [PollFd::new(terminal, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut ends, None))?;
    let [terminal, stopped] = ends.map(|end| end.revents());
    Ok(stopped.is_empty() && !terminal.intersects(GONE))
}
