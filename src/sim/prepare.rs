//! The contract of the prepare script, as far as a guest plays it: its settings, its steps, and what it says.
//!
//! The real script is `assets/prepare.sh`; the course of the played one lies in `world::prepare`.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contents::Fstab;
use crate::model::VolumeId;

/// A run of the script in a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prepare {
    /// What it was told.
    pub settings: Settings,
    /// The step that it is in, or was in at its end.
    pub step: PrepareStep,
    /// When it was there first; it waits from here for its disk.
    pub since: Timestamp,
    /// What it said at its end, without the mark; none before.
    pub verdict: Option<String>,
    /// What goes wrong with it.
    pub mishap: Mishap,
    /// Whether it found the home complete.
    pub(super) already: bool,
    /// Whether it said already what it waits for.
    pub(super) waits: bool,
}

/// What `create` writes into the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Names this creation.
    pub run: String,
    /// The home volume.
    pub volume: VolumeId,
    /// The device name that it is attached with.
    pub device: String,
    /// Its size in GiB.
    pub size: u32,
    /// What a boot without it is to do.
    pub fstab: Fstab,
}

/// A step of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrepareStep {
    /// It looks for its disk.
    Find,
    /// It makes the partition.
    Partition,
    /// It makes the file system.
    Format,
    /// It copies.
    Copy,
    /// It compares.
    Verify,
    /// It writes the line into fstab.
    Fstab,
    /// It puts the old home away.
    Switch,
}

impl fmt::Display for PrepareStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Find => "find",
            Self::Partition => "partition",
            Self::Format => "format",
            Self::Copy => "copy",
            Self::Verify => "verify",
            Self::Fstab => "fstab",
            Self::Switch => "switch",
        })
    }
}

/// What goes wrong in a builder. In a scenario: a step's name, at whose end it fails; or one of the other words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    expecting = "fine, hangs, stays-on, silent, or the step at whose end it fails: find, partition, format, copy, verify, fstab, switch"
)]
pub enum Mishap {
    /// Nothing.
    #[default]
    Fine,
    /// It hangs while it copies, and never powers off.
    Hangs,
    /// It says its verdict, and never powers off.
    StaysOn,
    /// Nothing of what it says gets to the console.
    Silent,
    /// It fails at the end of this step.
    #[serde(untagged)]
    Fails(PrepareStep),
}

impl Settings {
    /// The settings in this user-data, given in base64 as EC2 keeps it; none where it is no prepare script.
    pub(super) fn read(user_data: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64_STANDARD.decode(user_data).ok()?).ok()?;
        let setting = |name: &str| {
            let value = |line: &str| {
                let quoted = line.strip_prefix(name)?.strip_prefix("='")?;
                Some(quoted.split_once('\'')?.0.to_owned())
            };
            text.lines().find_map(value)
        };
        Some(Self {
            run: setting("SPOTKEEPER_RUN")?,
            volume: setting("SPOTKEEPER_VOLUME")?.parse().ok()?,
            device: setting("SPOTKEEPER_DEVICE")?,
            size: setting("SPOTKEEPER_SIZE")?.parse().ok()?,
            fstab: if setting("SPOTKEEPER_FSTAB")? == "strict" { Fstab::Strict } else { Fstab::Nofail },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Option<Settings> {
        Settings::read(&BASE64_STANDARD.encode(text))
    }

    #[test]
    fn only_complete_settings_make_a_prepare_script() {
        let script = "#!/bin/sh\nSPOTKEEPER_RUN='3f1c9a2b7d5e4f60'\nSPOTKEEPER_VOLUME='vol-0123456789abcdef0'\n\
                      SPOTKEEPER_DEVICE='/dev/sdp'\nSPOTKEEPER_SIZE='100'\nSPOTKEEPER_FSTAB='strict'\nset -eu\n";
        let read = settings(script).unwrap();
        assert_eq!((read.run.as_str(), read.device.as_str()), ("3f1c9a2b7d5e4f60", "/dev/sdp"));
        assert_eq!((read.volume.as_str(), read.size, read.fstab), ("vol-0123456789abcdef0", 100, Fstab::Strict));
        assert_eq!(settings(&script.replace("strict", "nofail")).unwrap().fstab, Fstab::Nofail);
        assert_eq!(settings(&script.replace("SPOTKEEPER_SIZE", "SIZE")), None);
        assert_eq!(settings("#!/bin/sh\necho hello\n"), None);
        assert_eq!(Settings::read("no base64!"), None);
    }

    #[test]
    fn a_mishap_is_a_word_or_a_step() {
        #[derive(Deserialize)]
        struct Given {
            builders: Vec<Mishap>,
        }
        let given: Given = toml::from_str("builders = ['fine', 'copy', 'hangs', 'stays-on', 'silent']").unwrap();
        let expected = [Mishap::Fine, Mishap::Fails(PrepareStep::Copy), Mishap::Hangs, Mishap::StaysOn, Mishap::Silent];
        assert_eq!(given.builders, expected);
        let refused = toml::from_str::<Given>("builders = ['explodes']").err().unwrap().to_string();
        assert!(refused.contains("fine, hangs, stays-on, silent, or the step"), "{refused}");
    }
}
