//! Views that lag, each by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::Lag;
use super::bench::{Bench, HOME, NEW, OLD, READY, REQUEST, bench, instance, sir, words};
use super::orders::{an_image, call, element};

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

/// Each of these calls finds its subject after twenty seconds, when the views show it, and not before.
async fn are_found_only_when_shown(bench: &Bench, calls: &[String]) {
    for shown in [false, true] {
        for query in calls {
            let (_, body) = call(bench, &format!("Action={query}"));
            assert_eq!(body.contains(".NotFound</Code>"), !shown, "{query}: {body}");
        }
        bench.wait(21).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_finds_what_its_view_does_not_show_yet() {
    let bench = bench("[lag]\nrequests = '20s'\ninstances = '20s'\nvolumes = '20s'\nimages = '20s'");
    let launch = format!("ImageId={}", an_image(&bench).await);
    let made = |query: &str, id: &str| element(&call(&bench, query).1, id);
    let sir = made(
        &format!("Action=RequestSpotInstances&LaunchSpecification.{launch}&LaunchSpecification.InstanceType=m5.large"),
        "spotInstanceRequestId",
    );
    let run = format!("Action=RunInstances&{launch}&InstanceType=m5.large&MinCount=1&MaxCount=1");
    let instance = made(&run, "instanceId");
    let volume = made("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=5", "volumeId");
    let one = format!("InstanceId={instance}");
    let listed = format!("InstanceId.1={instance}");
    let calls = [
        format!("CreateTags&ResourceId.1={sir}&Tag.1.Key=a"),
        format!("CreateTags&ResourceId.1={instance}&Tag.1.Key=a"),
        format!("CreateTags&ResourceId.1={volume}&Tag.1.Key=a"),
        format!("DeleteTags&ResourceId.1={volume}"),
        format!("CancelSpotInstanceRequests&SpotInstanceRequestId.1={sir}"),
        format!("ModifyInstanceAttribute&{one}&SourceDestCheck.Value=false"),
        format!("DescribeInstanceAttribute&{one}&Attribute=instanceType"),
        format!("DescribeInstanceStatus&{listed}"),
        format!("GetConsoleOutput&{one}"),
        format!("AttachVolume&VolumeId={volume}&{one}&Device=/dev/sdp"),
        format!("CreateSnapshot&VolumeId={volume}"),
        format!("DetachVolume&VolumeId={volume}"),
        format!("RebootInstances&{listed}"),
        format!("StartInstances&{listed}"),
        format!("StopInstances&{listed}"),
        format!("TerminateInstances&{listed}"),
        format!("DeleteVolume&VolumeId={volume}"),
    ];
    are_found_only_when_shown(&bench, &calls).await;
}

#[tokio::test(start_paused = true)]
async fn no_call_finds_an_image_or_a_snapshot_that_is_not_shown_yet() {
    let bench = bench(&format!("{READY}\n[lag]\nimages = '20s'"));
    let made = |query: &str, id: &str| element(&call(&bench, query).1, id);
    let image = made(&format!("Action=CreateImage&InstanceId={OLD}&Name=box&NoReboot=true"), "imageId");
    let snapshot = made(&format!("Action=CreateSnapshot&VolumeId={HOME}"), "snapshotId");
    let calls = [
        format!("RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1"),
        format!("CreateTags&ResourceId.1={image}&Tag.1.Key=a"),
        format!("CreateTags&ResourceId.1={snapshot}&Tag.1.Key=a"),
        format!("CreateVolume&AvailabilityZone=us-east-1a&SnapshotId={snapshot}"),
        format!("DeleteSnapshot&SnapshotId={snapshot}"),
        format!("DeregisterImage&ImageId={image}"),
    ];
    are_found_only_when_shown(&bench, &calls).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_instance_view_still_shows_as_running_has_the_outcomes_of_what_runs() {
    let bench = bench(&format!("{READY}\n[lag]\ninstances = '60s'"));
    bench.wait(60).await;
    bench.sim.terminate(&instance(OLD)).unwrap();
    bench.wait(30).await;
    assert_eq!(bench.state(OLD), "terminated");
    let status = async || {
        let seen = bench.ec2.describe_instance_status().instance_ids(OLD).include_all_instances(true);
        let seen = seen.send().await.unwrap();
        let seen = &seen.instance_statuses()[0];
        let own = seen.instance_status().unwrap().status().unwrap().to_string();
        (seen.instance_state().unwrap().name().unwrap().to_string(), own)
    };
    assert_eq!(status().await, ("running".to_owned(), "ok".to_owned()));
    bench.wait(30).await;
    assert_eq!(status().await, ("shutting-down".to_owned(), "not-applicable".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_world_in_json_has_the_names_of_ec2_and_nothing_of_its_machinery() {
    let bench = bench(READY);
    let json = bench.sim.with_world(|world| {
        serde_json::to_string(world.records()).unwrap() + &serde_json::to_string(world.guests()).unwrap()
    });
    for name in ["disable_api_termination", "disable_api_stop", "instance_initiated_shutdown_behavior"] {
        assert!(json.contains(&format!("\"{name}\":")), "no {name}");
    }
    for name in ["ticket", "bound", "waits_for", "stopped_by", "console", "asleep"] {
        assert!(!json.contains(&format!("\"{name}\":")), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_lists_that_belong_to_the_account_are_in_a_changing_order_too_and_their_pages_join() {
    let volume = |n| format!("[[volume]]\nid = 'vol-0000000{n}'\nzone = 'us-east-1a'\ntags = {{ a = '1', b = '2' }}\n");
    let volumes = (0..9).map(volume).collect::<Vec<_>>().concat();
    for shuffles in [true, false] {
        let bench = bench(&format!("key_pairs = ['a', 'b', 'c', 'd']\n{volumes}[knobs]\nshuffles = {shuffles}"));
        for (list, first) in [
            ("Tags", "resourceId"),
            ("InstanceTypes", "instanceType"),
            ("InstanceTypeOfferings", "instanceType"),
            ("AvailabilityZones", "zoneName"),
            ("KeyPairs", "keyName"),
        ] {
            let query = format!("Action=Describe{list}");
            let firsts: BTreeSet<String> = (0..9).map(|_| element(&call(&bench, &query).1, first)).collect();
            assert_eq!(firsts.len() > 1, shuffles, "{list}: {firsts:?}");
        }
        let pages = bench.ec2.describe_tags().max_results(5).into_paginator().items().send();
        let tags: Vec<_> = pages.try_collect().await.unwrap();
        let different: BTreeSet<_> = tags.iter().map(|tag| (tag.resource_id(), tag.key())).collect();
        assert_eq!((tags.len(), different.len()), (18, 18));
    }
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
