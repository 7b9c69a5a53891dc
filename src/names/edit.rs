//! Text in, text out: what publishing and withdrawing do to the bytes of a file.
//!
//! Only the pieces that speak of the machine in question are ever replaced, be they entries, doubles or damaged. All
//! others are kept as they are, understood or not: they belong to another process, or to somebody's hand.

use super::block::{Damage, Document};
use super::entry::{Piece, pieces, render};
use crate::model::{MachineName, NameEntry, NameTarget};

/// The file with this machine's entry in the block, once, in the order of names.
pub(super) fn publish(
    target: NameTarget,
    text: &[u8],
    machine: &MachineName,
    entry: &NameEntry,
) -> Result<Vec<u8>, Damage> {
    rewrite(target, text, machine, render(target, machine, entry))
}

/// The file without anything of this machine's in the block.
pub(super) fn withdraw(target: NameTarget, text: &[u8], machine: &MachineName) -> Result<Vec<u8>, Damage> {
    rewrite(target, text, machine, None)
}

fn rewrite(target: NameTarget, text: &[u8], machine: &MachineName, new: Option<Vec<u8>>) -> Result<Vec<u8>, Damage> {
    let document = Document::parse(text)?;
    let (own, others): (Vec<Piece>, Vec<Piece>) =
        pieces(target, document.inside()).into_iter().partition(|piece| piece.machine.as_ref() == Some(machine));
    let unchanged = match (own.as_slice(), &new) {
        ([], None) => true,
        ([only], Some(new)) => only.raw == *new,
        _ => false,
    };
    if unchanged {
        return Ok(text.to_vec());
    }
    let is_later = |piece: &Piece| piece.machine.as_ref().is_some_and(|name| name > machine);
    let place = others.iter().position(is_later).unwrap_or(others.len());
    let (earlier, later) = others.split_at(place);
    let raw = |pieces: &[Piece]| pieces.iter().flat_map(|piece| piece.raw.iter().copied()).collect::<Vec<u8>>();
    let body = if new.is_none() && others.iter().all(Piece::is_blank) {
        Vec::new()
    } else {
        [raw(earlier), new.unwrap_or_default(), raw(later)].concat()
    };
    Ok(document.with_body(&body))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;
    use crate::model::Text;

    const TARGETS: [NameTarget; 2] = [NameTarget::Hosts, NameTarget::Ssh];

    fn target() -> impl Strategy<Value = NameTarget> {
        prop::sample::select(&TARGETS[..])
    }

    fn machine() -> impl Strategy<Value = MachineName> {
        "[a-c][a-c.]{0,2}".prop_map(|name| name.parse().unwrap())
    }

    fn entry() -> impl Strategy<Value = NameEntry> {
        let hostnames = prop::collection::vec("[a-z]{1,4}(\\.example)?", 1..3);
        (any::<[u8; 4]>(), "i-[0-9a-f]{8}", hostnames, prop::option::of("[a-z]{1,6}")).prop_map(
            |(address, instance, hostnames, user)| NameEntry {
                instance: instance.parse().unwrap(),
                address: IpAddr::V4(Ipv4Addr::from(address)),
                hostnames: hostnames.iter().map(|name| name.parse().unwrap()).collect(),
                ssh_user: user.map(|user| Text::new(&user)),
            },
        )
    }

    /// Bytes as they come, with line ends of all kinds among them.
    fn surroundings() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..6),
            Just(b"\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"127.0.0.1 localhost\n".to_vec()),
            Just(b"Host a\n".to_vec()),
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    /// Lines that may stand in a block without being an entry.
    fn foreign_line() -> impl Strategy<Value = Vec<u8>> {
        prop::sample::select(vec![
            &b"10.0.0.1 hand.example\n"[..],
            b"  \xff\xfe\n",
            b"# [a remark]\r\n",
            b"Host zz\n",
            b"    Port 22\n",
        ])
        .prop_map(<[u8]>::to_vec)
    }

    fn entries(target: NameTarget, text: &[u8]) -> Vec<(MachineName, Option<NameEntry>)> {
        let document = Document::parse(text).unwrap();
        let all = pieces(target, document.inside());
        all.into_iter().filter_map(|piece| Some((piece.machine?, piece.entry))).collect()
    }

    proptest! {
        #[test]
        fn publishing_and_withdrawing_gives_every_byte_back(
            target in target(),
            text in surroundings(),
            published in prop::collection::vec((machine(), entry()), 1..6),
        ) {
            let mut now = text.clone();
            for (machine, entry) in &published {
                now = publish(target, &now, machine, entry).unwrap();
                prop_assert_ne!(&now, &text);
            }
            for (machine, _) in &published {
                now = withdraw(target, &now, machine).unwrap();
            }
            prop_assert_eq!(now, text);
        }

        #[test]
        fn publishing_twice_is_publishing_once(
            target in target(), text in surroundings(), machine in machine(), entry in entry(),
        ) {
            let once = publish(target, &text, &machine, &entry).unwrap();
            prop_assert_eq!(publish(target, &once, &machine, &entry).unwrap(), once);
        }

        #[test]
        fn the_last_word_on_each_machine_stands_once_and_in_order(
            target in target(), text in surroundings(), published in prop::collection::vec((machine(), entry()), 1..8),
        ) {
            let mut now = text;
            let mut expected = std::collections::BTreeMap::new();
            for (machine, mut entry) in published {
                now = publish(target, &now, &machine, &entry).unwrap();
                if target == NameTarget::Hosts {
                    entry.ssh_user = None;
                }
                expected.insert(machine, Some(entry));
            }
            prop_assert_eq!(entries(target, &now), expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn nothing_outside_the_block_and_nothing_of_others_in_it_changes(
            target in target(),
            (before, after) in (surroundings(), surroundings()),
            foreign in prop::collection::vec(foreign_line(), 0..4),
            (machine, entry, second) in (machine(), entry(), entry()),
        ) {
            let newline: &[u8] = if before.is_empty() || before.ends_with(b"\n") { b"" } else { b"\n" };
            let head = [&before[..], newline, b"# BEGIN spotkeeper\r\n"].concat();
            let tail = [b"# END spotkeeper (as it pleases)\n", &after[..]].concat();
            let text = [head.clone(), foreign.concat(), tail.clone()].concat();
            let first = publish(target, &text, &machine, &entry).unwrap();
            let now = publish(target, &first, &machine, &second).unwrap();
            prop_assert!(now.starts_with(&head) && now.ends_with(&tail));
            let kept: Vec<u8> = pieces(target, Document::parse(&now).unwrap().inside())
                .into_iter()
                .filter(|piece| piece.machine.as_ref() != Some(&machine))
                .flat_map(|piece| piece.raw)
                .collect();
            prop_assert_eq!(&kept, &foreign.concat());
            let expected = if foreign.is_empty() { [&before[..], newline, &after].concat() } else { text };
            prop_assert_eq!(withdraw(target, &now, &machine).unwrap(), expected);
        }

        #[test]
        fn no_bytes_make_it_panic(target in target(), lines in prop::collection::vec(prop_oneof![
            surroundings(), foreign_line(), Just(b"# BEGIN spotkeeper\n".to_vec()), Just(b"# END spotkeeper\n".to_vec()),
        ], 0..8), machine in machine(), entry in entry()) {
            let text = lines.concat();
            let results = [publish(target, &text, &machine, &entry), withdraw(target, &text, &machine)];
            prop_assert_eq!(results[0].is_err(), results[1].is_err());
        }
    }

    #[test]
    fn what_is_right_stays_where_it_is_and_blank_lines_alone_keep_no_block() {
        let text =
            b"# BEGIN spotkeeper\n\n10.0.0.9 y # zoo i-0ab12cd3\n10.0.0.1 x # train i-0ab12cd3\n# END spotkeeper\n";
        let (train, zoo) = ("train".parse().unwrap(), "zoo".parse().unwrap());
        let entry = NameEntry {
            instance: "i-0ab12cd3".parse().unwrap(),
            address: "10.0.0.1".parse().unwrap(),
            hostnames: vec!["x".parse().unwrap()],
            ssh_user: None,
        };
        assert_eq!(publish(NameTarget::Hosts, text, &train, &entry).unwrap(), text);
        let one_left = withdraw(NameTarget::Hosts, text, &zoo).unwrap();
        assert_eq!(one_left, b"# BEGIN spotkeeper\n\n10.0.0.1 x # train i-0ab12cd3\n# END spotkeeper\n");
        assert_eq!(withdraw(NameTarget::Hosts, &one_left, &train).unwrap(), b"");
    }

    #[test]
    fn a_block_keeps_its_place_and_doubles_of_a_machine_become_one() {
        let text = b"a\n# BEGIN spotkeeper\n10.0.0.1 x # train i-0ab12cd3\n10.0.0.9 y # zoo i-0ab12cd3\n10.0.0.2 x # train\n# END spotkeeper\nb";
        let train = "train".parse().unwrap();
        let entry = NameEntry {
            instance: "i-0ab12cd4".parse().unwrap(),
            address: "10.0.0.3".parse().unwrap(),
            hostnames: vec!["x".parse().unwrap()],
            ssh_user: None,
        };
        let now = publish(NameTarget::Hosts, text, &train, &entry).unwrap();
        let expected =
            "a\n# BEGIN spotkeeper\n10.0.0.3 x # train i-0ab12cd4\n10.0.0.9 y # zoo i-0ab12cd3\n# END spotkeeper\nb";
        assert_eq!(String::from_utf8(now.clone()).unwrap(), expected);
        let nameless = NameEntry { hostnames: Vec::new(), ..entry };
        let without = publish(NameTarget::Hosts, &now, &train, &nameless).unwrap();
        assert_eq!(String::from_utf8(without).unwrap(), expected.replace("10.0.0.3 x # train i-0ab12cd4\n", ""));
    }
}
