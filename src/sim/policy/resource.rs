//! What a call is about, as ARNs.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2", as far as these
//! things are simulated. Which of them a call needs when its caller leaves them to EC2 is not verified against a real
//! account: where there is doubt, more is asked for than perhaps is needed.

use std::collections::BTreeMap;

use super::super::ACCOUNT;
use super::super::images::Image;
use super::super::records::Tags;
use super::super::wire::Query;
use super::super::world::World;
use super::launched;

/// One resource of a call, with the permission that its caller has to have on it.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Resource {
    /// The permission, such as `ec2:AttachVolume`.
    pub(super) action: String,
    /// Its ARN; `*` for a call that knows no resources.
    pub(super) arn: String,
    /// The region of the call.
    pub(super) region: String,
    /// Its tags, as far as it has some.
    pub(super) tags: Tags,
    /// The tags that the call gives it.
    pub(super) request_tags: Tags,
    /// The keys of the tags that the call gives, to whatever.
    pub(super) tag_keys: Vec<String>,
    /// The other condition keys that it has, such as `ec2:CreateAction`.
    pub(super) keys: BTreeMap<&'static str, String>,
}

/// What a call makes, besides the things that it names. What RunInstances and RequestSpotInstances are about follows
/// from what is to be launched.
const MADE: [(&str, &[&str]); 3] =
    [("CreateImage", &["image/*", "snapshot/*"]), ("CreateSnapshot", &["snapshot/*"]), ("CreateVolume", &["volume/*"])];

/// Looks that are about one instance, and so can be permitted for that one. All others know no resources.
const LOOKS_AT_ONE: [&str; 2] = ["DescribeInstanceAttribute", "GetConsoleOutput"];

impl Resource {
    /// The resources that the caller of this has to have permission for.
    pub(in crate::sim) fn of_call(world: &World, query: &Query) -> Vec<Self> {
        let action = query.action();
        let call = format!("ec2:{action}");
        let anything = || Self { arn: "*".to_owned(), ..Self::at(world, &call, "") };
        if (action.starts_with("Describe") || action.starts_with("Get")) && !LOOKS_AT_ONE.contains(&action) {
            return vec![anything()];
        }
        let made = MADE.iter().filter(|(maker, _)| *maker == action).flat_map(|(_, made)| *made);
        let made = made.map(|path| Self::at(world, &call, path));
        let subjects = named_by(query);
        let mapped = mapped(world, query);
        let named = subjects.iter().chain(&mapped).filter_map(|id| Self::named(world, &call, id));
        let launched = launched::of_call(world, query, &call);
        let mut all: Vec<Self> = made.chain(named).chain(launched).collect();
        if all.is_empty() {
            all.push(anything());
        }
        let (tag_keys, given) = (query.tag_keys(), query.given_tags());
        for resource in &mut all {
            resource.tag_keys.clone_from(&tag_keys);
            let kind = if action == "CreateTags" { "" } else { resource.kind() };
            resource.request_tags = given.get(kind).cloned().unwrap_or_default();
        }
        all.extend(tagged_at_creation(world, query, given));
        all.extend(gone_with_image(world, query));
        all
    }

    /// Whether it is a resource that has an ARN.
    pub(super) fn is_named(&self) -> bool {
        self.arn != "*"
    }

    /// The kind of resource, such as `volume`.
    fn kind(&self) -> &str {
        let path = self.arn.rsplit_once(':').map_or("", |(_, path)| path);
        path.split_once('/').map_or(path, |(kind, _)| kind)
    }

    /// The resource with this id, whether or not it is there; none where an id is none of a resource.
    pub(super) fn named(world: &World, action: &str, id: &str) -> Option<Self> {
        let records = world.records();
        let (prefix, _) = id.split_once('-')?;
        let (kind, tags) = match prefix {
            "vol" => ("volume", id.parse().ok().and_then(|id| records.volumes.get(&id)).map(|found| &found.tags)),
            "i" => ("instance", id.parse().ok().and_then(|id| records.instances.get(&id)).map(|found| &found.tags)),
            "sir" => (
                "spot-instances-request",
                id.parse().ok().and_then(|id| records.requests.get(&id)).map(|found| &found.tags),
            ),
            "ami" => ("image", world.image(id).map(|image| &image.tags)),
            "snap" => ("snapshot", records.snapshots.get(id).map(|snapshot| &snapshot.tags)),
            "subnet" => ("subnet", world.account.subnet(id).map(|subnet| &subnet.tags)),
            "sg" => ("security-group", world.account.group(id).map(|group| &group.tags)),
            _ => return None,
        };
        let tags = tags.cloned().unwrap_or_default();
        Some(Self { tags, ..Self::at(world, action, &format!("{kind}/{id}")) })
    }

    /// The resource at this path, of which nothing else is known.
    pub(super) fn at(world: &World, action: &str, path: &str) -> Self {
        // Images and snapshots can belong to others, and their ARNs name no account.
        let nobodys = path.starts_with("image/") || path.starts_with("snapshot/");
        let account = if nobodys { "" } else { ACCOUNT };
        let region = world.region.clone();
        Self::with_arn(world, action, format!("arn:aws:ec2:{region}:{account}:{path}"))
    }

    pub(super) fn with_arn(world: &World, action: &str, arn: String) -> Self {
        Self {
            action: action.to_owned(),
            arn,
            region: world.region.clone(),
            tags: Tags::new(),
            request_tags: Tags::new(),
            tag_keys: Vec::new(),
            keys: BTreeMap::new(),
        }
    }
}

/// The ids of things that a call is about; those of what is to be launched are found elsewhere.
fn named_by(query: &Query) -> Vec<String> {
    if matches!(query.action(), "RunInstances" | "RequestSpotInstances") { Vec::new() } else { query.subjects() }
}

/// Who gives tags to what he makes needs the permission to tag it, in which `ec2:CreateAction` is the call that makes it.
/// Source: EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation".
fn tagged_at_creation(world: &World, query: &Query, given: BTreeMap<String, Tags>) -> Vec<Resource> {
    if query.action() == "CreateTags" {
        return Vec::new();
    }
    let tagged = given.into_iter().filter(|(kind, tags)| !kind.is_empty() && !tags.is_empty());
    let ask = |(kind, tags): (String, Tags)| Resource {
        tag_keys: tags.keys().cloned().collect(),
        request_tags: tags,
        keys: BTreeMap::from([("ec2:CreateAction", query.action().to_owned())]),
        ..Resource::at(world, "ec2:CreateTags", &format!("{kind}/*"))
    };
    tagged.map(ask).collect()
}

/// An image that takes its snapshots with it. That this needs the permission to delete each of them follows from the
/// answer's `missing-permissions`; that the call fails without is stricter than EC2 perhaps is.
fn gone_with_image(world: &World, query: &Query) -> Vec<Resource> {
    if query.action() != "DeregisterImage" || query.get("DeleteAssociatedSnapshots") != Some("true") {
        return Vec::new();
    }
    let image = query.get("ImageId").and_then(|id| world.image(id));
    let snapshots = image.into_iter().flat_map(Image::snapshots);
    snapshots.filter_map(|id| Resource::named(world, "ec2:DeleteSnapshot", id)).collect()
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
