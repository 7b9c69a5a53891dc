//! One function for each rule about a single value. They know nothing of files and places.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::SignedDuration;
use toml::de::DeValue;

use super::environment::Environment;
use super::schema::nearest;
use crate::model::{DeviceName, Escaped, HostName, MachineName, SpotRequestId, Text, VolumeId};

/// How a value breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong, to be read after the name of the key; harmless to print.
    pub(super) what: String,
    /// What would be right.
    pub(super) help: String,
}

fn fault(what: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { what: what.into(), help: help.into() }
}

/// What kind of value this is, with its article.
pub(crate) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn text<'v>(value: &'v DeValue<'_>, help: &str) -> Result<&'v str, Fault> {
    value.as_str().ok_or_else(|| fault(format!("is {}, and should be text in quotes", kind(value)), help))
}

fn parsed<T>(value: &DeValue<'_>, what: &str, example: &str) -> Result<T, Fault>
where
    T: FromStr<Err: ToString>,
{
    let text = text(value, &format!("write it in quotes, such as \"{example}\""))?;
    text.parse().map_err(|error: T::Err| fault(format!("is not {what}"), error.to_string()))
}

/// The name of a machine.
pub(super) fn machine_name(value: &DeValue<'_>) -> Result<MachineName, Fault> {
    parsed(value, "a machine name", "train")
}

/// The id of a spot request.
pub(super) fn spot_request(value: &DeValue<'_>) -> Result<SpotRequestId, Fault> {
    parsed(value, "the id of a spot request", "sir-y1a23b4c")
}

/// The id of a volume.
pub(super) fn volume_id(value: &DeValue<'_>) -> Result<VolumeId, Fault> {
    parsed(value, "the id of a volume", "vol-e123456f")
}

/// A device name that EC2 takes.
pub(super) fn device(value: &DeValue<'_>) -> Result<DeviceName, Fault> {
    parsed(value, "a device name for a volume", "/dev/sdp")
}

/// A host name.
pub(super) fn host_name(value: &DeValue<'_>) -> Result<HostName, Fault> {
    parsed(value, "a host name", "my-spot.example.com")
}

/// True or false.
pub(super) fn boolean(value: &DeValue<'_>) -> Result<bool, Fault> {
    value.as_bool().ok_or_else(|| fault(format!("is {}, and should be true or false", kind(value)), TRUE_OR_FALSE))
}

/// How often within an hour.
pub(super) fn per_hour(value: &DeValue<'_>) -> Result<u16, Fault> {
    let help = "write a whole number from 1 to 60, without quotes";
    let DeValue::Integer(number) = value else {
        return Err(fault(format!("is {}, and should be a whole number", kind(value)), help));
    };
    let parsed = u16::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
    parsed.filter(|number| (1..=60).contains(number)).ok_or_else(|| fault("is out of range", help))
}

/// How a boolean is written.
pub(super) const TRUE_OR_FALSE: &str = "write true or false, without quotes";

/// One of the words of an enumeration.
pub(super) fn word<T: ValueEnum>(value: &DeValue<'_>) -> Result<T, Fault> {
    let words: Vec<PossibleValue> = T::value_variants().iter().filter_map(T::to_possible_value).collect();
    let choice = words.iter().map(|word| format!("\"{}\"", word.get_name())).collect::<Vec<_>>().join(", ");
    let choice = format!("it is one of {choice}");
    let given = text(value, &choice)?;
    T::from_str(given, false).map_err(|_| {
        let help = match nearest(given, words.iter().map(PossibleValue::get_name)) {
            Some(near) => format!("did you mean \"{near}\"? {choice}"),
            None => choice,
        };
        fault(format!("cannot be \"{}\"", Text::new(given)), help)
    })
}

/// The time between two looks.
pub(super) fn interval(value: &DeValue<'_>) -> Result<Duration, Fault> {
    duration(value, &(Duration::from_secs(1)..=Duration::from_hours(1)))
}

/// The time between the last attachment and the reboot.
pub(super) fn reboot_delay(value: &DeValue<'_>) -> Result<Duration, Fault> {
    duration(value, &(Duration::ZERO..=Duration::from_mins(10)))
}

/// How long a hook may take: long enough for one that saves what an instance has, within its last two minutes.
pub(super) fn hook_timeout(value: &DeValue<'_>) -> Result<Duration, Fault> {
    duration(value, &(Duration::from_secs(1)..=Duration::from_mins(10)))
}

fn duration(value: &DeValue<'_>, allowed: &RangeInclusive<Duration>) -> Result<Duration, Fault> {
    let (least, most) = (written(*allowed.start()), written(*allowed.end()));
    let range = format!("from {least} to {most}");
    let help = format!("write a number with its unit, such as \"500ms\", \"15s\" or \"2m\"; here {range}");
    if let DeValue::Integer(_) | DeValue::Float(_) = value {
        return Err(fault("is a number without a unit", help));
    }
    let signed: SignedDuration = text(value, &help)?.parse().map_err(|_| fault("is not a duration", help))?;
    let refused = |why| fault(format!("is {why}"), format!("it may be {range}"));
    match Duration::try_from(signed) {
        Err(_) => Err(refused("negative")),
        Ok(short) if short < *allowed.start() => Err(refused("too short")),
        Ok(long) if long > *allowed.end() => Err(refused("too long")),
        Ok(right) => Ok(right),
    }
}

/// A duration as it would be written in the configuration.
pub(super) fn written(duration: Duration) -> String {
    SignedDuration::try_from(duration).map_or_else(|_| format!("{duration:?}"), |signed| format!("{signed:#}"))
}

/// A login name, harmless in an ssh configuration and on a command line.
pub(super) fn login_name(value: &DeValue<'_>) -> Result<String, Fault> {
    let help = "a login name is 1 to 32 letters, digits, '_', '-' and '.', and begins with a letter or '_', such as \
                ubuntu";
    let name = text(value, help)?;
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins_well || name.len() > 32 || !name.bytes().all(good) {
        return Err(fault("is not a plain login name", help));
    }
    Ok(name.to_owned())
}

/// Something that could be a region: new ones appear, so that no list of them would stay true.
pub(super) fn region(value: &DeValue<'_>) -> Result<String, Fault> {
    let help = "a region is lower-case letters, digits and hyphens, such as us-east-1";
    let region = text(value, help)?;
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !region.starts_with(|c: char| c.is_ascii_lowercase()) || !region.bytes().all(good) || region.ends_with('-') {
        return Err(fault("is not a region", help));
    }
    Ok(region.to_owned())
}

/// The name of a profile in the AWS configuration files.
pub(super) fn profile(value: &DeValue<'_>) -> Result<String, Fault> {
    let help = "it is the name of a profile in ~/.aws/config, such as ml-dev; leave it out for the default one";
    let profile = text(value, help)?;
    if profile.trim().is_empty() {
        return Err(fault("is empty", help));
    }
    if acts(profile) {
        return Err(fault("contains control characters", help));
    }
    Ok(profile.to_owned())
}

/// A path that means the same wherever the program is started.
pub(super) fn path(value: &DeValue<'_>, env: &Environment) -> Result<PathBuf, Fault> {
    let help = "write an absolute path, or one that begins with ~/";
    let path = text(value, help)?;
    if path.is_empty() {
        return Err(fault("is empty", help));
    }
    if acts(path) {
        return Err(fault("contains control characters", help));
    }
    if !path.starts_with('/') && !path.starts_with("~/") {
        return Err(fault("is not an absolute path", help));
    }
    env.expand(path).ok_or_else(|| fault("begins with ~/, and no home folder is known", NO_HOME))
}

/// One word of a command: a program or an argument, given as it stands.
pub(super) fn command_word(value: &DeValue<'_>) -> Result<String, Fault> {
    let help = "a command is one list, word by word, such as [\"curl\", \"-sS\"]; for several commands, name a script \
                that runs them";
    let word = text(value, help)?;
    // The system ends each word there.
    if word.contains('\0') {
        return Err(fault("contains a NUL character", "leave it out: no program can be given one"));
    }
    Ok(word.to_owned())
}

/// The first word of a command: a path that means the same wherever the program is started, or a name that is looked
/// up in `PATH`.
pub(super) fn program(word: &str, env: &Environment) -> Result<PathBuf, Fault> {
    let help = "write an absolute path, one that begins with ~/, or a name that is found in PATH";
    if word.is_empty() {
        return Err(fault("is empty", help));
    }
    if acts(word) {
        return Err(fault("contains control characters", help));
    }
    if word.contains('/') && !word.starts_with('/') && !word.starts_with("~/") {
        return Err(fault("is a relative path", help));
    }
    env.expand(word).ok_or_else(|| fault("begins with ~/, and no home folder is known", NO_HOME))
}

/// What to do when the home folder is needed and unknown.
pub(super) const NO_HOME: &str = "set HOME in the environment, or write an absolute path";

/// Whether a text would do something to a terminal or a line.
fn acts(text: &str) -> bool {
    Escaped(text).to_cow() != text
}

#[cfg(test)]
mod tests {
    use super::super::{Consent, Mode};
    use super::*;

    fn value(toml: &str) -> DeValue<'_> {
        DeValue::parse(toml).unwrap().into_inner()
    }

    fn quoted(text: &str) -> DeValue<'_> {
        DeValue::String(text.into())
    }

    #[test]
    fn durations_are_read_in_the_units_that_people_write() {
        for (text, millis) in [("15s", 15_000), ("1m 30s", 90_000), ("1500ms", 1500), ("1h", 3_600_000), ("PT2S", 2000)]
        {
            assert_eq!(interval(&quoted(text)), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn durations_outside_their_bounds_are_refused_and_the_bounds_are_not() {
        for text in ["1s", "1h"] {
            assert!(interval(&quoted(text)).is_ok(), "{text}");
        }
        for (text, what) in
            [("999ms", "is too short"), ("3601s", "is too long"), ("-1s", "is negative"), ("-1ns", "is negative")]
        {
            assert_eq!(interval(&quoted(text)).unwrap_err().what, what, "{text}");
        }
        assert_eq!(reboot_delay(&quoted("0s")), Ok(Duration::ZERO));
        assert_eq!(reboot_delay(&quoted("10m")), Ok(Duration::from_mins(10)));
        assert!(reboot_delay(&quoted("10m 1s")).is_err());
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "15", "s", "soon", "15 parsecs", "1 month", "9999999999999999999999h"] {
            assert!(interval(&quoted(text)).is_err(), "{text:?}");
        }
        assert!(interval(&value("1.5")).unwrap_err().what.contains("without a unit"));
    }

    #[test]
    fn words_are_taken_exactly_and_the_nearest_is_offered() {
        assert_eq!(word(&quoted("read-only")), Ok(Mode::ReadOnly));
        assert_eq!(word(&quoted("never")), Ok(Consent::Never));
        let fault = word::<Mode>(&quoted("read_only")).unwrap_err();
        assert_eq!(fault.help, r#"did you mean "read-only"? it is one of "read-only", "confirm", "auto""#);
    }

    #[test]
    fn the_words_of_the_file_are_those_of_json() {
        for mode in Mode::value_variants() {
            let json = serde_json::to_string(mode).unwrap();
            assert_eq!(word::<Mode>(&value(&json)), Ok(*mode));
        }
        for consent in Consent::value_variants() {
            let json = serde_json::to_string(consent).unwrap();
            assert_eq!(word::<Consent>(&value(&json)), Ok(*consent));
        }
    }

    #[test]
    fn login_names_cannot_smuggle_anything_into_an_ssh_configuration() {
        for good in ["ubuntu", "ec2-user", "_svc", "A.Person", &"x".repeat(32)] {
            assert_eq!(login_name(&quoted(good)).as_deref(), Ok(good));
        }
        for bad in ["", "-oProxyCommand", "a b", "a\nProxyCommand x", "1st", "%r", "ü", ".x", &"x".repeat(33)] {
            assert!(login_name(&quoted(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn regions_and_profiles_are_plain() {
        for good in ["us-east-1", "us-gov-west-1", "ap-southeast-7", "local"] {
            assert!(region(&quoted(good)).is_ok(), "{good}");
        }
        for bad in ["", "us_east_1", "US-EAST-1", "us-east-", "-east", "a/b", "us-east-1\n", "1-a"] {
            assert!(region(&quoted(bad)).is_err(), "{bad:?}");
        }
        assert_eq!(profile(&quoted("my team (dev)")).as_deref(), Ok("my team (dev)"));
        for bad in ["", "  ", "a\nb", "a\u{202e}b"] {
            assert!(profile(&quoted(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_mean_the_same_wherever_the_program_is_started() {
        let env = Environment { home: Some("/home/me".into()), ..Environment::default() };
        assert_eq!(path(&quoted("/etc/hosts"), &env), Ok("/etc/hosts".into()));
        assert_eq!(path(&quoted("~/x"), &env), Ok("/home/me/x".into()));
        for bad in ["", "hosts", "./hosts", "../hosts", "~", "~root/x", "$HOME/x", "/a\nb", "/a\0b"] {
            assert!(path(&quoted(bad), &env).is_err(), "{bad:?}");
        }
        assert_eq!(path(&quoted("~/x"), &Environment::default()).unwrap_err().help, NO_HOME);
    }
}
