//! Writing to stdout and stderr: without a panic, and without letting text act on the terminal.

use std::io::{self, Write as _};

use crate::app::logging::{Format, last_words};
use crate::model::Escaped;

/// Writes lines to stdout, each escaped. Whoever closes the pipe has read enough: that is no error.
///
/// # Errors
///
/// When stdout cannot be written for another reason.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = text.lines().try_for_each(|line| writeln!(out, "{}", Escaped(line))).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// What is well, on a terminal with colours.
pub(super) const GREEN: &str = "\u{1b}[32m";
/// What should be mended.
pub(super) const YELLOW: &str = "\u{1b}[1;33m";
/// What is wrong.
pub(super) const RED: &str = "\u{1b}[1;31m";

const RESET: &str = "\u{1b}[0m";

/// A line whose beginning may have a colour.
#[derive(Debug)]
pub(super) struct Painted {
    /// One of the colours here, or nothing.
    pub(super) colour: &'static str,
    pub(super) head: String,
    pub(super) rest: String,
}

impl Painted {
    /// A line without a colour.
    pub(super) fn plain(rest: String) -> Self {
        Self { colour: "", head: String::new(), rest }
    }
}

/// Writes lines to stdout as [`print`] does, with their colours if there are to be any.
///
/// # Errors
///
/// When stdout cannot be written, but for a pipe that was closed.
pub(super) fn print_painted(lines: &[Painted], colours: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut write = |Painted { colour, head, rest }: &Painted| {
        let (head, rest) = (Escaped(head), Escaped(rest));
        if colours && !colour.is_empty() {
            writeln!(out, "{colour}{head}{RESET}{rest}")
        } else {
            writeln!(out, "{head}{rest}")
        }
    };
    let written = lines.iter().try_for_each(&mut write).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes a line to stderr that is no error, escaped. Where that fails nobody can be told.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", Escaped(text));
}

/// Writes an error to stderr, each line escaped. Where that fails nobody can be told.
pub(super) fn complain(text: &str) {
    complain_as(Format::Text, text);
}

/// The same, where stderr has a format of its own.
pub(super) fn complain_as(format: Format, text: &str) {
    let _ = io::stderr().lock().write_all(last_words(text, format).as_bytes());
}
