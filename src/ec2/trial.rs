//! Trying whether a call is allowed, by a dry run: EC2 answers with an error either way, and does nothing. The token of a call
//! that is to be made is not spent on it.

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, EbsInstanceBlockDeviceSpecification, InstanceBlockDeviceMappingSpecification,
    InstanceType, RequestSpotLaunchSpecification, SpotInstanceType, SpotPlacement, Tag,
};

use super::client::Ec2;
use super::make::{self, Launch, NewVolume, Offer, TagPairs};
use crate::model::{
    BlockDevice, CLAIM_TAG, DeviceName, Failure, InstanceId, Keeper, RequestTerms, SecurityGroupId, Text, VolumeId,
};

/// What EC2 answers when the call would be allowed. Source: EC2 API reference, "Common client errors".
const ALLOWED: &str = "DryRunOperation";

impl Ec2 {
    /// Whether AttachVolume of this volume to this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_attach(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Failure> {
        let call = self.looking.attach_volume().volume_id(volume.as_str()).instance_id(instance.as_str());
        let reply = call.device(device.as_str()).dry_run(true).send().await;
        self.allowed(&format!("AttachVolume {volume} to {instance}, as a dry run"), reply)
    }

    /// Whether DetachVolume of this volume from this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_detach(&self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Failure> {
        let call = self.looking.detach_volume().volume_id(volume.as_str()).instance_id(instance.as_str());
        let reply = call.dry_run(true).send().await;
        self.allowed(&format!("DetachVolume {volume} from {instance}, as a dry run"), reply)
    }

    /// Whether ModifyInstanceAttribute is allowed, to let the volume under this device name outlive this instance.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_keep(&self, instance: &InstanceId, device: &Text) -> Result<(), Failure> {
        let kept = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(false).build();
        let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device.as_str()).ebs(kept).build();
        let call = self.looking.modify_instance_attribute().instance_id(instance.as_str());
        let reply = call.block_device_mappings(mapping).dry_run(true).send().await;
        self.allowed(&format!("ModifyInstanceAttribute {instance}, as a dry run"), reply)
    }

    /// Whether RebootInstances of this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_reboot(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.looking.reboot_instances().instance_ids(instance.as_str()).dry_run(true).send().await;
        self.allowed(&format!("RebootInstances {instance}, as a dry run"), reply)
    }

    /// Whether CreateTags is allowed, with the tag of a keeper on this instance.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_claim(&self, instance: &InstanceId, keeper: &Keeper) -> Result<(), Failure> {
        let tag = Tag::builder().key(format!("{CLAIM_TAG}{keeper}")).value("owed").build();
        let reply = self.looking.create_tags().resources(instance.as_str()).tags(tag).dry_run(true).send().await;
        self.allowed(&format!("CreateTags {CLAIM_TAG}{keeper} on {instance}, as a dry run"), reply)
    }

    /// Whether CreateVolume of this volume is allowed, with its tags.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_create_volume(&self, new: &NewVolume) -> Result<(), Failure> {
        let reply = make::volume_call(&self.looking, new).set_client_token(None).dry_run(true).send().await;
        self.allowed(&format!("{new}, as a dry run"), reply)
    }

    /// Whether RunInstances with this launch is allowed, with its tags.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_run_instance(&self, launch: &Launch, user_data: &str) -> Result<(), Failure> {
        let reply = make::run_call(&self.looking, launch, user_data).set_client_token(None).dry_run(true).send().await;
        self.allowed(&format!("{}, as a dry run", launch.tried("RunInstances")), reply)
    }

    /// Whether RequestSpotInstances with this launch is allowed, with its tags.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_request_spot(&self, launch: &Launch, offer: &Offer) -> Result<(), Failure> {
        let reply = make::spot_call(&self.looking, launch, offer).set_client_token(None).dry_run(true).send().await;
        self.allowed(&format!("{}, as a dry run", launch.tried("RequestSpotInstances")), reply)
    }

    /// Whether CreateImage of this instance is allowed, with these tags.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_create_image(&self, of: &InstanceId, name: &str, tags: &TagPairs) -> Result<(), Failure> {
        let reply = make::image_call(&self.looking, of, name, tags).dry_run(true).send().await;
        self.allowed(&format!("CreateImage of {of}, as a dry run"), reply)
    }

    /// Whether StartInstances of this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_start(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.looking.start_instances().instance_ids(instance.as_str()).dry_run(true).send().await;
        self.allowed(&format!("StartInstances {instance}, as a dry run"), reply)
    }

    /// Whether StopInstances of this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_stop(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.looking.stop_instances().instance_ids(instance.as_str()).dry_run(true).send().await;
        self.allowed(&format!("StopInstances {instance}, as a dry run"), reply)
    }

    /// Whether TerminateInstances of this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_terminate(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.looking.terminate_instances().instance_ids(instance.as_str()).dry_run(true).send().await;
        self.allowed(&format!("TerminateInstances {instance}, as a dry run"), reply)
    }

    /// Whether GetConsoleOutput of this instance is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_read_console(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.looking.get_console_output().instance_id(instance.as_str()).dry_run(true).send().await;
        self.allowed(&format!("GetConsoleOutput {instance}, as a dry run"), reply)
    }

    /// Whether RequestSpotInstances with these terms is allowed.
    ///
    /// # Errors
    ///
    /// When it is denied, or EC2 does not say.
    pub async fn may_request(&self, terms: &RequestTerms) -> Result<(), Failure> {
        let call = self.looking.request_spot_instances().instance_count(1).r#type(SpotInstanceType::Persistent);
        let reply = call.launch_specification(specification(terms)).dry_run(true).send().await;
        self.allowed("RequestSpotInstances, as a dry run", reply)
    }

    fn allowed<T, E>(&self, tried: &str, reply: Result<T, SdkError<E, HttpResponse>>) -> Result<(), Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match reply {
            Err(error) if error.code() == Some(ALLOWED) => Ok(()),
            Err(error) => Err(self.classify(tried, &error)),
            Ok(_) => Ok(()),
        }
    }
}

fn specification(terms: &RequestTerms) -> RequestSpotLaunchSpecification {
    let known = |text: &Text| Some(text.to_string()).filter(|text| !text.is_empty());
    let zone = known(&terms.availability_zone);
    let placement = zone.map(|zone| SpotPlacement::builder().availability_zone(zone).build());
    let groups: Vec<String> = terms.security_groups.iter().map(SecurityGroupId::to_string).collect();
    let devices: Vec<_> = terms.devices.iter().map(|(name, device)| mapping(name, device)).collect();
    RequestSpotLaunchSpecification::builder()
        .set_image_id(terms.image.as_ref().map(ToString::to_string))
        .set_instance_type(known(&terms.instance_type).as_deref().map(InstanceType::from))
        .set_subnet_id(terms.subnet.as_ref().map(ToString::to_string))
        .set_placement(placement)
        .set_key_name(known(&terms.key_name))
        .set_security_group_ids(Some(groups).filter(|groups| !groups.is_empty()))
        .set_block_device_mappings(Some(devices).filter(|devices| !devices.is_empty()))
        .build()
}

fn mapping(name: &Text, device: &BlockDevice) -> BlockDeviceMapping {
    let ebs = EbsBlockDevice::builder()
        .set_snapshot_id(device.snapshot.as_ref().map(ToString::to_string))
        .set_volume_size(device.size_gib.and_then(|size| i32::try_from(size).ok()))
        .set_delete_on_termination(device.delete_on_termination)
        .build();
    BlockDeviceMapping::builder().device_name(name.as_str()).ebs(ebs).build()
}
