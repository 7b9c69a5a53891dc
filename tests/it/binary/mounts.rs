//! Disks that are full or read-only, mount points and symbolic links: real ones, seen by the program alone.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::process::Signal;

use super::world::{BEGIN, HANGING, INSTANCE, TRAIN, World};
use crate::support::binary::{HOSTS, Running};
use crate::support::eventually;
use crate::support::proxy::Moment;

const SERVICE: &[&str] = &["run", "--no-tui", "--auto"];

const ACTS: [&str; 2] =
    ["AttachVolume vol-e123456f i-0ab12cd34ef56ab78 /dev/sdp", "RebootInstances i-0ab12cd34ef56ab78"];

/// A tmpfs with room for a few entries.
const SMALL: &str = "mount -t tmpfs -o size=128k small";

/// Writes until there is not a byte of room.
fn fill(folder: &Path) {
    let mut filler = File::create(folder.join("filler")).unwrap();
    for piece in [&[0; 4096][..], &[0; 1]] {
        let error = loop {
            if let Err(error) = filler.write_all(piece) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

fn make_room(folder: &Path) {
    fs::remove_file(folder.join("filler")).unwrap();
}

fn leave(service: Running) {
    service.signal(Signal::TERM);
    let outcome = service.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
}

/// A world in which what failed is tried again after a second.
fn impatient() -> World {
    let world = World::new(HANGING);
    world.place.configure(&TRAIN.replace("active = ", "steady = \"1s\"\nactive = "));
    world
}

/// A world whose hosts file is a symbolic link into a folder, in which another file system can be mounted.
fn linked() -> World {
    let world = impatient();
    let folder = world.place.home().join("etc");
    fs::create_dir(&folder).unwrap();
    fs::rename(world.place.hosts_file(), folder.join("hosts")).unwrap();
    symlink("etc/hosts", world.place.hosts_file()).unwrap();
    world
}

/// Waits until the hosts file that the service sees has the machine's line below what stood there.
fn published(world: &World, service: &Running, before: &str) {
    let file = service.inside(&world.place.home().join("etc/hosts"));
    eventually("the name in the hosts file", || {
        let text = fs::read_to_string(&file).ok()?;
        let rest = text.strip_prefix(before)?.strip_prefix(BEGIN)?;
        rest.contains(&format!(" my-spot.example.com # train {INSTANCE}\n")).then_some(())
    });
}

fn acted(world: &World) {
    eventually("the attachment and the reboot", || (world.changes() == ACTS).then_some(()));
}

#[test]
fn with_a_full_state_folder_it_says_so_and_does_nothing_until_there_is_room() {
    let world = impatient();
    let state = world.place.state_dir();
    fs::create_dir_all(&state).unwrap();
    let held = world.proxy.hold("DescribeVolumes", 1, Moment::BeforeForwarding);
    let service = world.place.spawn_mounted(&format!("{SMALL} '{}'", state.display()), SERVICE);
    held.wait();
    fill(&service.inside(&state));
    held.release();
    let said = service.wait_for_stderr("No space left");
    assert!(said.contains("cannot write the journal") && said.contains("journal.jsonl"), "{said}");
    let looks = || world.proxy.calls().iter().filter(|call| call.action == "DescribeVolumes").count();
    let before = looks();
    eventually("more looks", || (looks() > before + 1).then_some(()));
    assert_eq!(world.changes(), [""; 0], "what cannot be written down is not done");
    make_room(&service.inside(&state));
    acted(&world);
    eventually("the name", || (world.place.hosts() != HOSTS).then_some(()));
    world.assert_home();
    leave(service);
}

#[test]
fn with_a_read_only_state_folder_it_does_not_begin_and_names_the_folder_and_the_setting() {
    let world = impatient();
    let state = world.place.state_dir();
    fs::create_dir_all(&state).unwrap();
    let path = state.display();
    let outcome = world
        .place
        .spawn_mounted(&format!("mount --bind '{path}' '{path}'\nmount -o remount,bind,ro '{path}'"), SERVICE)
        .wait();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    for words in [&path.to_string(), "Read-only file system", "[state] dir"] {
        assert!(outcome.stderr.contains(words), "no {words:?} in {outcome:?}");
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn a_hosts_file_on_a_full_disk_behind_a_link_stays_as_it_is_until_there_is_room() {
    let world = linked();
    let etc = world.place.home().join("etc");
    let path = etc.display();
    let held = world.proxy.hold("RebootInstances", 1, Moment::BeforeForwarding);
    let mounts = format!("{SMALL} '{path}'\nprintf '127.0.0.1 localhost\\n::1 localhost\\n' > '{path}/hosts'");
    let service = world.place.spawn_mounted(&mounts, SERVICE);
    held.wait();
    fill(&service.inside(&etc));
    held.release();
    let said = service.wait_for_stderr("No space left");
    assert!(said.contains("write a new file beside") && said.contains("hosts"), "{said}");
    acted(&world);
    assert_eq!(fs::read_to_string(service.inside(&etc.join("hosts"))).unwrap(), HOSTS);
    make_room(&service.inside(&etc));
    published(&world, &service, HOSTS);
    leave(service);
    assert!(world.place.hosts_file().is_symlink());
}

#[test]
fn a_read_only_hosts_file_keeps_nothing_from_being_done_but_the_name_and_the_way_out_is_told() {
    let world = linked();
    let path = world.place.home().join("etc");
    let path = path.display();
    let mounts = format!("mount --bind '{path}' '{path}'\nmount -o remount,bind,ro '{path}'");
    let service = world.place.spawn_mounted(&mounts, SERVICE);
    let said = service.wait_for_stderr("the file system is read-only");
    assert!(said.contains("cannot write") && said.contains("[hosts] enabled = false"), "{said}");
    acted(&world);
    leave(service);
    assert_eq!(world.place.hosts(), HOSTS);
}

#[test]
fn a_hosts_file_that_is_a_mount_point_gets_the_name_and_what_somebody_wrote_meanwhile_stays() {
    let world = linked();
    let etc = world.place.home().join("etc");
    fs::write(etc.join("other"), HOSTS).unwrap();
    let path = etc.display();
    let held = world.proxy.hold("RebootInstances", 1, Moment::BeforeForwarding);
    let service = world.place.spawn_mounted(&format!("mount --bind '{path}/other' '{path}/hosts'"), SERVICE);
    held.wait();
    let edited = format!("{HOSTS}192.0.2.1 somebody.example\n");
    fs::write(etc.join("other"), &edited).unwrap();
    held.release();
    published(&world, &service, &edited);
    acted(&world);
    leave(service);
    assert!(fs::read_to_string(etc.join("other")).unwrap().starts_with(&edited), "it was overwritten in place");
    assert_eq!(fs::read_to_string(etc.join("hosts")).unwrap(), HOSTS, "what is below the mount is untouched");
    let names: Vec<_> = fs::read_dir(&etc).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "no backup is left: {names:?}");
}
