//! A pseudo-terminal with a program in it, and eyes on what a person would see there.

use std::fmt;
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::{Size, blocking};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::{PATIENCE, eventually};

/// How long nobody types when a key was typed that is typed again: longer than what the program takes for a paste.
const A_LITTLE: Duration = Duration::from_millis(250);

/// A program in a terminal of its own, whose session it leads. It is killed when this value goes.
pub(crate) struct Pty {
    child: Guarded,
    keyboard: blocking::Pty,
    /// The program's side, kept open so that its settings outlive the program.
    inside: OwnedFd,
    eyes: Arc<Eyes>,
    /// Whoever watches lets go when this is closed.
    uncut: PipeWriter,
}

/// What a run in a terminal came to.
pub(crate) struct Ended {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Every byte that it wrote.
    pub(crate) raw: Vec<u8>,
    /// The screen that it left.
    pub(crate) screen: vt100::Screen,
    /// The terminal's settings that it left, as `stty -a` says them.
    pub(crate) settings: String,
}

struct Guarded(Child);

struct Eyes {
    seen: Mutex<Seen>,
    more: Condvar,
}

struct Seen {
    terminal: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

impl Pty {
    /// Starts a command in a new terminal of this size, with these variables added to its environment.
    pub(crate) fn spawn(command: Command, (rows, columns): (u16, u16), variables: &[(&str, &str)]) -> Self {
        let (keyboard, inside) = blocking::open().expect("a pseudo-terminal");
        keyboard.resize(Size::new(rows, columns)).expect("a pseudo-terminal has a size");
        let kept = inside.as_fd().try_clone_to_owned().expect("a second handle");
        let screen = keyboard.as_fd().try_clone_to_owned().expect("a second handle");
        let (cut, uncut) = std::io::pipe().expect("a pipe");
        let command = blocking::Command::from(command).envs(variables.iter().copied());
        let child = Guarded(command.spawn(inside).expect("the program starts"));
        let eyes = Arc::new(Eyes::new(rows, columns));
        thread::spawn({
            let eyes = Arc::clone(&eyes);
            move || eyes.watch(File::from(screen), &cut)
        });
        Self { child, keyboard, inside: kept, eyes, uncut }
    }

    /// Waits until the screen is as it should be; `what` completes "waited in vain for …".
    pub(crate) fn wait_for(&self, what: &str, mut is_there: impl FnMut(&vt100::Screen) -> bool) {
        self.eyes.wait_until(what, |seen| is_there(seen.terminal.screen()));
    }

    /// Waits until the screen shows this text, in one line.
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until the program has written these bytes, whatever they show.
    pub(crate) fn wait_for_bytes(&self, bytes: &[u8]) {
        self.wait_for_bytes_after(0, bytes);
    }

    /// The same, for what comes after the first so many bytes.
    pub(crate) fn wait_for_bytes_after(&self, before: usize, bytes: &[u8]) {
        let what = format!("the bytes {}", bytes.escape_ascii());
        let is_there =
            |seen: &Seen| seen.raw.get(before..).is_some_and(|new| new.windows(bytes.len()).any(|w| w == bytes));
        self.eyes.wait_until(&what, is_there);
    }

    /// The screen as it is now.
    pub(crate) fn screen(&self) -> vt100::Screen {
        self.eyes.lock().terminal.screen().clone()
    }

    /// Types, as a keyboard does: `"\r"` is Enter, `"\u{3}"` is Ctrl-C, `"\u{1b}[A"` is an arrow.
    pub(crate) fn type_keys(&self, keys: &str) {
        (&self.keyboard).write_all(keys.as_bytes()).expect("a terminal takes keys");
    }

    /// Types the same again and again until the screen is as it should be, for keys that count only after a while;
    /// `what` completes "waited in vain for …". The program may get more of them than it needed.
    pub(crate) fn press_until(&self, keys: &str, what: &str, mut is_there: impl FnMut(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.type_keys(keys);
            if self.eyes.wait_a_little(|seen| is_there(seen.terminal.screen())) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}; there was:\n{}", *self.eyes.lock());
        }
    }

    /// Pastes, as a terminal with bracketed paste does.
    pub(crate) fn paste(&self, text: &str) {
        self.type_keys(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    }

    /// Makes the terminal another size, which the program is told by a signal.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        self.eyes.lock().terminal.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        self.keyboard.resize(Size::new(rows, columns)).expect("a pseudo-terminal has a size");
    }

    /// How many bytes the program has written so far, as far as they were read.
    pub(crate) fn bytes_so_far(&self) -> usize {
        self.eyes.lock().raw.len()
    }

    /// The program's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child.0), signal).expect("a running child takes signals");
    }

    /// The terminal's settings, as `stty -a` says them.
    pub(crate) fn settings(&self) -> String {
        let terminal = self.inside.try_clone().expect("a second handle");
        let said = Command::new("stty").arg("-a").stdin(Stdio::from(terminal)).output().expect("stty runs");
        assert!(said.status.success(), "stty failed: {said:?}");
        String::from_utf8(said.stdout).expect("stty writes text")
    }

    /// Takes the terminal away, as a window that is closed does, and waits for the program's end.
    pub(crate) fn hang_up(self) -> ExitStatus {
        let Self { mut child, keyboard, inside, eyes, uncut } = self;
        drop((keyboard, inside, uncut));
        eyes.wait_until("nobody to look", |seen| seen.ended);
        eventually("the program's end without a terminal", || child.0.try_wait().expect("a child can be waited for"))
    }

    /// Waits for the program's end, and then for the last that it wrote.
    pub(crate) fn finish(mut self) -> Ended {
        let screen = || self.eyes.lock().to_string();
        let child = &mut self.child.0;
        let status = eventually(&format!("the program's end, with the screen\n{}", screen()), || {
            child.try_wait().expect("a child can be waited for")
        });
        let settings = self.settings();
        let Self { child, keyboard, inside, eyes, uncut } = self;
        // The terminal ends with the last who has its inside open.
        drop(inside);
        eyes.wait_until("the end of what was written", |seen| seen.ended);
        drop((child, keyboard, uncut));
        let seen = eyes.lock();
        Ended { status, raw: seen.raw.clone(), screen: seen.terminal.screen().clone(), settings }
    }
}

/// Waits for something to read. Returns whether nobody wants it any more.
fn is_cut(screen: &File, cut: &PipeReader) -> bool {
    let mut ends = [PollFd::new(screen, PollFlags::IN), PollFd::new(cut, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut ends, None)).expect("a terminal can be waited for");
    !ends[1].revents().is_empty()
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // After a wait there is nobody left to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A screen that is nothing has no eyes on it.
fn at_least_one(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("a terminal has rows and columns")
}

impl Eyes {
    fn new(rows: u16, columns: u16) -> Self {
        let seen = Seen {
            terminal: vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0),
            raw: Vec::new(),
            ended: false,
        };
        Self { seen: Mutex::new(seen), more: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, mut screen: File, cut: &PipeReader) {
        let mut bytes = [0; 4096];
        loop {
            // Linux ends a terminal with an error.
            let read = if is_cut(&screen, cut) { 0 } else { screen.read(&mut bytes).unwrap_or_default() };
            if read == 0 {
                // Before anybody is told: who waits for it wants the last handle closed.
                drop(screen);
                self.lock().ended = true;
                self.more.notify_all();
                return;
            }
            let mut seen = self.lock();
            seen.terminal.process(&bytes[..read]);
            seen.raw.extend_from_slice(&bytes[..read]);
            drop(seen);
            self.more.notify_all();
        }
    }

    /// Whether it is there now, or soon: for whoever asks again.
    fn wait_a_little(&self, mut is_there: impl FnMut(&Seen) -> bool) -> bool {
        let waited = self.more.wait_timeout_while(self.lock(), A_LITTLE, |seen| !is_there(seen) && !seen.ended);
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        is_there(&seen)
    }

    /// Fails with the whole screen after [`PATIENCE`], or as soon as no more can come.
    fn wait_until(&self, what: &str, mut is_there: impl FnMut(&Seen) -> bool) {
        let mut there = false;
        let (seen, _) = self
            .more
            .wait_timeout_while(self.lock(), PATIENCE, |seen| {
                there = is_there(seen);
                !there && !seen.ended
            })
            .unwrap_or_else(PoisonError::into_inner);
        assert!(there, "waited in vain for {what}; there was:\n{}", *seen);
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let screen = self.terminal.screen();
        let (rows, columns) = screen.size();
        writeln!(f, "{rows} rows, {columns} columns, {} bytes read", self.raw.len())?;
        screen.rows(0, columns.get()).try_for_each(|row| writeln!(f, "|{row}"))
    }
}

#[cfg(test)]
mod tests;
