//! Killed anywhere, started again, and home all the same: attached once, rebooted once, or twice where the fate of
//! the first reboot was lost.

use super::*;
use spotkeeper::sim::{Effect, Fault};

/// The engine looks seldom when nothing moves: what is waited for in vain is waited for quickly.
const SELDOM: &str = "[poll]\nsteady = \"1m\"\n";

/// How long nobody was there after the kill.
const AWAY: [&str; 4] = ["0s", "1m", "5m", "1h"];

/// Where the program is killed, and what becomes of it after each absence.
struct Point {
    name: &'static str,
    /// The call that hangs, and so holds the program at this point.
    hangs: Option<(&'static str, Effect)>,
    reached: fn(&Stage) -> bool,
    then: [Then; 4],
}

/// What becomes of a program that starts again.
#[derive(Clone, Copy)]
enum Then {
    /// It carries on by itself; so many reboots were asked for in the end.
    CarriesOn(u32),
    /// It asks, and does nothing by itself; after a yes so many reboots were asked for in the end.
    Asks(u32),
}

use Then::{Asks, CarriesOn};

const POINTS: &[Point] = &[
    Point {
        name: "before attach: the intent is written, the call did not arrive",
        hangs: Some(("AttachVolume", Effect::Hang)),
        reached: |stage| stage.count("AttachVolume") == 1,
        // Nothing is attached: what is begun an hour later is a new attachment, and owes a new reboot.
        then: [CarriesOn(1), CarriesOn(1), CarriesOn(1), CarriesOn(1)],
    },
    Point {
        name: "attach sent: EC2 did it, the answer is not in",
        hangs: Some(("AttachVolume", Effect::HangAfterEffect)),
        reached: |stage| stage.count("AttachVolume") == 1,
        then: [CarriesOn(1), CarriesOn(1), CarriesOn(1), Asks(1)],
    },
    Point {
        name: "attached: the outcome is written",
        hangs: None,
        reached: |stage| stage.facts().ends_with(&["attach-ended".to_owned()]),
        then: [CarriesOn(1), CarriesOn(1), CarriesOn(1), Asks(1)],
    },
    Point {
        name: "attached: the attachment was seen",
        hangs: None,
        reached: |stage| stage.facts().ends_with(&["attach-seen".to_owned()]),
        then: [CarriesOn(1), CarriesOn(1), CarriesOn(1), Asks(1)],
    },
    Point {
        name: "before the reboot: the intent is written, the call did not arrive",
        hangs: Some(("RebootInstances", Effect::Hang)),
        reached: |stage| stage.count("RebootInstances") == 1,
        then: [CarriesOn(1), CarriesOn(1), Asks(1), Asks(1)],
    },
    Point {
        name: "reboot sent: EC2 did it, the answer is not in",
        hangs: Some(("RebootInstances", Effect::HangAfterEffect)),
        reached: |stage| stage.count("RebootInstances") == 1,
        // Nobody can know: the fate of the first is lost.
        then: [CarriesOn(2), CarriesOn(2), Asks(2), Asks(2)],
    },
    Point {
        name: "rebooted: the outcome is written",
        hangs: None,
        reached: |stage| stage.facts().ends_with(&["reboot-ended".to_owned()]),
        then: [CarriesOn(1), CarriesOn(1), CarriesOn(1), CarriesOn(1)],
    },
    Point {
        name: "named",
        hangs: None,
        reached: |stage| stage.facts().ends_with(&["names-changed".to_owned()]),
        then: [CarriesOn(1), CarriesOn(1), CarriesOn(1), CarriesOn(1)],
    },
];

/// A stage on which the program was killed at this point, this long ago.
async fn killed_at(point: &Point, away: &str) -> Stage {
    let stage = Stage::new(RUNNING, &[SELDOM, TRAIN].concat());
    if let Some((action, effect)) = &point.hangs {
        stage.sim.inject(Fault::new(effect.clone()).on(action).times(1));
    }
    let engine = stage.start(Mode::Auto).await;
    stage.until(point.name, || (point.reached)(&stage)).await;
    engine.kill().await;
    stage.sim.clear_faults();
    stage.pass(away).await;
    stage
}

/// What holds in the end, whatever happened.
async fn is_home(stage: &Stage, engine: &Running, reboots: u32, at: &str) {
    stage.pass("1m").await;
    assert_eq!(engine.state("train"), State::Ready, "{at}: {}", engine.reason("train"));
    let calls = stage.sim.mutating_calls();
    let attached = calls.iter().filter(|call| call.action == "AttachVolume" && call.outcome.took_effect()).count();
    assert_eq!(attached, 1, "{at}: {:?}", stage.changes());
    let guest = stage.sim.guest(&"i-0000000a".parse().unwrap()).unwrap();
    assert_eq!(guest.reboots_asked, reboots, "{at}: {:?}", stage.changes());
    assert!(guest.is_usable(), "{at}: {guest:?}");
    assert_eq!(stage.names(), ["203.0.113.1 my-spot.amazonaws.com"], "{at}");
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_point_it_carries_on_or_asks_by_how_long_it_was_away() {
    for point in POINTS {
        for (away, then) in AWAY.into_iter().zip(point.then) {
            let at = format!("{}, {away} away", point.name);
            let stage = killed_at(point, away).await;
            let before = stage.changes();
            let engine = stage.start(Mode::Auto).await;
            let reboots = match then {
                CarriesOn(reboots) => reboots,
                Asks(reboots) => {
                    stage.until(&format!("a question: {at}"), || engine.stands(State::NeedsApproval)).await;
                    stage.pass("20m").await;
                    assert_eq!(engine.state("train"), State::NeedsApproval, "{at}");
                    assert_eq!(stage.changes(), before, "{at}: something was done unasked");
                    engine.approve("train").await;
                    reboots
                }
            };
            stage.until(&format!("the machine: {at}"), || engine.stands(State::Ready)).await;
            is_home(&stage, &engine, reboots, &at).await;
            engine.stop().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_after_the_reboot_was_sent_the_operators_word_is_enough() {
    let point = POINTS.iter().find(|point| point.name.starts_with("reboot sent")).unwrap();
    let stage = killed_at(point, "1h").await;
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (machine, instance) = ("train".parse().unwrap(), "i-0000000a".parse().unwrap());
    engine.tell(Command::MarkRebooted { machine, instance }).await;
    engine.until_state("train", State::Ready).await;
    is_home(&stage, &engine, 1, point.name).await;
    engine.stop().await;
}

/// A machine that is rebooted soon: the wait is the same at every moment of it.
const SOON: &str = r#"
[poll]
steady = "1m"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.amazonaws.com"]
reboot_delay = "3s"
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

/// Kills the program at `first` and then every `each` steps of 50 ms later, until it is ready before it is killed.
async fn kill_at_every_step(first: u32, each: usize) {
    for step in (first..).step_by(each) {
        let stage = Stage::new(RUNNING, SOON);
        let engine = stage.start(Mode::Auto).await;
        let time = Duration::from_millis(50) * step;
        stage.clock.sleep(time).await;
        let is_over = engine.stands(State::Ready);
        engine.kill().await;
        let ended = stage.facts().iter().any(|fact| fact == "reboot-ended");
        let lost = stage.count("RebootInstances") == 1 && !ended;
        let engine = stage.start(Mode::Auto).await;
        let at = format!("killed after {time:?}");
        stage.until(&format!("the machine: {at}"), || engine.stands(State::Ready)).await;
        let reboots = if lost { 2 } else { 1 };
        is_home(&stage, &engine, reboots, &at).await;
        engine.stop().await;
        if is_over {
            assert!(time > Duration::from_secs(6), "ready after {time:?} already");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_moment_it_comes_home_at_even_steps() {
    kill_at_every_step(0, 2).await;
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_moment_it_comes_home_at_odd_steps() {
    kill_at_every_step(1, 2).await;
}
