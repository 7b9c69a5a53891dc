//! Who keeps machines from this state folder, on this computer.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::JournalError;
use crate::model::Keeper;

/// The longest part of a computer's name that is used.
const HOST: usize = 40;

/// The keeper of this state folder, made when there is none yet. A folder that is copied to another computer, or shared
/// with one, has another keeper there.
///
/// # Errors
///
/// When the folder or the file in it can be neither read nor written.
pub fn keeper(state_dir: &Path) -> Result<Keeper, JournalError> {
    let host = host();
    let path = state_dir.join(format!("keeper-{host}"));
    let failed = |source| JournalError { doing: "find or write", path: path.clone(), source };
    if let Some(keeper) = read(&path).map_err(failed)? {
        return Ok(keeper);
    }
    let made = make(state_dir, &path, &host).map_err(failed)?;
    // Another process may have been quicker: its word counts, for both.
    Ok(read(&path).map_err(failed)?.unwrap_or(made))
}

/// The keeper that the file names; none when there is no file, or none that makes sense.
fn read(path: &Path) -> io::Result<Option<Keeper>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end().parse().ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(state_dir: &Path, path: &Path, host: &str) -> io::Result<Keeper> {
    let keeper: Keeper = format!("{host}-{:08x}", getrandom::u32()?).parse().map_err(io::Error::other)?;
    fs::create_dir_all(state_dir)?;
    let mut file = NamedTempFile::new_in(state_dir)?;
    writeln!(file, "{keeper}")?;
    file.as_file().sync_all()?;
    let is_senseless = path.exists();
    let placed = if is_senseless { file.persist(path) } else { file.persist_noclobber(path) };
    match placed {
        Err(failed) if failed.error.kind() != ErrorKind::AlreadyExists => Err(failed.error),
        _ => Ok(keeper),
    }
}

/// The computer's name, as far as it can stand in the key of a tag.
fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let first = name.split('.').next().unwrap_or_default();
    let kept: String = first.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(HOST).collect();
    if kept.is_empty() { "computer".to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path) -> std::path::PathBuf {
        folder.join(format!("keeper-{}", host()))
    }

    #[test]
    fn a_state_folder_has_one_keeper_for_ever_and_another_folder_another() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = keeper(one.path()).unwrap();
        assert_eq!(keeper(one.path()).unwrap(), first);
        assert_ne!(keeper(other.path()).unwrap(), first);
        assert!(first.as_str().starts_with(&host()), "{first}");
        assert_eq!(fs::read_dir(one.path()).unwrap().count(), 1, "nothing is left lying about");
    }

    #[test]
    fn what_makes_no_sense_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for senseless in [b"two words\n".as_slice(), b"", b"\xff\xfe"] {
            fs::write(file(folder.path()), senseless).unwrap();
            let made = keeper(folder.path()).unwrap();
            assert_eq!(keeper(folder.path()).unwrap(), made);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_had_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("state");
        fs::write(&in_the_way, "").unwrap();
        let error = keeper(&in_the_way).unwrap_err().to_string();
        assert!(error.contains("state/keeper-"), "{error}");
    }
}
