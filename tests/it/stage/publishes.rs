//! What is published, when the world moves between the look and the step.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_address_that_the_instance_lost_since_the_look_is_never_published() {
    let attached = "attached = [{ volume = \"vol-e123456f\", device = \"/dev/sdp\" }]\n";
    let stage = Stage::new(&format!("{}{attached}", RUNNING.replace("\"1m\"", "\"6h\"")), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    stage.until("the look at the instance", || stage.count("DescribeInstances") == 1).await;
    stage.sim.with_world(|world| {
        let instance = world.records_mut().instances.get_mut(&"i-0000000a".parse().unwrap()).unwrap();
        instance.public_ip = "203.0.113.99".parse().ok();
    });
    engine.until_state("train", State::Ready).await;
    assert_eq!(stage.names(), ["203.0.113.99 my-spot.amazonaws.com"]);
    assert_eq!(stage.facts(), ["names-changed"], "nothing else was written meanwhile");
    engine.stop().await;
}
