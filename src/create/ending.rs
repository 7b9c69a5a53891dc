//! The planner of endings: undoing a creation, and retiring a machine. Both end what costs first, and in the order in which
//! nothing comes back: a persistent request whose instance is terminated launches another one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::{Act, Stage};
use super::fact::Memory;
use super::making::{COPIES, Next, is_over, moves, stuck, wait};
use super::recipe::{Home, Recipe, Run};
use super::seen::Seen;
use crate::model::{
    ImageId, ImageState, Instance, InstanceId, InstanceState, MachineName, RequestState, SnapshotId, SpotRequest,
    SpotRequestId, Text, Volume, VolumeId, VolumeState,
};

/// What retiring a machine means, as it was decided when it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// The machine.
    pub name: MachineName,
    /// Its request.
    pub request: SpotRequestId,
    /// Its volumes: they are kept, every one.
    pub volumes: Vec<VolumeId>,
    /// The image that create made for it, and in which run: to be deleted with its snapshots. None keeps what there is.
    pub image: Option<(ImageId, Run)>,
    /// Whether it stays in the configuration.
    pub keep_config: bool,
}

/// How much is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The machine.
    pub name: MachineName,
    /// Its request, as far as it is known.
    pub request: Option<SpotRequestId>,
    /// Whether image and snapshots go.
    pub image: bool,
    /// The volume that goes, if one does.
    pub volume: Option<VolumeId>,
    /// Whether the configuration keeps the machine.
    pub keep_config: bool,
}

impl Ending {
    /// The undoing of a creation. The volume goes only when the creation made it, and its owner said so.
    #[must_use]
    pub fn undo(recipe: &Recipe, memory: &Memory, delete_volume: bool) -> Self {
        let made = matches!(recipe.home, Home::New { .. });
        let volume = memory.volume.clone().filter(|_| made && delete_volume);
        let (name, request) = (recipe.name.clone(), memory.request.clone());
        Self { name, request, image: true, volume, keep_config: false }
    }

    /// A retirement.
    #[must_use]
    pub fn retire(retirement: &Retirement) -> Self {
        Self {
            name: retirement.name.clone(),
            request: Some(retirement.request.clone()),
            image: retirement.image.is_some(),
            volume: None,
            keep_config: retirement.keep_config,
        }
    }
}

/// Why nothing may end: the configuration gives what is to end to a machine of another name, or another request for the machine
/// than what is to end. Then one or the other lives on, and its image, its names and its entry are not to be taken away under it.
#[must_use]
pub fn replaced(ending: &Ending, memory: &Memory, seen: &Seen) -> Option<String> {
    if let Some((request, other)) = seen.renamed.first_key_value() {
        let name = &ending.name;
        return Some(format!(
            "{request}, which was made for {name}, lives on as {other} in the configuration: to end it: spotkeeper retire {other}"
        ));
    }
    let other = seen.configured.as_ref()?;
    let is_own = ending.request.as_ref() == Some(other)
        || memory.old_requests.contains(other)
        || seen.requests.contains_key(other);
    (!is_own).then(|| other_request(ending, other))
}

/// What an ending needs next, by what is remembered and seen.
#[must_use]
pub fn next_end(ending: &Ending, memory: &Memory, seen: &Seen, now: Timestamp) -> Next {
    if let Some(why) = replaced(ending, memory, seen) {
        return stuck(Stage::End, why, None);
    }
    if let Some(what) = memory.unseen(seen, now) {
        return moves(Stage::End, format!("EC2 to show {what}"));
    }
    let end = End { ending, memory, seen };
    end.requests()
        .or_else(|| end.instances())
        // Before the image, which may be made for hours yet: its snapshot does without the builder.
        .or_else(|| end.builders())
        .or_else(|| end.images())
        .or_else(|| end.volume())
        .or_else(|| end.files())
        .unwrap_or(Next::Done)
}

fn other_request(ending: &Ending, other: &SpotRequestId) -> String {
    let name = &ending.name;
    let own =
        ending.request.as_ref().map_or_else(|| "it has no request yet".to_owned(), |own| format!("its own is {own}"));
    format!(
        "the configuration has {name} with {other}, which is not of this one ({own}): {name} lives on with it. To end \
         it: spotkeeper retire {name}; to end no more than what was begun here, take {name} out of the configuration first, \
         or give it another name there"
    )
}

/// A volume and the device name that it has in this instance, when it would be deleted with it.
fn would_die_with<'a>(volume: &'a Volume, instance: &InstanceId) -> Option<(&'a VolumeId, &'a Text)> {
    let held = volume.attachment_to(instance)?;
    held.delete_on_termination.then_some((&volume.id, &held.device))
}

struct End<'a> {
    ending: &'a Ending,
    memory: &'a Memory,
    seen: &'a Seen,
}

impl End<'_> {
    fn requests(&self) -> Option<Next> {
        self.seen.requests.values().find_map(|request| self.request(request))
    }

    fn request(&self, request: &SpotRequest) -> Option<Next> {
        match request.state {
            RequestState::Cancelled | RequestState::Closed | RequestState::Failed => return None,
            _ => {}
        }
        // To cancel a request whose instance is stopped terminates that instance: what is to outlive it comes first.
        if let Some(keep) = self.living().find_map(|instance| self.keep(instance)) {
            return Some(keep);
        }
        let act = Act::CancelRequest { request: request.id.clone() };
        if self.memory.has_done(&act) {
            return Some(moves(Stage::End, format!("{} to be cancelled, which is {} yet", request.id, request.state)));
        }
        Some(Next::Do(act))
    }

    fn living(&self) -> impl Iterator<Item = &Instance> {
        self.seen.instances.values().filter(|instance| instance.state != InstanceState::Terminated)
    }

    /// A volume that would be deleted with this instance is to outlive it.
    fn keep(&self, instance: &Instance) -> Option<Next> {
        let flagged = self.seen.volumes.values().find_map(|volume| would_die_with(volume, &instance.id))?;
        if is_over(&instance.state) {
            return None;
        }
        let (volume, device) = (flagged.0.clone(), flagged.1.clone());
        Some(Next::Do(Act::KeepVolume { volume, instance: instance.id.clone(), device }))
    }

    fn instances(&self) -> Option<Next> {
        let Some(instance) = self.living().next() else {
            // Of one that was ended already EC2 soon knows nothing.
            let is_ended = |id: &InstanceId| self.memory.has_done(&Act::TerminateInstance { instance: id.clone() });
            let unseen = self.seen.unseen_instances().find(|id| !is_ended(id))?;
            return Some(moves(Stage::End, format!("EC2 to show {unseen}")));
        };
        if let Some(keep) = self.keep(instance) {
            return Some(keep);
        }
        if is_over(&instance.state) {
            return Some(moves(Stage::End, format!("{} to be terminated, which is {}", instance.id, instance.state)));
        }
        let act = Act::TerminateInstance { instance: instance.id.clone() };
        if self.memory.has_done(&act) {
            return Some(moves(Stage::End, format!("{} to be terminated, which is {}", instance.id, instance.state)));
        }
        Some(Next::Do(act))
    }

    fn images(&self) -> Option<Next> {
        if !self.ending.image {
            return None;
        }
        if let Some(image) = &self.seen.image {
            return match image.state {
                ImageState::Deregistered => None,
                ImageState::Pending => {
                    let what = format!("{} to be made, so that it can be taken back", image.id);
                    Some(wait(Stage::Remove, what, COPIES))
                }
                _ => {
                    let act = Act::DeregisterImage { image: image.id.clone() };
                    Some(self.once(act, || format!("{} to be deregistered, which EC2 still shows", image.id)))
                }
            };
        }
        let delete = |snapshot: &SnapshotId| Act::DeleteSnapshot { snapshot: snapshot.clone() };
        let mut left = self.seen.snapshots.iter();
        let snapshot = left.find(|left| !self.memory.has_done(&delete(left))).or(self.seen.snapshots.first())?;
        Some(self.once(delete(snapshot), || format!("{snapshot} to be deleted, which EC2 still shows")))
    }

    /// The act; or, where it is done and not seen yet, waiting for what is told.
    fn once(&self, act: Act, what: impl FnOnce() -> String) -> Next {
        if self.memory.has_done(&act) { moves(Stage::Remove, what()) } else { Next::Do(act) }
    }

    fn builders(&self) -> Option<Next> {
        let is_left = |builder: &&Instance| builder.state != InstanceState::Terminated;
        let builder = self.seen.builders.values().find(is_left)?;
        if is_over(&builder.state) {
            return Some(moves(Stage::Remove, format!("the builder {} to be terminated", builder.id)));
        }
        Some(self.keep(builder).unwrap_or_else(|| Next::Do(Act::TerminateBuilder { builder: builder.id.clone() })))
    }

    fn volume(&self) -> Option<Next> {
        let id = self.ending.volume.as_ref()?;
        let volume = self.seen.volumes.get(id)?;
        let act = Act::DeleteVolume { volume: id.clone() };
        Some(match &volume.state {
            VolumeState::Deleted => return None,
            VolumeState::Available | VolumeState::Error => Next::Do(act),
            VolumeState::InUse => match volume.holders().next().and_then(|held| held.instance.as_ref()) {
                Some(holder) if !self.is_ours(holder) => {
                    let why = format!("{id} is attached to {holder}, which is not of this creation; detach it first");
                    stuck(Stage::Remove, why, None)
                }
                _ => moves(Stage::Remove, format!("{id} to be let go")),
            },
            state => moves(Stage::Remove, format!("{id}, which is {state}")),
        })
    }

    fn is_ours(&self, instance: &InstanceId) -> bool {
        self.seen.builders.contains_key(instance) || self.seen.instances.contains_key(instance)
    }

    fn files(&self) -> Option<Next> {
        let machine = self.ending.name.clone();
        if self.seen.named {
            return Some(Next::Do(Act::WithdrawNames { machine }));
        }
        if self.seen.configured.is_some() && !self.ending.keep_config {
            return Some(Next::Do(Act::RemoveFromConfig { machine }));
        }
        None
    }
}
