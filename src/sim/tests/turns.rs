//! What people and market do at an awkward moment: an order that has been overtaken does nothing.

use std::time::Duration;

use super::super::records::Tags;
use super::super::{Capacity, Delay};
use super::bench::{Bench, HOME, NEW, OLD, READY, REQUEST, bench, instance, sir};
use super::orders::{an_image, call, element};

fn ready(keys: &str, more: &str) -> Bench {
    bench(&format!("{}\n{more}", READY.replacen("homes", &format!("{keys}\n homes"), 1)))
}

/// The world's request with an instance in this state at the beginning.
fn begun(keys: &str, state: &str) -> Bench {
    // What is terminated holds nothing.
    let request = if state == "terminated" {
        format!("{NEW}[request.instance]\nid = '{OLD}'\nage = '1h'")
    } else {
        READY.to_owned()
    };
    let request = request.replacen("homes", &format!("{keys}\n homes"), 1);
    bench(&request.replacen("age = '1h'", &format!("age = '1h'\n state = '{state}'"), 1))
}

impl Bench {
    /// State and status code of the request, and the state of the instance that was there at the beginning.
    fn both(&self) -> (String, String) {
        (self.status(), self.state(OLD))
    }

    fn is_forgotten(&self) -> bool {
        self.sim.with_world(|world| world.request(&sir(REQUEST)).is_none())
    }
}

fn pair(status: &str, state: &str) -> (String, String) {
    (status.to_owned(), state.to_owned())
}

#[tokio::test(start_paused = true)]
async fn what_was_terminated_is_not_started_again() {
    for seconds in [5, 60] {
        let bench = ready("behavior = 'stop'", "");
        bench.sim.with_world(|world| world.timing.shutdown = Delay::fixed(Duration::from_secs(seconds)));
        bench.sim.interrupt(&instance(OLD)).unwrap();
        bench.wait(120 + 20 + 10).await;
        assert_eq!(bench.both(), pair("disabled/instance-stopped-no-capacity", "stopped"));
        bench.sim.terminate(&instance(OLD)).unwrap();
        bench.sim.with_world(|world| {
            world.set_capacity(&sir(REQUEST), Capacity::none()).unwrap();
            world.set_capacity(&sir(REQUEST), Capacity::Available).unwrap();
        });
        for _ in 0..60 {
            bench.wait(1).await;
            assert!(matches!(bench.state(OLD).as_str(), "shutting-down" | "terminated"), "{}", bench.state(OLD));
        }
        assert_eq!(bench.instance(OLD).state_reason.unwrap().0, "Client.UserInitiatedShutdown");
        bench.wait(60).await;
        assert_eq!(bench.status(), "active/fulfilled");
        assert_ne!(bench.current(), OLD);
    }
}

#[tokio::test(start_paused = true)]
async fn a_termination_from_the_stopped_state_ends_a_request_or_not_as_the_knob_says() {
    for ends in [true, false] {
        let bench = ready("behavior = 'stop'", &format!("[knobs]\nstopped_termination_ends = {ends}"));
        bench.sim.stop(&instance(OLD)).unwrap();
        bench.wait(20).await;
        bench.sim.terminate(&instance(OLD)).unwrap();
        bench.wait(60).await;
        let expected = if ends { "cancelled/instance-terminated-by-service" } else { "active/fulfilled" };
        assert_eq!(bench.both(), pair(expected, "terminated"));
        bench.wait(5 * 3600).await;
        assert_eq!(bench.is_forgotten(), ends);
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_a_draining_instance_is_refused_once_its_request_has_another() {
    let bench = ready("behavior = 'stop'", "");
    let other = {
        bench.sim.with_world(|world| world.interrupt(&instance(OLD), true)).unwrap();
        bench.sim.with_world(|world| world.terminate(&instance(OLD))).unwrap();
        bench.sim.with_world(|world| world.timing.shutdown = Delay::fixed(Duration::from_hours(1)));
        bench.wait(60).await;
        bench.current()
    };
    assert_ne!(other, OLD);
    // As one that still drains would be.
    bench.sim.with_world(|world| {
        world.records_mut().instances.get_mut(&instance(OLD)).unwrap().state = "running".into();
    });
    assert_eq!(bench.sim.stop(&instance(OLD)).unwrap_err().code, "IncorrectSpotRequestState");
    assert_eq!((bench.status().as_str(), bench.state(&other).as_str()), ("active/fulfilled", "running"));
}

#[tokio::test(start_paused = true)]
async fn the_instance_of_a_group_of_requests_is_not_stopped() {
    for group in ["LaunchGroup=together", "AvailabilityZoneGroup=us-east-1"] {
        let bench = bench("");
        let image = an_image(&bench).await;
        let spec = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large");
        let made = call(&bench, &format!("Action=RequestSpotInstances&Type=persistent&{spec}&{group}")).1;
        bench.wait(60).await;
        let request = element(&made, "spotInstanceRequestId");
        let own = bench.sim.with_world(|world| world.request(&sir(&request)).unwrap().instance.clone()).unwrap();
        assert_eq!(bench.sim.stop(&own).unwrap_err().code, "UnsupportedOperation", "{group}");
        assert_eq!(bench.state(own.as_str()), "running");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_ends_before_it_notices_the_end_of_its_instance_is_forgotten_too() {
    for expires in [true, false] {
        let bench = ready("", "");
        bench.sim.with_world(|world| {
            world.timing.reopen = Delay::fixed(Duration::from_mins(5));
            world.terminate(&instance(OLD)).unwrap();
        });
        bench.wait(60).await;
        assert_eq!(bench.both(), pair("active/fulfilled", "terminated"));
        bench.sim.with_world(|world| {
            if expires { world.expire(&sir(REQUEST)) } else { world.cancel(&sir(REQUEST)) }.unwrap();
        });
        assert_eq!(bench.status(), "cancelled/instance-terminated-by-user");
        bench.wait(5 * 3600).await;
        assert!(bench.is_forgotten());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_on_its_way_back_is_cleared_away_with_its_request_but_not_by_its_expiry() {
    let on_its_way = async || {
        let bench = ready("behavior = 'stop'", "");
        bench.sim.stop(&instance(OLD)).unwrap();
        bench.wait(20).await;
        bench.sim.with_world(|world| world.set_capacity(&sir(REQUEST), Capacity::none())).unwrap();
        bench.sim.start(&instance(OLD)).unwrap();
        bench.wait(10).await;
        assert_eq!(bench.both(), pair("open/capacity-not-available", "stopped"));
        bench
    };
    let bench = on_its_way().await;
    bench.sim.cancel(&sir(REQUEST)).unwrap();
    assert_eq!(bench.status(), "cancelled/canceled-before-fulfillment");
    bench.wait(30).await;
    assert_eq!(bench.state(OLD), "terminated");
    bench.wait(5 * 3600).await;
    assert!(bench.is_forgotten());

    let bench = on_its_way().await;
    bench.sim.with_world(|world| world.expire(&sir(REQUEST))).unwrap();
    bench.wait(10 * 3600).await;
    assert_eq!(bench.both(), pair("cancelled/instance-stopped-by-user", "stopped"));
    bench.sim.terminate(&instance(OLD)).unwrap();
    bench.wait(5 * 3600).await;
    assert!(bench.is_forgotten());
}

#[tokio::test(start_paused = true)]
async fn what_a_scenario_shows_at_the_beginning_holds_until_the_request_goes_on_by_itself() {
    for shown in ["status = 'never-heard-of'\nstate = 'odd'", "status = 'price-too-low'"] {
        let bench = bench(&format!("{NEW}\n{shown}"));
        assert!(shown.contains(&bench.request().status.code));
        bench.wait(60).await;
        assert_eq!(bench.status(), "active/fulfilled", "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_on_its_way_at_the_beginning_has_the_consequences_of_one_that_went_it() {
    for (state, at_once, reason) in [
        ("stopping", "active/marked-for-stop", "stopping"),
        ("stopped", "disabled/instance-stopped-no-capacity", "stopped"),
        ("shutting-down", "active/fulfilled", "shutting-down"),
        ("terminated", "active/fulfilled", "terminated"),
    ] {
        let bench = begun("behavior = 'stop'", state);
        assert_eq!(bench.both(), pair(at_once, reason));
        bench.wait(120).await;
        let current = bench.current();
        assert_eq!(
            (bench.status().as_str(), bench.state(&current).as_str()),
            ("active/fulfilled", "running"),
            "{state}"
        );
        assert_eq!(current == OLD, state.starts_with("stop"), "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_is_being_made_at_the_beginning_is_there_soon() {
    let bench = bench("[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1a'\nstate = 'creating'");
    assert_eq!(bench.volume(HOME).state.to_string(), "creating");
    bench.wait(5).await;
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_is_deleted_goes_after_a_while_and_is_attached_no_more() {
    let bench = bench(&READY.replacen("attached", "#", 1));
    bench.ec2.delete_volume().volume_id(HOME).send().await.unwrap();
    assert_eq!(bench.volume(HOME).state.to_string(), "deleting");
    assert_eq!(bench.attach(HOME, OLD, "/dev/sdp").await.unwrap_err().0, "IncorrectState");
    bench.wait(2).await;
    assert_eq!(bench.attach(HOME, OLD, "/dev/sdp").await.unwrap_err().0, "InvalidVolume.NotFound");
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_its_root_volume_is_not_started() {
    let bench = ready("behavior = 'stop'", "");
    bench.sim.stop(&instance(OLD)).unwrap();
    bench.wait(20).await;
    let root = bench.sim.with_world(|world| world.root_of(&instance(OLD))).unwrap();
    bench.detach(root.as_str(), OLD).await.unwrap();
    bench.wait(10).await;
    let refused = bench.sim.start(&instance(OLD)).unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
    assert!(refused.message.contains("attached at root (/dev/sda1)"), "{refused}");
    assert_eq!(bench.both(), pair("disabled/instance-stopped-by-user", "stopped"));
}

#[tokio::test(start_paused = true)]
async fn capacity_does_not_come_before_the_request_is_valid() {
    let more = "valid_in = '1h'\n[[event]]\nat = '1m'\nrequest = 'sir-y1a23b4c'\ncapacity = 'capacity-not-available'\n\
                [[event]]\nat = '2m'\nrequest = 'sir-y1a23b4c'\ncapacity = 'available'";
    let bench = bench(&format!("{NEW}\n{more}"));
    bench.wait(3590).await;
    assert_eq!(bench.status(), "open/not-scheduled-yet");
    bench.wait(60).await;
    assert_eq!(bench.status(), "active/fulfilled");
}

#[tokio::test(start_paused = true)]
async fn what_ec2_takes_back_already_is_not_taken_back_again() {
    let bench = ready("", "");
    bench.sim.with_world(|world| world.interrupt(&instance(OLD), true)).unwrap();
    bench.wait(7).await;
    assert_eq!(bench.status(), "open/pending-fulfillment");
    assert_eq!(bench.sim.interrupt(&instance(OLD)).unwrap_err().code, "IncorrectState");
    bench.wait(3).await;
    assert_eq!(bench.status(), "active/fulfilled", "the replacement comes early all the same");
}

#[tokio::test(start_paused = true)]
async fn a_revocation_does_not_cost_an_instance_its_address() {
    let bench = bench(NEW);
    bench.sim.with_world(|world| world.timing.address = Delay::fixed(Duration::from_mins(1)));
    bench.wait(20).await;
    let own = bench.current();
    bench.sim.interrupt(&instance(&own)).unwrap();
    bench.sim.with_world(|world| world.revoke(&instance(&own))).unwrap();
    assert_eq!((bench.state(&own).as_str(), bench.instance(&own).public_ip), ("running", None));
    bench.wait(60).await;
    assert!(bench.instance(&own).public_ip.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_terminated_instance_loses_its_tags_before_its_record_goes() {
    let bench = bench(READY);
    bench.ec2.create_tags().resources(OLD).tags(tag()).send().await.unwrap();
    bench.sim.terminate(&instance(OLD)).unwrap();
    bench.wait(60).await;
    assert_eq!((bench.state(OLD).as_str(), bench.instance(OLD).tags.len()), ("terminated", 1));
    bench.wait(3400).await;
    assert_eq!((bench.state(OLD).as_str(), bench.instance(OLD).tags.len()), ("terminated", 0));
}

#[tokio::test(start_paused = true)]
async fn what_replaces_a_tagged_instance_is_not_tagged() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let spot = "InstanceMarketOptions.MarketType=spot&InstanceMarketOptions.SpotOptions.SpotInstanceType=persistent\
                &InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior=stop";
    let tags =
        "TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=box";
    let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&{spot}&{tags}");
    let first = element(&call(&bench, &run).1, "instanceId");
    assert_eq!(bench.instance(&first).tags.len(), 1);
    bench.wait(30).await;
    bench.sim.terminate(&instance(&first)).unwrap();
    bench.wait(60).await;
    let next = bench.sim.with_world(|world| {
        let mut others = world.records().instances.values().filter(|other| other.id.as_str() != first);
        (others.next().unwrap().tags.clone(), others.next().is_none())
    });
    assert_eq!(next, (Tags::new(), true));
}

#[tokio::test(start_paused = true)]
async fn a_device_name_is_held_over_a_revoked_interruption() {
    let bench = bench(READY);
    bench.sim.with_world(|world| world.timing.device_hold = Delay::fixed(Duration::from_mins(10)));
    bench.sim.with_world(|world| world.detach(&HOME.parse().unwrap(), None, None, true)).unwrap();
    bench.wait(30).await;
    let taken = bench.instance(OLD).taken_devices;
    assert!(taken.contains_key("/dev/sdp"), "{taken:?}");
    bench.sim.interrupt(&instance(OLD)).unwrap();
    bench.sim.with_world(|world| world.revoke(&instance(OLD))).unwrap();
    assert_eq!(bench.instance(OLD).taken_devices, taken);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_guest_is_deaf_does_not_depend_on_how_often_it_is_asked() {
    // Whether a reboot at the last of these seconds after the launch is heard.
    let hears = async |asked: &[u64]| {
        let bench = bench(NEW);
        let spread = Delay::spread(Duration::from_secs(20), Duration::from_mins(2));
        bench.sim.with_world(|world| world.timing.guest_deaf = spread);
        bench.wait(12).await;
        let own = bench.current();
        let heard = || bench.sim.guest(&instance(&own)).unwrap().reboots_heard;
        let mut since = 0;
        for second in asked {
            assert_eq!(heard(), 0, "the boot that was asked last is the first one");
            bench.wait(second - since).await;
            bench.reboot(&own).await.unwrap();
            since = *second;
        }
        heard() == 1
    };
    let mut first = 0;
    while !hears(&[first]).await {
        first += 1;
    }
    assert!(first > 1, "it is deaf for a while");
    for early in 0..first {
        assert!(!hears(&[early]).await);
        assert!(hears(&[early, first]).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_boots_at_the_beginning_is_deaf_for_a_while_too() {
    for (age, heard) in [("0s", 0), ("1h", 1)] {
        let bench = bench(&READY.replacen("age = '1h'", &format!("age = '{age}'"), 1));
        bench.reboot(OLD).await.unwrap();
        assert_eq!(bench.sim.guest(&instance(OLD)).unwrap().reboots_heard, heard, "{age}");
    }
}

fn tag() -> aws_sdk_ec2::types::Tag {
    aws_sdk_ec2::types::Tag::builder().key("Name").value("box").build()
}
