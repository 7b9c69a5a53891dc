//! The form of an entry in a hosts file: one line.

use std::net::IpAddr;

use super::block::Line;
use super::entry::{Piece, Rival, appended, host_names, note};
use crate::model::{MachineName, NameEntry};

pub(super) fn pieces(lines: &[Line<'_>]) -> Vec<Piece> {
    lines.iter().map(piece).collect()
}

fn piece(line: &Line<'_>) -> Piece {
    let text = line.text();
    let (mapping, comment) = text.split_once('#').unwrap_or((&text, ""));
    let (machine, instance) = note(comment);
    let entry = instance.filter(|_| machine.is_some()).and_then(|instance| {
        let mut words = mapping.split_ascii_whitespace();
        let address = words.next()?.parse().ok()?;
        let hostnames = host_names(words).filter(|names| !names.is_empty())?;
        Some(NameEntry { instance, address, hostnames, ssh_user: None })
    });
    Piece { line: line.number, raw: line.raw.to_vec(), machine, entry }
}

pub(super) fn render(machine: &MachineName, entry: &NameEntry) -> Option<Vec<u8>> {
    if entry.hostnames.is_empty() {
        return None;
    }
    let names = appended(&entry.hostnames);
    Some(format!("{}{names} # {machine} {}\n", entry.address, entry.instance).into_bytes())
}

pub(super) fn rivals(line: &Line<'_>) -> Vec<Rival> {
    let text = line.text();
    let mapping = text.split_once('#').map_or(&*text, |(mapping, _)| mapping);
    let mut words = mapping.split_ascii_whitespace();
    // An address may carry a zone, as in fe80::1%eth0. Resolvers pass over lines without an address.
    let address: Option<IpAddr> =
        words.next().and_then(|word| word.split_once('%').map_or(word, |(address, _)| address).parse().ok());
    if address.is_none() {
        return Vec::new();
    }
    words.map(|name| Rival { line: line.number, name: name.to_owned(), address }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> Piece {
        piece(&Line { number: 7, raw })
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let entry = NameEntry {
            instance: "i-0ab12cd34ef56ab78".parse().unwrap(),
            address: "2001:db8::7".parse().unwrap(),
            hostnames: vec!["my-spot.amazonaws.com".parse().unwrap(), "other.example.com".parse().unwrap()],
            ssh_user: None,
        };
        let machine: MachineName = "train".parse().unwrap();
        let line = render(&machine, &entry).unwrap();
        assert_eq!(line, b"2001:db8::7 my-spot.amazonaws.com other.example.com # train i-0ab12cd34ef56ab78\n");
        let piece = read(&line);
        assert_eq!((piece.machine, piece.entry), (Some(machine), Some(entry)));
    }

    #[test]
    fn damaged_lines_are_no_entries_but_still_tell_their_machine() {
        for raw in [
            &b"203.0.113.7 a.example # train\n"[..],
            b"203.0.113.7 a.example # train i-xyz\n",
            b"203.0.113.7 a.example # train i-0ab12cd3 more\n",
            b"203.0.113.7 # train i-0ab12cd3\n",
            b"203.0.113.7 a_b # train i-0ab12cd3\n",
            b"203.0.113 a.example # train i-0ab12cd3\n",
            b"203.0.113.7 a\xff.example # train i-0ab12cd3\n",
            b"# train i-0ab12cd3\n",
        ] {
            let piece = read(raw);
            assert_eq!(piece.entry, None, "{raw:?}");
            assert_eq!(piece.machine, Some("train".parse().unwrap()), "{raw:?}");
        }
        for raw in [&b"203.0.113.7 a.example\n"[..], b"\n", b"\x1b[2J # \x1b[2J i-0ab12cd3\n"] {
            assert_eq!((read(raw).machine, read(raw).entry), (None, None), "{raw:?}");
        }
    }

    #[test]
    fn only_lines_with_an_address_give_names_away() {
        let names = |raw: &[u8]| rivals(&Line { number: 1, raw }).into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names(b"\t10.0.0.1\ta b.c # d\r\n"), ["a", "b.c"]);
        assert_eq!(names(b"fe80::1%eth0 a"), ["a"]);
        assert_eq!(names(b"# 10.0.0.1 a\n"), Vec::<String>::new());
        assert_eq!(names(b"ten a\n"), Vec::<String>::new());
    }
}
