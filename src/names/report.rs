//! What stands in a name file, and what its owner should know about it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::Access;
use rustix::io::Errno;
use rustix::process::{Uid, geteuid};

use super::block::Document;
use super::entry::{Piece, Rival, pieces, rivals};
use super::error::{NamesError, Place, shown};
use super::leftover::{self, Verdict};
use super::replace::Disk;
use super::store::{directory, no_directory, read_all, resolve, wait};
use crate::model::{HostName, MachineName, NameEntry, NameTarget, NamesProblem, Text};

type Entries = BTreeMap<MachineName, NameEntry>;
type Machines = [(MachineName, Vec<HostName>)];

/// How long to wait for somebody who is writing. A reader without the lock sees, at worst, a block cut short.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads one file.
pub(super) fn report(place: Place<'_>, disk: &Disk, machines: &Machines) -> (Entries, Vec<NamesProblem>) {
    let mut report = Report { place, machines, entries: Entries::new(), problems: Vec::new() };
    if let Err(error) = report.look(disk) {
        report.problem(None, error.to_string(), true);
    }
    (report.entries, report.problems)
}

struct Report<'a> {
    place: Place<'a>,
    machines: &'a Machines,
    entries: Entries,
    problems: Vec<NamesProblem>,
}

impl Report<'_> {
    fn look(&mut self, disk: &Disk) -> Result<(), NamesError> {
        let place = self.place;
        let Some(real) = resolve(place)? else { return check_creatable(place, disk) };
        let file = File::open(&real).map_err(|error| place.io("read", place.file, error))?;
        // Without the lock it is read all the same: an entry that may be stale is better than none.
        let _ = wait(Instant::now() + PATIENCE, || file.try_lock_shared());
        let text = read_all(&file).map_err(|error| place.io("read", place.file, error))?;
        let metadata = file.metadata().map_err(|error| place.io("read", place.file, error))?;
        if let Some(leftover) = leftover::find(&real, disk) {
            let verdict = leftover.judge(&text, metadata.modified().ok());
            if let Some(trouble) = leftover.trouble(&verdict, place.file) {
                // With no entry known, the next publication comes soon, and puts the file right.
                self.problem(None, trouble, verdict == Verdict::Disputed);
                return Ok(());
            }
        }
        let document = Document::parse(&text).map_err(|damage| place.damaged(&damage))?;
        for piece in pieces(place.target, document.inside()) {
            self.piece(&piece);
        }
        for rival in document.outside().flat_map(|line| rivals(place.target, line)) {
            self.rival(&rival);
        }
        check_writable(disk, &real, metadata.uid(), geteuid()).map_err(|error| place.io("write", place.file, error))
    }

    fn problem(&mut self, machine: Option<&MachineName>, what: String, unusable: bool) {
        let (target, file) = (self.place.target, self.place.file.to_owned());
        self.problems.push(NamesProblem { target, file, machine: machine.cloned(), what, unusable });
    }

    fn piece(&mut self, piece: &Piece) {
        let is_ours = |name: &&MachineName| self.machines.iter().any(|(machine, _)| machine == *name);
        let ours = piece.machine.as_ref().filter(is_ours).cloned();
        let line = format!("line {} of {}", piece.line, shown(self.place.file));
        match (&piece.entry, ours) {
            (Some(_), Some(machine)) if self.entries.contains_key(&machine) => {
                let what = format!(
                    "{line} is a second entry for {machine}; the next change of that machine's entry removes it"
                );
                self.problem(Some(&machine), what, false);
            }
            (Some(entry), Some(machine)) => drop(self.entries.insert(machine, entry.clone())),
            (Some(entry), None) => self.stranger(piece, entry, &line),
            (None, _) if piece.is_blank() => {}
            (None, ours) => {
                let text = String::from_utf8_lossy(&piece.raw);
                let text = Text::new(text.lines().next().unwrap_or_default());
                let fate = match &ours {
                    Some(machine) => format!("it goes when {machine} is next written or withdrawn"),
                    None => "it is kept".to_owned(),
                };
                let what = format!("{line}, in spotkeeper's block, is no entry of spotkeeper's: \"{text}\"; {fate}");
                self.problem(ours.as_ref(), what, false);
            }
        }
    }

    /// An entry of a machine that is not configured here: another process's, or one of a machine since renamed.
    fn stranger(&mut self, piece: &Piece, entry: &NameEntry, line: &str) {
        let Some(stranger) = &piece.machine else { return };
        for (machine, hostnames) in self.machines {
            let is_shared =
                |own: &&HostName| entry.hostnames.iter().any(|name| name.as_str().eq_ignore_ascii_case(own.as_str()));
            if let Some(name) = hostnames.iter().find(is_shared) {
                let what = format!(
                    "{line} gives {name} to the machine {stranger}, which is not in this configuration; if no other spotkeeper keeps it, delete that entry"
                );
                self.problem(Some(machine), what, false);
            }
        }
    }

    fn rival(&mut self, rival: &Rival) {
        let name = rival.name.trim_end_matches('.');
        for (machine, hostnames) in self.machines {
            let alias = Some(machine.as_str()).filter(|_| self.place.target == NameTarget::Ssh);
            let mut names = alias.into_iter().chain(hostnames.iter().map(HostName::as_str));
            let Some(name) = names.find(|own| own.eq_ignore_ascii_case(name)) else { continue };
            let meaning = match rival.address {
                Some(address) => format!("also maps {name} to {address}"),
                None => format!("also speaks of the host {name}"),
            };
            let what = format!(
                "line {} of {}, outside spotkeeper's block, {meaning}, and may win over the entry in it; take the name out of that line",
                rival.line,
                shown(self.place.file)
            );
            self.problem(Some(machine), what, false);
        }
    }
}

/// Says in advance, without writing anything, whether a file could be changed, or made.
pub(super) fn check(place: Place<'_>, disk: &Disk) -> Result<(), NamesError> {
    let Some(real) = resolve(place)? else { return check_creatable(place, disk) };
    let checked = std::fs::metadata(&real).and_then(|metadata| check_writable(disk, &real, metadata.uid(), geteuid()));
    checked.map_err(|error| place.io("write", place.file, error))
}

/// Says in advance, without writing anything, whether a file could be replaced or overwritten.
fn check_writable(disk: &Disk, real: &Path, owner: u32, user: Uid) -> io::Result<()> {
    match (disk.access)(real, Access::WRITE_OK) {
        Ok(()) => Ok(()),
        // Made immutable, or mounted read-only: then it cannot be replaced either.
        Err(error @ (Errno::PERM | Errno::ROFS)) => Err(error.into()),
        Err(error) => {
            let keeps_owner = user.is_root() || user.as_raw() == owner;
            let replaceable = keeps_owner && (disk.access)(directory(real), Access::WRITE_OK | Access::EXEC_OK).is_ok();
            if replaceable { Ok(()) } else { Err(error.into()) }
        }
    }
}

/// Says in advance whether a file that does not exist could be made.
fn check_creatable(place: Place<'_>, disk: &Disk) -> Result<(), NamesError> {
    let mut directory = directory(place.file);
    if place.target == NameTarget::Ssh {
        while let (false, Some(parent)) = (directory.exists(), directory.parent()) {
            directory = parent;
        }
    }
    match (disk.access)(directory, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Ok(()),
        Err(Errno::NOENT) => Err(no_directory(place)),
        Err(error) => Err(place.io("create", place.file, error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_a_file_can_be_written_is_told_without_writing_it() {
        // What is said of the file itself, in a directory that is open.
        type Access = fn(&Path, rustix::fs::Access) -> Result<(), Errno>;
        let forbidden: Access = |path, _| if path.ends_with("hosts") { Err(Errno::ACCESS) } else { Ok(()) };
        let immutable: Access = |path, _| if path.ends_with("hosts") { Err(Errno::PERM) } else { Ok(()) };
        let mounted_read_only: Access = |path, _| if path.ends_with("hosts") { Err(Errno::ROFS) } else { Ok(()) };
        for (access, replaceable) in [(forbidden, true), (immutable, false), (mounted_read_only, false)] {
            let disk = Disk { access, ..Disk::default() };
            let check =
                |owner, user| check_writable(&disk, Path::new("/etc/hosts"), owner, Uid::from_raw(user)).is_ok();
            assert_eq!(check(1000, 1000), replaceable);
            assert_eq!(check(1000, 0), replaceable);
            assert!(!check(0, 1000), "the new file would belong to somebody else");
        }
    }

    #[test]
    fn a_file_of_this_programs_own_is_judged_where_it_is_and_where_it_is_not_yet() {
        let folder = tempfile::tempdir().unwrap();
        let (here, not_yet) = (folder.path().join("here"), folder.path().join("deep/not-yet"));
        std::fs::write(&here, "").unwrap();
        let read_only = Disk { access: |_, _| Err(Errno::ROFS), ..Disk::default() };
        for file in [&here, &not_yet] {
            let place = Place { target: NameTarget::Ssh, file, own: true };
            assert!(check(place, &Disk::default()).is_ok());
            let error = check(place, &read_only).unwrap_err().to_string();
            assert!(error.contains("read-only") && error.contains(&*file.to_string_lossy()), "{error}");
        }
        assert!(!not_yet.exists() && !folder.path().join("deep").exists());
    }
}
