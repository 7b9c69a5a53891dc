//! Copies a text to where its user can paste it: the desktop, tmux, or the terminal.
//!
//! Two steps, as the screen's thread must not wait: [`outside`] asks desktop and tmux, which may take a moment, and
//! where they cannot, [`through`] writes to the terminal, which takes none.

use std::env;
use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long the desktop may take: it answers within milliseconds, or hangs.
const DESKTOP: Duration = Duration::from_millis(300);

/// How long tmux may take.
const TMUX: Duration = Duration::from_secs(1);

/// How a text was copied. Its words follow what was copied, as in "id: copied".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// To the desktop's clipboard.
    Desktop,
    /// To tmux's buffer, and by tmux to the terminal around it.
    Tmux,
    /// By a sequence that the terminal may or may not follow.
    Terminal,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Desktop => "copied",
            Self::Tmux => "copied to tmux's buffer",
            Self::Terminal => "sent to the terminal (OSC 52)",
        })
    }
}

/// What is around the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Whether there is a desktop with a clipboard.
    pub(crate) desktop: bool,
    /// Whether tmux is around the program.
    pub(crate) tmux: bool,
    /// The kind of terminal.
    pub(crate) term: String,
}

impl Surroundings {
    /// What the environment says.
    pub(crate) fn of_process() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            // Wayland's clipboard is reached by way of XWayland, which sets this too.
            desktop: cfg!(target_os = "macos") || is_set("DISPLAY"),
            tmux: is_set("TMUX"),
            term: env::var("TERM").unwrap_or_default(),
        }
    }
}

/// Copies a text to the desktop's clipboard or else to tmux's buffer, in well under two seconds. None if neither can.
pub(crate) async fn outside(text: &str, around: &Surroundings) -> Option<How> {
    if around.desktop && to_desktop(text).await {
        return Some(How::Desktop);
    }
    let mut tmux = Command::new("tmux");
    tmux.args(["load-buffer", "-w", "-"]).stdout(Stdio::null()).stderr(Stdio::null());
    (around.tmux && feed(tmux, text).await).then_some(How::Tmux)
}

/// Copies a text by way of the terminal, which does not answer. `out` is written to and flushed.
///
/// # Errors
///
/// When this kind of terminal has no clipboard, or cannot be written to: in words, and the caller shows the text.
pub(crate) fn through(mut out: &mut dyn Write, text: &str, around: &Surroundings) -> Result<How, String> {
    if matches!(around.term.as_str(), "" | "dumb" | "linux") {
        return Err(format!(
            "neither desktop nor tmux took it, and a terminal of kind {:?} has no clipboard",
            around.term
        ));
    }
    queue!(&mut out, CopyToClipboard::to_clipboard_from(text))
        .and_then(|()| out.flush())
        .map_err(|error| format!("neither desktop nor tmux took it, and writing to the terminal failed: {error}"))?;
    Ok(How::Terminal)
}

/// A text for the desktop, and where to say whether it took it.
type Request = (String, oneshot::Sender<bool>);

async fn to_desktop(text: &str) -> bool {
    static DESKTOP_THREAD: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let requests = DESKTOP_THREAD.get_or_init(|| {
        let (requests, received) = mpsc::channel();
        thread::spawn(move || serve(&received));
        requests
    });
    let (reply, answer) = oneshot::channel();
    let is_sent = requests.send((text.to_owned(), reply)).is_ok();
    is_sent && matches!(timeout(DESKTOP, answer).await, Ok(Ok(true)))
}

/// Owns the clipboard as long as the process lives: under X11 a selection dies with its owner.
fn serve(requests: &mpsc::Receiver<Request>) {
    let mut clipboard = None;
    while let Ok((text, reply)) = requests.recv() {
        if clipboard.is_none() {
            clipboard = arboard::Clipboard::new().ok();
        }
        // Who waited too long has copied the text elsewhere.
        if !reply.is_closed() {
            let is_copied = clipboard.as_mut().is_some_and(|clipboard| clipboard.set_text(text).is_ok());
            let _ = reply.send(is_copied);
        }
    }
}

/// Runs a command with this text as its input, and returns whether it took it in time.
async fn feed(command: Command, text: &str) -> bool {
    let (reply, answer) = oneshot::channel();
    let text = text.to_owned();
    // A thread of its own: the runtime would wait for one of its own at the end, however long a command hangs.
    thread::spawn(move || reply.send(run(command, &text).unwrap_or(false)));
    matches!(timeout(TMUX, answer).await, Ok(Ok(true)))
}

fn run(mut command: Command, text: &str) -> std::io::Result<bool> {
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
    let status = child.wait()?;
    Ok(written.is_ok() && status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(term: &str) -> Surroundings {
        Surroundings { term: term.to_owned(), ..Surroundings::default() }
    }

    fn shell(line: &str) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", line]);
        shell
    }

    #[tokio::test]
    async fn without_desktop_and_tmux_nothing_outside_is_asked() {
        assert_eq!(outside("i-1", &around("xterm")).await, None);
    }

    #[tokio::test]
    async fn a_command_takes_the_whole_text_or_counts_as_failed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("buffer");
        let text = "größe\n\"x\"".repeat(20_000);
        let line = format!("cat > '{}'", file.display());
        assert!(feed(shell(&line), &text).await);
        assert_eq!(std::fs::read_to_string(file).unwrap(), text);
        assert!(!feed(shell("cat > /dev/null; exit 1"), "x").await);
        assert!(!feed(Command::new("/nowhere/tmux"), "x").await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_hangs_is_given_up() {
        let (input, end) = std::io::pipe().unwrap();
        let mut hanging = shell("exec cat <&2 > /dev/null");
        hanging.stderr(input);
        assert!(!feed(hanging, "x").await);
        drop(end);
    }

    #[test]
    fn the_terminal_is_sent_osc_52() {
        let mut out = Vec::new();
        assert_eq!(through(&mut out, "foo", &around("xterm-256color")), Ok(How::Terminal));
        assert_eq!(out, b"\x1b]52;c;Zm9v\x1b\\");
    }

    #[test]
    fn a_terminal_without_a_clipboard_is_an_error_with_words_and_gets_nothing() {
        for term in ["", "dumb", "linux"] {
            let mut out = Vec::new();
            let error = through(&mut out, "foo", &around(term)).unwrap_err();
            assert!(error.contains("has no clipboard"), "{error}");
            assert_eq!(out, b"");
        }
    }
}
