//! What people are told of a machine whose instance is taken away, from what a real engine shows.

use std::sync::Mutex;

use spotkeeper::config::Occasion;
use spotkeeper::protocol::{Change, Changes};

use super::*;

/// A world that wakes its owner: views that lag, each by another time.
const LAGGING: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[lag]
requests = "9s"
instances = "4s"
volumes = "1s"
"#;

/// Everything that is told from now on.
fn listen(stage: &Stage, engine: &Running) -> Arc<Mutex<Vec<Change>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (config, mut snapshots) = (stage.config.clone(), engine.handle.snapshots.clone());
    let heard = Arc::clone(&told);
    tokio::spawn(async move {
        let mut changes = Changes::default();
        while snapshots.changed().await.is_ok() {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            heard.lock().unwrap().extend(changes.take(&config, &snapshot));
        }
    });
    told
}

fn occasions(told: &Mutex<Vec<Change>>) -> Vec<Occasion> {
    told.lock().unwrap().iter().map(|change| change.occasion).collect()
}

/// The instance that the request names.
fn home(stage: &Stage) -> spotkeeper::model::InstanceId {
    let request = "sir-y1a23b4c".parse().unwrap();
    stage.sim.with_world(|world| world.request(&request).unwrap().instance.clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_interruption_is_told_once_by_draining_and_once_by_healed_however_views_lag() {
    let stage = Stage::new(LAGGING, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    let told = listen(&stage, &engine);
    engine.until_state("train", State::Ready).await;
    stage.pass("10m").await;
    assert_eq!(occasions(&told), [Occasion::Ready]);
    for _ in 0..3 {
        told.lock().unwrap().clear();
        let first = home(&stage);
        stage.sim.interrupt(&first).unwrap();
        stage.until("healed", || occasions(&told).last() == Some(&Occasion::Healed)).await;
        stage.pass("20m").await;
        assert_eq!(occasions(&told), [Occasion::Draining, Occasion::Healed]);
        let told = told.lock().unwrap();
        assert_eq!(told[0].instance, Some(first));
        assert_eq!(told[1].instance, Some(home(&stage)));
        assert!(told[1].address.is_some_and(|address| stage.names()[0].starts_with(&address.to_string())));
    }
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_the_middle_of_an_interruption_is_followed_by_ready_and_one_at_rest_by_nothing() {
    let stage = Stage::new(LAGGING, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("10m").await;
    engine.stop().await;
    let engine = stage.start(Mode::Auto).await;
    let told = listen(&stage, &engine);
    stage.pass("10m").await;
    assert_eq!(occasions(&told), []);

    let first = home(&stage);
    stage.sim.interrupt(&first).unwrap();
    let gone = || !stage.sim.with_world(|world| world.instance(&first).unwrap().state.is_present());
    stage.until("the instance to be gone", gone).await;
    stage.pass("12s").await;
    engine.stop().await;
    let engine = stage.start(Mode::Auto).await;
    let told = listen(&stage, &engine);
    stage.pass("10m").await;
    assert_eq!(occasions(&told), [Occasion::Ready]);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn in_confirm_mode_each_question_is_told_once_with_its_step() {
    let stage = Stage::new(RUNNING, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    let told = listen(&stage, &engine);
    for question in ["attach vol-e123456f to i-0000000a as /dev/sdp", "reboot i-0000000a"] {
        engine.until_state("train", State::NeedsApproval).await;
        stage.pass("10m").await;
        let asked = told.lock().unwrap().pop().unwrap();
        assert_eq!(
            (asked.occasion, asked.step.unwrap().step.action.to_string()),
            (Occasion::NeedsApproval, question.to_owned())
        );
        assert_eq!(occasions(&told), []);
        engine.approve("train").await;
        stage.pass("30s").await;
    }
    engine.until_state("train", State::Ready).await;
    stage.pass("10m").await;
    assert_eq!(occasions(&told), [Occasion::Ready]);
    engine.stop().await;
}
