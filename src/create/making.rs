//! The planner of a creation: from the end backwards, what is the next thing that is missing?

use std::fmt::Write as _;
use std::time::Duration;

use super::act::{Act, Stage};
use super::fact::{Fact, Memory, Part};
use super::recipe::{Home, Recipe};
use super::seen::Seen;
use super::verdict::Verdict;
use crate::model::{
    AttachmentState, Image, ImageState, Instance, InstanceId, InstanceState, RequestState, SpotRequest, SpotRequestId,
    Text, Volume, VolumeState,
};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// To perform this, and look again.
    Do(Act),
    /// To write this down, and decide again.
    Record(Fact),
    /// To look again in a while.
    Wait(Wait),
    /// To let the owner at the builder, until he says that he is done.
    Pause(InstanceId),
    /// It does not go on by itself.
    Stuck(Stuck),
    /// Nothing is missing.
    Done,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The stage.
    pub stage: Stage,
    /// For what, in words that follow "waiting for".
    pub what: String,
    /// How long it may take before something is wrong.
    pub patience: Duration,
    /// Once this time is over: the fact to go on with. Without one, it is given up.
    pub then: Option<Box<Fact>>,
    /// The builder that runs, and costs, as long as this is waited for.
    pub costs: Option<InstanceId>,
}

/// Why it does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The stage.
    pub stage: Stage,
    /// Why.
    pub why: String,
    /// What is made once more when somebody runs it again; none when something has to change first.
    pub again: Option<Part>,
    /// What is none to be used, so that it would come to the same again.
    pub unfit: Option<Unfit>,
    /// The builder that stopped without a verdict: its console output tells more.
    pub mute: Option<InstanceId>,
}

/// Something that a machine is made with and that the prepare script will not work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The home volume.
    Volume,
    /// The image that the builder is launched from.
    Image,
}

impl Unfit {
    /// What this reason of the script's to refuse says is unfit; none when it may be otherwise the next time. Source:
    /// docs/prepare.md, "What it refuses".
    fn by(reason: &str) -> Option<Self> {
        match reason {
            "has-data" | "foreign-home" | "damaged" | "wrong-size" => Some(Self::Volume),
            "home-in-fstab" | "home-is-mounted" | "no-home" | "old-home" => Some(Self::Image),
            _ => None,
        }
    }
}

/// EC2 shows what was made within half a minute; ten times that is a riddle.
const SHOWN: Duration = Duration::from_mins(5);
/// A start, a stop, an attachment or a detachment that takes longer is stuck. Bare metal needs its time.
const MOVES: Duration = Duration::from_mins(30);
/// A builder that has its volume says within minutes what it does, and the console shows it minutes later.
const SPEAKS: Duration = Duration::from_hours(1);
/// Copying and imaging depend on how much there is.
pub(super) const COPIES: Duration = Duration::from_hours(24);
/// The console lags behind: how long after the builder stopped its last words are waited for, and, after them, its stop.
const LAST_WORDS: Duration = Duration::from_mins(5);

/// Waits for something for so long.
pub(super) fn wait(stage: Stage, what: impl Into<String>, patience: Duration) -> Next {
    Next::Wait(Wait { stage, what: what.into(), patience, then: None, costs: None })
}

/// Waits for something that moves by itself.
pub(super) fn moves(stage: Stage, what: impl Into<String>) -> Next {
    wait(stage, what, MOVES)
}

fn shown(stage: Stage, what: &impl std::fmt::Display) -> Next {
    wait(stage, format!("EC2 to show {what}"), SHOWN)
}

pub(super) fn stuck(stage: Stage, why: impl Into<String>, again: Option<Part>) -> Next {
    Next::Stuck(Stuck { stage, why: why.into(), again, unfit: None, mute: None })
}

/// What a creation needs next, by what is remembered and seen.
#[must_use]
pub fn next(recipe: &Recipe, memory: &Memory, seen: &Seen) -> Next {
    let making = Making { recipe, memory, seen };
    if let Some(id) = &memory.request {
        return making.requested(id);
    }
    match (&memory.image, &seen.image) {
        (_, Some(image)) if memory.old_images.contains(&image.id) => making.old_image(image),
        (_, Some(image)) => making.imaged(image),
        (Some(id), None) => shown(Stage::Image, id),
        (None, None) => making.volume(),
    }
}

struct Making<'a> {
    recipe: &'a Recipe,
    memory: &'a Memory,
    seen: &'a Seen,
}

impl Making<'_> {
    fn requested(&self, id: &SpotRequestId) -> Next {
        if let Some(next) = self.no_builder() {
            return next;
        }
        match self.seen.requests.get(id) {
            None => shown(Stage::Request, id),
            Some(request) => self.configure(request),
        }
    }

    fn configure(&self, request: &SpotRequest) -> Next {
        match request.state {
            RequestState::Closed | RequestState::Cancelled | RequestState::Failed => {
                let why = format!(
                    "{} is {}: {} ({})",
                    request.id, request.state, request.status_code, request.status_message
                );
                return stuck(Stage::Request, why, Some(Part::Request));
            }
            _ => {}
        }
        match &self.seen.configured {
            Some(configured) if *configured == request.id => Next::Done,
            Some(other) => {
                let name = &self.recipe.name;
                let why = format!("the configuration has a machine {name} with another request, {other}");
                stuck(Stage::Config, format!("{why}; take it out, or give it another name"), None)
            }
            None => match self.memory.volume.clone() {
                Some(volume) => Next::Do(Act::WriteConfig { request: request.id.clone(), volume }),
                None => stuck(Stage::Config, "the ledger does not know the volume", None),
            },
        }
    }

    /// Every builder is terminated as soon as there is an image.
    fn no_builder(&self) -> Option<Next> {
        let is_left = |builder: &&Instance| !is_over(&builder.state);
        let left = self.seen.builders.values().find(is_left)?;
        Some(Next::Do(Act::TerminateBuilder { builder: left.id.clone() }))
    }

    /// An image that failed goes first: EC2 takes its name once.
    fn old_image(&self, image: &Image) -> Next {
        let act = Act::DeregisterImage { image: image.id.clone() };
        if self.memory.has_done(&act) {
            return moves(Stage::Image, format!("{} to be deregistered", image.id));
        }
        Next::Do(act)
    }

    fn imaged(&self, image: &Image) -> Next {
        match &image.state {
            ImageState::Available => {}
            ImageState::Pending | ImageState::Transient => {
                return wait(Stage::Image, format!("{} to be made of the root volume", image.id), COPIES);
            }
            state => {
                let again = matches!(state, ImageState::Failed | ImageState::Error | ImageState::Invalid);
                let why = format!("{} is {state}: {}", image.id, image.state_reason);
                return stuck(Stage::Image, why, again.then_some(Part::Image));
            }
        }
        let is_root = |name: &Text| *name == self.recipe.root_device || self.recipe.left_out.contains(name);
        let more: Vec<&str> = image.devices.keys().filter(|name| !is_root(name)).map(Text::as_str).collect();
        if !more.is_empty() {
            let more = more.join(", ");
            let why = format!("{} has more than the root volume, which every instance would get: {more}", image.id);
            return stuck(Stage::Image, why, Some(Part::Image));
        }
        self.no_builder().unwrap_or_else(|| Next::Do(Act::RequestSpot { image: image.id.clone() }))
    }

    fn volume(&self) -> Next {
        let Some(id) = self.memory.volume.clone() else {
            return match &self.recipe.home {
                Home::New { .. } => Next::Do(Act::CreateVolume),
                Home::Existing { id, .. } => Next::Record(Fact::Learnt(super::fact::Thing::Volume(id.clone()))),
            };
        };
        match self.seen.volumes.get(&id) {
            None => shown(Stage::Volume, &id),
            Some(volume) => self.check_volume(volume).unwrap_or_else(|| self.builder(volume)),
        }
    }

    fn check_volume(&self, volume: &Volume) -> Option<Next> {
        let (id, zone) = (&volume.id, &volume.availability_zone);
        if *zone != self.recipe.zone {
            let why = format!("{id} is in {zone}, and everything else would be in {}", self.recipe.zone);
            return Some(stuck(Stage::Volume, why, None));
        }
        if volume.multi_attach {
            let why = format!("{id} allows multi-attach: an attachment of it is no lock, and ext4 would be corrupted");
            return Some(stuck(Stage::Volume, why, None));
        }
        let is_builder = |instance: &InstanceId| self.seen.builders.contains_key(instance);
        let stranger = volume.holders().find(|held| !held.instance.as_ref().is_some_and(is_builder));
        if let Some(held) = stranger {
            let holder = held.instance.as_ref().map_or("a service of AWS", InstanceId::as_str);
            let why = format!("{id} is {} to {holder}; detach it there first", held.state);
            return Some(stuck(Stage::Volume, why, None));
        }
        match &volume.state {
            VolumeState::Creating => Some(moves(Stage::Volume, format!("{id} to be made"))),
            VolumeState::Available | VolumeState::InUse => None,
            state => Some(stuck(Stage::Volume, format!("{id} is {state}"), None)),
        }
    }

    fn builder(&self, home: &Volume) -> Next {
        if let Some(next) = self.no_old_builder(home) {
            return next;
        }
        let Some(id) = &self.memory.builder else { return Next::Do(Act::RunBuilder) };
        let Some(builder) = self.seen.builders.get(id) else { return shown(Stage::Builder, id) };
        if is_over(&builder.state) {
            let why = format!("the builder {id} is {} ({}), before its image was made", builder.state, reason(builder));
            return stuck(self.stage(), why, Some(Part::Builder));
        }
        match &self.memory.verdict {
            None => self.prepare(home, builder),
            Some(Verdict::Ok { .. }) => self.prepared(home, builder),
            Some(Verdict::Refused { reason, sentence }) => {
                let mut why = format!("preparing {} was refused, {reason}: {sentence}", home.id);
                if home.attachment_to(id).is_some() {
                    let _ = write!(why, "; it is still attached to the builder {id}, which is {}", builder.state);
                }
                let (stage, again) = (Stage::Prepare, Some(Part::Builder));
                Next::Stuck(Stuck { stage, why, again, unfit: Unfit::by(reason.as_str()), mute: None })
            }
            Some(Verdict::Failed { step, sentence }) => {
                let why = format!("preparing {} failed at {step}: {sentence}", home.id);
                stuck(Stage::Prepare, why, Some(Part::Builder))
            }
            Some(Verdict::Missing) => {
                let why = format!("the builder {id} stopped without a verdict");
                let (stage, again, mute) = (Stage::Prepare, Some(Part::Builder), Some(id.clone()));
                Next::Stuck(Stuck { stage, why, again, unfit: None, mute })
            }
        }
    }

    fn stage(&self) -> Stage {
        if self.memory.verdict.is_some() { Stage::Customise } else { Stage::Prepare }
    }

    /// The builders of earlier attempts go first, and let go of the home.
    fn no_old_builder(&self, home: &Volume) -> Option<Next> {
        let is_old = |builder: &&Instance| {
            self.memory.old_builders.contains(&builder.id) && builder.state != InstanceState::Terminated
        };
        let old = self.seen.builders.values().find(is_old)?;
        Some(release(home, old).unwrap_or_else(|| match old.state {
            InstanceState::ShuttingDown => moves(Stage::Builder, format!("the builder {} to be gone", old.id)),
            _ => Next::Do(Act::TerminateBuilder { builder: old.id.clone() }),
        }))
    }

    fn prepare(&self, home: &Volume, builder: &Instance) -> Next {
        let (id, console) = (&builder.id, &self.seen.console);
        match &builder.state {
            InstanceState::Pending => moves(Stage::Builder, format!("the builder {id} to run")),
            InstanceState::Running => self.running(home, builder),
            InstanceState::Stopping => moves(Stage::Prepare, format!("the builder {id} to power off")),
            InstanceState::Stopped => {
                let said = console.verdict.clone();
                let judged = |verdict| Fact::Judged { builder: id.clone(), verdict };
                said.map_or_else(|| last_words(id, judged(Verdict::Missing)), |said| Next::Record(judged(said)))
            }
            state => moves(Stage::Builder, format!("the builder {id}, which is {state}")),
        }
    }

    fn running(&self, home: &Volume, builder: &Instance) -> Next {
        let (id, console) = (&builder.id, &self.seen.console);
        // It is about to power off, and is stopped if it does not.
        if let Some(verdict) = console.verdict.clone() {
            let then = Some(Box::new(Fact::Judged { builder: id.clone(), verdict }));
            let what = format!("the builder {id} to power off");
            return Next::Wait(Wait {
                stage: Stage::Prepare,
                what,
                patience: LAST_WORDS,
                then,
                costs: Some(id.clone()),
            });
        }
        match home.attachment_to(id).map(|held| &held.state) {
            None if home.holders().next().is_none() => {
                Next::Do(Act::AttachHome { volume: home.id.clone(), builder: id.clone() })
            }
            None => moves(Stage::Builder, format!("{} to be let go", home.id)),
            Some(AttachmentState::Attached) => {
                let (what, patience) = match (&console.waits_for, &console.step) {
                    (Some(what), _) => (format!("the builder {id}, which waits for {what}"), COPIES),
                    (None, Some(step)) => (format!("the builder {id} to prepare the home: {step}"), COPIES),
                    (None, None) => (format!("the builder {id} to boot and prepare the home"), SPEAKS),
                };
                Next::Wait(Wait { stage: Stage::Prepare, what, patience, then: None, costs: Some(id.clone()) })
            }
            Some(state) => moves(Stage::Builder, format!("{}, which is {state}", home.id)),
        }
    }

    fn prepared(&self, home: &Volume, builder: &Instance) -> Next {
        if self.recipe.pause && !self.memory.customised {
            return self.pause(builder);
        }
        if let Some(next) = release(home, builder) {
            return next;
        }
        match builder.state {
            InstanceState::Stopped => self
                .more_than_the_root(home, builder)
                .unwrap_or_else(|| Next::Do(Act::CreateImage { builder: builder.id.clone() })),
            _ => self.stop(builder),
        }
    }

    /// CreateImage takes every volume that hangs on the instance: the home has to be gone from the instance's own view too,
    /// which lags behind, and so has what its owner attached.
    fn more_than_the_root(&self, home: &Volume, builder: &Instance) -> Option<Next> {
        let mut held = builder.block_devices.iter().filter(|(name, _)| **name != self.recipe.root_device);
        let (name, volume) = held.next()?;
        let id = &builder.id;
        if *volume == home.id {
            return Some(moves(Stage::Detach, format!("EC2 to show {volume} detached from the builder {id}")));
        }
        let why =
            format!("{volume} is attached to the builder {id} as {name}, and would be in the image: detach it first");
        Some(stuck(Stage::Image, why, None))
    }

    fn pause(&self, builder: &Instance) -> Next {
        let id = &builder.id;
        match builder.state {
            // A start of which no good end is known is made again: of a builder that runs it changes nothing.
            InstanceState::Stopped | InstanceState::Running if !self.memory.started => {
                Next::Do(Act::StartBuilder { builder: id.clone() })
            }
            InstanceState::Running => Next::Pause(id.clone()),
            InstanceState::Stopped => {
                let what = format!("the builder {id} to run, which is stopped ({})", reason(builder));
                wait(Stage::Customise, what + "; if you stopped it yourself, go on by --continue", SHOWN)
            }
            _ => moves(Stage::Customise, format!("the builder {id} to run")),
        }
    }

    fn stop(&self, builder: &Instance) -> Next {
        stop(builder).unwrap_or_else(|| moves(self.stage(), format!("the builder {} to stop", builder.id)))
    }
}

/// Waits for what a stopped builder may have said, until it has said nothing for too long.
fn last_words(id: &InstanceId, then: Fact) -> Next {
    Next::Wait(Wait {
        stage: Stage::Prepare,
        what: format!("the console of {id}, which lags behind: the builder is stopped"),
        patience: LAST_WORDS,
        then: Some(Box::new(then)),
        costs: None,
    })
}

/// Lets go of the home: from a builder that is stopped, since nothing is mounted there. None when it holds it no more.
fn release(home: &Volume, builder: &Instance) -> Option<Next> {
    let held = home.attachment_to(&builder.id)?;
    Some(match (&builder.state, &held.state) {
        (InstanceState::Stopped, AttachmentState::Detaching | AttachmentState::Busy) => {
            moves(Stage::Detach, format!("{} to be detached from the builder {}", home.id, builder.id))
        }
        (InstanceState::Stopped, _) => {
            Next::Do(Act::DetachHome { volume: home.id.clone(), builder: builder.id.clone() })
        }
        _ => stop(builder).unwrap_or_else(|| moves(Stage::Detach, format!("the builder {} to stop", builder.id))),
    })
}

fn stop(builder: &Instance) -> Option<Next> {
    matches!(builder.state, InstanceState::Running).then(|| Next::Do(Act::StopBuilder { builder: builder.id.clone() }))
}

/// Whether an instance is gone for good, or about to be.
pub(super) fn is_over(state: &InstanceState) -> bool {
    matches!(state, InstanceState::ShuttingDown | InstanceState::Terminated)
}

fn reason(instance: &Instance) -> Text {
    if instance.state_reason.is_empty() { Text::new("no reason given") } else { instance.state_reason.clone() }
}
