//! One look at all that a creation made, or that is to end.

use std::collections::{BTreeMap, BTreeSet};

use super::Site;
use crate::create::{CREATE_TAG, Home, Memory, Phase, Recipe, Report, Run, Seen, read_console};
use crate::model::{Failure, ImageId, Instance, InstanceId, InstanceState, MachineName, SpotRequestId, VolumeId};

/// Looks by tag, by name and by what is remembered.
pub(super) async fn look(site: &Site, memory: &Memory, name: &MachineName) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let is_retired = matches!(memory.phase, Phase::Retiring(_));
    // What was made under this name may live on under another one: what is retired says itself what is its own.
    if let Some(recipe) = memory.recipe.as_ref().filter(|_| !is_retired) {
        tagged(site, recipe, &mut seen).await?;
    }
    remembered(site, memory, &mut seen).await?;
    let named = seen.requests.values().filter_map(|request| request.instance.clone());
    let ours: BTreeSet<InstanceId> = named.chain(memory.instances.iter().cloned()).collect();
    // An instance that lost its capacity is named no more, and may hold the home yet.
    let instances: BTreeSet<InstanceId> = holders(memory, &seen).chain(ours.iter().cloned()).collect();
    if !instances.is_empty() {
        let launched =
            |instance: &Instance| instance.spot_request.as_ref().is_some_and(|id| seen.requests.contains_key(id));
        let mut found = site.ec2.instances(&instances).await?.seen;
        found.retain(|id, instance| ours.contains(id) || launched(instance));
        seen.instances = found;
    }
    if let Some(recipe) = &memory.recipe {
        seen.console = console(site, memory, &recipe.run, &seen).await?;
    }
    files(site, memory, name, &mut seen)?;
    Ok(seen)
}

/// The instances that hold what is to end, besides the builders.
fn holders<'a>(memory: &Memory, seen: &'a Seen) -> impl Iterator<Item = InstanceId> + 'a {
    let is_ending = matches!(memory.phase, Phase::Undoing(_) | Phase::Retiring(_));
    let volumes = seen.volumes.values().filter(move |_| is_ending);
    let holders = volumes.flat_map(|volume| volume.holders().filter_map(|held| held.instance.clone()));
    holders.filter(|id| !seen.builders.contains_key(id))
}

async fn tagged(site: &Site, recipe: &Recipe, seen: &mut Seen) -> Result<(), Failure> {
    let (ec2, run) = (&site.ec2, recipe.run.as_str());
    let name = recipe.image_name();
    let (builders, requests, images) = tokio::try_join!(
        ec2.instances_tagged(CREATE_TAG, run),
        ec2.requests_tagged(CREATE_TAG, run),
        ec2.images_named("self", &name),
    )?;
    (seen.builders, seen.requests) = (builders, requests);
    seen.image = images.into_values().next();
    match &recipe.home {
        Home::New { .. } => seen.volumes = ec2.volumes_tagged(CREATE_TAG, run).await?,
        Home::Existing { id, .. } => seen.volumes = ec2.volumes(&BTreeSet::from([id.clone()])).await?.seen,
    }
    Ok(())
}

async fn remembered(site: &Site, memory: &Memory, seen: &mut Seen) -> Result<(), Failure> {
    let (mut volumes, mut requests, image) = match &memory.phase {
        Phase::Retiring(retirement) => {
            let volumes: BTreeSet<VolumeId> = retirement.volumes.iter().cloned().collect();
            let image = retirement.image.clone().map(|(image, _)| image);
            (volumes, BTreeSet::from([retirement.request.clone()]), image)
        }
        _ => (memory.volume.iter().cloned().collect(), memory.request.iter().cloned().collect(), None),
    };
    volumes.retain(|id| !seen.volumes.contains_key(id));
    requests.retain(|id| !seen.requests.contains_key(id));
    if !volumes.is_empty() {
        seen.volumes.extend(site.ec2.volumes(&volumes).await?.seen);
    }
    if !requests.is_empty() {
        seen.requests.extend(site.ec2.requests(&requests).await?.seen);
    }
    if let Some(run) = ending_run(memory) {
        seen.snapshots = site.ec2.snapshots_tagged(CREATE_TAG, run.as_str()).await?;
    }
    if let Some(image) = image.filter(|_| seen.image.is_none()) {
        seen.image = images(site, image).await?;
    }
    Ok(())
}

async fn images(site: &Site, image: ImageId) -> Result<Option<crate::model::Image>, Failure> {
    let found: BTreeMap<_, _> = site.ec2.images(&BTreeSet::from([image])).await?;
    Ok(found.into_values().next())
}

/// The run whose snapshots may have to go.
fn ending_run(memory: &Memory) -> Option<&Run> {
    match &memory.phase {
        Phase::Undoing(_) => memory.recipe.as_ref().map(|recipe| &recipe.run),
        Phase::Retiring(retirement) => retirement.image.as_ref().map(|(_, run)| run),
        _ => None,
    }
}

/// The console of this attempt's builder, from when it runs until it has been judged.
async fn console(site: &Site, memory: &Memory, run: &Run, seen: &Seen) -> Result<Report, Failure> {
    let is_making = memory.phase == Phase::Creating && memory.verdict.is_none();
    let builder =
        memory.builder.as_ref().or_else(|| seen.builders.keys().find(|id| !memory.old_builders.contains(*id)));
    let builder = builder.and_then(|id| seen.builders.get(id)).filter(|_| is_making);
    let speaks = |state: &InstanceState| {
        matches!(state, InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped)
    };
    match builder.filter(|builder| speaks(&builder.state)) {
        Some(builder) => Ok(read_console(run, &site.ec2.console(&builder.id).await?)),
        None => Ok(Report::default()),
    }
}

fn files(site: &Site, memory: &Memory, name: &MachineName, seen: &mut Seen) -> Result<(), Failure> {
    let config = site.config()?;
    seen.configured = config.machine(name).map(|machine| machine.spot_request.clone());
    let is_retired = matches!(memory.phase, Phase::Retiring(_));
    let made = memory.request.iter().chain(&memory.old_requests).filter(|_| !is_retired);
    let requests: BTreeSet<&SpotRequestId> = made.chain(seen.requests.keys()).collect();
    let others = config.machines.iter().filter(|machine| machine.name != *name);
    let renamed = others.filter(|machine| requests.contains(&machine.spot_request));
    seen.renamed = renamed.map(|machine| (machine.spot_request.clone(), machine.name.clone())).collect();
    if matches!(memory.phase, Phase::Undoing(_) | Phase::Retiring(_)) {
        let on_disk = Site::names(&config).read(&[(name.clone(), Vec::new())]);
        seen.named = on_disk.entries.values().any(|entries| entries.contains_key(name));
    }
    Ok(())
}
