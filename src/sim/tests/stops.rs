//! Requests with the behaviours `stop` and `hibernate`, and the owner's own stops.

use super::bench::{HOME, OLD, READY, REQUEST, bench, instance, sir};

fn ready(behavior: &str) -> String {
    READY.replacen("homes", &format!("behavior = '{behavior}'\n homes"), 1)
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_comes_back_with_its_id_and_volumes_and_a_new_address_and_launch_time() {
    let bench = bench(&ready("stop"));
    let before = bench.instance(OLD);
    bench.sim.interrupt(&instance(OLD)).unwrap();
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/marked-for-stop", "running"));
    bench.wait(120).await;
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/marked-for-stop", "stopping"));
    bench.wait(20).await;
    assert_eq!(bench.status(), "disabled/instance-stopped-no-capacity");
    assert_eq!(bench.instance(OLD).public_ip, None);
    assert_eq!(bench.instance(OLD).state_reason.unwrap().0, "Server.SpotInstanceShutdown");
    assert_eq!(bench.sim.start(&instance(OLD)).unwrap_err().code, "IncorrectSpotRequestState");
    bench.wait(20).await;
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/fulfilled", "pending"));
    bench.wait(8 + 35).await;
    let after = bench.instance(OLD);
    assert_eq!(after.state.to_string(), "running");
    assert!(after.public_ip.is_some() && after.public_ip != before.public_ip);
    assert_eq!(after.private_ip, before.private_ip);
    assert!(after.launch_time > before.launch_time);
    assert!(bench.volume(HOME).attachment_to(&instance(OLD)).is_some());
    assert!(bench.sim.guest(&instance(OLD)).unwrap().is_usable());
}

#[tokio::test(start_paused = true)]
async fn a_hibernation_has_no_notice() {
    let bench = bench(&ready("hibernate"));
    bench.sim.interrupt(&instance(OLD)).unwrap();
    bench.wait(0).await;
    assert_eq!(bench.state(OLD), "stopping");
}

#[tokio::test(start_paused = true)]
async fn what_its_owner_stopped_only_its_owner_starts() {
    let bench = bench(&ready("stop"));
    bench.sim.stop(&instance(OLD)).unwrap();
    bench.wait(20).await;
    assert_eq!(bench.status(), "disabled/instance-stopped-by-user");
    bench.wait(3600).await;
    assert_eq!(bench.status(), "disabled/instance-stopped-by-user");
    bench.sim.start(&instance(OLD)).unwrap();
    assert_eq!(bench.status(), "open/pending-evaluation");
    bench.wait(1 + 3 + 8).await;
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/fulfilled", "running"));
}

#[tokio::test(start_paused = true)]
async fn cancelling_a_disabled_request_terminates_its_stopped_instance() {
    let bench = bench(&ready("stop").replacen("age = '1h'", "age = '1h'\n state = 'stopped'", 1));
    assert_eq!(bench.status(), "disabled/instance-stopped-no-capacity");
    bench.sim.cancel(&sir(REQUEST)).unwrap();
    assert_eq!(bench.status(), "cancelled/instance-terminated-by-service");
    bench.wait(5 + 20).await;
    assert_eq!(bench.state(OLD), "terminated");
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_starts_again_whatever_became_of_its_image() {
    for by_owner in [true, false] {
        let bench = bench(&format!("images = ['ami-12abcd34']\n{}", ready("stop")));
        bench.sim.with_world(|world| {
            let image = "ami-12abcd34";
            let records = world.records_mut();
            image.clone_into(&mut records.requests.get_mut(&sir(REQUEST)).unwrap().launch.image);
            image.clone_into(&mut records.instances.get_mut(&instance(OLD)).unwrap().launch.image);
        });
        bench.ec2.deregister_image().image_id("ami-12abcd34").send().await.unwrap();
        if by_owner {
            bench.sim.stop(&instance(OLD)).unwrap();
            bench.wait(20).await;
            bench.sim.start(&instance(OLD)).unwrap();
        } else {
            bench.sim.interrupt(&instance(OLD)).unwrap();
        }
        bench.wait(180).await;
        assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/fulfilled", "running"));
        // A launch needs it.
        bench.sim.terminate(&instance(OLD)).unwrap();
        bench.wait(60).await;
        assert_eq!(bench.request().status.code, "bad-parameters");
    }
}
