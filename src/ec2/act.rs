//! The calls that change something. Each is made for one step, after the step's intent is on disk.

use aws_sdk_ec2::types::{EbsInstanceBlockDeviceSpecification, InstanceBlockDeviceMappingSpecification, Tag};

use super::client::Ec2;
use crate::model::{CLAIM_TAG, Claim, DeviceName, Failure, InstanceId, Keeper, Text, VolumeId};

impl Ec2 {
    /// Calls AttachVolume. It has no client token: after a lost reply the next look tells whether it is attached.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn attach(&self, volume: &VolumeId, instance: &InstanceId, device: &DeviceName) -> Result<(), Failure> {
        let call = self.acting.attach_volume().volume_id(volume.as_str()).instance_id(instance.as_str());
        let reply = call.device(device.as_str()).send().await;
        reply
            .map(drop)
            .map_err(|error| self.classify(&format!("AttachVolume {volume} to {instance} as {device}"), &error))
    }

    /// Calls DetachVolume, never by force.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn detach(&self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Failure> {
        let call = self.acting.detach_volume().volume_id(volume.as_str()).instance_id(instance.as_str());
        let reply = call.send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("DetachVolume {volume} from {instance}"), &error))
    }

    /// Calls ModifyInstanceAttribute, so that the volume under this device name outlives the instance.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn keep(&self, volume: &VolumeId, instance: &InstanceId, device: &Text) -> Result<(), Failure> {
        let kept = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(false).build();
        let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device.as_str()).ebs(kept).build();
        let call = self.acting.modify_instance_attribute().instance_id(instance.as_str());
        let reply = call.block_device_mappings(mapping).send().await;
        let tried = || format!("ModifyInstanceAttribute {instance}, to keep {volume} as {device}");
        reply.map(drop).map_err(|error| self.classify(&tried(), &error))
    }

    /// Calls CreateTags, to tell other keepers about the reboot of an instance.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn claim(&self, instance: &InstanceId, keeper: &Keeper, claim: Claim) -> Result<(), Failure> {
        let tag = Tag::builder().key(format!("{CLAIM_TAG}{keeper}")).value(claim.to_string()).build();
        let reply = self.acting.create_tags().resources(instance.as_str()).tags(tag).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("CreateTags {CLAIM_TAG}{keeper} on {instance}"), &error))
    }

    /// Calls RebootInstances for one instance, once: two calls may be two reboots.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn reboot(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.acting.reboot_instances().instance_ids(instance.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("RebootInstances {instance}"), &error))
    }
}
