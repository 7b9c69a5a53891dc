//! What the operator demands, and what comes of it.

use super::commands::{ATTACHED, REBOOTED, refused};
use super::*;
use spotkeeper::plan::{Action, StepKind};
use spotkeeper::sim::{Effect, Fault};

impl Running {
    /// What may be demanded of this kind.
    pub(super) fn offered(&self, kind: StepKind) -> Option<Action> {
        let offers = self.view("train").plan.offers;
        offers.into_iter().filter(|offer| offer.kind == kind).find_map(|offer| offer.action.ok())
    }

    pub(super) async fn demand(&self, action: Action) {
        self.tell(Command::Demand { machine: "train".parse().unwrap(), action }).await;
    }

    /// Demands what is offered of this kind.
    pub(super) async fn demand_offered(&self, kind: StepKind) -> Action {
        let action = self.offered(kind).unwrap_or_else(|| panic!("nothing to {kind}"));
        self.demand(action.clone()).await;
        action
    }
}

/// The world of `train`, at home for hours.
fn ready_for_hours() -> String {
    let attached = "attached = [{ volume = \"vol-e123456f\", device = \"/dev/sdp\" }]";
    format!("{}{attached}\n", RUNNING.replace("\"1m\"", "\"6h\""))
}

fn reboot() -> Action {
    Action::Reboot { instance: "i-0000000a".parse().unwrap(), volumes: vec!["vol-e123456f".parse().unwrap()] }
}

#[tokio::test(start_paused = true)]
async fn a_ready_machine_is_rebooted_once_for_one_demand() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    engine.approve("train").await;
    engine.until_state("train", State::Working).await;
    engine.until_state("train", State::NeedsApproval).await;
    engine.approve("train").await;
    engine.until_state("train", State::Ready).await;
    stage.pass("5m").await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    engine.demand_offered(StepKind::Reboot).await;
    stage.pass("1h").await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED, REBOOTED]);
    assert_eq!(engine.state("train"), State::Ready);
    assert!(engine.refusals().is_empty());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_being_done_already_is_not_done_again_for_a_second_demand() {
    let stage = Stage::new(&ready_for_hours(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(5))).on("RebootInstances"));
    engine.demand_offered(StepKind::Reboot).await;
    stage.until("the call", || stage.count("RebootInstances") == 1).await;
    let again = Command::Demand { machine: "train".parse().unwrap(), action: reboot() };
    assert_eq!(refused(&stage, &mut engine, again).await, ["reboot i-0000000a for train is being done already"]);
    stage.pass("1h").await;
    assert_eq!(stage.changes(), [REBOOTED]);
    assert_eq!(engine.state("train"), State::Ready);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demanded_reboot_whose_answer_is_lost_is_not_repeated_on_a_machine_that_owed_none() {
    let stage = Stage::new(&ready_for_hours(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.sim.inject(Fault::new(Effect::ReplyLost).on("RebootInstances"));
    engine.demand_offered(StepKind::Reboot).await;
    stage.pass("1h").await;
    assert_eq!(stage.changes(), [format!("{REBOOTED}: answer lost")]);
    assert_eq!(engine.state("train"), State::NeedsApproval);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demanded_attachment_does_not_wait_for_the_back_off() {
    let stage = Stage::new(RUNNING, TRAIN);
    stage.sim.inject(Fault::error("UnauthorizedOperation").on("AttachVolume").times(1));
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Blocked).await;
    stage.pass("1m").await;
    assert_eq!(stage.count("AttachVolume"), 1, "it rests for five minutes");
    engine.demand_offered(StepKind::Attach).await;
    stage.pass("2s").await;
    assert_eq!(stage.count("AttachVolume"), 2);
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.count("AttachVolume"), 2);
    assert_eq!(stage.count("RebootInstances"), 1);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demanded_reboot_does_not_wait_for_the_delay_and_is_the_one_that_was_owed() {
    let stage = Stage::new(RUNNING, &TRAIN.replace("hostnames", "reboot_delay = \"5m\"\nhostnames"));
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the attachment to be seen", || stage.facts().ends_with(&["attach-seen".to_owned()])).await;
    stage.pass("5s").await;
    assert!(engine.reason("train").contains("its reboot follows 5m after"), "{}", engine.reason("train"));
    engine.demand_offered(StepKind::Reboot).await;
    stage.pass("2s").await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    engine.until_state("train", State::Ready).await;
    stage.pass("1h").await;
    assert_eq!(stage.changes(), [ATTACHED, REBOOTED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demand_needs_no_yes_in_confirm_mode_and_overrides_what_was_declined() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (revision, step) = (engine.snapshot().revision, engine.asked("train").unwrap().number);
    engine.tell(Command::Decline { revision, step }).await;
    engine.until_state("train", State::Waiting).await;
    engine.demand_offered(StepKind::Attach).await;
    stage.pass("2s").await;
    assert_eq!(stage.changes(), [ATTACHED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demand_that_is_not_offered_is_refused_at_once_with_what_is() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    let machine = || "train".parse().unwrap();
    let why = refused(&stage, &mut engine, Command::Demand { machine: machine(), action: reboot() }).await;
    assert_eq!(why, ["cannot reboot i-0000000a for train now; vol-e123456f is not attached to i-0000000a"]);
    let Some(Action::Attach { volume, instance, .. }) = engine.offered(StepKind::Attach) else { panic!("no offer") };
    let elsewhere = Action::Attach { volume, instance, device: "/dev/sdz".parse().unwrap() };
    let why = refused(&stage, &mut engine, Command::Demand { machine: machine(), action: elsewhere }).await;
    assert_eq!(
        why,
        ["cannot attach vol-e123456f to i-0000000a as /dev/sdz for train now; what can be done is: attach \
          vol-e123456f to i-0000000a as /dev/sdp"]
    );
    let why = refused(&stage, &mut engine, Command::Demand { machine: "lab".parse().unwrap(), action: reboot() }).await;
    assert_eq!(why, ["nothing is known of lab yet: look first"]);
    stage.pass("10m").await;
    assert!(stage.changes().is_empty());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demand_that_the_world_overtakes_is_refused_and_nothing_is_called() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("14s").await;
    stage.sim.interrupt(&"i-0000000a".parse().unwrap()).unwrap();
    engine.refusals();
    engine.demand_offered(StepKind::Attach).await;
    stage.pass("30s").await;
    let why = engine.refusals();
    assert_eq!(why.len(), 1, "{why:?}");
    let begin = "attach vol-e123456f to i-0000000a as /dev/sdp for train was asked for, but the world moved; there is \
                 no eligible instance: i-0000000a is draining";
    assert!(why[0].starts_with(begin), "{why:?}");
    stage.pass("10m").await;
    assert!(stage.changes().is_empty());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_demand_does_not_wait_until_ec2_can_be_seen_again() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1s").await;
    stage.sim.inject(Fault::error("RequestExpired"));
    engine.refusals();
    engine.demand_offered(StepKind::Attach).await;
    stage.pass("1m").await;
    let why = engine.refusals();
    assert_eq!(why.len(), 1, "{why:?}");
    assert!(why[0].contains("was asked for, but is not begun: could not look: "), "{why:?}");
    stage.sim.clear_faults();
    stage.pass("10m").await;
    assert_eq!(engine.state("train"), State::NeedsApproval);
    assert!(stage.changes().is_empty());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_only_watches_offers_nothing_and_obeys_no_demand() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.watch().await;
    engine.until_state("train", State::Waiting).await;
    assert_eq!(engine.offered(StepKind::Attach), None);
    assert!(engine.snapshot().mode_is_fixed && !engine.snapshot().may_act);
    for command in [Command::Demand { machine: "train".parse().unwrap(), action: reboot() }, Command::Pause] {
        assert_eq!(refused(&stage, &mut engine, command).await, ["this session only watches"]);
    }
    engine.stop().await;
}
