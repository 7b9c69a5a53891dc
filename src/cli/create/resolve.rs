//! From what was said to a recipe: what is missing is asked of a person, or named; what was named is looked up.

use std::collections::BTreeSet;

use super::args::Wishes;
use super::ask::{self, Asker};
use crate::cli::exit::{Exit, Trouble};
use crate::create::{CREATE_TAG, Family, Home, Login, Recipe, Run, Trust, architecture, newest, trust};
use crate::ec2::Ec2;
use crate::model::{
    DeviceName, Image, ImageState, MachineName, SecurityGroup, Subnet, Text, device_place, free_device,
};

/// The smallest root volume that is asked for unasked, in GiB: what the images of the trusted publishers need, and a little.
const ROOT: u32 = 10;
/// The device name when nobody says.
const DEVICE: &str = "/dev/sdp";

/// A recipe, with what its reader should know about it.
pub(super) struct Resolved {
    pub(super) recipe: Recipe,
    /// The image in words, with its owner.
    pub(super) image: String,
    pub(super) warnings: Vec<String>,
}

/// Makes a recipe of wishes.
///
/// # Errors
///
/// With code 2 for everything that is missing, or is not there, all at once; else when a call fails.
pub(super) async fn resolve(
    ec2: &Ec2,
    name: &MachineName,
    mut wishes: Wishes,
    pause: bool,
    asker: Option<Asker>,
) -> Result<Resolved, Trouble> {
    if let Some(asker) = &asker {
        ask::fill_in(ec2, &mut wishes, asker).await?;
    }
    let mut problems = missing(&wishes);
    let home = home(ec2, &wishes, &mut problems).await?;
    if !problems.is_empty() {
        return Err(usage(&problems));
    }
    let zone = home.zone.clone().or_else(|| wishes.zone.clone());
    let subnet = subnet(ec2, &wishes, zone.as_ref(), &mut problems).await?;
    let instance_type = wishes.instance_type.clone().unwrap_or_default();
    check_offer(ec2, &instance_type, subnet.as_ref(), &mut problems).await?;
    let image = image(ec2, &wishes, &instance_type, &mut problems).await?;
    check_key(ec2, &wishes, &mut problems).await?;
    let groups = groups(ec2, &wishes, subnet.as_ref(), &mut problems).await?;
    let (Some(subnet), Some(image), Some(kind)) = (subnet, image, home.kind) else { return Err(usage(&problems)) };
    let root = check_root(&image, &wishes, &mut problems);
    let device = device(wishes.device.as_ref())?;
    check_device(&image, &device, &mut problems);
    if !problems.is_empty() {
        return Err(usage(&problems));
    }
    let run = getrandom::u64().map_err(|error| Trouble::new(Exit::Error, format!("cannot draw a name: {error}")))?;
    let account = ec2.account().await.ok();
    let mut warnings = warnings(&wishes, &subnet, groups.as_deref());
    let image_words = image_words(&image, account.as_ref(), &mut warnings);
    let system = wishes.image.is_none().then(|| wishes.system.unwrap_or_default());
    let recipe = Recipe {
        run: Run::new(run),
        name: name.clone(),
        instance_type,
        zone: subnet.availability_zone.clone(),
        subnet: subnet.id.clone(),
        root_gib: wishes.root_size.unwrap_or(root.max(ROOT)),
        system,
        left_out: image.devices.keys().filter(|name| **name != image.root_device).cloned().collect(),
        home: kind,
        device,
        fstab: wishes.fstab.unwrap_or_default(),
        login: Login {
            key_name: wishes.key_name,
            user: wishes.user.or_else(|| Family::user_of(&image).map(str::to_owned)),
            security_groups: wishes.security_groups,
        },
        hostnames: wishes.hostnames,
        max_price: wishes.max_price,
        valid_until: wishes.valid_until,
        pause,
        root_device: image.root_device.clone(),
        image: image.id,
    };
    Ok(Resolved { recipe, image: image_words, warnings })
}

fn usage(problems: &[String]) -> Trouble {
    Trouble::new(Exit::Usage, problems.join("\n"))
}

fn device(given: Option<&DeviceName>) -> Result<DeviceName, Trouble> {
    let usual =
        || DEVICE.parse().map_err(|error: crate::model::NameError| Trouble::new(Exit::Error, error.to_string()));
    given.cloned().map_or_else(usual, Ok)
}

/// The size that the image's root volume has at least, in GiB.
fn check_root(image: &Image, wishes: &Wishes, problems: &mut Vec<String>) -> u32 {
    let root = image.devices.get(&image.root_device).and_then(|device| device.size_gib).unwrap_or(ROOT);
    if wishes.root_size.is_some_and(|size| size < root) {
        problems.push(format!("--root-size is too small: the image {} needs {root} GiB", image.id));
    }
    root
}

/// The home cannot be attached where the image has its root, or keeps the name for a disk of the instance itself. Its other
/// volumes are left out, and take no name.
fn check_device(image: &Image, device: &DeviceName, problems: &mut Vec<String>) {
    let place = device_place(device.as_str());
    let stores = image.instance_stores.iter().map(|name| (name, "a disk of the instance itself"));
    let mut taken = stores.chain([(&image.root_device, "its root volume")]);
    let Some((name, what)) = taken.find(|(name, _)| device_place(name.as_str()) == place) else { return };
    let all = image.instance_stores.iter().chain([&image.root_device]).map(Text::as_str);
    let way = free_device(all).map_or_else(String::new, |free| format!(": say --device {free}"));
    problems.push(format!("--device {device}: the image {} keeps {name} for {what}{way}", image.id));
}

fn missing(wishes: &Wishes) -> Vec<String> {
    let mut missing = Vec::new();
    if wishes.instance_type.is_none() {
        missing.push("--instance-type TYPE is missing".to_owned());
    }
    if wishes.volume.is_none() && wishes.size.is_none() {
        missing.push("--size GIB is missing, or --volume VOLUME for one that is there".to_owned());
    }
    if wishes.volume.is_none() && wishes.zone.is_none() && wishes.subnet.is_none() {
        missing.push("--zone ZONE is missing, or --subnet SUBNET".to_owned());
    }
    missing
}

/// The home, and the zone that it decides.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) kind: Option<Home>,
    pub(super) zone: Option<Text>,
}

/// The home that was wished for, as far as it is there and can be taken.
pub(super) async fn home(ec2: &Ec2, wishes: &Wishes, problems: &mut Vec<String>) -> Result<Chosen, Trouble> {
    let Some(id) = &wishes.volume else {
        let kind = wishes.size.map(|size_gib| Home::New { size_gib, encrypted: !wishes.unencrypted });
        return Ok(Chosen { kind, zone: None });
    };
    let only = BTreeSet::from([id.clone()]);
    let (volumes, mut traits) = ec2.volumes_with_traits(&only).await?;
    let (Some(volume), Some(traits)) = (volumes.get(id), traits.remove(id)) else {
        problems.push(format!("--volume {id}: there is no such volume in {}", ec2.region()));
        return Ok(Chosen::default());
    };
    let zone = volume.availability_zone.clone();
    if let Some(other) = wishes.zone.as_ref().filter(|other| **other != zone) {
        problems.push(format!("--zone {other}: {id} is in {zone}, and volumes stay in their zones; leave --zone out"));
    }
    if volume.multi_attach {
        problems.push(format!("--volume {id}: it allows multi-attach, so that an attachment is no lock"));
    }
    if let Some(held) = volume.holders().next() {
        let holder = held.instance.as_ref().map_or("a service of AWS", |holder| holder.as_str());
        problems.push(format!("--volume {id}: it is {} to {holder}; detach it there first", held.state));
    }
    Ok(Chosen { kind: Some(Home::Existing { id: id.clone(), size_gib: traits.size_gib }), zone: Some(zone) })
}

async fn subnet(
    ec2: &Ec2,
    wishes: &Wishes,
    zone: Option<&Text>,
    problems: &mut Vec<String>,
) -> Result<Option<Subnet>, Trouble> {
    if let Some(id) = &wishes.subnet {
        let found = ec2.subnets(&BTreeSet::from([id.clone()])).await?.remove(id);
        let Some(subnet) = found else {
            problems.push(format!("--subnet {id}: there is no such subnet in {}", ec2.region()));
            return Ok(None);
        };
        if let Some(zone) = zone.filter(|zone| **zone != subnet.availability_zone) {
            problems.push(format!("--subnet {id}: it is in {}, not in {zone}", subnet.availability_zone));
        }
        return Ok(Some(subnet));
    }
    let Some(zone) = zone else { return Ok(None) };
    let mut found: Vec<Subnet> = ec2.subnets_in(zone).await?.into_values().collect();
    if let Some(index) = found.iter().position(|subnet| subnet.is_default) {
        return Ok(Some(found.swap_remove(index)));
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => return Ok(Some(only)),
        (None, _) => problems.push(format!("--zone {zone}: there is no subnet in it, in {}", ec2.region())),
        _ => {
            problems.push(format!("--zone {zone}: it has no default subnet, and several others; name one by --subnet"));
        }
    }
    Ok(None)
}

async fn check_offer(
    ec2: &Ec2,
    instance_type: &Text,
    subnet: Option<&Subnet>,
    problems: &mut Vec<String>,
) -> Result<(), Trouble> {
    let Some(Subnet { availability_zone: zone, .. }) = subnet else { return Ok(()) };
    if !ec2.zones_with(instance_type).await?.contains(zone) {
        problems.push(format!("--instance-type {instance_type}: it is not offered in {zone}"));
    }
    Ok(())
}

async fn image(
    ec2: &Ec2,
    wishes: &Wishes,
    instance_type: &Text,
    problems: &mut Vec<String>,
) -> Result<Option<Image>, Trouble> {
    let architecture = architecture(instance_type.as_str());
    let Some(id) = &wishes.image else {
        let family = wishes.system.unwrap_or_default();
        let images = ec2.images_named(family.owner(), &family.pattern(architecture)).await?;
        let found = newest(family, images.values()).cloned();
        if found.is_none() {
            let words = format!("no image of that system is to be had for {architecture} in {}", ec2.region());
            problems.push(format!("{words}; name one by --image"));
        }
        return Ok(found);
    };
    let found = ec2.images(&BTreeSet::from([id.clone()])).await?.remove(id);
    match &found {
        None => problems.push(format!("--image {id}: there is no such image for this account in {}", ec2.region())),
        Some(image) => problems.extend(unfit(image, instance_type, architecture)),
    }
    Ok(found)
}

/// Why no builder can be launched from an image that was named, or would refuse to prepare it.
fn unfit(image: &Image, instance_type: &Text, architecture: &str) -> Option<String> {
    let why = if image.state != ImageState::Available {
        format!("it is {}, so that nothing can be launched from it", image.state)
    } else if image.tags.contains_key(&Text::new(CREATE_TAG)) {
        "spotkeeper create made it, with a home of its own: name the image that it was made from, or another plain one"
            .to_owned()
    } else if !image.architecture.is_empty() && image.architecture.as_str() != architecture {
        format!("it is for {}, and {instance_type} is {architecture}", image.architecture)
    } else {
        return None;
    };
    Some(format!("--image {}: {why}", image.id))
}

async fn check_key(ec2: &Ec2, wishes: &Wishes, problems: &mut Vec<String>) -> Result<(), Trouble> {
    let Some(name) = &wishes.key_name else { return Ok(()) };
    if !ec2.key_pairs().await?.contains_key(name) {
        problems.push(format!("--key-name {name}: there is no such key pair in {}", ec2.region()));
    }
    Ok(())
}

/// The groups that were named; none when EC2's default one is left.
async fn groups(
    ec2: &Ec2,
    wishes: &Wishes,
    subnet: Option<&Subnet>,
    problems: &mut Vec<String>,
) -> Result<Option<Vec<SecurityGroup>>, Trouble> {
    if wishes.security_groups.is_empty() {
        return Ok(None);
    }
    let ids: BTreeSet<_> = wishes.security_groups.iter().cloned().collect();
    let found = ec2.security_groups(&ids).await?;
    for id in &ids {
        match (found.get(id), subnet) {
            (None, _) => problems.push(format!("--security-group {id}: there is no such group in {}", ec2.region())),
            (Some(group), Some(subnet)) if group.vpc != subnet.vpc => problems.push(format!(
                "--security-group {id}: it is of {}, and the subnet {} of {}",
                group.vpc, subnet.id, subnet.vpc
            )),
            _ => {}
        }
    }
    Ok(Some(found.into_values().collect()))
}

fn warnings(wishes: &Wishes, subnet: &Subnet, groups: Option<&[SecurityGroup]>) -> Vec<String> {
    let mut warnings = Vec::new();
    if wishes.key_name.is_none() {
        warnings.push("there is no key pair (--key-name): unless the image knows a key, nobody can log in".to_owned());
    }
    match groups {
        None => warnings.push("the VPC's default security group rarely lets ssh in (--security-group)".to_owned()),
        Some(groups) => {
            let opens = groups.iter().flat_map(|group| &group.ingress).any(|rule| rule.lets_addresses_in(22));
            if !opens {
                warnings.push("none of the security groups lets ssh (port 22) in from an address".to_owned());
            }
        }
    }
    if !subnet.public_addresses {
        warnings.push(format!("instances in {} get no public address", subnet.id));
    }
    warnings
}

fn image_words(image: &Image, account: Option<&Text>, warnings: &mut Vec<String>) -> String {
    let owner = match trust(image, account) {
        Trust::Publisher(name) => format!("by {name}"),
        Trust::Own => "your own".to_owned(),
        Trust::Stranger => {
            warnings.push(format!(
                "the image {} belongs to account {}, none of the publishers that are trusted: whoever made it is root \
                 on your machine",
                image.id, image.owner
            ));
            format!("of account {}", image.owner)
        }
    };
    format!("{} ({}), {owner}", image.id, image.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::ec2::Source;
    use crate::sim::{Scenario, Sim};

    /// An image with a further volume, and a disk of the instance itself.
    const IMAGE: &str = r#"
        [[image]]
        id = "ami-56ef78ab"
        devices = [{ device = "/dev/sdp", virtual = "ephemeral0" }, { device = "/dev/sdf", size = 100 }]
    "#;

    async fn resolved(device: Option<&str>) -> Result<Resolved, Trouble> {
        resolved_from(IMAGE, device).await
    }

    async fn resolved_from(image: &str, device: Option<&str>) -> Result<Resolved, Trouble> {
        let clock = Clock::starting_at("2026-11-23T12:00:00Z".parse().unwrap(), 1.0);
        let scenario = Scenario::parse(image).unwrap();
        let sim = Sim::new(&scenario, 1, clock.clone()).unwrap();
        let ec2 = Ec2::connect(Source::Embedded { http_client: sim.http_client(), clock }).await.unwrap();
        let wishes = Wishes {
            instance_type: Some("m5.large".into()),
            size: Some(20),
            zone: Some("us-east-1b".into()),
            image: Some("ami-56ef78ab".parse().unwrap()),
            device: device.map(|device| device.parse().unwrap()),
            ..Wishes::default()
        };
        resolve(&ec2, &"train".parse().unwrap(), wishes, false, None).await
    }

    #[tokio::test(start_paused = true)]
    async fn every_volume_of_the_image_but_the_root_is_left_out_and_said_so() {
        let resolved =
            resolved(Some("/dev/sdf")).await.unwrap_or_else(|_| panic!("its name is free when it is left out"));
        assert_eq!(resolved.recipe.left_out, ["/dev/sdf".into()]);
        let told = super::super::explain::summary(&resolved, None, &"us-east-1".into()).join("\n");
        assert!(told.contains("without the image's /dev/sdf"), "{told}");
        let call = crate::create::Act::RunBuilder.described(&resolved.recipe);
        assert!(call.contains("without the image's /dev/sdf"), "{call}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_name_that_the_image_keeps_is_refused_before_anything_is_paid_and_a_free_one_named() {
        for (device, kept) in [(None, "/dev/sdp"), (Some("/dev/sdp"), "/dev/sdp")] {
            let Err(refused) = resolved(device).await else { panic!("{device:?} is taken") };
            assert_eq!(refused.exit, Exit::Usage);
            let words = &refused.words;
            assert!(words.contains(kept) && words.contains("say --device /dev/sdo"), "{words}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_that_no_home_can_be_made_of_or_nothing_launched_from_is_refused_before_anything_is_paid() {
        let image = |more: &str| format!("[[image]]\nid = \"ami-56ef78ab\"\n{more}\n");
        assert!(resolved_from(&image(""), None).await.is_ok());
        for (more, word) in [
            ("tags = { \"spotkeeper:create\" = \"3f1c9a2b7d5e4f60\" }", "spotkeeper create made it"),
            ("state = \"failed\"", "failed"),
            ("state = \"pending\"", "pending"),
            ("state = \"disabled\"", "disabled"),
        ] {
            let Err(refused) = resolved_from(&image(more), None).await else { panic!("{more} is taken") };
            assert_eq!(refused.exit, Exit::Usage);
            assert!(refused.words.contains("ami-56ef78ab") && refused.words.contains(word), "{}", refused.words);
        }
    }
}
