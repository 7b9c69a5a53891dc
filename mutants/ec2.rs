//! What the engine's mind knows of EC2: what to look at.

use std::collections::BTreeSet;

use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// A copy of what stands in `src/ec2/look.rs`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    pub requests: BTreeSet<SpotRequestId>,
    pub volumes: BTreeSet<VolumeId>,
    pub instances: BTreeSet<InstanceId>,
}
