//! What is played: a scenario file, what the operator says, and when the program is killed.

use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spotkeeper::config::Mode;
use spotkeeper::model::age;
use spotkeeper::sim::Call;

use super::super::{BEGIN, STEADY};
use super::operator::{Word, word};

/// For how long things go wrong.
pub(super) const TROUBLE: Duration = Duration::from_mins(8);

/// From when on nobody holds the instance stopped any more: longer after the trouble than an instance takes to stop.
pub(super) const SETTLED: Duration = Duration::from_secs(30);

/// How long after the trouble everything must be well again: longer than what the engine waits after any failure.
pub(super) const CALM: Duration = Duration::from_mins(22);

/// One of the machines that are played with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    pub(super) name: &'static str,
    pub(super) request: &'static str,
    pub(super) volume: &'static str,
}

const MACHINES: [Machine; 2] = [
    Machine { name: "train", request: "sir-y1a23b4c", volume: "vol-e123456f" },
    Machine { name: "mill", request: "sir-z1a23b4c", volume: "vol-f234567a" },
];

/// What an event shows that EC2 does not have.
pub(super) const ODD: [&str; 2] = ["never-heard-of", "odd"];

/// All that is by chance in a play. Times are in tenths of seconds, or in seconds where they stand in the scenario.
#[derive(Debug, Clone)]
pub(super) struct Play {
    pub(super) seed: u64,
    pub(super) mode: Mode,
    pub(super) words: Vec<(u64, Word)>,
    pub(super) kills: Vec<u64>,
    world: World,
    faults: Vec<Fault>,
    /// The time from one burst of trouble to the next.
    trouble: Option<u64>,
}

#[derive(Debug, Clone)]
struct World {
    machines: Vec<Conditions>,
    knobs: Vec<&'static str>,
    lags: [u64; 3],
    /// When, which of the machines, and what.
    events: Vec<(u64, usize, &'static str)>,
}

/// What one machine begins with.
#[derive(Debug, Clone)]
struct Conditions {
    behavior: &'static str,
    starts_with_instance: bool,
    /// More keys of its request.
    keys: Vec<&'static str>,
    multi_attach: bool,
    /// The state of an instance without a request that holds its volume.
    stranger: Option<&'static str>,
}

/// A fault of calls.
#[derive(Debug, Clone)]
struct Fault {
    action: Option<&'static str>,
    what: &'static str,
    chance: u8,
    from: u64,
    lasts: u64,
}

/// What may pass; `REQUEST` and `VOLUME` are the machine's own.
const EVENTS: [&str; 21] = [
    "interrupt = 'REQUEST'",
    "interrupt = 'REQUEST'",
    "interrupt = 'REQUEST'",
    "interrupt = 'REQUEST'\nearly = true",
    "interrupt = 'REQUEST'\nearly = true\ncause = 'price'",
    "interrupt = 'REQUEST'\ncause = 'price'",
    "interrupt = 'REQUEST'\ncause = 'experiment'",
    "revoke = 'REQUEST'",
    "terminate = 'REQUEST'",
    "shut_down = 'REQUEST'",
    "stop = 'REQUEST'",
    "start = 'REQUEST'",
    "reboot = 'REQUEST'",
    "request = 'REQUEST'\ncapacity = 'capacity-not-available'",
    "request = 'REQUEST'\ncapacity = { unknown = 'never-heard-of' }",
    "request = 'REQUEST'\ncapacity = 'available'",
    "request = 'REQUEST'\nstatus = 'never-heard-of'",
    "attach = { volume = 'VOLUME', to = 'REQUEST', device = '/dev/sdq' }",
    "detach = 'VOLUME'",
    "detach = 'VOLUME'\nforce = true",
    "meddle = ['REQUEST']",
];

/// What does not pass, so that somebody has to mend it.
const ENDS: [&str; 4] =
    ["cancel = 'REQUEST'", "expire = 'REQUEST'", "delete_volume = 'VOLUME'", "request = 'REQUEST'\nstate = 'odd'"];

/// What else may be so about a request.
const KEYS: [&str; 3] = ["next_zone = 'us-east-1c'", "hidden_devices = ['/dev/sdp', '/dev/sdo']", "hidden_for = '25s'"];

const WRONG: [&str; 13] = [
    "effect = 'reply-lost'",
    "effect = 'request-lost'",
    "effect = 'hang'",
    "effect = 'hang-after-effect'",
    "effect = 'stalled'",
    "effect = 'twice'",
    "effect = 'garbage'",
    "error = 'InternalError'",
    THROTTLED,
    "error = 'RequestExpired'",
    "error = 'UnauthorizedOperation'",
    "latency = '4s'",
    STALE,
];

const STALE: &str = "stale = '15s'";

const THROTTLED: &str = "error = 'RequestLimitExceeded'";

const ACTIONS: [Option<&str>; 7] = [
    None,
    Some("AttachVolume"),
    Some("DetachVolume"),
    Some("RebootInstances"),
    Some("DescribeVolumes"),
    Some("DescribeInstances"),
    Some("DescribeSpotInstanceRequests"),
];

const KNOBS: [&str; 12] = [
    "keeps_instance_id = false",
    "empty_pages = true",
    "shows_user_termination = false",
    "guest_shutdown_terminates = false",
    "hanging_fails_checks = false",
    "shuffles = false",
    "high_bytes = true",
    STICKY,
    "public_addresses = 2",
    "marks_for_termination = false",
    "experiment_reopens = false",
    "reboot_fails_checks = true",
];

const STICKY: &str = "attach_sticks = 0.5";

fn fault() -> impl Strategy<Value = Fault> {
    (select(ACTIONS.to_vec()), select(WRONG.to_vec()), 10_u8..=100, 0..TROUBLE.as_secs(), 1..240_u64).prop_map(
        |(action, what, chance, from, lasts)| {
            // Only a look can show the past.
            let action = action.filter(|action: &&str| what != STALE || action.starts_with("Describe"));
            Fault { action, what, chance, from, lasts }
        },
    )
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let behavior = prop_oneof![3 => Just("terminate"), 1 => Just("stop"), 1 => Just("hibernate")];
    let keys = prop_oneof![3 => Just(Vec::new()), 1 => proptest::sample::subsequence(KEYS.to_vec(), 1..=2)];
    let stranger = prop_oneof![10 => Just(None), 1 => Just(Some("running")), 1 => Just(Some("stopped"))];
    (behavior, any::<bool>(), keys, prop::bool::weighted(0.06), stranger).prop_map(
        |(behavior, starts_with_instance, keys, multi_attach, stranger)| Conditions {
            behavior,
            starts_with_instance,
            keys,
            multi_attach,
            stranger,
        },
    )
}

fn world() -> impl Strategy<Value = World> {
    let lag = || prop_oneof![3 => Just(0_u64), 1 => 1..20_u64];
    let machines = prop_oneof![2 => vec(conditions(), 1), 1 => vec(conditions(), 2)];
    let what = prop_oneof![24 => select(EVENTS.to_vec()), 1 => select(ENDS.to_vec())];
    let events = vec((0..TROUBLE.as_secs(), 0..MACHINES.len(), what), 0..7);
    let knobs = proptest::sample::subsequence(KNOBS.to_vec(), 0..=2);
    (machines, knobs, [lag(), lag(), lag()], events).prop_map(|(machines, knobs, lags, events)| World {
        machines,
        knobs,
        lags,
        events,
    })
}

pub(super) fn play() -> impl Strategy<Value = Play> {
    let tenths = || 0..TROUBLE.as_secs() * 10;
    let words = prop_oneof![2 => vec((tenths(), word()), 0..=0), 1 => vec((tenths(), word()), 1..8)];
    let mode = prop_oneof![4 => Just(Mode::Auto), 1 => Just(Mode::Confirm)];
    let trouble = prop_oneof![3 => Just(None), 1 => (30..240_u64).prop_map(Some)];
    (any::<u32>(), mode, words, vec(tenths(), 0..4), world(), vec(fault(), 0..4), trouble).prop_map(
        |(seed, mode, words, kills, world, faults, trouble)| Play {
            seed: seed.into(),
            mode,
            words,
            kills,
            world,
            faults,
            trouble,
        },
    )
}

impl Play {
    /// Whether EC2 says by itself, and not because of its buckets, that it is called too often.
    pub(super) fn is_throttled(&self) -> bool {
        self.trouble.is_some() || self.faults.iter().any(|fault| fault.what == THROTTLED)
    }

    /// Whether the program is killed before this call's answer came, or within half a second after it.
    pub(super) fn is_killed_before_it_knows(&self, call: &Call) -> bool {
        let since = age(call.at, BEGIN.parse().unwrap());
        let soon = since..since + call.answered_after + Duration::from_millis(500);
        self.kills.iter().any(|tenths| soon.contains(&Duration::from_millis(tenths * 100)))
    }

    /// The machines that there are.
    pub(super) fn machines(&self) -> &'static [Machine] {
        &MACHINES[..self.world.machines.len()]
    }

    /// Whether an attachment may stay on its way for ever.
    pub(super) fn is_sticky(&self) -> bool {
        self.world.knobs.contains(&STICKY)
    }

    /// Whether the operator says no to anything.
    pub(super) fn has_a_no(&self) -> bool {
        self.words.iter().any(|(_, word)| matches!(word, Word::Decline))
    }

    /// The machines' tables of the configuration.
    pub(super) fn configuration(&self) -> String {
        let table = |Machine { name, request, volume }: &Machine| {
            format!(
                "[[machine]]\nname = '{name}'\nspot_request = '{request}'\nhostnames = ['my-{name}.amazonaws.com']\n\
                 [[machine.volume]]\nid = '{volume}'\ndevice = '/dev/sdp'\n"
            )
        };
        self.machines().iter().map(table).collect()
    }

    /// The scenario, as a file.
    pub(super) fn scenario(&self) -> String {
        let World { machines, knobs, lags: [requests, instances, volumes], events } = &self.world;
        let mut toml = format!("seed = {}\n{STEADY}", self.seed);
        writeln!(toml, "[knobs]\n{}", knobs.join("\n")).unwrap();
        writeln!(toml, "[lag]\nrequests = '{requests}s'\ninstances = '{instances}s'\nvolumes = '{volumes}s'").unwrap();
        for (machine, conditions) in self.machines().iter().zip(machines) {
            toml += &conditions.tables(machine);
        }
        for (at, which, event) in events {
            let machine = MACHINES[which % machines.len()];
            writeln!(toml, "[[event]]\nat = '{at}s'\n{}", of(machine, event)).unwrap();
        }
        for Fault { action, what, chance, from, lasts } in &self.faults {
            let action = action.map(|action| format!("action = '{action}'\n")).unwrap_or_default();
            let until = (from + lasts).min(TROUBLE.as_secs());
            writeln!(toml, "[[fault]]\n{action}{what}\nchance = {}", f64::from(*chance) / 100.0).unwrap();
            writeln!(toml, "from = '{from}s'\nuntil = '{until}s'").unwrap();
        }
        if let Some(every) = self.trouble {
            writeln!(toml, "[trouble]\nevery = '{every}s'\nuntil = '{}s'", TROUBLE.as_secs()).unwrap();
        }
        // Whatever people and market did, in the end there is capacity, and nobody holds the instance stopped.
        for machine in self.machines() {
            for event in ["request = 'REQUEST'\ncapacity = 'available'", "start = 'REQUEST'"] {
                let at = (TROUBLE + SETTLED).as_secs();
                writeln!(toml, "[[event]]\nat = '{at}s'\n{}", of(*machine, event)).unwrap();
            }
        }
        toml
    }
}

/// An event of this machine's.
fn of(machine: Machine, event: &str) -> String {
    event.replace("REQUEST", machine.request).replace("VOLUME", machine.volume)
}

impl Conditions {
    fn tables(&self, Machine { request, volume, .. }: &Machine) -> String {
        let Self { behavior, starts_with_instance, keys, multi_attach, stranger } = self;
        let mut toml = format!("[[volume]]\nid = '{volume}'\nzone = 'us-east-1b'\nmulti_attach = {multi_attach}\n");
        writeln!(toml, "[[request]]\nid = '{request}'\nzone = 'us-east-1b'\nhomes = ['{volume}']").unwrap();
        writeln!(toml, "behavior = '{behavior}'\n{}", keys.join("\n")).unwrap();
        if *starts_with_instance {
            writeln!(toml, "[request.instance]\nage = '1m'").unwrap();
        }
        if let Some(state) = stranger {
            writeln!(toml, "[[instance]]\nzone = 'us-east-1b'\nstate = '{state}'\nage = '2h'").unwrap();
            writeln!(toml, "attached = [{{ volume = '{volume}', device = '/dev/sdp', age = '2h' }}]").unwrap();
        }
        toml
    }
}

/// What once went wrong: an instance was terminated, the answers to the reboot of the next one came late, and the program
/// was killed meanwhile, three times in all.
pub(super) fn known() -> Play {
    let machine = Conditions {
        behavior: "terminate",
        starts_with_instance: false,
        keys: Vec::new(),
        multi_attach: false,
        stranger: None,
    };
    Play {
        seed: 2_154_278_624,
        mode: Mode::Auto,
        words: Vec::new(),
        kills: vec![3764, 2219, 263],
        world: World {
            machines: vec![machine],
            knobs: Vec::new(),
            lags: [0, 2, 0],
            events: vec![(322, 0, "terminate = 'REQUEST'")],
        },
        faults: vec![Fault {
            action: Some("RebootInstances"),
            what: "latency = '4s'",
            chance: 15,
            from: 228,
            lasts: 145,
        }],
        trouble: Some(84),
    }
}

/// A file that `spotkeeper demo --scenario` plays; what no scenario says is told in comments.
impl fmt::Display for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# spotkeeper demo --mode {} --scenario THIS-FILE", self.mode)?;
        for (at, word) in &self.words {
            writeln!(f, "# at {} s the operator says: {word:?}", Duration::from_millis(at * 100).as_secs_f64())?;
        }
        for at in &self.kills {
            writeln!(f, "# killed at {} s", Duration::from_millis(at * 100).as_secs_f64())?;
        }
        f.write_str(&self.scenario())
    }
}
