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
