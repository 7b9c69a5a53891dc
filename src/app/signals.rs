//! Signals that ask something of the program.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask to leave, listened to from the moment this is made.
#[derive(Debug)]
pub struct Leave {
    interrupt: Signal,
    terminate: Signal,
    /// None under nohup: who set it to be ignored wants the program to stay.
    hang_up: Option<Signal>,
}

impl Leave {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if hang_up_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    /// Waits for the next such signal, and returns its number.
    pub async fn next(&mut self) -> u8 {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => 15,
            _ = self.interrupt.recv() => 2,
            () = received(self.hang_up.as_mut()) => 1,
        }
    }
}

/// What a signal asks of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To leave, by the signal with this number.
    Leave(u8),
    /// To take the terminal again: the process was stopped and goes on.
    Resume,
}

/// The signals that ask something of the screen, listened to from the moment this is made.
#[derive(Debug)]
pub struct ForScreen {
    leave: Leave,
    goes_on: Signal,
}

impl ForScreen {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        let goes_on = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        Ok(Self { leave: Leave::listen()?, goes_on: signal(goes_on)? })
    }

    /// Waits for the next such signal. Nothing is lost when this is dropped and asked again.
    pub async fn next(&mut self) -> Ask {
        tokio::select! {
            biased;
            number = self.leave.next() => Ask::Leave(number),
            _ = self.goes_on.recv() => Ask::Resume,
        }
    }
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether SIGHUP was set to be ignored before this program began, as Linux tells it; elsewhere nobody asks.
fn hang_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal as Number, getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn the_screen_is_told_to_resume_and_to_leave() {
        let mut signals = ForScreen::listen().unwrap();
        kill_process(getpid(), Number::CONT).unwrap();
        assert_eq!(signals.next().await, Ask::Resume);
        kill_process(getpid(), Number::TERM).unwrap();
        assert_eq!(signals.next().await, Ask::Leave(15));
    }
}
