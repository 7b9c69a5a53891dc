//! Facts: what happened, or is about to be tried. Each is one line of the journal.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::memory::MachineMemory;
use crate::model::{DeviceName, Failure, Fate, InstanceId, MachineName, VolumeId};

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "failure", rename_all = "kebab-case")]
pub enum Outcome {
    /// EC2, or the file system, did it.
    Done,
    /// It failed, or its fate is not known; the failure says which.
    Failed(Failure),
}

/// How a debt was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payment {
    /// The instance was started after the volume was attached, so it booted with it.
    StartedSince,
    /// The operator says that it was rebooted.
    Operator,
    /// Another computer rebooted it, and says so by a tag.
    Elsewhere,
}

/// Something that happened, or is about to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// AttachVolume is about to be called; with it a reboot may become owed.
    AttachIntended {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// The device name.
        device: DeviceName,
        /// Whether a reboot is owed from now on.
        reboot_owed: bool,
    },
    /// AttachVolume was answered, or was not.
    AttachEnded {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// DescribeVolumes first showed the attachment, with its time.
    AttachSeen {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// When attaching started, by EC2's clock.
        attach_time: Timestamp,
    },
    /// A young attachment was found that nobody here made: perhaps its instance hangs.
    AttachmentFound {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// When attaching started, by EC2's clock.
        attach_time: Timestamp,
    },
    /// Another computer attached it, owes the reboot and does not come to it: it is owed here from now on.
    DebtTakenOver {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// When attaching started, by EC2's clock.
        attach_time: Timestamp,
    },
    /// RebootInstances is about to be called.
    RebootIntended {
        /// The instance.
        instance: InstanceId,
    },
    /// RebootInstances was answered, or was not.
    RebootEnded {
        /// The instance.
        instance: InstanceId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The instance was hibernated as its reboot was asked for: nobody knows what became of that.
    RebootOvertaken {
        /// The instance.
        instance: InstanceId,
    },
    /// The debt of a reboot is paid without a call.
    DebtPaid {
        /// The instance.
        instance: InstanceId,
        /// How.
        payment: Payment,
    },
    /// DetachVolume is about to be called.
    DetachIntended {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// The device name of an attachment that never came about; none when another instance's is taken away.
        stuck_at: Option<DeviceName>,
    },
    /// DetachVolume was answered, or was not.
    DetachEnded {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// ModifyInstanceAttribute is about to be called, so that the volume outlives the instance.
    KeepIntended {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
    },
    /// ModifyInstanceAttribute was answered, or was not.
    KeepEnded {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// A name was published or withdrawn, or could not be.
    NamesChanged {
        /// What was done.
        change: Action,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The operator declined a step.
    Declined {
        /// The step.
        declined: Action,
    },
    /// The first line of a journal that goes on after another: all that is still needed of what was before.
    Carried {
        /// The memory at that moment.
        memory: MachineMemory,
    },
}

/// A fact about one machine, and when it was written down, by this computer's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Which machine.
    pub machine: MachineName,
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttachIntended { volume, instance, device, reboot_owed } => {
                let owed = if *reboot_owed { "; a reboot is owed with it" } else { "" };
                write!(f, "about to attach {volume} to {instance} as {device}{owed}")
            }
            Self::AttachEnded { volume, instance, outcome } => {
                write!(f, "AttachVolume {volume} to {instance}: {outcome}")
            }
            Self::AttachSeen { volume, instance, attach_time } => {
                write!(f, "EC2 shows {volume} on {instance}, since {attach_time}")
            }
            Self::AttachmentFound { volume, instance, attach_time } => {
                write!(f, "found {volume} on {instance} since {attach_time}, attached by somebody else")
            }
            Self::DebtTakenOver { volume, instance, attach_time } => write!(
                f,
                "another computer attached {volume} to {instance} at {attach_time}, and did not reboot it: the reboot is owed here"
            ),
            Self::RebootIntended { instance } => write!(f, "about to reboot {instance}"),
            Self::RebootEnded { instance, outcome } => write!(f, "RebootInstances {instance}: {outcome}"),
            Self::RebootOvertaken { instance } => {
                write!(f, "{instance} was hibernated as its reboot was asked for: nobody knows what became of that")
            }
            Self::DebtPaid { instance, payment } => {
                let how = match payment {
                    Payment::StartedSince => "it was started after the attachment",
                    Payment::Operator => "the operator says that it was rebooted",
                    Payment::Elsewhere => "another computer rebooted it",
                };
                write!(f, "no reboot of {instance} is owed any more: {how}")
            }
            Self::DetachIntended { volume, instance, stuck_at: Some(device) } => {
                write!(f, "about to detach {volume} from {instance}, where it is stuck as {device}")
            }
            Self::DetachIntended { volume, instance, stuck_at: None } => {
                write!(f, "about to detach {volume} from {instance}")
            }
            Self::DetachEnded { volume, instance, outcome } => {
                write!(f, "DetachVolume {volume} from {instance}: {outcome}")
            }
            Self::KeepIntended { volume, instance } => {
                write!(f, "about to have {volume} kept when {instance} is terminated")
            }
            Self::KeepEnded { volume, instance, outcome } => {
                write!(f, "ModifyInstanceAttribute {instance}, to keep {volume}: {outcome}")
            }
            Self::NamesChanged { change, outcome } => write!(f, "{change}: {outcome}"),
            Self::Declined { declined } => write!(f, "the operator declined to {declined}"),
            Self::Carried { .. } => f.write_str("an earlier file was rotated away; what is still needed goes on"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed(failure) if failure.fate == Fate::Unknown => write!(f, "fate unknown: {}", failure.why),
            Self::Failed(failure) => write!(f, "failed: {}", failure.why),
        }
    }
}
