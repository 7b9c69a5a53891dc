//! An EC2 that nobody here wrote: moto's server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::capture::Capture;
use super::python::{clean, python, succeeded};
use super::{PATIENCE, eventually};

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/serve.py");

/// A server of its own for one test. It ends with this value, or with this process.
#[derive(Debug)]
pub(crate) struct Moto {
    python: PathBuf,
    server: Child,
    address: SocketAddr,
    _log: Capture,
}

impl Moto {
    /// Starts a server with an empty world, and returns when it answers.
    pub(crate) fn start() -> Self {
        let python = python();
        let mut server = clean(Command::new(&python).arg(SERVER))
            // Nothing here looks at images, and loading the stock ones takes longer than all the rest.
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("moto's server starts");
        let log = Capture::of(server.stderr.take().expect("its stderr is a pipe"));
        let port = port_in(&log.wait_for("Running on"));
        let moto = Self { python, server, address: (Ipv4Addr::LOCALHOST, port).into(), _log: log };
        eventually("moto's first answer", || moto.answers().then_some(()));
        moto
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs a Python script that may use boto3, with this server as its AWS, and returns what it prints.
    pub(crate) fn python(&self, script: &str) -> String {
        let output = clean(Command::new(&self.python).args(["-c", script]))
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("HOME", env!("CARGO_TARGET_TMPDIR"))
            .env("no_proxy", "127.0.0.1")
            .output()
            .expect("the virtual environment's Python starts");
        succeeded("a script for moto", output)
    }

    fn answers(&self) -> bool {
        let ask = || {
            let mut connection = TcpStream::connect(self.address)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.write_all(b"GET /moto-api/data.json HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            Ok::<_, std::io::Error>(answer)
        };
        ask().is_ok_and(|answer| answer.lines().next().is_some_and(|status| status.contains(" 200 ")))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may be gone already: then there is nobody to kill, and nothing to say about it.
        let _ = kill_process_group(Pid::from_child(&self.server), Signal::KILL);
        let _ = self.server.wait();
    }
}

fn port_in(line: &str) -> u16 {
    let (_, after) = line.rsplit_once(':').unwrap_or_else(|| panic!("no port in {line:?}"));
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no port in {line:?}"))
}
