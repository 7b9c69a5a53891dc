//! From a scenario to the world at its beginning.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::super::account::Account;
use super::super::contents::Contents;
use super::super::guest::{Boot, Home};
use super::super::launch::Disk;
use super::super::records::{Attachment, Request, Status, Volume};
use super::super::world::{World, earlier, later, whole_seconds};
use super::{AttachedSpec, GuestSpec, ImageSpec, InstanceSpec, RequestSpec, Scenario, ScenarioError, VolumeSpec};
use crate::model::{AttachmentState, InstanceId, RequestState, VolumeId, VolumeState};

impl Scenario {
    /// The world at its beginning.
    ///
    /// # Errors
    /// When the scenario names what it does not contain, or contains something twice.
    pub(in crate::sim) fn build(&self, seed: u64, now: Timestamp) -> Result<World, ScenarioError> {
        let mut world = World::new(seed, now, self.timing.clone(), self.knobs.clone(), self.lag);
        self.region().clone_into(&mut world.region);
        world.zones = self.zone_names();
        world.account = Account::new(self.region(), &world.zones);
        for group in &self.groups {
            group.clone().add_to(&mut world.account)?;
        }
        self.key_pairs.iter().for_each(|name| world.account.add_key_pair(name));
        world.account.not_offered.clone_from(&self.not_offered);
        for image in self.images.iter().map(|id| ImageSpec::usual(id)).chain(self.more_images.iter().cloned()) {
            image.add_to(&mut world)?;
        }
        for volume in &self.volumes {
            add_volume(&mut world, volume)?;
        }
        for request in &self.requests {
            add_request(&mut world, request)?;
        }
        for instance in &self.instances {
            let zone =
                instance.zone.clone().ok_or_else(|| contradiction("an instance without a request has a zone"))?;
            add_instance(&mut world, instance, zone, "m5.large", None)?;
        }
        self.write_homes(&mut world);
        for event in &self.events {
            world.plan_script(event.clone());
        }
        world.remember();
        world.advance_to(now);
        Ok(world)
    }
}

impl Scenario {
    /// Nobody has homes on blank volumes: what nobody said is somebody's work, by hand.
    fn write_homes(&self, world: &mut World) {
        let homes: BTreeSet<&VolumeId> = self.requests.iter().flat_map(|request| &request.homes).collect();
        let silent = self.volumes.iter().filter(|spec| spec.contents.is_none() && homes.contains(&spec.id));
        for spec in silent {
            if let Some(volume) = world.records.volumes.get_mut(&spec.id) {
                volume.contents = Contents::Data;
            }
        }
    }
}

fn contradiction(what: impl Into<String>) -> ScenarioError {
    ScenarioError::Contradiction(what.into())
}

fn add_volume(world: &mut World, spec: &VolumeSpec) -> Result<(), ScenarioError> {
    let usual = Disk::of(if spec.multi_attach { "io2" } else { "gp3" }, spec.size);
    let encrypted = spec.encrypted.unwrap_or(spec.bad_key);
    let key = spec.key.clone().or_else(|| encrypted.then(|| world.account.ebs_key.clone()));
    let volume = Volume {
        id: spec.id.clone(),
        state: spec.state.as_deref().map_or(VolumeState::Available, VolumeState::from),
        zone: spec.zone.clone(),
        size: spec.size,
        multi_attach: spec.multi_attach,
        disk: Disk { marketplace: spec.marketplace, ..usual }.with_key(key),
        created: whole_seconds(world.now()),
        contents: spec.contents.clone().unwrap_or_default(),
        attachments: Vec::new(),
        tags: spec.tags.clone(),
    };
    if spec.bad_key {
        world.take_key(&spec.id);
    }
    if world.records.volumes.insert(spec.id.clone(), volume).is_some() {
        return Err(contradiction(format!("{} is there twice", spec.id)));
    }
    world.resume_volume(&spec.id);
    Ok(())
}

fn add_request(world: &mut World, spec: &RequestSpec) -> Result<(), ScenarioError> {
    let now = world.now();
    if let Some(home) = spec.homes.iter().find(|home| !world.records.volumes.contains_key(home)) {
        return Err(contradiction(format!("{} has a home {home} that is no volume of the scenario", spec.id)));
    }
    let age = spec.instance.as_ref().map_or(Duration::ZERO, |instance| instance.age);
    let request = Request {
        id: spec.id.clone(),
        state: RequestState::Open,
        status: Status { code: String::new(), message: String::new(), since: now },
        kind: spec.kind.as_str().into(),
        behavior: spec.behavior.as_str().into(),
        instance: None,
        launched_zone: None,
        zone: spec.zone.clone(),
        next_zone: spec.next_zone.clone(),
        instance_type: spec.instance_type.clone(),
        launch: world.usual_launch(&spec.instance_type),
        max_price: None,
        launch_group: None,
        zone_group: None,
        fault: None,
        valid_from: spec.valid_in.map(|time| later(now, time)),
        capacity: spec.capacity.clone(),
        homes: spec.homes.clone(),
        hidden_devices: spec.hidden_devices.clone(),
        public_address: spec.public_address,
        created: whole_seconds(earlier(now, age)),
        valid_until: spec.valid_for.map(|time| later(now, time)),
        visible_from: spec.hidden_for.map_or(now, |time| later(now, time)),
        tags: spec.tags.clone(),
        bound: None,
        waits_for: None,
        ticket: 0,
    };
    if world.records.requests.insert(spec.id.clone(), request).is_some() {
        return Err(contradiction(format!("{} is there twice", spec.id)));
    }
    world.set_status(&spec.id, RequestState::Open, "pending-evaluation");
    world.plan_expiry(&spec.id);
    match &spec.instance {
        Some(instance) => add_its_instance(world, spec, instance)?,
        None => world.begin_request(&spec.id),
    }
    if spec.state.is_some() || spec.status.is_some() {
        let shown = world.show(&spec.id, spec.state.as_deref().map(RequestState::from), spec.status.clone());
        shown.map_err(|refusal| contradiction(refusal.to_string()))?;
    }
    Ok(())
}

fn add_its_instance(world: &mut World, spec: &RequestSpec, instance: &InstanceSpec) -> Result<(), ScenarioError> {
    let zone = instance.zone.clone().or_else(|| spec.zone.clone()).or_else(|| world.zones.first().cloned());
    let id = add_instance(world, instance, zone.unwrap_or_default(), &spec.instance_type, Some(spec))?;
    world.fulfilled_with(&spec.id, &id);
    let since = earlier(world.now(), instance.age);
    if let Some(request) = world.records.requests.get_mut(&spec.id) {
        request.status.since = since;
    }
    world.resume_request(&spec.id);
    Ok(())
}

fn add_instance(
    world: &mut World,
    spec: &InstanceSpec,
    zone: String,
    instance_type: &str,
    request: Option<&RequestSpec>,
) -> Result<InstanceId, ScenarioError> {
    let instance_type = spec.instance_type.clone().unwrap_or_else(|| instance_type.to_owned());
    let id = spec.id.clone().unwrap_or_else(|| world.new_instance_id());
    if world.records.instances.contains_key(&id) {
        return Err(contradiction(format!("{id} is there twice")));
    }
    let id = world.make_instance(id, zone, instance_type);
    let launched = earlier(world.now(), spec.age);
    if let Some(instance) = world.records.instances.get_mut(&id) {
        instance.state = spec.state.as_str().into();
        instance.launch_time = whole_seconds(launched);
        instance.tags.clone_from(&spec.tags);
    }
    if let Some(request) = request {
        world.bind(&id, &request.id);
    }
    for attached in &spec.attached {
        add_attachment(world, &id, attached, spec.age)?;
    }
    if spec.state == "running" {
        world.give_address(&id);
        add_guest(world, &id, spec, launched);
    }
    world.resume(&id);
    Ok(id)
}

fn add_attachment(world: &mut World, id: &InstanceId, spec: &AttachedSpec, age: Duration) -> Result<(), ScenarioError> {
    let attach_time = whole_seconds(earlier(world.now(), spec.age.unwrap_or(age)));
    let Some(volume) = world.records.volumes.get_mut(&spec.volume) else {
        return Err(contradiction(format!("{id} holds {}, which is no volume of the scenario", spec.volume)));
    };
    if !volume.attachments.is_empty() && !volume.multi_attach {
        return Err(contradiction(format!("{} is attached twice", spec.volume)));
    }
    volume.state = VolumeState::InUse;
    volume.attachments.push(Attachment {
        instance: id.clone(),
        device: spec.device.clone(),
        state: spec.state.as_str().into(),
        attach_time,
        delete_on_termination: spec.delete_on_termination,
        ticket: 0,
    });
    world.resume_attachment(&spec.volume, id);
    Ok(())
}

fn add_guest(world: &mut World, id: &InstanceId, spec: &InstanceSpec, launched: Timestamp) {
    let attached = |home| {
        let volume = world.records.volumes.get(home);
        let held = volume.and_then(|volume| volume.attachment_to(id));
        held.is_some_and(|held| held.state == AttachmentState::Attached)
    };
    let Some(guest) = world.guests.get(id) else { return };
    let complete = guest.homes.iter().all(attached);
    let ready = spec.guest.map_or(complete, |guest| guest == GuestSpec::Ready);
    let home = match (guest.homes.is_empty(), ready) {
        (true, _) => Home::NotNeeded,
        (false, true) => Home::Mounted,
        (false, false) => Home::Missing,
    };
    let boot = Boot { id: world.uuid(), at: launched, home, deaf: world.deafness() };
    if let Some(guest) = world.guests.get_mut(id) {
        guest.settle(boot, ready);
    }
}
