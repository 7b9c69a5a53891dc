//! CreateTags, DeleteTags, DescribeTags, and tags wherever they are given.

use std::str::FromStr;

use super::super::records::{Records, Tags};
use super::super::refusal::Refusal;
use super::super::world::{View, World};
use super::filter::{self, Attribute, Row};
use super::query::{Query, missing};
use super::{Xml, action, describe, page};
use crate::model::{ImageId, InstanceId, SecurityGroupId, SnapshotId, SpotRequestId, SubnetId, VolumeId};

/// How many tags a thing can have, and how long key and value can be. Source: EC2 User Guide, "Tag restrictions".
const MOST_TAGS: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// How no key begins that somebody else gives, in whatever case.
const RESERVED: &str = "aws:";

/// How many things a call can tag. Source: EC2 API reference, CreateTags, `ResourceId.N`.
const MOST_RESOURCES: usize = 1000;

/// Adds the tags that a call gives in a list of this name to those that it gives elsewhere for the same things.
///
/// # Errors
/// When a key is missing, empty, reserved, too long or given twice, a value is too long, or there are too many tags.
pub(super) fn add(query: &Query, name: &str, tags: &mut Tags) -> Result<(), Refusal> {
    for group in query.groups(name) {
        let key = query.required(&format!("{group}.Key"))?;
        let value = query.get(&format!("{group}.Value")).unwrap_or_default();
        check(key, value)?;
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::parameter(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    if tags.len() > MOST_TAGS { Err(too_many()) } else { Ok(()) }
}

fn check(key: &str, value: &str) -> Result<(), Refusal> {
    if key.is_empty() {
        return Err(Refusal::parameter("Tag keys cannot be empty"));
    }
    if key.get(..RESERVED.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(RESERVED)) {
        return Err(Refusal::parameter(format!(
            "Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use"
        )));
    }
    for (what, text, most) in [("key", key, LONGEST_KEY), ("value", value, LONGEST_VALUE)] {
        if text.chars().count() > most {
            let message = format!("Tag {what} exceeds the maximum length of {most} characters");
            return Err(Refusal::parameter(message));
        }
    }
    Ok(())
}

fn too_many() -> Refusal {
    Refusal::client("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
}

pub(super) fn create(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let ids = resources(world, query)?;
    let mut given = Tags::new();
    add(query, "Tag", &mut given)?;
    if given.is_empty() {
        return Err(missing("tagSet"));
    }
    action::refuse_dry_run(query)?;
    for id in &ids {
        let has = tags_of(world, id)
            .map(|has| has.keys().chain(given.keys()).collect::<std::collections::BTreeSet<_>>().len());
        if has.is_some_and(|count| count > MOST_TAGS) {
            return Err(too_many());
        }
    }
    for id in &ids {
        if let Some(tags) = tags_of(world, id) {
            tags.extend(given.clone());
        }
    }
    xml.text("return", true);
    Ok(())
}

pub(super) fn delete(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let ids = resources(world, query)?;
    action::refuse_dry_run(query)?;
    let groups = query.groups("Tag");
    for id in &ids {
        let Some(tags) = tags_of(world, id) else { continue };
        if groups.is_empty() {
            tags.clear();
        }
        for group in &groups {
            let key = query.get(&format!("{group}.Key")).unwrap_or_default();
            // With a value, a tag of another value stays.
            let value = query.get(&format!("{group}.Value"));
            tags.retain(|k, v| k != key || value.is_some_and(|value| v != value));
        }
    }
    xml.text("return", true);
    Ok(())
}

/// The things that are named, each of which has to be there.
fn resources(world: &World, query: &Query) -> Result<Vec<String>, Refusal> {
    let ids: Vec<String> = query.list("ResourceId").into_iter().map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(missing("resourceIdSet"));
    }
    if ids.len() > MOST_RESOURCES {
        let message = format!("A call is about {MOST_RESOURCES} resources at most, not {}", ids.len());
        return Err(Refusal::client("InvalidParameterValue", message));
    }
    let unknown: Vec<String> = ids.iter().filter(|id| !is_known(world, id)).cloned().collect();
    let Some(first) = unknown.first() else { return Ok(ids) };
    let alike: Vec<String> = unknown.iter().filter(|id| resource_type(id) == resource_type(first)).cloned().collect();
    Err(match first.split_once('-').map_or("", |(prefix, _)| prefix) {
        "i" if is::<InstanceId>(first) => Refusal::no_instances(&alike),
        "vol" if is::<VolumeId>(first) => Refusal::no_volumes(&alike),
        "sir" if is::<SpotRequestId>(first) => Refusal::no_requests(&alike),
        "snap" if is::<SnapshotId>(first) => Refusal::no_snapshots(&alike),
        "ami" if is::<ImageId>(first) => Refusal::no_images(&alike),
        "sg" if is::<SecurityGroupId>(first) => Refusal::no_groups(&alike),
        "subnet" if is::<SubnetId>(first) => Refusal::no_subnets(&alike),
        _ if is_untagged(world, first) => {
            Refusal::client("UnsupportedOperation", format!("This simulator keeps no tags of {first}."))
        }
        _ => Refusal::client("InvalidID", format!("The ID '{first}' is not valid")),
    })
}

fn is<T: FromStr>(id: &str) -> bool {
    id.parse::<T>().is_ok()
}

/// Whether EC2 would tag this, but there are no tags of it here.
fn is_untagged(world: &World, id: &str) -> bool {
    id == world.account.vpc || world.account.key_pairs.iter().any(|pair| pair.id == id)
}

/// Whether the view that lists such things knows already that this is there.
fn is_known(world: &World, id: &str) -> bool {
    if let Ok(id) = id.parse() {
        return world.known_instance(&id).is_ok();
    }
    if let Ok(id) = id.parse() {
        return world.known_volume(&id).is_ok();
    }
    if let Ok(id) = id.parse() {
        return world.known_request(&id).is_ok();
    }
    let made = |records: &Records| records.images.contains_key(id) || records.snapshots.contains_key(id);
    let account = &world.account;
    let given = account.subnet(id).is_some() || account.group(id).is_some();
    let public = account.images.iter().any(|image| image.id == id);
    given || public || (made(world.records()) && made(world.seen(View::Images)))
}

fn tags_of<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Tags> {
    if let Ok(id) = id.parse() {
        return world.records.instances.get_mut(&id).map(|instance| &mut instance.tags);
    }
    if let Ok(id) = id.parse() {
        return world.records.volumes.get_mut(&id).map(|volume| &mut volume.tags);
    }
    if let Ok(id) = id.parse() {
        return world.records.requests.get_mut(&id).map(|request| &mut request.tags);
    }
    if let Some(image) = world.records.images.get_mut(id) {
        return Some(&mut image.tags);
    }
    if let Some(snapshot) = world.records.snapshots.get_mut(id) {
        return Some(&mut snapshot.tags);
    }
    world.account.tags_mut(id)
}

fn resource_type(id: &str) -> &'static str {
    match id.split_once('-').map(|(prefix, _)| prefix) {
        Some("i") => "instance",
        Some("vol") => "volume",
        Some("sir") => "spot-instances-request",
        Some("subnet") => "subnet",
        Some("ami") => "image",
        Some("snap") => "snapshot",
        Some("sg") => "security-group",
        _ => "unknown",
    }
}

/// One tag of one thing.
struct Tagged {
    /// What it is sorted and paged by.
    order: String,
    id: String,
    key: String,
    tags: Tags,
}

impl Row for Tagged {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("key", |row| vec![row.key.clone()]),
            ("value", |row| row.tags.values().cloned().collect()),
            ("resource-id", |row| vec![row.id.clone()]),
            ("resource-type", |row| vec![resource_type(&row.id).to_owned()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    action::refuse_dry_run(query)?;
    let mut rows = Vec::new();
    let mut add = |id: &str, tags: &Tags| {
        rows.extend(tags.iter().map(|(key, value)| Tagged {
            order: format!("{id} {key}"),
            id: id.to_owned(),
            key: key.clone(),
            tags: Tags::from([(key.clone(), value.clone())]),
        }));
    };
    let seen = |view: View| -> &Records { world.seen(view) };
    seen(View::Instances).instances.values().for_each(|found| add(found.id.as_str(), &found.tags));
    seen(View::Volumes).volumes.values().for_each(|found| add(found.id.as_str(), &found.tags));
    let requests = seen(View::Requests).requests.values();
    requests.filter(|found| world.is_visible(found)).for_each(|found| add(found.id.as_str(), &found.tags));
    world.account.subnets.iter().for_each(|found| add(&found.id, &found.tags));
    world.account.groups.iter().for_each(|found| add(&found.id, &found.tags));
    world.account.images.iter().for_each(|found| add(&found.id, &found.tags));
    seen(View::Images).images.values().for_each(|found| add(&found.id, &found.tags));
    seen(View::Images).snapshots.values().for_each(|found| add(&found.id, &found.tags));
    rows.sort_by(|a, b| a.order.cmp(&b.order));
    let rows = filter::select(rows, &query.filters())?;
    let (mut rows, token) = page::cut(query, rows, page::LARGEST, world.knobs.empty_pages, |row| &row.order)?;
    query.arrange(&mut rows);
    xml.list("tagSet", rows, |xml, row| {
        xml.text("resourceId", &row.id);
        xml.text("resourceType", resource_type(&row.id));
        xml.text("key", &row.key);
        row.tags.values().for_each(|value| xml.text("value", value));
    });
    describe::finish(xml, token);
    Ok(())
}
