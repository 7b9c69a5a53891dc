//! EC2's ids as types of their own, which parse and refuse.

use thiserror::Error;

use super::word::word;

/// Why a string is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{expected}")]
pub struct IdError {
    /// What the id would look like, in words with an example.
    pub expected: &'static str,
}

word!(
    /// The id of a spot instance request, such as `sir-y1a23b4c`: letters and digits, not only hexadecimal ones.
    SpotRequestId,
    IdError,
    |value| {
        let alphanumeric = |rest: &str| rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        check(
            value,
            "sir-",
            |rest| (8..=17).contains(&rest.len()) && alphanumeric(rest),
            "a spot request id is sir- and 8 to 17 lower-case letters and digits, such as sir-y1a23b4c",
        )
    }
);

/// Defines an id of EC2's usual form: a prefix, and 8 or 17 hexadecimal digits.
macro_rules! hexadecimal_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $thing:literal) => {
        word!($(#[$doc])* $name, IdError, |value| {
            let expected = concat!(
                $thing, " id is ", $prefix, " and 8 or 17 hexadecimal digits, such as ", $prefix, "0ab12cd34ef56ab78"
            );
            check(value, $prefix, hexadecimal, expected)
        });
    };
}

hexadecimal_id!(
    /// The id of an instance, such as `i-0ab12cd34ef56ab78`.
    InstanceId,
    "i-",
    "an instance"
);
hexadecimal_id!(
    /// The id of an EBS volume, such as `vol-0ab12cd34ef56ab78`.
    VolumeId,
    "vol-",
    "a volume"
);
hexadecimal_id!(
    /// The id of an image (AMI), such as `ami-0ab12cd34ef56ab78`.
    ImageId,
    "ami-",
    "an image"
);
hexadecimal_id!(
    /// The id of a snapshot, such as `snap-0ab12cd34ef56ab78`.
    SnapshotId,
    "snap-",
    "a snapshot"
);
hexadecimal_id!(
    /// The id of a subnet, such as `subnet-0ab12cd34ef56ab78`.
    SubnetId,
    "subnet-",
    "a subnet"
);
hexadecimal_id!(
    /// The id of a security group, such as `sg-0ab12cd34ef56ab78`.
    SecurityGroupId,
    "sg-",
    "a security group"
);

fn check(value: &str, prefix: &str, valid: impl Fn(&str) -> bool, expected: &'static str) -> Result<(), IdError> {
    if value.strip_prefix(prefix).is_some_and(valid) { Ok(()) } else { Err(IdError { expected }) }
}

fn hexadecimal(rest: &str) -> bool {
    matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_lengths_are_read_and_written_unchanged() {
        for id in ["i-0ab12cd3", "i-0ab12cd34ef56ab78"] {
            assert_eq!(id.parse::<InstanceId>().unwrap().to_string(), id);
        }
        assert_eq!("vol-e123456f".parse::<VolumeId>().unwrap().as_str(), "vol-e123456f");
    }

    #[test]
    fn spot_request_ids_are_letters_and_digits() {
        assert!("sir-y1a23b4c".parse::<SpotRequestId>().is_ok());
        assert!("sir-Y1a23b4c".parse::<SpotRequestId>().is_err());
    }

    #[test]
    fn other_kinds_lengths_and_characters_are_refused() {
        for id in ["", "i-", "i-xyz12345", "vol-0ab12cd3", "i-0ab12cd3\n", "i-0AB12CD3", "i-0ab12cd34"] {
            assert!(id.parse::<InstanceId>().is_err(), "{id:?}");
        }
        assert!(serde_json::from_str::<VolumeId>(r#""vol-zzzzzzzz""#).is_err());
    }
}
