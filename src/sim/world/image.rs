//! Images and snapshots as they are made and go.

use super::super::ACCOUNT;
use super::super::contents::Contents;
use super::super::hardware::Hardware;
use super::super::images::{Ebs, Image, Mapped, MappedTo, Snapshot};
use super::super::records::{Tags, Volume};
use super::super::refusal::Refusal;
use super::{Event, World, whole_seconds};
use crate::model::{InstanceId, InstanceState, VolumeId};

/// What an image is to be.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Picture {
    pub(in crate::sim) instance: InstanceId,
    pub(in crate::sim) name: String,
    pub(in crate::sim) description: String,
    pub(in crate::sim) reboot: bool,
    /// What is to be otherwise than in the instance.
    pub(in crate::sim) devices: Vec<Wanted>,
    pub(in crate::sim) tags: Tags,
    pub(in crate::sim) snapshot_tags: Tags,
}

/// What an image is to have at a device name, whatever the instance has there.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Wanted {
    pub(in crate::sim) device: String,
    pub(in crate::sim) what: Want,
}

#[derive(Debug, Clone)]
pub(in crate::sim) enum Want {
    /// Nothing.
    Nothing,
    /// A disk of the instance itself.
    Virtual(String),
    /// The volume that is there, changed; or a blank one.
    Ebs { size: Option<u32>, kind: Option<String>, delete_on_termination: Option<bool> },
}

impl World {
    /// The image with this id, public or own.
    #[must_use]
    pub(in crate::sim) fn image(&self, id: &str) -> Option<&Image> {
        self.records.images.get(id).or_else(|| self.account.image(id))
    }

    /// Begins to make an image of an instance, with a snapshot of each of its volumes.
    ///
    /// # Errors
    /// When the name is taken, there is no such instance, or it neither runs nor is stopped.
    pub(in crate::sim) fn create_image(&mut self, picture: &Picture) -> Result<String, Refusal> {
        let instance = self.known_instance(&picture.instance)?;
        if !matches!(instance.state, InstanceState::Running | InstanceState::Stopped) {
            // The code is not documented for this call: it is that of the others which need a running instance.
            let message = format!("Instance '{}' is not 'running' or 'stopped'.", picture.instance);
            return Err(Refusal::client("IncorrectState", message));
        }
        let (root_device, hardware) = (instance.launch.root_device.clone(), Hardware::of(&instance.instance_type));
        let source_image = instance.launch.image.clone();
        let running = instance.state == InstanceState::Running;
        if let Some(other) = self.records.images.values().find(|other| other.name == picture.name) {
            let message = format!("AMI name {} is already in use by AMI {}", picture.name, other.id);
            return Err(Refusal::client("InvalidAMIName.Duplicate", message));
        }
        let id: String = self.fresh("ami-", |world, id: &String| world.image(id).is_some());
        let devices = self.photograph(&id, picture);
        let image = Image {
            id: id.clone(),
            name: picture.name.clone(),
            description: picture.description.clone(),
            state: "pending".to_owned(),
            state_reason: None,
            owner: ACCOUNT.to_owned(),
            alias: None,
            created: whole_seconds(self.now),
            architecture: hardware.map_or("x86_64", |hardware| hardware.architecture).to_owned(),
            root_device,
            devices,
            is_public: false,
            source: Some(picture.instance.clone()),
            source_image: Some(source_image),
            deprecated: None,
            tags: picture.tags.clone(),
        };
        self.records.images.insert(id.clone(), image);
        self.tell(format!("{id} is made of {}", picture.instance));
        let fails = self.knobs.images_fail > 0;
        self.knobs.images_fail = self.knobs.images_fail.saturating_sub(1);
        let takes = self.draw(self.timing.create_image);
        self.plan(takes, Event::Imaged(id.clone(), fails));
        if running && picture.reboot {
            self.reboot_guest(&picture.instance);
        }
        Ok(id)
    }

    /// Makes the snapshots of an image, and returns what it maps.
    fn photograph(&mut self, image: &str, picture: &Picture) -> Vec<Mapped> {
        let attached = self.records.attached_to(&picture.instance);
        let mut held: Vec<(String, bool, VolumeId)> = attached
            .map(|(volume, held)| (held.device.clone(), held.delete_on_termination, volume.id.clone()))
            .collect();
        held.sort();
        let description = format!("Created by CreateImage({}) for {image}", picture.instance);
        let mut mapped = Vec::new();
        for (device, delete_on_termination, volume) in held {
            let wanted = picture.devices.iter().find(|wanted| wanted.device == device).map(|wanted| &wanted.what);
            let to = match wanted {
                Some(Want::Nothing) => continue,
                Some(Want::Virtual(name)) => MappedTo::Virtual(name.clone()),
                Some(Want::Ebs { .. }) | None => {
                    let Some(snapshot) = self.take_snapshot(&volume, &description, &picture.snapshot_tags) else {
                        continue;
                    };
                    let Some(volume) = self.records.volumes.get(&volume) else { continue };
                    MappedTo::Ebs(ebs(volume, snapshot, delete_on_termination, wanted))
                }
            };
            mapped.push(Mapped { device, to });
        }
        for Wanted { device, what } in &picture.devices {
            let to = match what {
                _ if mapped.iter().any(|mapped| mapped.device == *device) => continue,
                Want::Nothing => continue,
                Want::Virtual(name) => MappedTo::Virtual(name.clone()),
                Want::Ebs { size, kind, delete_on_termination } => MappedTo::Ebs(Ebs {
                    snapshot: None,
                    size: size.unwrap_or(1),
                    kind: kind.clone().unwrap_or_else(|| "gp3".to_owned()),
                    delete_on_termination: delete_on_termination.unwrap_or(true),
                    key: None,
                }),
            };
            mapped.push(Mapped { device: device.clone(), to });
        }
        mapped
    }

    /// An image is ready, or has failed, and its snapshots with it.
    pub(super) fn imaged(&mut self, id: &str, fails: bool) {
        let Some(image) = self.records.images.get_mut(id).filter(|image| image.state == "pending") else { return };
        if fails { "failed" } else { "available" }.clone_into(&mut image.state);
        image.state_reason = fails.then(|| {
            let code = "Server.InternalError";
            (code.to_owned(), format!("{code}: Internal error while creating the image"))
        });
        let snapshots: Vec<String> = image.snapshots().map(str::to_owned).collect();
        for snapshot in snapshots {
            self.snapped(&snapshot, fails);
        }
        self.tell(if fails { format!("{id} has failed") } else { format!("{id} is available") });
    }

    /// Begins a snapshot of a volume, which is as the volume is now.
    ///
    /// # Errors
    /// When there is no such volume.
    pub(in crate::sim) fn create_snapshot(
        &mut self,
        volume: &VolumeId,
        description: &str,
        tags: &Tags,
    ) -> Result<String, Refusal> {
        self.known_volume(volume)?;
        let id = self.take_snapshot(volume, description, tags).ok_or_else(|| Refusal::no_volume(volume))?;
        let takes = self.draw(self.timing.create_snapshot);
        self.plan(takes, Event::Snapped(id.clone()));
        Ok(id)
    }

    fn take_snapshot(&mut self, volume: &VolumeId, description: &str, tags: &Tags) -> Option<String> {
        let volume = self.records.volumes.get(volume)?.clone();
        let id: String = self.fresh("snap-", |world, id: &String| world.records.snapshots.contains_key(id));
        let snapshot = Snapshot {
            id: id.clone(),
            state: "pending".to_owned(),
            size: volume.size,
            description: description.to_owned(),
            started: whole_seconds(self.now),
            contents: volume.contents,
            key: volume.disk.key,
            volume: Some(volume.id),
            tags: tags.clone(),
        };
        self.records.snapshots.insert(id.clone(), snapshot);
        Some(id)
    }

    pub(super) fn snapped(&mut self, id: &str, fails: bool) {
        if let Some(snapshot) = self.records.snapshots.get_mut(id).filter(|snapshot| snapshot.state == "pending") {
            if fails { "error" } else { "completed" }.clone_into(&mut snapshot.state);
        }
    }

    /// Takes an image out of the list. Its snapshots stay.
    ///
    /// # Errors
    /// When there is no such image (`InvalidAMIID.Unavailable` when there was), or it is somebody else's.
    pub(in crate::sim) fn deregister(&mut self, id: &str) -> Result<Image, Refusal> {
        if self.account.image(id).is_some() {
            return Err(Refusal::new(403, "AuthFailure", format!("Not authorized for image:{id}")));
        }
        let Some(image) = self.records.images.remove(id) else {
            let was_there = self.deregistered.contains(id);
            return Err(if was_there { Refusal::gone_image(id) } else { Refusal::no_image(id) });
        };
        self.deregistered.insert(id.to_owned());
        self.tell(format!("{id} is deregistered"));
        // What was to become of its snapshots becomes of them all the same.
        for snapshot in image.snapshots().filter(|_| image.state == "pending") {
            let takes = self.draw(self.timing.create_snapshot);
            self.plan(takes, Event::Snapped(snapshot.to_owned()));
        }
        Ok(image)
    }

    /// Deletes a snapshot.
    ///
    /// # Errors
    /// When there is no such snapshot, or an image is made of it.
    pub(in crate::sim) fn delete_snapshot(&mut self, id: &str) -> Result<(), Refusal> {
        if !self.records.snapshots.contains_key(id) {
            return Err(Refusal::no_snapshot(id));
        }
        let user = self.records.images.values().find(|image| image.snapshots().any(|snapshot| snapshot == id));
        if let Some(user) = user {
            let message = format!("The snapshot {id} is currently in use by {}", user.id);
            return Err(Refusal::client("InvalidSnapshot.InUse", message));
        }
        self.records.snapshots.remove(id);
        self.tell(format!("{id} is deleted"));
        Ok(())
    }

    /// What a volume carries that is made from this snapshot. Those of public images are nobody's business.
    pub(super) fn contents_of(&self, snapshot: &str) -> Contents {
        match self.records.snapshots.get(snapshot) {
            Some(snapshot) => snapshot.contents.clone(),
            None if snapshot.is_empty() => Contents::Blank,
            None => Contents::PLAIN_SYSTEM,
        }
    }

    /// The size of a snapshot in GiB, and its key: of an own one, or of a public image's.
    ///
    /// # Errors
    /// When there is none, or it is not complete.
    pub(in crate::sim) fn snapshot(&self, id: &str) -> Result<(u32, Option<String>), Refusal> {
        if let Some(snapshot) = self.records.snapshots.get(id) {
            if snapshot.state != "completed" {
                let message = format!("Snapshot is in invalid state - {}", snapshot.state);
                return Err(Refusal::client("IncorrectState", message));
            }
            return Ok((snapshot.size, snapshot.key.clone()));
        }
        let mut roots = self.account.images.iter().filter_map(Image::root);
        let public = roots.find(|root| root.snapshot.as_deref() == Some(id));
        public.map(|root| (root.size, None)).ok_or_else(|| Refusal::no_snapshot(id))
    }
}

fn ebs(volume: &Volume, snapshot: String, delete_on_termination: bool, wanted: Option<&Want>) -> Ebs {
    let usual = Ebs {
        snapshot: Some(snapshot),
        size: volume.size,
        kind: volume.disk.kind.clone(),
        delete_on_termination,
        key: volume.disk.key.clone(),
    };
    match wanted {
        Some(Want::Ebs { size, kind, delete_on_termination }) => Ebs {
            size: size.unwrap_or(usual.size),
            kind: kind.clone().unwrap_or_else(|| usual.kind.clone()),
            delete_on_termination: delete_on_termination.unwrap_or(usual.delete_on_termination),
            ..usual
        },
        _ => usual,
    }
}
