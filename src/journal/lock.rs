//! One lock for each machine: two processes must not act for the same one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::model::{Escaped, MachineName, Text};

/// How often a lock is tried, and how long apart: together a fifth of a second.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// The locks of a set of machines. They end with this value, or with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _files: Vec<File>,
}

/// Why the locks could not be had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else has one.
    #[error("machine {machine} is kept by another spotkeeper already: {holder}. Stop that one, or only watch (status)")]
    Held {
        /// The machine.
        machine: MachineName,
        /// Who has it, in plain words.
        holder: Text,
    },
    /// The lock file cannot be made or opened.
    #[error("cannot lock machine {machine}: {}: {source}; check the state folder ([state] dir)", Escaped(&path.display().to_string()))]
    File {
        /// The machine.
        machine: MachineName,
        /// The lock file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl Lock {
    /// Takes the lock in each of these folders, or none of them.
    pub(super) fn acquire(folders: &[(MachineName, PathBuf)]) -> Result<Self, LockError> {
        // One open file for each machine; some systems allow only 256 by default. More than that many machines
        // fail below with an error of their own if this cannot be had.
        let _ = rlimit::increase_nofile_limit(u64::try_from(folders.len()).unwrap_or(u64::MAX).saturating_add(256));
        let files = folders.iter().map(|(machine, folder)| lock(machine, folder)).collect::<Result<_, _>>()?;
        Ok(Self { _files: files })
    }
}

fn lock(machine: &MachineName, folder: &PathBuf) -> Result<File, LockError> {
    let path = folder.join("lock");
    let trouble = |source| LockError::File { machine: machine.clone(), path: path.clone(), source };
    fs::create_dir_all(folder).map_err(trouble)?;
    let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = opened.map_err(trouble)?;
    match patiently(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(LockError::Held { machine: machine.clone(), holder: introduced(&mut file) });
        }
        Err(TryLockError::Error(source)) => return Err(trouble(source)),
    }
    file.set_len(0).and_then(|()| file.write_all(introduce_ourselves().as_bytes())).map_err(trouble)?;
    Ok(file)
}

/// Who has the lock in this file; none when nobody has, or there is no such file.
pub(super) fn holder(path: &Path) -> std::io::Result<Option<Text>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // For the blink of an eye it is held here, in common with others who only look; who wants it tries for longer.
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(introduced(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Who wrote himself into a lock.
fn introduced(file: &mut File) -> Text {
    let mut holder = String::new();
    // Who it is serves the reader only: the lock itself is certain.
    let _ = file.read_to_string(&mut holder);
    Text::new(if holder.is_empty() { "process unknown" } else { holder.trim_end() })
}

/// Tries again for a moment: a child that another thread is just starting holds every open file until its program begins,
/// also the lock that was given up.
fn patiently(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            result => return result,
        }
    }
    file.try_lock()
}

fn introduce_ourselves() -> String {
    let host = rustix::system::uname();
    format!(
        "process {} of user {} on {}, since {}\n",
        std::process::id(),
        rustix::process::getuid().as_raw(),
        host.nodename().to_string_lossy(),
        Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ")
    )
}
