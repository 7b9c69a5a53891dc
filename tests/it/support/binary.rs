//! The program as its users run it: a process with a home, a configuration and a hosts file of its own.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::capture::Capture;
use super::eventually;

const PROGRAM: &str = env!("CARGO_BIN_EXE_spotkeeper");

/// What stands in the hosts file before the program touches it.
pub(crate) const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// A place to run the program in, with an AWS at one address.
#[derive(Debug)]
pub(crate) struct Place {
    home: TempDir,
    endpoint: String,
}

/// What one run came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code, or 128 and the signal's number, as a shell has it.
    pub(crate) code: i32,
    /// All of its standard output.
    pub(crate) stdout: String,
    /// All of its standard error.
    pub(crate) stderr: String,
}

/// A run that goes on. It is killed when this value goes.
#[derive(Debug)]
pub(crate) struct Running {
    child: Guarded,
    stdout: Capture,
    stderr: Capture,
}

#[derive(Debug)]
struct Guarded(Child);

impl Place {
    /// A new place without a configuration, whose EC2 and STS are at this address, such as `http://127.0.0.1:4000`.
    pub(crate) fn new(endpoint: &str) -> Self {
        let place = Self { home: TempDir::new().expect("a temporary folder"), endpoint: endpoint.to_owned() };
        fs::write(place.hosts_file(), HOSTS).expect("a hosts file");
        place
    }

    /// The same place before another AWS.
    pub(crate) fn with_endpoint(self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..self }
    }

    /// Writes the configuration where the program looks for it unasked: `[hosts]` with this place's hosts file,
    /// and then what is given.
    pub(crate) fn configure(&self, rest: &str) {
        let file = self.config_file();
        fs::create_dir_all(file.parent().expect("the file is in a folder")).expect("a folder for the configuration");
        let hosts = format!("[hosts]\nfile = '{}'\n", self.hosts_file().display());
        fs::write(file, hosts + rest).expect("a configuration");
    }

    /// Writes a file there, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let file = self.home.path().join(name);
        fs::write(&file, text).expect("a file");
        file.to_str().expect("the path is UTF-8").to_owned()
    }

    /// Where the program looks for its configuration unasked.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.home.path().join("config/spotkeeper/config.toml")
    }

    /// Where the program keeps its state unasked.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.home.path().join("state/spotkeeper")
    }

    /// Everything that is there, with what the files say; folders say nothing.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            // What is being removed meanwhile is not there.
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.insert(path.clone(), fs::read(&path).unwrap_or_default());
            }
        }
        found
    }

    /// All of the program's log files, one after the other.
    pub(crate) fn log_files(&self) -> Vec<u8> {
        let is_log = |path: &Path| path.extension().is_some_and(|extension| extension == "log");
        self.files().into_iter().filter(|(path, _)| is_log(path)).flat_map(|(_, bytes)| bytes).collect()
    }

    /// The folder that holds all of this.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the hosts file is.
    pub(crate) fn hosts_file(&self) -> PathBuf {
        self.home.path().join("hosts")
    }

    /// What the hosts file says now.
    pub(crate) fn hosts(&self) -> String {
        fs::read_to_string(self.hosts_file()).expect("the hosts file can be read")
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.spawn(arguments).wait()
    }

    /// Starts the program.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        self.spawn_with(arguments, &[])
    }

    /// Starts the program with these variables in its environment besides.
    pub(crate) fn spawn_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        let mut command = self.command(Path::new(PROGRAM));
        listen_to(command.args(arguments).envs(variables.iter().copied()).stdout(Stdio::piped()))
    }

    /// Runs the program to its end with nobody at the other end of its standard output.
    pub(crate) fn run_into_closed_pipe(&self, arguments: &[&str]) -> Outcome {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        listen_to(self.command(Path::new(PROGRAM)).args(arguments).stdout(writer)).wait()
    }

    /// Runs a line of shell to its end, in which `$SPOTKEEPER` is the program.
    pub(crate) fn shell(&self, line: &str) -> Outcome {
        let mut shell = self.command(Path::new("/bin/sh"));
        listen_to(shell.args(["-c", line]).env("SPOTKEEPER", PROGRAM).stdout(Stdio::piped())).wait()
    }

    /// Starts the program in a mount namespace of its own, after these lines of shell have mounted there what they like.
    /// Nobody else sees these mounts, and they end with the program; [`Running::inside`] looks at them.
    pub(crate) fn spawn_mounted(&self, mounts: &str, arguments: &[&str]) -> Running {
        // Only root may make such a namespace as it is; anybody else is root in a user namespace of his own.
        let kind = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
        let mut command = self.command(Path::new("unshare"));
        let line = format!("set -e\n{mounts}\necho mounted >&2\nexec \"$SPOTKEEPER\" \"$@\"");
        command.args([kind, "--propagation", "private", "--", "/bin/sh", "-c", &line, "sh"]);
        let running = listen_to(command.args(arguments).env("SPOTKEEPER", PROGRAM).stdout(Stdio::piped()));
        eventually("mounts of its own (these tests need util-linux's unshare, and a system that lets them)", || {
            let told = running.stderr_so_far();
            let refused = told.iter().any(|line| line.starts_with("unshare:") || line.starts_with("mount:"));
            assert!(!refused, "nothing can be mounted here, so nothing is proven: {told:?}");
            told.iter().any(|line| line == "mounted").then_some(())
        });
        running
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let home = self.home.path();
        let mut command = Command::new(program);
        command
            .current_dir(home)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }
}

/// Starts a command and listens to it: to its standard output as far as that is a pipe of ours.
fn listen_to(command: &mut Command) -> Running {
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let stdout = child.stdout.take().map_or_else(|| Capture::of(std::io::empty()), Capture::of);
    let stderr = Capture::of(child.stderr.take().expect("its stderr is a pipe"));
    Running { child: Guarded(child), stdout, stderr }
}

impl Running {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// A path as this process sees it, whatever is mounted for it alone.
    pub(crate) fn inside(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.id()));
        root.join(path.strip_prefix("/").expect("the path is absolute"))
    }

    /// Waits for a line on standard error that holds this text, and returns the line.
    pub(crate) fn wait_for_stderr(&self, text: &str) -> String {
        self.stderr.wait_for(text)
    }

    /// The same, for the `nth` such line, from 1.
    pub(crate) fn wait_for_nth_on_stderr(&self, text: &str, nth: usize) -> String {
        self.stderr.wait_for_nth(text, nth)
    }

    /// The lines on standard error so far.
    pub(crate) fn stderr_so_far(&self) -> Vec<String> {
        self.stderr.lines()
    }

    /// Waits for a line on standard output that holds this text, and returns the line.
    pub(crate) fn wait_for_stdout(&self, text: &str) -> String {
        self.stdout.wait_for(text)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child.0), signal).expect("a running child takes signals");
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> Outcome {
        let Self { mut child, stdout, stderr } = self;
        let status = eventually("the program's end", || child.0.try_wait().expect("a child can be waited for"));
        Outcome { code: code_of(status), stdout: stdout.finish(), stderr: stderr.finish() }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // After a wait there is nobody left to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn code_of(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).expect("it exited or was killed")
}
