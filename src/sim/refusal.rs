//! EC2's ways to say no.

use thiserror::Error;

use crate::model::{InstanceId, SpotRequestId, VolumeId};

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
        Self::client("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
    }

    pub(super) fn no_volume(id: &VolumeId) -> Self {
        Self::client("InvalidVolume.NotFound", format!("The volume '{id}' does not exist."))
    }

    pub(super) fn no_image(id: &str) -> Self {
        Self::client("InvalidAMIID.NotFound", format!("The image id '[{id}]' does not exist"))
    }

    /// Of an image that was deregistered. Source: EC2 API reference, "Error codes"; the words are those that callers of
    /// DeregisterImage report.
    pub(super) fn gone_image(id: &str) -> Self {
        let message = format!("The image id '[{id}]' has been deregistered and is no longer available");
        Self::client("InvalidAMIID.Unavailable", message)
    }

    pub(super) fn no_snapshot(id: &str) -> Self {
        Self::client("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
    }

    pub(super) fn no_request(id: &SpotRequestId) -> Self {
        Self::client(
            "InvalidSpotInstanceRequestID.NotFound",
            format!("The spot instance request ID '{id}' does not exist"),
        )
    }

    pub(super) fn not_running(id: &InstanceId) -> Self {
        Self::client("IncorrectState", format!("Instance '{id}' is not 'running'."))
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::client("InvalidParameterValue", message)
    }
}
