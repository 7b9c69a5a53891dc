//! What holds of a name file, whatever somebody wrote in it.
//!
//! The first byte of an input chooses the kind of file, the machine and its entry; the rest is the file.

use spotkeeper::model::{MachineName, NameEntry, NameTarget, Text};
use spotkeeper::names::{entries, published, withdrawn};

const BEGIN: &[u8] = b"# BEGIN spotkeeper";
const END: &[u8] = b"# END spotkeeper";

/// Checks a choice and a file.
pub(crate) fn check(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else { return };
    let target = if choice & 1 == 0 { NameTarget::Hosts } else { NameTarget::Ssh };
    let (machine, entry) = sample(*choice, target);
    let Some(before) = entries(target, text) else {
        assert!(published(target, text, &machine, &entry).is_none(), "a damaged block was written to");
        assert!(withdrawn(target, text, &machine).is_none(), "a damaged block was written to");
        return;
    };
    let with = published(target, text, &machine, &entry).expect("an undamaged block can be written to");
    check_published(target, text, &with, (&machine, &entry), &before);
    let without = withdrawn(target, text, &machine).expect("an undamaged block can be written to");
    check_withdrawn(target, text, &without, &machine, &before);
    if !is_in(&machine, &before) && !has_block(text) {
        assert_eq!(withdrawn(target, &with, &machine).as_deref(), Some(text), "what came does not go without a trace");
    }
}

type Entries = [(MachineName, NameEntry)];

fn check_published(target: NameTarget, old: &[u8], new: &[u8], own: (&MachineName, &NameEntry), before: &Entries) {
    let (machine, entry) = own;
    let after = entries(target, new).expect("what was written can be read");
    let mine: Vec<_> = after.iter().filter(|(name, _)| name == machine).collect();
    // In the hosts file a machine without a host name has no entry.
    let expected = usize::from(target == NameTarget::Ssh || !entry.hostnames.is_empty());
    assert_eq!(mine.len(), expected, "{}", new.escape_ascii());
    assert!(mine.iter().all(|(_, found)| found == entry), "{mine:?} is not {entry:?}");
    assert_eq!(others(&after, machine), others(before, machine), "another machine's entry changed");
    assert_eq!(published(target, new, machine, entry).as_deref(), Some(new), "twice is not once");
    assert_outside_kept(old, new);
}

fn check_withdrawn(target: NameTarget, old: &[u8], new: &[u8], machine: &MachineName, before: &Entries) {
    let after = entries(target, new).expect("what was written can be read");
    assert!(!is_in(machine, &after));
    assert_eq!(others(&after, machine), others(before, machine), "another machine's entry changed");
    assert_eq!(withdrawn(target, new, machine).as_deref(), Some(new), "twice is not once");
    assert_outside_kept(old, new);
}

fn is_in(machine: &MachineName, entries: &Entries) -> bool {
    entries.iter().any(|(name, _)| name == machine)
}

fn others<'a>(entries: &'a Entries, machine: &MachineName) -> Vec<&'a (MachineName, NameEntry)> {
    entries.iter().filter(|(name, _)| name != machine).collect()
}

/// That not a byte outside of the block differs, but for one newline before it: a block begins on a line of its own,
/// and takes its newline away again.
fn assert_outside_kept(old: &[u8], new: &[u8]) {
    let ((old_before, old_after), (new_before, new_after)) = (outside(old), outside(new));
    let kept = match (has_block(old), has_block(new)) {
        (true, true) | (false, false) => (old_before, &old_after) == (new_before, &new_after),
        (false, true) => {
            let with_newline = [old_before, b"\n"].concat();
            new_after.is_empty() && (new_before == old_before || new_before == with_newline)
        }
        (true, false) => {
            let all = [old_before, &old_after].concat();
            let cut = old_before.strip_suffix(b"\n").filter(|_| old_after.is_empty());
            new_before == all || Some(new_before) == cut
        }
    };
    assert!(kept, "outside of the block {} became {}", old.escape_ascii(), new.escape_ascii());
}

/// What stands before and after the block, found in a way of its own: everything, and nothing, without one.
fn outside(text: &[u8]) -> (&[u8], Vec<u8>) {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (Some(begin), Some(end)) = (at(&lines, BEGIN), at(&lines, END)) else { return (text, Vec::new()) };
    let length = lines.iter().take(begin).map(|line| line.len()).sum();
    (text.get(..length).unwrap_or_default(), lines.iter().skip(end + 1).copied().collect::<Vec<_>>().concat())
}

fn has_block(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    at(&lines, BEGIN).is_some()
}

fn at(lines: &[&[u8]], mark: &[u8]) -> Option<usize> {
    let is_mark = |line: &[u8]| {
        line.trim_ascii().strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(b" "))
    };
    lines.iter().copied().position(is_mark)
}

fn sample(choice: u8, target: NameTarget) -> (MachineName, NameEntry) {
    let machine = if choice & 2 == 0 { "train" } else { "lab" };
    let address = if choice & 4 == 0 { "203.0.113.7" } else { "2001:db8::7" };
    let hostnames: &[&str] = match choice & 0b1_1000 {
        0 => &["my-spot.example.com"],
        8 => &["my-spot.example.com", "other"],
        16 => &["train"],
        _ => &[],
    };
    let user = (choice & 32 != 0 && target == NameTarget::Ssh).then(|| Text::new("ubuntu"));
    let entry = NameEntry {
        instance: "i-0ab12cd34ef56ab78".parse().expect("an id"),
        address: address.parse().expect("an address"),
        hostnames: hostnames.iter().map(|name| name.parse().expect("a host name")).collect(),
        ssh_user: user,
    };
    (machine.parse().expect("a name"), entry)
}
