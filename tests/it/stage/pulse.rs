//! What a watcher is shown of the loop itself: that it lives, since when things stand, what it costs.

use super::*;
use spotkeeper::sim::{Effect, Fault};

#[tokio::test(start_paused = true)]
async fn the_loop_turns_every_five_seconds_at_least_while_it_rests_and_while_every_call_hangs() {
    let stage = Stage::new(RUNNING, &format!("[poll]\nsteady = \"5m\"\n{TRAIN}"));
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    for hangs in [false, true] {
        if hangs {
            stage.sim.inject(Fault::new(Effect::Hang));
            engine.tell(Command::LookNow).await;
        }
        stage.pass("10ms").await;
        for _ in 0..20 {
            stage.pass("1s").await;
            let turned = *engine.handle.pulse.borrow();
            let still = stage.clock.now().monotonic.saturating_sub(turned);
            assert!(still <= Duration::from_secs(5), "no turn for {still:?}");
        }
        assert_eq!(engine.snapshot().looking_since.is_some(), hangs);
        assert_eq!(engine.snapshot().next_look.is_none(), hangs);
    }
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_without_news_shows_no_new_snapshot() {
    let stage = Stage::new(RUNNING, &format!("[poll]\nsteady = \"5m\"\n{TRAIN}"));
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1s").await;
    engine.handle.snapshots.mark_unchanged();
    let turned = *engine.handle.pulse.borrow();
    stage.pass("1m").await;
    assert!(*engine.handle.pulse.borrow() > turned);
    assert!(!engine.handle.snapshots.has_changed().unwrap());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn steps_and_machines_stand_since_the_same_moment_until_something_changes() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let since = |engine: &Running| (engine.view("train").since, engine.asked("train").map(|step| step.since));
    let first = since(&engine);
    assert_eq!(first, (first.0, Some(first.0)));
    stage.pass("1h").await;
    assert_eq!(since(&engine), first);
    engine.approve("train").await;
    stage.until("the step", || !engine.snapshot().in_flight.is_empty()).await;
    let in_flight = engine.snapshot().in_flight[0].clone();
    assert_eq!(in_flight.step.since, first.0);
    assert!(stage.since(in_flight.began) < Duration::from_secs(1));
    engine.until_state("train", State::Working).await;
    engine.until_state("train", State::NeedsApproval).await;
    let second = since(&engine);
    assert!(second.0 > in_flight.began && second.1 > Some(in_flight.began), "{second:?}");
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_the_last_minute_are_counted_with_their_repetitions() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    // The first look, and the account.
    assert_eq!(engine.snapshot().calls_per_minute, 4);
    stage.pass("10m").await;
    assert_eq!(engine.snapshot().calls_per_minute, 12, "four looks of three calls");
    assert_eq!(engine.snapshot().pause, Duration::from_secs(15));
    let before = stage.sim.calls().len();
    stage.sim.inject(Fault::error("InternalError").on("DescribeVolumes").times(2));
    engine.tell(Command::LookNow).await;
    stage.pass("10s").await;
    let made = u32::try_from(stage.sim.calls().len() - before).unwrap();
    assert_eq!(made, 5, "two of them were repetitions");
    assert_eq!(engine.snapshot().calls_per_minute, 12 + made);
    engine.stop().await;
}
