//! What computers tell each other about the reboot of an instance, in tags on it.
//!
//! Each keeper writes a tag of its own, so that none overwrites another's: `spotkeeper:reboot:KEEPER` says `owed` before
//! the volume is attached, `asked TIME` before the reboot is called, and `done TIME` after it. The time is the attach time
//! of the last volume, by EC2's clock: it tells for which attachment it was, whatever the keepers' clocks say.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::name::NameError;
use super::word::word;

/// What the key of every such tag begins with; the keeper follows.
pub const CLAIM_TAG: &str = "spotkeeper:reboot:";

word!(
    /// Whoever keeps machines from one state folder: its computer's name and a number of its own.
    Keeper,
    NameError,
    |value| {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if (1..=64).contains(&value.len()) && value.bytes().all(good) {
            return Ok(());
        }
        Err(NameError("a keeper is 1 to 64 letters, digits, '-' and '.'".to_owned()))
    }
);

/// What a keeper says about the reboot of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// It is about to attach a volume, and will reboot the instance.
    Owed,
    /// It is about to ask for the reboot that the attachment of this time calls for.
    Asked(Timestamp),
    /// The reboot for the attachment of this time was made.
    Done(Timestamp),
}

/// What keepers say about one instance.
pub type Claims = BTreeMap<Keeper, Claim>;

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owed => f.write_str("owed"),
            Self::Asked(time) => write!(f, "asked {time}"),
            Self::Done(time) => write!(f, "done {time}"),
        }
    }
}

impl FromStr for Claim {
    type Err = NameError;

    fn from_str(value: &str) -> Result<Self, NameError> {
        let claim = match value.split_once(' ') {
            None if value == "owed" => Some(Self::Owed),
            Some(("asked", time)) => time.parse().ok().map(Self::Asked),
            Some(("done", time)) => time.parse().ok().map(Self::Done),
            _ => None,
        };
        claim.ok_or_else(|| NameError("a claim is owed, asked TIME or done TIME".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        let time: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for claim in [Claim::Owed, Claim::Asked(time), Claim::Done(time)] {
            assert_eq!(claim.to_string().parse(), Ok(claim));
        }
        for other in ["", "owed 2026-03-01T12:00:00Z", "asked", "done soon", "paid 2026-03-01T12:00:00Z"] {
            assert!(other.parse::<Claim>().is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_keeper_fits_into_the_key_of_a_tag() {
        assert!("laptop-0a1b2c3d".parse::<Keeper>().is_ok());
        for bad in ["", "two words", "a:b", &"x".repeat(65)] {
            assert!(bad.parse::<Keeper>().is_err(), "{bad:?}");
        }
    }
}
