//! The lists that several looks read, page by page: each is asked for here alone, whatever is made of it.

use aws_sdk_ec2::types::{self as sdk, Filter};

use super::client::Ec2;
use super::look::PAGE;
use crate::model::Failure;

impl Ec2 {
    /// The spot requests that one of these filters chooses.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub(super) async fn requests_by(&self, filters: Vec<Filter>) -> Result<Vec<sdk::SpotInstanceRequest>, Failure> {
        let mut seen = Vec::new();
        for filter in filters {
            let call = self.looking.describe_spot_instance_requests().filters(filter);
            let mut pages = call.into_paginator().page_size(PAGE).send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| self.classify("DescribeSpotInstanceRequests", &error))?;
                seen.extend(page.spot_instance_requests.unwrap_or_default());
            }
        }
        Ok(seen)
    }

    /// The volumes that one of these filters chooses.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub(super) async fn volumes_by(&self, filters: Vec<Filter>) -> Result<Vec<sdk::Volume>, Failure> {
        let mut seen = Vec::new();
        for filter in filters {
            let mut pages = self.looking.describe_volumes().filters(filter).into_paginator().page_size(PAGE).send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| self.classify("DescribeVolumes", &error))?;
                seen.extend(page.volumes.unwrap_or_default());
            }
        }
        Ok(seen)
    }

    /// The instances that one of these filters chooses.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub(super) async fn instances_by(&self, filters: Vec<Filter>) -> Result<Vec<sdk::Instance>, Failure> {
        let mut seen = Vec::new();
        for filter in filters {
            let mut pages = self.looking.describe_instances().filters(filter).into_paginator().page_size(PAGE).send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| self.classify("DescribeInstances", &error))?;
                let reservations = page.reservations.unwrap_or_default().into_iter();
                seen.extend(reservations.flat_map(|reservation| reservation.instances.unwrap_or_default()));
            }
        }
        Ok(seen)
    }
}
