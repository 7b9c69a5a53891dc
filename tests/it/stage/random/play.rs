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

pub(super) const REQUEST: &str = "sir-y1a23b4c";
pub(super) const VOLUME: &str = "vol-e123456f";

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
    behavior: &'static str,
    knobs: Vec<&'static str>,
    lags: [u64; 3],
    events: Vec<(u64, &'static str)>,
    starts_with_instance: bool,
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

const EVENTS: [&str; 11] = [
    "interrupt = 'sir-y1a23b4c'",
    "interrupt = 'sir-y1a23b4c'",
    "interrupt = 'sir-y1a23b4c'\nearly = true",
    "revoke = 'sir-y1a23b4c'",
    "terminate = 'sir-y1a23b4c'",
    "shut_down = 'sir-y1a23b4c'",
    "stop = 'sir-y1a23b4c'",
    "start = 'sir-y1a23b4c'",
    "request = 'sir-y1a23b4c'\ncapacity = 'capacity-not-available'",
    "request = 'sir-y1a23b4c'\ncapacity = 'available'",
    "meddle = ['sir-y1a23b4c']",
];

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
    "stale = '15s'",
];

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

const KNOBS: [&str; 8] = [
    "keeps_instance_id = false",
    "empty_pages = true",
    "shows_user_termination = false",
    "guest_shutdown_terminates = false",
    "hanging_fails_checks = false",
    "shuffles = false",
    "high_bytes = true",
    "attach_sticks = 0.5",
];

fn fault() -> impl Strategy<Value = Fault> {
    (select(ACTIONS.to_vec()), select(WRONG.to_vec()), 10_u8..=100, 0..TROUBLE.as_secs(), 1..240_u64)
        .prop_map(|(action, what, chance, from, lasts)| Fault { action, what, chance, from, lasts })
}

fn world() -> impl Strategy<Value = World> {
    let lag = || prop_oneof![3 => Just(0_u64), 1 => 1..20_u64];
    let behavior = prop_oneof![3 => Just("terminate"), 1 => Just("stop"), 1 => Just("hibernate")];
    let events = vec((0..TROUBLE.as_secs(), select(EVENTS.to_vec())), 0..6);
    let knobs = proptest::sample::subsequence(KNOBS.to_vec(), 0..=2);
    (behavior, knobs, [lag(), lag(), lag()], events, any::<bool>()).prop_map(
        |(behavior, knobs, lags, events, starts_with_instance)| World {
            behavior,
            knobs,
            lags,
            events,
            starts_with_instance,
        },
    )
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

    /// The scenario, as a file.
    pub(super) fn scenario(&self) -> String {
        let World { behavior, knobs, lags: [requests, instances, volumes], events, starts_with_instance } = &self.world;
        let mut toml = format!("seed = {}\n{STEADY}", self.seed);
        writeln!(toml, "[knobs]\n{}", knobs.join("\n")).unwrap();
        writeln!(toml, "[lag]\nrequests = '{requests}s'\ninstances = '{instances}s'\nvolumes = '{volumes}s'").unwrap();
        writeln!(toml, "[[volume]]\nid = '{VOLUME}'\nzone = 'us-east-1b'").unwrap();
        writeln!(toml, "[[request]]\nid = '{REQUEST}'\nzone = 'us-east-1b'\nhomes = ['{VOLUME}']").unwrap();
        writeln!(toml, "behavior = '{behavior}'").unwrap();
        if *starts_with_instance {
            writeln!(toml, "[request.instance]\nage = '1m'").unwrap();
        }
        for (at, event) in events {
            writeln!(toml, "[[event]]\nat = '{at}s'\n{event}").unwrap();
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
        for event in ["request = 'sir-y1a23b4c'\ncapacity = 'available'", "start = 'sir-y1a23b4c'"] {
            writeln!(toml, "[[event]]\nat = '{}s'\n{event}", (TROUBLE + SETTLED).as_secs()).unwrap();
        }
        toml
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
