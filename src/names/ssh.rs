//! The form of an entry in an ssh configuration: a comment and a `Host` section.
//!
//! `HostKeyAlias` pins the host key to the instance. Each new instance has a new key under an old name; without
//! the alias ssh would warn at every replacement, and teach people to ignore the warning.

use std::borrow::Cow;

use super::block::{Line, concat};
use super::entry::{Piece, Rival, appended, host_names, is_login, note};
use crate::model::{MachineName, NameEntry, Text};

pub(super) fn pieces(lines: &[Line<'_>]) -> Vec<Piece> {
    let mut sections: Vec<Vec<Line<'_>>> = Vec::new();
    for line in lines {
        match sections.last_mut() {
            Some(section) if !begins_section(line, section) => section.push(*line),
            _ => sections.push(vec![*line]),
        }
    }
    sections.iter().filter_map(|section| piece(section)).collect()
}

/// A section begins with its note, or with a `Host` or `Match` that no note precedes. So what somebody else wrote into
/// the block, remarks and blank lines included, is told from the entry before it.
fn begins_section(line: &Line<'_>, section: &[Line<'_>]) -> bool {
    let text = line.text();
    let opens = |text: &str| matches!(keyword(text).0.to_ascii_lowercase().as_str(), "host" | "match");
    text.is_empty() || text.starts_with('#') || (opens(&text) && !matches!(section, [only] if is_note(&only.text())))
}

fn is_note(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|text| matches!(note(text), (Some(_), Some(_))))
}

fn piece(section: &[Line<'_>]) -> Option<Piece> {
    let first = section.first()?;
    let texts: Vec<_> = section.iter().map(Line::text).collect();
    let comment = texts.first().and_then(|text| text.strip_prefix('#')).map(note);
    let machine = comment.and_then(|(machine, _)| machine).or_else(|| {
        let (word, rest) = texts.first().map(|text| keyword(text))?;
        let named = rest.split_ascii_whitespace().next().filter(|_| word.eq_ignore_ascii_case("host"))?;
        named.parse().ok()
    });
    let entry = machine.as_ref().and_then(|machine| entry(machine, &texts));
    Some(Piece { line: first.number, raw: concat(section), machine, entry })
}

/// Reads exactly the form that [`render`] writes: an entry with anything more or less in it is not understood.
fn entry(machine: &MachineName, texts: &[Cow<'_, str>]) -> Option<NameEntry> {
    let (comment, host, address, alias, user) = match texts {
        [comment, host, address, alias] => (comment, host, address, alias, None),
        [comment, host, address, alias, user] => (comment, host, address, alias, Some(user)),
        _ => return None,
    };
    let instance = note(comment.strip_prefix('#')?).1?;
    let mut aliases = value(host, "Host")?.split_ascii_whitespace();
    if aliases.next()? != machine.as_str() || value(alias, "HostKeyAlias")? != instance.as_str() {
        return None;
    }
    let ssh_user = match user {
        Some(user) => Some(value(user, "User").filter(|user| is_login(user)).map(Text::new)?),
        None => None,
    };
    let address = value(address, "HostName")?.parse().ok()?;
    Some(NameEntry { instance, address, hostnames: host_names(aliases)?, ssh_user })
}

pub(super) fn render(machine: &MachineName, entry: &NameEntry) -> Vec<u8> {
    let NameEntry { instance, address, hostnames, ssh_user } = entry;
    let names = appended(hostnames);
    let user = ssh_user.as_ref().map(|user| format!("    User {user}\n")).unwrap_or_default();
    format!(
        "# {machine} {instance}\nHost {machine}{names}\n    HostName {address}\n    HostKeyAlias {instance}\n{user}"
    )
    .into_bytes()
}

pub(super) fn rivals(line: &Line<'_>) -> Vec<Rival> {
    let text = line.text();
    let (word, patterns) = keyword(&text);
    if !word.eq_ignore_ascii_case("host") {
        return Vec::new();
    }
    let names = patterns.split_ascii_whitespace().map(|pattern| pattern.trim_matches('"'));
    names.map(|name| Rival { line: line.number, name: name.to_owned(), address: None }).collect()
}

/// A line's keyword and the rest; ssh takes blanks or one `=` between them.
fn keyword(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once([' ', '\t', '=']).unwrap_or((text, ""));
    let rest = rest.trim_start();
    (word, rest.strip_prefix('=').unwrap_or(rest).trim_start())
}

fn value<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let (word, rest) = keyword(text);
    word.eq_ignore_ascii_case(wanted).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Piece> {
        let lines: Vec<_> = text
            .split_inclusive('\n')
            .enumerate()
            .map(|(index, raw)| Line { number: index + 1, raw: raw.as_bytes() })
            .collect();
        pieces(&lines)
    }

    fn sample(user: Option<&str>) -> (MachineName, NameEntry) {
        let entry = NameEntry {
            instance: "i-0ab12cd3".parse().unwrap(),
            address: "203.0.113.7".parse().unwrap(),
            hostnames: vec!["a.example".parse().unwrap()],
            ssh_user: user.map(Text::new),
        };
        ("train".parse().unwrap(), entry)
    }

    const TRAIN: &str =
        "# train i-0ab12cd3\nHost train a.example\n    HostName 203.0.113.7\n    HostKeyAlias i-0ab12cd3\n";

    #[test]
    fn what_is_written_is_read_back_the_same() {
        for user in [None, Some("ubuntu")] {
            let (machine, entry) = sample(user);
            let written = String::from_utf8(render(&machine, &entry)).unwrap();
            assert!(written.starts_with(TRAIN), "{written}");
            assert_eq!(written.contains("    User ubuntu\n"), user.is_some());
            let pieces = read(&format!("{written}{written}"));
            assert_eq!(pieces.len(), 2);
            for piece in pieces {
                assert_eq!(piece.machine.as_ref(), Some(&machine));
                assert_eq!(piece.entry.as_ref(), Some(&entry));
            }
        }
    }

    #[test]
    fn a_section_that_somebody_put_behind_an_entry_is_a_piece_of_its_own() {
        let text =
            format!("# mine, do not touch\nHost first\n{TRAIN}# [a remark]\n\nHost other\n    Port 22\nMatch all\n");
        let pieces = read(&text);
        let found: Vec<_> =
            pieces.iter().map(|piece| (piece.line, piece.machine.as_ref().map(MachineName::as_str))).collect();
        assert_eq!(
            found,
            [(1, None), (2, Some("first")), (3, Some("train")), (7, None), (8, None), (9, Some("other")), (11, None)]
        );
        assert!(pieces[2].entry.is_some());
        assert_eq!(pieces.iter().flat_map(|piece| piece.raw.clone()).collect::<Vec<_>>(), text.as_bytes());
    }

    #[test]
    fn an_entry_with_more_or_less_in_it_is_not_understood_but_tells_its_machine() {
        for text in [
            format!("{TRAIN}    Port 2222\n"),
            format!("{TRAIN}    User -oProxyCommand=x\n"),
            TRAIN.replace("Host train", "Host *"),
            TRAIN.replace("HostKeyAlias i-0ab12cd3", "HostKeyAlias i-0ab12cd4"),
            TRAIN.replace("203.0.113.7", "$(reboot)"),
            "# train i-0ab12cd3\n".to_owned(),
            "Host train\n    HostName 203.0.113.7\n".to_owned(),
        ] {
            let pieces = read(&text);
            assert_eq!(pieces.len(), 1, "{text}");
            assert_eq!((pieces[0].machine.as_ref().map(MachineName::as_str), &pieces[0].entry), (Some("train"), &None));
        }
    }

    #[test]
    fn host_lines_give_their_names_away_however_they_are_written() {
        let names = |raw: &str| {
            rivals(&Line { number: 1, raw: raw.as_bytes() }).into_iter().map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(names("  host = a \"b\" *.c\r\n"), ["a", "b", "*.c"]);
        assert_eq!(names("HOST\ta"), ["a"]);
        assert_eq!(names("HostName a"), Vec::<String>::new());
        assert_eq!(names("# Host a"), Vec::<String>::new());
    }
}
