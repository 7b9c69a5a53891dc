//! An EC2 that nobody here wrote: moto's server, in a virtual environment that is made when it is first needed.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::Builder;

use super::capture::Capture;
use super::{PATIENCE, eventually};

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/requirements.txt");
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/serve.py");
const PARTIAL: &str = "moto-venv-partial-";
const NEEDED: &str = "These tests need Python 3.10 or newer with its venv module: \
    install python3 and python3-venv (Debian, Ubuntu), python3 (Fedora, Alpine) or python (Arch, Homebrew).";

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

/// The virtual environment's Python. The environment is made if it is not there yet: by one process at a time,
/// and under another name until it is complete, so that whatever has the right name can be used.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp is in target");
    let environment = target.join(format!("moto-venv-{:016x}", fingerprint()));
    let lock = File::create(target.join("moto-venv.lock")).expect("a lock file in target can be made");
    lock.lock().expect("a lock file in target can be locked");
    if !environment.exists() {
        build(target, &environment);
    }
    environment.join("bin/python")
}

/// A number that changes with the requirements and with the Python that is to run them.
fn fingerprint() -> u64 {
    let identity = clean(Command::new("python3").args(["-c", "import sys; print(sys.executable, sys.version)"]))
        .output()
        .unwrap_or_else(|error| panic!("python3 does not start: {error}. {NEEDED}"));
    let requirements = fs::read(REQUIREMENTS).expect("the requirements are in the repository");
    let mut hasher = DefaultHasher::new();
    succeeded("python3", identity).hash(&mut hasher);
    requirements.hash(&mut hasher);
    hasher.finish()
}

fn build(target: &Path, environment: &Path) {
    remove_leftovers(target);
    // A name of its own: the pip of a run that was killed may still be at work on the last one.
    let partial = Builder::new().prefix(PARTIAL).tempdir_in(target).expect("a folder in target can be made");
    let made = partial.path().join("venv");
    let venv = clean(Command::new("python3").args(["-m", "venv"]).arg(&made)).output().expect("python3 starts");
    assert!(venv.status.success(), "python3 -m venv failed. {NEEDED}\n{}", words(&venv));
    let install = ["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--requirement", REQUIREMENTS];
    let pip = clean(Command::new(made.join("bin/python")).args(install)).output().expect("pip starts");
    assert!(
        pip.status.success(),
        "pip could not install moto: the first run needs PyPI, or an index named in PIP_INDEX_URL. {NEEDED}\n{}",
        words(&pip)
    );
    fs::rename(made, environment).expect("the complete environment gets its name");
}

/// Removes what interrupted builds left behind, as far as it goes.
fn remove_leftovers(target: &Path) {
    let entries = fs::read_dir(target).expect("target can be read").flatten();
    for leftover in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PARTIAL)) {
        let _ = fs::remove_dir_all(leftover.path());
    }
}

/// Takes away what would steer Python, boto3 or moto from outside.
fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let steers = ["AWS_", "BOTO", "MOTO_", "PYTHON"];
        if name.to_str().is_some_and(|name| steers.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

fn succeeded(what: &str, output: Output) -> String {
    assert!(output.status.success(), "{what} failed ({}):\n{}", output.status, words(&output));
    String::from_utf8(output.stdout).expect("Python prints UTF-8")
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
