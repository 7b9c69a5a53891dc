//! What a child process says, collected while it runs.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::PATIENCE;

/// One stream of a child process, read to its end by a thread of its own so that the child never waits for us.
#[derive(Debug)]
pub(crate) struct Capture {
    heard: Arc<Heard>,
    reader: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Heard {
    so_far: Mutex<SoFar>,
    more: Condvar,
}

#[derive(Debug, Default, Clone)]
struct SoFar {
    lines: Vec<String>,
    ended: bool,
}

impl Capture {
    /// Begins to listen.
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let heard = Arc::new(Heard::default());
        let reader = thread::spawn({
            let heard = Arc::clone(&heard);
            move || heard.listen(BufReader::new(stream))
        });
        Self { heard, reader }
    }

    /// Waits for a line that holds this text, and returns the line. Fails when the stream ends without it.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_for_nth(text, 1)
    }

    /// The same, for the `nth` line that holds this text, from 1.
    pub(crate) fn wait_for_nth(&self, text: &str, nth: usize) -> String {
        let (so_far, _) = self
            .heard
            .more
            .wait_timeout_while(self.heard.lock(), PATIENCE, |so_far| !so_far.ended && so_far.find(text, nth).is_none())
            .unwrap_or_else(PoisonError::into_inner);
        so_far.find(text, nth).unwrap_or_else(|| panic!("no line {nth} with {text:?}; there was:\n{so_far}")).to_owned()
    }

    /// The lines so far, without their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.heard.lock().lines.iter().map(|line| line.trim_end_matches('\n').to_owned()).collect()
    }

    /// Waits for the end of the stream and returns all of it.
    pub(crate) fn finish(self) -> String {
        self.reader.join().expect("the reader of a stream does not fail");
        self.heard.lock().to_string()
    }
}

impl Heard {
    fn lock(&self) -> std::sync::MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, mut stream: impl BufRead) {
        loop {
            let mut line = Vec::new();
            // A stream that breaks off has ended, for whoever listens.
            let read = stream.read_until(b'\n', &mut line).unwrap_or_default();
            let mut so_far = self.lock();
            if read == 0 {
                so_far.ended = true;
            } else {
                so_far.lines.push(String::from_utf8_lossy(&line).into_owned());
            }
            drop(so_far);
            self.more.notify_all();
            if read == 0 {
                return;
            }
        }
    }
}

impl SoFar {
    fn find(&self, text: &str, nth: usize) -> Option<&str> {
        self.lines.iter().map(String::as_str).filter(|line| line.contains(text)).nth(nth - 1)
    }
}

impl fmt::Display for SoFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| f.write_str(line))
    }
}
