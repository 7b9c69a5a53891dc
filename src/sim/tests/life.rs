//! The life of a request with the behaviour `terminate`.

use super::super::Capacity;
use super::bench::{HOME, NEW, OLD, READY, REQUEST, bench, instance, sir};
use crate::model::AttachmentState;

#[tokio::test(start_paused = true)]
async fn a_new_request_is_evaluated_fulfilled_and_then_runs_and_only_then_has_an_address() {
    let bench = bench(NEW);
    assert_eq!(bench.status(), "open/pending-evaluation");
    bench.wait(1).await;
    assert_eq!(bench.status(), "open/pending-fulfillment");
    bench.wait(3).await;
    assert_eq!(bench.status(), "active/fulfilled");
    let id = bench.current();
    assert_eq!((bench.state(&id).as_str(), bench.instance(&id).public_ip), ("pending", None));
    bench.wait(8).await;
    assert_eq!(bench.state(&id), "running");
    assert!(bench.instance(&id).public_ip.unwrap().to_string().starts_with("203.0.113."));
    let root = bench.ec2.describe_instances().instance_ids(&id).send().await.unwrap();
    let mapping = &root.reservations()[0].instances()[0].block_device_mappings()[0];
    assert_eq!(mapping.device_name(), Some("/dev/sda1"));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_instance_runs_two_minutes_more_while_its_request_is_open_already() {
    let bench = bench(READY);
    bench.sim.interrupt(&instance(OLD)).unwrap();
    assert_eq!(bench.status(), "open/instance-terminated-no-capacity");
    bench.wait(5).await;
    assert_eq!(bench.status(), "open/pending-evaluation");
    bench.wait(114).await;
    assert_eq!(bench.state(OLD), "running");
    assert!(bench.sim.guest(&instance(OLD)).unwrap().is_usable());
    bench.wait(1).await;
    assert_eq!(bench.state(OLD), "shutting-down");
    assert!(!bench.sim.guest(&instance(OLD)).unwrap().is_usable());
    bench.wait(19).await;
    assert_eq!(bench.volume(HOME).attachments[0].state, AttachmentState::Attached);
    bench.wait(1).await;
    assert_eq!(bench.state(OLD), "terminated");
    assert_eq!(bench.instance(OLD).state_reason.unwrap().0, "Server.SpotInstanceTermination");
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
    assert_eq!(bench.status(), "open/capacity-not-available");
    bench.wait(20 + 1 + 3 + 8).await;
    assert_eq!(bench.status(), "active/fulfilled");
    let next = bench.current();
    assert_ne!(next, OLD);
    assert_eq!(bench.state(&next), "running");
}

#[tokio::test(start_paused = true)]
async fn a_reopened_request_names_its_former_instance_or_not_as_the_knob_says() {
    for keeps in [true, false] {
        let bench = bench(&format!("{READY}\n[knobs]\nkeeps_instance_id = {keeps}"));
        bench.sim.interrupt(&instance(OLD)).unwrap();
        assert_eq!(bench.request().instance.is_some(), keeps);
    }
}

#[tokio::test(start_paused = true)]
async fn an_early_replacement_finds_the_volume_still_in_the_hands_of_the_old_instance() {
    let bench = bench(READY);
    bench.sim.interrupt_with_early_replacement(&instance(OLD)).unwrap();
    bench.wait(5 + 1 + 3 + 8).await;
    let next = bench.current();
    assert_eq!((bench.state(OLD).as_str(), bench.state(&next).as_str()), ("running", "running"));
    let refused = bench.attach(HOME, &next, "/dev/sdp").await.unwrap_err();
    assert_eq!(refused, ("VolumeInUse".to_owned(), format!("{HOME} is already attached to an instance")));
    bench.wait(130).await;
    assert_eq!(bench.status(), "active/fulfilled", "the end of the old instance is not the end of the new");
    bench.attach(HOME, &next, "/dev/sdp").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_interruption_holds_for_an_instance_that_is_still_pending() {
    let bench = bench(NEW);
    bench.wait(5).await;
    let id = bench.current();
    bench.sim.interrupt(&instance(&id)).unwrap();
    bench.wait(119).await;
    assert_eq!(bench.state(&id), "running");
    bench.wait(1).await;
    assert_eq!(bench.state(&id), "shutting-down");
}

#[tokio::test(start_paused = true)]
async fn a_replacement_can_land_in_another_zone() {
    let bench = bench(&NEW.replacen("zone = 'us-east-1a'\n    homes", "next_zone = 'us-east-1c'\n    homes", 1));
    bench.wait(12).await;
    assert_eq!(bench.instance(&bench.current()).zone, "us-east-1c");
    let refused = bench.attach(HOME, &bench.current(), "/dev/sdp").await.unwrap_err();
    assert_eq!(refused.0, "InvalidVolume.ZoneMismatch");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_held_with_any_code_until_there_is_capacity() {
    for code in ["capacity-not-available", "price-too-low", "constraint-not-fulfillable", "never-heard-of"] {
        let written = if code == "never-heard-of" { format!("{{ unknown = '{code}' }}") } else { format!("'{code}'") };
        let bench = bench(&format!("{NEW}\ncapacity = {written}"));
        bench.wait(3600).await;
        assert_eq!(bench.status(), format!("open/{code}"));
        bench.sim.set_capacity(&sir(REQUEST), Capacity::Lacking("az-group-constraint".to_owned())).unwrap();
        assert_eq!(bench.status(), "open/az-group-constraint");
        bench.sim.set_capacity(&sir(REQUEST), Capacity::Available).unwrap();
        assert_eq!(bench.status(), "open/pending-evaluation");
        bench.wait(4).await;
        assert_eq!(bench.status(), "active/fulfilled");
    }
}

#[tokio::test(start_paused = true)]
async fn capacity_that_goes_after_an_interruption_keeps_the_request_open() {
    let bench = bench(READY);
    bench.sim.interrupt(&instance(OLD)).unwrap();
    bench.sim.set_capacity(&sir(REQUEST), Capacity::none()).unwrap();
    assert_eq!(bench.status(), "open/instance-terminated-no-capacity");
    bench.wait(600).await;
    assert_eq!(bench.status(), "open/capacity-not-available");
    bench.sim.set_capacity(&sir(REQUEST), Capacity::Available).unwrap();
    bench.wait(4).await;
    assert_eq!(bench.status(), "active/fulfilled");
}

#[tokio::test(start_paused = true)]
async fn a_users_termination_is_noticed_later_and_replaced() {
    let bench = bench(READY);
    bench.sim.terminate(&instance(OLD)).unwrap();
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/fulfilled", "shutting-down"));
    bench.wait(15).await;
    assert_eq!(bench.status(), "open/instance-terminated-by-user");
    bench.wait(5 + 1 + 3).await;
    assert_eq!(bench.status(), "active/fulfilled");
    assert_ne!(bench.current(), OLD);
    bench.wait(60).await;
    assert_eq!(bench.instance(OLD).state_reason.unwrap().0, "Client.UserInitiatedShutdown");
}

#[tokio::test(start_paused = true)]
async fn a_one_time_request_ends_with_its_instance() {
    let bench = bench(&READY.replacen("homes", "kind = 'one-time'\n homes", 1));
    bench.sim.interrupt(&instance(OLD)).unwrap();
    assert_eq!(bench.status(), "closed/instance-terminated-no-capacity");
    bench.wait(600).await;
    assert_eq!(bench.status(), "closed/instance-terminated-no-capacity");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_leaves_its_instance_running_and_does_not_replace_it() {
    let bench = bench(READY);
    bench.sim.cancel(&sir(REQUEST)).unwrap();
    assert_eq!(bench.status(), "cancelled/request-canceled-and-instance-running");
    bench.wait(600).await;
    assert_eq!(bench.state(OLD), "running");
    bench.sim.interrupt(&instance(OLD)).unwrap();
    bench.wait(900).await;
    assert_eq!(
        (bench.status().as_str(), bench.state(OLD).as_str()),
        ("cancelled/instance-terminated-no-capacity", "terminated")
    );
    assert_eq!(bench.sim.cancel(&sir(REQUEST)).unwrap_err().code, "IncorrectSpotRequestState");
    bench.wait(4 * 3600).await;
    assert!(bench.sim.with_world(|world| world.request(&sir(REQUEST)).is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_request_cancelled_while_open_is_never_fulfilled() {
    let bench = bench(NEW);
    bench.sim.cancel(&sir(REQUEST)).unwrap();
    bench.wait(600).await;
    assert_eq!(bench.status(), "cancelled/canceled-before-fulfillment");
}

#[tokio::test(start_paused = true)]
async fn a_request_expires_by_itself_or_at_once() {
    let open = bench(&format!("{NEW}\nvalid_for = '1h'\ncapacity = 'capacity-not-available'"));
    open.wait(3599).await;
    assert_eq!(open.status(), "open/capacity-not-available");
    open.wait(1).await;
    assert_eq!(open.status(), "cancelled/schedule-expired");
    let running = bench(READY);
    running.sim.expire(&sir(REQUEST)).unwrap();
    assert_eq!(running.status(), "cancelled/request-canceled-and-instance-running");
}

#[tokio::test(start_paused = true)]
async fn a_terminated_instance_is_listed_for_an_hour_and_its_volumes_go_or_stay_as_their_flag_says() {
    let bench = bench(&READY.replacen("'/dev/sdp' }", "'/dev/sdp', delete_on_termination = true }", 1));
    let volumes = || bench.sim.with_world(|world| world.records().volumes.len());
    assert_eq!(volumes(), 2);
    bench.sim.cancel(&sir(REQUEST)).unwrap();
    bench.sim.terminate(&instance(OLD)).unwrap();
    bench.wait(20).await;
    assert_eq!(volumes(), 0, "the root volume and the home go");
    bench.wait(3599).await;
    assert_eq!(bench.state(OLD), "terminated");
    bench.wait(1).await;
    let gone = bench.ec2.describe_instances().instance_ids(OLD).send().await.map_err(super::bench::words);
    assert_eq!(gone.unwrap_err().0, "InvalidInstanceID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_request_for_a_type_of_another_architecture_has_an_image_that_fits() {
    for (kind, architecture) in [("m7g.large", "arm64"), ("g5.xlarge", "x86_64")] {
        let bench = bench(&format!("{NEW}\ninstance_type = '{kind}'"));
        let image = bench.request().launch.image;
        let seen = bench.ec2.describe_images().image_ids(image).send().await.unwrap();
        assert_eq!(seen.images()[0].architecture().unwrap().as_str(), architecture, "{kind}");
        bench.wait(12).await;
        assert_eq!(bench.status(), "active/fulfilled", "{kind}");
        assert_eq!(bench.instance(&bench.current()).launch.image, bench.request().launch.image, "{kind}");
    }
}
