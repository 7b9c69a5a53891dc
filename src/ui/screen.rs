//! The loop around the model: messages in, effects out, frames onto the terminal. It never waits for EC2.

mod ends;
mod sources;

use std::collections::VecDeque;
use std::io;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use crossterm::event::Event as TerminalEvent;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

pub use self::ends::{Ending, Inlets, Link, Signal};

use self::sources::{lines, told, typed};
use super::clipboard::{self, How, Surroundings};
use super::keyboard::Keyboard;
use super::message::{Effect, Message, NotCopied};
use super::model::Model;
use super::terminal::Terminal;
use super::times::Moment;
use super::update::{next_wake, update};
use super::view;
use crate::clock::Clock;
use crate::config::Notify;
use crate::protocol::{Command, Weight};

/// What is no key is drawn at most this often.
const FRAME: Duration = Duration::from_millis(30);

/// The number of SIGINT.
const INTERRUPT: u8 = 2;

/// How late the signal may be that tells of a terminal that is gone.
const LATE: Duration = Duration::from_millis(500);

/// The running screen.
pub(super) struct Screen {
    model: Model,
    terminal: Terminal,
    clock: Clock,
    started: Instant,
    keyboard: Option<Keyboard>,
    inlets: Inlets,
    connecting: bool,
    link: Option<Link>,
    copied: (mpsc::UnboundedSender<Copied>, mpsc::UnboundedReceiver<Copied>),
    drawn: Instant,
    owes_frame: bool,
    ending: Option<Ending>,
    /// By which signal it was asked to leave, if by one.
    signalled: Option<u8>,
    /// Signals that arrived while the terminal was given away.
    signals: VecDeque<Signal>,
    /// Whether the terminal was taken back already after a stop of which a signal still tells.
    took_terminal_back: bool,
}

/// A text that was copied outside the terminal, or not.
#[derive(Debug)]
struct Copied {
    what: &'static str,
    text: String,
    how: Option<How>,
}

impl Screen {
    /// A screen on this terminal.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be read.
    pub(super) fn new(
        model: Model,
        terminal: Terminal,
        clock: Clock,
        started: Instant,
        inlets: Inlets,
    ) -> io::Result<Self> {
        Ok(Self {
            terminal,
            clock,
            started,
            keyboard: Some(Keyboard::listen(model.size)?),
            model,
            inlets,
            connecting: true,
            link: None,
            copied: mpsc::unbounded_channel(),
            drawn: started,
            owes_frame: true,
            ending: None,
            signalled: None,
            signals: VecDeque::new(),
            took_terminal_back: false,
        })
    }

    /// Runs until the operator leaves, or the terminal is gone.
    pub(super) async fn run(mut self) -> io::Result<Ending> {
        match self.keep_running().await {
            Err(error) if Terminal::is_gone() => Ok(self.hung_up().await.ok_or(error)?),
            ended => ended,
        }
    }

    /// How a screen without a terminal ends: by the signal that tells of it, which may be late; under nohup by itself.
    async fn hung_up(&mut self) -> Option<Ending> {
        let told = tokio::time::timeout(LATE, async {
            loop {
                if let Signal::Leave(number) = self.inlets.signals.recv().await? {
                    return Some(Ending::Signal(number));
                }
            }
        });
        told.await.unwrap_or(Some(Ending::Left))
    }

    async fn keep_running(&mut self) -> io::Result<Ending> {
        self.draw()?;
        loop {
            let message = self.next().await;
            let is_key = matches!(message, Message::Input(_));
            if is_resize(&message) {
                // What was outside for a moment is lost, even where the size is the old one again.
                self.terminal.clear()?;
            }
            let now = self.moment();
            let effects = update(&mut self.model, message, now);
            for effect in effects {
                self.perform(effect).await?;
            }
            if let Some(ending) = self.ending.take() {
                return Ok(ending);
            }
            self.owes_frame = true;
            if is_key || self.drawn.elapsed() >= FRAME {
                self.draw()?;
            }
        }
    }

    fn moment(&self) -> Moment {
        Moment { real: self.started.elapsed(), clock: self.clock.now() }
    }

    fn draw(&mut self) -> io::Result<()> {
        self.model.now = self.moment();
        let model = &self.model;
        self.terminal.draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = view::draw(model, area, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        self.drawn = Instant::now();
        self.owes_frame = false;
        Ok(())
    }

    /// Waits for the next thing that happens.
    async fn next(&mut self) -> Message {
        if let Some(signal) = self.signals.pop_front() {
            return self.signal(signal);
        }
        let now = self.moment();
        let wake = next_wake(&self.model);
        let frame = self.owes_frame.then(|| FRAME.saturating_sub(self.drawn.elapsed()));
        let real = wake.real.map(|at| at.saturating_sub(now.real)).into_iter().chain(frame).min();
        let world = wake.clock.map(|at| at.saturating_sub(now.clock.monotonic));
        tokio::select! {
            biased;
            input = typed(&mut self.keyboard) => input,
            Some(signal) = self.inlets.signals.recv() => self.signal(signal),
            link = &mut self.inlets.link, if self.connecting => self.connected(link.ok()),
            message = told(&mut self.link) => message,
            Some(lines) = lines(&mut self.inlets.lines) => Message::Logged(lines),
            Some(copied) = self.copied.1.recv() => self.copied(copied),
            () = tokio::time::sleep(real.unwrap_or_default()), if real.is_some() => Message::Tick,
            () = self.clock.sleep(world.unwrap_or_default()), if world.is_some() => Message::Tick,
        }
    }

    fn signal(&mut self, signal: Signal) -> Message {
        match signal {
            Signal::Leave(number) => {
                self.signalled = Some(number);
                Message::Signal
            }
            // Of one's own stop one knows already.
            Signal::Continued if std::mem::take(&mut self.took_terminal_back) => Message::Resumed,
            Signal::Continued => {
                // Nobody knows what the shell drew meanwhile. A terminal that is gone shows at the next frame.
                let _ = self.terminal.resume();
                Message::Resumed
            }
        }
    }

    fn connected(&mut self, link: Option<Result<Link, String>>) -> Message {
        self.connecting = false;
        match link {
            Some(Ok(link)) => {
                let watching = link.watching.clone();
                self.link = Some(link);
                Message::Connected(watching)
            }
            Some(Err(why)) => {
                self.ending = Some(Ending::Failed(why.clone()));
                Message::Failed(why)
            }
            None => Message::Failed("the engine did not start: leave, and see the log file".to_owned()),
        }
    }

    /// Copies by way of the terminal what neither desktop nor tmux took.
    fn copied(&mut self, Copied { what, text, how }: Copied) -> Message {
        let how = how.map_or_else(|| self.copy_through(&text), Ok);
        Message::Copied(how.map(|how| format!("{what}: {how}")).map_err(|why| NotCopied { text, why }))
    }

    fn copy_through(&mut self, text: &str) -> Result<How, String> {
        let mut sent = Ok(How::Terminal);
        let written = self.terminal.send(|out| {
            sent = clipboard::through(out, text, &Surroundings::of_process());
            Ok(())
        });
        written.map_err(|error| error.to_string()).and(sent)
    }

    async fn perform(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Send(command) => self.send(command),
            Effect::Quit { at_once } => self.quit(at_once),
            Effect::Suspend => self.suspend()?,
            Effect::Copy(what, text) => self.copy(what, text),
            Effect::Ssh(machine, words) => {
                let ended = self.hand_over(&words).await;
                let (now, words) = (self.moment(), format!("ssh to {machine} {ended}"));
                update(&mut self.model, Message::Returned(words), now);
            }
            Effect::Ring(why) => {
                let Notify { bell, desktop } = self.model.facts.config.notify;
                if bell {
                    self.terminal.bell()?;
                }
                if desktop {
                    self.terminal.notify("spotkeeper", &why)?;
                }
            }
            Effect::Mouse(mouse) => self.terminal.set_mouse(mouse)?,
        }
        Ok(())
    }

    fn send(&mut self, command: Command) {
        let why = match &self.link {
            None => "the engine is not there yet",
            Some(link) => match link.commands.try_send(command) {
                Ok(()) => return,
                Err(TrySendError::Full(_)) => "the engine is busy: press again in a moment",
                Err(TrySendError::Closed(_)) => "the engine ended",
            },
        };
        self.model.say(why, Weight::Warning);
    }

    /// Lets the engine finish the step in flight, or leaves at once.
    fn quit(&mut self, at_once: bool) {
        let stopping = !at_once && self.link.as_ref().is_some_and(|link| link.commands.try_send(Command::Stop).is_ok());
        if !stopping {
            self.ending = Some(self.signalled.map_or(Ending::Left, Ending::Signal));
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        // Or it would take the shell's keys.
        self.keyboard = None;
        let suspended = self.terminal.suspend();
        self.took_terminal_back = true;
        self.keyboard = Some(Keyboard::listen(self.model.size)?);
        self.send(Command::LookNow);
        suspended
    }

    fn copy(&self, what: &'static str, text: String) {
        let done = self.copied.0.clone();
        tokio::spawn(async move {
            let how = clipboard::outside(&text, &Surroundings::of_process()).await;
            // The screen may be gone by now.
            let _ = done.send(Copied { what, text, how });
        });
    }

    /// Gives the terminal to a program until it ends. Returns in words how it did.
    async fn hand_over(&mut self, words: &[String]) -> String {
        let Some((program, arguments)) = words.split_first() else { return "was not started".to_owned() };
        self.keyboard = None;
        let mut process = Process::new(program);
        process.args(arguments);
        let status = self.terminal.hand_over(process).await;
        // A terminal that cannot be read any more is gone, which the next frame shows.
        self.keyboard = Keyboard::listen(self.model.size).ok();
        // Ctrl-c typed for the program was sent to this one as well.
        let arrived = std::iter::from_fn(|| self.inlets.signals.try_recv().ok());
        self.signals.extend(arrived.filter(|signal| *signal != Signal::Leave(INTERRUPT)));
        match status {
            Ok(status) if status.success() => "ended".to_owned(),
            Ok(status) => format!("ended with {status}"),
            Err(error) => format!("could not be started: {error}"),
        }
    }
}

fn is_resize(message: &Message) -> bool {
    let Message::Input(events) = message else { return false };
    events.iter().any(|event| matches!(event, TerminalEvent::Resize(..)))
}
