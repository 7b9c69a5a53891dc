//! One act, performed once.

use super::{Made, Site, configure};
use crate::create::{Act, CREATE_TAG, Home, Memory, Part, Recipe, Thing, user_data};
use crate::ec2::{Launch, NewVolume, Offer, TagPairs};
use crate::model::{Failure, ImageId, InstanceId, MachineName};

/// Performs an act, and returns what it made.
///
/// # Errors
///
/// When the call fails, or nobody knows whether it did; when a file cannot be changed.
pub(super) async fn perform(site: &Site, memory: &Memory, name: &MachineName, act: &Act) -> Result<Made, Failure> {
    let ec2 = &site.ec2;
    match act {
        Act::CreateVolume => return create_volume(site, memory).await.map(Some),
        Act::RunBuilder => return run_builder(site, memory).await.map(Some),
        Act::CreateImage { builder } => return create_image(site, memory, builder).await.map(Some),
        Act::RequestSpot { image } => return request_spot(site, memory, image).await.map(Some),
        Act::AttachHome { volume, builder } => ec2.attach(volume, builder, &recipe(memory)?.device).await,
        Act::StartBuilder { builder } => ec2.start(builder).await,
        Act::StopBuilder { builder } => ec2.stop(builder).await,
        Act::DetachHome { volume, builder } => ec2.detach(volume, builder).await,
        Act::TerminateBuilder { builder: instance } | Act::TerminateInstance { instance } => {
            ec2.terminate(instance).await
        }
        Act::KeepVolume { volume, instance, device } => ec2.keep(volume, instance, device).await,
        Act::CancelRequest { request } => ec2.cancel(request).await,
        Act::DeregisterImage { image } => ec2.deregister(image).await,
        Act::DeleteSnapshot { snapshot } => ec2.delete_snapshot(snapshot).await,
        Act::DeleteVolume { volume } => ec2.delete_volume(volume).await,
        Act::WriteConfig { request, volume } => {
            configure::write(site, &configure::new_machine(recipe(memory)?, request, volume))
        }
        Act::RemoveFromConfig { .. } => configure::remove(site, name),
        Act::WithdrawNames { .. } => withdraw(site, name),
    }?;
    Ok(None)
}

fn recipe(memory: &Memory) -> Result<&Recipe, Failure> {
    memory.recipe.as_ref().ok_or_else(|| Failure::local("going on", "the ledger has no recipe"))
}

async fn create_volume(site: &Site, memory: &Memory) -> Result<Thing, Failure> {
    site.ec2.create_volume(&new_volume(recipe(memory)?, memory)).await.map(Thing::Volume)
}

async fn run_builder(site: &Site, memory: &Memory) -> Result<Thing, Failure> {
    let recipe = recipe(memory)?;
    let volume = memory.volume.as_ref();
    let volume = volume.ok_or_else(|| Failure::local("RunInstances", "the ledger has no volume"))?;
    let script = user_data(recipe, volume)
        .map_err(|error| Failure::local("writing the builder's user data", &error.to_string()))?;
    let launch = launch(recipe, memory, Part::Builder, &recipe.image);
    site.ec2.run_instance(&launch, &script).await.map(Thing::Builder)
}

async fn create_image(site: &Site, memory: &Memory, builder: &InstanceId) -> Result<Thing, Failure> {
    let recipe = recipe(memory)?;
    site.ec2.create_image(builder, &recipe.image_name(), &tags(recipe, "")).await.map(Thing::Image)
}

async fn request_spot(site: &Site, memory: &Memory, image: &ImageId) -> Result<Thing, Failure> {
    let recipe = recipe(memory)?;
    let launch = launch(recipe, memory, Part::Request, image);
    site.ec2.request_spot(&launch, &offer(recipe)).await.map(Thing::Request)
}

/// The home, as it is made.
pub(super) fn new_volume(recipe: &Recipe, memory: &Memory) -> NewVolume {
    NewVolume {
        token: recipe.run.token(Part::Volume, memory.attempt(Part::Volume)),
        zone: recipe.zone.clone(),
        size_gib: recipe.home.size_gib(),
        encrypted: matches!(recipe.home, Home::New { encrypted: true, .. }),
        tags: tags(recipe, " home"),
    }
}

/// The builder or the request, as it is launched.
pub(super) fn launch(recipe: &Recipe, memory: &Memory, part: Part, image: &ImageId) -> Launch {
    let suffix = if part == Part::Builder { " builder" } else { "" };
    Launch {
        token: recipe.run.token(part, memory.attempt(part)),
        image: image.clone(),
        instance_type: recipe.instance_type.clone(),
        subnet: recipe.subnet.clone(),
        key_name: recipe.login.key_name.clone(),
        security_groups: recipe.login.security_groups.clone(),
        root_device: recipe.root_device.clone(),
        root_gib: recipe.root_gib,
        left_out: if part == Part::Builder { recipe.left_out.clone() } else { Vec::new() },
        tags: tags(recipe, suffix),
    }
}

/// What the request pays, and until when.
pub(super) fn offer(recipe: &Recipe) -> Offer {
    Offer { max_price: recipe.max_price.clone(), valid_until: recipe.valid_until }
}

/// The tags of what is made.
pub(super) fn tags(recipe: &Recipe, suffix: &str) -> TagPairs {
    vec![(CREATE_TAG.to_owned(), recipe.run.to_string()), ("Name".to_owned(), format!("{}{suffix}", recipe.name))]
}

fn withdraw(site: &Site, name: &MachineName) -> Result<(), Failure> {
    let names = Site::names(&site.config()?);
    for target in names.targets() {
        names
            .withdraw(target, name)
            .map_err(|error| Failure::local(&format!("withdrawing the names of {name}"), &error.to_string()))?;
    }
    Ok(())
}
