//! The virtual environment with moto, boto3 and aws-cli, made when it is first needed.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::Builder;

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/requirements.txt");
const PARTIAL: &str = "moto-venv-partial-";
const NEEDED: &str = "These tests need Python 3.10 or newer with its venv module: \
    install python3 and python3-venv (Debian, Ubuntu), python3 (Fedora, Alpine) or python (Arch, Homebrew).";

/// The virtual environment's Python. The environment is made if it is not there yet: by one process at a time,
/// and under another name until it is complete, so that whatever has the right name can be used.
pub(crate) fn python() -> PathBuf {
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
        "pip could not install moto and aws-cli: the first run needs PyPI, or an index named in PIP_INDEX_URL. {NEEDED}\n{}",
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

/// Takes away what would steer Python, boto3, aws-cli or moto from outside.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let steers = ["AWS_", "BOTO", "MOTO_", "PYTHON"];
        if name.to_str().is_some_and(|name| steers.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// What it printed; fails with all that it said unless it succeeded.
pub(crate) fn succeeded(what: &str, output: Output) -> String {
    assert!(output.status.success(), "{what} failed ({}):\n{}", output.status, words(&output));
    String::from_utf8(output.stdout).expect("Python prints UTF-8")
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
