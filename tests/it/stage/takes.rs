//! A volume is taken from whoever holds it, on the operator's word alone.

use super::*;
use spotkeeper::model::InstanceState;
use spotkeeper::plan::{Action, StepKind};
use spotkeeper::sim::{Effect, Fault};

/// What comes after the world of `train`: a stranger that holds its home.
const STRANGER: &str = r#"
[[instance]]
id = "i-0000000b"
zone = "us-east-1b"
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdf" }]
"#;

/// One that has it mounted.
const LIVES_WITH_IT: &str = r#"
[[request]]
id = "sir-z1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0000000b"
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdf" }]
"#;

const TAKEN: &str = "DetachVolume vol-e123456f i-0000000b";
const ATTACHED: &str = "AttachVolume vol-e123456f i-0000000a /dev/sdp";
const REBOOTED: &str = "RebootInstances i-0000000a";

impl Stage {
    /// The calls that change volumes and instances, without what other computers are told.
    fn deeds(&self) -> Vec<String> {
        self.changes().into_iter().filter(|change| !change.starts_with("CreateTags")).collect()
    }

    /// Somebody else does this.
    fn somebody(&self, does: &str) {
        let _ = self.sim.serve("", format!("Version=2016-11-15&Action={does}").as_bytes());
    }
}

/// Lets the next look see volumes two seconds before it is done, and what is looked at again just before a step sees them
/// as they are by then.
fn look_slowly(stage: &Stage) {
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(2))).on("DescribeInstances").times(1));
}

#[tokio::test(start_paused = true)]
async fn what_a_running_stranger_holds_is_taken_on_demand_and_comes_home() {
    let stage = Stage::new(&[RUNNING, STRANGER].concat(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Blocked).await;
    stage.pass("1h").await;
    assert!(stage.changes().is_empty());
    engine.demand_offered(StepKind::Detach).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1h").await;
    assert_eq!(stage.deeds(), [TAKEN, ATTACHED, REBOOTED]);
    assert!(stage.facts().starts_with(&["detach-intended".to_owned(), "detach-ended".to_owned()]));
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_mounted_there_stays_busy_and_is_said_to_be_until_it_is_unmounted() {
    let stage = Stage::new(&[RUNNING, LIVES_WITH_IT].concat(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Blocked).await;
    engine.demand_offered(StepKind::Detach).await;
    stage.pass("1h").await;
    let why = engine.reason("train");
    assert!(why.contains("but is busy: it is mounted there still; unmount it there"), "{why}");
    assert_eq!(stage.deeds(), [TAKEN]);
    assert!(stage.sim.guest(&"i-0000000b".parse().unwrap()).unwrap().is_usable());
    stage.somebody("RebootInstances&InstanceId.1=i-0000000b");
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.deeds()[2..], [ATTACHED, REBOOTED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_stranger_let_go_of_meanwhile_is_not_detached_from_whoever_has_it_now() {
    let stage = Stage::new(&[RUNNING, STRANGER].concat(), TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.until_state("train", State::Blocked).await;
    stage.pass("1s").await;
    look_slowly(&stage);
    engine.demand_offered(StepKind::Detach).await;
    stage.pass("1s").await;
    stage.sim.with_world(|world| {
        let home = world.records_mut().volumes.get_mut(&"vol-e123456f".parse().unwrap()).unwrap();
        home.attachments[0].instance = "i-0000000a".parse().unwrap();
    });
    stage.pass("1m").await;
    let ended = engine.events().into_iter().map(|event| event.to_string());
    let ended: Vec<String> = ended.filter(|event| event.contains("ended: detach")).collect();
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert!(ended[0].contains("it is not attached there any more"), "{ended:?}");
    assert!(stage.changes().is_empty(), "{:?}", stage.changes());
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_stopped_stranger_holds_is_not_taken_when_it_runs_again_meanwhile() {
    let stage = Stage::new(&[RUNNING, STRANGER].concat(), TRAIN);
    let stranger = |state| {
        stage.sim.with_world(|world| {
            let stranger = world.records_mut().instances.get_mut(&"i-0000000b".parse().unwrap()).unwrap();
            stranger.state = state;
        });
    };
    stranger(InstanceState::Stopped);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::NeedsApproval).await;
    stage.pass("1s").await;
    look_slowly(&stage);
    engine.approve("train").await;
    stage.pass("1s").await;
    stranger(InstanceState::Running);
    stage.pass("1m").await;
    let ended = engine.events().into_iter().map(|event| event.to_string());
    let ended: Vec<String> = ended.filter(|event| event.contains("ended: detach")).collect();
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert!(ended[0].contains("i-0000000b is running by now and holds it as /dev/sdf"), "{ended:?}");
    assert_eq!(stage.deeds(), [""; 0]);
    assert_eq!(engine.state("train"), State::Blocked);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_declined_where_it_is_stuck_is_taken_on_demand_and_tried_under_another_name() {
    let stage = Stage::new(RUNNING, TRAIN);
    stage.sim.with_world(|world| world.stick_next_attach(&"vol-e123456f".parse().unwrap()));
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::NeedsApproval).await;
    let (revision, step) = (engine.snapshot().revision, engine.asked("train").unwrap().number);
    engine.tell(Command::Decline { revision, step }).await;
    engine.until_state("train", State::Waiting).await;
    stage.pass("1h").await;
    assert_eq!(stage.deeds(), [ATTACHED]);
    engine.demand_offered(StepKind::Detach).await;
    engine.until_state("train", State::Ready).await;
    let again = "AttachVolume vol-e123456f i-0000000a /dev/sdo";
    assert_eq!(stage.deeds(), [ATTACHED, "DetachVolume vol-e123456f i-0000000a", again, REBOOTED]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_stuck_and_came_to_be_attached_meanwhile_is_left_there() {
    for is_demanded in [false, true] {
        let stage = Stage::new(RUNNING, TRAIN);
        stage.sim.with_world(|world| world.stick_next_attach(&"vol-e123456f".parse().unwrap()));
        let mut engine = stage.start(Mode::Auto).await;
        engine.until_state("train", State::NeedsApproval).await;
        stage.pass("1s").await;
        look_slowly(&stage);
        if is_demanded {
            engine.demand_offered(StepKind::Detach).await;
        } else {
            engine.approve("train").await;
        }
        stage.pass("1s").await;
        stage.sim.with_world(|world| {
            let home = world.records_mut().volumes.get_mut(&"vol-e123456f".parse().unwrap()).unwrap();
            home.attachments[0].state = "attached".into();
        });
        engine.until_state("train", State::Ready).await;
        let began = engine.events().into_iter().filter(|event| matches!(event, Event::StepBegan(_)));
        assert!(began.into_iter().any(|event| event.to_string().contains("begins: detach")), "it was not on its way");
        assert_eq!(stage.deeds(), [ATTACHED, REBOOTED]);
        engine.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_where_the_policy_says_never() {
    let stage = Stage::new(&[RUNNING, STRANGER].concat(), &format!("[policy]\ndetach = 'never'\n{TRAIN}"));
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Blocked).await;
    assert_eq!(engine.offered(StepKind::Detach), None);
    let take = Action::Detach { volume: "vol-e123456f".parse().unwrap(), instance: "i-0000000b".parse().unwrap() };
    engine.demand(take).await;
    stage.pass("1h").await;
    assert!(stage.changes().is_empty());
    engine.stop().await;
}
