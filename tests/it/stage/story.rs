//! The main story, from one end to the other.

use super::*;

const WORLD: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
"#;

#[tokio::test(start_paused = true)]
async fn in_auto_mode_a_machine_comes_home_and_comes_home_again_after_an_interruption() {
    let stage = Stage::new(WORLD, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    let first = stage.sim.with_world(|world| world.request(&"sir-y1a23b4c".parse().unwrap()).unwrap().instance.clone());
    let first = first.unwrap();
    assert_eq!(
        stage.changes(),
        [format!("AttachVolume vol-e123456f {first} /dev/sdp"), format!("RebootInstances {first}")]
    );
    assert_eq!(stage.names().len(), 1);
    stage.pass("2m").await;
    assert!(stage.sim.guest(&first).unwrap().is_usable());

    stage.sim.interrupt(&first).unwrap();
    stage.until("the name to be withdrawn", || stage.names().is_empty()).await;
    assert!(!stage.sim.with_world(|world| world.instance(&first).unwrap().state.is_present()));
    engine.until_state("train", State::Ready).await;
    stage.pass("2m").await;
    let changes = stage.changes();
    assert_eq!(changes.len(), 4, "{changes:?}");
    assert!(!changes[2].contains(first.as_str()));
    engine.stop().await;
}
