//! A service manager that only listens: the other end of `sd_notify(3)`.

use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use super::capture::Capture;

/// What listens on a socket of its own.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    path: PathBuf,
    socket: UnixDatagram,
    told: Capture,
}

/// One message a read; each ends with the end of a line.
struct Messages(UnixDatagram);

impl Read for Messages {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.recv(room)
    }
}

impl ServiceManager {
    /// Begins to listen, on a socket in this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let told = Capture::of(Messages(socket.try_clone().expect("a second handle")));
        Self { path, socket, told }
    }

    /// The variable that tells a service of it.
    pub(crate) fn variable(&self) -> (&str, &str) {
        ("NOTIFY_SOCKET", self.path.to_str().expect("the path is UTF-8"))
    }

    /// Waits until it is told a line that holds this text, and returns the line.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.told.wait_for(text)
    }

    /// The same, for the `nth` such line, from 1.
    pub(crate) fn wait_for_nth(&self, text: &str, nth: usize) -> String {
        self.told.wait_for_nth(text, nth)
    }

    /// What it was told so far, line by line.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lines()
    }
}

impl Drop for ServiceManager {
    fn drop(&mut self) {
        // Whoever reads is woken by it, and ends.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
