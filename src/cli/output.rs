//! Writing to stdout and stderr: without a panic, and without letting text act on the terminal.

use std::io::{self, Write as _};

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

/// Writes an error to stderr, each line escaped. Where that fails nobody can be told.
pub(super) fn complain(text: &str) {
    let mut err = io::stderr().lock();
    for (index, line) in text.lines().enumerate() {
        let prefix = if index == 0 && !line.starts_with("error") { "error: " } else { "" };
        let _ = writeln!(err, "{prefix}{}", Escaped(line));
    }
}
