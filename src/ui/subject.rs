//! What a row is about, by its id: never by its place.

use std::fmt;

use crate::model::{InstanceId, MachineName, SpotRequestId, VolumeId};

/// Something with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A machine.
    Machine(MachineName),
    /// A spot request.
    Request(SpotRequestId),
    /// An instance.
    Instance(InstanceId),
    /// A volume.
    Volume(VolumeId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(name) => name.fmt(f),
            Self::Request(id) => id.fmt(f),
            Self::Instance(id) => id.fmt(f),
            Self::Volume(id) => id.fmt(f),
        }
    }
}
