//! What is put off and what is paused: by the operator, and by EC2.

use super::commands::{ATTACHED, REBOOTED, refused};
use super::*;
use spotkeeper::protocol::PauseReason;
use spotkeeper::sim::{Effect, Fault};

impl Running {
    /// How often something was asked for since events were last asked for.
    fn times_asked(&mut self) -> usize {
        self.events().iter().filter(|event| matches!(event, Event::ApprovalNeeded { .. })).count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_lets_the_step_in_flight_finish_and_begins_no_other_until_it_is_resumed() {
    let stage = Stage::new(RUNNING, TRAIN);
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(5))).on("AttachVolume"));
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the call", || stage.count("AttachVolume") == 1).await;
    engine.tell(Command::Pause).await;
    stage.pass("10ms").await;
    assert_eq!(engine.snapshot().paused, Some(PauseReason::Operator));
    assert_eq!(engine.snapshot().in_flight.len(), 1);
    stage.pass("1h").await;
    assert_eq!(stage.facts(), ["attach-intended", "attach-ended", "attach-seen"]);
    assert_eq!(engine.view("train").plan.steps.len(), 1);
    assert_eq!(
        engine.view("train").plan.steps[0].gate,
        Gate::Closed("paused: nothing is begun until it is resumed".to_owned())
    );
    engine.tell(Command::Resume).await;
    stage.pass("10ms").await;
    assert_eq!(engine.snapshot().paused, None);
    // Attached an hour ago by now: that is not rebooted unasked.
    engine.until_state("train", State::NeedsApproval).await;
    engine.approve("train").await;
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    let told: Vec<_> = engine.events().into_iter().filter(|e| matches!(e, Event::Paused(_) | Event::Resumed)).collect();
    assert_eq!(told, [Event::Paused(PauseReason::Operator), Event::Resumed]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_closes_the_gates_at_once_and_shows_what_auto_mode_would_do_without_it() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1s").await;
    let step = engine.asked("train").unwrap();
    let looks = engine.snapshot().looks;
    engine.tell(Command::Pause).await;
    stage.pass("10ms").await;
    assert_eq!(engine.snapshot().looks, looks, "the look did not have to come first");
    assert!(matches!(engine.view("train").plan.steps[0].gate, Gate::Closed(_)));
    assert_eq!(engine.view("train").in_auto, [step.step.action]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_drops_what_was_said_yes_to_and_refuses_every_further_word() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1s").await;
    let (revision, step) = (engine.snapshot().revision, engine.asked("train").unwrap());
    // The look that follows the yes takes longer than the operator does to think better of it.
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(5))));
    engine.refusals();
    engine.approve("train").await;
    stage.pass("1s").await;
    let why = refused(&stage, &mut engine, Command::Pause).await;
    let paused = "paused: the operator said so; nothing is begun until it is resumed";
    let dropped = "attach vol-e123456f to i-0000000a as /dev/sdp for train was approved, but is not begun";
    assert_eq!(why, [format!("{dropped}: {paused}")]);
    assert_eq!(refused(&stage, &mut engine, Command::Approve { revision, step: step.number }).await, [paused]);
    let demand = Command::Demand { machine: "train".parse().unwrap(), action: step.step.action };
    assert_eq!(refused(&stage, &mut engine, demand).await, [paused]);
    assert_eq!(refused(&stage, &mut engine, Command::Pause).await, [paused]);
    stage.sim.clear_faults();
    engine.tell(Command::Resume).await;
    stage.pass("10m").await;
    assert!(stage.changes().is_empty(), "the yes was not forgotten");
    assert_eq!(engine.state("train"), State::NeedsApproval);
    assert_eq!(refused(&stage, &mut engine, Command::Resume).await, ["it is not paused"]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_snoozed_step_is_asked_for_again_by_itself_when_the_time_has_come() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1s").await;
    let (revision, step) = (engine.snapshot().revision, engine.asked("train").unwrap().number);
    assert_eq!(engine.times_asked(), 1);
    let told = stage.now();
    engine.tell(Command::Snooze { revision, step, pause: Duration::from_mins(10) }).await;
    engine.until_state("train", State::Waiting).await;
    stage.pass("1m").await;
    let reason = engine.reason("train");
    assert!(reason.contains("but the operator put it off; asked again at 12:10:"), "{reason}");
    stage.pass("8m").await;
    assert_eq!((engine.reason("train"), engine.times_asked()), (reason, 0));
    engine.until_state("train", State::NeedsApproval).await;
    let waited = stage.since(told);
    assert!(waited >= Duration::from_mins(10) && waited < Duration::from_secs(617), "{waited:?}");
    assert_eq!(engine.times_asked(), 1);
    engine.approve("train").await;
    stage.pass("2s").await;
    assert_eq!(stage.changes(), [ATTACHED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn while_ec2_throttles_a_look_is_not_taken_sooner() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.sim.inject(Fault::error("RequestLimitExceeded"));
    stage.until("a throttled look", || engine.snapshot().look_failure.is_some()).await;
    let (next, calls) = (engine.snapshot().next_look, stage.sim.calls().len());
    assert_eq!(engine.snapshot().pause, Duration::from_secs(5));
    stage.pass("1s").await;
    let why = refused(&stage, &mut engine, Command::LookNow).await;
    assert_eq!(why, ["the next look is in 4s (throttled)"]);
    assert_eq!((engine.snapshot().next_look, stage.sim.calls().len()), (next, calls));
    engine.stop().await;
}
