//! From the SDK's types, in which everything may be absent, to the model's.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use aws_sdk_ec2::types as sdk;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::model::{
    Attachment, AttachmentState, CLAIM_TAG, Claims, Instance, InstanceId, InstanceState, InterruptionBehavior,
    RequestKind, RequestState, SpotRequest, SpotRequestId, Text, Volume, VolumeId, VolumeState,
};

/// The requests by their ids.
pub(super) fn requests(from: &[sdk::SpotInstanceRequest]) -> BTreeMap<SpotRequestId, SpotRequest> {
    from.iter().filter_map(request).map(|request| (request.id.clone(), request)).collect()
}

/// The instances by their ids.
pub(super) fn instances(from: &[sdk::Instance]) -> BTreeMap<InstanceId, Instance> {
    from.iter().filter_map(instance).map(|instance| (instance.id.clone(), instance)).collect()
}

/// The volumes by their ids.
pub(super) fn volumes(from: &[sdk::Volume]) -> BTreeMap<VolumeId, Volume> {
    from.iter().filter_map(volume).map(|volume| (volume.id.clone(), volume)).collect()
}

/// The request, unless its id is none: then it cannot be one that was asked for.
fn request(from: &sdk::SpotInstanceRequest) -> Option<SpotRequest> {
    let status = from.status.as_ref();
    Some(SpotRequest {
        id: id(from.spot_instance_request_id.as_deref())?,
        state: RequestState::from(from.state.as_ref().map(sdk::SpotInstanceState::as_str).unwrap_or_default()),
        status_code: text(status.and_then(|status| status.code.as_deref())),
        status_message: text(status.and_then(|status| status.message.as_deref())),
        status_since: status.and_then(|status| time(status.update_time.as_ref())),
        kind: RequestKind::from(from.r#type.as_ref().map(sdk::SpotInstanceType::as_str).unwrap_or_default()),
        interruption: InterruptionBehavior::from(
            // EC2's default, and what moto leaves out.
            from.instance_interruption_behavior.as_ref().map_or("terminate", sdk::InstanceInterruptionBehavior::as_str),
        ),
        instance: id(from.instance_id.as_deref()),
        valid_until: time(from.valid_until.as_ref()),
    })
}

/// The instance, unless its id is none.
fn instance(from: &sdk::Instance) -> Option<Instance> {
    let devices = from.block_device_mappings.iter().flatten().filter_map(|mapping| {
        let volume = id(mapping.ebs.as_ref()?.volume_id.as_deref())?;
        Some((text(mapping.device_name.as_deref()), volume))
    });
    let state = from.state.as_ref().and_then(|state| state.name.as_ref());
    Some(Instance {
        id: id(from.instance_id.as_deref())?,
        name: text(from.tags().iter().find(|tag| tag.key() == Some("Name")).and_then(sdk::Tag::value)),
        state: InstanceState::from(state.map(sdk::InstanceStateName::as_str).unwrap_or_default()),
        state_reason: text(from.state_reason.as_ref().and_then(|reason| reason.code.as_deref())),
        availability_zone: text(from.placement.as_ref().and_then(|placement| placement.availability_zone.as_deref())),
        instance_type: text(from.instance_type.as_ref().map(sdk::InstanceType::as_str)),
        launch_time: time(from.launch_time.as_ref()),
        public_ip: address(from.public_ip_address.as_deref()),
        private_ip: address(from.private_ip_address.as_deref()),
        block_devices: devices.collect(),
        spot_request: id(from.spot_instance_request_id.as_deref()),
        claims: claims(from.tags()),
    })
}

/// The volume, unless its id is none.
fn volume(from: &sdk::Volume) -> Option<Volume> {
    Some(Volume {
        id: id(from.volume_id.as_deref())?,
        state: VolumeState::from(from.state.as_ref().map(sdk::VolumeState::as_str).unwrap_or_default()),
        availability_zone: text(from.availability_zone.as_deref()),
        multi_attach: from.multi_attach_enabled.unwrap_or(false),
        attachments: from.attachments.iter().flatten().map(attachment).collect(),
    })
}

fn attachment(from: &sdk::VolumeAttachment) -> Attachment {
    Attachment {
        instance: id(from.instance_id.as_deref()),
        device: text(from.device.as_deref()),
        state: AttachmentState::from(from.state.as_ref().map(sdk::VolumeAttachmentState::as_str).unwrap_or_default()),
        attach_time: time(from.attach_time.as_ref()),
        delete_on_termination: from.delete_on_termination.unwrap_or(false),
    }
}

/// The tags that keepers wrote; what cannot be read was not written by any.
fn claims(tags: &[sdk::Tag]) -> Claims {
    let claim = |tag: &sdk::Tag| {
        let keeper = tag.key()?.strip_prefix(CLAIM_TAG)?.parse().ok()?;
        Some((keeper, tag.value()?.parse().ok()?))
    };
    tags.iter().filter_map(claim).collect()
}

pub(super) fn id<T: FromStr>(from: Option<&str>) -> Option<T> {
    from?.parse().ok()
}

pub(super) fn text(from: Option<&str>) -> Text {
    Text::new(from.unwrap_or_default())
}

fn time(from: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_second(from?.secs()).ok()
}

fn address(from: Option<&str>) -> Option<IpAddr> {
    from?.parse().ok()
}
