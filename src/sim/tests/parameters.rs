//! What the parameters of a call may be, and what is refused before anything happens.

use super::bench::{Bench, NEW, OLD, READY, REQUEST, bench, instance};
use super::calls::ZOO;
use super::orders::{an_image, call, element};

/// The code of a call's refusal; empty when it is done.
fn refused(bench: &Bench, query: &str) -> String {
    let (status, body) = call(bench, query);
    if status == 200 { String::new() } else { element(&body, "Code") }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_that_is_neither_true_nor_false_is_refused_before_anything_happens() {
    let bench = bench(READY);
    let reboot = |dry: &str| refused(&bench, &format!("Action=RebootInstances&InstanceId.1={OLD}&DryRun={dry}"));
    for neither in ["True", "TRUE", "1", "garbage", ""] {
        assert_eq!(reboot(neither), "InvalidParameterValue", "{neither}");
    }
    assert_eq!(reboot("true"), "DryRunOperation");
    assert!(bench.sim.mutating_calls().iter().all(|call| !call.outcome.took_effect()));
    assert_eq!(reboot("false"), "");
}

#[tokio::test(start_paused = true)]
async fn a_detach_that_is_asked_for_again_goes_on_as_it_has_begun() {
    for force in [false, true] {
        let bench = bench(ZOO);
        let detach = format!("Action=DetachVolume&VolumeId=vol-00000004&Force={force}");
        for _ in 0..2 {
            let (status, body) = call(&bench, &detach);
            assert_eq!((status, element(&body, "status").as_str()), (200, "detaching"), "{force}");
            bench.wait(2).await;
        }
        assert_eq!(bench.volume("vol-00000004").state.to_string(), "available", "{force}");
        let calls = bench.sim.mutating_calls();
        assert!(calls.len() == 2 && calls.iter().all(|call| call.force == force), "the record tells: {calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_named_twice_in_a_call_is_named_once() {
    let bench = bench(NEW);
    let twice = format!("SpotInstanceRequestId.1={REQUEST}&SpotInstanceRequestId.2={REQUEST}");
    let (status, body) = call(&bench, &format!("Action=CancelSpotInstanceRequests&{twice}"));
    assert_eq!((status, body.matches("<item>").count()), (200, 1), "{body}");
    assert_eq!(bench.status(), "cancelled/canceled-before-fulfillment");
}

#[tokio::test(start_paused = true)]
async fn device_names_are_those_that_ec2_takes() {
    let bench = bench(ZOO);
    for good in ["/dev/xvdf", "/dev/xvdp", "/dev/xvdz", "/dev/sda", "/dev/sdz", "/dev/xvdba", "/dev/xvdda"] {
        assert_eq!(bench.attach("vol-00000001", "i-00000001", good).await, Ok(()), "{good}");
        bench.wait(2).await;
        bench.detach("vol-00000001", "i-00000001").await.unwrap();
        bench.wait(4).await;
    }
    for bad in ["/dev/sdf1", "/dev/xvdf1", "/dev/xvdea", "/dev/sdP", "/dev/nvme1n1", "/dev/hdf", "/dev/sd", "xvdf"] {
        let refused = bench.attach("vol-00000001", "i-00000001", bad).await.unwrap_err();
        assert!(refused.1.ends_with("is not a valid EBS device name."), "{bad} {refused:?}");
    }
    // The root volume of a stopped instance can go, and come back where it was.
    let root = bench.sim.with_world(|world| {
        let id = instance("i-00000002");
        world.records().attached_to(&id).map(|(volume, _)| volume.id.to_string()).next().unwrap()
    });
    bench.detach(&root, "i-00000002").await.unwrap();
    bench.wait(12).await;
    assert_eq!(bench.attach(&root, "i-00000002", "/dev/sda1").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_xen_takes_for_one_that_is_taken_is_accepted_and_never_attached() {
    for (kind, state) in [("t2.micro", "attaching"), ("m5.large", "attached")] {
        let bench =
            bench(&ZOO.replacen("id = 'i-00000001'", &format!("id = 'i-00000001'\ninstance_type = '{kind}'"), 1));
        bench.attach("vol-00000001", "i-00000001", "/dev/xvdf").await.unwrap();
        bench.wait(60).await;
        assert_eq!(bench.volume("vol-00000001").attachments[0].state.to_string(), state, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn instance_types_that_do_not_exist_are_refused() {
    let bench = bench(ZOO);
    let image = an_image(&bench).await;
    for kind in ["foo.bar", "m5.hugest"] {
        let run = format!("Action=RunInstances&ImageId={image}&InstanceType={kind}&MinCount=1&MaxCount=1");
        let (status, body) = call(&bench, &run);
        assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidParameterValue"));
        assert_eq!(element(&body, "Message"), format!("Invalid value '{kind}' for InstanceType."));
        let specified = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType={kind}");
        assert_eq!(refused(&bench, &format!("Action=RequestSpotInstances&{specified}")), "InvalidParameterValue");
        let modify = format!("Action=ModifyInstanceAttribute&InstanceId=i-00000002&InstanceType.Value={kind}");
        assert_eq!(refused(&bench, &modify), "InvalidInstanceAttributeValue");
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_cannot_be_is_refused() {
    let bench = bench("[knobs]\nthrottling = false");
    let image = an_image(&bench).await;
    let run = |more: &str| {
        let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&{more}");
        refused(&bench, &run)
    };
    let device = |number: u8, name: &str, more: &str| {
        format!("BlockDeviceMapping.{number}.DeviceName={name}&BlockDeviceMapping.{number}.Ebs.{more}")
    };
    let twice = format!("{}&{}", device(1, "/dev/sdf", "VolumeSize=8"), device(2, "/dev/sdf", "VolumeSize=9"));
    let spot = "InstanceMarketOptions.MarketType=spot&DisableApiTermination=true";
    for (more, code) in [
        (twice.as_str(), "InvalidBlockDeviceMapping"),
        (&device(1, "foo", "VolumeSize=8"), "InvalidBlockDeviceMapping"),
        (&device(1, "/dev/sdf", "VolumeSize=0"), "InvalidParameterValue"),
        (&device(1, "/dev/sdf", "VolumeSize=999999999"), "InvalidParameterValue"),
        (&device(1, "/dev/sdf", "VolumeSize=8&BlockDeviceMapping.1.Ebs.VolumeType=foo"), "UnknownVolumeType"),
        (&device(1, "/dev/sdf", "VolumeSize=8&BlockDeviceMapping.1.Ebs.VolumeType=st1"), "InvalidParameterValue"),
        ("InstanceInitiatedShutdownBehavior=explode", "InvalidParameterValue"),
        (spot, "InvalidParameterCombination"),
        ("DisableApiTermination=true", ""),
    ] {
        assert_eq!(run(more), code, "{more}");
    }
    assert_eq!(bench.sim.with_world(|world| world.records().instances.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn pages_of_one_are_given_where_ec2_names_no_least() {
    let bench = bench("");
    for (call_to_try, item) in [("DescribeSpotPriceHistory", "<spotPrice>"), ("DescribeImages", "<imageId>")] {
        let (status, body) = call(&bench, &format!("Action={call_to_try}&MaxResults=1"));
        assert_eq!((status, body.matches(item).count()), (200, 1), "{call_to_try}");
        assert!(body.contains("<nextToken>"), "{call_to_try}");
        assert_eq!(refused(&bench, &format!("Action={call_to_try}&MaxResults=0")), "InvalidParameterValue");
    }
    for five in ["DescribeInstances", "DescribeVolumes", "DescribeSubnets", "DescribeTags"] {
        assert_eq!(refused(&bench, &format!("Action={five}&MaxResults=4")), "InvalidParameterValue", "{five}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_the_call_does_not_have_is_refused_and_one_that_is_not_served_is_not() {
    let bench = bench(ZOO);
    let (status, body) = call(&bench, "Action=DescribeInstances&Foo=1");
    assert_eq!((status, element(&body, "Code").as_str()), (400, "UnknownParameter"));
    assert_eq!(element(&body, "Message"), "The parameter Foo is not recognized");
    for misspelt in [
        "DescribeInstances&InstanceId=i-00000001",
        "DescribeInstances&InstanceIds.1=i-00000001",
        "DescribeInstances&Filter.1.Values.1=x",
        "DescribeInstances&Filter.x.Name=x",
        "DescribeVolumes&InstanceId.1=i-00000001",
        "RebootInstances&InstanceId.1=i-00000001&Force=true",
    ] {
        assert_eq!(refused(&bench, &format!("Action={misspelt}")), "UnknownParameter", "{misspelt}");
    }
    assert!(bench.sim.mutating_calls().iter().all(|call| !call.outcome.took_effect()));
    for known in [
        "DescribeInstances&InstanceId.1=i-00000001&Version=2016-11-15&X-Amz-Expires=60",
        "DescribeImages&IncludeDeprecated=true",
        "StopInstances&InstanceId.1=i-00000001&SkipOsShutdown=true",
    ] {
        assert_eq!(refused(&bench, &format!("Action={known}")), "", "{known}");
    }
}

#[tokio::test(start_paused = true)]
async fn attributes_of_an_instance_are_changed_or_said_to_be_beyond_this_simulator() {
    let bench = bench(&format!("{ZOO}\n[[security_group]]\nid = 'sg-0a1b2c3d'\nname = 'ssh'"));
    let modify =
        |change: &str| refused(&bench, &format!("Action=ModifyInstanceAttribute&InstanceId=i-00000001&{change}"));
    let shown = |attribute: &str| {
        let describe = "Action=DescribeInstanceAttribute&InstanceId=i-00000001";
        call(&bench, &format!("{describe}&Attribute={attribute}")).1
    };
    assert_eq!(modify("SourceDestCheck.Value=false"), "");
    assert!(shown("sourceDestCheck").contains("<value>false</value>"));
    assert_eq!(
        element(&call(&bench, "Action=DescribeInstances&InstanceId.1=i-00000001").1, "sourceDestCheck"),
        "false"
    );
    assert_eq!(modify("GroupId.1=sg-0a1b2c3d"), "");
    assert_eq!(element(&shown("groupSet"), "groupId"), "sg-0a1b2c3d");
    assert_eq!(modify("GroupId.1=sg-00000000"), "InvalidGroup.NotFound");
    for beyond in [
        "EbsOptimized.Value=true",
        "UserData.Value=YQ==",
        "Attribute=userData&Value=YQ==",
        "EnclaveOptions.Enabled=true",
        "Kernel.Value=aki-1",
    ] {
        assert_eq!(modify(beyond), "UnsupportedOperation", "{beyond}");
    }
    assert_eq!(modify(""), "MissingParameter");
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_from_stops_is_neither_stopped_nor_terminated() {
    let bench = bench(&format!("{READY}\n[[instance]]\nid = 'i-00000001'\nzone = 'us-east-1a'"));
    let protect = |id: &str, value: bool| {
        let modify = format!("Action=ModifyInstanceAttribute&InstanceId={id}&DisableApiStop.Value={value}");
        refused(&bench, &modify)
    };
    assert_eq!(protect("i-00000001", true), "");
    let shown = call(&bench, "Action=DescribeInstanceAttribute&InstanceId=i-00000001&Attribute=disableApiStop").1;
    assert!(shown.contains("<value>true</value>"), "{shown}");
    for stop in ["StopInstances", "TerminateInstances"] {
        assert_eq!(
            refused(&bench, &format!("Action={stop}&InstanceId.1=i-00000001")),
            "OperationNotPermitted",
            "{stop}"
        );
    }
    assert_eq!(bench.state("i-00000001"), "running");
    assert_eq!(protect("i-00000001", false), "");
    assert_eq!(refused(&bench, "Action=StopInstances&InstanceId.1=i-00000001"), "");
    assert_eq!(protect(OLD, true), "UnsupportedOperation", "not of a spot instance");
    let image = an_image(&bench).await;
    let run =
        format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&DisableApiStop=true");
    let id = element(&call(&bench, &run).1, "instanceId");
    bench.wait(8).await;
    assert_eq!(refused(&bench, &format!("Action=StopInstances&InstanceId.1={id}")), "OperationNotPermitted");
}

#[tokio::test(start_paused = true)]
async fn what_a_call_says_twice_or_of_too_much_is_refused() {
    let bench =
        bench("key_pairs = ['laptop']\n[[instance]]\nid = 'i-00000001'\nzone = 'us-east-1a'\nstate = 'stopped'");
    let (vpc, key) = bench.sim.with_world(|world| (world.account.vpc.clone(), world.account.key_pairs[0].id.clone()));
    let many: Vec<String> = (1..=1001).map(|n| format!("&ResourceId.{n}=i-00000001")).collect();
    let tag = |id: &str, key: &str| format!("CreateTags&ResourceId.1={id}&Tag.1.Key={key}");
    let modify = "ModifyInstanceAttribute&InstanceId=i-00000001";
    for (query, code) in [
        (format!("CreateTags{}&Tag.1.Key=a", many.concat()), "InvalidParameterValue"),
        (tag("i-00000001", "AWS:x"), "InvalidParameterValue"),
        (tag("i-00000002", "a"), "InvalidInstanceID.NotFound"),
        (tag("i-", "a"), "InvalidID"),
        (tag("subnet-0123456789abcdef0", "a"), "InvalidSubnetID.NotFound"),
        (tag("vpc-0123456789abcdef0", "a"), "InvalidID"),
        (tag(&vpc, "a"), "UnsupportedOperation"),
        (tag(&key, "a"), "UnsupportedOperation"),
        (format!("{modify}&DisableApiTermination.Value=true&DisableApiStop.Value=true"), "InvalidParameterCombination"),
        (format!("{modify}&InstanceType.Value=m6g.large"), "InvalidParameterValue"),
        (
            "CreateVolume&AvailabilityZone=us-east-1a&AvailabilityZoneId=use1-az1&Size=1".to_owned(),
            "InvalidParameterCombination",
        ),
        ("DescribeVolumes&Filter.1.Value.1=x".to_owned(), "InvalidParameterValue"),
    ] {
        assert_eq!(refused(&bench, &format!("Action={query}")), code, "{query}");
    }
    assert_eq!(refused(&bench, &format!("Action={modify}&InstanceType.Value=m6i.large")), "");
}

#[tokio::test(start_paused = true)]
async fn volumes_have_the_operations_and_the_throughput_that_their_type_can_have() {
    let bench = bench("[knobs]\nthrottling = false");
    let create = |more: &str| call(&bench, &format!("Action=CreateVolume&AvailabilityZone=us-east-1a&{more}"));
    for (more, code) in [
        ("Size=10&VolumeType=gp2&Iops=4000", "InvalidParameterCombination"),
        ("Size=10&VolumeType=st1&Iops=4000", "InvalidParameterValue"),
        ("Size=10&VolumeType=gp2&Throughput=200", "InvalidParameterCombination"),
        ("Size=10&VolumeType=gp3&Iops=1", "InvalidParameterValue"),
        ("Size=999&VolumeType=gp3&Iops=80001", "InvalidParameterValue"),
        ("Size=10&VolumeType=gp3&Iops=6000", "InvalidParameterValue"),
        ("Size=10&VolumeType=io1&Iops=501", "InvalidParameterValue"),
        ("Size=999&VolumeType=io2&Iops=999999999", "InvalidParameterValue"),
        ("Size=10&VolumeType=gp3&Throughput=124", "InvalidParameterValue"),
        ("Size=999&VolumeType=gp3&Throughput=2001&Iops=80000", "InvalidParameterValue"),
        ("Size=999&VolumeType=gp3&Throughput=751", "InvalidParameterValue"),
    ] {
        let (status, body) = create(more);
        assert_eq!(status, 400, "{more} {body}");
        assert_eq!(element(&body, "Code"), code, "{more} {body}");
    }
    for (more, iops, throughput) in [
        ("Size=10&VolumeType=gp3", "3000", Some("125")),
        ("Size=10&VolumeType=gp3&Iops=5000&Throughput=1250", "5000", Some("1250")),
        ("Size=1&VolumeType=gp3&Throughput=750", "3000", Some("750")),
        ("Size=33&VolumeType=gp2", "100", None),
        ("Size=34&VolumeType=gp2", "102", None),
        ("Size=16384&VolumeType=gp2", "16000", None),
        ("Size=10&VolumeType=io1&Iops=500", "500", None),
        ("Size=10&VolumeType=io2&Iops=10000", "10000", None),
    ] {
        let (_, body) = create(more);
        let shown = body.contains("<throughput>").then(|| element(&body, "throughput"));
        assert_eq!((element(&body, "iops").as_str(), shown.as_deref()), (iops, throughput), "{more}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clients_token_has_64_characters_at_most() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let spec = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large");
    for made in [
        "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=5".to_owned(),
        format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1"),
        format!("Action=RequestSpotInstances&{spec}"),
    ] {
        for (length, code) in [(65, "InvalidParameterValue"), (64, "")] {
            assert_eq!(refused(&bench, &format!("{made}&ClientToken={}", "t".repeat(length))), code, "{made}");
        }
        assert_eq!(refused(&bench, &format!("{made}&ClientToken=%C3%A9")), "InvalidParameterValue", "{made}");
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_cannot_be_are_refused_wherever_they_are_given() {
    let bench = bench(&format!("{ZOO}\n[knobs]\nthrottling = false"));
    let many = |count: usize| -> Vec<(String, &str)> { (0..count).map(|number| (format!("k{number}"), "v")).collect() };
    let twice = vec![("a".to_owned(), "1"), ("a".to_owned(), "2")];
    for (tags, code) in [
        (vec![(String::new(), "v")], "InvalidParameterValue"),
        (twice, "InvalidParameterValue"),
        (many(51), "TagLimitExceeded"),
        (many(50), ""),
    ] {
        let written = |list: &str| -> String {
            let tag = |(number, (key, value)): (usize, &(String, &str))| {
                format!("&{list}.{}.Key={key}&{list}.{0}.Value={value}", number + 1)
            };
            tags.iter().enumerate().map(tag).collect()
        };
        let specified = format!("&TagSpecification.1.ResourceType=volume{}", written("TagSpecification.1.Tag"));
        let create = format!("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=5{specified}");
        assert_eq!(refused(&bench, &create), code, "{specified}");
        let tag = format!("Action=CreateTags&ResourceId.1=vol-00000001{}", written("Tag"));
        assert_eq!(refused(&bench, &tag), code, "{tag}");
    }
    let specification = |number: u8| {
        let of = format!("TagSpecification.{number}");
        format!("&{of}.ResourceType=volume&{of}.Tag.1.Key=a&{of}.Tag.1.Value={number}")
    };
    let both = format!("{}{}", specification(1), specification(2));
    let create = format!("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=5{both}");
    assert_eq!(refused(&bench, &create), "InvalidParameterValue", "in two specifications");
}

#[tokio::test(start_paused = true)]
async fn what_is_launched_together_lies_in_one_zone_and_is_numbered() {
    let bench = bench("");
    let image = an_image(&bench).await;
    for market in ["", "&InstanceMarketOptions.MarketType=spot"] {
        let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=9{market}");
        let (_, body) = call(&bench, &run);
        let all = |name: &str| -> Vec<String> {
            let open = format!("<{name}>");
            body.split(&open).skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
        };
        let zones: std::collections::BTreeSet<String> = all("availabilityZone").into_iter().collect();
        assert_eq!(zones.len(), 1, "{market} {zones:?}");
        let numbers: Vec<String> = (0..9).map(|number: u8| number.to_string()).collect();
        assert_eq!(all("amiLaunchIndex"), numbers, "{market}");
    }
}

#[tokio::test(start_paused = true)]
async fn characters_that_xml_cannot_carry_are_refused_wherever_they_are_given() {
    let bench = bench(ZOO);
    for bad in ["%01", "%00", "%1B", "%EF%BF%BE"] {
        for given in [
            format!("CreateTags&ResourceId.1=vol-00000001&Tag.1.Key=k{bad}"),
            format!("CreateTags&ResourceId.1=vol-00000001&Tag.1.Key=k&Tag.1.Value={bad}"),
            format!("CreateSnapshot&VolumeId=vol-00000001&Description={bad}"),
            format!("DescribeInstances&Filter.1.Name={bad}"),
            format!("DescribeInstances&{bad}=1"),
            format!("No{bad}"),
        ] {
            let (status, body) = call(&bench, &format!("Action={given}"));
            assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidParameterValue"), "{given}");
            assert!(!body.contains("&#x"), "nor is it said again: {body}");
        }
    }
    let good = "Action=CreateTags&ResourceId.1=vol-00000001&Tag.1.Key=a%09b&Tag.1.Value=%0A%0D%C2%85%F0%9F%98%80";
    assert_eq!(refused(&bench, good), "");
}

#[tokio::test(start_paused = true)]
async fn an_offer_of_nothing_is_refused() {
    let bench = bench("[knobs]\nthrottling = false");
    let image = an_image(&bench).await;
    let spec = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large");
    for (price, code) in [("0", "InvalidParameterValue"), ("0.0000001", "InvalidParameterValue"), ("0.0001", "")] {
        assert_eq!(refused(&bench, &format!("Action=RequestSpotInstances&{spec}&SpotPrice={price}")), code, "{price}");
    }
    let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1");
    for (price, code) in [("0.001", "InvalidParameterValue"), ("0.0011", "SpotMaxPriceTooLow"), ("1", "")] {
        let options = format!("InstanceMarketOptions.SpotOptions.MaxPrice={price}");
        let run = format!("{run}&InstanceMarketOptions.MarketType=spot&{options}");
        assert_eq!(refused(&bench, &run), code, "{price}");
    }
}

#[tokio::test(start_paused = true)]
async fn times_come_with_and_without_a_zone_and_as_late_as_can_be_written() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let spec = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large");
    for (given, shown) in [
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000Z"),
        ("2027-01-01T00:00:00", "2027-01-01T00:00:00.000Z"),
        ("2027-01-01T00:00:00.000", "2027-01-01T00:00:00.000Z"),
        ("2027-01-01T02:00:00%2B02:00", "2027-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00.000Z"),
    ] {
        let (status, body) = call(&bench, &format!("Action=RequestSpotInstances&{spec}&ValidUntil={given}"));
        assert_eq!(status, 200, "{given} {body}");
        assert_eq!(element(&body, "validUntil"), shown, "{given}");
    }
    for bad in ["soon", "2027-13-01T00:00:00Z", "Z"] {
        let request = format!("Action=RequestSpotInstances&{spec}&ValidUntil={bad}");
        assert_eq!(refused(&bench, &request), "InvalidParameterValue", "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_can_be_none_is_malformed_and_not_unknown() {
    let bench = bench("[knobs]\nthrottling = false");
    let image = an_image(&bench).await;
    let run = "RunInstances&InstanceType=m5.large&MinCount=1&MaxCount=1";
    for (given, code) in [
        ("DescribeImages&ImageId.1=ami-zz".to_owned(), "InvalidAMIID.Malformed"),
        ("DescribeImages&ImageId.1=foo".to_owned(), "InvalidAMIID.Malformed"),
        ("DescribeImages&ImageId.1=ami-00000000".to_owned(), "InvalidAMIID.NotFound"),
        ("DeregisterImage&ImageId=ami-zz".to_owned(), "InvalidAMIID.Malformed"),
        (format!("{run}&ImageId=ami-zz"), "InvalidAMIID.Malformed"),
        (format!("{run}&ImageId={image}&SubnetId=subnet-zz"), "InvalidSubnetID.Malformed"),
        (format!("{run}&ImageId={image}&SecurityGroupId.1=zz"), "InvalidGroupId.Malformed"),
        ("DescribeSubnets&SubnetId.1=subnet-zz".to_owned(), "InvalidSubnetID.Malformed"),
        ("DescribeSubnets&SubnetId.1=subnet-00000000".to_owned(), "InvalidSubnetID.NotFound"),
        ("DescribeSecurityGroups&GroupId.1=zz".to_owned(), "InvalidGroupId.Malformed"),
        ("DescribeSnapshots&SnapshotId.1=snap-zz".to_owned(), "InvalidSnapshotID.Malformed"),
        ("DeleteSnapshot&SnapshotId=zz".to_owned(), "InvalidSnapshotID.Malformed"),
        ("CreateVolume&AvailabilityZone=us-east-1a&SnapshotId=zz".to_owned(), "InvalidSnapshotID.Malformed"),
    ] {
        assert_eq!(refused(&bench, &format!("Action={given}")), code, "{given}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_leads_on_in_its_own_list_only() {
    let bench = bench("");
    let token = element(&call(&bench, "Action=DescribeImages&MaxResults=1").1, "nextToken");
    assert_eq!(refused(&bench, &format!("Action=DescribeImages&MaxResults=1&NextToken={token}")), "");
    assert_eq!(refused(&bench, &format!("Action=DescribeVolumes&NextToken={token}")), "InvalidNextToken");
}

#[tokio::test(start_paused = true)]
async fn both_names_of_the_only_product_find_it() {
    let bench = bench(NEW);
    for (call_to_try, item) in
        [("DescribeSpotPriceHistory", "<spotPrice>"), ("DescribeSpotInstanceRequests", "<spotInstanceRequestId>")]
    {
        for (product, found) in [("Linux/UNIX", true), ("Linux/UNIX (Amazon VPC)", true), ("Windows", false)] {
            let filter = format!("Filter.1.Name=product-description&Filter.1.Value.1={product}");
            let (_, body) = call(&bench, &format!("Action={call_to_try}&{filter}"));
            assert_eq!(body.contains(item), found, "{call_to_try} {product}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_flag_of_a_device_is_that_of_the_volume_that_is_named() {
    let bench = bench(ZOO);
    let modify = |volume: &str, flag: &str| {
        let device = "BlockDeviceMapping.1.DeviceName=/dev/sdf&BlockDeviceMapping.1.Ebs";
        let change = format!("{device}.VolumeId={volume}{flag}");
        refused(&bench, &format!("Action=ModifyInstanceAttribute&InstanceId=i-00000001&{change}"))
    };
    let flag = "&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true";
    assert_eq!(modify("vol-00000001", flag), "InvalidInstanceAttributeValue");
    assert!(!bench.volume("vol-00000004").attachments[0].delete_on_termination);
    assert_eq!(modify("vol-00000004", ""), "", "which is true when nothing is said of it");
    assert!(bench.volume("vol-00000004").attachments[0].delete_on_termination);
}

#[tokio::test(start_paused = true)]
async fn private_addresses_lie_in_the_subnet_and_are_one_instances_at_a_time() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let mut seen = std::collections::BTreeSet::new();
    for (zone, network) in [("us-east-1a", "172.31.0."), ("us-east-1b", "172.31.16."), ("us-east-1c", "172.31.32.")] {
        let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=3&MaxCount=3");
        let (_, body) = call(&bench, &format!("{run}&Placement.AvailabilityZone={zone}"));
        for part in body.split("<instanceId>").skip(1) {
            let address = element(part, "privateIpAddress");
            assert!(address.starts_with(network), "{zone} {address}");
            assert!(seen.insert(address), "{zone}");
        }
    }
    assert_eq!(seen.len(), 9);
}
