//! Finding what carries a tag, and what a console says.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self as sdk, Filter};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::client::Ec2;
use super::convert;
use super::look::PAGE;
use crate::model::{
    Failure, FailureKind, Instance, InstanceId, SnapshotId, SpotRequest, SpotRequestId, Text, Volume, VolumeId,
};

/// A tag with one value.
fn tag(key: &str, value: &str) -> Filter {
    Filter::builder().name(format!("tag:{key}")).values(value).build()
}

impl Ec2 {
    /// The volumes with this tag.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn volumes_tagged(&self, key: &str, value: &str) -> Result<BTreeMap<VolumeId, Volume>, Failure> {
        Ok(convert::volumes(&self.volumes_by(vec![tag(key, value)]).await?))
    }

    /// The instances with this tag.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn instances_tagged(&self, key: &str, value: &str) -> Result<BTreeMap<InstanceId, Instance>, Failure> {
        Ok(convert::instances(&self.instances_by(vec![tag(key, value)]).await?))
    }

    /// The spot requests with this tag.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn requests_tagged(
        &self,
        key: &str,
        value: &str,
    ) -> Result<BTreeMap<SpotRequestId, SpotRequest>, Failure> {
        Ok(convert::requests(&self.requests_by(vec![tag(key, value)]).await?))
    }

    /// The account's own snapshots with this tag.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn snapshots_tagged(&self, key: &str, value: &str) -> Result<BTreeSet<SnapshotId>, Failure> {
        let mut seen = BTreeSet::new();
        let call = self.looking.describe_snapshots().owner_ids("self").filters(tag(key, value));
        let mut pages = call.into_paginator().page_size(PAGE).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.classify("DescribeSnapshots", &error))?;
            seen.extend(
                page.snapshots().iter().filter_map(|snapshot| convert::id::<SnapshotId>(snapshot.snapshot_id())),
            );
        }
        Ok(seen)
    }

    /// The end of what an instance wrote on its console, as far as EC2 has it: text from a guest. The latest there is
    /// where the type allows that, else what EC2 kept when the instance last started or stopped.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub async fn console(&self, instance: &InstanceId) -> Result<String, Failure> {
        let call = self.looking.get_console_output().instance_id(instance.as_str());
        let latest = call.clone().latest(true).send().await;
        let classified = |error| self.classify(&format!("GetConsoleOutput {instance}"), &error);
        let reply = match latest.map_err(classified) {
            // Types that are not of the Nitro system have no latest output.
            Err(failure) if failure.kind == FailureKind::Refused => {
                call.send().await.map_err(|error| self.classify(&format!("GetConsoleOutput {instance}"), &error))?
            }
            reply => reply?,
        };
        let encoded: String = reply.output().unwrap_or_default().split_whitespace().collect();
        Ok(String::from_utf8_lossy(&STANDARD.decode(encoded).unwrap_or_default()).into_owned())
    }

    /// The spot price of an instance type in a zone now, in US dollars an hour, as EC2 writes it.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub async fn spot_price(&self, instance_type: &Text, zone: &Text, now: Timestamp) -> Result<Option<Text>, Failure> {
        let now = aws_smithy_types::DateTime::from_secs(now.as_second());
        let call = self.looking.describe_spot_price_history().start_time(now).end_time(now);
        let call = call
            .instance_types(sdk::InstanceType::from(instance_type.as_str()))
            .filters(Filter::builder().name("availability-zone").values(zone.as_str()).build());
        let reply = call.send().await.map_err(|error| self.classify("DescribeSpotPriceHistory", &error))?;
        let linux = reply.spot_price_history().iter().filter(|price| {
            price.product_description().is_some_and(|product| product.as_str().starts_with("Linux/UNIX"))
        });
        let latest = linux.max_by_key(|price| price.timestamp().map(aws_smithy_types::DateTime::secs));
        Ok(latest.and_then(|price| price.spot_price()).map(Text::new))
    }

    /// The availability zones of the region that offer an instance type; none where it is no type of the region.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn zones_with(&self, instance_type: &Text) -> Result<BTreeSet<Text>, Failure> {
        let filter = Filter::builder().name("instance-type").values(instance_type.as_str()).build();
        let call = self.looking.describe_instance_type_offerings().location_type(sdk::LocationType::AvailabilityZone);
        let mut pages = call.filters(filter).into_paginator().page_size(PAGE).send();
        let mut zones = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.classify("DescribeInstanceTypeOfferings", &error))?;
            zones.extend(page.instance_type_offerings().iter().filter_map(|offer| offer.location()).map(Text::new));
        }
        Ok(zones)
    }

    /// The availability zones of the region that are open to the account.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub async fn zones(&self) -> Result<Vec<Text>, Failure> {
        let reply = self.looking.describe_availability_zones().send().await;
        let reply = reply.map_err(|error| self.classify("DescribeAvailabilityZones", &error))?;
        let mut zones: Vec<Text> =
            reply.availability_zones().iter().filter_map(|zone| zone.zone_name()).map(Text::new).collect();
        zones.sort();
        Ok(zones)
    }
}
