//! Random worlds: whatever market, calls and people do to one machine, and wherever the program is killed.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spotkeeper::model::{InstanceId, InstanceState, VolumeId};
use spotkeeper::sim::{Call, Outcome};

use super::*;

/// For how long things go wrong.
const TROUBLE: Duration = Duration::from_mins(8);

/// How long after that everything must be well again: longer than what the engine waits after any failure.
const CALM: Duration = Duration::from_mins(22);

/// Longer than an instance takes to stop: before that it cannot be started again.
const STOPPING: Duration = Duration::from_secs(30);

const REQUEST: &str = "sir-y1a23b4c";
const VOLUME: &str = "vol-e123456f";

/// What is played: a scenario file, when the program is killed, and how it goes on.
#[derive(Debug, Clone)]
struct Play {
    seed: u64,
    knobs: Vec<&'static str>,
    lags: [u64; 3],
    events: Vec<(u64, &'static str)>,
    faults: Vec<Trouble>,
    kills: Vec<u64>,
    starts_with_instance: bool,
}

/// A fault of calls.
#[derive(Debug, Clone)]
struct Trouble {
    action: Option<&'static str>,
    what: &'static str,
    chance: u8,
    from: u64,
    lasts: u64,
}

const EVENTS: [&str; 8] = [
    "interrupt = 'sir-y1a23b4c'",
    "interrupt = 'sir-y1a23b4c'",
    "interrupt = 'sir-y1a23b4c'\nearly = true",
    "terminate = 'sir-y1a23b4c'",
    "stop = 'sir-y1a23b4c'",
    "start = 'sir-y1a23b4c'",
    "request = 'sir-y1a23b4c'\ncapacity = 'capacity-not-available'",
    "request = 'sir-y1a23b4c'\ncapacity = 'available'",
];

const WRONG: [&str; 9] = [
    "effect = 'reply-lost'",
    "effect = 'request-lost'",
    "effect = 'hang'",
    "effect = 'hang-after-effect'",
    "effect = 'garbage'",
    "error = 'InternalError'",
    "error = 'RequestLimitExceeded'",
    "error = 'RequestExpired'",
    "latency = '4s'",
];

const ACTIONS: [Option<&str>; 6] = [
    None,
    Some("AttachVolume"),
    Some("RebootInstances"),
    Some("DescribeVolumes"),
    Some("DescribeInstances"),
    Some("DescribeSpotInstanceRequests"),
];

const KNOBS: [&str; 2] = ["keeps_instance_id = false", "empty_pages = true"];

fn trouble() -> impl Strategy<Value = Trouble> {
    (select(ACTIONS.to_vec()), select(WRONG.to_vec()), 10_u8..=100, 0..480_u64, 1..240_u64)
        .prop_map(|(action, what, chance, from, lasts)| Trouble { action, what, chance, from, lasts })
}

fn play() -> impl Strategy<Value = Play> {
    let lag = || prop_oneof![3 => Just(0_u64), 1 => 1..20_u64];
    let knobs = vec(select(KNOBS.to_vec()), 0..=1);
    let events = vec((0..TROUBLE.as_secs(), select(EVENTS.to_vec())), 0..6);
    let kills = vec(0..TROUBLE.as_secs() * 10, 0..4);
    (any::<u64>(), knobs, [lag(), lag(), lag()], events, vec(trouble(), 0..4), kills, any::<bool>()).prop_map(
        |(seed, knobs, lags, events, faults, mut kills, starts_with_instance)| {
            kills.sort_unstable();
            Play { seed, knobs, lags, events, faults, kills, starts_with_instance }
        },
    )
}

impl Play {
    /// The scenario, as a file.
    fn scenario(&self) -> String {
        let [requests, instances, volumes] = self.lags;
        let mut toml = format!("seed = {}\n", self.seed % (1 << 53));
        writeln!(toml, "[knobs]\n{}", self.knobs.join("\n")).unwrap();
        writeln!(toml, "[lag]\nrequests = '{requests}s'\ninstances = '{instances}s'\nvolumes = '{volumes}s'").unwrap();
        writeln!(toml, "[[volume]]\nid = '{VOLUME}'\nzone = 'us-east-1b'").unwrap();
        writeln!(toml, "[[request]]\nid = '{REQUEST}'\nzone = 'us-east-1b'\nhomes = ['{VOLUME}']").unwrap();
        if self.starts_with_instance {
            writeln!(toml, "[request.instance]\nage = '1m'").unwrap();
        }
        for (at, event) in &self.events {
            writeln!(toml, "[[event]]\nat = '{at}s'\n{event}").unwrap();
        }
        for Trouble { action, what, chance, from, lasts } in &self.faults {
            let action = action.map(|action| format!("action = '{action}'\n")).unwrap_or_default();
            let until = (from + lasts).min(TROUBLE.as_secs());
            writeln!(toml, "[[fault]]\n{action}{what}\nchance = {}", f64::from(*chance) / 100.0).unwrap();
            writeln!(toml, "from = '{}s'\nuntil = '{until}s'", from.min(&until)).unwrap();
        }
        // Whatever people and market did, in the end there is capacity, and nobody holds the instance stopped.
        for event in ["request = 'sir-y1a23b4c'\ncapacity = 'available'", "start = 'sir-y1a23b4c'"] {
            writeln!(toml, "[[event]]\nat = '{}s'\n{event}", (TROUBLE + STOPPING).as_secs()).unwrap();
        }
        toml
    }
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), TestCaseError> {
    if holds { Ok(()) } else { Err(TestCaseError::fail(what())) }
}

/// Calls with their times, a line each.
fn told(calls: &[Call]) -> String {
    calls.iter().map(|call| format!("{} {call}", call.at)).collect::<Vec<_>>().join("\n")
}

/// What must never have been asked of EC2.
fn check_calls(stage: &Stage) -> Result<(), TestCaseError> {
    let calls = stage.sim.mutating_calls();
    let story = || told(&calls);
    let allowed = |call: &Call| ["AttachVolume", "RebootInstances"].contains(&call.action.as_str());
    check(calls.iter().all(allowed), || format!("something else was called:\n{}", story()))?;
    let instances: std::collections::BTreeSet<&String> =
        calls.iter().flat_map(|call| &call.subjects).filter(|subject| subject.starts_with("i-")).collect();
    for instance in instances {
        let of = |action: &str, counts: fn(&Call) -> bool| {
            let about = |call: &&Call| call.action == action && call.subjects.contains(instance) && counts(call);
            calls.iter().filter(about).count()
        };
        let attached = of("AttachVolume", |call| call.outcome.took_effect());
        let rebooted = of("RebootInstances", |call| call.outcome.took_effect());
        // Of a call whose answer is lost nobody knows whether it took effect.
        let unknown = of("RebootInstances", |call| !matches!(call.outcome, Outcome::Done | Outcome::Refused(_)));
        check(rebooted <= attached + unknown, || format!("{instance} was rebooted too often:\n{}", story()))?;
    }
    Ok(())
}

/// What must be true of world and names at every moment.
fn check_world(stage: &Stage) -> Result<(), TestCaseError> {
    let volume: VolumeId = VOLUME.parse().unwrap();
    let holders = stage.sim.with_world(|world| world.volume(&volume).map_or(0, |volume| volume.attachments.len()));
    check(holders <= 1, || "the volume is attached twice".to_owned())
}

/// That the machine is usable now and found under its name, or that the program says what it waits for somebody with.
fn check_end(stage: &Stage, engine: &Running) -> Result<(), TestCaseError> {
    let view = engine.view("train");
    let asks = view.plan.finding.state == State::NeedsApproval || view.plan.finding.state == State::Blocked;
    let (bound, usable) = stage.sim.with_world(|world| {
        let bound: Option<InstanceId> =
            world.records().requests.get(&REQUEST.parse().unwrap()).and_then(|request| request.instance.clone());
        let runs = |id: &InstanceId| world.instance(id).is_some_and(|it| it.state == InstanceState::Running);
        let usable = bound.as_ref().is_some_and(|id| runs(id) && world.guests()[id].is_usable());
        (bound, usable)
    });
    let all = || {
        let calls = told(&stage.sim.mutating_calls());
        let lines: Vec<String> = stage.sim.story().iter().map(|line| format!("{} {}", line.at, line.text)).collect();
        let lines = lines.join("\n");
        format!("{:?}\n{bound:?} usable: {usable}, names {:?}\n{calls}\n{lines}", view.plan, stage.names())
    };
    check(usable || asks, || format!("neither usable nor asking:\n{}", all()))?;
    check(!usable || asks || view.plan.finding.state == State::Ready, || format!("usable, and not ready:\n{}", all()))?;
    let address =
        bound.as_ref().and_then(|id| stage.sim.with_world(|world| world.instance(id).and_then(|it| it.public_ip)));
    let names_it = |line: &String| address.is_some_and(|address| line.starts_with(&format!("{address} ")));
    check(stage.names().iter().all(names_it), || format!("a name leads elsewhere:\n{}", all()))?;
    check(asks || stage.names().len() == 1, || format!("no name:\n{}", all()))
}

async fn act(play: &Play) -> Result<(), TestCaseError> {
    fastrand::seed(play.seed);
    let stage = Stage::new(&play.scenario(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    let mut kills = play.kills.iter().map(|tenths| Duration::from_millis(tenths * 100)).peekable();
    while stage.clock.now().monotonic < TROUBLE + CALM {
        let next = stage.clock.now().monotonic + Duration::from_secs(5);
        if let Some(kill) = kills.next_if(|kill| *kill <= next) {
            stage.clock.sleep(kill.saturating_sub(stage.clock.now().monotonic)).await;
            engine.kill().await;
            engine = stage.start(Mode::Auto).await;
        }
        stage.clock.sleep(next.saturating_sub(stage.clock.now().monotonic)).await;
        check_world(&stage)?;
    }
    check_calls(&stage)?;
    check_end(&stage, &engine)?;
    engine.stop().await;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_a_machine_it_is_harmed_by_nothing_and_usable_in_the_end(play in play()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let result = runtime.block_on(act(&play));
        if let Err(TestCaseError::Fail(why)) = &result {
            return Err(TestCaseError::fail(format!("{why}\n{}", play.scenario())));
        }
        result?;
    }
}
