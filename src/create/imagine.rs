//! The world after an act, as it would be if all went well: what a dry run plays on.

use jiff::Timestamp;

use super::act::Act;
use super::ending::{Ending, next_end};
use super::fact::{Fact, Memory, Part, Thing};
use super::making::{Next, Stuck, next};
use super::recipe::Recipe;
use super::seen::Seen;
use super::verdict::{Report, Verdict};
use crate::model::{
    Attachment, AttachmentState, Claims, Image, ImageId, ImageState, Instance, InstanceId, InstanceState,
    InterruptionBehavior, RequestKind, RequestState, SpotRequest, SpotRequestId, Tags, Text, Volume, VolumeId,
    VolumeState,
};
use crate::plan::Outcome;

/// No creation takes more acts and moves.
const MOST: usize = 200;

/// The acts that are still to come, in order, if all goes well; then why it would stop short, if it would. With an
/// `ending`, those that it takes.
#[must_use]
pub fn imagined(recipe: &Recipe, ending: Option<&Ending>, memory: &Memory, seen: &Seen) -> (Vec<Act>, Option<Stuck>) {
    let Some(ids) = Ids::new() else { return (Vec::new(), None) };
    let mut world = Imagined { recipe, memory: memory.clone(), seen: seen.clone(), ids };
    let mut acts = Vec::new();
    for _ in 0..MOST {
        for thing in world.seen.news(&world.memory) {
            world.memory.apply(&Fact::Learnt(thing));
        }
        let next = match ending {
            // Nothing of this world is about to be shown.
            Some(ending) => next_end(ending, &world.memory, &world.seen, Timestamp::MAX),
            None => next(recipe, &world.memory, &world.seen),
        };
        match next {
            Next::Do(act) => {
                world.perform(&act);
                acts.push(act);
            }
            Next::Record(fact) => world.memory.apply(&fact),
            Next::Wait(_) if world.settle() => {}
            Next::Wait(_) | Next::Done => return (acts, None),
            Next::Pause(_) => world.memory.apply(&Fact::Customised),
            Next::Stuck(Stuck { again: Some(part), .. }) => world.memory.apply(&Fact::Again { part }),
            Next::Stuck(stuck) => return (acts, Some(stuck)),
        }
    }
    (acts, None)
}

/// The ids of what is not there yet.
struct Ids {
    volume: VolumeId,
    image: ImageId,
    request: SpotRequestId,
}

/// How ids of things that are only imagined are called, where acts are shown.
const NAMES: [(&str, &str); 5] = [
    ("vol-00000000", "(the new volume)"),
    ("ami-00000000", "(the new image)"),
    ("sir-00000000", "(the new request)"),
    ("i-00000001", "(the builder)"),
    ("i-0000000", "(builder)"),
];

impl Ids {
    fn new() -> Option<Self> {
        let [volume, image, request, ..] = NAMES.map(|(id, _)| id);
        Some(Self { volume: volume.parse().ok()?, image: image.parse().ok()?, request: request.parse().ok()? })
    }

    fn builder(attempt: u32) -> Option<InstanceId> {
        format!("i-{attempt:08x}").parse().ok()
    }
}

/// Whether an instance is only imagined.
pub(super) fn is_imagined(id: &InstanceId) -> bool {
    in_words(id.as_str()) != id.as_str()
}

/// Words in which imagined ids are replaced by what they stand for.
pub(super) fn in_words(text: &str) -> String {
    NAMES.iter().fold(text.to_owned(), |text, (id, words)| text.replace(id, words))
}

struct Imagined<'a> {
    recipe: &'a Recipe,
    memory: Memory,
    seen: Seen,
    ids: Ids,
}

impl Imagined<'_> {
    fn perform(&mut self, act: &Act) {
        self.memory.apply(&Fact::Intended { act: act.clone() });
        match act {
            Act::CreateVolume | Act::RunBuilder | Act::CreateImage { .. } | Act::RequestSpot { .. } => self.make(act),
            Act::AttachHome { volume, builder } => self.attach(volume, builder),
            Act::DetachHome { volume, .. } => {
                if let Some(volume) = self.seen.volumes.get_mut(volume) {
                    free(volume);
                }
            }
            Act::StartBuilder { builder } => self.set(builder, &InstanceState::Running),
            Act::StopBuilder { builder } => self.set(builder, &InstanceState::Stopped),
            Act::TerminateBuilder { builder } | Act::TerminateInstance { instance: builder } => self.end(builder),
            Act::WriteConfig { request, .. } => self.seen.configured = Some(request.clone()),
            Act::KeepVolume { volume, instance, .. } => {
                let held = self.seen.volumes.get_mut(volume).into_iter().flat_map(|volume| &mut volume.attachments);
                let held = held.filter(|held| held.instance.as_ref() == Some(instance));
                held.for_each(|held| held.delete_on_termination = false);
            }
            Act::CancelRequest { request } => {
                if let Some(request) = self.seen.requests.get_mut(request) {
                    request.state = RequestState::Cancelled;
                }
            }
            Act::DeregisterImage { .. } => self.seen.image = None,
            Act::DeleteSnapshot { snapshot } => {
                self.seen.snapshots.remove(snapshot);
            }
            Act::DeleteVolume { volume } => {
                self.seen.volumes.remove(volume);
            }
            Act::WithdrawNames { .. } => self.seen.named = false,
            Act::RemoveFromConfig { .. } => self.seen.configured = None,
        }
        self.memory.apply(&Fact::Ended { act: act.clone(), outcome: Outcome::Done });
    }

    fn make(&mut self, act: &Act) {
        let thing = match act {
            Act::CreateVolume => {
                let id = self.ids.volume.clone();
                self.seen.volumes.insert(id.clone(), volume(&id, &self.recipe.zone));
                Thing::Volume(id)
            }
            Act::RunBuilder => {
                let Some(id) = Ids::builder(self.memory.attempt(Part::Builder)) else { return };
                self.seen.console = Report::default();
                self.seen.builders.insert(id.clone(), instance(&id, self.recipe));
                Thing::Builder(id)
            }
            Act::CreateImage { .. } => {
                let id = self.ids.image.clone();
                self.seen.image = Some(image(&id, self.recipe));
                Thing::Image(id)
            }
            _ => {
                let id = self.ids.request.clone();
                self.seen.requests.insert(id.clone(), request(&id));
                Thing::Request(id)
            }
        };
        self.memory.apply(&Fact::Learnt(thing));
    }

    fn attach(&mut self, volume: &VolumeId, builder: &InstanceId) {
        let Some(volume) = self.seen.volumes.get_mut(volume) else { return };
        volume.state = VolumeState::InUse;
        volume.attachments = vec![Attachment {
            instance: Some(builder.clone()),
            device: Text::new(self.recipe.device.as_str()),
            state: AttachmentState::Attached,
            attach_time: None,
            delete_on_termination: false,
        }];
        self.power_off(builder);
    }

    /// The script does its work.
    fn power_off(&mut self, builder: &InstanceId) {
        let verdict = Verdict::Ok { uuid: Text::default(), files: 0, bytes: 0, already: false };
        self.seen.console.verdict = Some(verdict);
        self.set(builder, &InstanceState::Stopped);
    }

    fn set(&mut self, id: &InstanceId, state: &InstanceState) {
        let all = self.seen.builders.values_mut().chain(self.seen.instances.values_mut());
        all.filter(|instance| instance.id == *id).for_each(|instance| instance.state = state.clone());
    }

    fn end(&mut self, id: &InstanceId) {
        self.set(id, &InstanceState::Terminated);
        let held = self.seen.volumes.values_mut().filter(|volume| volume.attachment_to(id).is_some());
        held.for_each(free);
    }

    /// Whatever moves by itself arrives. Returns whether anything did.
    fn settle(&mut self) -> bool {
        let before = (self.seen.clone(), self.memory.clone());
        let instances: Vec<(InstanceId, InstanceState)> = (self.seen.builders.values())
            .chain(self.seen.instances.values())
            .map(|instance| (instance.id.clone(), instance.state.clone()))
            .collect();
        for (id, state) in instances {
            match state {
                InstanceState::Pending => self.set(&id, &InstanceState::Running),
                InstanceState::Stopping => self.set(&id, &InstanceState::Stopped),
                InstanceState::ShuttingDown => self.end(&id),
                _ => {}
            }
        }
        for volume in self.seen.volumes.values_mut() {
            match volume.attachments.first().map(|held| held.state.clone()) {
                Some(AttachmentState::Attaching) => {
                    volume.attachments.iter_mut().for_each(|held| held.state = AttachmentState::Attached);
                }
                Some(AttachmentState::Detaching | AttachmentState::Busy) => free(volume),
                None if volume.state == VolumeState::Creating => volume.state = VolumeState::Available,
                _ => {}
            }
        }
        let (seen, memory) = (&mut self.seen, &self.memory);
        let is_gone = |image: &Image| memory.has_done(&Act::DeregisterImage { image: image.id.clone() });
        seen.image = seen.image.take().filter(|image| !is_gone(image));
        seen.snapshots.retain(|snapshot| !memory.has_done(&Act::DeleteSnapshot { snapshot: snapshot.clone() }));
        if let Some(image) = &mut self.seen.image {
            image.state = ImageState::Available;
        }
        let unseen: Vec<InstanceId> = self.seen.unseen_instances().cloned().collect();
        self.seen.instances.extend(unseen.into_iter().map(|id| (id.clone(), instance(&id, self.recipe))));
        if let Some(builder) = self.memory.builder.clone()
            && self.memory.verdict.is_none()
            && before.0 == self.seen
        {
            self.power_off(&builder);
        }
        before.0 != self.seen
    }
}

fn free(volume: &mut Volume) {
    volume.attachments.clear();
    volume.state = VolumeState::Available;
}

fn volume(id: &VolumeId, zone: &Text) -> Volume {
    Volume {
        id: id.clone(),
        state: VolumeState::Available,
        availability_zone: zone.clone(),
        multi_attach: false,
        attachments: Vec::new(),
    }
}

fn instance(id: &InstanceId, recipe: &Recipe) -> Instance {
    Instance {
        id: id.clone(),
        name: Text::default(),
        state: InstanceState::Running,
        state_reason: Text::default(),
        availability_zone: recipe.zone.clone(),
        instance_type: recipe.instance_type.clone(),
        launch_time: None,
        public_ip: None,
        private_ip: None,
        block_devices: std::iter::empty().collect(),
        spot_request: None,
        claims: Claims::new(),
    }
}

fn image(id: &ImageId, recipe: &Recipe) -> Image {
    Image {
        id: id.clone(),
        name: Text::new(&recipe.image_name()),
        state: ImageState::Available,
        state_reason: Text::default(),
        owner: Text::default(),
        architecture: Text::default(),
        root_device: recipe.root_device.clone(),
        devices: std::iter::empty().collect(),
        instance_stores: std::iter::empty().collect(),
        created: None,
        deprecated: None,
        tags: Tags::new(),
    }
}

fn request(id: &SpotRequestId) -> SpotRequest {
    SpotRequest {
        id: id.clone(),
        state: RequestState::Open,
        status_code: Text::new("pending-evaluation"),
        status_message: Text::default(),
        status_since: None,
        kind: RequestKind::Persistent,
        interruption: InterruptionBehavior::Terminate,
        instance: None,
        valid_until: None,
    }
}
