//! What `read` points out.

use super::*;

/// What is said of a file with this content, each with the machine that it is about and whether it is unusable.
fn problems(target: NameTarget, text: &[u8]) -> Vec<(String, bool, bool)> {
    let room = Room::new(text);
    let names = match target {
        NameTarget::Hosts => Names::new(Some(room.hosts()), None),
        NameTarget::Ssh => Names::new(None, Some(room.hosts())),
    };
    let file = room.hosts().display().to_string();
    let found = names.read(&configured()).problems.into_iter();
    found
        .map(|problem| {
            assert_eq!((problem.target, &problem.file), (target, &room.hosts()));
            (problem.what.replace(&file, "FILE"), problem.machine == Some(train()), problem.unusable)
        })
        .collect()
}

#[test]
fn hand_written_lines_for_the_same_name_are_pointed_out_with_their_numbers() {
    let text = format!(
        "127.0.0.1 localhost\r\n10.0.0.1 x MY-SPOT.amazonaws.com.\n# 10.0.0.1 my-spot.amazonaws.com\n{BLOCK}fe80::1%eth0 my-spot.amazonaws.com"
    );
    let says = |line, address| {
        let what = format!(
            "line {line} of FILE, outside spotkeeper's block, also maps my-spot.amazonaws.com to {address}, and may win over the entry in it; take the name out of that line"
        );
        (what, true, false)
    };
    assert_eq!(problems(NameTarget::Hosts, text.as_bytes()), [says(2, "10.0.0.1"), says(7, "fe80::1")]);
}

#[test]
fn hand_written_host_sections_for_the_same_alias_are_pointed_out_with_their_numbers() {
    let text = b"Host *\n  User x\nhost = other Train\n  HostName my-spot.amazonaws.com\nHost trainer\n";
    let what = "line 3 of FILE, outside spotkeeper's block, also speaks of the host train, and may win over the entry in it; take the name out of that line";
    assert_eq!(problems(NameTarget::Ssh, text), [(what.to_owned(), true, false)]);
}

#[test]
fn lines_in_the_block_that_are_no_entries_are_pointed_out_and_nothing_in_them_acts() {
    let hostile = "203.0.113.9 a\u{1b}[2J\u{202e} # train\n";
    let text = BLOCK.replace("# END", &format!("{hostile}\n\u{9b}x\u{7}\n# END"));
    let found = problems(NameTarget::Hosts, &[text.as_bytes(), b"10.0.0.1 \x1b[2J\xff\n"].concat());
    let says = |line, quoted, fate| {
        format!("line {line} of FILE, in spotkeeper's block, is no entry of spotkeeper's: \"{quoted}\"; {fate}")
    };
    let expected = [
        (
            says(3, r"203.0.113.9 a\u{1b}[2J\u{202e} # train", "it goes when train is next written or withdrawn"),
            true,
            false,
        ),
        (says(5, r"\u{9b}x\u{7}", "it is kept"), false, false),
    ];
    assert_eq!(found, expected);
}

#[test]
fn second_entries_and_entries_of_strangers_for_the_same_name_are_pointed_out() {
    let stranger = "203.0.113.8 My-Spot.amazonaws.com # old i-0ab12cd3\n203.0.113.8 x # fine i-0ab12cd3\n";
    let double = "203.0.113.9 my-spot.amazonaws.com # train i-0ab12cd3\n";
    let text = BLOCK.replace("# END", &format!("{stranger}{double}# END"));
    let found = problems(NameTarget::Hosts, text.as_bytes());
    let expected = [
        "line 3 of FILE gives my-spot.amazonaws.com to the machine old, which is not in this configuration; if no other spotkeeper keeps it, delete that entry",
        "line 5 of FILE is a second entry for train; the next change of that machine's entry removes it",
    ];
    assert_eq!(found, expected.map(|what| (what.to_owned(), true, false)));
}

#[test]
fn a_damaged_block_is_reported_and_never_edited() {
    for (text, line) in [("a\n# BEGIN spotkeeper\nb\n", "line 2"), ("# END spotkeeper\n", "line 1")] {
        let room = Room::new(text.as_bytes());
        let names = room.names();
        for error in [publish(&names), names.withdraw(NameTarget::Hosts, &train())].map(Result::unwrap_err) {
            assert_eq!(error.kind, NamesErrorKind::Damaged);
            assert!(error.to_string().contains(line), "{error}");
        }
        assert_eq!(room.text(), text);
        let read = names.read(&configured());
        assert!(read.problems[0].unusable && read.problems[0].what.contains(line), "{read:?}");
        assert_eq!(room.litter(), Vec::<String>::new());
    }
    let twice = format!("{BLOCK}\n{BLOCK}");
    let found = problems(NameTarget::Hosts, twice.as_bytes());
    assert!(found[0].0.contains("the marks on lines 1, 3, 5, 7 do not make one block"), "{found:?}");
}

#[test]
fn paths_that_lead_to_no_file_are_reported_and_refused() {
    let room = Room::new(b"");
    symlink("nowhere", room.path("dangling")).unwrap();
    for (path, why) in [
        (room.path("dangling"), "is a symbolic link to a file that does not exist"),
        (room.path("etc"), "is not a file, but something else"),
        (room.path("not-there/hosts"), "its directory does not exist"),
    ] {
        let names = Names::new(Some(path), None);
        let error = publish(&names).unwrap_err();
        assert_eq!(error.kind, NamesErrorKind::Missing);
        assert!(error.to_string().contains(why), "{error}");
        let read = names.read(&configured());
        assert!(read.problems[0].unusable && read.problems[0].what.contains(why), "{read:?}");
    }
}

#[test]
fn paths_are_shown_without_anything_that_acts() {
    let names = Names::new(Some(PathBuf::from("/no\u{1b}[2J/hosts")), None);
    let error = publish(&names).unwrap_err().to_string();
    assert!(error.starts_with(r"cannot create /no\u{1b}[2J/hosts: "), "{error}");
    assert_eq!(said(&names.read(&configured())), [error.as_str()]);
}
