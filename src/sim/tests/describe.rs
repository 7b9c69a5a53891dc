//! The three lists: contents, filters, ids, pages.

use aws_sdk_ec2::operation::describe_volumes::DescribeVolumesOutput;
use aws_sdk_ec2::types::Filter;

use super::super::Tags;
use super::bench::{Bench, HOME, OLD, READY, REQUEST, bench, instance, sir, volume, words};

fn filter(name: &str, values: &[&str]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.iter().map(ToString::to_string).collect())).build()
}

async fn requests(bench: &Bench, filters: Vec<Filter>) -> Result<Vec<String>, (String, String)> {
    let call = bench.ec2.describe_spot_instance_requests().set_filters(Some(filters)).send();
    let found = call.await.map_err(words)?;
    Ok(found.spot_instance_requests().iter().filter_map(|r| r.spot_instance_request_id.clone()).collect())
}

async fn instances(bench: &Bench, filters: Vec<Filter>) -> Result<Vec<String>, (String, String)> {
    let found = bench.ec2.describe_instances().set_filters(Some(filters)).send().await.map_err(words)?;
    let instances = found.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances);
    Ok(instances.filter_map(|instance| instance.instance_id.clone()).collect())
}

async fn volumes(bench: &Bench, filters: Vec<Filter>) -> Result<Vec<String>, (String, String)> {
    let found = bench.ec2.describe_volumes().set_filters(Some(filters)).send().await.map_err(words)?;
    Ok(found.volumes().iter().filter_map(|volume| volume.volume_id.clone()).collect())
}

#[tokio::test(start_paused = true)]
async fn the_sdk_reads_a_request_in_full() {
    let bench = bench(&READY.replacen("homes", "valid_for = '168h'\n homes", 1));
    let found = bench.ec2.describe_spot_instance_requests().spot_instance_request_ids(REQUEST).send().await.unwrap();
    let request = &found.spot_instance_requests()[0];
    assert_eq!(request.state().unwrap().as_str(), "active");
    let status = request.status().unwrap();
    assert_eq!((status.code(), status.message()), (Some("fulfilled"), Some("Your spot request is fulfilled.")));
    let now = bench.clock.now().wall.as_second();
    assert_eq!(status.update_time().unwrap().secs(), now - 3600);
    assert_eq!(request.r#type().unwrap().as_str(), "persistent");
    assert_eq!(request.instance_interruption_behavior().unwrap().as_str(), "terminate");
    assert_eq!((request.instance_id(), request.launched_availability_zone()), (Some(OLD), Some("us-east-1a")));
    assert_eq!(request.valid_until().unwrap().secs(), now + 168 * 3600);
    assert_eq!(request.launch_specification().unwrap().placement().unwrap().availability_zone(), Some("us-east-1a"));
}

#[tokio::test(start_paused = true)]
async fn the_sdk_reads_an_instance_in_full() {
    let bench = bench(READY);
    let found = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
    let shown = &found.reservations()[0].instances()[0];
    assert_eq!(shown.state().unwrap().name().unwrap().as_str(), "running");
    assert_eq!(shown.state().unwrap().code(), Some(16));
    assert_eq!(shown.launch_time().unwrap().secs(), bench.clock.now().wall.as_second() - 3600);
    assert_eq!(shown.public_ip_address(), Some("203.0.113.1"));
    assert_eq!(shown.public_dns_name(), Some("ec2-203-0-113-1.compute-1.amazonaws.com"));
    assert!(shown.private_ip_address().unwrap().starts_with("172.31.0."));
    assert!(shown.private_dns_name().unwrap().ends_with(".ec2.internal"));
    assert_eq!(shown.instance_lifecycle().unwrap().as_str(), "spot");
    assert_eq!(shown.spot_instance_request_id(), Some(REQUEST));
    let placement = shown.placement().unwrap();
    assert_eq!((placement.availability_zone(), placement.group_name()), (Some("us-east-1a"), Some("")));
    assert!(shown.state_reason().is_none());
    let devices: Vec<_> = shown.block_device_mappings().iter().filter_map(|mapping| mapping.device_name()).collect();
    assert!(devices.contains(&"/dev/sda1") && devices.contains(&"/dev/sdp"));
}

#[tokio::test(start_paused = true)]
async fn outside_the_first_region_names_tell_their_region() {
    let bench = bench(&format!("region = 'eu-central-1'\n{}", READY.replace("us-east-1a", "eu-central-1a")));
    let found = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
    let shown = &found.reservations()[0].instances()[0];
    assert_eq!(shown.public_dns_name(), Some("ec2-203-0-113-1.eu-central-1.compute.amazonaws.com"));
    let inside = shown.private_ip_address().unwrap().replace('.', "-");
    assert_eq!(shown.private_dns_name(), Some(format!("ip-{inside}.eu-central-1.compute.internal").as_str()));
}

#[tokio::test(start_paused = true)]
async fn the_sdk_reads_a_volume_in_full() {
    let bench = bench(READY);
    let found = bench.ec2.describe_volumes().volume_ids(HOME).send().await.unwrap();
    let shown = &found.volumes()[0];
    assert_eq!((shown.state().unwrap().as_str(), shown.availability_zone()), ("in-use", Some("us-east-1a")));
    assert_eq!((shown.multi_attach_enabled(), shown.size()), (Some(false), Some(100)));
    let held = &shown.attachments()[0];
    assert_eq!((held.instance_id(), held.device()), (Some(OLD), Some("/dev/sdp")));
    assert_eq!(held.state().unwrap().as_str(), "attached");
    assert_eq!(held.attach_time().unwrap().secs(), bench.clock.now().wall.as_second() - 3600);
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_a_public_address_shows_none() {
    let bench = bench(&READY.replacen("homes", "public_address = false\n homes", 1));
    let found = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
    let shown = &found.reservations()[0].instances()[0];
    assert_eq!((shown.public_ip_address(), shown.public_dns_name()), (None, Some("")));
}

#[tokio::test(start_paused = true)]
async fn filters_are_joined_by_and_and_their_values_by_or() {
    let bench = bench(READY);
    let either = vec![filter("state", &["open", "active"]), filter("status-code", &["fulfilled"])];
    assert_eq!(requests(&bench, either).await.unwrap(), [REQUEST]);
    let both = vec![filter("state", &["open", "active"]), filter("status-code", &["price-too-low"])];
    assert!(requests(&bench, both).await.unwrap().is_empty());
    assert!(requests(&bench, vec![filter("state", &[])]).await.unwrap().is_empty());
    assert!(requests(&bench, vec![filter("state", &["ACTIVE"])]).await.unwrap().is_empty());
    for (name, value) in [("spot-instance-request-id", "sir-y1*"), ("instance-id", OLD), ("type", "persist?nt")] {
        assert_eq!(requests(&bench, vec![filter(name, &[value])]).await.unwrap(), [REQUEST], "{name}");
    }
    for (name, value) in [
        ("instance-id", OLD),
        ("instance-state-name", "running"),
        ("availability-zone", "us-east-1a"),
        ("spot-instance-request-id", REQUEST),
        ("instance-lifecycle", "spot"),
        ("block-device-mapping.volume-id", HOME),
        ("ip-address", "203.0.113.*"),
    ] {
        assert_eq!(instances(&bench, vec![filter(name, &[value])]).await.unwrap(), [OLD], "{name}");
        assert!(instances(&bench, vec![filter(name, &["other"])]).await.unwrap().is_empty(), "{name}");
    }
    for (name, value) in [("volume-id", HOME), ("attachment.device", "/dev/sdp"), ("size", "100")] {
        assert_eq!(volumes(&bench, vec![filter(name, &[value])]).await.unwrap(), [HOME], "{name}");
    }
    let held = vec![filter("attachment.instance-id", &[OLD]), filter("status", &["in-use"])];
    assert_eq!(volumes(&bench, held).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn tags_are_filtered_by_key_and_by_value() {
    let bench = bench(&READY.replacen("zone", "tags = { Name = 'home', 'a:b' = '*' }\n zone", 1));
    assert_eq!(volumes(&bench, vec![filter("tag:Name", &["ho*"])]).await.unwrap(), [HOME]);
    assert_eq!(volumes(&bench, vec![filter("tag:a:b", &[r"\*"])]).await.unwrap(), [HOME]);
    assert_eq!(volumes(&bench, vec![filter("tag-key", &["Name"])]).await.unwrap(), [HOME]);
    assert!(volumes(&bench, vec![filter("tag:Nope", &["*"])]).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_filter_and_too_many_values_are_refused_even_in_an_empty_world() {
    let bench = bench("");
    let refused = volumes(&bench, vec![filter("colour", &["red"])]).await.unwrap_err();
    assert_eq!(refused, ("InvalidParameterValue".to_owned(), "The filter 'colour' is invalid".to_owned()));
    let many: Vec<String> = (0..201).map(|number| format!("vol-{number:08x}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(volumes(&bench, vec![filter("volume-id", &many)]).await.unwrap_err().0, "FilterLimitExceeded");
    assert!(volumes(&bench, vec![filter("volume-id", &many[1..])]).await.is_ok());
    let filters = |count: usize| (0..count).map(|_| filter("status", &["available"])).collect::<Vec<_>>();
    assert_eq!(volumes(&bench, filters(51)).await.unwrap_err().0, "FilterLimitExceeded");
    assert!(volumes(&bench, filters(50)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn one_unknown_id_fails_the_whole_call_and_a_filter_just_leaves_it_out() {
    let bench = bench(READY);
    let one = bench.ec2.describe_instances().instance_ids(OLD).instance_ids("i-00000009").send().await;
    let message = "The instance ID 'i-00000009' does not exist".to_owned();
    assert_eq!(one.map_err(words).unwrap_err(), ("InvalidInstanceID.NotFound".to_owned(), message));
    let two = bench.ec2.describe_instances().instance_ids("i-00000008").instance_ids("i-00000009").send().await;
    assert_eq!(two.map_err(words).unwrap_err().1, "The instance IDs 'i-00000008, i-00000009' do not exist");
    let found = instances(&bench, vec![filter("instance-id", &[OLD, "i-00000009"])]).await.unwrap();
    assert_eq!(found, [OLD]);
    let call = bench.ec2.describe_spot_instance_requests().spot_instance_request_ids("sir-00000000").send();
    assert_eq!(call.await.map_err(words).unwrap_err().0, "InvalidSpotInstanceRequestID.NotFound");
    let call = bench.ec2.describe_volumes().volume_ids("vol-00000000").send();
    assert_eq!(call.await.map_err(words).unwrap_err().1, "The volume 'vol-00000000' does not exist.");
    let call = bench.ec2.describe_instances().instance_ids("i-xyz").send();
    assert_eq!(call.await.map_err(words).unwrap_err().0, "InvalidInstanceID.Malformed");
}

#[tokio::test(start_paused = true)]
async fn the_sdks_paginator_finds_everything_once_also_past_an_empty_page() {
    for empty in [false, true] {
        let bench = bench(&format!("[knobs]\nempty_pages = {empty}"));
        bench.sim.with_world(|world| {
            for number in 0..23_u32 {
                let toml = format!("[[volume]]\nid = 'vol-{number:08x}'\nzone = 'us-east-1a'");
                let one = super::super::Scenario::parse(&toml).unwrap();
                let made = super::super::Sim::new(&one, 1, bench.clock.clone()).unwrap();
                let volumes = made.with_world(|world| world.records().volumes.clone());
                world.records_mut().volumes.extend(volumes);
            }
        });
        let pages = bench.ec2.describe_volumes().max_results(5).into_paginator().send();
        let pages: Vec<_> = pages.try_collect().await.unwrap();
        assert_eq!(pages[0].volumes().is_empty(), empty);
        let ids: Vec<_> =
            pages.iter().flat_map(DescribeVolumesOutput::volumes).filter_map(|v| v.volume_id.clone()).collect();
        assert_eq!(ids.len(), 23);
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 23);
    }
}

#[tokio::test(start_paused = true)]
async fn ids_and_pages_go_together_but_where_ec2_says_that_they_do_not() {
    let bench = bench(READY);
    let (group, vpc, subnet) = bench.sim.with_world(|world| {
        let account = &world.account;
        (account.security_group.clone(), account.vpc.clone(), account.subnets[0].id.clone())
    });
    for (list, ids, set) in [
        ("Instances", format!("InstanceId.1={OLD}"), Some("instancesSet")),
        ("InstanceStatus", format!("InstanceId.1={OLD}"), Some("instancesSet")),
        ("Volumes", format!("VolumeId.1={HOME}"), Some("volumeSet")),
        ("Snapshots", "SnapshotId.1=snap-00000001".to_owned(), Some("snapshotSet")),
        ("SpotInstanceRequests", format!("SpotInstanceRequestId.1={REQUEST}"), None),
        ("SecurityGroups", format!("GroupId.1={group}"), None),
        ("Vpcs", format!("VpcId.1={vpc}"), None),
        ("Subnets", format!("SubnetId.1={subnet}"), None),
        ("Images", format!("ImageId.1={}", super::orders::an_image(&bench).await), None),
        ("InstanceTypes", "InstanceType.1=m5.large".to_owned(), None),
    ] {
        let (status, body) = super::orders::call(&bench, &format!("Action=Describe{list}&{ids}&MaxResults=5"));
        let refused =
            set.is_some_and(|set| body.contains(&format!("{set} cannot be used with the parameter maxResults")));
        assert_eq!((status, refused), if set.is_some() { (400, true) } else { (200, false) }, "{list}: {body}");
    }
    let mixed = bench.ec2.describe_instances().instance_ids(OLD).max_results(5).send().await;
    let message = "The parameter instancesSet cannot be used with the parameter maxResults".to_owned();
    assert_eq!(mixed.map_err(words).unwrap_err(), ("InvalidParameterCombination".to_owned(), message));
    let small = bench.ec2.describe_volumes().max_results(4).send().await;
    assert_eq!(small.map_err(words).unwrap_err().0, "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn hostile_text_reaches_the_client_as_it_was_planted() {
    let bench = bench(READY);
    let hostile = "</value>\u{1b}]0;x\u{7}\r\n\u{202e}&<>\"\u{0085}";
    bench.sim.with_world(|world| {
        let records = world.records_mut();
        let tags = Tags::from([(hostile.to_owned(), hostile.to_owned())]);
        records.volumes.get_mut(&volume(HOME)).unwrap().tags.clone_from(&tags);
        records.volumes.get_mut(&volume(HOME)).unwrap().zone = hostile.to_owned();
        records.instances.get_mut(&instance(OLD)).unwrap().state_reason =
            Some((hostile.to_owned(), hostile.to_owned()));
        let request = records.requests.get_mut(&sir(REQUEST)).unwrap();
        request.status.code = hostile.to_owned();
        request.status.message = hostile.to_owned();
    });
    let found = bench.ec2.describe_volumes().volume_ids(HOME).send().await.unwrap();
    assert_eq!(found.volumes()[0].tags()[0].key(), Some(hostile));
    assert_eq!(found.volumes()[0].availability_zone(), Some(hostile));
    let found = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
    assert_eq!(found.reservations()[0].instances()[0].state_reason().unwrap().message(), Some(hostile));
    let found = bench.ec2.describe_spot_instance_requests().send().await.unwrap();
    assert_eq!(found.spot_instance_requests()[0].status().unwrap().code(), Some(hostile));
}

/// What the SDK reads of every list, and of an error, in a world with or without odd XML.
async fn read(odd: bool) -> Vec<String> {
    let bench = bench(&format!("key_pairs = ['laptop']\n{READY}\n[knobs]\nodd_xml = {odd}\nshuffles = false"));
    let ec2 = &bench.ec2;
    let attach = ec2.attach_volume().volume_id(HOME).instance_id(OLD).device("/dev/sdq").send().await;
    let attribute = ec2.describe_instance_attribute().instance_id(OLD).attribute("blockDeviceMapping".into());
    let image = super::orders::an_image(&bench).await;
    let run = ec2
        .run_instances()
        .image_id(image)
        .instance_type("m5.large".into())
        .min_count(1)
        .max_count(2)
        .client_token("t");
    vec![
        format!("{:?}", words(attach.unwrap_err())),
        format!("{:?}", run.send().await.unwrap()),
        format!("{:?}", ec2.create_snapshot().volume_id(HOME).send().await.unwrap()),
        format!("{:?}", ec2.describe_spot_instance_requests().send().await.unwrap()),
        format!("{:?}", ec2.describe_instances().send().await.unwrap()),
        format!("{:?}", ec2.describe_instance_status().send().await.unwrap()),
        format!("{:?}", ec2.describe_volumes().send().await.unwrap()),
        format!("{:?}", ec2.describe_snapshots().send().await.unwrap()),
        format!("{:?}", ec2.describe_images().send().await.unwrap()),
        format!("{:?}", attribute.send().await.unwrap()),
        format!("{:?}", ec2.describe_security_groups().send().await.unwrap()),
        format!("{:?}", ec2.describe_key_pairs().send().await.unwrap()),
        format!("{:?}", ec2.describe_subnets().send().await.unwrap()),
        format!("{:?}", ec2.describe_availability_zones().send().await.unwrap()),
        format!("{:?}", ec2.describe_instance_types().send().await.unwrap()),
        format!("{:?}", ec2.describe_spot_price_history().max_results(10).send().await.unwrap()),
        format!("{:?}", ec2.terminate_instances().instance_ids(OLD).send().await.unwrap()),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_sdk_reads_the_same_whatever_else_than_it_knows_stands_in_an_answer() {
    let bench = bench(&format!("{READY}\n[knobs]\nodd_xml = true"));
    let (_, body) = super::orders::call(&bench, "Action=DescribeInstances");
    assert!(body.contains("xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\">"), "{body}");
    // In the answer, the reservation, the instance, its state, its placement and others.
    assert!(body.matches("<unheardOf/>").count() > 10, "{body}");
    for (plain, odd) in read(false).await.into_iter().zip(read(true).await) {
        assert_eq!(plain, odd);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_instance_types_holds_a_hundred_at_most() {
    let bench = bench("");
    let types = async |most: Option<i32>| {
        let seen =
            bench.ec2.describe_instance_types().set_max_results(most).send().await.map_err(|error| words(error).0)?;
        Ok((seen.instance_types().len(), seen.next_token().is_some()))
    };
    assert_eq!(types(Some(101)).await, Err("InvalidParameterValue".to_owned()));
    assert_eq!(types(Some(100)).await, Ok((100, true)));
    assert_eq!(types(None).await, Ok((100, true)));
    let offers = async |most| bench.ec2.describe_instance_type_offerings().max_results(most).send().await.is_ok();
    assert!(offers(1000).await && !offers(1001).await);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_region_and_one_network_in_which_all_subnets_lie() {
    let bench = bench("region = 'eu-west-1'");
    let regions = bench.ec2.describe_regions().region_names("eu-west-1").send().await.unwrap();
    let names: Vec<_> = regions.regions().iter().map(|region| (region.region_name(), region.endpoint())).collect();
    assert_eq!(names, [(Some("eu-west-1"), Some("ec2.eu-west-1.amazonaws.com"))]);
    let other = bench.ec2.describe_regions().region_names("us-east-1").send().await;
    assert_eq!(words(other.unwrap_err()).0, "InvalidParameterValue");
    let vpcs = bench.ec2.describe_vpcs().send().await.unwrap();
    let [vpc] = vpcs.vpcs() else { panic!("{vpcs:?}") };
    assert_eq!((vpc.is_default(), vpc.cidr_block()), (Some(true), Some("172.31.0.0/16")));
    let subnets = bench.ec2.describe_subnets().send().await.unwrap();
    assert!(subnets.subnets().iter().all(|subnet| subnet.vpc_id() == vpc.vpc_id()));
    assert!(!subnets.subnets().is_empty());
    let other = bench.ec2.describe_vpcs().vpc_ids("vpc-0123456789abcdef0").send().await;
    assert_eq!(words(other.unwrap_err()).0, "InvalidVpcID.NotFound");
}
