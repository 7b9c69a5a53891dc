//! Names that people choose: machines, host names, device names.

use thiserror::Error;

use super::word::word;

/// Why a string is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NameError(pub String);

word!(
    /// The name of a machine: what persists while instances come and go. It also serves as a host alias for ssh.
    MachineName,
    NameError,
    |value| check_machine(value).map_err(NameError)
);

word!(
    /// A host name, by RFC 1123: labels of letters, digits and inner hyphens, joined by dots, 253 characters at most.
    HostName,
    NameError,
    |value| check_host(value).map_err(NameError)
);

word!(
    /// A block device name that EC2 accepts for an attached volume.
    ///
    /// Source: EC2 User Guide, "Device names on Linux instances": `/dev/sd[b-z]` and `/dev/xvd[b-c][a-z]`; the
    /// EBS CSI driver found `/dev/xvd[b-d][a-x]` accepted too. `/dev/sda` and `/dev/xvda` belong to the root volume.
    DeviceName,
    NameError,
    |value| check_device(value).map_err(NameError)
);

fn check_machine(value: &str) -> Result<(), String> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !(1..=63).contains(&value.len())
        || !value.bytes().all(good)
        || !value.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return Err(
            "a machine name is 1 to 63 letters, digits, '-', '_' and '.', and begins with a letter or digit".to_owned()
        );
    }
    Ok(())
}

fn check_host(value: &str) -> Result<(), String> {
    if value.is_empty() || value.len() > 253 {
        return Err("a host name has 1 to 253 characters".to_owned());
    }
    if !value.split('.').all(is_label) {
        return Err(
            "a host name is labels of letters, digits and inner hyphens, joined by dots, such as my-spot.example.com"
                .to_owned(),
        );
    }
    if value.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return Err("a host name does not end in a number: this reads as an address".to_owned());
    }
    if value.eq_ignore_ascii_case("localhost") || value.to_ascii_lowercase().ends_with(".localhost") {
        return Err("localhost is this computer, and must stay so".to_owned());
    }
    Ok(())
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn check_device(value: &str) -> Result<(), String> {
    let accepted = match value.as_bytes() {
        [b'/', b'd', b'e', b'v', b'/', b's', b'd', letter] => letter.is_ascii_lowercase() && *letter != b'a',
        [b'/', b'd', b'e', b'v', b'/', b'x', b'v', b'd', first, second] => {
            matches!(first, b'b'..=b'd') && second.is_ascii_lowercase()
        }
        _ => false,
    };
    if accepted {
        return Ok(());
    }
    if ["/dev/sda", "/dev/xvda", "/dev/sda1"].contains(&value) {
        return Err(format!("{value} belongs to the root volume; /dev/sdf to /dev/sdp are free for others"));
    }
    Err("EC2 refuses this device name; it takes /dev/sdb to /dev/sdz (best: /dev/sdf to /dev/sdp) and /dev/xvdba to /dev/xvddz".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_are_those_that_ec2_takes() {
        for good in ["/dev/sdp", "/dev/sdf", "/dev/xvdba"] {
            assert!(good.parse::<DeviceName>().is_ok(), "{good}");
        }
        for bad in
            ["/dev/sda", "/dev/sda1", "/dev/xvda", "/dev/sdp1", "sdp", "/dev/nvme1n1", "/dev/xvdp", "/dev/sdP", ""]
        {
            assert!(bad.parse::<DeviceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn host_names_cannot_smuggle_anything() {
        for good in ["my-spot.amazonaws.com", "a", "3com.example"] {
            assert!(good.parse::<HostName>().is_ok(), "{good}");
        }
        for bad in
            ["", "a b", "a\nb", "-a", "a-", "a..b", "10.0.0.1", "localhost", "a_b", "é.com", "a.LOCALHOST", "a#b"]
        {
            assert!(bad.parse::<HostName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn machine_names_are_plain_words() {
        assert!("ml.train-2_b".parse::<MachineName>().is_ok());
        for bad in ["", "-x", "a b", "a\u{1b}", "*", "a/b"] {
            assert!(bad.parse::<MachineName>().is_err(), "{bad:?}");
        }
    }
}
