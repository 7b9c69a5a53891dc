//! Signals that ask something of the program.

use std::io::IsTerminal as _;

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

    /// The same, but for a hang-up, which is kept.
    async fn next_but_hang_up(&mut self) -> u8 {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => 15,
            _ = self.interrupt.recv() => 2,
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

/// What a signal asks of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// To leave, by the signal with this number.
    Leave(u8),
    /// To read the configuration again.
    Reload,
}

/// The signals that ask something of the service, listened to from the moment this is made.
#[derive(Debug)]
pub struct ForService {
    leave: Leave,
    /// Which of the three standard streams were terminals in the beginning.
    terminals: [bool; 3],
}

impl ForService {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { leave: Leave::listen()?, terminals: terminals() })
    }

    /// Waits for the next such signal. Nothing is lost when this is dropped and asked again.
    ///
    /// SIGHUP says one of two things: that the configuration changed, or that the terminal is gone.
    pub async fn next(&mut self) -> Order {
        match self.leave.next().await {
            1 if self.terminals == terminals() => Order::Reload,
            number => Order::Leave(number),
        }
    }

    /// Waits for the next signal that always asks to leave, and returns its number. What else comes meanwhile is kept
    /// for [`ForService::next`].
    pub async fn next_to_leave(&mut self) -> u8 {
        self.leave.next_but_hang_up().await
    }
}

/// Which of the standard streams are terminals; one that was hung up is none any more.
fn terminals() -> [bool; 3] {
    [std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), std::io::stderr().is_terminal()]
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

    use tokio::sync::Mutex;

    use super::*;

    /// A signal reaches every test of the process that listens: one at a time.
    static ALONE: Mutex<()> = Mutex::const_new(());

    #[tokio::test]
    async fn the_screen_is_told_to_resume_and_to_leave() {
        let _alone = ALONE.lock().await;
        let mut signals = ForScreen::listen().unwrap();
        kill_process(getpid(), Number::CONT).unwrap();
        assert_eq!(signals.next().await, Ask::Resume);
        kill_process(getpid(), Number::TERM).unwrap();
        assert_eq!(signals.next().await, Ask::Leave(15));
    }

    #[tokio::test]
    async fn the_service_is_told_to_reload_by_a_hang_up_with_its_terminal_there_and_to_leave_without() {
        assert!(!hang_up_is_ignored(), "under nohup no hang-up comes: run the tests without");
        let _alone = ALONE.lock().await;
        let mut signals = ForService::listen().unwrap();
        kill_process(getpid(), Number::HUP).unwrap();
        assert_eq!(signals.next().await, Order::Reload);
        kill_process(getpid(), Number::HUP).unwrap();
        kill_process(getpid(), Number::TERM).unwrap();
        assert_eq!(signals.next_to_leave().await, 15);
        assert_eq!(signals.next().await, Order::Reload, "what was not asked for was kept");
        signals.terminals = signals.terminals.map(|is_one| !is_one);
        kill_process(getpid(), Number::HUP).unwrap();
        assert_eq!(signals.next().await, Order::Leave(1));
    }
}
