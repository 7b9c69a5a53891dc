//! The sequences that make a terminal a screen, and those that undo every one of them.

use std::io::{self, Write};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle};

/// What the window is called meanwhile.
const TITLE: &str = "spotkeeper";

/// Puts the title of the window and its icon on xterm's stack of titles.
const KEEP_TITLE: &str = "\u{1b}[22;0t";

/// Takes them from there.
const RESTORE_TITLE: &str = "\u{1b}[23;0t";

/// Writes what a screen needs, and flushes.
pub(super) fn enter(out: &mut impl Write, mouse: bool) -> io::Result<()> {
    queue!(out, Print(KEEP_TITLE), SetTitle(TITLE), EnterAlternateScreen, Hide)?;
    queue!(out, EnableBracketedPaste, EnableFocusChange)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Writes what undoes all of it, whatever was on, in the middle of a frame too, and flushes.
pub(super) fn leave(out: &mut impl Write) -> io::Result<()> {
    queue!(out, EndSynchronizedUpdate, SetAttribute(Attribute::Reset))?;
    queue!(out, DisableMouseCapture, DisableFocusChange, DisableBracketedPaste)?;
    queue!(out, LeaveAlternateScreen, Show, Print(RESTORE_TITLE))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZero;

    use super::*;

    const MOUSE: [&str; 5] = ["1000", "1002", "1003", "1006", "1015"];

    fn written(write: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The private modes that a text sets and resets, as they stand in the end.
    fn modes(text: &str) -> BTreeMap<String, bool> {
        let mut modes = BTreeMap::new();
        for rest in text.split("\u{1b}[?").skip(1) {
            let written = rest.split_inclusive(['h', 'l']).next().unwrap();
            modes.insert(written.trim_end_matches(['h', 'l']).to_owned(), written.ends_with('h'));
        }
        modes
    }

    #[test]
    fn leaving_undoes_every_mode_that_entering_switched() {
        for mouse in [false, true] {
            let entered = written(|out| enter(out, mouse));
            let left = written(leave);
            let on = modes(&entered);
            let without_mouse: Vec<&str> = on.keys().map(String::as_str).filter(|mode| !MOUSE.contains(mode)).collect();
            assert_eq!(without_mouse, ["1004", "1049", "2004", "25"]);
            assert_eq!(on.len() > without_mouse.len(), mouse, "the mouse belongs to the terminal unless asked for");
            for (mode, is_on) in modes(&left) {
                // All are off in an ordinary terminal, except that it shows the cursor.
                assert_eq!(is_on, mode == "25", "mode {mode}");
            }
            for (mode, is_on) in on {
                assert_eq!(is_on, mode != "25", "mode {mode}");
                assert!(modes(&left).contains_key(&mode), "mode {mode} stays as it was made");
            }
        }
    }

    #[test]
    fn the_title_is_kept_before_it_is_set_and_restored_once() {
        let entered = written(|out| enter(out, false));
        assert!(entered.starts_with("\u{1b}[22;0t\u{1b}]0;spotkeeper\u{7}"), "{entered:?}");
        assert_eq!(written(leave).matches("\u{1b}[23;0t").count(), 1);
    }

    #[test]
    fn a_terminal_without_a_second_screen_is_not_left_bold() {
        let mut terminal = vt100::Parser::new(NonZero::new(5).unwrap(), NonZero::new(40).unwrap(), 0);
        terminal.process(b"\x1b[1;7mhalf a frame");
        terminal.process(written(leave).replace("\u{1b}[?1049l", "").as_bytes());
        let screen = terminal.screen();
        assert!(!screen.bold() && !screen.inverse());
    }

    #[test]
    fn what_was_on_the_terminal_is_there_again() {
        let mut terminal = vt100::Parser::new(NonZero::new(5).unwrap(), NonZero::new(40).unwrap(), 0);
        terminal.process(b"$ spotkeeper");
        let before = terminal.screen().clone();
        terminal.process(written(|out| enter(out, true)).as_bytes());
        // A frame that a panic cut off.
        terminal.process(b"\x1b[?2026h\x1b[1;31mhalf a fra");
        assert_ne!(terminal.screen().contents(), before.contents());
        terminal.process(written(leave).as_bytes());
        let after = terminal.screen();
        assert_eq!(after.state_formatted(), before.state_formatted());
    }
}
