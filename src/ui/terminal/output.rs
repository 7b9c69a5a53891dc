//! Frames on their way to the terminal: each is one write, shown at once, and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::queue;
use crossterm::style::force_color_output;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, TerminalOptions, Viewport};

/// Ratatui's terminal over a writer that keeps whole frames together.
#[derive(Debug)]
pub(super) struct Canvas<W: Write> {
    terminal: ratatui::Terminal<CrosstermBackend<Whole<W>>>,
    frames: Arc<Frames>,
}

impl<W: Write> Canvas<W> {
    /// A canvas as large as the terminal.
    ///
    /// # Errors
    ///
    /// When the terminal does not say how large it is.
    pub(super) fn new(out: W) -> io::Result<Self> {
        Self::with(out, Viewport::Fullscreen)
    }

    fn with(out: W, viewport: Viewport) -> io::Result<Self> {
        // The theme decides about colours, by NO_COLOR too. Crossterm's own way with it is an empty code, which
        // resets bold and reverse as well.
        force_color_output(true);
        let frames = Arc::new(Frames::default());
        let whole = Whole { out, pending: Vec::new(), frames: Arc::clone(&frames), idle: idle_frame()?, hides: false };
        let terminal = ratatui::Terminal::with_options(CrosstermBackend::new(whole), TerminalOptions { viewport })?;
        Ok(Self { terminal, frames })
    }

    /// How many columns and rows the terminal has.
    pub(super) fn size(&self) -> io::Result<Size> {
        self.terminal.size()
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.whole(|terminal| terminal.draw(render).map(drop))
    }

    /// Makes the next frame a complete one, of this size.
    pub(super) fn clear(&mut self, area: Rect) -> io::Result<()> {
        // Not `clear` of ratatui: that asks the terminal where the cursor is, and takes keys for the answer.
        self.whole(|terminal| terminal.resize(area))
    }

    /// The way for sequences between frames; they are sent when it is flushed.
    pub(super) fn writer(&mut self) -> impl Write {
        self.terminal.backend_mut()
    }

    fn whole<T>(
        &mut self,
        draw: impl FnOnce(&mut ratatui::Terminal<CrosstermBackend<Whole<W>>>) -> io::Result<T>,
    ) -> io::Result<T> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.frames.under_way.store(true, Ordering::Relaxed);
        let drawn = draw(&mut self.terminal);
        self.frames.under_way.store(false, Ordering::Relaxed);
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.terminal.backend_mut())?;
        drawn
    }
}

impl<W: Write> Drop for Canvas<W> {
    fn drop(&mut self) {
        // Ratatui shows the cursor in the end, and where the terminal is gone it panics over that. Nothing is sent any
        // more: the terminal was given back before.
        self.frames.under_way.store(true, Ordering::Relaxed);
    }
}

/// What canvas and writer share, as ratatui lets nobody at the writer.
#[derive(Debug, Default)]
struct Frames {
    under_way: AtomicBool,
}

/// A writer that sends a frame when it is whole, whoever flushes in between.
#[derive(Debug)]
struct Whole<W> {
    out: W,
    pending: Vec<u8>,
    frames: Arc<Frames>,
    /// The frame that changes nothing.
    idle: Vec<u8>,
    /// Whether the cursor is known to be hidden.
    hides: bool,
}

impl<W: Write> Write for Whole<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() || self.frames.under_way.load(Ordering::Relaxed) {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        if self.hides && pending == self.idle {
            return Ok(());
        }
        if pending.starts_with(BEGIN) {
            self.hides = pending.ends_with(HIDDEN_END);
        }
        self.out.write_all(&pending)?;
        self.out.flush()
    }
}

/// How a frame begins.
const BEGIN: &[u8] = b"\x1b[?2026h";

/// How a frame without a cursor ends.
const HIDDEN_END: &[u8] = b"\x1b[?25l\x1b[?2026l";

fn idle_frame() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(bytes, BeginSynchronizedUpdate)?;
    let mut backend = CrosstermBackend::new(&mut bytes);
    backend.draw(std::iter::empty())?;
    backend.hide_cursor()?;
    queue!(bytes, EndSynchronizedUpdate)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
