//! CreateSnapshot, DeleteSnapshot, DescribeSnapshots.

use super::super::ACCOUNT;
use super::super::images::Snapshot;
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::{View, World};
use super::describe::{self, Kind};
use super::filter::{Attribute, Row};
use super::query::Query;
use super::xml::moment;
use super::{Xml, action};
use crate::model::{SnapshotId, VolumeId};

pub(super) const KIND: Kind = Kind {
    parameter: "SnapshotId",
    not_found: Refusal::no_snapshots,
    // Source: EC2 API reference, DescribeSnapshots, `MaxResults`, as it was before 2024; since then it does not say.
    never_paged: Some("snapshotSet"),
};

impl Row for &Snapshot {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("snapshot-id", |row| vec![row.id.clone()]),
            ("status", |row| vec![row.state.clone()]),
            ("volume-id", |row| row.volume.iter().map(ToString::to_string).collect()),
            ("volume-size", |row| vec![row.size.to_string()]),
            ("description", |row| vec![row.description.clone()]),
            ("encrypted", |row| vec![row.key.is_some().to_string()]),
            // Only Amazon's own have one.
            ("owner-alias", |_| Vec::new()),
            ("owner-id", |_| vec![ACCOUNT.to_owned()]),
            ("progress", |row| vec![progress(row)]),
            ("start-time", |row| vec![moment(row.started)]),
            ("storage-tier", |_| vec!["standard".to_owned()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

fn progress(snapshot: &Snapshot) -> String {
    if snapshot.state == "completed" { "100%" } else { "0%" }.to_owned()
}

/// Those of the account alone: the snapshots of public images are not listed here.
pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let owners = query.list("Owner");
    let owned = owners.is_empty() || owners.iter().any(|owner| matches!(*owner, "self" | ACCOUNT));
    let rows: Vec<&Snapshot> = world.seen(View::Images).snapshots.values().filter(|_| owned).collect();
    let chosen = describe::choose::<SnapshotId, _>(query, &KIND, rows, world.knobs.empty_pages, |row| row.id.as_str())?;
    xml.list("snapshotSet", chosen.0, write);
    describe::finish(xml, chosen.1);
    Ok(())
}

fn write(xml: &mut Xml, snapshot: &Snapshot) {
    xml.text("snapshotId", &snapshot.id);
    // What is made of no volume has this one. Source: EC2 User Guide, "Copy an Amazon EBS snapshot".
    xml.text("volumeId", snapshot.volume.as_ref().map_or("vol-ffffffff", VolumeId::as_str));
    xml.text("status", &snapshot.state);
    xml.time("startTime", snapshot.started);
    xml.text("progress", progress(snapshot));
    xml.text("ownerId", ACCOUNT);
    xml.text("volumeSize", snapshot.size);
    xml.text("description", &snapshot.description);
    xml.text("encrypted", snapshot.key.is_some());
    xml.optional("kmsKeyId", snapshot.key.as_ref());
    xml.text("storageTier", "standard");
    xml.tags(&snapshot.tags);
}

pub(super) fn create(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let volume: VolumeId = query.required_id("VolumeId")?;
    let tags = query.tag_specifications(&["snapshot"])?.remove("snapshot").unwrap_or_default();
    action::refuse_dry_run(query)?;
    let id = world.create_snapshot(&volume, query.get("Description").unwrap_or_default(), &tags)?;
    if let Some(snapshot) = world.records().snapshots.get(&id) {
        write(xml, snapshot);
    }
    Ok(())
}

pub(super) fn delete(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let id: SnapshotId = query.required_id("SnapshotId")?;
    action::refuse_dry_run(query)?;
    world.delete_snapshot(id.as_str())?;
    xml.text("return", true);
    Ok(())
}
