//! The pieces of a block: one for each machine, whatever the form of the file.

use std::net::IpAddr;

use super::block::Line;
use super::{hosts, ssh};
use crate::model::{HostName, InstanceId, MachineName, NameEntry, NameTarget};

/// A run of lines in the block that belong together: an entry, or something that somebody else put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The number of its first line.
    pub(super) line: usize,
    /// Its bytes.
    pub(super) raw: Vec<u8>,
    /// The machine that it speaks of, even where it is no entry.
    pub(super) machine: Option<MachineName>,
    /// The entry, when the whole piece is understood.
    pub(super) entry: Option<NameEntry>,
}

impl Piece {
    /// Whether there is nothing to be seen.
    pub(super) fn is_blank(&self) -> bool {
        self.raw.trim_ascii().is_empty()
    }
}

/// A name that stands outside the block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rival {
    /// The line that it stands in.
    pub(super) line: usize,
    /// The name, still untrusted.
    pub(super) name: String,
    /// What it leads to; unknown in the ssh configuration, where that stands in another line.
    pub(super) address: Option<IpAddr>,
}

/// Cuts the lines of a block into pieces. No byte is lost.
pub(super) fn pieces(target: NameTarget, lines: &[Line<'_>]) -> Vec<Piece> {
    match target {
        NameTarget::Hosts => hosts::pieces(lines),
        NameTarget::Ssh => ssh::pieces(lines),
    }
}

/// How an entry is written, or nothing when the machine has no name in this kind of file.
pub(super) fn render(target: NameTarget, machine: &MachineName, entry: &NameEntry) -> Option<Vec<u8>> {
    match target {
        NameTarget::Hosts => hosts::render(machine, entry),
        NameTarget::Ssh => Some(ssh::render(machine, entry)),
    }
}

/// The names that a line outside the block gives away.
pub(super) fn rivals(target: NameTarget, line: &Line<'_>) -> Vec<Rival> {
    match target {
        NameTarget::Hosts => hosts::rivals(line),
        NameTarget::Ssh => ssh::rivals(line),
    }
}

/// Reads the note that each entry carries: `train i-0ab12cd34ef56ab78`. The machine is told even where the instance
/// is not well-formed, so that a damaged entry can still be replaced.
pub(super) fn note(text: &str) -> (Option<MachineName>, Option<InstanceId>) {
    let mut words = text.split_ascii_whitespace();
    let machine = words.next().and_then(|word| word.parse().ok());
    let instance = words.next().and_then(|word| word.parse().ok());
    if words.next().is_some() { (machine, None) } else { (machine, instance) }
}

/// Why an entry must not be published: what is wrong, and what would be right.
pub(super) fn refusal(target: NameTarget, entry: &NameEntry) -> Option<String> {
    let address = entry.address;
    let kind = match address.to_canonical() {
        it if it.is_unspecified() => Some("stands for no address at all"),
        it if it.is_loopback() => Some("is this computer's own (loopback)"),
        it if it.is_multicast() => Some("is a multicast address"),
        IpAddr::V4(it) if it.is_broadcast() => Some("is the broadcast address"),
        _ => None,
    };
    if let Some(kind) = kind {
        return Some(format!("{address} {kind}, which no instance has"));
    }
    let user = entry.ssh_user.as_ref().filter(|_| target == NameTarget::Ssh)?;
    (!is_login(user.as_str())).then(|| {
        format!("\"{user}\" is no login name; one is up to 32 letters, digits, '_', '.' and '-', and begins with a letter or '_'")
    })
}

/// Whether a name can be given to ssh as it is.
pub(super) fn is_login(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Host names as they follow something else in a line.
pub(super) fn appended(names: &[HostName]) -> String {
    names.iter().flat_map(|name| [" ", name.as_str()]).collect()
}

/// Host names, when every word is one.
pub(super) fn host_names<'a>(words: impl Iterator<Item = &'a str>) -> Option<Vec<HostName>> {
    words.map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    fn entry(address: &str, user: Option<&str>) -> NameEntry {
        NameEntry {
            instance: "i-0ab12cd3".parse().unwrap(),
            address: address.parse().unwrap(),
            hostnames: Vec::new(),
            ssh_user: user.map(Text::new),
        }
    }

    #[test]
    fn addresses_that_no_instance_has_are_refused() {
        for bad in ["0.0.0.0", "127.0.0.2", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "::ffff:127.0.0.1"]
        {
            let refusal = refusal(NameTarget::Hosts, &entry(bad, None)).unwrap_or_default();
            assert!(refusal.starts_with(bad), "{bad}: {refusal}");
        }
        for good in ["203.0.113.7", "10.0.0.1", "2001:db8::1", "172.31.255.255"] {
            assert_eq!(refusal(NameTarget::Hosts, &entry(good, None)), None, "{good}");
        }
    }

    #[test]
    fn login_names_are_plain_words_where_they_matter() {
        let thirty_three = "a".repeat(33);
        for bad in ["", "-oProxyCommand=x", "a b", "a\nb", "größe", "0day", "%h", thirty_three.as_str()] {
            assert!(refusal(NameTarget::Ssh, &entry("203.0.113.7", Some(bad))).is_some(), "{bad:?}");
            assert_eq!(refusal(NameTarget::Hosts, &entry("203.0.113.7", Some(bad))), None, "{bad:?}");
        }
        for good in ["ubuntu", "_x", "ec2-user", "a.b"] {
            assert_eq!(refusal(NameTarget::Ssh, &entry("203.0.113.7", Some(good))), None, "{good}");
        }
    }
}
