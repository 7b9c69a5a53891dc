//! What is ordered over the wire: requests, instances, volumes, tags; and what a fresh account shows.

use aws_sdk_ec2::types::{
    EbsInstanceBlockDeviceSpecification, Filter, InstanceBlockDeviceMappingSpecification, InstanceInterruptionBehavior,
    InstanceType, RequestSpotLaunchSpecification, ResourceType, SpotInstanceType, SpotPlacement, Tag, TagSpecification,
    VolumeType,
};
use aws_smithy_types::DateTime;

use super::super::{Capacity, Delivery, Effect, Fault, Scenario, Sim};
use super::bench::{Bench, bench, client, words};
use crate::clock::Clock;

/// One call, as its bytes: the status, and the body.
pub(super) fn call(bench: &Bench, query: &str) -> (u16, String) {
    let Delivery::Reply(reply) = bench.sim.serve(query, b"").delivery else { panic!("{query}: no reply") };
    (reply.status, reply.body)
}

/// The text of the first element of this name.
pub(super) fn element(body: &str, name: &str) -> String {
    let (_, rest) = body.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {body}"));
    rest.split_once('<').unwrap().0.to_owned()
}

pub(super) async fn an_image(bench: &Bench) -> String {
    let noble = Filter::builder().name("name").values("ubuntu/*noble*amd64*").build();
    let images = bench.ec2.describe_images().owners("099720109477").filters(noble).send().await.unwrap();
    images.images()[0].image_id().unwrap().to_owned()
}

fn tags(kind: ResourceType, key: &str, value: &str) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).tags(Tag::builder().key(key).value(value).build()).build()
}

fn specification(image: &str, zone: &str) -> RequestSpotLaunchSpecification {
    RequestSpotLaunchSpecification::builder()
        .image_id(image)
        .instance_type(InstanceType::G5Xlarge)
        .placement(SpotPlacement::builder().availability_zone(zone).build())
        .build()
}

/// A persistent request, and its id.
async fn request(bench: &Bench) -> String {
    let image = an_image(bench).await;
    let made = bench
        .ec2
        .request_spot_instances()
        .r#type(SpotInstanceType::Persistent)
        .launch_specification(specification(&image, "us-east-1b"))
        .tag_specifications(tags(ResourceType::SpotInstancesRequest, "Name", "box"))
        .send()
        .await
        .unwrap();
    made.spot_instance_requests()[0].spot_instance_request_id().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_persistent_request_without_an_end_lasts_seven_days_or_for_ever_as_the_knob_says() {
    const WEEK: u64 = 7 * 86_400;
    for (expires, until, after) in
        [(true, Some(WEEK), "cancelled/schedule-expired"), (false, None, "open/capacity-not-available")]
    {
        let bench = bench(&format!("[knobs]\npersistent_expires = {expires}"));
        let begin = bench.clock.now().wall;
        let id = request(&bench).await;
        bench.sim.set_capacity(&id.parse().unwrap(), Capacity::none()).unwrap();
        let seen = bench.ec2.describe_spot_instance_requests().spot_instance_request_ids(&id).send().await.unwrap();
        let lasts = |until: &DateTime| u64::try_from(until.secs() - begin.as_second()).unwrap();
        let shown = seen.spot_instance_requests()[0].valid_until().map(lasts);
        assert_eq!(shown, until, "persistent_expires = {expires}");
        bench.wait(WEEK - 60).await;
        let status = || {
            let request = bench.sim.with_world(|world| world.request(&id.parse().unwrap()).unwrap().clone());
            format!("{}/{}", request.state, request.status.code)
        };
        assert_eq!(status(), "open/capacity-not-available", "persistent_expires = {expires}");
        bench.wait(120).await;
        assert_eq!(status(), after, "persistent_expires = {expires}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_lives_its_whole_life_through_calls_alone() {
    let bench = bench("");
    let volume = bench
        .ec2
        .create_volume()
        .availability_zone("us-east-1b")
        .size(50)
        .volume_type(VolumeType::Gp3)
        .tag_specifications(tags(ResourceType::Volume, "Name", "home"))
        .send()
        .await
        .unwrap();
    assert_eq!((volume.state().unwrap().as_str(), volume.size()), ("creating", Some(50)));
    let volume = volume.volume_id().unwrap();
    let sir = request(&bench).await;
    bench.wait(60).await;
    let seen = bench.ec2.describe_spot_instance_requests().spot_instance_request_ids(&sir).send().await.unwrap();
    let seen = &seen.spot_instance_requests()[0];
    assert_eq!((seen.state().unwrap().as_str(), seen.tags()[0].value()), ("active", Some("box")));
    assert_eq!(seen.valid_until(), None, "a persistent request lasts");
    let first = seen.instance_id().unwrap().to_owned();
    let running = bench.ec2.describe_instances().instance_ids(&first).send().await.unwrap();
    let running = &running.reservations()[0].instances()[0];
    assert_eq!(running.placement().unwrap().availability_zone(), Some("us-east-1b"));
    assert!(running.tags().is_empty(), "a request's tags are not its instance's");
    assert!(running.subnet_id().unwrap().starts_with("subnet-") && running.vpc_id().is_some());

    bench
        .ec2
        .create_tags()
        .resources(&first)
        .tags(Tag::builder().key("Name").value("box").build())
        .send()
        .await
        .unwrap();
    bench.attach(volume, &first, "/dev/sdp").await.unwrap();
    bench.wait(2).await;
    bench.sim.interrupt(&first.parse().unwrap()).unwrap();
    bench.wait(300).await;
    let second = bench.sim.with_world(|world| world.request(&sir.parse().unwrap()).unwrap().instance.clone()).unwrap();
    assert_ne!(second.as_str(), first);
    bench.attach(volume, second.as_str(), "/dev/sdp").await.unwrap();
    bench.wait(2).await;
    bench.detach(volume, second.as_str()).await.unwrap();
    bench.wait(4).await;

    let cancelled = bench.ec2.cancel_spot_instance_requests().spot_instance_request_ids(&sir).send().await.unwrap();
    assert_eq!(cancelled.cancelled_spot_instance_requests()[0].state().unwrap().as_str(), "cancelled");
    let ended = bench.ec2.terminate_instances().instance_ids(second.as_str()).send().await.unwrap();
    let ended = &ended.terminating_instances()[0];
    assert_eq!(ended.previous_state().unwrap().name().unwrap().as_str(), "running");
    assert_eq!(ended.current_state().unwrap().name().unwrap().as_str(), "shutting-down");
    bench.wait(20).await;
    bench.ec2.delete_volume().volume_id(volume).send().await.unwrap();
    bench.wait(2).await;
    let left = bench.sim.with_world(|world| world.records().volumes.len());
    assert_eq!(left, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_starts_again_as_itself() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let run = bench.ec2.run_instances().image_id(image).instance_type(InstanceType::M5Large).min_count(1).max_count(2);
    let run = run.tag_specifications(tags(ResourceType::Instance, "Name", "plain")).send().await.unwrap();
    assert_eq!(run.instances().len(), 2);
    let together = bench.ec2.describe_instances().send().await.unwrap();
    assert_eq!((together.reservations().len(), together.reservations()[0].instances().len()), (1, 2));
    assert_eq!(together.reservations()[0].reservation_id(), run.reservation_id());
    let launched = &run.instances()[0];
    assert_eq!((launched.state().unwrap().code(), launched.tags()[0].value()), (Some(0), Some("plain")));
    let id = launched.instance_id().unwrap();
    bench.wait(8).await;
    let stopping = bench.ec2.stop_instances().instance_ids(id).send().await.unwrap();
    assert_eq!(stopping.stopping_instances()[0].current_state().unwrap().code(), Some(64));
    bench.wait(20).await;
    let idle = bench.ec2.describe_instance_status().instance_ids(id).send().await.unwrap();
    assert!(idle.instance_statuses().is_empty(), "only running ones are shown");
    let idle = bench.ec2.describe_instance_status().include_all_instances(true).send().await.unwrap();
    assert_eq!(idle.instance_statuses().len(), 2);
    let starting = bench.ec2.start_instances().instance_ids(id).send().await.unwrap();
    assert_eq!(starting.starting_instances()[0].current_state().unwrap().code(), Some(0));
    bench.wait(8).await;
    assert_eq!(bench.state(id), "running");
    bench.wait(360).await;
    let well = bench.ec2.describe_instance_status().instance_ids(id).send().await.unwrap();
    assert_eq!(well.instance_statuses()[0].instance_status().unwrap().status().unwrap().as_str(), "ok");
    let console = bench.ec2.get_console_output().instance_id(id).send().await.unwrap();
    assert!(!console.output().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn run_instances_on_the_spot_market_makes_a_request_that_is_fulfilled() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let options = "InstanceMarketOptions.MarketType=spot&InstanceMarketOptions.SpotOptions.SpotInstanceType=persistent";
    let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&{options}");
    let (status, refused) = call(&bench, &run);
    assert_eq!((status, element(&refused, "Code").as_str()), (400, "InvalidParameterCombination"));
    let (status, made) =
        call(&bench, &format!("{run}&InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior=stop"));
    assert_eq!((status, element(&made, "instanceLifecycle").as_str()), (200, "spot"));
    let sir = element(&made, "spotInstanceRequestId");
    bench.wait(40).await;
    let seen = bench.ec2.describe_spot_instance_requests().spot_instance_request_ids(sir).send().await.unwrap();
    let seen = &seen.spot_instance_requests()[0];
    assert_eq!(seen.status().unwrap().code(), Some("fulfilled"));
    assert_eq!(seen.instance_interruption_behavior(), Some(&InstanceInterruptionBehavior::Stop));
}

#[tokio::test(start_paused = true)]
async fn the_flag_of_a_device_decides_what_termination_takes_along() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let devices = "BlockDeviceMapping.1.DeviceName=/dev/sda1&BlockDeviceMapping.1.Ebs.VolumeSize=30\
        &BlockDeviceMapping.2.DeviceName=/dev/sdf&BlockDeviceMapping.2.Ebs.VolumeSize=7\
        &BlockDeviceMapping.3.DeviceName=/dev/sdg&BlockDeviceMapping.3.Ebs.VolumeSize=9";
    let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&{devices}");
    let id = element(&call(&bench, &run).1, "instanceId");
    bench.wait(8).await;
    let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(true).build();
    let goes = InstanceBlockDeviceMappingSpecification::builder().device_name("/dev/sdg").ebs(ebs).build();
    bench.ec2.modify_instance_attribute().instance_id(&id).block_device_mappings(goes).send().await.unwrap();
    let shown =
        call(&bench, &format!("Action=DescribeInstanceAttribute&InstanceId={id}&Attribute=blockDeviceMapping")).1;
    assert_eq!(shown.matches("<deleteOnTermination>true<").count(), 2);
    assert_eq!(shown.matches("<deviceName>").count(), 3);
    bench.ec2.terminate_instances().instance_ids(&id).send().await.unwrap();
    bench.wait(20).await;
    let sizes: Vec<u32> =
        bench.sim.with_world(|world| world.records().volumes.values().map(|volume| volume.size).collect());
    assert_eq!(sizes, [7]);
}

/// The calls that make a thing and take a token: a request, an instance and a volume.
async fn makers(bench: &Bench) -> [String; 3] {
    let image = an_image(bench).await;
    let launch = "LaunchSpecification.InstanceType=m5.large";
    [
        format!("Action=RequestSpotInstances&LaunchSpecification.ImageId={image}&{launch}"),
        format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1"),
        "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=5".to_owned(),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_was_made_before_its_answer_was_lost_is_given_to_who_repeats_the_call() {
    let bench = bench("");
    let [spot, run, create] = makers(&bench).await;
    let there = || {
        bench.sim.with_world(|world| {
            let records = world.records();
            (records.requests.len(), records.instances.len(), records.volumes.len())
        })
    };
    for (made, after) in [(spot, (1, 0, 0)), (run, (1, 1, 1)), (create, (1, 1, 2))] {
        bench.sim.inject(Fault::new(Effect::ReplyLost).times(1));
        let query = format!("{made}&ClientToken=once");
        assert_eq!(bench.sim.serve(&query, b"").delivery, Delivery::Broken);
        assert_eq!(there(), after, "{made}");
        assert_eq!(call(&bench, &query).0, 200, "{made}");
        assert_eq!(there(), after, "{made}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_makes_a_thing_once_for_a_day() {
    let bench = bench("");
    let [spot, run, create] = makers(&bench).await;
    for (made, id, other) in [
        (spot, "spotInstanceRequestId", "Type=persistent"),
        (run, "instanceId", "KeyName=other"),
        (create, "volumeId", "Encrypted=true"),
    ] {
        let first = element(&call(&bench, &format!("{made}&ClientToken=t1")).1, id);
        assert_eq!(element(&call(&bench, &format!("{made}&ClientToken=t1")).1, id), first, "{made}");
        assert_ne!(element(&call(&bench, &format!("{made}&ClientToken=t2")).1, id), first, "{made}");
        assert_ne!(element(&call(&bench, &made).1, id), first, "{made}");
        let (status, body) = call(&bench, &format!("{made}&{other}&ClientToken=t1"));
        assert_eq!((status, element(&body, "Code").as_str()), (400, "IdempotentParameterMismatch"), "{made}");
    }
    bench.wait(24 * 3600).await;
    let (_, late) = call(&bench, "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=6&ClientToken=t1");
    assert_eq!(element(&late, "size"), "6");
}

#[tokio::test(start_paused = true)]
async fn who_repeats_a_call_after_what_it_made_is_gone_is_told_what_it_was() {
    let bench = bench("");
    let [spot, run, create] = makers(&bench).await.map(|made| format!("{made}&ClientToken=t"));
    let told = |made: &str, names: [&str; 2]| {
        let (status, body) = call(&bench, made);
        assert_eq!(status, 200, "{made}: {body}");
        names.map(|name| element(&body, name))
    };
    let volume = told(&create, ["volumeId", "size"]);
    let instance = told(&run, ["reservationId", "instanceId"]);
    let request = told(&spot, ["spotInstanceRequestId", "imageId"]);
    assert_eq!(element(&call(&bench, &create).1, "status"), "creating");
    bench.wait(10).await;
    assert_eq!(element(&call(&bench, &create).1, "status"), "available", "what is there is told as it is now");
    let [volume_id, instance_id, request_id] = [&volume[0], &instance[1], &request[0]];
    for end in [
        format!("Action=DeleteVolume&VolumeId={volume_id}"),
        format!("Action=TerminateInstances&InstanceId.1={instance_id}"),
        format!("Action=CancelSpotInstanceRequests&SpotInstanceRequestId.1={request_id}"),
    ] {
        assert_eq!(call(&bench, &end).0, 200, "{end}");
    }
    bench
        .sim
        .terminate(&bench.sim.with_world(|world| {
            let mut spot = world.records().instances.values().filter(|instance| instance.request.is_some());
            spot.next().unwrap().id.clone()
        }))
        .unwrap();
    bench.wait(6 * 3600).await;
    assert!(bench.sim.with_world(|world| world.records().instances.is_empty() && world.records().requests.is_empty()));
    assert_eq!(told(&create, ["volumeId", "size"]), volume);
    assert_eq!(told(&run, ["reservationId", "instanceId"]), instance);
    assert_eq!(told(&spot, ["spotInstanceRequestId", "imageId"]), request);
}

#[tokio::test(start_paused = true)]
async fn tags_come_go_and_are_found() {
    let bench = bench("");
    let (_, made) = call(&bench, "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=5");
    let volume = element(&made, "volumeId");
    let sir = request(&bench).await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    bench
        .ec2
        .create_tags()
        .resources(&volume)
        .resources(&sir)
        .tags(tag("a", "<1>"))
        .tags(tag("b", "2"))
        .send()
        .await
        .unwrap();
    bench.ec2.delete_tags().resources(&volume).tags(tag("b", "other")).send().await.unwrap();
    bench.ec2.delete_tags().resources(&sir).tags(Tag::builder().key("b").build()).send().await.unwrap();
    bench.wait(31).await;
    let found = bench.ec2.describe_tags().send().await.unwrap();
    let mut found: Vec<_> = found
        .tags()
        .iter()
        .map(|tag| (tag.resource_type().unwrap().as_str(), tag.key().unwrap(), tag.value().unwrap()))
        .collect();
    found.sort_unstable();
    let of_request = "spot-instances-request";
    assert_eq!(
        found,
        [(of_request, "Name", "box"), (of_request, "a", "<1>"), ("volume", "a", "<1>"), ("volume", "b", "2")]
    );
    let only = Filter::builder().name("resource-type").values("vol*").build();
    assert_eq!(bench.ec2.describe_tags().filters(only).send().await.unwrap().tags().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_account_has_zones_subnets_images_and_prices_that_follow_from_the_seed() {
    let bench = bench("");
    let zones = bench.ec2.describe_availability_zones().send().await.unwrap();
    let mut zones: Vec<_> =
        zones.availability_zones().iter().map(|zone| (zone.zone_name().unwrap(), zone.zone_id().unwrap())).collect();
    zones.sort_unstable();
    assert_eq!(zones, [("us-east-1a", "use1-az1"), ("us-east-1b", "use1-az2"), ("us-east-1c", "use1-az3")]);
    let default = Filter::builder().name("default-for-az").values("true").build();
    let subnets = bench.ec2.describe_subnets().filters(default).send().await.unwrap();
    assert_eq!(subnets.subnets().len(), 3);
    assert!(bench.ec2.describe_images().owners("amazon").send().await.unwrap().images().len() >= 2);

    let prices = |bench: &Bench| {
        let call = bench.ec2.describe_spot_price_history().instance_types(InstanceType::M5Large);
        call.availability_zone("us-east-1a").product_descriptions("Linux/UNIX").send()
    };
    let history = prices(&bench).await.unwrap();
    let history = history.spot_price_history();
    assert!(history.len() > 500, "{}", history.len());
    assert!(history.windows(2).all(|pair| pair[0].timestamp() >= pair[1].timestamp()), "the newest comes first");
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap(), 1.0);
    let other = Sim::new(&Scenario::default(), 2, clock.clone()).unwrap();
    let ec2 = client(&other, aws_smithy_types::retry::RetryConfig::disabled());
    let other = prices(&Bench { sim: other, clock, ec2 }).await.unwrap();
    assert_ne!(history, other.spot_price_history());

    let now = bench.clock.now().wall;
    let at = format!("Action=DescribeSpotPriceHistory&InstanceType.1=m5.large&StartTime={now}&EndTime={now}");
    let (_, current) = call(&bench, &at);
    assert_eq!(current.matches("<item>").count(), 3, "the price in effect, once for each zone");
}

#[tokio::test(start_paused = true)]
async fn images_of_ones_own_can_be_launched_and_others_end_a_request() {
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap(), 1.0);
    let scenario = Scenario::parse("images = ['ami-12abcd34']").unwrap();
    let sim = Sim::new(&scenario, 1, clock.clone()).unwrap();
    let ec2 = client(&sim, aws_smithy_types::retry::RetryConfig::disabled());
    let bench = Bench { sim, clock, ec2 };
    let own = bench.ec2.describe_images().owners("self").send().await.unwrap();
    assert_eq!((own.images().len(), own.images()[0].image_id()), (1, Some("ami-12abcd34")));
    let mut ids = Vec::new();
    for image in ["ami-12abcd34", "ami-00000000"] {
        let call = bench.ec2.request_spot_instances().launch_specification(specification(image, "us-east-1a"));
        let made = call.send().await.unwrap();
        ids.push(made.spot_instance_requests()[0].spot_instance_request_id().unwrap().to_owned());
    }
    bench.wait(100).await;
    let codes = ids
        .iter()
        .map(|id| bench.sim.with_world(|world| world.request(&id.parse().unwrap()).unwrap().status.code.clone()));
    assert_eq!(codes.collect::<Vec<_>>(), ["fulfilled", "bad-parameters"]);
}

#[tokio::test(start_paused = true)]
async fn there_were_prices_before_1970() {
    let clock = Clock::standing_at("1969-02-01T00:00:00Z".parse().unwrap());
    let sim = Sim::new(&Scenario::default(), 1, clock.clone()).unwrap();
    let bench = Bench { ec2: client(&sim, aws_smithy_types::retry::RetryConfig::disabled()), sim, clock };
    let (status, body) = call(&bench, "Action=DescribeSpotPriceHistory&InstanceType.1=m5.large");
    assert_eq!(status, 200, "{body}");
    let times: Vec<&str> = body.split("<timestamp>").skip(1).collect();
    assert!(times.len() > 100 && times.is_sorted_by(|one, other| one >= other), "the newest first");
}

#[tokio::test(start_paused = true)]
async fn pages_of_prices_join_without_gap() {
    let bench = bench("");
    let mut pages = bench
        .ec2
        .describe_spot_price_history()
        .instance_types(InstanceType::M5Large)
        .max_results(100)
        .into_paginator()
        .items()
        .send();
    let mut seen = Vec::new();
    while let Some(price) = pages.next().await {
        let price = price.unwrap();
        seen.push((price.availability_zone().unwrap().to_owned(), price.timestamp().copied().unwrap().secs()));
    }
    let all = bench.ec2.describe_spot_price_history().instance_types(InstanceType::M5Large).max_results(1000).send();
    assert!(seen.len() > 1000 && all.await.unwrap().next_token().is_some());
    let unique: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len());
}

#[tokio::test(start_paused = true)]
async fn an_offer_below_the_price_waits_for_it() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let call = bench.ec2.request_spot_instances().spot_price("0.0001");
    let made = call.launch_specification(specification(&image, "us-east-1a")).send().await.unwrap();
    let made = &made.spot_instance_requests()[0];
    assert_eq!((made.spot_price(), made.status().unwrap().code()), (Some("0.000100"), Some("pending-evaluation")));
    let week = made.valid_until().unwrap().secs() - bench.clock.now().wall.as_second();
    assert_eq!(week, 7 * 24 * 3600, "a one-time request lasts a week");
    let id = made.spot_instance_request_id().unwrap().parse().unwrap();
    bench.wait(10).await;
    let code = || bench.sim.with_world(|world| world.request(&id).unwrap().status.code.clone());
    assert_eq!(code(), "price-too-low");
    bench.wait(7 * 24 * 3600).await;
    assert_eq!(
        bench.sim.with_world(|world| world.request(&id).map(|request| request.status.code.clone())),
        Some("schedule-expired".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_of_any_call_changes_nothing_and_an_unknown_filter_is_refused() {
    let bench = bench("");
    let image = an_image(&bench).await;
    for call_to_try in [
        format!("RequestSpotInstances&LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large"),
        format!("RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1"),
        "CreateVolume&AvailabilityZone=us-east-1a&Size=5".to_owned(),
        "DeleteVolume&VolumeId=vol-00000001".to_owned(),
        "CancelSpotInstanceRequests&SpotInstanceRequestId.1=sir-aaaaaaaa".to_owned(),
        "TerminateInstances&InstanceId.1=i-00000001".to_owned(),
        "StopInstances&InstanceId.1=i-00000001".to_owned(),
        "StartInstances&InstanceId.1=i-00000001".to_owned(),
        format!("CreateTags&ResourceId.1={image}&Tag.1.Key=a"),
        format!("DeleteTags&ResourceId.1={image}"),
        "ModifyInstanceAttribute&InstanceId=i-00000001&DisableApiTermination.Value=true".to_owned(),
        "DescribeInstanceAttribute&InstanceId=i-00000001&Attribute=userData".to_owned(),
        "GetConsoleOutput&InstanceId=i-00000001".to_owned(),
        "DescribeTags".to_owned(),
        "DescribeImages".to_owned(),
        "DescribeSubnets".to_owned(),
        "DescribeInstanceStatus".to_owned(),
        "DescribeAvailabilityZones".to_owned(),
        "DescribeSpotPriceHistory".to_owned(),
    ] {
        let (status, body) = call(&bench, &format!("Action={call_to_try}&DryRun=true"));
        assert_eq!((status, element(&body, "Code").as_str()), (412, "DryRunOperation"), "{call_to_try}");
        if call_to_try.starts_with("Describe") && !call_to_try.contains("Attribute") {
            let (status, body) = call(&bench, &format!("Action={call_to_try}&Filter.1.Name=colour&Filter.1.Value.1=x"));
            assert_eq!((status, element(&body, "Message").as_str()), (400, "The filter 'colour' is invalid"));
        }
    }
    assert!(bench.sim.mutating_calls().is_empty());
    assert_eq!(bench.sim.with_world(|world| world.records().volumes.len() + world.records().requests.len()), 0);
    let unused = bench.ec2.describe_volumes().volume_ids("vol-00000001").send().await.map_err(words);
    assert_eq!(unused.unwrap_err().0, "InvalidVolume.NotFound");
}
