//! The facts of a creation and of an ending, each a line of the ledger, and the memory that they fold into.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::{Act, Stage};
use super::ending::Retirement;
use super::place::Place;
use super::recipe::Recipe;
use super::seen::Seen;
use super::verdict::Verdict;
use crate::model::{Fate, ImageId, InstanceId, SpotRequestId, VolumeId, age};
use crate::plan::Outcome;

/// How long after something was made EC2 may not show it. New spot requests have been seen to take half a minute.
const NEW: std::time::Duration = std::time::Duration::from_mins(2);

/// What is made under a token of its own, and can be made again under another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The home volume.
    Volume,
    /// The builder.
    Builder,
    /// The image.
    Image,
    /// The spot request.
    Request,
}

impl Part {
    fn stage(self) -> Stage {
        match self {
            Self::Volume => Stage::Volume,
            Self::Builder => Stage::Builder,
            Self::Image => Stage::Image,
            Self::Request => Stage::Request,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Volume => "volume",
            Self::Builder => "builder",
            Self::Image => "image",
            Self::Request => "request",
        })
    }
}

/// Something that was made, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "thing", content = "id", rename_all = "kebab-case")]
pub enum Thing {
    /// The home volume.
    Volume(VolumeId),
    /// A builder.
    Builder(InstanceId),
    /// The image.
    Image(ImageId),
    /// The spot request.
    Request(SpotRequestId),
    /// An instance that the request launched.
    Instance(InstanceId),
}

impl Thing {
    /// The part of a creation that it is; none for what others make.
    fn part(&self) -> Option<Part> {
        match self {
            Self::Volume(_) => Some(Part::Volume),
            Self::Builder(_) => Some(Part::Builder),
            Self::Image(_) => Some(Part::Image),
            Self::Request(_) => Some(Part::Request),
            Self::Instance(_) => None,
        }
    }
}

/// Something that happened, or is about to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// A creation begins; what was before does not matter to it.
    Begun {
        /// Its recipe.
        recipe: Box<Recipe>,
        /// Where; older ledgers do not say.
        #[serde(default)]
        place: Option<Place>,
    },
    /// An act is about to be performed.
    Intended {
        /// The act.
        act: Act,
    },
    /// It ended.
    Ended {
        /// The act.
        act: Act,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The id of something that was made became known.
    Learnt(Thing),
    /// The builder said how preparing ended, or never did.
    Judged {
        /// The builder.
        builder: InstanceId,
        /// Its verdict.
        verdict: Verdict,
    },
    /// One part is made once more.
    Again {
        /// Which.
        part: Part,
    },
    /// The owner says that the builder is as he wants it.
    Customised,
    /// The machine stands in the configuration: the creation is over.
    Finished,
    /// What was made is to be removed.
    UndoBegun {
        /// Whether the volume that was made is to be deleted too.
        delete_volume: bool,
    },
    /// It is removed.
    Undone,
    /// The machine is to be retired.
    RetireBegun {
        /// What that means.
        retirement: Box<Retirement>,
        /// Where; older ledgers do not say.
        #[serde(default)]
        place: Option<Place>,
    },
    /// It is retired.
    Retired,
}

impl Fact {
    /// The stage that it belongs to.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Begun { .. } => Stage::Volume,
            Self::Intended { act } | Self::Ended { act, .. } => act.stage(),
            Self::Learnt(thing) => thing.part().map_or(Stage::Request, Part::stage),
            Self::Again { part } => part.stage(),
            Self::Judged { .. } => Stage::Prepare,
            Self::Customised => Stage::Customise,
            Self::Finished => Stage::Config,
            Self::UndoBegun { .. } | Self::RetireBegun { .. } => Stage::End,
            Self::Undone | Self::Retired => Stage::Forget,
        }
    }
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub fact: Fact,
}

/// Where a machine's making and ending stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing was begun, or all of it is over and gone.
    #[default]
    Nothing,
    /// It is being made.
    Creating,
    /// It was made.
    Created,
    /// What was made is being removed; whether the volume too.
    Undoing(bool),
    /// It is being retired.
    Retiring(Box<Retirement>),
}

/// What the ledger's lines come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Where it stands.
    pub phase: Phase,
    /// Where it was begun, when the ledger says so.
    pub place: Option<Place>,
    /// The recipe, as long as something of it may be left.
    pub recipe: Option<Recipe>,
    /// The home volume.
    pub volume: Option<VolumeId>,
    /// The builder of this attempt.
    pub builder: Option<InstanceId>,
    /// The builders of earlier attempts.
    pub old_builders: BTreeSet<InstanceId>,
    /// What the builder of this attempt said.
    pub verdict: Option<Verdict>,
    /// Whether the builder is known to have been started for its owner.
    pub started: bool,
    /// Whether its owner is done with it.
    pub customised: bool,
    /// The image.
    pub image: Option<ImageId>,
    /// Images of earlier attempts, which failed.
    pub old_images: BTreeSet<ImageId>,
    /// The spot request.
    pub request: Option<SpotRequestId>,
    /// Requests of earlier attempts.
    pub old_requests: BTreeSet<SpotRequestId>,
    /// The instances that were seen to fulfil a request.
    pub instances: BTreeSet<InstanceId>,
    /// How often each part was begun anew.
    again: BTreeMap<Part, u32>,
    /// The acts that ended well.
    done: Vec<Act>,
    /// The act that may have made something, and whose answer is not known.
    open: Option<Act>,
    /// When that act was last about to be tried.
    tried_at: Option<Timestamp>,
    /// When each part of this attempt became known.
    known_at: BTreeMap<Part, Timestamp>,
}

impl Memory {
    /// What these lines come to.
    #[must_use]
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut memory = Self::default();
        for line in lines {
            memory.take(line);
        }
        memory
    }

    /// Takes one more line in.
    pub fn take(&mut self, line: &Line) {
        self.apply(&line.fact);
        match &line.fact {
            Fact::Intended { act } if act.makes() => self.tried_at = Some(line.at),
            Fact::Learnt(thing) => {
                self.known_at.extend(thing.part().map(|part| (part, line.at)));
            }
            _ => {}
        }
    }

    /// What was made, or may have been, less than two minutes ago and is not shown: EC2 shows new things after half a
    /// minute. Whoever removes things waits for it, since nothing would remove it later; not for what the ledger says was
    /// ended already, which EC2 forgets.
    #[must_use]
    pub fn unseen(&self, seen: &Seen, now: Timestamp) -> Option<String> {
        // Of a machine that is retired nothing but its request is looked for.
        let retired = match &self.phase {
            Phase::Retiring(retirement) => Some(retirement.request.to_string()),
            _ => None,
        };
        let is_meant = |part, id: &String| retired.as_ref().is_none_or(|own| part == Part::Request && own == id);
        let is_new = |at: Option<&Timestamp>| at.is_some_and(|at| age(now, *at) < NEW);
        let open = self.open.as_ref().filter(|_| retired.is_none() && is_new(self.tried_at.as_ref()));
        let unknown = open.filter(|act| match act {
            Act::CreateVolume => self.volume.is_none(),
            Act::RunBuilder => self.builder.is_none(),
            Act::CreateImage { .. } => self.image.is_none(),
            _ => self.request.is_none(),
        });
        let known = self.known(seen).into_iter().find_map(|(part, id, is_shown, end)| {
            let is_unseen = is_new(self.known_at.get(&part)) && !is_shown && !self.has_done(&end);
            (is_unseen && is_meant(part, &id)).then_some(id)
        });
        unknown.map(|act| format!("what became of {act}")).or(known)
    }

    /// Whether anything is known to have been made.
    #[must_use]
    pub fn names_something(&self) -> bool {
        self.volume.is_some() || self.builder.is_some() || self.image.is_some() || self.request.is_some()
    }

    /// What was made: its part, its id, whether it is shown, and the act that ends it.
    fn known(&self, seen: &Seen) -> Vec<(Part, String, bool, Act)> {
        let request = self.request.clone().map(|request| {
            let is_shown = seen.requests.contains_key(&request);
            (Part::Request, request.to_string(), is_shown, Act::CancelRequest { request })
        });
        let builder = self.builder.clone().map(|builder| {
            let is_shown = seen.builders.contains_key(&builder);
            (Part::Builder, builder.to_string(), is_shown, Act::TerminateBuilder { builder })
        });
        let image = self.image.clone().map(|image| {
            let is_shown = seen.image.as_ref().is_some_and(|shown| shown.id == image);
            (Part::Image, image.to_string(), is_shown, Act::DeregisterImage { image })
        });
        let volume = self.volume.clone().map(|volume| {
            let is_shown = seen.volumes.contains_key(&volume);
            (Part::Volume, volume.to_string(), is_shown, Act::DeleteVolume { volume })
        });
        [request, builder, image, volume].into_iter().flatten().collect()
    }

    /// The number of this attempt at a part, from 1.
    #[must_use]
    pub fn attempt(&self, part: Part) -> u32 {
        self.again.get(&part).copied().unwrap_or_default().saturating_add(1)
    }

    /// Whether an act ended well.
    #[must_use]
    pub fn has_done(&self, act: &Act) -> bool {
        self.done.contains(act)
    }

    /// Takes one more fact in.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Begun { recipe, place } => {
                let (recipe, place) = (Some((**recipe).clone()), place.clone());
                *self = Self { recipe, place, phase: Phase::Creating, ..Self::default() };
            }
            Fact::Intended { act } => {
                if act.makes() {
                    self.open = Some(act.clone());
                }
            }
            Fact::Ended { act, outcome } => {
                let is_known = match outcome {
                    Outcome::Done => true,
                    Outcome::Failed(failure) => failure.fate == Fate::NotDone,
                };
                if is_known && self.open.as_ref() == Some(act) {
                    self.open = None;
                }
                if *outcome == Outcome::Done && !self.has_done(act) {
                    self.started |= matches!(act, Act::StartBuilder { .. });
                    self.done.push(act.clone());
                }
            }
            Fact::Learnt(thing) => self.learn(thing),
            Fact::Judged { builder, verdict } => {
                if self.builder.as_ref() == Some(builder) {
                    self.verdict = Some(verdict.clone());
                }
            }
            Fact::Again { part } => self.begin_anew(*part),
            Fact::Customised => self.customised = true,
            Fact::Finished => self.phase = Phase::Created,
            Fact::UndoBegun { delete_volume } => self.phase = Phase::Undoing(*delete_volume),
            Fact::RetireBegun { retirement, place } => {
                if self.request.as_ref() != Some(&retirement.request) {
                    // They are of the request that was made, which lives on under another name, or is over.
                    self.instances.clear();
                }
                self.phase = Phase::Retiring(retirement.clone());
                self.place = place.clone().or(self.place.take());
            }
            Fact::Undone | Fact::Retired => *self = Self::default(),
        }
    }

    fn learn(&mut self, thing: &Thing) {
        match thing {
            Thing::Volume(id) => self.volume = Some(id.clone()),
            Thing::Builder(id) => self.builder = Some(id.clone()),
            Thing::Image(id) => self.image = Some(id.clone()),
            Thing::Request(id) => self.request = Some(id.clone()),
            Thing::Instance(id) => {
                self.instances.insert(id.clone());
            }
        }
    }

    fn begin_anew(&mut self, part: Part) {
        *self.again.entry(part).or_default() += 1;
        match part {
            Part::Volume => {}
            Part::Builder => {
                self.old_builders.extend(self.builder.take());
                (self.verdict, self.started, self.customised) = (None, false, false);
            }
            Part::Image => self.old_images.extend(self.image.take()),
            Part::Request => self.old_requests.extend(self.request.take()),
        }
    }
}
