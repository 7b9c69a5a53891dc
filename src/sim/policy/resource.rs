//! What a call is about, as ARNs.

use super::super::ACCOUNT;
use super::super::records::Tags;
use super::super::wire::Query;
use super::super::world::World;

/// One resource of a call.
#[derive(Debug)]
pub(super) struct Resource {
    /// Its ARN; `*` for a call that knows no resources.
    pub(super) arn: String,
    /// The region of the call.
    pub(super) region: String,
    /// Its tags, as far as it has some.
    pub(super) tags: Tags,
    /// The keys of the tags that the call gives.
    pub(super) tag_keys: Vec<String>,
}

/// What a call makes, besides the things that it names. Source: Service Authorization Reference, "Actions, resources, and
/// condition keys for Amazon EC2", as far as these things are simulated.
const MADE: [(&str, &[&str]); 3] = [
    ("CreateVolume", &["volume/*"]),
    ("RequestSpotInstances", &["spot-instances-request/*"]),
    ("RunInstances", &["instance/*", "volume/*"]),
];

impl Resource {
    /// The resources that the caller of this has to have permission for. Looks know none.
    pub(super) fn of_call(world: &World, query: &Query) -> Vec<Self> {
        let action = query.action();
        let looks = action.starts_with("Describe") || action.starts_with("Get");
        let made = MADE.iter().filter(|(maker, _)| *maker == action).flat_map(|(_, made)| *made);
        let made = made.map(|path| Self::at(world, path, Tags::new()));
        let subjects = if looks { Vec::new() } else { query.subjects() };
        let mapped = mapped(world, query);
        let named = subjects.iter().chain(&mapped).filter_map(|id| Self::named(world, id));
        let mut all: Vec<Self> = made.chain(named).collect();
        if all.is_empty() {
            all.push(Self { arn: "*".to_owned(), ..Self::at(world, "", Tags::new()) });
        }
        let tag_keys = query.tag_keys();
        for resource in &mut all {
            resource.tag_keys.clone_from(&tag_keys);
        }
        all
    }

    /// Whether it is a resource that has an ARN.
    pub(super) fn is_named(&self) -> bool {
        self.arn != "*"
    }

    fn named(world: &World, id: &str) -> Option<Self> {
        let records = world.records();
        let (kind, _) = id.split_once('-')?;
        let (kind, tags) = match kind {
            "vol" => ("volume", id.parse().ok().and_then(|id| records.volumes.get(&id)).map(|found| &found.tags)),
            "i" => ("instance", id.parse().ok().and_then(|id| records.instances.get(&id)).map(|found| &found.tags)),
            "sir" => (
                "spot-instances-request",
                id.parse().ok().and_then(|id| records.requests.get(&id)).map(|found| &found.tags),
            ),
            "ami" => ("image", None),
            "subnet" => ("subnet", None),
            _ => return None,
        };
        Some(Self::at(world, &format!("{kind}/{id}"), tags.cloned().unwrap_or_default()))
    }

    fn at(world: &World, path: &str, tags: Tags) -> Self {
        // Images belong to others, and their ARNs name no account.
        let account = if path.starts_with("image/") { "" } else { ACCOUNT };
        let region = world.region.clone();
        Self { arn: format!("arn:aws:ec2:{region}:{account}:{path}"), region, tags, tag_keys: Vec::new() }
    }
}

/// The volumes whose attachments ModifyInstanceAttribute changes, by the device names that it gives. The Service
/// Authorization Reference has instance and volume for it.
fn mapped(world: &World, query: &Query) -> Vec<String> {
    let instance = query.get("InstanceId").and_then(|id| id.parse().ok());
    let (Some(instance), "ModifyInstanceAttribute") = (instance, query.action()) else { return Vec::new() };
    let devices = query.groups("BlockDeviceMapping");
    let devices = devices.iter().filter_map(|group| query.get(&format!("{group}.DeviceName")));
    let devices: Vec<&str> = devices.collect();
    let attached = world.records().attached_to(&instance);
    attached
        .filter(|(_, held)| devices.contains(&held.device.as_str()))
        .map(|(volume, _)| volume.id.to_string())
        .collect()
}
