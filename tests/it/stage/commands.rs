//! What the operator says, and what comes of it.

use super::*;
use spotkeeper::journal::LockError;
use spotkeeper::protocol::{Revision, StepNumber};
use spotkeeper::sim::{Effect, Fault};

pub(super) const ATTACHED: &str = "AttachVolume vol-e123456f i-0000000a /dev/sdp";
pub(super) const REBOOTED: &str = "RebootInstances i-0000000a";

impl Running {
    /// Why commands were refused since events were last asked for.
    pub(super) fn refusals(&mut self) -> Vec<String> {
        let why = |event| if let Event::Refused { why } = event { Some(why) } else { None };
        self.events().into_iter().filter_map(why).collect()
    }
}

/// Gives a command, lets the engine take it in, and returns why it was refused.
pub(super) async fn refused(stage: &Stage, engine: &mut Running, command: Command) -> Vec<String> {
    engine.refusals();
    engine.tell(command).await;
    stage.pass("10ms").await;
    engine.refusals()
}

#[tokio::test(start_paused = true)]
async fn in_confirm_mode_attach_and_reboot_wait_for_a_yes_each_and_the_name_for_none() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1h").await;
    assert_eq!(
        engine.reason("train"),
        "attach vol-e123456f to i-0000000a as /dev/sdp? i-0000000a runs, vol-e123456f is available, both in \
         us-east-1b; confirm mode asks before each attach"
    );
    assert!(stage.changes().is_empty());
    engine.approve("train").await;
    engine.until_state("train", State::Working).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("5m").await;
    assert!(engine.reason("train").ends_with("confirm mode asks before each reboot"), "{}", engine.reason("train"));
    assert_eq!(stage.changes(), [ATTACHED]);
    assert!(stage.names().is_empty());
    engine.approve("train").await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1h").await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    assert_eq!(stage.names(), ["203.0.113.1 my-spot.amazonaws.com"]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_said_yes_to_does_not_wait_for_a_yes_any_more_while_it_is_done_and_until_it_shows() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(5))).on("DescribeVolumes"));
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(5))).on("AttachVolume"));
    let looks = engine.snapshot().looks;
    engine.approve("train").await;
    stage.until("the yes to be taken in", || engine.state("train") != State::NeedsApproval).await;
    assert_eq!(engine.snapshot().looks, looks, "that is said before the next look");
    stage
        .until("the end of the step and a look", || {
            assert_eq!(engine.asked("train"), None, "{:?}", engine.view("train"));
            assert_eq!(engine.state("train"), State::Working);
            !stage.changes().is_empty() && engine.snapshot().in_flight.is_empty() && engine.snapshot().looks > looks + 1
        })
        .await;
    assert_eq!(stage.changes(), [ATTACHED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_approval_of_another_revision_is_refused_with_what_is_planned_instead() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (attach, first) = (engine.asked("train").unwrap().number, engine.snapshot().revision);

    let outdated = Command::Approve { revision: Revision(first.0 - 1), step: attach };
    let why = refused(&stage, &mut engine, outdated).await;
    let still = format!(
        "the plan changed from {} to {first} since; step {attach} still is: attach vol-e123456f to i-0000000a as \
         /dev/sdp. Look, and say it again",
        first.0 - 1
    );
    assert_eq!(why, [still]);
    let unknown = Command::Approve { revision: first, step: StepNumber(99) };
    let why = refused(&stage, &mut engine, unknown).await;
    let instead = format!(
        "step 99 of plan {first} is out of date; plan {first} has step {attach}: attach vol-e123456f to i-0000000a \
         as /dev/sdp for train"
    );
    assert_eq!(why, [instead]);
    stage.pass("10m").await;
    assert!(stage.changes().is_empty());

    assert_eq!(refused(&stage, &mut engine, Command::Approve { revision: first, step: attach }).await, [""; 0]);
    engine.until_state("train", State::Working).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (reboot, second) = (engine.asked("train").unwrap().number, engine.snapshot().revision);
    assert!(second > first && reboot > attach);
    let why = refused(&stage, &mut engine, Command::Approve { revision: first, step: attach }).await;
    let instead = format!(
        "step {attach} of plan {first} is out of date; plan {second} has step {reboot}: reboot i-0000000a for train"
    );
    assert_eq!(why, [instead]);
    let why = refused(&stage, &mut engine, Command::Decline { revision: first, step: reboot }).await;
    assert!(why[0].starts_with(&format!("the plan changed from {first} to {second} since")), "{why:?}");
    stage.pass("5m").await;
    assert_eq!(stage.changes(), [ATTACHED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_the_world_overtakes_does_nothing_and_says_so() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("14s").await;
    stage.sim.interrupt(&"i-0000000a".parse().unwrap()).unwrap();
    engine.refusals();
    engine.approve("train").await;
    stage.pass("1m").await;
    assert_eq!(
        engine.refusals(),
        ["attach vol-e123456f to i-0000000a as /dev/sdp for train was approved, but is not planned any more: the \
          world moved"]
    );
    assert!(stage.changes().is_empty());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_declined_step_stays_declined_over_a_restart_until_its_subject_changes() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (revision, step) = (engine.snapshot().revision, engine.asked("train").unwrap().number);
    engine.tell(Command::Decline { revision, step }).await;
    engine.until_state("train", State::Waiting).await;
    assert!(engine.reason("train").ends_with("but the operator declined it"), "{}", engine.reason("train"));
    stage.pass("1h").await;
    engine.kill().await;

    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Waiting).await;
    stage.pass("1h").await;
    assert!(engine.reason("train").ends_with("but the operator declined it"), "{}", engine.reason("train"));
    assert!(engine.asked("train").is_none());
    assert!(stage.changes().is_empty());

    stage.sim.interrupt(&"i-0000000a".parse().unwrap()).unwrap();
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes().len(), 2);
    assert!(!stage.changes().concat().contains("i-0000000a"));
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_started_to_watch_cannot_be_made_to_act() {
    let stage = Stage::new(RUNNING, TRAIN);
    let fixed = Options { mode: Mode::ReadOnly, yes_to_all: false, mode_is_fixed: true };
    let acting = stage.try_start(fixed).await.unwrap();
    let watching = stage.watch().await;
    for mut engine in [acting, watching] {
        engine.until_state("train", State::Waiting).await;
        assert!(engine.reason("train").ends_with("but read-only mode changes nothing"), "{}", engine.reason("train"));
        let why = refused(&stage, &mut engine, Command::SetMode(Mode::Auto)).await;
        assert_eq!(why, ["this session was started to watch only: start another to act"]);
        let (revision, step) = (engine.snapshot().revision, engine.view("train").numbers[0].0);
        assert_eq!(refused(&stage, &mut engine, Command::Approve { revision, step }).await.len(), 1);
        assert_eq!(refused(&stage, &mut engine, Command::Decline { revision, step }).await.len(), 1);
        let (machine, instance) = ("train".parse().unwrap(), "i-0000000a".parse().unwrap());
        assert_eq!(refused(&stage, &mut engine, Command::MarkRebooted { machine, instance }).await.len(), 1);
        stage.pass("10m").await;
        assert_eq!(engine.snapshot().mode, Mode::ReadOnly);
        engine.stop().await;
    }
    assert!(stage.changes().is_empty());
    assert!(stage.facts().is_empty());
    assert!(stage.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_mode_can_be_changed_while_it_runs_and_counts_from_the_next_plan() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::ReadOnly).await;
    engine.until_state("train", State::Waiting).await;
    stage.pass("1m").await;
    assert!(stage.changes().is_empty());
    engine.tell(Command::SetMode(Mode::Confirm)).await;
    engine.until_state("train", State::NeedsApproval).await;
    engine.tell(Command::SetMode(Mode::Auto)).await;
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    let modes: Vec<_> = engine.events().into_iter().filter(|event| matches!(event, Event::ModeChanged(_))).collect();
    assert_eq!(modes, [Event::ModeChanged(Mode::Confirm), Event::ModeChanged(Mode::Auto)]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn stop_finishes_the_step_in_flight_and_begins_no_other() {
    let stage = Stage::new(RUNNING, TRAIN);
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(5))).on("AttachVolume"));
    let engine = stage.start(Mode::Auto).await;
    stage.until("the call", || stage.count("AttachVolume") == 1).await;
    assert_eq!(stage.facts(), ["attach-intended"]);
    let told = stage.now();
    engine.stop().await;
    let took = stage.since(told);
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(6), "{took:?}");
    assert_eq!(stage.facts(), ["attach-intended", "attach-ended"]);
    stage.pass("10m").await;
    assert_eq!(stage.changes(), [ATTACHED]);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_nobody_can_command_any_more_stops_by_itself() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    engine.abandon().await;
    let calls = stage.sim.calls().len();
    stage.pass("10m").await;
    assert_eq!(stage.sim.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn look_now_looks_at_once_and_once_more_when_a_look_was_under_way() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1m").await;
    let looks = engine.snapshot().looks;
    engine.tell(Command::LookNow).await;
    stage.pass("1s").await;
    assert_eq!(engine.snapshot().looks, looks + 1);
    engine.tell(Command::LookNow).await;
    stage.pass("50ms").await;
    engine.tell(Command::LookNow).await;
    stage.pass("2s").await;
    assert_eq!(engine.snapshot().looks, looks + 3);
    stage.pass("10s").await;
    assert_eq!(engine.snapshot().looks, looks + 3);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_engine_on_the_same_state_folder_is_refused_and_told_who_has_it() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    let options = Options { mode: Mode::Auto, yes_to_all: false, mode_is_fixed: false };
    let Err(OpenError::Lock(LockError::Held { machine, holder })) = stage.try_start(options).await.map(|_| ()) else {
        panic!("the lock was given twice");
    };
    assert_eq!(machine.as_str(), "train");
    assert!(holder.as_str().starts_with(&format!("process {} of user ", std::process::id())), "{holder}");
    let watching = stage.watch().await;
    stage.pass("10s").await;
    assert_eq!(watching.state("train"), State::Ready);
    watching.stop().await;
    engine.stop().await;
    stage.try_start(options).await.unwrap().stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_called_while_the_journal_cannot_be_written() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let journal = stage.state_dir().join("machines/sir-y1a23b4c/journal.jsonl");
    fs::create_dir(&journal).unwrap();
    engine.tell(Command::SetMode(Mode::Auto)).await;
    stage.pass("10m").await;
    let failures: Vec<_> = engine
        .events()
        .into_iter()
        .filter_map(|event| if let Event::JournalFailed(failure) = event { Some(failure) } else { None })
        .collect();
    assert_eq!(failures.len(), 1, "told once: {failures:?}");
    assert!(failures[0].why.as_str().starts_with("cannot write the journal "), "{}", failures[0]);
    assert_eq!(engine.snapshot().journal_failure.as_ref(), Some(&failures[0]));
    assert!(stage.changes().is_empty());

    fs::remove_dir(&journal).unwrap();
    engine.until_state("train", State::Ready).await;
    assert!(engine.snapshot().journal_failure.is_none());
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reboot_is_not_called_when_the_journal_breaks_after_the_attachment() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the attachment", || stage.facts().ends_with(&["attach-seen".to_owned()])).await;
    let journal = stage.state_dir().join("machines/sir-y1a23b4c/journal.jsonl");
    let aside = journal.with_extension("aside");
    fs::rename(&journal, &aside).unwrap();
    fs::create_dir(&journal).unwrap();
    stage.pass("5m").await;
    assert_eq!(stage.changes(), [ATTACHED]);
    assert!(engine.events().iter().any(|event| matches!(event, Event::JournalFailed(_))));
    fs::remove_dir(&journal).unwrap();
    fs::rename(&aside, &journal).unwrap();
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    engine.stop().await;
}
