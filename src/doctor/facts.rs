//! What an examination rests on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Failure, Image, ImageId, Instance, InstanceId, KeyPair, MachineName, NamesOnDisk, RequestTerms, SecurityGroup,
    SecurityGroupId, SnapshotId, SpotRequest, SpotRequestId, Subnet, SubnetId, Text, Volume, VolumeId, VolumeTraits,
};

/// What somebody said, or why he did not.
pub type Answer<T> = Result<T, Failure>;

/// A call that is tried by a dry run: EC2 says whether it is allowed, and does nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trial {
    /// AttachVolume of this volume to the machine's instance.
    Attach(VolumeId),
    /// DetachVolume of this volume from the machine's instance.
    Detach(VolumeId),
    /// RebootInstances of the machine's instance.
    Reboot,
    /// ModifyInstanceAttribute, to let this volume outlive the machine's instance.
    Keep(VolumeId),
    /// CreateTags with a keeper's tag on the machine's instance.
    Claim,
    /// RequestSpotInstances with the terms of the machine's request.
    Request,
}

/// Who keeps a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// Nobody at the moment.
    Nobody,
    /// The process that wrote these words into the lock.
    Held(Text),
    /// It cannot be told: why.
    Unclear(String),
}

/// Everything that is known. What was not asked for, because nothing names it, is not in the maps; what was asked for
/// and is not in them, EC2 does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// When the examination began, by this computer's clock.
    pub at: Timestamp,
    /// The region.
    pub region: Text,
    /// The AWS profile that commands have to name, if the configuration names one.
    pub profile: Option<String>,
    /// The account of the credentials.
    pub account: Answer<Text>,
    /// How far EC2's clock is ahead of this computer's; none when no answer had a date.
    pub clock_ahead: Option<SignedDuration>,
    /// The machines' requests.
    pub requests: Answer<BTreeMap<SpotRequestId, SpotRequest>>,
    /// What they ask for.
    pub terms: Answer<BTreeMap<SpotRequestId, RequestTerms>>,
    /// The instances that requests name or that hold a volume.
    pub instances: Answer<BTreeMap<InstanceId, Instance>>,
    /// The machines' volumes.
    pub volumes: Answer<BTreeMap<VolumeId, Volume>>,
    /// What they are made of.
    pub traits: Answer<BTreeMap<VolumeId, VolumeTraits>>,
    /// The subnets that requests name.
    pub subnets: Answer<BTreeMap<SubnetId, Subnet>>,
    /// The images that requests name.
    pub images: Answer<BTreeMap<ImageId, Image>>,
    /// The security groups that requests name.
    pub security_groups: Answer<BTreeMap<SecurityGroupId, SecurityGroup>>,
    /// The VPC of instances for which nobody names a subnet, when a request names neither subnet nor group; none when there
    /// is no such VPC.
    pub default_vpc: Answer<Option<Text>>,
    /// The default security groups, by their VPCs: of those in which requests name no group.
    pub default_groups: Answer<BTreeMap<Text, SecurityGroup>>,
    /// The key pairs of the region, when a request names one.
    pub key_pairs: Answer<BTreeMap<Text, KeyPair>>,
    /// The volume that each snapshot was made of which requests or images map.
    pub snapshots: Answer<BTreeMap<SnapshotId, VolumeId>>,
    /// The architectures of the instance types that requests name.
    pub architectures: Answer<BTreeMap<Text, Vec<Text>>>,
    /// What dry runs said. A trial is missing where there was nothing to try it on.
    pub trials: BTreeMap<MachineName, BTreeMap<Trial, Answer<()>>>,
    /// The name files.
    pub names: NamesOnDisk,
    /// Who keeps each machine.
    pub keeping: BTreeMap<MachineName, Keeping>,
    /// Why the state folder cannot be written, if it cannot.
    pub state_trouble: Option<String>,
    /// What is wrong with the hooks' programs, one sentence each.
    pub hook_trouble: Vec<String>,
}

impl Facts {
    /// Why nothing at all was shown, if nothing was.
    pub(super) fn blind(&self) -> Option<&Failure> {
        // All the rest is asked for only when one of these names it.
        let shown = self.terms.is_ok() || self.volumes.is_ok() || self.traits.is_ok();
        if shown { None } else { self.requests.as_ref().err() }
    }
}
