//! The calls that change something.

use super::super::refusal::Refusal;
use super::super::world::World;
use super::query::{Query, missing};
use super::{Xml, describe, instances, volumes};
use crate::model::{InstanceId, VolumeId};

/// A dry run comes thus far and no further: the caller may, and nothing is looked at or done.
pub(super) fn refuse_dry_run(query: &Query) -> Result<(), Refusal> {
    if query.is_dry_run() {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Refusal::new(query.manner.dry_run_status, "DryRunOperation", message));
    }
    Ok(())
}

pub(super) fn attach(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let volume: VolumeId = query.required_id("VolumeId")?;
    let instance: InstanceId = query.required_id("InstanceId")?;
    let device = query.required("Device")?;
    refuse_dry_run(query)?;
    let attachment = world.attach(&volume, &instance, device)?;
    volumes::attachment(xml, &volume, &attachment);
    Ok(())
}

pub(super) fn detach(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let volume: VolumeId = query.required_id("VolumeId")?;
    let instance = query.optional_id::<InstanceId>("InstanceId")?;
    let force = query.flag("Force")?;
    refuse_dry_run(query)?;
    // Of several holders EC2 chooses none.
    if instance.is_none() && world.volume(&volume).is_some_and(|volume| volume.attachments.len() > 1) {
        return Err(missing("InstanceId"));
    }
    let attachment = world.detach(&volume, instance.as_ref(), query.get("Device"), force)?;
    volumes::attachment(xml, &volume, &attachment);
    Ok(())
}

pub(super) fn reboot(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let instances: Vec<InstanceId> = query.required_ids("InstanceId")?;
    refuse_dry_run(query)?;
    describe::all_there(&instances::KIND, &instances, |id| world.known_instance(id).is_ok())?;
    world.reboot(&instances)?;
    xml.text("return", true);
    Ok(())
}
