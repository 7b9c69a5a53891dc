//! EC2's ways to say no.

use thiserror::Error;

use super::records::Volume;
use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// What EC2 puts around the ids in most of its sentences.
const QUOTES: [&str; 2] = ["'", "'"];

/// An error as EC2 gives it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code, such as `VolumeInUse`.
    pub code: String,
    /// The sentence.
    pub message: String,
}

impl Refusal {
    /// An error with this HTTP status, code and sentence.
    #[must_use]
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// An error of the caller's, with EC2's usual status.
    pub(super) fn client(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub(super) fn no_instance(id: &InstanceId) -> Self {
        Self::no_instances(&[id.to_string()])
    }

    pub(super) fn no_instances(ids: &[String]) -> Self {
        Self::unknown("InvalidInstanceID.NotFound", "instance ID", ids, QUOTES, "")
    }

    pub(super) fn no_volume(id: &VolumeId) -> Self {
        Self::no_volumes(&[id.to_string()])
    }

    pub(super) fn no_volumes(ids: &[String]) -> Self {
        Self::unknown("InvalidVolume.NotFound", "volume", ids, QUOTES, ".")
    }

    pub(super) fn no_image(id: &str) -> Self {
        Self::no_images(&[id.to_owned()])
    }

    pub(super) fn no_images(ids: &[String]) -> Self {
        Self::unknown("InvalidAMIID.NotFound", "image id", ids, ["'[", "]'"], "")
    }

    /// Of an image that was deregistered. Source: EC2 API reference, "Error codes"; the words are those that callers of
    /// DeregisterImage report.
    pub(super) fn gone_image(id: &str) -> Self {
        let message = format!("The image id '[{id}]' has been deregistered and is no longer available");
        Self::client("InvalidAMIID.Unavailable", message)
    }

    pub(super) fn no_snapshot(id: &str) -> Self {
        Self::no_snapshots(&[id.to_owned()])
    }

    pub(super) fn no_snapshots(ids: &[String]) -> Self {
        Self::unknown("InvalidSnapshot.NotFound", "snapshot", ids, QUOTES, ".")
    }

    pub(super) fn no_request(id: &SpotRequestId) -> Self {
        Self::no_requests(&[id.to_string()])
    }

    pub(super) fn no_requests(ids: &[String]) -> Self {
        Self::unknown("InvalidSpotInstanceRequestID.NotFound", "spot instance request ID", ids, QUOTES, "")
    }

    pub(super) fn no_groups(ids: &[String]) -> Self {
        Self::unknown("InvalidGroup.NotFound", "security group", ids, QUOTES, "")
    }

    pub(super) fn no_subnets(ids: &[String]) -> Self {
        Self::unknown("InvalidSubnetID.NotFound", "subnet ID", ids, QUOTES, "")
    }

    pub(super) fn no_vpcs(ids: &[String]) -> Self {
        Self::unknown("InvalidVpcID.NotFound", "vpc ID", ids, QUOTES, "")
    }

    /// Says that there are no such things: what EC2 calls one, what stands around their ids, and how the sentence ends.
    fn unknown(code: &str, what: &str, ids: &[String], [open, close]: [&str; 2], end: &str) -> Self {
        let (plural, verb) = if ids.len() == 1 { ("", "does") } else { ("s", "do") };
        let ids = ids.join(", ");
        Self::client(code, format!("The {what}{plural} {open}{ids}{close} {verb} not exist{end}"))
    }

    /// Of a volume that is in a state in which this cannot be done.
    pub(super) fn volume_state(volume: &Volume) -> Self {
        Self::client("IncorrectState", format!("Volume '{}' is in the '{}' state.", volume.id, volume.state))
    }

    pub(super) fn not_running(id: &InstanceId) -> Self {
        Self::client("IncorrectState", format!("Instance '{id}' is not 'running'."))
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::client("InvalidParameterValue", message)
    }
}
