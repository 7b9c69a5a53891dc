//! One machine with the facts that concern it; whoever asks for one that is missing is told why.

use std::collections::BTreeMap;

use super::facts::{Answer, Facts};
use super::remedy::{Aws, allow};
use super::verdict::Unknown;
use crate::config::{Config, HomeVolume, Machine};
use crate::model::{
    BlockDevice, Failure, Image, ImageId, Instance, RequestTerms, SecurityGroup, SpotRequest, Text, Volume,
    VolumeTraits,
};

/// What the checks of one machine look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) config: &'a Config,
    pub(super) machine: &'a Machine,
    pub(super) facts: &'a Facts,
}

/// What is known, or why it is not.
pub(super) type Known<T> = Result<T, Unknown>;

impl<'a> Case<'a> {
    pub(super) fn new(config: &'a Config, machine: &'a Machine, facts: &'a Facts) -> Self {
        Self { config, machine, facts }
    }

    pub(super) fn aws(&self) -> Aws<'a> {
        Aws { region: &self.facts.region, profile: self.facts.profile.as_deref() }
    }

    /// The machine's request.
    pub(super) fn request(&self) -> Known<&'a SpotRequest> {
        let id = &self.machine.spot_request;
        answered(&self.facts.requests)?.get(id).ok_or_else(|| Unknown::new(format!("EC2 does not know {id}")))
    }

    /// What the machine's request asks for.
    pub(super) fn terms(&self) -> Known<&'a RequestTerms> {
        let id = &self.machine.spot_request;
        answered(&self.facts.terms)?.get(id).ok_or_else(|| Unknown::new(format!("EC2 does not know {id}")))
    }

    /// One of the machine's volumes.
    pub(super) fn volume(&self, home: &HomeVolume) -> Known<&'a Volume> {
        let volume = answered(&self.facts.volumes)?.get(&home.id);
        volume.ok_or_else(|| Unknown::new(format!("EC2 does not know {}", home.id)))
    }

    /// What one of the machine's volumes is made of.
    pub(super) fn traits(&self, home: &HomeVolume) -> Known<&'a VolumeTraits> {
        let traits = answered(&self.facts.traits)?.get(&home.id);
        traits.ok_or_else(|| Unknown::new(format!("EC2 does not know {}", home.id)))
    }

    /// The instance that the machine's request names, if it names one that is there.
    pub(super) fn instance(&self) -> Known<Option<&'a Instance>> {
        let Some(id) = &self.request()?.instance else { return Ok(None) };
        Ok(answered(&self.facts.instances)?.get(id))
    }

    /// The id of the image that the request names.
    pub(super) fn image_id(&self) -> Known<&'a ImageId> {
        self.terms()?.image.as_ref().ok_or_else(|| Unknown::new("the request shows no image"))
    }

    /// The image that the request names.
    pub(super) fn image(&self) -> Known<&'a Image> {
        let id = self.image_id()?;
        answered(&self.facts.images)?.get(id).ok_or_else(|| Unknown::new(format!("EC2 does not show {id}")))
    }

    /// The zone that the request is pinned to; none when it is not.
    pub(super) fn pinned_zone(&self) -> Known<Option<&'a Text>> {
        let terms = self.terms()?;
        let Some(id) = &terms.subnet else {
            return Ok(Some(&terms.availability_zone).filter(|zone| !zone.is_empty()));
        };
        let subnet = answered(&self.facts.subnets)?.get(id);
        subnet.map(|subnet| Some(&subnet.availability_zone)).ok_or_else(|| Unknown::new(format!("{id} is not there")))
    }

    /// The VPC of the request's instances: its subnet's, or else the default one.
    fn vpc(&self) -> Known<&'a Text> {
        let Some(id) = &self.terms()?.subnet else {
            let vpc = answered(&self.facts.default_vpc)?.as_ref();
            let why = "the request names neither subnet nor security group, and EC2 shows no default VPC";
            return vpc.ok_or_else(|| Unknown::new(why));
        };
        let subnet = answered(&self.facts.subnets)?.get(id);
        subnet.map(|subnet| &subnet.vpc).ok_or_else(|| Unknown::new(format!("{id} is not there")))
    }

    /// The group that the request's instances get when it names none. Source: EC2 User Guide, "Default security groups".
    pub(super) fn default_group(&self) -> Known<&'a SecurityGroup> {
        let vpc = self.vpc()?;
        let group = answered(&self.facts.default_groups)?.get(vpc);
        group.ok_or_else(|| Unknown::new(format!("EC2 shows no default group of {vpc}")))
    }

    /// The block devices that an instance begins with, by their names: the request's go before the image's.
    pub(super) fn devices(&self) -> Known<BTreeMap<&'a Text, (&'static str, &'a BlockDevice)>> {
        let (terms, image) = (self.terms()?, self.image()?);
        let of_image = image.devices.iter().filter(|(name, _)| !terms.left_out.contains(*name));
        let of_image = of_image.map(|(name, device)| (name, ("image", device)));
        let of_request = terms.devices.iter().map(|(name, device)| (name, ("request", device)));
        Ok(of_image.chain(of_request).collect())
    }
}

/// What was answered, or why it is not known.
pub(super) fn answered<T>(answer: &Answer<T>) -> Known<&T> {
    answer.as_ref().map_err(unknown)
}

/// A check that rests on an answer which was not given.
pub(super) fn unknown(failure: &Failure) -> Unknown {
    Unknown { why: failure.to_string(), remedy: allow(failure) }
}
