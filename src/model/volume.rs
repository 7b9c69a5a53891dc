//! Volumes and their attachments.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::request::states;
use super::{InstanceId, Text, VolumeId};

/// A volume as DescribeVolumes shows it: the authority on attachments and their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// Its state. `in-use` does not mean attached: it is in use while it is attaching, too.
    pub state: VolumeState,
    /// Its availability zone.
    pub availability_zone: Text,
    /// Whether several instances may attach it at once: then the attachment is no lock.
    pub multi_attach: bool,
    /// The attachments listed. A free volume has none.
    pub attachments: Vec<Attachment>,
}

/// One attachment of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The instance that holds the volume. It can be missing when a service of AWS holds it.
    pub instance: Option<InstanceId>,
    /// The device name under which it is attached.
    pub device: Text,
    /// How far it is.
    pub state: AttachmentState,
    /// When attaching started, in whole seconds, by EC2's clock.
    pub attach_time: Option<Timestamp>,
    /// Whether the volume is deleted when this instance is terminated.
    pub delete_on_termination: bool,
}

impl Attachment {
    /// Whether it has come to its end, so that it holds nothing any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == AttachmentState::Detached
    }
}

impl Volume {
    /// The attachments that still hold the volume.
    pub fn holders(&self) -> impl Iterator<Item = &Attachment> {
        self.attachments.iter().filter(|attachment| !attachment.is_over())
    }

    /// The attachment to this instance, if there is one that is not over.
    #[must_use]
    pub fn attachment_to(&self, instance: &InstanceId) -> Option<&Attachment> {
        self.holders().find(|attachment| attachment.instance.as_ref() == Some(instance))
    }

    /// Whether the volume is attached to this instance, completely.
    #[must_use]
    pub fn is_attached_to(&self, instance: &InstanceId) -> bool {
        self.attachment_to(instance).is_some_and(|attachment| attachment.state == AttachmentState::Attached)
    }
}

states! {
    /// The state of a volume.
    VolumeState {
        /// Being made.
        Creating = "creating",
        /// Free.
        Available = "available",
        /// There is an attachment, complete or not.
        InUse = "in-use",
        /// Being deleted.
        Deleting = "deleting",
        /// Deleted.
        Deleted = "deleted",
        /// Its data is lost.
        Error = "error",
    }
}

states! {
    /// The state of an attachment.
    AttachmentState {
        /// Begun.
        Attaching = "attaching",
        /// Complete.
        Attached = "attached",
        /// Being taken away.
        Detaching = "detaching",
        /// Taken away.
        Detached = "detached",
        /// To be taken away, but still mounted in the guest.
        Busy = "busy",
    }
}
