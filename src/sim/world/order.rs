//! Spot requests, instances and volumes as they are ordered.

use std::time::Duration;

use jiff::Timestamp;

use super::super::hardware::Hardware;
use super::super::images::Image;
use super::super::launch::{Device, Disk, Launch, ROOT_DEVICE};
use super::super::prices;
use super::super::records::{Attachment, Capacity, Request, Status, Tags, Volume};
use super::super::refusal::Refusal;
use super::{Event, World, later, whole_seconds};
use crate::model::{
    AttachmentState, InstanceId, InterruptionBehavior, RequestKind, RequestState, SpotRequestId, VolumeId, VolumeState,
};

/// What instances are wanted.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Order {
    pub(in crate::sim) instance_type: String,
    /// The zone; none leaves the choice to EC2.
    pub(in crate::sim) zone: Option<String>,
    pub(in crate::sim) launch: Launch,
    pub(in crate::sim) public_address: bool,
}

/// On what terms they are wanted from the spot market.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Terms {
    pub(in crate::sim) kind: RequestKind,
    pub(in crate::sim) behavior: InterruptionBehavior,
    pub(in crate::sim) max_price: Option<String>,
    pub(in crate::sim) launch_group: Option<String>,
    pub(in crate::sim) zone_group: Option<String>,
    pub(in crate::sim) valid_from: Option<Timestamp>,
    pub(in crate::sim) valid_until: Option<Timestamp>,
    pub(in crate::sim) tags: Tags,
}

impl World {
    /// Makes a spot request, which begins its course.
    pub(in crate::sim) fn order_spot(&mut self, order: &Order, terms: &Terms) -> SpotRequestId {
        let id = self.new_request(order, terms);
        self.tell(format!("{id} is made"));
        self.plan_expiry(&id);
        self.begin_request(&id);
        id
    }

    /// Launches an instance on demand in this zone.
    pub(in crate::sim) fn order_instance(&mut self, order: &Order, zone: &str) -> InstanceId {
        let id = self.new_instance_id();
        let id = self.make_instance(id, zone.to_owned(), order.instance_type.clone());
        if let Some(instance) = self.records.instances.get_mut(&id) {
            instance.public_address = order.public_address;
        }
        self.equip(&id, &order.launch);
        self.start(&id);
        self.tell(format!("{id} is launched"));
        id
    }

    /// Launches a spot instance in this zone at once, as RunInstances does, with a request that is fulfilled from the beginning.
    pub(in crate::sim) fn order_spot_instance(&mut self, order: &Order, terms: &Terms, zone: &str) -> InstanceId {
        let request = self.new_request(order, terms);
        self.plan_expiry(&request);
        let instance = self.order_instance(order, zone);
        self.fulfilled_with(&request, &instance);
        instance
    }

    /// Says of instances that they were launched together, in this order.
    pub(in crate::sim) fn reserve_together(&mut self, ids: &[InstanceId]) {
        let Some(reservation) =
            ids.first().and_then(|first| self.instance(first)).map(|first| first.reservation.clone())
        else {
            return;
        };
        for (index, id) in (0..).zip(ids) {
            if let Some(instance) = self.records.instances.get_mut(id) {
                instance.reservation.clone_from(&reservation);
                instance.launch_index = index;
            }
        }
    }

    fn new_request(&mut self, order: &Order, terms: &Terms) -> SpotRequestId {
        let id: SpotRequestId = loop {
            let drawn = (0..8).map(|_| self.rng.choice(ALPHABET).map_or('a', |byte| char::from(*byte)));
            let drawn: String = "sir-".chars().chain(drawn).collect();
            match drawn.parse() {
                Ok(id) if !self.records.requests.contains_key(&id) => break id,
                _ => {}
            }
        };
        let now = self.now;
        let request = Request {
            id: id.clone(),
            state: RequestState::Open,
            status: Status { code: String::new(), message: String::new(), since: now },
            kind: terms.kind.clone(),
            behavior: terms.behavior.clone(),
            instance: None,
            launched_zone: None,
            zone: order.zone.clone(),
            next_zone: None,
            instance_type: order.instance_type.clone(),
            // What is launched later in its place arrives untagged, like every instance of a request.
            launch: Launch { tags: Tags::new(), volume_tags: Tags::new(), ..order.launch.clone() },
            max_price: terms.max_price.clone(),
            launch_group: terms.launch_group.clone(),
            zone_group: terms.zone_group.clone(),
            fault: None,
            valid_from: terms.valid_from,
            capacity: Capacity::Available,
            homes: Vec::new(),
            hidden_devices: std::collections::BTreeSet::new(),
            public_address: order.public_address,
            created: whole_seconds(now),
            valid_until: terms.valid_until,
            visible_from: later(now, self.draw(self.timing.visibility)),
            tags: terms.tags.clone(),
            bound: None,
            waits_for: None,
            ticket: 0,
        };
        self.records.requests.insert(id.clone(), request);
        self.set_status(&id, RequestState::Open, "pending-evaluation");
        id
    }

    /// What an instance of this type is launched with when nobody says anything.
    pub(in crate::sim) fn usual_launch(&self, instance_type: &str) -> Launch {
        let hardware = Hardware::of(instance_type);
        let mut usual = self.account.images.iter().filter(|image| image.root_device == ROOT_DEVICE);
        let image = usual.find(|image| fits(hardware, image));
        let usual = Launch::default();
        Launch { image: image.map_or(usual.image, |image| image.id.clone()), ..usual }
    }

    /// Gives a new instance what it is launched with: its root volume as asked, and the other volumes.
    pub(super) fn equip(&mut self, id: &InstanceId, launch: &Launch) {
        let Some(instance) = self.records.instances.get_mut(id) else { return };
        instance.launch = launch.clone();
        instance.tags.extend(launch.tags.clone());
        let zone = instance.zone.clone();
        let wanted = launch.devices.iter().find(|device| device.name == launch.root_device);
        self.dress_root(id, launch, wanted);
        let image = self.image(&launch.image).cloned();
        let virtual_names = image.as_ref().map(|image| image.virtual_names(launch)).unwrap_or_default();
        if let Some(instance) = self.records.instances.get_mut(id) {
            instance.taken_devices.extend(virtual_names.into_iter().map(|name| (name, None)));
        }
        let own = image.iter().flat_map(|image| from_image(image, launch)).collect::<Vec<_>>();
        for device in launch.devices.iter().chain(&own).filter(|device| device.name != launch.root_device) {
            let volume = self.new_volume(&zone, device.size, &device.disk, &launch.volume_tags);
            let attachment = Attachment {
                instance: id.clone(),
                device: device.name.clone(),
                state: AttachmentState::Attached,
                attach_time: whole_seconds(self.now),
                delete_on_termination: device.delete_on_termination,
                ticket: 0,
            };
            if let Some(volume) = self.records.volumes.get_mut(&volume) {
                volume.state = VolumeState::InUse;
                volume.attachments.push(attachment);
            }
        }
    }

    fn dress_root(&mut self, id: &InstanceId, launch: &Launch, wanted: Option<&Device>) {
        let image = self.image(&launch.image).and_then(Image::root).cloned();
        let snapshot = image.as_ref().and_then(|root| root.snapshot.as_deref()).unwrap_or_default();
        let contents = self.contents_of(snapshot);
        let roots = self.records.volumes.values_mut().filter(|volume| volume.attachment_to(id).is_some());
        for root in roots {
            root.tags.extend(launch.volume_tags.clone());
            if let Some(image) = &image {
                root.size = image.size;
                root.disk = Disk::of(&image.kind, image.size).with_key(image.key.clone());
                root.disk.snapshot = image.snapshot.clone().unwrap_or_default();
                root.contents.clone_from(&contents);
            }
            if let Some(Device { size, disk, .. }) = wanted {
                root.size = *size;
                let key = disk.key.clone().or_else(|| root.disk.key.clone());
                root.disk = Disk { snapshot: root.disk.snapshot.clone(), ..disk.clone() }.with_key(key);
            }
            if let Some(held) = root.attachment_to_mut(id) {
                held.device.clone_from(&launch.root_device);
                let usual = image.as_ref().is_none_or(|root| root.delete_on_termination);
                held.delete_on_termination = wanted.map_or(usual, |device| device.delete_on_termination);
            }
        }
    }

    /// Makes a volume, which is `creating` for a while.
    pub(in crate::sim) fn create_volume(
        &mut self,
        zone: &str,
        size: u32,
        disk: &Disk,
        multi_attach: bool,
        tags: &Tags,
    ) -> VolumeId {
        let id = self.new_volume(zone, size, disk, tags);
        if let Some(volume) = self.records.volumes.get_mut(&id) {
            volume.state = VolumeState::Creating;
            volume.multi_attach = multi_attach;
        }
        self.resume_volume(&id);
        id
    }

    /// Plans when a volume is there that is being made, or is gone that is being deleted.
    pub(in crate::sim) fn resume_volume(&mut self, id: &VolumeId) {
        let (delay, event) = match self.records.volumes.get(id).map(|volume| &volume.state) {
            Some(VolumeState::Creating) => (self.timing.create_volume, Event::Created(id.clone())),
            Some(VolumeState::Deleting) => (self.timing.delete_volume, Event::Deleted(id.clone())),
            _ => return,
        };
        let delay = self.draw(delay);
        self.plan(delay, event);
    }

    fn new_volume(&mut self, zone: &str, size: u32, disk: &Disk, tags: &Tags) -> VolumeId {
        let id: VolumeId = self.fresh("vol-", |world, id| world.records.volumes.contains_key(id));
        let volume = Volume {
            id: id.clone(),
            state: VolumeState::Available,
            zone: zone.to_owned(),
            size,
            multi_attach: false,
            disk: disk.clone(),
            created: whole_seconds(self.now),
            contents: self.contents_of(&disk.snapshot),
            attachments: Vec::new(),
            tags: tags.clone(),
        };
        self.records.volumes.insert(id.clone(), volume);
        id
    }

    pub(super) fn volume_created(&mut self, id: &VolumeId) {
        let volume = self.records.volumes.get_mut(id).filter(|volume| volume.state == VolumeState::Creating);
        if let Some(volume) = volume {
            volume.state = VolumeState::Available;
            self.tell(format!("{id} is there"));
        }
    }

    /// The zones in which instances of this type can be, of all or of the one that is asked for.
    pub(in crate::sim) fn places<'a>(
        &'a self,
        instance_type: &'a str,
        asked: Option<&'a str>,
    ) -> impl Iterator<Item = &'a String> {
        let possible = self.zones.iter().filter(move |zone| asked.is_none_or(|asked| asked == **zone));
        possible.filter(move |zone| self.account.offers(instance_type, zone))
    }

    /// One of the zones that offer this type, by chance.
    pub(in crate::sim) fn any_zone(&mut self, instance_type: &str) -> String {
        let drawn = self.rng.usize(..self.places(instance_type, None).count().max(1));
        self.places(instance_type, None).nth(drawn).cloned().unwrap_or_default()
    }

    /// Whether instances of this type can be launched from this image.
    ///
    /// # Errors
    /// When there is no such image, it is not available, or it is made for other processors.
    pub(in crate::sim) fn check_image(&self, image: &str, instance_type: &str) -> Result<(), Refusal> {
        let image = self.image(image).ok_or_else(|| Refusal::no_image(image))?;
        if !image.is_available() {
            let message = format!("The image ID '{}' is not available", image.id);
            return Err(Refusal::client("InvalidAMIID.Unavailable", message));
        }
        match Hardware::of(instance_type) {
            Some(hardware) if !fits(Some(hardware), image) => {
                Err(other_architecture(hardware.architecture, &image.architecture))
            }
            _ => Ok(()),
        }
    }

    /// What keeps a request from an instance whatever capacity there is: its status code meanwhile, and in what time
    /// that may be over.
    pub(super) fn hindrance(&self, request: &Request) -> Option<(&'static str, Option<Duration>)> {
        // What does not fit together is found when it is to be launched; what is started again has been launched.
        if !self.has_stopped(request) && self.check_image(&request.launch.image, &request.instance_type).is_err() {
            return Some(("bad-parameters", None));
        }
        let zone = request.zone.as_ref().or_else(|| self.zones.first())?;
        let offered = request.max_price.as_deref().and_then(prices::read_dollars)?;
        if self.is_affordable(&request.instance_type, zone, offered) {
            return None;
        }
        let next = self.prices.next_change(&request.instance_type, zone, self.now);
        Some(("price-too-low", next.duration_since(self.now).try_into().ok()))
    }

    /// Whether an offer, in a ten-thousandth of a dollar, reaches the spot price of now.
    pub(in crate::sim) fn is_affordable(&self, instance_type: &str, zone: &str, offered: f64) -> bool {
        let price = self.prices.at(instance_type, zone, self.now).price;
        // A price in whole units is reached when the offer, in whole units, reaches it.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an offer saturates, and is positive"
        )]
        let offered = offered as u64;
        offered >= price
    }
}

/// Whether an instance of one type can become one of another.
///
/// # Errors
/// When its image would not run on that.
pub(in crate::sim) fn check_change(from: &str, to: &str) -> Result<(), Refusal> {
    match (Hardware::of(from), Hardware::of(to)) {
        (Some(from), Some(to)) if from.architecture != to.architecture => {
            Err(other_architecture(to.architecture, from.architecture))
        }
        _ => Ok(()),
    }
}

fn other_architecture(wanted: &str, image: &str) -> Refusal {
    Refusal::parameter(format!(
        "The architecture '{wanted}' of the specified instance type does not match the architecture '{image}' of the \
         specified AMI. Specify an instance type and an AMI that have matching architectures, and try again."
    ))
}

/// Whether this hardware, as far as it is known, runs an image.
fn fits(hardware: Option<Hardware>, image: &Image) -> bool {
    hardware.is_none_or(|hardware| hardware.architecture == image.architecture)
}

/// The devices that an image brings besides those that were asked for and those that were not wanted.
fn from_image<'a>(image: &'a Image, launch: &'a Launch) -> impl Iterator<Item = Device> + 'a {
    image.volumes().filter(|(name, _)| !launch.decides(name)).map(|(name, ebs)| Device {
        name: name.to_owned(),
        size: ebs.size,
        disk: Disk { snapshot: ebs.snapshot.clone().unwrap_or_default(), ..Disk::of(&ebs.kind, ebs.size) }
            .with_key(ebs.key.clone()),
        delete_on_termination: ebs.delete_on_termination,
    })
}

/// What the ids of requests are made of.
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
