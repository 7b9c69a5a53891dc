//! CreateImage, DeregisterImage, DescribeImages.

use super::super::ACCOUNT;
use super::super::images::{Image, Mapped, MappedTo};
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::{Picture, View, Want, Wanted, World};
use super::describe::{self, Kind};
use super::filter::{Attribute, Row};
use super::query::Query;
use super::xml::moment;
use super::{Xml, action};
use crate::model::{ImageId, InstanceId};

pub(super) const KIND: Kind = Kind { parameter: "ImageId", not_found: Refusal::no_images, never_paged: None };

/// How long a name can be. Source: EC2 API reference, CreateImage, `Name`.
const NAME: std::ops::RangeInclusive<usize> = 3..=128;

fn of_ebs<T: ToString>(image: &Image, what: impl Fn(&super::super::Ebs) -> T) -> Vec<String> {
    image.volumes().map(|(_, ebs)| what(ebs).to_string()).collect()
}

impl Row for &Image {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("image-id", |row| vec![row.id.clone()]),
            ("name", |row| vec![row.name.clone()]),
            ("description", |row| vec![row.description.clone()]),
            ("architecture", |row| vec![row.architecture.clone()]),
            ("owner-id", |row| vec![row.owner.clone()]),
            ("owner-alias", |row| row.alias.iter().cloned().collect()),
            ("creation-date", |row| vec![moment(row.created)]),
            ("root-device-name", |row| vec![row.root_device.clone()]),
            ("root-device-type", |_| vec!["ebs".to_owned()]),
            ("state", |row| vec![row.state.clone()]),
            ("state-reason-code", |row| row.state_reason.iter().map(|(code, _)| code.clone()).collect()),
            ("state-reason-message", |row| row.state_reason.iter().map(|(_, message)| message.clone()).collect()),
            ("source-instance-id", |row| row.source.iter().map(ToString::to_string).collect()),
            ("source-image-id", |row| row.source_image.iter().cloned().collect()),
            ("is-public", |row| vec![row.is_public.to_string()]),
            ("image-type", |_| vec!["machine".to_owned()]),
            ("virtualization-type", |_| vec!["hvm".to_owned()]),
            ("hypervisor", |_| vec!["xen".to_owned()]),
            ("ena-support", |_| vec!["true".to_owned()]),
            ("platform", |_| Vec::new()),
            ("block-device-mapping.device-name", |row| {
                row.devices.iter().map(|mapped| mapped.device.clone()).collect()
            }),
            ("block-device-mapping.snapshot-id", |row| row.snapshots().map(str::to_owned).collect()),
            ("block-device-mapping.volume-type", |row| of_ebs(row, |ebs| ebs.kind.clone())),
            ("block-device-mapping.volume-size", |row| of_ebs(row, |ebs| ebs.size)),
            ("block-device-mapping.encrypted", |row| of_ebs(row, |ebs| ebs.key.is_some())),
            ("block-device-mapping.delete-on-termination", |row| of_ebs(row, |ebs| ebs.delete_on_termination)),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// Source: EC2 User Guide, "Deprecate an Amazon EC2 AMI"; EC2 API reference, DescribeImages, `IncludeDisabled`. That a
/// filter for its id is not enough for a deprecated one is from hashicorp/packer-plugin-amazon#261.
pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let owners = query.list("Owner");
    let owned = |image: &&Image| {
        owners.is_empty()
            || owners.contains(&image.owner.as_str())
            || (owners.contains(&"self") && image.owner == ACCOUNT)
            || image.alias.as_deref().is_some_and(|alias| owners.contains(&alias))
    };
    let (deprecated, disabled) = (query.flag("IncludeDeprecated")?, query.flag("IncludeDisabled")?);
    let named = query.list("ImageId");
    // Who owns an image, names it, or asks for such sees it deprecated; disabled, only who asks for such.
    let shown = |image: &&Image| {
        let is_deprecated = image.deprecated.is_some_and(|at| at <= world.now()) && image.owner != ACCOUNT;
        let known = deprecated || named.contains(&image.id.as_str());
        (known || !is_deprecated) && (disabled || image.state != "disabled")
    };
    let own = world.seen(View::Images).images.values();
    let all = world.account.images.iter().chain(own);
    let mut rows: Vec<&Image> = all.filter(owned).filter(shown).collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let chosen = describe::choose::<ImageId, _>(query, &KIND, rows, world.knobs.empty_pages, |row| row.id.as_str())?;
    xml.list("imagesSet", chosen.0, write);
    describe::finish(xml, chosen.1);
    Ok(())
}

fn write(xml: &mut Xml, image: &Image) {
    xml.text("imageId", &image.id);
    xml.text("imageLocation", format!("{}/{}", image.alias.as_ref().unwrap_or(&image.owner), image.name));
    xml.text("imageState", &image.state);
    xml.text("imageOwnerId", &image.owner);
    xml.optional("imageOwnerAlias", image.alias.as_ref());
    xml.text("creationDate", moment(image.created));
    if let Some(at) = image.deprecated {
        xml.text("deprecationTime", moment(at));
    }
    xml.text("isPublic", image.is_public);
    xml.text("architecture", &image.architecture);
    xml.text("imageType", "machine");
    xml.text("platformDetails", "Linux/UNIX");
    xml.text("usageOperation", "RunInstances");
    xml.text("name", &image.name);
    xml.text("description", &image.description);
    xml.text("rootDeviceType", "ebs");
    xml.text("rootDeviceName", &image.root_device);
    xml.list("blockDeviceMapping", &image.devices, mapped);
    xml.text("virtualizationType", "hvm");
    xml.text("hypervisor", "xen");
    xml.text("enaSupport", true);
    xml.text("sriovNetSupport", "simple");
    xml.optional("sourceInstanceId", image.source.as_ref());
    xml.optional("sourceImageId", image.source_image.as_ref());
    if let Some((code, message)) = &image.state_reason {
        xml.within("stateReason", |xml| {
            xml.text("code", code);
            xml.text("message", message);
        });
    }
    xml.tags(&image.tags);
}

fn mapped(xml: &mut Xml, mapped: &Mapped) {
    xml.text("deviceName", &mapped.device);
    match &mapped.to {
        MappedTo::Virtual(name) => xml.text("virtualName", name),
        MappedTo::Ebs(ebs) => xml.within("ebs", |xml| {
            xml.optional("snapshotId", ebs.snapshot.as_ref());
            xml.text("volumeSize", ebs.size);
            xml.text("deleteOnTermination", ebs.delete_on_termination);
            xml.text("volumeType", &ebs.kind);
            xml.text("encrypted", ebs.key.is_some());
            // The key is no public matter: DescribeSnapshots has it.
        }),
    }
}

pub(super) fn create(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let instance: InstanceId = query.required_id("InstanceId")?;
    let name = name(query.required("Name")?)?;
    let mut tags = query.tag_specifications(&["image", "snapshot"])?;
    let picture = Picture {
        instance,
        name,
        description: query.get("Description").unwrap_or_default().to_owned(),
        reboot: !query.flag("NoReboot")?,
        devices: query
            .groups("BlockDeviceMapping")
            .iter()
            .map(|group| wanted(query, group))
            .collect::<Result<_, _>>()?,
        tags: tags.remove("image").unwrap_or_default(),
        snapshot_tags: tags.remove("snapshot").unwrap_or_default(),
    };
    action::refuse_dry_run(query)?;
    xml.text("imageId", world.create_image(&picture)?);
    Ok(())
}

fn name(given: &str) -> Result<String, Refusal> {
    let good = |c: char| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c);
    if NAME.contains(&given.chars().count()) && given.chars().all(good) {
        return Ok(given.to_owned());
    }
    let message = "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '[', \
                   ']', ' ', '.', '/', '-', ''', '@' and '_'";
    Err(Refusal::client("InvalidAMIName.Malformed", message))
}

fn wanted(query: &Query, group: &str) -> Result<Wanted, Refusal> {
    let device = query.required(&format!("{group}.DeviceName"))?.to_owned();
    let get = |name: &str| query.get(&format!("{group}.{name}"));
    let flag = format!("{group}.Ebs.DeleteOnTermination");
    let what = match (get("NoDevice"), get("VirtualName")) {
        (Some(_), _) => Want::Nothing,
        (None, Some(name)) => Want::Virtual(name.to_owned()),
        (None, None) => Want::Ebs {
            size: query.number(&format!("{group}.Ebs.VolumeSize"))?,
            kind: get("Ebs.VolumeType").map(str::to_owned),
            delete_on_termination: query.get(&flag).map(|_| query.flag(&flag)).transpose()?,
        },
    };
    Ok(Wanted { device, what })
}

pub(super) fn deregister(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let id: ImageId = query.required_id("ImageId")?;
    let snapshots_too = query.flag("DeleteAssociatedSnapshots")?;
    action::refuse_dry_run(query)?;
    let image = world.deregister(id.as_str())?;
    xml.text("return", true);
    let snapshots = image.snapshots().filter(|_| snapshots_too);
    xml.list("deleteSnapshotResultSet", snapshots, |xml, id| {
        xml.text("snapshotId", id);
        xml.text("returnCode", if world.delete_snapshot(id).is_ok() { "success" } else { "skipped" });
    });
    Ok(())
}
