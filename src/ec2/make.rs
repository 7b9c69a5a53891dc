//! The calls that make a machine and end one. As every changing call they are made once each, for an act whose intent is on
//! disk; those that would make a thing twice carry a token of their caller's.

use std::fmt;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_image::builders::CreateImageFluentBuilder;
use aws_sdk_ec2::operation::create_volume::builders::CreateVolumeFluentBuilder;
use aws_sdk_ec2::operation::request_spot_instances::builders::RequestSpotInstancesFluentBuilder;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, InstanceInterruptionBehavior, InstanceType, RequestSpotLaunchSpecification,
    ResourceType, ShutdownBehavior, SpotInstanceType, Tag, TagSpecification, VolumeType,
};
use aws_smithy_types::DateTime;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::client::Ec2;
use super::convert::id;
use crate::model::{
    Failure, FailureKind, Fate, ImageId, InstanceId, SecurityGroupId, SnapshotId, SpotRequestId, SubnetId, Text,
    VolumeId,
};

/// The key and value of each tag.
pub type TagPairs = Vec<(String, String)>;

/// A volume to be made, of type gp3.
#[derive(Debug, Clone)]
pub struct NewVolume {
    /// By which EC2 knows a repeated call.
    pub token: String,
    /// Its zone.
    pub zone: Text,
    /// Its size in GiB.
    pub size_gib: u32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Its tags.
    pub tags: TagPairs,
}

/// What instances are launched with, by RunInstances and by a spot request.
#[derive(Debug, Clone)]
pub struct Launch {
    /// By which EC2 knows a repeated call.
    pub token: String,
    /// The image.
    pub image: ImageId,
    /// The type.
    pub instance_type: Text,
    /// The subnet, and so the zone.
    pub subnet: SubnetId,
    /// The name of the key pair.
    pub key_name: Option<Text>,
    /// The security groups; none for EC2's default.
    pub security_groups: Vec<SecurityGroupId>,
    /// The name of the root device, whose volume goes with the instance.
    pub root_device: Text,
    /// Its size in GiB.
    pub root_gib: u32,
    /// The image's devices that are left out.
    pub left_out: Vec<Text>,
    /// The tags of what is made by the call itself: the instance, or the request.
    pub tags: TagPairs,
}

/// When a spot request ends, and what it pays.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// The most that is paid, in US dollars an hour; none for the price on demand.
    pub max_price: Option<String>,
    /// When it ends by itself.
    pub valid_until: Option<Timestamp>,
}

/// What is tried, as failures say it.
impl fmt::Display for NewVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreateVolume of {} GiB in {}", self.size_gib, self.zone)
    }
}

impl Launch {
    /// What is tried, as failures say it.
    pub(super) fn tried(&self, call: &str) -> String {
        format!("{call} of {} from {} in {}", self.instance_type, self.image, self.subnet)
    }
}

impl Ec2 {
    /// Calls CreateVolume.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn create_volume(&self, new: &NewVolume) -> Result<VolumeId, Failure> {
        let tried = new.to_string();
        let reply = volume_call(&self.acting, new).send().await;
        let reply = reply.map_err(|error| self.classify(&tried, &error))?;
        id(reply.volume_id()).ok_or_else(|| without_id(&tried))
    }

    /// Calls RunInstances for one instance on demand, which stops when it is shut down from inside.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn run_instance(&self, launch: &Launch, user_data: &str) -> Result<InstanceId, Failure> {
        let tried = launch.tried("RunInstances");
        let reply =
            run_call(&self.acting, launch, user_data).send().await.map_err(|error| self.classify(&tried, &error))?;
        id(reply.instances().first().and_then(|made| made.instance_id())).ok_or_else(|| without_id(&tried))
    }

    /// Calls RequestSpotInstances for one persistent request, whose instances are terminated at an interruption.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn request_spot(&self, launch: &Launch, offer: &Offer) -> Result<SpotRequestId, Failure> {
        let tried = launch.tried("RequestSpotInstances");
        let reply =
            spot_call(&self.acting, launch, offer).send().await.map_err(|error| self.classify(&tried, &error))?;
        let made = reply.spot_instance_requests().first();
        id(made.and_then(|made| made.spot_instance_request_id())).ok_or_else(|| without_id(&tried))
    }

    /// Calls CreateImage of a stopped instance. EC2 takes a name once.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn create_image(&self, of: &InstanceId, name: &str, tags: &TagPairs) -> Result<ImageId, Failure> {
        let tried = format!("CreateImage of {of} as {name}");
        let reply = image_call(&self.acting, of, name, tags).send().await;
        let reply = reply.map_err(|error| self.classify(&tried, &error))?;
        id(reply.image_id()).ok_or_else(|| without_id(&tried))
    }

    /// Calls StartInstances for one instance.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn start(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.acting.start_instances().instance_ids(instance.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("StartInstances {instance}"), &error))
    }

    /// Calls StopInstances for one instance.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn stop(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.acting.stop_instances().instance_ids(instance.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("StopInstances {instance}"), &error))
    }

    /// Calls TerminateInstances for one instance.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn terminate(&self, instance: &InstanceId) -> Result<(), Failure> {
        let reply = self.acting.terminate_instances().instance_ids(instance.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("TerminateInstances {instance}"), &error))
    }

    /// Calls CancelSpotInstanceRequests for one request. Its running instance runs on; a stopped one is terminated by it.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn cancel(&self, request: &SpotRequestId) -> Result<(), Failure> {
        let call = self.acting.cancel_spot_instance_requests().spot_instance_request_ids(request.as_str());
        let reply = call.send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("CancelSpotInstanceRequests {request}"), &error))
    }

    /// Calls DeregisterImage. Its snapshots stay.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn deregister(&self, image: &ImageId) -> Result<(), Failure> {
        let reply = self.acting.deregister_image().image_id(image.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("DeregisterImage {image}"), &error))
    }

    /// Calls DeleteSnapshot.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn delete_snapshot(&self, snapshot: &SnapshotId) -> Result<(), Failure> {
        let reply = self.acting.delete_snapshot().snapshot_id(snapshot.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("DeleteSnapshot {snapshot}"), &error))
    }

    /// Calls DeleteVolume. What is on it is lost.
    ///
    /// # Errors
    ///
    /// When EC2 refuses, or nobody knows whether it did.
    pub async fn delete_volume(&self, volume: &VolumeId) -> Result<(), Failure> {
        let reply = self.acting.delete_volume().volume_id(volume.as_str()).send().await;
        reply.map(drop).map_err(|error| self.classify(&format!("DeleteVolume {volume}"), &error))
    }
}

/// CreateVolume, as it is called and tried.
pub(super) fn volume_call(client: &Client, new: &NewVolume) -> CreateVolumeFluentBuilder {
    let call = client.create_volume().client_token(&new.token).availability_zone(new.zone.as_str());
    let call = call.size(number(new.size_gib)).volume_type(VolumeType::Gp3).encrypted(new.encrypted);
    call.tag_specifications(tagged(ResourceType::Volume, &new.tags))
}

/// RunInstances, as it is called and tried.
pub(super) fn run_call(client: &Client, launch: &Launch, user_data: &str) -> RunInstancesFluentBuilder {
    let groups = (!launch.security_groups.is_empty()).then(|| texts(&launch.security_groups));
    let call = client.run_instances().client_token(&launch.token).min_count(1).max_count(1);
    call.image_id(launch.image.as_str())
        .instance_type(InstanceType::from(launch.instance_type.as_str()))
        .subnet_id(launch.subnet.as_str())
        .set_key_name(launch.key_name.as_ref().map(|name| name.as_str().to_owned()))
        .set_security_group_ids(groups)
        .set_block_device_mappings(Some(mappings(launch)))
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Stop)
        .user_data(STANDARD.encode(user_data))
        // Not its root volume: who looks for volumes by this tag means the home.
        .tag_specifications(tagged(ResourceType::Instance, &launch.tags))
}

/// RequestSpotInstances, as it is called and tried.
pub(super) fn spot_call(client: &Client, launch: &Launch, offer: &Offer) -> RequestSpotInstancesFluentBuilder {
    let groups = (!launch.security_groups.is_empty()).then(|| texts(&launch.security_groups));
    let specification = RequestSpotLaunchSpecification::builder()
        .image_id(launch.image.as_str())
        .instance_type(InstanceType::from(launch.instance_type.as_str()))
        .subnet_id(launch.subnet.as_str())
        .set_key_name(launch.key_name.as_ref().map(|name| name.as_str().to_owned()))
        .set_security_group_ids(groups)
        .set_block_device_mappings(Some(mappings(launch)));
    let call = client.request_spot_instances().client_token(&launch.token).instance_count(1);
    call.r#type(SpotInstanceType::Persistent)
        .instance_interruption_behavior(InstanceInterruptionBehavior::Terminate)
        .set_spot_price(offer.max_price.clone())
        .set_valid_until(offer.valid_until.map(|until| DateTime::from_secs(until.as_second())))
        .launch_specification(specification.build())
        .tag_specifications(tagged(ResourceType::SpotInstancesRequest, &launch.tags))
}

/// CreateImage, as it is called and tried.
pub(super) fn image_call(client: &Client, of: &InstanceId, name: &str, tags: &TagPairs) -> CreateImageFluentBuilder {
    let call = client.create_image().instance_id(of.as_str()).name(name);
    let call = call.tag_specifications(tagged(ResourceType::Image, tags));
    call.tag_specifications(tagged(ResourceType::Snapshot, tags))
}

/// The reply says that it was done, and not to what: the next look finds it by its tag.
fn without_id(tried: &str) -> Failure {
    let why = Text::new("EC2's answer has no id that is one");
    Failure { kind: FailureKind::Unreadable, fate: Fate::Unknown, tried: Text::new(tried), why }
}

fn number(size: u32) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// The root volume, and what is left out.
fn mappings(launch: &Launch) -> Vec<BlockDeviceMapping> {
    let without = |name: &Text| BlockDeviceMapping::builder().device_name(name.as_str()).no_device("").build();
    std::iter::once(root(launch)).chain(launch.left_out.iter().map(without)).collect()
}

fn root(launch: &Launch) -> BlockDeviceMapping {
    let ebs = EbsBlockDevice::builder().volume_size(number(launch.root_gib)).volume_type(VolumeType::Gp3);
    let ebs = ebs.delete_on_termination(true).build();
    BlockDeviceMapping::builder().device_name(launch.root_device.as_str()).ebs(ebs).build()
}

fn tagged(what: ResourceType, tags: &TagPairs) -> TagSpecification {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    TagSpecification::builder().resource_type(what).set_tags(Some(tags)).build()
}
