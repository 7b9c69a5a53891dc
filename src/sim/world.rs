//! The world: requests, instances, volumes and guests, and what happens to them as time passes.
//!
//! Time is given from outside. What is to happen lies in one ordered queue; an event that the world has meanwhile
//! overtaken carries an old ticket and does nothing. All chance comes from one seeded generator, which calls that
//! only look do not touch: the same changes at the same times make the same world.

mod address;
mod cause;
mod guest;
mod health;
mod image;
mod instance;
mod message;
mod operator;
mod order;
mod permit;
mod prepare;
mod script;
mod spot;
mod token;
mod view;
mod volume;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use self::address::Addresses;
pub(super) use self::address::IN_SUBNET;
pub use self::cause::Cause;
pub(super) use self::guest::uuid;
pub use self::health::Check;
pub(super) use self::image::{Picture, Want, Wanted};
pub(super) use self::order::{Order, Terms, check_change};
use self::script::Script;
use self::token::Tokens;
pub use self::view::View;
use super::account::Account;
use super::guest::Guest;
use super::prices::Prices;
use super::records::{Instance, Records, Request, Volume};
use super::scenario::{Knobs, Lag};
use super::timing::{Delay, Timing};
use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// One line of what happened, in plain English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryLine {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub text: String,
}

/// How many lines of the story wait for a reader.
const LONGEST_STORY: usize = 10_000;

/// The embedded EC2's world.
#[derive(Debug)]
pub struct World {
    /// How long things take.
    pub timing: Timing,
    /// The open points, and rare mishaps.
    pub knobs: Knobs,
    /// How far each view lags behind.
    pub lag: Lag,
    pub(super) region: String,
    pub(super) zones: Vec<String>,
    pub(super) account: Account,
    pub(super) prices: Prices,
    pub(super) records: Records,
    pub(super) guests: BTreeMap<InstanceId, Guest>,
    now: Timestamp,
    rng: Rng,
    queue: BTreeMap<(Timestamp, u64), Event>,
    sequence: u64,
    past: VecDeque<(Timestamp, Arc<Records>)>,
    addresses: Addresses,
    story: VecDeque<StoryLine>,
    scripts: Vec<Script>,
    /// How far back looks may have to go besides the lag.
    memory: Duration,
    /// How far back the look of this moment goes besides the lag.
    stale: Duration,
    stuck_once: BTreeSet<VolumeId>,
    /// The volumes whose key EC2 may not use.
    bad_keys: BTreeSet<VolumeId>,
    /// The images that once were there.
    deregistered: BTreeSet<String>,
    /// The volumes that no view shows attached any more and that cannot be deleted yet: who held them, and until when.
    lingering: BTreeMap<VolumeId, (InstanceId, Timestamp)>,
    /// The device names from which volumes were torn, until the instance boots again.
    torn_devices: BTreeSet<(InstanceId, String)>,
    tokens: Tokens,
    /// The instances that EC2 takes back or took back, and why, until they start again.
    interrupted: BTreeMap<InstanceId, Cause>,
}

/// What is to happen. The number is the ticket: that of its subject at the time when the event was planned.
#[derive(Debug, Clone)]
enum Event {
    Request(SpotRequestId, u64, spot::Step),
    Instance(InstanceId, u64, instance::Step),
    Volume(VolumeId, InstanceId, u64, volume::Step),
    Guest(InstanceId, u64, guest::Step),
    /// A volume is made.
    Created(VolumeId),
    /// A volume is gone.
    Deleted(VolumeId),
    /// An image is ready, or has failed.
    Imaged(String, bool),
    /// A snapshot is complete.
    Snapped(String),
    /// The time of a request is over, unless it was changed.
    Expiry(SpotRequestId),
    Script(usize),
}

impl World {
    pub(super) fn new(seed: u64, now: Timestamp, timing: Timing, knobs: Knobs, lag: Lag) -> Self {
        Self {
            timing,
            knobs,
            lag,
            region: String::new(),
            zones: Vec::new(),
            account: Account::default(),
            prices: Prices::new(seed),
            records: Records::default(),
            guests: BTreeMap::new(),
            now,
            rng: Rng::with_seed(seed),
            queue: BTreeMap::new(),
            sequence: 0,
            past: VecDeque::new(),
            addresses: Addresses::default(),
            story: VecDeque::new(),
            scripts: Vec::new(),
            memory: Duration::ZERO,
            stale: Duration::ZERO,
            stuck_once: BTreeSet::new(),
            bad_keys: BTreeSet::new(),
            deregistered: BTreeSet::new(),
            lingering: BTreeMap::new(),
            torn_devices: BTreeSet::new(),
            tokens: Tokens::default(),
            interrupted: BTreeMap::new(),
        }
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets everything happen that is due until `then`. Time never goes backwards: an earlier `then` does nothing.
    pub fn advance_to(&mut self, then: Timestamp) {
        while let Some(due) = self.queue.first_entry().filter(|due| due.key().0 <= then) {
            let ((at, _), event) = due.remove_entry();
            self.now = self.now.max(at);
            self.happen(event);
            self.remember();
        }
        self.now = self.now.max(then);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Request(id, ticket, step) => {
                if self.records.requests.get(&id).is_some_and(|request| request.ticket == ticket) {
                    self.request_step(&id, step);
                }
            }
            Event::Instance(id, ticket, step) => {
                if self.records.instances.get(&id).is_some_and(|instance| instance.ticket == ticket) {
                    self.instance_step(&id, step);
                }
            }
            Event::Volume(id, instance, ticket, step) => self.volume_step(&id, &instance, ticket, step),
            Event::Guest(id, ticket, step) => {
                if self.guests.get(&id).is_some_and(|guest| guest.ticket == ticket) {
                    self.guest_step(&id, step);
                }
            }
            Event::Created(id) => self.volume_created(&id),
            Event::Deleted(id) => {
                self.records.volumes.remove(&id);
            }
            Event::Imaged(id, fails) => self.imaged(&id, fails),
            Event::Snapped(id) => self.snapped(&id, false),
            Event::Expiry(id) => self.expire_now(&id),
            Event::Script(index) => self.run_script(index),
        }
    }

    fn plan(&mut self, after: Duration, event: Event) {
        let order = self.new_ticket();
        self.queue.insert((later(self.now, after), order), event);
    }

    /// A ticket that no event carries yet.
    fn new_ticket(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    fn draw(&mut self, delay: Delay) -> Duration {
        delay.draw(&mut self.rng)
    }

    pub(super) fn tell(&mut self, text: impl Into<String>) {
        if self.story.len() == LONGEST_STORY {
            self.story.pop_front();
        }
        self.story.push_back(StoryLine { at: self.now, text: text.into() });
    }

    pub(super) fn take_story(&mut self) -> Vec<StoryLine> {
        std::mem::take(&mut self.story).into()
    }

    /// An id that nothing has yet.
    fn fresh<T: FromStr + Ord>(&mut self, prefix: &str, used: impl Fn(&Self, &T) -> bool) -> T {
        loop {
            let drawn = format!("{prefix}0{:016x}", self.rng.u64(..));
            if let Ok(id) = drawn.parse::<T>()
                && !used(self, &id)
            {
                return id;
            }
        }
    }

    /// The true records, whatever the views show.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The true records, to plant things in: hostile text, unknown states, a volume that somebody deleted.
    pub fn records_mut(&mut self) -> &mut Records {
        &mut self.records
    }

    /// The request with this id.
    #[must_use]
    pub fn request(&self, id: &SpotRequestId) -> Option<&Request> {
        self.records.requests.get(id)
    }

    /// The instance with this id.
    #[must_use]
    pub fn instance(&self, id: &InstanceId) -> Option<&Instance> {
        self.records.instances.get(id)
    }

    /// The volume with this id.
    #[must_use]
    pub fn volume(&self, id: &VolumeId) -> Option<&Volume> {
        self.records.volumes.get(id)
    }

    /// The guests of all instances that there ever were.
    #[must_use]
    pub fn guests(&self) -> &BTreeMap<InstanceId, Guest> {
        &self.guests
    }
}

/// A moment later, as far as the calendar goes.
pub(super) fn later(then: Timestamp, by: Duration) -> Timestamp {
    then.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A moment earlier, as far as the calendar goes.
pub(super) fn earlier(then: Timestamp, by: Duration) -> Timestamp {
    then.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// The moment in whole seconds, as EC2 keeps its times.
pub(super) fn whole_seconds(then: Timestamp) -> Timestamp {
    Timestamp::from_second(then.as_second()).unwrap_or(then)
}

/// A list for a sentence: `a`, or `a and b`, or `nothing`.
fn listed<T: Display>(things: &[T]) -> String {
    if things.is_empty() {
        return "nothing".to_owned();
    }
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
