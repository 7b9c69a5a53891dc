//! A desk: an engine's mind, and a small world that it is told of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{self, Config, Environment, Mode};
use crate::engine::core::{Core, Effect, Input, Options, Purpose, Report};
use crate::model::{
    Attachment, AttachmentState, Claims, Failure, FailureKind, Fate, Instance, InstanceState, InterruptionBehavior,
    Look, MachineName, NameEntry, NameTarget, NamesOnDisk, Now, Observation, RequestKind, RequestState, SpotRequest,
    Text, Volume, VolumeState,
};
use crate::plan::{Action, Entry, Fact, Memory, Outcome, StepKind};
use crate::protocol::{Command, MachineView, NumberedStep, Snapshot};

pub(super) const TRAIN: usize = 0;
pub(super) const ATTACH: &str = "perform attach vol-00000000 to i-00000000 as /dev/sdp";
pub(super) const REBOOT: &str = "perform reboot i-00000000";
pub(super) const PUBLISH: &str = "perform publish 10.0.0.1 of i-00000000 in the hosts file";

/// An engine's mind with the time and the world that it is told.
pub(super) struct Desk {
    pub(super) core: Core,
    pub(super) now: Now,
    pub(super) seen: Observation,
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// The name of the machine with this number.
pub(super) fn name(machine: usize) -> MachineName {
    format!("train{machine}").parse().unwrap()
}

pub(super) fn failure(kind: FailureKind) -> Failure {
    Failure { kind, fate: Fate::NotDone, tried: Text::new("a call"), why: Text::new("EC2 said no") }
}

pub(super) fn failed(kind: FailureKind) -> Outcome {
    Outcome::Failed(failure(kind))
}

/// This program is about to attach the first machine's volume, and owes a reboot from then on.
fn attach_intended() -> Fact {
    Fact::AttachIntended {
        volume: "vol-00000000".parse().unwrap(),
        instance: "i-00000000".parse().unwrap(),
        device: "/dev/sdp".parse().unwrap(),
        reboot_owed: true,
    }
}

fn configuration(machines: usize) -> Config {
    let machine = |n| {
        format!(
            "[[machine]]\nname = \"train{n}\"\nspot_request = \"sir-{n:08}\"\nhostnames = [\"train{n}.test\"]\naddress = \
             \"private\"\n[[machine.volume]]\nid = \"vol-{n:08}\"\ndevice = \"/dev/sdp\"\n"
        )
    };
    let text: String = (0..machines).map(machine).collect();
    let environment = Environment { home: Some(PathBuf::from("/home/u")), ..Environment::default() };
    config::parse("test.toml", &text, &environment).unwrap_or_else(|error| panic!("{error}"))
}

fn observation(machines: usize) -> Observation {
    let look = |seen| Look { at: noon(), seen };
    Observation {
        requests: look((0..machines).map(|n| (format!("sir-{n:08}").parse().unwrap(), request(n))).collect()),
        instances: Look {
            at: noon(),
            seen: (0..machines).map(|n| (format!("i-{n:08}").parse().unwrap(), instance(n))).collect(),
        },
        volumes: Look {
            at: noon(),
            seen: (0..machines).map(|n| (format!("vol-{n:08}").parse().unwrap(), volume(n))).collect(),
        },
        names: NamesOnDisk::default(),
    }
}

fn request(n: usize) -> SpotRequest {
    SpotRequest {
        id: format!("sir-{n:08}").parse().unwrap(),
        state: RequestState::Active,
        status_code: Text::new("fulfilled"),
        status_message: Text::default(),
        status_since: None,
        kind: RequestKind::Persistent,
        interruption: InterruptionBehavior::Terminate,
        instance: Some(format!("i-{n:08}").parse().unwrap()),
        valid_until: None,
    }
}

fn instance(n: usize) -> Instance {
    Instance {
        id: format!("i-{n:08}").parse().unwrap(),
        name: Text::default(),
        state: InstanceState::Running,
        state_reason: Text::default(),
        availability_zone: Text::new("us-east-1a"),
        instance_type: Text::new("g5.xlarge"),
        launch_time: Some(noon()),
        public_ip: None,
        private_ip: Some([10, 0, 0, 1 + u8::try_from(n).unwrap()].into()),
        block_devices: BTreeMap::new(),
        spot_request: Some(format!("sir-{n:08}").parse().unwrap()),
        claims: Claims::new(),
    }
}

fn volume(n: usize) -> Volume {
    Volume {
        id: format!("vol-{n:08}").parse().unwrap(),
        state: VolumeState::Available,
        availability_zone: Text::new("us-east-1a"),
        multi_attach: false,
        attachments: Vec::new(),
    }
}

impl Desk {
    /// One machine, whose instance runs and whose volume is free.
    pub(super) fn new(mode: Mode) -> Self {
        Self::with(1, mode)
    }

    /// So many machines like it.
    pub(super) fn with(machines: usize, mode: Mode) -> Self {
        Self::of(machines, Options { mode, yes_to_all: false, mode_is_fixed: false }, true)
    }

    pub(super) fn of(machines: usize, options: Options, may_act: bool) -> Self {
        let now = Now { wall: noon() + seconds(60), monotonic: seconds(1_000) };
        let config = Arc::new(configuration(machines));
        let core = Core::new(config, options, Memory::default(), None, Text::new("us-east-1"), may_act);
        Self { core, now, seen: observation(machines) }
    }

    /// The machine was attached, rebooted and published an hour ago.
    pub(super) fn settled(mode: Mode) -> Self {
        let mut desk = Self::new(mode);
        desk.attach(TRAIN);
        desk.owes();
        let (volume, instance) = ("vol-00000000".parse().unwrap(), desk.instance(TRAIN).id.clone());
        for fact in [
            Fact::AttachSeen { volume, instance: instance.clone(), attach_time: desk.now.wall },
            Fact::RebootIntended { instance: instance.clone() },
            Fact::RebootEnded { instance, outcome: Outcome::Done },
        ] {
            let entry = desk.entry(fact);
            desk.core.memory.apply(&entry);
        }
        desk.publish(TRAIN);
        desk.pass(3_600);
        desk
    }

    pub(super) fn request(&mut self, machine: usize) -> &mut SpotRequest {
        self.seen.requests.seen.values_mut().nth(machine).unwrap()
    }

    pub(super) fn instance(&mut self, machine: usize) -> &mut Instance {
        self.seen.instances.seen.values_mut().nth(machine).unwrap()
    }

    pub(super) fn volume(&mut self, machine: usize) -> &mut Volume {
        self.seen.volumes.seen.values_mut().nth(machine).unwrap()
    }

    /// EC2 shows the machine's volume attached to its instance from now on.
    pub(super) fn attach(&mut self, machine: usize) {
        let attachment = Attachment {
            instance: Some(self.instance(machine).id.clone()),
            device: Text::new("/dev/sdp"),
            state: AttachmentState::Attached,
            attach_time: Some(self.now.wall),
            delete_on_termination: false,
        };
        let volume = self.volume(machine);
        (volume.state, volume.attachments) = (VolumeState::InUse, vec![attachment]);
    }

    /// A fact about the first machine, dated now.
    pub(super) fn entry(&self, fact: Fact) -> Entry {
        Entry { at: self.now.wall, machine: name(TRAIN), fact }
    }

    /// What is written down before the first machine's volume is attached.
    pub(super) fn intent(&self) -> Entry {
        self.entry(attach_intended())
    }

    /// The journal knows that a reboot is owed for the first machine.
    pub(super) fn owes(&mut self) {
        let entry = self.intent();
        self.core.memory.apply(&entry);
    }

    /// The hosts file has the machine's address.
    pub(super) fn publish(&mut self, machine: usize) {
        let instance = self.instance(machine);
        let entry = NameEntry {
            instance: instance.id.clone(),
            address: instance.private_ip.unwrap(),
            hostnames: vec![format!("train{machine}.test").parse().unwrap()],
            ssh_user: None,
        };
        self.seen.names.entries.entry(NameTarget::Hosts).or_default().insert(name(machine), entry);
    }

    /// No machine has capacity: nothing moves, and nothing is planned.
    pub(super) fn without_capacity(mut self) -> Self {
        for request in self.seen.requests.seen.values_mut() {
            (request.state, request.status_code) = (RequestState::Open, Text::new("capacity-not-available"));
            request.instance = None;
        }
        self.seen.instances.seen.clear();
        self
    }

    pub(super) fn pass(&mut self, passed: u64) {
        self.now = Now { wall: self.now.wall + seconds(passed), monotonic: self.now.monotonic + seconds(passed) };
    }

    /// Tells the core something. Returns what it wants done, one line each.
    pub(super) fn handle(&mut self, input: Input) -> Vec<String> {
        self.core.handle(input, self.now).iter().map(line).collect()
    }

    pub(super) fn tell(&mut self, command: Command) -> Vec<String> {
        self.handle(Input::Command(command))
    }

    /// The time that it asked to be woken at has come.
    pub(super) fn due(&mut self) -> Vec<String> {
        let due = self.core.due().expect("it wants to be woken");
        self.now.wall += due.saturating_sub(self.now.monotonic);
        self.now.monotonic = self.now.monotonic.max(due);
        self.handle(Input::Due)
    }

    /// A look ends with what there is to see.
    pub(super) fn looked(&mut self) -> Vec<String> {
        let result = Ok(self.seen.clone());
        self.handle(Input::Looked { result, at: self.now, requests_sent: 0 })
    }

    /// A look ends with a failure.
    pub(super) fn look_fails(&mut self, kind: FailureKind) -> Vec<String> {
        self.handle(Input::Looked { result: Err(failure(kind)), at: self.now, requests_sent: 0 })
    }

    /// Waits until it wants to look, and lets it see what there is.
    pub(super) fn look(&mut self) -> Vec<String> {
        assert_eq!(self.due(), ["look"]);
        self.looked()
    }

    /// Waits until it wants to look, and lets that fail.
    pub(super) fn fail(&mut self, kind: FailureKind) -> Vec<String> {
        assert_eq!(self.due(), ["look"]);
        self.look_fails(kind)
    }

    /// What it wanted written down is on disk.
    pub(super) fn recorded(&mut self, purpose: Purpose, entries: Vec<Entry>) -> Vec<String> {
        self.handle(Input::Recorded { purpose, result: Ok(entries) })
    }

    /// The oldest step in flight ends so, with nothing written down.
    pub(super) fn ends(&mut self, outcome: Outcome) -> Vec<String> {
        let step = self.core.in_flight[0].step.clone();
        self.handle(Input::Performed(Report { step, outcome, entries: Vec::new(), journal_failure: None }))
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.core.snapshot()
    }

    pub(super) fn view(&self, machine: usize) -> MachineView {
        self.snapshot().machines[machine].clone()
    }

    /// The first step of the first machine.
    pub(super) fn step(&self) -> NumberedStep {
        self.view(TRAIN).steps().next().expect("there is a step")
    }

    /// How long it rests from now on.
    pub(super) fn rest(&self) -> Duration {
        self.core.due().expect("it rests").saturating_sub(self.now.monotonic)
    }

    /// Says yes to the first step of the first machine.
    pub(super) fn approve(&mut self) -> Vec<String> {
        let (revision, step) = (self.snapshot().revision, self.step().number);
        self.tell(Command::Approve { revision, step })
    }

    /// What may be demanded of the first machine.
    pub(super) fn offered(&self, kind: StepKind) -> Action {
        let offers = self.view(TRAIN).plan.offers;
        offers.into_iter().filter(|offer| offer.kind == kind).find_map(|offer| offer.action.ok()).expect("an offer")
    }

    pub(super) fn demand(&mut self, action: Action) -> Vec<String> {
        self.tell(Command::Demand { machine: name(TRAIN), action })
    }
}

/// What is to be done, in a line.
fn line(effect: &Effect) -> String {
    match effect {
        Effect::Look(_) => "look".to_owned(),
        Effect::Record { purpose, entries } => {
            let facts: Vec<String> = entries.iter().map(|entry| format!("{}: {}", entry.machine, entry.fact)).collect();
            format!("record for the {purpose:?}: {}", facts.join("; "))
        }
        Effect::Perform(step) => format!("perform {}", step.step.action),
        Effect::Examine(machine) => format!("examine {machine}"),
        Effect::AskAccount => "ask for the account".to_owned(),
        Effect::Tell(event) => event.to_string(),
        Effect::Leave => "leave".to_owned(),
    }
}

/// The lines that begin so.
pub(super) fn of<'a>(lines: &'a [String], beginning: &str) -> Vec<&'a str> {
    lines.iter().map(String::as_str).filter(|line| line.starts_with(beginning)).collect()
}

/// The steps that are begun.
pub(super) fn performs(lines: &[String]) -> Vec<&str> {
    of(lines, "perform ")
}
