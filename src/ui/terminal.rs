//! The real terminal: it is switched to the screen, drawn on, and given back whole, whatever happens.
//!
//! It is undone on every way out: `leave` and drop (return and error), the panic hook, and signals, which end in one
//! of the former. Nothing here reads the keyboard.

mod modes;
mod notice;
mod output;
mod rescue;

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::process::{Command, ExitStatus};

use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::queue;
use crossterm::style::Print;
use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_current_process_group};
use tokio::sync::oneshot;

use self::output::Canvas;

/// The terminal on standard output, and what was switched on. Dropping it gives the terminal back.
#[derive(Debug)]
pub(crate) struct Terminal {
    canvas: Canvas<File>,
    mouse: bool,
    is_on: bool,
}

impl Terminal {
    /// Switches to the screen: raw mode, alternate screen, no cursor, bracketed paste, focus reports, a title, and the
    /// mouse if asked for. From now on a panic in any thread gives the terminal back before its message is printed.
    ///
    /// # Errors
    ///
    /// When the terminal refuses; it is as before then. That standard output is one, the caller knows.
    pub(crate) fn enter(mouse: bool) -> io::Result<Self> {
        rescue::hook_panics();
        let canvas = Canvas::new(File::from(io::stdout().as_fd().try_clone_to_owned()?))?;
        let mut terminal = Self { canvas, mouse, is_on: false };
        terminal.switch_on()?;
        Ok(terminal)
    }

    /// Gives the terminal back. To do so twice, or to a terminal that is gone, is no harm.
    pub(crate) fn leave(&mut self) {
        self.is_on = false;
        rescue::switch_off();
    }

    /// Takes the terminal again, and draws the next frame in full: after [`Self::leave`], or after the process was
    /// stopped from outside and goes on, when nobody knows what the shell did meanwhile.
    ///
    /// # Errors
    ///
    /// When the terminal refuses.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.leave();
        self.switch_on()?;
        self.clear()
    }

    /// Gives the terminal back, stops the whole process group as Ctrl-Z does, and takes the terminal again once
    /// somebody lets it go on. All threads stop, the engine's too: in auto mode ask first. To be called on the main
    /// thread, which the system stops before this goes on. Where no shell could ever continue the group, nothing stops.
    ///
    /// # Errors
    ///
    /// When the terminal refuses afterwards.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        // The group, because whoever started this program and waits for it would keep the terminal.
        let stopped = kill_current_process_group(Signal::TSTP);
        self.resume()?;
        Ok(stopped?)
    }

    /// Gives the terminal to a command, such as ssh, until it ends, and takes it back.
    ///
    /// Before this is called, drop the keyboard, or it takes the command's keys. While this is under way,
    /// drop interrupts: Ctrl-C typed for the command is sent to this process too. Frames drawn meanwhile go nowhere.
    ///
    /// # Errors
    ///
    /// When the command cannot be started, or the terminal refuses afterwards.
    pub(crate) async fn hand_over(&mut self, mut command: Command) -> io::Result<ExitStatus> {
        self.leave();
        let (done, ended) = oneshot::channel();
        // A thread of its own: the runtime would wait for one of its own at the end.
        std::thread::spawn(move || done.send(command.status()));
        let status = ended.await.map_err(io::Error::other);
        self.resume()?;
        status?
    }

    /// Draws a frame, in one write and at once for the eye; a frame that changes nothing writes nothing. Does nothing
    /// while the terminal is given away.
    ///
    /// # Errors
    ///
    /// When the terminal is gone, or was given back because another thread panicked.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !self.is_on {
            return Ok(());
        }
        if !rescue::is_on() {
            return Err(io::Error::other("the screen was closed because a part of the program panicked"));
        }
        self.canvas.draw(render)
    }

    /// Makes the next frame a complete one.
    ///
    /// # Errors
    ///
    /// When the terminal does not say how large it is, or is gone.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        let size = self.size()?;
        self.canvas.clear(Rect::from((Position::ORIGIN, size)))
    }

    /// How many columns and rows there are.
    ///
    /// # Errors
    ///
    /// When the terminal does not say.
    pub(crate) fn size(&self) -> io::Result<Size> {
        self.canvas.size()
    }

    /// Takes the mouse, or leaves it to the terminal, which selects text with it.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub(crate) fn set_mouse(&mut self, mouse: bool) -> io::Result<()> {
        self.mouse = mouse;
        self.send(
            |mut out| if mouse { queue!(&mut out, EnableMouseCapture) } else { queue!(&mut out, DisableMouseCapture) },
        )
    }

    /// Whether the terminal is gone, as when its window was closed.
    pub(crate) fn is_gone() -> bool {
        let stdout = io::stdout();
        let mut end = [PollFd::new(&stdout, PollFlags::empty())];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let asked = rustix::io::retry_on_intr(|| poll(&mut end, Some(&at_once)));
        let [end] = end.map(|end| end.revents());
        asked.is_err() || end.intersects(GONE)
    }

    /// Rings the bell.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub(crate) fn bell(&mut self) -> io::Result<()> {
        self.send(|mut out| queue!(&mut out, Print('\u{7}')))
    }

    /// Asks the terminal to notify its user, by OSC 9, through tmux if that is around us. Whether it can, nobody says.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub(crate) fn notify(&mut self, title: &str, body: &str) -> io::Result<()> {
        let notice = notice::osc_9(title, body, env::var_os("TMUX").is_some());
        self.send(|mut out| queue!(&mut out, Print(notice)))
    }

    /// Sends sequences that move neither cursor nor cells; nothing while the terminal is given away.
    ///
    /// # Errors
    ///
    /// When the terminal is gone, and those of `write`.
    pub(crate) fn send(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if !(self.is_on && rescue::is_on()) {
            return Ok(());
        }
        let mut out = self.canvas.writer();
        write(&mut out)?;
        out.flush()
    }

    fn switch_on(&mut self) -> io::Result<()> {
        rescue::switch_on(self.mouse)?;
        self.is_on = true;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}
/// What the system says of a terminal that is gone.
pub(crate) const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);
