use std::fs;

use jiff::Timestamp;

use super::*;
use crate::model::InstanceId;
use crate::plan::Fact;

fn owner() -> Owner {
    ("train".parse().unwrap(), "sir-y1a23b4c".parse().unwrap())
}

fn instance() -> InstanceId {
    "i-0ab12cd34ef56ab78".parse().unwrap()
}

fn entry(second: i64) -> Entry {
    let at = Timestamp::from_second(1_800_000_000 + second).unwrap();
    Entry { at, machine: owner().0, fact: Fact::RebootIntended { instance: instance() } }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("machines/sir-y1a23b4c/journal.jsonl")
}

#[test]
fn what_was_appended_is_read_back_in_order_by_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, before) = Journal::open(dir.path(), &[owner()]).unwrap();
    assert!(before.entries.is_empty() && before.remarks.is_empty());
    for second in 0..3 {
        journal.append(&entry(second)).unwrap();
    }
    drop(journal);
    let (_journal, history) = Journal::open(dir.path(), &[owner()]).unwrap();
    assert_eq!(history.entries, [entry(0), entry(1), entry(2)]);
    assert_eq!(read(dir.path(), &[owner()], true).unwrap().entries, history.entries);
}

#[test]
fn a_torn_tail_is_mended_with_a_remark_and_loses_no_whole_line() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    journal.append(&entry(0)).unwrap();
    journal.append(&entry(1)).unwrap();
    drop(journal);
    let whole = fs::read(path(dir.path())).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in first + 1..whole.len() {
        fs::write(path(dir.path()), &whole[..cut]).unwrap();
        let (journal, history) = Journal::open(dir.path(), &[owner()]).unwrap();
        assert_eq!(history.entries, [entry(0)], "cut at {cut}");
        assert_eq!(history.remarks.len(), 1);
        journal.append(&entry(2)).unwrap();
        drop(journal);
        assert_eq!(read(dir.path(), &[owner()], false).unwrap().entries, [entry(0), entry(2)]);
    }
}

#[test]
fn a_line_of_garbage_in_the_middle_is_passed_over_with_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    journal.append(&entry(0)).unwrap();
    let mut bytes = fs::read(path(dir.path())).unwrap();
    bytes.extend_from_slice(b"{\"at\":\"\xff\n");
    fs::write(path(dir.path()), bytes).unwrap();
    journal.append(&entry(1)).unwrap();
    let history = read(dir.path(), &[owner()], false).unwrap();
    assert_eq!(history.entries, [entry(0), entry(1)]);
    assert!(history.remarks[0].starts_with("line 2 of "), "{:?}", history.remarks);
}

#[test]
fn a_clock_that_was_set_back_does_not_change_what_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    let ended = Fact::RebootEnded { instance: instance(), outcome: crate::plan::Outcome::Done };
    let later = [entry(500), Entry { fact: ended, ..entry(100) }];
    for entry in &later {
        journal.append(entry).unwrap();
    }
    drop(journal);
    let (_journal, history) = Journal::open(dir.path(), &[owner()]).unwrap();
    assert_eq!(history.entries, later);
    assert!(!history.memory().of(&owner().0).debt(&instance()).unwrap().is_open());
    let other = Entry { machine: "lab".parse().unwrap(), ..entry(300) };
    let mixed = History { entries: vec![later[0].clone(), later[1].clone(), other.clone()], remarks: Vec::new() };
    assert_eq!(mixed.chronicle(), [other, later[0].clone(), later[1].clone()]);
}

#[test]
fn a_torn_line_in_a_running_journal_swallows_no_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    journal.append(&entry(0)).unwrap();
    let mut bytes = fs::read(path(dir.path())).unwrap();
    bytes.extend_from_slice(b"{\"at\":");
    fs::write(path(dir.path()), bytes).unwrap();
    journal.append(&entry(1)).unwrap();
    assert_eq!(read(dir.path(), &[owner()], false).unwrap().entries, [entry(0), entry(1)]);
}

#[test]
fn a_rotation_that_fails_does_not_fail_the_entry() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    fs::create_dir(path(dir.path()).with_file_name("journal.next")).unwrap();
    for second in 0..2_500 {
        journal.append(&entry(second)).unwrap();
    }
    assert_eq!(read(dir.path(), &[owner()], false).unwrap().entries.len(), 2_500);
}

#[test]
fn a_second_process_learns_who_holds_the_machine() {
    let dir = tempfile::tempdir().unwrap();
    let (_journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    let error = Journal::open(dir.path(), &[owner()]).unwrap_err();
    let words = error.to_string();
    assert!(matches!(error, OpenError::Lock(LockError::Held { .. })));
    assert!(words.contains(&format!("process {} of user", std::process::id())), "{words}");
}

#[test]
fn machines_apart_do_not_lock_each_other_out() {
    let dir = tempfile::tempdir().unwrap();
    let other: Owner = ("lab".parse().unwrap(), "sir-00000001".parse().unwrap());
    let _first = Journal::open(dir.path(), &[owner()]).unwrap();
    assert!(Journal::open(dir.path(), std::slice::from_ref(&other)).is_ok());
    assert!(Journal::open(dir.path(), &[other, owner()]).is_err());
}

#[test]
fn rotation_bounds_the_file_and_keeps_every_debt() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), &[owner()]).unwrap();
    let attach = Fact::AttachIntended {
        volume: "vol-e123456f".parse().unwrap(),
        instance: instance(),
        device: "/dev/sdp".parse().unwrap(),
        reboot_owed: true,
    };
    journal.append(&Entry { fact: attach, ..entry(0) }).unwrap();
    let debt = read(dir.path(), &[owner()], false).unwrap().memory().of(&owner().0).debt(&instance()).cloned();
    let declined = crate::plan::Action::Reboot { instance: instance(), volumes: Vec::new() };
    for second in 1..5_000 {
        journal.append(&Entry { fact: Fact::Declined { declined: declined.clone() }, ..entry(second) }).unwrap();
    }
    let size = fs::metadata(path(dir.path())).unwrap().len();
    assert!(size < 300 * 1024, "{size}");
    assert!(path(dir.path()).with_file_name("journal.1.jsonl").exists());
    let history = read(dir.path(), &[owner()], false).unwrap();
    assert!(history.entries.len() < 4_000);
    assert!(debt.is_some());
    assert_eq!(history.memory().of(&owner().0).debt(&instance()).cloned(), debt);
    assert!(history.memory().of(&owner().0).is_declined(&declined));
}

#[test]
fn a_state_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("machines"), "a file where a folder should be").unwrap();
    let words = Journal::open(dir.path(), &[owner()]).unwrap_err().to_string();
    assert!(words.contains("machines/sir-y1a23b4c/lock") && words.contains("[state] dir"), "{words}");
}
