//! Files that cannot be replaced, or not be written at all, and writes that were cut short.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use super::*;

const OLD: &str = "127.0.0.1 localhost\n";

/// The file is a mount point, as the system says of `/etc/hosts` in a container.
fn mounted() -> Disk {
    Disk { rename: |_, _| Err(Errno::BUSY.into()), ..Disk::default() }
}

/// The directory of the file may not be written.
fn closed_directory() -> Disk {
    let temporary = |path: &Path| match path.parent() {
        Some(dir) if dir.ends_with("etc") => Err(Errno::ACCESS.into()),
        dir => tempfile::NamedTempFile::new_in(dir.unwrap()),
    };
    Disk { temporary, ..Disk::default() }
}

/// Neither may the file.
fn forbidden(why: Errno) -> Disk {
    match why {
        Errno::ROFS => {
            Disk { access: |_, _| Err(Errno::ROFS), open: |_| Err(Errno::ROFS.into()), ..closed_directory() }
        }
        _ => Disk { access: |_, _| Err(Errno::ACCESS), open: |_| Err(Errno::ACCESS.into()), ..closed_directory() },
    }
}

/// The process ends in the middle of overwriting.
fn killed() -> Disk {
    let overwrite = |file: &File, kept: usize, content: &[u8]| {
        half_written(file, kept, content)?;
        panic!("killed");
    };
    Disk { overwrite, ..mounted() }
}

fn half_written(file: &File, kept: usize, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    let half = kept.midpoint(content.len());
    file.write_all_at(&content[kept..half], u64::try_from(kept).unwrap())
}

/// Publishes and withdraws on a file that can only be overwritten, and expects just that.
fn is_overwritten(room: &Room, names: &Names) {
    let inode = fs::metadata(room.hosts()).unwrap().ino();
    assert_eq!(publish(names).unwrap(), Change::Written);
    assert_eq!(room.text(), format!("{OLD}{BLOCK}"));
    assert_eq!(publish(names).unwrap(), Change::Unchanged);
    assert_eq!(names.withdraw(NameTarget::Hosts, &train()).unwrap(), Change::Written);
    assert_eq!(room.text(), OLD);
    assert_eq!(fs::metadata(room.hosts()).unwrap().ino(), inode);
    assert_eq!(room.litter(), Vec::<String>::new());
}

#[test]
fn a_mount_point_is_overwritten_in_place() {
    let room = Room::new(OLD.as_bytes());
    is_overwritten(&room, &room.names_on(mounted()));
    let elsewhere = Disk { rename: |_, _| Err(Errno::XDEV.into()), ..Disk::default() };
    is_overwritten(&room, &room.names_on(elsewhere));
}

/// With a mount of the system's own, where it lets this user make one; the test above tells the rest.
#[test]
fn a_real_mount_point_is_overwritten_in_place() {
    let room = Room::new(b"hidden");
    fs::write(room.path("outside"), OLD).unwrap();
    let mount = Command::new("mount").arg("--bind").arg(room.path("outside")).arg(room.hosts()).output();
    if mount.is_ok_and(|output| output.status.success()) {
        let result = catch_unwind(AssertUnwindSafe(|| is_overwritten(&room, &room.names())));
        assert!(Command::new("umount").arg(room.hosts()).status().unwrap().success());
        assert!(result.is_ok());
    } else {
        fs::write(room.hosts(), OLD).unwrap();
        is_overwritten(&room, &room.names_on(mounted()));
    }
}

#[test]
fn other_names_of_the_same_file_see_the_new_content() {
    let room = Room::new(OLD.as_bytes());
    fs::hard_link(room.hosts(), room.path("other-name")).unwrap();
    is_overwritten(&room, &room.names());
    publish(&room.names()).unwrap();
    assert_eq!(fs::read_to_string(room.path("other-name")).unwrap(), room.text());
}

#[test]
fn in_a_closed_directory_the_file_is_overwritten_with_its_backup_elsewhere() {
    let room = Room::new(OLD.as_bytes());
    is_overwritten(&room, &room.names_on(closed_directory()));
    let killed = Disk { overwrite: killed().overwrite, ..closed_directory() };
    let _ = catch_unwind(AssertUnwindSafe(|| publish(&room.names_on(killed))));
    let litter = room.litter();
    assert!(litter.len() == 1 && litter[0].starts_with("spotkeeper-backup%2F"), "{litter:?}");
    assert_eq!(fs::read_to_string(room.path("spare").join(&litter[0])).unwrap(), OLD);
    assert_eq!(publish(&room.names_on(closed_directory())).unwrap(), Change::Written);
    assert_eq!(room.text(), format!("{OLD}{BLOCK}"));
    assert_eq!(room.litter(), Vec::<String>::new());
}

#[test]
fn a_write_that_was_cut_short_leaves_the_backup_and_the_next_one_puts_it_right() {
    let room = Room::new(OLD.as_bytes());
    let _ = catch_unwind(AssertUnwindSafe(|| publish(&room.names_on(killed()))));
    let torn = room.text();
    assert!(torn != OLD && !torn.contains("# END"), "{torn}");
    assert_eq!(fs::read_to_string(room.backup()).unwrap(), OLD);
    let read = room.names().read(&configured());
    assert!(read.entry(NameTarget::Hosts, &train()).is_none() && !read.problems[0].unusable, "{read:?}");
    assert!(read.problems[0].what.contains("was cut short; the next one puts it back from"), "{read:?}");
    assert_eq!(room.text(), torn, "reading changes nothing");
    let withdrawn = room.names_on(mounted()).withdraw(NameTarget::Hosts, &train());
    assert_eq!(withdrawn.unwrap(), Change::Written, "it was put back, though no entry had to go");
    assert_eq!((room.text().as_str(), room.litter().len()), (OLD, 0));
    assert_eq!(publish(&room.names_on(mounted())).unwrap(), Change::Written);
    assert_eq!(room.text(), format!("{OLD}{BLOCK}"));
    assert_eq!(room.litter(), Vec::<String>::new());
}

#[test]
fn a_file_that_somebody_changed_after_a_write_was_cut_short_is_left_to_him() {
    let room = Room::new(OLD.as_bytes());
    let _ = catch_unwind(AssertUnwindSafe(|| publish(&room.names_on(killed()))));
    let backup = File::options().write(true).open(room.backup()).unwrap();
    let earlier = backup.metadata().unwrap().modified().unwrap() - Duration::from_hours(1);
    backup.set_modified(earlier).unwrap();
    let torn = room.text();
    let error = publish(&room.names()).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Damaged);
    assert!(error.to_string().contains("compare the two, then remove that"), "{error}");
    assert_eq!(room.text(), torn);
    assert!(room.names().read(&configured()).problems[0].unusable);
    fs::remove_file(room.backup()).unwrap();
    fs::write(room.hosts(), OLD).unwrap();
    assert_eq!(publish(&room.names()).unwrap(), Change::Written);
}

#[test]
fn a_backup_that_this_user_did_not_make_is_not_believed() {
    let room = Room::new(OLD.as_bytes());
    fs::write(room.path("planted"), "203.0.113.66 bank.example\n").unwrap();
    symlink(room.path("planted"), room.backup()).unwrap();
    assert_eq!(publish(&room.names()).unwrap(), Change::Written);
    assert_eq!(room.text(), format!("{OLD}{BLOCK}"));
    if rustix::process::geteuid().is_root() {
        fs::remove_file(room.backup()).unwrap();
        fs::rename(room.path("planted"), room.backup()).unwrap();
        std::os::unix::fs::chown(room.backup(), Some(1234), None).unwrap();
        assert_eq!(room.names().withdraw(NameTarget::Hosts, &train()).unwrap(), Change::Written);
        assert_eq!(room.text(), OLD);
    }
}

#[test]
fn a_file_whose_owner_could_not_be_kept_is_overwritten_or_left_alone() {
    let room = Room::new(OLD.as_bytes());
    let own = |_: &File, _: &fs::Metadata| Err(Errno::PERM.into());
    is_overwritten(&room, &room.names_on(Disk { own, ..Disk::default() }));
    let open = |_: &Path| Err(Errno::ACCESS.into());
    let error = publish(&room.names_on(Disk { open, own, ..Disk::default() })).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Permission);
    assert!(error.to_string().contains("it belongs to another user, and a new file in its place would not"), "{error}");
    assert_eq!((room.text().as_str(), room.litter().len()), (OLD, 0));
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let room = Room::new(OLD.as_bytes());
    let overwrite = |file: &File, kept: usize, content: &[u8]| match kept {
        0 => (Disk::default().overwrite)(file, 0, content),
        _ => half_written(file, kept, content).and(Err(Errno::NOSPC.into())),
    };
    let error = publish(&room.names_on(Disk { overwrite, ..mounted() })).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Io);
    assert!(error.to_string().contains("No space left"), "{error}");
    assert_eq!((room.text().as_str(), room.litter().len()), (OLD, 0));
}

#[test]
fn a_disk_that_fails_altogether_leaves_the_backup_and_says_where() {
    let room = Room::new(OLD.as_bytes());
    let overwrite =
        |file: &File, kept: usize, content: &[u8]| half_written(file, kept, content).and(Err(Errno::IO.into()));
    let error = publish(&room.names_on(Disk { overwrite, ..mounted() })).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Damaged);
    assert!(error.to_string().ends_with(&format!("{} is what it was before", room.backup().display())), "{error}");
    assert_eq!(fs::read_to_string(room.backup()).unwrap(), OLD);
}

#[test]
fn without_permission_it_says_what_to_do_and_says_it_in_advance() {
    for (why, words) in [(Errno::ACCESS, "permission denied"), (Errno::ROFS, "the file system is read-only")] {
        let room = Room::new(format!("{OLD}{BLOCK}").as_bytes());
        let names = room.names_on(forbidden(why));
        let error = names.withdraw(NameTarget::Hosts, &train()).unwrap_err();
        assert_eq!(error.kind, NamesErrorKind::Permission);
        let expected = format!(
            "cannot write {}: {words}; run as root, or set [hosts] enabled = false and perhaps [ssh] enabled = true",
            room.hosts().display()
        );
        assert_eq!(error.to_string(), expected);
        let read = names.read(&configured());
        assert_eq!((&read.problems[0].what, read.problems[0].unusable), (&expected, true));
        assert!(read.entry(NameTarget::Hosts, &train()).is_some(), "what can be read is known");
        assert_eq!(publish(&names).unwrap(), Change::Unchanged, "nothing to write, nothing to complain of");
    }
}

/// With the system's own refusal for ordinary users; root is refused nothing and sees the injected one.
#[test]
fn a_file_that_others_may_write_only_is_not_written() {
    let room = Room::new(OLD.as_bytes());
    let is_root = rustix::process::geteuid().is_root();
    let names = if is_root { room.names_on(forbidden(Errno::ACCESS)) } else { room.names() };
    fs::set_permissions(room.hosts(), Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(room.path("etc"), Permissions::from_mode(0o555)).unwrap();
    let (change, read) = (publish(&names), names.read(&configured()));
    fs::set_permissions(room.path("etc"), Permissions::from_mode(0o755)).unwrap();
    assert_eq!(change.unwrap_err().kind, NamesErrorKind::Permission);
    assert!(read.problems.iter().any(|it| it.target == NameTarget::Hosts && it.unusable), "{read:?}");
    assert_eq!((room.text().as_str(), room.litter().len()), (OLD, 0));
}

#[test]
fn a_lock_that_somebody_keeps_is_not_waited_for_for_ever() {
    let room = Room::new(format!("{OLD}{BLOCK}").as_bytes());
    let held = File::open(room.hosts()).unwrap();
    held.lock_shared().unwrap();
    let names = room.names_on(Disk { patience: Duration::ZERO, ..Disk::default() });
    let error = names.withdraw(NameTarget::Hosts, &train()).unwrap_err();
    assert_eq!(error.kind, NamesErrorKind::Busy);
    assert!(error.to_string().contains("another program holds a lock on it"), "{error}");
    assert!(names.read(&configured()).entry(NameTarget::Hosts, &train()).is_some());
    drop(held);
    assert_eq!(names.withdraw(NameTarget::Hosts, &train()).unwrap(), Change::Written);
}
