//! The arguments of create and retire.

use clap::Args;
use jiff::Timestamp;

use crate::create::{Family, Fstab};
use crate::model::{DeviceName, HostName, ImageId, MachineName, SecurityGroupId, SubnetId, Text, VolumeId};

#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Create {
    /// The machine's name
    #[arg(value_name = "NAME")]
    pub(crate) name: MachineName,
    /// Print every call that would be made, in order and with what it costs, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Ask nothing: the flags are all there is to say
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Go on although a dry run on what is not there yet was denied: for policies that allow it by tags or ids
    #[arg(long)]
    pub(crate) despite_denials: bool,
    /// Remove what was made, but the volume only by its id
    #[arg(long, conflicts_with_all = ["pause_to_customize", "go_on"])]
    pub(crate) undo: bool,
    /// With --undo: delete the volume that was made, too, which is named by its id
    #[arg(long, value_name = "VOLUME", requires = "undo")]
    pub(crate) delete_volume: Option<VolumeId>,
    /// Start the builder once more before its image is made, so that you can install what you like
    #[arg(long)]
    pub(crate) pause_to_customize: bool,
    /// The builder is as you want it: go on
    #[arg(long = "continue")]
    pub(crate) go_on: bool,
    #[command(flatten)]
    pub(crate) wishes: Wishes,
}

/// What a machine is to be like, as far as it was said.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Wishes {
    /// The instance type, such as g5.xlarge
    #[arg(long, value_name = "TYPE", value_parser = instance_type)]
    pub(crate) instance_type: Option<Text>,
    /// The size of the new home volume in GiB
    #[arg(long, value_name = "GIB", value_parser = size, conflicts_with = "volume")]
    pub(crate) size: Option<u32>,
    /// Make the new volume without encryption
    #[arg(long, conflicts_with = "volume")]
    pub(crate) unencrypted: bool,
    /// A home volume that is there already: it decides the zone, and is never deleted
    #[arg(long, value_name = "VOLUME")]
    pub(crate) volume: Option<VolumeId>,
    /// The availability zone
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(crate) zone: Option<Text>,
    /// The subnet; without it, the zone's default one
    #[arg(long, value_name = "SUBNET")]
    pub(crate) subnet: Option<SubnetId>,
    /// The key pair to log in with
    #[arg(long, value_name = "KEY", value_parser = key_name)]
    pub(crate) key_name: Option<Text>,
    /// A security group, once for each; without one, the VPC's default
    #[arg(long = "security-group", value_name = "GROUP")]
    pub(crate) security_groups: Vec<SecurityGroupId>,
    /// The image to begin with; without it, the newest of --system
    #[arg(long, value_name = "IMAGE", conflicts_with = "system")]
    pub(crate) image: Option<ImageId>,
    /// The system whose newest image is taken
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub(crate) system: Option<Family>,
    /// The size of the root volume in GiB; without it, as large as the image's, and 10 at least
    #[arg(long, value_name = "GIB", value_parser = size)]
    pub(crate) root_size: Option<u32>,
    /// The most to pay, in US dollars an hour; without it, the price on demand
    #[arg(long, value_name = "USD", value_parser = price)]
    pub(crate) max_price: Option<String>,
    /// When the request ends by itself, such as 2027-01-01T00:00:00Z; without it, never
    #[arg(long, value_name = "TIME", value_parser = until)]
    pub(crate) valid_until: Option<Timestamp>,
    /// A name to publish, once for each
    #[arg(long = "hostname", value_name = "NAME")]
    pub(crate) hostnames: Vec<HostName>,
    /// The device name of the home volume [default: /dev/sdp]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<DeviceName>,
    /// Whether the image boots without its home: nofail does, strict does not [default: nofail]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) fstab: Option<Fstab>,
    /// The login name; without it, the system's own
    #[arg(long, value_name = "USER", value_parser = user)]
    pub(crate) user: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Retire {
    /// The machine's name
    #[arg(value_name = "NAME")]
    pub(crate) name: MachineName,
    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave the machine in the configuration
    #[arg(long)]
    pub(crate) keep_config: bool,
    /// Delete the image too, with its snapshots, when create made it
    #[arg(long)]
    pub(crate) delete_image: bool,
}

fn word(text: &str, more: &[u8]) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
}

/// The size of a gp3 volume in GiB, with room for what EC2 may allow one day.
pub(super) fn size(text: &str) -> Result<u32, String> {
    let size = text.parse().ok().filter(|size| (1..=65_536).contains(size));
    size.ok_or_else(|| "a size is a whole number of GiB from 1 to 65536".to_owned())
}

pub(super) fn instance_type(text: &str) -> Result<Text, String> {
    match text.split_once('.') {
        Some((family, size)) if word(family, b"-") && word(size, b"-") => Ok(Text::new(text)),
        _ => Err("an instance type is such as g5.xlarge".to_owned()),
    }
}

fn zone(text: &str) -> Result<Text, String> {
    if word(text, b"-") && text.contains('-') {
        Ok(Text::new(text))
    } else {
        Err("a zone is such as us-east-1b".to_owned())
    }
}

fn key_name(text: &str) -> Result<Text, String> {
    let good = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    if good { Ok(Text::new(text)) } else { Err("a key pair's name has 1 to 255 characters".to_owned()) }
}

/// A price that EC2 takes: RunInstances demands more than a tenth of a cent, and a request at less never comes to anything.
fn price(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.parse::<f64>() {
        Ok(price) if digits && price > 0.001 && price < 10_000.0 => Ok(text.to_owned()),
        _ => Err("a price is in US dollars an hour, such as 0.35, and more than 0.001".to_owned()),
    }
}

/// A time with its zone.
fn until(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "a time is written with its zone, such as 2027-01-01T00:00:00Z".to_owned())
}

/// A login name as the configuration takes it.
fn user(text: &str) -> Result<String, String> {
    let good = word(text, b"-_.") && !text.starts_with('-');
    if good { Ok(text.to_owned()) } else { Err("a login name is letters, digits, '-', '_' and '.'".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_time_is_answered_by_how_one_is_written() {
        assert!(until("2027-01-01T00:00:00Z").is_ok());
        assert!(until("yesterday").unwrap_err().contains("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn what_ec2_would_refuse_is_refused_before() {
        assert!(instance_type("g5.xlarge").is_ok() && instance_type("u-6tb1.metal").is_ok());
        for wrong in ["", "g5", "g5.", ".xlarge", "g5.x large", "g5.x;reboot"] {
            assert!(instance_type(wrong).is_err(), "{wrong}");
        }
        assert!(price("0.35").is_ok() && price("1").is_ok());
        for wrong in ["", "0", "0.001", "-1", "nan", "inf", "1e3", "0,35", "10001"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
        assert!(size("1") == Ok(1) && size("65536") == Ok(65_536));
        for wrong in ["", "0", "-1", "65537", "20G", "1.5"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert!(zone("us-east-1b").is_ok() && zone("b").is_err());
        assert!(user("ec2-user").is_ok() && user("-oProxyCommand=x").is_err());
    }
}
