//! What is written on a volume, which EC2 itself never looks at.

use serde::{Deserialize, Serialize};

use crate::model::VolumeId;

/// What a volume carries, as far as the prepare script and a booting guest care.
///
/// In a scenario: `contents = "data"`, or `contents = { home = { uuid = "…", volume = "vol-…", state = "copying" } }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contents {
    /// Nothing.
    #[default]
    Blank,
    /// A file system with somebody's data.
    Data,
    /// A partition table of somebody's.
    PartitionTable,
    /// The partition that the prepare script makes, and no file system in it yet.
    OwnPartition,
    /// A home that the prepare script made.
    Home(HomeDisk),
    /// A system that boots.
    System {
        /// The home that its fstab names.
        #[serde(default)]
        needs: Option<HomeNeed>,
    },
}

/// A home volume as the prepare script makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeDisk {
    /// The file system's UUID.
    pub uuid: String,
    /// The volume that its marker names: another one when this volume was made from a snapshot.
    pub volume: VolumeId,
    /// How far the copy is.
    pub state: HomeState,
}

/// How far a home is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HomeState {
    /// The copy has begun, and whether it goes on nobody knows.
    Copying,
    /// All is there.
    Complete,
}

/// The home that a system's fstab names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeNeed {
    /// The file system's UUID.
    pub uuid: String,
    /// The volume that carried it when the line was written.
    pub volume: VolumeId,
    /// What a boot without it does.
    pub fstab: Fstab,
}

/// What a boot without its home does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fstab {
    /// It goes on: the guest can be reached, and its home is empty.
    Nofail,
    /// It hangs.
    Strict,
}

impl Contents {
    /// A system that needs no home.
    pub(super) const PLAIN_SYSTEM: Self = Self::System { needs: None };

    /// The UUID of the home on it.
    pub(super) fn home(&self) -> Option<&str> {
        match self {
            Self::Home(home) => Some(&home.uuid),
            _ => None,
        }
    }
}
