//! One act, performed once.

use super::{Made, Site, configure};
use crate::create::{Act, CREATE_TAG, Home, Memory, Part, Recipe, Thing, user_data};
use crate::ec2::{Launch, NewVolume, Offer, TagPairs};
use crate::model::{Failure, ImageId, MachineName};

/// Performs an act, and returns what it made.
///
/// # Errors
///
/// When the call fails, or nobody knows whether it did; when a file cannot be changed.
pub(super) async fn perform(site: &Site, memory: &Memory, name: &MachineName, act: &Act) -> Result<Made, Failure> {
    let ec2 = &site.ec2;
    if act.makes() {
        return make(site, memory, recipe(memory)?, act).await.map(Some);
    }
    match act {
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
        Act::CreateVolume | Act::RunBuilder | Act::CreateImage { .. } | Act::RequestSpot { .. } => Ok(()),
    }?;
    Ok(None)
}

fn recipe(memory: &Memory) -> Result<&Recipe, Failure> {
    memory.recipe.as_ref().ok_or_else(|| Failure::local("going on", "the ledger has no recipe"))
}

async fn make(site: &Site, memory: &Memory, recipe: &Recipe, act: &Act) -> Result<Thing, Failure> {
    let ec2 = &site.ec2;
    Ok(match act {
        Act::RunBuilder => {
            let volume =
                memory.volume.as_ref().ok_or_else(|| Failure::local("RunInstances", "the ledger has no volume"))?;
            let script = user_data(recipe, volume)
                .map_err(|error| Failure::local("writing the builder's user data", &error.to_string()))?;
            let launch = launch(recipe, memory, Part::Builder, &recipe.image);
            Thing::Builder(ec2.run_instance(&launch, &script).await?)
        }
        Act::CreateImage { builder } => {
            Thing::Image(ec2.create_image(builder, &recipe.image_name(), &tags(recipe, "")).await?)
        }
        Act::RequestSpot { image } => {
            let offer = Offer { max_price: recipe.max_price.clone(), valid_until: recipe.valid_until };
            Thing::Request(ec2.request_spot(&launch(recipe, memory, Part::Request, image), &offer).await?)
        }
        _ => Thing::Volume(
            ec2.create_volume(&NewVolume {
                token: recipe.run.token(Part::Volume, memory.attempt(Part::Volume)),
                zone: recipe.zone.clone(),
                size_gib: recipe.home.size_gib(),
                encrypted: matches!(recipe.home, Home::New { encrypted: true, .. }),
                tags: tags(recipe, " home"),
            })
            .await?,
        ),
    })
}

fn launch(recipe: &Recipe, memory: &Memory, part: Part, image: &ImageId) -> Launch {
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

fn tags(recipe: &Recipe, suffix: &str) -> TagPairs {
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
