//! DescribeVolumes.

use super::super::records::{Attachment, Tags, Volume};
use super::super::refusal::Refusal;
use super::super::world::{View, World};
use super::Xml;
use super::describe::{self, Kind};
use super::filter::{Attribute, Row};
use super::query::Query;
use super::xml::moment;
use crate::model::VolumeId;

pub(super) const KIND: Kind = Kind {
    parameter: "VolumeId",
    not_found: Refusal::no_volumes,
    // Source: EC2 API reference, DescribeVolumes, `MaxResults`, as it was before 2024; since then it does not say.
    never_paged: Some("volumeSet"),
};

/// A volume with the id of its zone.
pub(super) struct Placed<'a> {
    volume: &'a Volume,
    zone_id: Option<&'a str>,
}

impl<'a> Placed<'a> {
    pub(super) fn new(world: &'a World, volume: &'a Volume) -> Self {
        Self { volume, zone_id: world.account.zone_id(&volume.zone) }
    }
}

impl Row for Placed<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("volume-id", |row| vec![row.volume.id.to_string()]),
            ("status", |row| vec![row.volume.state.to_string()]),
            ("availability-zone", |row| vec![row.volume.zone.clone()]),
            ("availability-zone-id", |row| row.zone_id.iter().map(ToString::to_string).collect()),
            ("multi-attach-enabled", |row| vec![row.volume.multi_attach.to_string()]),
            ("volume-type", |row| vec![row.volume.disk.kind.clone()]),
            ("encrypted", |row| vec![row.volume.disk.encrypted.to_string()]),
            ("snapshot-id", |row| vec![row.volume.disk.snapshot.clone()]),
            ("create-time", |row| vec![moment(row.volume.created)]),
            ("size", |row| vec![row.volume.size.to_string()]),
            ("attachment.instance-id", |row| {
                row.volume.attachments.iter().map(|held| held.instance.to_string()).collect()
            }),
            ("attachment.device", |row| row.volume.attachments.iter().map(|held| held.device.clone()).collect()),
            ("attachment.attach-time", |row| {
                row.volume.attachments.iter().map(|held| moment(held.attach_time)).collect()
            }),
            ("attachment.delete-on-termination", |row| {
                row.volume.attachments.iter().map(|held| held.delete_on_termination.to_string()).collect()
            }),
            ("attachment.status", |row| row.volume.attachments.iter().map(|held| held.state.to_string()).collect()),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.volume.tags
    }
}

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let seen = world.seen(View::Volumes).volumes.values();
    let rows: Vec<Placed<'_>> = seen.map(|volume| Placed::new(world, volume)).collect();
    let empty_pages = world.knobs.empty_pages;
    let chosen = describe::choose::<VolumeId, _>(query, &KIND, rows, empty_pages, |row| row.volume.id.as_str())?;
    xml.list("volumeSet", &chosen.0, write);
    describe::finish(xml, chosen.1);
    Ok(())
}

pub(super) fn write(xml: &mut Xml, placed: &Placed<'_>) {
    let volume = placed.volume;
    xml.text("volumeId", &volume.id);
    xml.text("size", volume.size);
    xml.text("snapshotId", &volume.disk.snapshot);
    xml.text("availabilityZone", &volume.zone);
    xml.optional("availabilityZoneId", placed.zone_id);
    xml.text("status", &volume.state);
    xml.time("createTime", volume.created);
    xml.list("attachmentSet", &volume.attachments, |xml, held| attachment(xml, &volume.id, held));
    xml.tags(&volume.tags);
    xml.text("volumeType", &volume.disk.kind);
    xml.optional("iops", volume.disk.iops);
    xml.optional("throughput", volume.disk.throughput);
    xml.text("encrypted", volume.disk.encrypted);
    xml.optional("kmsKeyId", volume.disk.key.as_ref());
    xml.text("multiAttachEnabled", volume.multi_attach);
}

/// An attachment, in a volume's list and as the answer to AttachVolume and DetachVolume.
pub(super) fn attachment(xml: &mut Xml, volume: &VolumeId, held: &Attachment) {
    xml.text("volumeId", volume);
    xml.text("instanceId", &held.instance);
    xml.text("device", &held.device);
    xml.text("status", &held.state);
    xml.time("attachTime", held.attach_time);
    xml.text("deleteOnTermination", held.delete_on_termination);
}
