//! Looking: by filter and paginated, never by a list of ids, since one unknown id would fail the whole call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use aws_sdk_ec2::types::Filter;

use super::client::Ec2;
use super::convert;
use crate::model::{Failure, Instance, InstanceId, Look, SpotRequest, SpotRequestId, Volume, VolumeId};

/// EC2 takes at most this many values in one filter.
const VALUES: usize = 200;

/// A page larger than any filter's matches, so that one page is the rule.
pub(super) const PAGE: i32 = 1_000;

/// What to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    /// The spot requests.
    pub requests: BTreeSet<SpotRequestId>,
    /// The volumes.
    pub volumes: BTreeSet<VolumeId>,
    /// Instances that matter whether or not a request names them or they hold a volume.
    pub instances: BTreeSet<InstanceId>,
}

/// What EC2 showed in one complete look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The requests that it knows.
    pub requests: Look<BTreeMap<SpotRequestId, SpotRequest>>,
    /// The instances that it knows.
    pub instances: Look<BTreeMap<InstanceId, Instance>>,
    /// The volumes that it knows.
    pub volumes: Look<BTreeMap<VolumeId, Volume>>,
}

impl Ec2 {
    /// Looks at requests and volumes at once, then at the instances that they name and the remembered ones.
    ///
    /// # Errors
    ///
    /// When any call fails: half a look is none.
    pub async fn look(&self, targets: &Targets) -> Result<Seen, Failure> {
        let (requests, volumes) = tokio::try_join!(self.requests(&targets.requests), self.volumes(&targets.volumes))?;
        let named = requests.seen.values().filter_map(|request| request.instance.clone());
        let holding = volumes.seen.values().flat_map(Volume::holders).filter_map(|held| held.instance.clone());
        let wanted = targets.instances.iter().cloned().chain(named).chain(holding).collect();
        let instances = self.instances(&wanted).await?;
        Ok(Seen { requests, instances, volumes })
    }

    /// The requests with these ids, those that EC2 knows.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn requests(
        &self,
        ids: &BTreeSet<SpotRequestId>,
    ) -> Result<Look<BTreeMap<SpotRequestId, SpotRequest>>, Failure> {
        let at = self.clock.now().wall;
        Ok(Look { at, seen: convert::requests(&self.requests_by(filters("spot-instance-request-id", ids)).await?) })
    }

    /// The volumes with these ids, those that EC2 knows.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn volumes(&self, ids: &BTreeSet<VolumeId>) -> Result<Look<BTreeMap<VolumeId, Volume>>, Failure> {
        let at = self.clock.now().wall;
        Ok(Look { at, seen: convert::volumes(&self.volumes_by(filters("volume-id", ids)).await?) })
    }

    /// The instances with these ids, those that EC2 knows.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn instances(&self, ids: &BTreeSet<InstanceId>) -> Result<Look<BTreeMap<InstanceId, Instance>>, Failure> {
        let at = self.clock.now().wall;
        Ok(Look { at, seen: convert::instances(&self.instances_by(filters("instance-id", ids)).await?) })
    }
}

pub(super) fn filters<T: Display>(name: &str, ids: &BTreeSet<T>) -> Vec<Filter> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.chunks(VALUES).map(|chunk| Filter::builder().name(name).set_values(Some(chunk.to_vec())).build()).collect()
}
