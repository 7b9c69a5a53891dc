//! A home volume outlives its instance, whoever had it deleted with that.

use super::*;
use spotkeeper::sim::{Effect, Fault};

const KEPT: &str = "ModifyInstanceAttribute i-0000000a";

/// The world of `train`, at home for hours on an instance with which its home would be deleted.
fn flagged() -> String {
    let home = "{ volume = 'vol-e123456f', device = '/dev/sdp', delete_on_termination = true }";
    format!("{}attached = [{home}]\n", RUNNING.replace("\"1m\"", "\"6h\""))
}

fn is_flagged(stage: &Stage) -> bool {
    stage.sim.with_world(|world| {
        let home = world.volume(&"vol-e123456f".parse().unwrap()).unwrap();
        home.attachments.iter().any(|held| held.delete_on_termination)
    })
}

#[tokio::test(start_paused = true)]
async fn a_home_that_would_go_with_its_instance_outlives_it_and_comes_home_to_the_next() {
    let stage = Stage::new(&flagged(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the flag to be cleared", || !is_flagged(&stage)).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1h").await;
    assert_eq!(stage.changes(), [KEPT]);
    let facts = stage.facts();
    let written = facts.iter().filter(|fact| fact.starts_with("keep")).cloned().collect::<Vec<_>>();
    assert_eq!(written, ["keep-intended", "keep-ended"]);
    assert!(engine.view("train").plan.warnings.is_empty(), "{:?}", engine.view("train").plan.warnings);
    stage.sim.interrupt(&"i-0000000a".parse().unwrap()).unwrap();
    engine.until_state("train", State::Waiting).await;
    engine.until_state("train", State::Ready).await;
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn killed_before_or_after_the_call_it_is_cleared_all_the_same() {
    for effect in [Effect::Hang, Effect::HangAfterEffect] {
        let stage = Stage::new(&flagged(), TRAIN);
        stage.sim.inject(Fault::new(effect).on("ModifyInstanceAttribute").times(1));
        let engine = stage.start(Mode::Auto).await;
        stage.until("the call", || stage.count("ModifyInstanceAttribute") == 1).await;
        engine.kill().await;
        stage.sim.clear_faults();
        let mut engine = stage.start(Mode::Auto).await;
        engine.until_state("train", State::Ready).await;
        stage.pass("1m").await;
        assert!(!is_flagged(&stage));
        engine.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_views_lag_it_is_not_cleared_again_and_again() {
    let stage = Stage::new(&format!("{}[lag]\nvolumes = '8s'\ninstances = '8s'\n", flagged()), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the flag to be cleared", || !is_flagged(&stage)).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1m").await;
    assert_eq!(stage.changes(), [KEPT]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn in_confirm_mode_it_is_asked_first_and_declined_for_good() {
    let stage = Stage::new(&flagged(), TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let asked = engine.asked("train").unwrap().step.action.to_string();
    assert_eq!(asked, "keep vol-e123456f when i-0000000a is terminated");
    engine.approve("train").await;
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes(), [KEPT]);
    engine.stop().await;

    let stage = Stage::new(&flagged(), TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (revision, step) = (engine.snapshot().revision, engine.asked("train").unwrap().number);
    engine.tell(Command::Decline { revision, step }).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1h").await;
    assert!(is_flagged(&stage) && stage.changes().is_empty());
    assert!(engine.view("train").plan.warnings[0].contains("IS DELETED"), "{:?}", engine.view("train").plan.warnings);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn credentials_that_may_not_clear_it_leave_the_machine_ready_with_both_warnings() {
    let stage = Stage::new(&flagged(), TRAIN);
    stage.sim.inject(Fault::error("UnauthorizedOperation").on("ModifyInstanceAttribute"));
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the call", || stage.count("ModifyInstanceAttribute") == 1).await;
    engine.until_state("train", State::Ready).await;
    let warnings = engine.view("train").plan.warnings.join("\n");
    assert!(warnings.contains("IS DELETED") && warnings.contains("ec2:ModifyInstanceAttribute"), "{warnings}");
    stage.pass("10m").await;
    assert!(stage.count("ModifyInstanceAttribute") <= 3, "{:?}", stage.changes());
    engine.stop().await;
}
