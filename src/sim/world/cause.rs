//! Why EC2 takes an instance back, in the words of status codes.

use serde::Deserialize;

/// The reason of an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// EC2 needs the capacity itself.
    #[default]
    NoCapacity,
    /// The price is above what the owner pays at most.
    Price,
    /// The instances of a launch group go together.
    LaunchGroup,
    /// The duration that was asked for is over, as there once was.
    Schedule,
    /// The owner's own experiment, with AWS Fault Injection Service.
    Experiment,
}

impl Cause {
    /// The status code of a request whose instance is terminated for this reason. Source: Amazon EC2 user guide, "Spot
    /// request status".
    pub(super) fn terminated(self) -> &'static str {
        match self {
            Self::NoCapacity => "instance-terminated-no-capacity",
            Self::Price => "instance-terminated-by-price",
            Self::LaunchGroup => "instance-terminated-launch-group-constraint",
            Self::Schedule => "instance-terminated-by-schedule",
            Self::Experiment => "instance-terminated-by-experiment",
        }
    }

    /// The status code of a request whose instance is stopped for this reason: there are fewer of those.
    pub(super) fn stopped(self) -> &'static str {
        match self {
            Self::Price => "instance-stopped-by-price",
            Self::Experiment => "instance-stopped-by-experiment",
            Self::NoCapacity | Self::LaunchGroup | Self::Schedule => "instance-stopped-no-capacity",
        }
    }

    /// The status code of a request whose instance is about to be stopped.
    pub(super) fn marked_for_stop(self) -> &'static str {
        match self {
            Self::Experiment => "marked-for-stop-by-experiment",
            _ => "marked-for-stop",
        }
    }
}
