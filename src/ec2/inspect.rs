//! Looking at what lies around a machine: by filter and paginated, as every look.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::operation::describe_images::builders::DescribeImagesFluentBuilder;
use aws_sdk_ec2::types::Filter;

use super::client::Ec2;
use super::convert::{requests, volumes};
use super::look::{PAGE, filters};
use super::surroundings as convert;
use crate::model::{
    Failure, Image, ImageId, KeyPair, RequestTerms, SecurityGroup, SecurityGroupId, SnapshotId, SpotRequest,
    SpotRequestId, Subnet, SubnetId, Text, Volume, VolumeId, VolumeTraits,
};

/// The most instance types in a page. Source: EC2 API reference, `DescribeInstanceTypes`.
const TYPES: i32 = 100;

impl Ec2 {
    /// What these spot requests ask for, those that EC2 knows.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn terms(&self, ids: &BTreeSet<SpotRequestId>) -> Result<BTreeMap<SpotRequestId, RequestTerms>, Failure> {
        Ok(self.requests_with_terms(ids).await?.1)
    }

    /// These spot requests and what they ask for, those that EC2 knows: from the same answers, so that they agree.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn requests_with_terms(
        &self,
        ids: &BTreeSet<SpotRequestId>,
    ) -> Result<(BTreeMap<SpotRequestId, SpotRequest>, BTreeMap<SpotRequestId, RequestTerms>), Failure> {
        let found = self.requests_by(filters("spot-instance-request-id", ids)).await?;
        Ok((requests(&found), found.iter().filter_map(convert::terms).collect()))
    }

    /// These volumes and what they are made of, those that EC2 knows: from the same answers, so that they agree.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn volumes_with_traits(
        &self,
        ids: &BTreeSet<VolumeId>,
    ) -> Result<(BTreeMap<VolumeId, Volume>, BTreeMap<VolumeId, VolumeTraits>), Failure> {
        let found = self.volumes_by(filters("volume-id", ids)).await?;
        Ok((volumes(&found), found.iter().filter_map(convert::traits).collect()))
    }

    /// The images with these ids, those that EC2 knows and this account may see; deprecated and disabled ones, too, which
    /// EC2 hides from who does not ask for them.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn images(&self, ids: &BTreeSet<ImageId>) -> Result<BTreeMap<ImageId, Image>, Failure> {
        let mut seen = BTreeMap::new();
        for filter in filters("image-id", ids) {
            let call = self.looking.describe_images().filters(filter);
            seen.extend(self.images_of(call.include_deprecated(true).include_disabled(true)).await?);
        }
        Ok(seen)
    }

    /// The images of an owner (an account's number, `self`, or a name such as `amazon`) whose name matches a pattern in
    /// which `*` and `?` are wildcards; neither deprecated ones of others nor disabled ones.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn images_named(&self, owner: &str, pattern: &str) -> Result<BTreeMap<ImageId, Image>, Failure> {
        let name = Filter::builder().name("name").values(pattern).build();
        self.images_of(self.looking.describe_images().owners(owner).filters(name)).await
    }

    /// The subnets with these ids, those that EC2 knows.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn subnets(&self, ids: &BTreeSet<SubnetId>) -> Result<BTreeMap<SubnetId, Subnet>, Failure> {
        let mut seen = BTreeMap::new();
        for filter in filters("subnet-id", ids) {
            seen.extend(self.subnets_by(filter).await?);
        }
        Ok(seen)
    }

    /// The subnets in this zone.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn subnets_in(&self, zone: &Text) -> Result<BTreeMap<SubnetId, Subnet>, Failure> {
        self.subnets_by(Filter::builder().name("availability-zone").values(zone.as_str()).build()).await
    }

    async fn subnets_by(&self, filter: Filter) -> Result<BTreeMap<SubnetId, Subnet>, Failure> {
        let mut seen = BTreeMap::new();
        let mut pages = self.looking.describe_subnets().filters(filter).into_paginator().page_size(PAGE).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.classify("DescribeSubnets", &error))?;
            let found = page.subnets().iter().filter_map(convert::subnet);
            seen.extend(found.map(|subnet| (subnet.id.clone(), subnet)));
        }
        Ok(seen)
    }

    /// The VPC that instances are launched in for which nobody names a subnet: that of the default subnets. None where there
    /// is none.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn default_vpc(&self) -> Result<Option<Text>, Failure> {
        let found = self.subnets_by(Filter::builder().name("default-for-az").values("true").build()).await?;
        Ok(found.into_values().next().map(|subnet| subnet.vpc))
    }

    /// The security groups with these ids, those that EC2 knows.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn security_groups(
        &self,
        ids: &BTreeSet<SecurityGroupId>,
    ) -> Result<BTreeMap<SecurityGroupId, SecurityGroup>, Failure> {
        let mut seen = BTreeMap::new();
        for filter in filters("group-id", ids) {
            seen.extend(self.security_groups_by(vec![filter]).await?);
        }
        Ok(seen)
    }

    /// The security groups of this VPC.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn security_groups_in(&self, vpc: &Text) -> Result<BTreeMap<SecurityGroupId, SecurityGroup>, Failure> {
        self.security_groups_by(vec![Filter::builder().name("vpc-id").values(vpc.as_str()).build()]).await
    }

    /// The default security group of each of these VPCs: what instances get for which nobody names a group. EC2 keeps the
    /// name `default` for it.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn default_groups(&self, vpcs: &BTreeSet<Text>) -> Result<BTreeMap<Text, SecurityGroup>, Failure> {
        let mut seen = BTreeMap::new();
        for filter in filters("vpc-id", vpcs) {
            let named = Filter::builder().name("group-name").values("default").build();
            let found = self.security_groups_by(vec![named, filter]).await?;
            seen.extend(found.into_values().map(|group| (group.vpc.clone(), group)));
        }
        Ok(seen)
    }

    async fn security_groups_by(
        &self,
        filters: Vec<Filter>,
    ) -> Result<BTreeMap<SecurityGroupId, SecurityGroup>, Failure> {
        let mut seen = BTreeMap::new();
        let call = self.looking.describe_security_groups().set_filters(Some(filters));
        let mut pages = call.into_paginator().page_size(PAGE).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.classify("DescribeSecurityGroups", &error))?;
            let found = page.security_groups().iter().filter_map(convert::security_group);
            seen.extend(found.map(|group| (group.id.clone(), group)));
        }
        Ok(seen)
    }

    /// All key pairs of the region by their names. EC2 has no pages for them.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub async fn key_pairs(&self) -> Result<BTreeMap<Text, KeyPair>, Failure> {
        let reply = self.looking.describe_key_pairs().send().await;
        let reply = reply.map_err(|error| self.classify("DescribeKeyPairs", &error))?;
        Ok(reply.key_pairs().iter().map(convert::key_pair).map(|key| (key.name.clone(), key)).collect())
    }

    /// The volume that each of these snapshots was made of, those that EC2 knows and this account may see.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn snapshots(&self, ids: &BTreeSet<SnapshotId>) -> Result<BTreeMap<SnapshotId, VolumeId>, Failure> {
        let mut seen = BTreeMap::new();
        for filter in filters("snapshot-id", ids) {
            let mut pages = self.looking.describe_snapshots().filters(filter).into_paginator().page_size(PAGE).send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| self.classify("DescribeSnapshots", &error))?;
                seen.extend(page.snapshots().iter().filter_map(convert::origin));
            }
        }
        Ok(seen)
    }

    /// The architectures that each of these instance types runs, such as `x86_64`; those types that the region has.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn architectures(&self, types: &BTreeSet<Text>) -> Result<BTreeMap<Text, Vec<Text>>, Failure> {
        let mut seen = BTreeMap::new();
        for filter in filters("instance-type", types) {
            // EC2 takes no more than a hundred a page here.
            let call = self.looking.describe_instance_types().filters(filter);
            let mut pages = call.into_paginator().page_size(TYPES).send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| self.classify("DescribeInstanceTypes", &error))?;
                seen.extend(page.instance_types().iter().map(convert::architectures));
            }
        }
        Ok(seen)
    }

    async fn images_of(&self, call: DescribeImagesFluentBuilder) -> Result<BTreeMap<ImageId, Image>, Failure> {
        let mut seen = BTreeMap::new();
        let mut pages = call.into_paginator().page_size(PAGE).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.classify("DescribeImages", &error))?;
            let found = page.images().iter().filter_map(convert::image);
            seen.extend(found.map(|image| (image.id.clone(), image)));
        }
        Ok(seen)
    }
}
