//! The log file, which can be exchanged while lines are written.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing_appender::rolling::{RollingFileAppender, Rotation};

use crate::model::Text;

/// How many days of log files are kept.
const DAYS: usize = 14;

/// A file a day in a folder, or nothing. Clones write the same.
#[derive(Debug, Clone, Default)]
pub(super) struct LogFile(Arc<Mutex<Option<RollingFileAppender>>>);

impl LogFile {
    /// Writes there from now on; without a folder, nowhere. `sink` is who gets the lines otherwise.
    ///
    /// # Errors
    ///
    /// When the file cannot be made, in plain words: then it writes nowhere.
    pub(super) fn move_to(&self, folder: Option<&Path>, sink: &str) -> Result<(), String> {
        let (file, result) = match folder.map(|folder| open(folder, sink)).transpose() {
            Ok(file) => (file, Ok(())),
            Err(words) => (None, Err(words)),
        };
        *self.lock() = file;
        result
    }

    /// Whether there is a file.
    pub(super) fn is_there(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<RollingFileAppender>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lock().as_mut().map_or(Ok(line.len()), |file| file.write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().as_mut().map_or(Ok(()), RollingFileAppender::flush)
    }
}

fn open(folder: &Path, sink: &str) -> Result<RollingFileAppender, String> {
    let words = |error: &dyn fmt::Display| {
        let folder = Text::new(&folder.display().to_string());
        format!("cannot write a log file in {folder}: {error}; log lines go to {sink} only")
    };
    std::fs::create_dir_all(folder).map_err(|error| words(&error))?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("spotkeeper")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .map_err(|error| words(&error))
}
