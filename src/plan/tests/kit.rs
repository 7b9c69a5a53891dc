//! A world to plan for: one machine whose volume is free and whose instance runs, unless a test says otherwise.

mod things;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub(super) use things::*;
pub(super) use words::*;

use crate::config::{Config, HomeVolume, Machine, Mode};
use crate::model::{
    Attachment, AttachmentState, Claim, FailureKind, Fate, Instance, InstanceState, Keeper, Look, NameEntry,
    NameTarget, NamesOnDisk, Now, Observation, RequestState, SpotRequest, Text, Volume, VolumeState,
};
use crate::plan::{
    Action, Authority, Entry, Fact, Inputs, MachinePlan, Memory, Outcome, Setback, Setbacks, Sightings, Wishes,
};

/// Everything that a plan depends on, owned.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) config: Config,
    pub(super) seen: Observation,
    pub(super) memory: Memory,
    pub(super) sightings: Sightings,
    pub(super) setbacks: Setbacks,
    pub(super) authority: Authority,
    pub(super) wishes: Wishes,
    pub(super) keeper: Option<Keeper>,
    pub(super) now: Now,
}

impl World {
    /// The request is fulfilled with [`OWN`], which has run for a minute; [`HOME`] is free; auto mode.
    pub(super) fn new() -> Self {
        let now = Now { wall: noon(), monotonic: seconds(1_000) };
        let mut seen = Observation {
            requests: Look { at: noon(), seen: BTreeMap::new() },
            instances: Look { at: noon(), seen: BTreeMap::new() },
            volumes: Look { at: noon(), seen: BTreeMap::new() },
            names: NamesOnDisk::default(),
        };
        seen.requests.seen.insert(sir(REQUEST), spot_request());
        seen.instances.seen.insert(i(OWN), instance(OWN, "running"));
        seen.volumes.seen.insert(vol(HOME), volume(HOME));
        Self {
            config: config(),
            seen,
            memory: Memory::default(),
            sightings: Sightings::default(),
            setbacks: Setbacks::default(),
            authority: Authority { mode: Mode::Auto, yes_to_all: false },
            wishes: Wishes::default(),
            keeper: Some(KEEPER.parse().unwrap()),
            now,
        }
    }

    /// The same with a second volume, [`DATA`].
    pub(super) fn with_two_volumes() -> Self {
        let mut world = Self::new();
        let data = HomeVolume { id: vol(DATA), device: "/dev/sdf".parse().unwrap() };
        world.machine().volumes.push(data);
        world.seen.volumes.seen.insert(vol(DATA), volume(DATA));
        world
    }

    /// [`HOME`] was attached here a minute ago by this program, and its reboot is owed.
    pub(super) fn owing() -> Self {
        let mut world = Self::new();
        world.attach_here(HOME);
        world.pass(60);
        world
    }

    /// Connected for an hour, rebooted, and published.
    pub(super) fn settled() -> Self {
        let mut world = Self::owing();
        world.reboot_done();
        world.publish(OWN, ADDRESS);
        world.pass(3_600);
        world
    }

    pub(super) fn machine(&mut self) -> &mut Machine {
        &mut self.config.machines[0]
    }

    pub(super) fn request(&mut self) -> &mut SpotRequest {
        self.seen.requests.seen.get_mut(&sir(REQUEST)).unwrap()
    }

    pub(super) fn status(&mut self, state: &str, code: &str) {
        let request = self.request();
        (request.state, request.status_code) = (RequestState::from(state), Text::new(code));
    }

    /// The instance with this id; one that runs, launched by nobody known, if there was none.
    pub(super) fn instance(&mut self, id: &str) -> &mut Instance {
        self.seen.instances.seen.entry(i(id)).or_insert_with(|| instance(id, "running"))
    }

    pub(super) fn volume(&mut self, id: &str) -> &mut Volume {
        self.seen.volumes.seen.get_mut(&vol(id)).unwrap()
    }

    /// EC2 shows the volume on the instance, in this state, since so many seconds.
    pub(super) fn show_attachment(&mut self, id: &str, to: &str, state: &str, since: i64) {
        let attach_time = Some(self.ago(since));
        let attachment = Attachment {
            instance: Some(i(to)),
            device: Text::new("/dev/sdp"),
            state: AttachmentState::from(state),
            attach_time,
            delete_on_termination: false,
        };
        let volume = self.volume(id);
        (volume.state, volume.attachments) = (VolumeState::InUse, vec![attachment]);
    }

    /// The volume is held by another instance, launched by this machine's request or not.
    pub(super) fn held_by(&mut self, holder: &str, state: &str, ours: bool) {
        let instance = self.instance(holder);
        instance.state = InstanceState::from(state);
        instance.spot_request = ours.then(|| sir(REQUEST));
        self.show_attachment(HOME, holder, "attached", 3_600);
    }

    /// This program attaches the volume to [`OWN`] now, and EC2 shows it at once.
    pub(super) fn attach_here(&mut self, id: &str) {
        self.fact(attach_intended(id, OWN, "/dev/sdp"));
        self.fact(Fact::AttachEnded { volume: vol(id), instance: i(OWN), outcome: Outcome::Done });
        self.show_attachment(id, OWN, "attached", 0);
    }

    /// A keeper says this of the reboot of [`OWN`].
    pub(super) fn claims(&mut self, keeper: &str, claim: Claim) {
        self.instance(OWN).claims.insert(keeper.parse().unwrap(), claim);
    }

    /// When [`HOME`] was attached where it is.
    pub(super) fn attach_time(&mut self) -> Timestamp {
        self.volume(HOME).attachments[0].attach_time.unwrap()
    }

    pub(super) fn reboot_done(&mut self) {
        self.fact(Fact::RebootIntended { instance: i(OWN) });
        self.fact(Fact::RebootEnded { instance: i(OWN), outcome: Outcome::Done });
    }

    /// The hosts file says so.
    pub(super) fn publish(&mut self, instance: &str, address: &str) {
        let entry = NameEntry {
            instance: i(instance),
            address: address.parse().unwrap(),
            hostnames: self.machine().hostnames.clone(),
            ssh_user: None,
        };
        let name = self.machine().name.clone();
        self.seen.names.entries.entry(NameTarget::Hosts).or_default().insert(name, entry);
    }

    pub(super) fn mode(&mut self, mode: Mode) {
        self.authority.mode = mode;
    }

    pub(super) fn ago(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.now.wall.as_second() - seconds).unwrap()
    }

    /// Time passes.
    pub(super) fn pass(&mut self, passed: u64) {
        self.now = Now { wall: self.now.wall + seconds(passed), monotonic: self.now.monotonic + seconds(passed) };
    }

    /// The journal takes a fact in, dated now.
    pub(super) fn fact(&mut self, fact: Fact) {
        let (at, machine) = (self.now.wall, self.machine().name.clone());
        self.memory.apply(&Entry { at, machine, fact });
    }

    /// A step failed just now, and rests for ten seconds.
    pub(super) fn fails(&mut self, action: Action, kind: FailureKind) {
        let failure = failure(kind, Fate::NotDone);
        let setback = Setback { failure, times: 1, until: self.now.monotonic + seconds(10) };
        self.setbacks.insert((self.config.machines[0].name.clone(), action), setback);
    }

    /// The plan for the first machine, with nothing remembered of it.
    pub(super) fn plan(&self) -> MachinePlan {
        self.plans().swap_remove(0)
    }

    pub(super) fn plans(&self) -> Vec<MachinePlan> {
        crate::plan::plan(&Inputs {
            config: &self.config,
            observation: &self.seen,
            memory: &self.memory,
            sightings: &self.sightings,
            setbacks: &self.setbacks,
            authority: self.authority,
            keeper: self.keeper.as_ref(),
            wishes: &self.wishes,
            now: self.now,
        })
    }

    /// One complete look: a plan of which sights and notes are remembered.
    pub(super) fn look(&mut self) -> MachinePlan {
        let plan = self.plan();
        self.sightings.remember(plan.sights.clone(), self.now.monotonic);
        for fact in plan.notes.clone() {
            self.fact(fact);
        }
        plan
    }

    /// The plan of a look that follows another by so many seconds.
    pub(super) fn look_twice(&mut self, apart: u64) -> MachinePlan {
        self.look();
        self.pass(apart);
        self.look()
    }

    pub(super) fn has_noted_nothing(&self) -> bool {
        self.plan().notes.is_empty()
    }
}
