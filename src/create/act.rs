//! The acts: every call and every local change that creating, undoing and retiring are made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::recipe::{Home, Recipe};
use crate::model::{ImageId, InstanceId, MachineName, SnapshotId, SpotRequestId, Text, VolumeId};

/// One change to the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// CreateVolume: the home.
    CreateVolume,
    /// RunInstances: the builder.
    RunBuilder,
    /// AttachVolume: the home to the builder.
    AttachHome {
        /// The volume.
        volume: VolumeId,
        /// The builder.
        builder: InstanceId,
    },
    /// StartInstances: the builder, for its owner.
    StartBuilder {
        /// The builder.
        builder: InstanceId,
    },
    /// StopInstances: the builder.
    StopBuilder {
        /// The builder.
        builder: InstanceId,
    },
    /// DetachVolume: the home from a builder that is stopped.
    DetachHome {
        /// The volume.
        volume: VolumeId,
        /// The builder.
        builder: InstanceId,
    },
    /// CreateImage: of the builder, whose only volume is its root by now.
    CreateImage {
        /// The builder.
        builder: InstanceId,
    },
    /// TerminateInstances: a builder.
    TerminateBuilder {
        /// The builder.
        builder: InstanceId,
    },
    /// RequestSpotInstances: persistent.
    RequestSpot {
        /// The image that was made.
        image: ImageId,
    },
    /// The machine is written into the configuration.
    WriteConfig {
        /// Its request.
        request: SpotRequestId,
        /// Its volume.
        volume: VolumeId,
    },
    /// ModifyInstanceAttribute: the volume is to outlive the instance.
    KeepVolume {
        /// The volume.
        volume: VolumeId,
        /// The instance.
        instance: InstanceId,
        /// Under which device name it is attached.
        device: Text,
    },
    /// CancelSpotInstanceRequests.
    CancelRequest {
        /// The request.
        request: SpotRequestId,
    },
    /// TerminateInstances: an instance of the request.
    TerminateInstance {
        /// The instance.
        instance: InstanceId,
    },
    /// DeregisterImage.
    DeregisterImage {
        /// The image.
        image: ImageId,
    },
    /// DeleteSnapshot: of that image.
    DeleteSnapshot {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// DeleteVolume: a home that was made, by its owner's word.
    DeleteVolume {
        /// The volume.
        volume: VolumeId,
    },
    /// The machine's entries are taken out of the name files.
    WithdrawNames {
        /// The machine.
        machine: MachineName,
    },
    /// The machine is taken out of the configuration.
    RemoveFromConfig {
        /// The machine.
        machine: MachineName,
    },
}

/// What a call costs: the unit in which AWS bills it. Prices differ by region and time, and are not invented here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cost {
    /// Nothing.
    Free,
    /// By the time that it runs, at the type's price on demand an hour, and its root volume by the GiB and month.
    OnDemand {
        /// The type.
        instance_type: Text,
        /// The size of its root volume in GiB.
        root_gib: u32,
    },
    /// Storage, by the GiB and month, until it is deleted.
    Storage {
        /// The size in GiB; for snapshots the most that it can be.
        gib: u32,
        /// What is stored.
        what: &'static str,
    },
    /// The spot price an hour while an instance runs, and its root volume by the GiB and month.
    Spot {
        /// The type.
        instance_type: Text,
        /// The most that is paid, in US dollars an hour.
        at_most: Option<String>,
        /// The size of its root volume in GiB.
        root_gib: u32,
    },
    /// It ends a cost.
    Ends(&'static str),
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Free => f.write_str("free"),
            Self::OnDemand { instance_type, root_gib } => write!(
                f,
                "per hour while it runs: {instance_type} on demand; per GiB-month: {root_gib} GiB of root volume"
            ),
            Self::Storage { gib, what } => write!(f, "per GiB-month until it is deleted: {gib} GiB of {what}"),
            Self::Spot { instance_type, at_most, root_gib } => {
                write!(f, "spot price per hour while an instance runs: {instance_type}, at most ")?;
                match at_most {
                    Some(price) => write!(f, "{price} USD")?,
                    None => f.write_str("the price on demand")?,
                }
                write!(f, "; per GiB-month: {root_gib} GiB of root volume")
            }
            Self::Ends(what) => write!(f, "free; ends the cost of {what}"),
        }
    }
}

/// The stages that a person follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The home volume.
    Volume,
    /// The builder is launched, and holds the volume.
    Builder,
    /// It prepares the volume.
    Prepare,
    /// Its owner customises it.
    Customise,
    /// The volume comes off.
    Detach,
    /// The image is made.
    Image,
    /// The builder goes.
    Cleanup,
    /// The request is raised.
    Request,
    /// The machine is written into the configuration.
    Config,
    /// Request and instance end.
    End,
    /// Image, snapshots, builders and volume are removed.
    Remove,
    /// Names and configuration are cleared.
    Forget,
}

impl Stage {
    /// The stages of a creation.
    #[must_use]
    pub fn of_creation(pause: bool) -> Vec<Self> {
        let all = [
            Self::Volume,
            Self::Builder,
            Self::Prepare,
            Self::Customise,
            Self::Detach,
            Self::Image,
            Self::Cleanup,
            Self::Request,
            Self::Config,
        ];
        all.into_iter().filter(|stage| pause || *stage != Self::Customise).collect()
    }

    /// In a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Volume => "home volume",
            Self::Builder => "builder instance, with the volume attached",
            Self::Prepare => "preparing the home",
            Self::Customise => "customising",
            Self::Detach => "detaching the volume",
            Self::Image => "image of the root volume",
            Self::Cleanup => "terminating the builder",
            Self::Request => "persistent spot request",
            Self::Config => "configuration",
            Self::End => "ending request and instance",
            Self::Remove => "removing what was made",
            Self::Forget => "names and configuration",
        }
    }
}

impl Act {
    /// Whether it makes something that costs, so that its fate has to be known.
    #[must_use]
    pub fn makes(&self) -> bool {
        matches!(self, Self::CreateVolume | Self::RunBuilder | Self::CreateImage { .. } | Self::RequestSpot { .. })
    }

    /// The stage that it belongs to.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::CreateVolume => Stage::Volume,
            Self::RunBuilder | Self::AttachHome { .. } => Stage::Builder,
            Self::StartBuilder { .. } | Self::StopBuilder { .. } => Stage::Customise,
            Self::DetachHome { .. } => Stage::Detach,
            Self::CreateImage { .. } => Stage::Image,
            Self::TerminateBuilder { .. } => Stage::Cleanup,
            Self::RequestSpot { .. } => Stage::Request,
            Self::WriteConfig { .. } => Stage::Config,
            Self::KeepVolume { .. } | Self::CancelRequest { .. } | Self::TerminateInstance { .. } => Stage::End,
            Self::DeregisterImage { .. } | Self::DeleteSnapshot { .. } | Self::DeleteVolume { .. } => Stage::Remove,
            Self::WithdrawNames { .. } | Self::RemoveFromConfig { .. } => Stage::Forget,
        }
    }

    /// What it costs.
    #[must_use]
    pub fn cost(&self, recipe: &Recipe) -> Cost {
        let (instance_type, root_gib) = (recipe.instance_type.clone(), recipe.root_gib);
        match self {
            Self::CreateVolume => Cost::Storage { gib: recipe.home.size_gib(), what: "gp3 volume" },
            Self::RunBuilder | Self::StartBuilder { .. } => Cost::OnDemand { instance_type, root_gib },
            Self::StopBuilder { .. } => Cost::Ends("the running builder"),
            Self::CreateImage { .. } => {
                Cost::Storage { gib: root_gib, what: "snapshot at most (only what is used is stored)" }
            }
            Self::TerminateBuilder { .. } => Cost::Ends("the builder and its root volume"),
            Self::RequestSpot { .. } => Cost::Spot { instance_type, at_most: recipe.max_price.clone(), root_gib },
            _ => Cost::Free,
        }
    }

    /// The call, with all that it is made on and with.
    #[must_use]
    pub fn described(&self, recipe: &Recipe) -> String {
        super::imagine::in_words(&self.in_full(recipe))
    }

    /// Whether it is made on something that a dry run only imagines, so that EC2 knows nothing of it.
    #[must_use]
    pub fn is_on_imagined(&self) -> bool {
        let words = self.to_string();
        super::imagine::in_words(&words) != words
    }

    fn in_full(&self, recipe: &Recipe) -> String {
        let Recipe { instance_type, zone, subnet, image, root_gib, device, .. } = recipe;
        match self {
            Self::CreateVolume => {
                let encrypted = matches!(recipe.home, Home::New { encrypted: true, .. });
                let kind = if encrypted { "gp3, encrypted" } else { "gp3, not encrypted" };
                format!("CreateVolume {} GiB, {kind}, in {zone}", recipe.home.size_gib())
            }
            Self::RunBuilder => {
                let without = recipe.without().map_or_else(String::new, |without| format!(" {without},"));
                format!(
                    "RunInstances 1 × {instance_type} on demand from {image} in {subnet} ({zone}), root {root_gib} \
                     GiB,{without} with the prepare script as user data"
                )
            }
            Self::AttachHome { .. } => format!("{self} as {device}"),
            // An imagined id says already that it is the builder.
            Self::TerminateBuilder { builder } if super::imagine::is_imagined(builder) => {
                format!("TerminateInstances {builder}")
            }
            Self::CreateImage { .. } => format!("{self} as {}", recipe.image_name()),
            Self::RequestSpot { .. } => {
                let price = recipe.max_price.as_deref().map_or_else(String::new, |price| format!(", at most {price}"));
                format!("{self}: persistent, terminate, {instance_type} in {subnet} ({zone}){price}")
            }
            _ => self.to_string(),
        }
    }
}

/// The call and the ids that it is made on, such as `AttachVolume vol-… to i-…`.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateVolume => f.write_str("CreateVolume"),
            Self::RunBuilder => f.write_str("RunInstances (the builder)"),
            Self::AttachHome { volume, builder } => write!(f, "AttachVolume {volume} to {builder}"),
            Self::StartBuilder { builder } => write!(f, "StartInstances {builder}"),
            Self::StopBuilder { builder } => write!(f, "StopInstances {builder}"),
            Self::DetachHome { volume, builder } => write!(f, "DetachVolume {volume} from {builder}"),
            Self::CreateImage { builder } => write!(f, "CreateImage of {builder}"),
            Self::TerminateBuilder { builder } => write!(f, "TerminateInstances {builder} (the builder)"),
            Self::RequestSpot { image } => write!(f, "RequestSpotInstances from {image}"),
            Self::WriteConfig { request, volume } => {
                write!(f, "write the machine with {request} and {volume} into the configuration")
            }
            Self::KeepVolume { volume, instance, .. } => {
                write!(f, "ModifyInstanceAttribute {instance}, so that {volume} outlives it")
            }
            Self::CancelRequest { request } => write!(f, "CancelSpotInstanceRequests {request}"),
            Self::TerminateInstance { instance } => write!(f, "TerminateInstances {instance}"),
            Self::DeregisterImage { image } => write!(f, "DeregisterImage {image}"),
            Self::DeleteSnapshot { snapshot } => write!(f, "DeleteSnapshot {snapshot}"),
            Self::DeleteVolume { volume } => write!(f, "DeleteVolume {volume}"),
            Self::WithdrawNames { machine } => write!(f, "withdraw the names of {machine}"),
            Self::RemoveFromConfig { machine } => write!(f, "take {machine} out of the configuration"),
        }
    }
}
