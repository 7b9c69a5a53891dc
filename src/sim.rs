//! An embedded EC2: a world with time in it, behind the HTTP seam of the AWS SDK.
//!
//! Nobody should have to rent machines, wait for interruptions or lose a home directory to find out whether a
//! program copes with EC2. So here is one that interrupts, replaces, refuses and loses answers as EC2 does, in virtual
//! time and by a seed. It is reached through the real SDK, which serialises, signs, retries and parses as ever:
//!
//! ```ignore
//! let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse()?, 1.0);
//! let scenario = Scenario::parse(include_str!("../assets/demo.toml"))?;
//! let sim = Sim::new(&scenario, scenario.seed, clock)?;
//! let config = aws_sdk_ec2::Config::builder().http_client(sim.http_client());
//! ```
//!
//! | part | what it owns |
//! |---|---|
//! | `world` | requests, instances, volumes, guests, and what time does to them |
//! | `records`, `launch`, `images`, `guest` | what is kept of each |
//! | `hardware` | what instance types are made of |
//! | `contents`, `prepare` | what is written on volumes, and the script that makes a home of one |
//! | `account`, `access`, `prices` | what a fresh account holds, and what it would pay |
//! | `scenario`, `timing`, `span` | the world at its beginning, how long things take, what happens by itself |
//! | `front` | what a call meets before the world: throttling, permissions, faults, the record of calls |
//! | `fault`, `throttle` | what goes wrong with calls, on purpose or by chance; the token buckets |
//! | `policy` | an IAM policy document, and what it allows |
//! | `wire` | EC2's query requests in, EC2's XML out |
//! | `connector` | the SDK's HTTP seam |
//! | `server` | the same over a port, for every other AWS client, and control calls beside it |
//!
//! No generator here is shared with anybody, and calls that only look draw nothing that the world's fate hangs on.

mod access;
mod account;
mod call;
mod connector;
mod contents;
mod fault;
mod front;
mod guest;
mod hardware;
mod images;
mod launch;
mod policy;
mod prepare;
mod prices;
mod records;
mod refusal;
mod scenario;
mod server;
mod span;
mod stalled;
mod throttle;
mod timing;
mod wire;
mod world;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::call::{Call, Outcome};
pub use self::contents::{Contents, Fstab, HomeDisk, HomeNeed, HomeState};
pub use self::fault::{Effect, Fault, FaultSpec, Trouble, TroubleKind};
pub use self::front::{Delivery, HttpReply, Served};
pub use self::guest::{Boot, Guest, Home, Interval, Phase};
pub use self::images::{Ebs, Image, Mapped, MappedTo, Snapshot};
pub use self::launch::{Device, Disk, Interface, Launch};
pub use self::policy::{Policy, PolicyError};
pub use self::prepare::{Mishap, Prepare, PrepareStep, Settings};
pub use self::records::{Attachment, Capacity, Instance, Records, Request, Status, StoppedBy, Tags, Volume};
pub use self::refusal::Refusal;
pub use self::scenario::{
    Action, Attach, AttachedSpec, DeviceSpec, EventSpec, GroupSpec, GuestSpec, ImageSpec, InstanceSpec, Knobs, Lag,
    RequestSpec, RuleSpec, Scenario, ScenarioError, VolumeSpec,
};
pub use self::server::serve;
pub use self::timing::{Delay, Timing};
pub use self::world::{Cause, Check, StoryLine, View, World};

use self::fault::Bursts;
use self::front::Front;
use crate::clock::Clock;
use crate::model::{InstanceId, SpotRequestId, VolumeId};

/// The account that everything here belongs to.
pub const ACCOUNT: &str = "123456789012";

/// Who calls, whatever his credentials say.
const CALLER: &str = "arn:aws:iam::123456789012:user/spotkeeper";

/// The policy that users are told to give spotkeeper: demonstration and tests play under it.
pub const SHIPPED_POLICY: &str = include_str!("../assets/iam-policy.json");

/// A handle on an embedded EC2. Cheap to clone; clones share one world.
///
/// Whatever is asked of it, the world is first brought to the time of the clock that it was made with.
#[derive(Debug, Clone)]
pub struct Sim {
    inside: Arc<Mutex<Inside>>,
    clock: Clock,
}

#[derive(Debug)]
struct Inside {
    world: World,
    front: Front,
}

impl Sim {
    /// The world of a scenario, beginning now by this clock.
    ///
    /// # Errors
    /// When the scenario names a thing that it does not contain, or contains one twice.
    pub fn new(scenario: &Scenario, seed: u64, clock: Clock) -> Result<Self, ScenarioError> {
        let begin = clock.now().wall;
        let mut world = scenario.build(seed, begin)?;
        let faults = scenario.faults.iter().map(|fault| fault.at(begin)).collect();
        let mut front = Front::new(seed, faults);
        let policy = scenario.policy.as_deref().map(Policy::parse).transpose()?;
        let scp = scenario.scp.as_deref().map(Policy::parse).transpose()?;
        for action in policy.iter().chain(&scp).flat_map(Policy::unserved) {
            world.tell(format!("a policy names {action}, and no call that is served here is called so"));
        }
        front.restrict_to(policy);
        front.restrict_account_to(scp);
        if let Some(plan) = &scenario.trouble {
            front.expect_trouble(Bursts::new(plan.clone(), seed, begin));
        }
        world.keep_past(front.longest_stale());
        let inside = Inside { world, front };
        Ok(Self { inside: Arc::new(Mutex::new(inside)), clock })
    }

    /// Serves one call, given as the query of its URL and its body, both form-encoded; either may be empty.
    #[must_use]
    pub fn serve(&self, query: &str, body: &[u8]) -> Served {
        self.serve_for(None, query, body)
    }

    /// The same for whoever signed it with this access key.
    fn serve_for(&self, access_key: Option<&str>, query: &str, body: &[u8]) -> Served {
        let mut inside = self.lock();
        let Inside { world, front } = &mut *inside;
        front.serve(world, query, body, access_key)
    }

    /// Refuses one call before anything else happens with it.
    fn refuse(&self, query: &str, body: &[u8], refusal: Refusal) -> Served {
        let mut inside = self.lock();
        let Inside { world, front } = &mut *inside;
        front.refuse(world, query, body, refusal)
    }

    /// The region that it is.
    #[must_use]
    pub fn region(&self) -> String {
        self.lock().world.region.clone()
    }

    /// Looks at the world as it truly is, or plants something in it.
    pub fn with_world<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        let mut inside = self.lock();
        let result = with(&mut inside.world);
        inside.world.remember();
        result
    }

    /// Puts the clock forward, and lets everything happen that is due by then.
    pub fn advance(&self, by: Duration) {
        self.clock.put_forward(by);
        drop(self.lock());
    }

    /// EC2 takes a spot instance back: two minutes' notice, which a hibernation does not get.
    ///
    /// # Errors
    /// When there is no such instance, it does not run, or it is no spot instance.
    pub fn interrupt(&self, instance: &InstanceId) -> Result<(), Refusal> {
        self.with_world(|world| world.interrupt(instance, false))
    }

    /// As [`Sim::interrupt`], but the replacement may come while the old instance still runs and holds its volumes.
    ///
    /// # Errors
    /// As for [`Sim::interrupt`].
    pub fn interrupt_with_early_replacement(&self, instance: &InstanceId) -> Result<(), Refusal> {
        self.with_world(|world| world.interrupt(instance, true))
    }

    /// Sets whether there is capacity for a request. An instance that runs already is not touched.
    ///
    /// # Errors
    /// When there is no such request.
    pub fn set_capacity(&self, request: &SpotRequestId, capacity: Capacity) -> Result<(), Refusal> {
        self.with_world(|world| world.set_capacity(request, capacity))
    }

    /// The owner terminates an instance; a persistent request notices later, and asks for another.
    ///
    /// # Errors
    /// When there is no such instance.
    pub fn terminate(&self, instance: &InstanceId) -> Result<(), Refusal> {
        self.with_world(|world| world.terminate(instance))
    }

    /// The owner stops a running instance.
    ///
    /// # Errors
    /// When there is no such instance, it does not run, or its request is not active.
    pub fn stop(&self, instance: &InstanceId) -> Result<(), Refusal> {
        self.with_world(|world| world.stop(instance))
    }

    /// The owner starts an instance that he stopped.
    ///
    /// # Errors
    /// When there is no such instance, it is not stopped, or EC2 stopped it.
    pub fn start(&self, instance: &InstanceId) -> Result<(), Refusal> {
        self.with_world(|world| world.start_again(instance))
    }

    /// The owner cancels a request. Its running instance runs on; its stopped one is terminated.
    ///
    /// # Errors
    /// When there is no such request, or it has ended already.
    pub fn cancel(&self, request: &SpotRequestId) -> Result<(), Refusal> {
        self.with_world(|world| world.cancel(request))
    }

    /// A request's time is over, now.
    ///
    /// # Errors
    /// When there is no such request.
    pub fn expire(&self, request: &SpotRequestId) -> Result<(), Refusal> {
        self.with_world(|world| world.expire(request))
    }

    /// Somebody deletes a free volume.
    ///
    /// # Errors
    /// When there is no such volume, or an instance holds it.
    pub fn delete_volume(&self, volume: &VolumeId) -> Result<(), Refusal> {
        self.with_world(|world| world.delete_volume(volume))
    }

    /// Lets the caller do what this policy allows, and nothing else; without one he may do everything.
    pub fn restrict_to(&self, policy: Option<Policy>) {
        self.lock().front.restrict_to(policy);
    }

    /// Lets anybody in the account do what this service control policy allows, and nothing else, whatever his own policy
    /// says. One that only denies stands beside AWS's own, which allows everything.
    pub fn restrict_account_to(&self, policy: Option<Policy>) {
        self.lock().front.restrict_account_to(policy);
    }

    /// Adds something that goes wrong with calls.
    pub fn inject(&self, fault: Fault) {
        let mut inside = self.lock();
        let Inside { world, front } = &mut *inside;
        front.inject(fault);
        world.keep_past(front.longest_stale());
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) {
        self.lock().front.clear_faults();
    }

    /// Every call so far, oldest first; of more than a hundred thousand, the last ones.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().front.calls().cloned().collect()
    }

    /// Every call so far that was to change something, whatever became of it; dry runs are left out.
    #[must_use]
    pub fn mutating_calls(&self) -> Vec<Call> {
        self.lock().front.calls().filter(|call| call.is_mutating()).cloned().collect()
    }

    /// What is known of an instance's guest, also after the instance is forgotten.
    #[must_use]
    pub fn guest(&self, instance: &InstanceId) -> Option<Guest> {
        self.lock().world.guests().get(instance).cloned()
    }

    /// What happened since the last time somebody asked, in plain English; of more than ten thousand lines, the last.
    #[must_use]
    pub fn story(&self) -> Vec<StoryLine> {
        self.lock().world.take_story()
    }

    /// The inside, at the clock's time. A panic elsewhere leaves the world as it was: it is still a world.
    fn lock(&self) -> MutexGuard<'_, Inside> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.world.advance_to(self.clock.now().wall);
        inside
    }
}
