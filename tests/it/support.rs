//! What the tests stand on: the program as a process, an EC2 that nobody here wrote, and a proxy between them.

pub(crate) mod binary;
pub(crate) mod capture;
pub(crate) mod cutter;
pub(crate) mod embedded;
pub(crate) mod fleet;
pub(crate) mod manager;
pub(crate) mod moto;
pub(crate) mod proxy;
pub(crate) mod pty;
pub(crate) mod python;
pub(crate) mod simulator;

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what must come, before it fails: far longer than it ever takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Asks again and again until there is an answer, and returns it. `what` completes "waited in vain for …".
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a call of this action tells other computers something by a tag.
pub(crate) fn is_claim(action: &str) -> bool {
    action == "CreateTags"
}
