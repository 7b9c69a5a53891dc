//! The terminal's way back, where a panic finds it too: whether it is a screen now is known to the process.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::modes;

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Whether the terminal is a screen now.
pub(super) fn is_on() -> bool {
    IS_ON.load(Ordering::SeqCst)
}

/// Makes the terminal on standard output a screen; where that fails, it is as before.
pub(super) fn switch_on(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    IS_ON.store(true, Ordering::SeqCst);
    let entered = stdout().and_then(|mut out| modes::enter(&mut out, mouse));
    entered.inspect_err(|_| switch_off())
}

/// Undoes that, if it was done, and only once. A terminal that is gone has nothing to be undone.
pub(super) fn switch_off() {
    if IS_ON.swap(false, Ordering::SeqCst) {
        // First, as ratatui does it: it has more side effects than the rest.
        let _ = disable_raw_mode();
        let _ = stdout().and_then(|mut out| modes::leave(&mut out));
    }
}

/// Lets a panic give the terminal back before its message is printed.
pub(super) fn hook_panics() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            switch_off();
            next(info);
        }));
    });
}

/// Standard output without the buffer of the standard library, which the panicking thread may just be using.
fn stdout() -> io::Result<io::BufWriter<File>> {
    Ok(io::BufWriter::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
}
