//! Killed anywhere, run again, and made once all the same.

use spotkeeper::create::Fact;
use spotkeeper::sim::{Effect, Fault, Refusal};

use super::*;

/// Runs a work until the ledger has so many lines, and ends it there as `kill -9` would. Returns whether it was over before.
async fn killed_at(yard: &Yard, work: Work, lines: usize) -> bool {
    killed_when(yard, work, || yard.lines().len() >= lines).await
}

async fn killed_when(yard: &Yard, mut work: Work, when: impl Fn() -> bool) -> bool {
    let reached = async {
        while !when() {
            yard.clock.sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        biased;
        () = reached => false,
        ended = work.run(ignore) => {
            done(ended);
            true
        }
    }
}

/// The machine is made, and everything of it once.
async fn is_made_once(yard: &Yard, at: &str) {
    yard.settle().await;
    let memory = Memory::of(&yard.lines());
    assert_eq!(memory.phase, Phase::Created, "{at}");
    let left = yard.left().await;
    let count = |kind: &str| left.iter().filter(|left| left.starts_with(kind)).count();
    // The home, and the root volume of the spot instance.
    let counts = ["volume", "instance", "request", "image", "snapshot"].map(count);
    assert_eq!(counts, [2, 1, 1, 1, 1], "{at}: {left:?} {:?}", yard.changes());
    assert_eq!(yard.config().machines.len(), 1, "{at}");
}

/// So many lines has the ledger of a creation in which nothing goes wrong.
async fn lines_of_a_creation() -> usize {
    let yard = Yard::new("");
    yard.made().await;
    yard.lines().len()
}

#[tokio::test(start_paused = true)]
async fn killed_after_any_line_of_the_ledger_it_goes_on_and_makes_nothing_twice() {
    let all = lines_of_a_creation().await;
    assert!(all > 20, "{all}");
    for lines in 1..all {
        let yard = Yard::new("");
        let work = yard.begun(yard.recipe().await).await;
        assert!(!killed_at(&yard, work, lines).await);
        let mut again = yard.open().await;
        done(again.run(ignore).await);
        is_made_once(&yard, &format!("killed after line {lines}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn killed_after_every_line_of_the_ledger_it_gets_there_in_the_end() {
    let yard = Yard::new("");
    let mut work = yard.begun(yard.recipe().await).await;
    let mut runs = 0;
    loop {
        let next = yard.lines().len() + 1;
        runs += 1;
        assert!(runs < 200, "{:?}", yard.changes());
        if killed_at(&yard, work, next).await {
            break;
        }
        work = yard.open().await;
    }
    is_made_once(&yard, "killed after every line").await;
}

/// Goes on with a work to its end: when the builder is handed over, it runs, and its owner is done at once.
async fn customised(work: &mut Work) -> Result<(), Left> {
    if let End::Paused(last) = work.run(ignore).await? {
        let (memory, seen) = *last;
        assert_eq!(seen.builders[&memory.builder.unwrap()].state, InstanceState::Running);
        assert!(memory.started, "--continue would not be taken");
        work.customised().unwrap();
        work.run(ignore).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_a_start_or_a_stop_the_builder_is_handed_over_running() {
    let no_capacity = Effect::Error(Refusal::new(500, "InsufficientInstanceCapacity", "no capacity"));
    let lost = [Effect::ReplyLost, Effect::RequestLost, Effect::Hang, Effect::HangAfterEffect, Effect::Garbage];
    for (call, effect, kill) in ["StartInstances", "StopInstances"].into_iter().flat_map(|call| {
        let effects = lost.iter().chain([&no_capacity]);
        effects.flat_map(move |effect| [false, true].map(|kill| (call, effect.clone(), kill)))
    }) {
        let at = format!("{call}: {effect:?}, killed: {kill}");
        let yard = Yard::new("");
        yard.sim.inject(Fault::new(effect).on(call).times(1));
        let mut work = yard.begun(Recipe { pause: true, ..yard.recipe().await }).await;
        let is_called = async {
            while !kill || yard.sim.calls().iter().all(|made| made.action != call) {
                yard.clock.sleep(Duration::from_millis(20)).await;
            }
        };
        // It may leave, and is run again then.
        tokio::select! {
            biased;
            () = is_called => {}
            _ = customised(&mut work) => assert!(!kill, "{at}"),
        }
        drop(work);
        customised(&mut yard.open().await).await.unwrap();
        is_made_once(&yard, &at).await;
    }
}

/// The calls that a creation makes.
const CALLS: [&str; 7] = [
    "CreateVolume",
    "RunInstances",
    "AttachVolume",
    "DetachVolume",
    "CreateImage",
    "TerminateInstances",
    "RequestSpotInstances",
];

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_one_call_and_its_answer_everything_is_made_once() {
    for call in CALLS {
        for effect in [Effect::ReplyLost, Effect::RequestLost, Effect::Hang, Effect::HangAfterEffect, Effect::Garbage] {
            let yard = Yard::new("");
            yard.sim.inject(Fault::new(effect.clone()).on(call).times(1));
            yard.made().await;
            is_made_once(&yard, &format!("{call}: {effect:?}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_while_a_call_hangs_it_goes_on_whether_or_not_the_call_arrived() {
    for call in CALLS {
        for effect in [Effect::Hang, Effect::HangAfterEffect] {
            let yard = Yard::new("");
            yard.sim.inject(Fault::new(effect.clone()).on(call).times(1));
            let work = yard.begun(yard.recipe().await).await;
            let called = || yard.sim.calls().iter().any(|made| made.action == call);
            assert!(!killed_when(&yard, work, called).await);
            done(yard.open().await.run(ignore).await);
            is_made_once(&yard, &format!("{call}: {effect:?}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn undone_from_every_stage_nothing_is_left_behind() {
    let all = lines_of_a_creation().await;
    for lines in 1..=all {
        let yard = Yard::new("");
        let work = yard.begun(yard.recipe().await).await;
        killed_at(&yard, work, lines).await;
        let mut undo = yard.open().await;
        undo.begin_undo(true).unwrap();
        done(undo.run(ignore).await);
        drop(undo);
        yard.settle().await;
        let left = yard.left().await;
        assert!(left.is_empty(), "undone after line {lines}: {left:?} {:?}", yard.changes());
        assert_eq!(yard.config_text().trim_end(), yard.settings().trim_end());
        assert_eq!(Memory::of(&yard.lines()), Memory::default());
    }
}

/// After which lines of its ledger a creation before an EC2 of this scenario has just learnt of something that it made.
async fn learnt(scenario: &str) -> Vec<usize> {
    let yard = Yard::new(scenario);
    yard.made().await;
    let lines = yard.lines().into_iter().zip(1..);
    lines.filter(|(line, _)| matches!(line.fact, Fact::Learnt(_))).map(|(_, number)| number).collect()
}

#[tokio::test(start_paused = true)]
async fn what_ec2_does_not_show_yet_is_not_called_for_as_fast_as_it_answers() {
    for view in ["requests", "instances", "volumes", "images"] {
        let yard = Yard::new(&format!("[lag]\n{view} = '20s'\n"));
        yard.lift_policy();
        yard.made().await;
        let mut undo = yard.open().await;
        undo.begin_undo(true).unwrap();
        done(undo.run(ignore).await);
        let mut last = std::collections::BTreeMap::new();
        for call in yard.sim.mutating_calls() {
            if let Some(before) = last.insert((call.action.clone(), call.subjects.clone()), call.at) {
                let apart = call.at.duration_since(before);
                assert!(apart >= jiff::SignedDuration::from_secs(1), "{view}: {call} after {apart:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_ec2_does_not_show_yet_is_ended_all_the_same() {
    for view in ["requests", "instances", "volumes", "images"] {
        let lag = format!("[lag]\n{view} = '20s'\n");
        // At last one that is made, whose request was fulfilled a moment ago.
        for lines in learnt(&lag).await.into_iter().map(Some).chain([None]) {
            let yard = Yard::new(&lag);
            yard.lift_policy();
            let mut work = yard.begun(yard.recipe().await).await;
            if let Some(lines) = lines {
                killed_at(&yard, work, lines).await;
            } else {
                done(work.run(ignore).await);
                drop(work);
                yard.clock.sleep(Duration::from_secs(5)).await;
            }
            let mut undo = yard.open().await;
            undo.begin_undo(true).unwrap();
            done(undo.run(ignore).await);
            yard.settle().await;
            let left = yard.left().await;
            assert!(left.is_empty(), "{view}, after line {lines:?}: {left:?} {:?}", yard.changes());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_undoing_that_is_killed_after_any_line_is_finished_by_the_next() {
    let yard = Yard::new("");
    yard.made().await;
    let mut runs = 0;
    let mut undo = yard.open().await;
    undo.begin_undo(true).unwrap();
    while !killed_at(&yard, undo, yard.lines().len() + 1).await {
        runs += 1;
        assert!(runs < 200, "{:?}", yard.changes());
        undo = yard.open().await;
    }
    assert!(runs > 4, "{runs}");
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn a_retirement_that_is_killed_after_any_line_is_finished_by_the_next() {
    let yard = Yard::new("");
    let memory = yard.made().await;
    yard.settle().await;
    let run = memory.recipe.as_ref().unwrap().run.clone();
    let image = memory.image.clone().map(|image| (image, run));
    let mut runs = 0;
    let mut work = yard.open().await;
    work.begin_retirement(Retirement { image, ..ends::retirement(&yard.config()) }).unwrap();
    while !killed_at(&yard, work, yard.lines().len() + 1).await {
        runs += 1;
        assert!(runs < 200, "{:?}", yard.changes());
        work = yard.open().await;
    }
    assert!(runs > 3, "{runs}");
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::from([format!("volume {}", memory.volume.unwrap())]));
    let effects = yard.took_effect();
    let cancels = effects.iter().filter(|action| *action == "CancelSpotInstanceRequests").count();
    assert_eq!(cancels, 1, "{effects:?}");
}
