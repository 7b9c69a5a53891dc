//! The room as a whole, on real files.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tempfile::TempDir;

use super::replace::Disk;
use super::{Change, Names, NamesError, NamesErrorKind, edit, store};
use crate::model::{HostName, MachineName, NameEntry, NameTarget, NamesOnDisk, Text};

mod awkward;
mod reading;

/// A directory with a hosts file in it, and beside it one for spare backups.
struct Room {
    dir: TempDir,
}

impl Room {
    fn new(hosts: &[u8]) -> Self {
        let room = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(room.path("etc")).unwrap();
        fs::create_dir(room.path("spare")).unwrap();
        fs::write(room.hosts(), hosts).unwrap();
        room
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    fn hosts(&self) -> PathBuf {
        self.path("etc/hosts")
    }

    fn ssh(&self) -> PathBuf {
        self.path("home/.ssh/config.d/spotkeeper")
    }

    fn names(&self) -> Names {
        self.names_on(Disk::default())
    }

    fn names_on(&self, mut disk: Disk) -> Names {
        disk.spare = self.path("spare");
        Names { disk: Arc::new(disk), ..Names::new(Some(self.hosts()), Some(self.ssh())) }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.hosts()).unwrap()
    }

    fn backup(&self) -> PathBuf {
        self.path("etc/.hosts.spotkeeper-backup")
    }

    /// The names in the directory of the hosts file: a test that leaves more than that behind has found litter.
    fn litter(&self) -> Vec<String> {
        let names = ["etc", "spare"].into_iter().flat_map(|dir| fs::read_dir(self.path(dir)).unwrap());
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != "hosts").collect()
    }
}

fn train() -> MachineName {
    "train".parse().unwrap()
}

fn configured() -> Vec<(MachineName, Vec<HostName>)> {
    vec![(train(), vec!["my-spot.amazonaws.com".parse().unwrap()])]
}

fn entry(address: &str) -> NameEntry {
    NameEntry {
        instance: "i-0ab12cd34ef56ab78".parse().unwrap(),
        address: address.parse().unwrap(),
        hostnames: vec!["my-spot.amazonaws.com".parse().unwrap()],
        ssh_user: Some(Text::new("ubuntu")),
    }
}

fn publish(names: &Names) -> Result<Change, NamesError> {
    names.publish(NameTarget::Hosts, &train(), &entry("203.0.113.7"))
}

fn said(names: &NamesOnDisk) -> Vec<&str> {
    names.problems.iter().map(|problem| problem.what.as_str()).collect()
}

const BLOCK: &str = "# BEGIN spotkeeper (managed: edits between these lines are lost)\n\
    203.0.113.7 my-spot.amazonaws.com # train i-0ab12cd34ef56ab78\n\
    # END spotkeeper\n";

#[test]
fn a_name_is_published_read_back_and_withdrawn_in_both_files() {
    let room = Room::new(b"127.0.0.1 localhost\n");
    let names = room.names();
    assert_eq!(names.targets().collect::<Vec<_>>(), [NameTarget::Hosts, NameTarget::Ssh]);
    for target in names.targets() {
        assert_eq!(names.publish(target, &train(), &entry("203.0.113.7")).unwrap(), Change::Written);
    }
    assert_eq!(room.text(), format!("127.0.0.1 localhost\n{BLOCK}"));
    let read = names.read(&configured());
    assert_eq!(said(&read), Vec::<&str>::new());
    let in_hosts = NameEntry { ssh_user: None, ..entry("203.0.113.7") };
    assert_eq!(read.entry(NameTarget::Hosts, &train()), Some(&in_hosts));
    assert_eq!(read.entry(NameTarget::Ssh, &train()), Some(&entry("203.0.113.7")));
    for target in names.targets() {
        assert_eq!(names.withdraw(target, &train()).unwrap(), Change::Written);
        assert_eq!(names.withdraw(target, &train()).unwrap(), Change::Unchanged);
    }
    assert_eq!(room.text(), "127.0.0.1 localhost\n");
    assert_eq!(fs::read(room.ssh()).unwrap(), b"");
    assert_eq!(room.litter(), Vec::<String>::new());
}

#[test]
fn a_file_that_is_as_wanted_is_not_touched() {
    let room = Room::new(b"a\n");
    let names = room.names();
    publish(&names).unwrap();
    let stamp = |path| fs::metadata(path).map(|it| (it.ino(), it.mtime_nsec(), it.ctime_nsec())).unwrap();
    let before = stamp(room.hosts());
    assert_eq!(publish(&names).unwrap(), Change::Unchanged);
    assert_eq!(names.withdraw(NameTarget::Hosts, &"other".parse().unwrap()).unwrap(), Change::Unchanged);
    assert_eq!(stamp(room.hosts()), before);
}

#[test]
fn every_byte_comes_back_whatever_the_file_is_made_of() {
    for original in [&b"a\r\nb\r\n"[..], b"no newline at the end", b"\xff\xfe\x00\n\r", b"", b"\n\n\n", b"\r"] {
        let room = Room::new(original);
        publish(&room.names()).unwrap();
        let published = fs::read(room.hosts()).unwrap();
        assert!(published.starts_with(original) && published.ends_with(b"\n"), "{original:?}");
        assert_eq!(room.names().withdraw(NameTarget::Hosts, &train()).unwrap(), Change::Written);
        assert_eq!(fs::read(room.hosts()).unwrap(), original);
    }
}

#[test]
fn mode_owner_attributes_and_symbolic_links_stay() {
    let room = Room::new(b"a\n");
    let real = room.path("real-hosts");
    fs::rename(room.hosts(), &real).unwrap();
    symlink("../real-hosts", room.hosts()).unwrap();
    fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&real, Some(1234), Some(2345)).unwrap();
    }
    // A file system without attributes keeps none, before and after.
    let _ = xattr::set(&real, "user.spotkeeper", b"kept");
    let about = || {
        let metadata = fs::metadata(&real).unwrap();
        let attribute = xattr::get(&real, "user.spotkeeper").ok();
        (metadata.mode(), metadata.uid(), metadata.gid(), attribute)
    };
    let (before, inode) = (about(), fs::metadata(&real).unwrap().ino());
    assert_eq!(publish(&room.names()).unwrap(), Change::Written);
    assert_eq!(about(), before);
    assert_ne!(fs::metadata(&real).unwrap().ino(), inode, "it is replaced, not overwritten");
    assert_eq!(fs::read_link(room.hosts()).unwrap(), Path::new("../real-hosts"));
    assert_eq!(fs::read_to_string(&real).unwrap(), format!("a\n{BLOCK}"));
}

#[test]
fn processes_that_publish_at_once_lose_nobodys_line() {
    let room = Room::new(b"a");
    let machines: Vec<MachineName> = (0..8).map(|number| format!("m{number}").parse().unwrap()).collect();
    std::thread::scope(|scope| {
        for machine in &machines {
            // Of its own, as in another process.
            let names = room.names();
            scope.spawn(move || {
                for address in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
                    assert_eq!(names.publish(NameTarget::Hosts, machine, &entry(address)).unwrap(), Change::Written);
                }
            });
        }
    });
    let wanted: Vec<_> = machines.iter().map(|machine| (machine.clone(), Vec::new())).collect();
    let read = room.names().read(&wanted);
    let found: Vec<_> = read.entries[&NameTarget::Hosts].iter().map(|(name, it)| (name, it.address)).collect();
    let last = "203.0.113.3".parse().unwrap();
    assert_eq!(found, machines.iter().map(|machine| (machine, last)).collect::<Vec<_>>());
    for machine in &machines {
        room.names().withdraw(NameTarget::Hosts, machine).unwrap();
    }
    assert_eq!(room.text(), "a");
}

#[test]
fn what_an_editor_saves_between_reading_and_writing_is_not_lost() {
    let room = Room::new(b"a\n");
    let names = room.names();
    let place = names.place(NameTarget::Hosts).unwrap();
    let change = store::update(place, &names.disk, |text| {
        if text == b"a\n" {
            fs::write(room.hosts(), "a\nsaved meanwhile\n").unwrap();
        }
        edit::publish(NameTarget::Hosts, text, &train(), &entry("203.0.113.7")).map_err(|damage| place.damaged(&damage))
    });
    assert_eq!(change.unwrap(), Change::Written);
    assert_eq!(room.text(), format!("a\nsaved meanwhile\n{BLOCK}"));
}

#[test]
fn files_that_do_not_exist_are_made_for_a_publication_only() {
    let room = Room::new(b"");
    fs::remove_file(room.hosts()).unwrap();
    let names = room.names();
    assert_eq!(said(&names.read(&configured())), Vec::<&str>::new());
    for target in names.targets() {
        assert_eq!(names.withdraw(target, &train()).unwrap(), Change::Unchanged);
    }
    let nameless = NameEntry { hostnames: Vec::new(), ..entry("203.0.113.7") };
    assert_eq!(names.publish(NameTarget::Hosts, &train(), &nameless).unwrap(), Change::Unchanged);
    assert!(!room.hosts().exists() && !room.path("home").exists());
    for target in names.targets() {
        names.publish(target, &train(), &entry("203.0.113.7")).unwrap();
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&room.hosts()), 0o644);
    assert_eq!(mode(&room.ssh()), 0o600);
    assert_eq!(mode(room.ssh().parent().unwrap()), 0o700);
    assert_eq!(room.text(), BLOCK);
}

#[test]
fn an_unfit_entry_is_refused_and_a_disabled_target_says_so() {
    let room = Room::new(b"a\n");
    let names = room.names();
    let error = names.publish(NameTarget::Hosts, &train(), &entry("127.0.0.1")).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Refused);
    assert_eq!(
        error.to_string(),
        format!(
            "will not publish train in {}: 127.0.0.1 is this computer's own (loopback), which no instance has",
            room.hosts().display()
        )
    );
    let hostile = NameEntry { ssh_user: Some(Text::new("x\nProxyCommand reboot")), ..entry("203.0.113.7") };
    let error = names.publish(NameTarget::Ssh, &train(), &hostile).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Refused);
    assert!(!room.ssh().exists());
    let error = publish(&Names::new(None, Some(room.ssh()))).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Disabled);
    assert_eq!(room.text(), "a\n");
}
