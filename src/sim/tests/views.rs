//! Views that lag, each by itself.

use std::time::Duration;

use super::super::Lag;
use super::bench::{HOME, NEW, OLD, READY, REQUEST, bench, instance, sir, words};

#[tokio::test(start_paused = true)]
async fn the_request_view_can_still_say_fulfilled_when_the_instance_view_shows_the_end() {
    let bench = bench(&format!("{READY}\n[lag]\nrequests = '30s'"));
    bench.wait(60).await;
    bench.sim.terminate(&instance(OLD)).unwrap();
    bench.wait(29).await;
    let shown = async || {
        let requests = bench.ec2.describe_spot_instance_requests().send().await.unwrap();
        let request = &requests.spot_instance_requests()[0];
        (request.state().unwrap().to_string(), request.instance_id().unwrap().to_owned())
    };
    bench.wait(1).await;
    assert_eq!(bench.state(OLD), "terminated");
    assert_ne!(bench.current(), OLD);
    assert_eq!(shown().await, ("active".to_owned(), OLD.to_owned()));
    bench.wait(15).await;
    assert_eq!(shown().await.0, "open");
    bench.wait(9).await;
    assert_eq!(shown().await, ("active".to_owned(), bench.current()));
}

#[tokio::test(start_paused = true)]
async fn volume_and_instance_view_disagree_about_an_attachment_for_as_long_as_one_lags() {
    let bench = bench(NEW);
    bench.wait(12).await;
    let id = bench.current();
    bench.sim.with_world(|world| {
        world.lag = Lag { volumes: Duration::from_secs(7), ..Lag::default() };
    });
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    let volume = async || {
        let found = bench.ec2.describe_volumes().volume_ids(HOME).send().await.unwrap();
        found.volumes()[0].state().unwrap().to_string()
    };
    let devices = async || {
        let found = bench.ec2.describe_instances().instance_ids(&id).send().await.unwrap();
        found.reservations()[0].instances()[0].block_device_mappings().len()
    };
    assert_eq!((volume().await.as_str(), devices().await), ("available", 2));
    bench.wait(6).await;
    assert_eq!(volume().await, "available");
    bench.wait(1).await;
    assert_eq!((volume().await.as_str(), devices().await), ("in-use", 2));
}

#[tokio::test(start_paused = true)]
async fn a_new_request_is_not_shown_for_a_while() {
    let bench = bench(&format!("{NEW}\nhidden_for = '30s'"));
    let call = || bench.ec2.describe_spot_instance_requests().spot_instance_request_ids(REQUEST).send();
    bench.wait(29).await;
    assert_eq!(call().await.map_err(words).unwrap_err().0, "InvalidSpotInstanceRequestID.NotFound");
    assert!(bench.ec2.describe_spot_instance_requests().send().await.unwrap().spot_instance_requests().is_empty());
    bench.wait(1).await;
    assert_eq!(call().await.unwrap().spot_instance_requests().len(), 1);
    bench.sim.with_world(|world| world.hide_request(&sir(REQUEST), Duration::from_secs(5)));
    assert!(call().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_its_view_does_not_show_yet_is_not_found_by_calls_either() {
    let bench = bench(&format!("{NEW}\n[lag]\ninstances = '20s'"));
    bench.wait(1 + 3 + 8).await;
    let id = bench.current();
    assert_eq!(bench.state(&id), "running");
    assert_eq!(bench.attach(HOME, &id, "/dev/sdp").await.unwrap_err().0, "InvalidInstanceID.NotFound");
    assert_eq!(bench.reboot(&id).await.unwrap_err().0, "InvalidInstanceID.NotFound");
    bench.wait(12).await;
    assert_eq!(bench.attach(HOME, &id, "/dev/sdp").await, Ok(()), "it is shown as pending, and is running");
}

#[tokio::test(start_paused = true)]
async fn lists_are_in_an_order_that_changes_with_each_call_or_not_as_the_knob_says() {
    let volume = |n| format!("[[volume]]\nid = 'vol-0000000{n}'\nzone = 'us-east-1a'\n");
    let volumes = (0..9).map(volume).collect::<Vec<_>>().concat();
    for shuffles in [true, false] {
        let bench = bench(&format!("{volumes}[knobs]\nshuffles = {shuffles}"));
        let ids = async || {
            let found = bench.ec2.describe_volumes().max_results(100).send().await.unwrap();
            found.volumes().iter().map(|volume| volume.volume_id().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (first, second) = (ids().await, ids().await);
        assert_eq!(first != second, shuffles);
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(sorted(first), sorted(second));
    }
}

#[tokio::test(start_paused = true)]
async fn a_states_code_has_a_high_byte_or_not_as_the_knob_says() {
    for (high_bytes, code) in [(false, 16), (true, 272)] {
        let bench = bench(&format!("{READY}\n[knobs]\nhigh_bytes = {high_bytes}"));
        let found = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
        let state = found.reservations()[0].instances()[0].state().unwrap();
        assert_eq!((state.code(), state.name().unwrap().as_str()), (Some(code), "running"));
    }
}
