//! What instances are launched with: block devices and network interfaces.

use aws_sdk_ec2::types::{InstanceNetworkInterfaceSpecification, LaunchSpecification, RequestSpotLaunchSpecification};

use super::bench::{Bench, HOME, OLD, READY, bench, words};
use super::orders::{an_image, call, element};

#[tokio::test(start_paused = true)]
async fn a_volume_is_no_smaller_than_the_snapshot_that_it_is_made_of() {
    let bench = bench(READY);
    let image = an_image(&bench).await;
    let snapshot = bench.ec2.create_snapshot().volume_id(HOME).send().await.unwrap().snapshot_id.unwrap();
    bench.wait(60).await;
    let launch = |prefix: &str, device: &str| {
        let (given, kind) = (format!("{prefix}BlockDeviceMapping.1."), format!("{prefix}InstanceType=m5.large"));
        let device = device.replace('.', &format!("&{given}")).replace(':', ".");
        format!("{prefix}ImageId={image}&{kind}{device}")
    };
    let run = |device: &str| call(&bench, &format!("Action=RunInstances&MinCount=1&MaxCount=1&{}", launch("", device)));
    let ask =
        |device: &str| call(&bench, &format!("Action=RequestSpotInstances&{}", launch("LaunchSpecification.", device)));
    let given = |size| format!(".DeviceName=/dev/sdf.Ebs:SnapshotId={snapshot}.Ebs:VolumeSize={size}");
    for (status, body) in [run(&given(99)), ask(&given(99))] {
        assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidBlockDeviceMapping"));
        let words = format!("Volume of size 99GB is smaller than snapshot '{snapshot}', expect size >= 100GB");
        assert_eq!(element(&body, "Message"), words.replace('>', "&gt;"));
    }
    // The image's own snapshot, too.
    let root = |size| format!(".DeviceName=/dev/sda1.Ebs:VolumeSize={size}");
    assert_eq!(element(&run(&root(7)).1, "Code"), "InvalidBlockDeviceMapping");
    for (status, body) in [run(&given(100)), ask(&given(100)), run(&root(8))] {
        assert_eq!(status, 200, "{body}");
    }
}

type Specified = aws_sdk_ec2::types::builders::RequestSpotLaunchSpecificationBuilder;

/// What DescribeSpotInstanceRequests shows of a request that is made so; or the code of the refusal.
async fn described(bench: &Bench, specify: impl FnOnce(Specified) -> Specified) -> Result<LaunchSpecification, String> {
    let specification = RequestSpotLaunchSpecification::builder().image_id(an_image(bench).await);
    let specification = specify(specification.instance_type("m5.large".into())).build();
    let made = bench.ec2.request_spot_instances().launch_specification(specification).send().await;
    let made = made.map_err(|error| words(error).0)?.spot_instance_requests()[0].spot_instance_request_id.clone();
    let seen = bench.ec2.describe_spot_instance_requests().set_spot_instance_request_ids(made.map(|id| vec![id]));
    Ok(seen.send().await.unwrap().spot_instance_requests()[0].launch_specification().unwrap().clone())
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_of_a_network_interface_is_described_as_its_own_and_not_as_the_instances() {
    let bench = bench("");
    let subnets = bench.ec2.describe_subnets().send().await.unwrap();
    let subnet = subnets.subnets()[1].subnet_id().unwrap();
    let groups = bench.ec2.describe_security_groups().send().await.unwrap();
    let group = groups.security_groups()[0].group_id().unwrap();
    let interface = || {
        let interface = InstanceNetworkInterfaceSpecification::builder().device_index(0).subnet_id(subnet);
        interface.groups(group).associate_public_ip_address(false).build()
    };
    let seen = described(&bench, |it| it.network_interfaces(interface())).await.unwrap();
    assert_eq!(seen.network_interfaces(), [interface()]);
    assert_eq!((seen.subnet_id(), seen.security_groups()), (None, [].as_slice()));
    let flat = described(&bench, |it| it.subnet_id(subnet).security_group_ids(group)).await.unwrap();
    assert_eq!((flat.subnet_id(), flat.security_groups()[0].group_id()), (Some(subnet), Some(group)));
    assert!(flat.network_interfaces().is_empty());
    let both = "InvalidParameterCombination".to_owned();
    assert_eq!(described(&bench, |it| it.network_interfaces(interface()).subnet_id(subnet)).await, Err(both.clone()));
    assert_eq!(described(&bench, |it| it.network_interfaces(interface()).security_group_ids(group)).await, Err(both));
    bench.wait(12).await;
    let ran = bench.ec2.describe_instances().send().await.unwrap();
    let ran: Vec<&str> =
        ran.reservations().iter().map(|reserved| reserved.instances()[0].subnet_id().unwrap()).collect();
    assert_eq!(ran, [subnet, subnet]);
}

#[tokio::test(start_paused = true)]
async fn a_request_shows_all_that_it_asks_for_and_its_instance_has_it() {
    let bench = bench("");
    let image = an_image(&bench).await;
    let key = "arn:aws:kms:us-east-1:123456789012:key/1";
    let specified = [
        ("ImageId", image.as_str()),
        ("InstanceType", "m5.large"),
        ("IamInstanceProfile.Name", "worker"),
        ("UserData", "YQ=="),
        ("EbsOptimized", "true"),
        ("Monitoring.Enabled", "true"),
        ("BlockDeviceMapping.1.DeviceName", "/dev/sdf"),
        ("BlockDeviceMapping.1.Ebs.VolumeSize", "10"),
        ("BlockDeviceMapping.1.Ebs.VolumeType", "io1"),
        ("BlockDeviceMapping.1.Ebs.Iops", "500"),
        ("BlockDeviceMapping.1.Ebs.Encrypted", "true"),
        ("BlockDeviceMapping.1.Ebs.KmsKeyId", key),
    ];
    let specified: Vec<String> =
        specified.iter().map(|(name, value)| format!("&LaunchSpecification.{name}={value}")).collect();
    let specified = specified.concat();
    let groups = "LaunchGroup=together&AvailabilityZoneGroup=us-east-1";
    let (status, body) = call(&bench, &format!("Action=RequestSpotInstances&{groups}{specified}"));
    assert_eq!(status, 200, "{body}");
    let seen = bench.ec2.describe_spot_instance_requests().send().await.unwrap();
    let request = &seen.spot_instance_requests()[0];
    assert_eq!((request.launch_group(), request.availability_zone_group()), (Some("together"), Some("us-east-1")));
    let launch = request.launch_specification().unwrap();
    assert_eq!((launch.iam_instance_profile().unwrap().name(), launch.user_data()), (Some("worker"), Some("YQ==")));
    assert_eq!((launch.ebs_optimized(), launch.monitoring().unwrap().enabled()), (Some(true), Some(true)));
    let ebs = launch.block_device_mappings()[0].ebs().unwrap();
    assert_eq!((ebs.iops(), ebs.encrypted(), ebs.kms_key_id()), (Some(500), Some(true), Some(key)));
    bench.wait(12).await;
    let ran = bench.ec2.describe_instances().send().await.unwrap();
    let instance = &ran.reservations()[0].instances()[0];
    let profile = "arn:aws:iam::123456789012:instance-profile/worker";
    assert_eq!(instance.iam_instance_profile().unwrap().arn(), Some(profile));
    assert_eq!(
        (instance.ebs_optimized(), instance.monitoring().unwrap().state().unwrap().as_str()),
        (Some(true), "enabled")
    );
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_named_or_given_by_its_arn_and_not_both() {
    let bench = bench("");
    let run =
        format!("Action=RunInstances&ImageId={}&InstanceType=m5.large&MinCount=1&MaxCount=1", an_image(&bench).await);
    let arn = "arn:aws:iam::123456789012:instance-profile/a/worker";
    let (_, body) = call(&bench, &format!("{run}&IamInstanceProfile.Arn={arn}"));
    assert_eq!(element(&body, "arn"), arn);
    let (_, body) = call(&bench, &format!("{run}&IamInstanceProfile.Arn={arn}&IamInstanceProfile.Name=worker"));
    assert_eq!(element(&body, "Code"), "InvalidParameterCombination");
    let (_, body) = call(&bench, &format!("{run}&IamInstanceProfile.Arn=worker"));
    assert_eq!(element(&body, "Code"), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn an_instance_has_a_network_interface_while_it_has_a_network() {
    let bench = bench(READY);
    let shown = async || {
        let seen = bench.ec2.describe_instances().instance_ids(OLD).send().await.unwrap();
        seen.reservations()[0].instances()[0].clone()
    };
    let instance = shown().await;
    let [interface] = instance.network_interfaces() else { panic!("{instance:?}") };
    assert!(interface.network_interface_id().unwrap().starts_with("eni-0"));
    assert_eq!(interface.private_ip_address(), instance.private_ip_address());
    assert_eq!(interface.association().unwrap().public_ip(), instance.public_ip_address());
    assert_eq!((interface.subnet_id(), interface.vpc_id()), (instance.subnet_id(), instance.vpc_id()));
    assert_eq!(interface.groups(), instance.security_groups());
    let attachment = interface.attachment().unwrap();
    assert_eq!((attachment.device_index(), attachment.delete_on_termination()), (Some(0), Some(true)));
    assert_eq!(attachment.attach_time().unwrap().secs(), bench.clock.now().wall.as_second() - 3600);
    bench.ec2.terminate_instances().instance_ids(OLD).send().await.unwrap();
    bench.wait(30).await;
    assert!(shown().await.network_interfaces().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_says_what_is_wrong_with_it() {
    let bench = bench("");
    let arm = bench
        .ec2
        .describe_images()
        .filters(aws_sdk_ec2::types::Filter::builder().name("name").values("ubuntu/*noble*arm64*").build());
    let arm = arm.send().await.unwrap().images()[0].image_id().unwrap().to_owned();
    for (image, code, word) in
        [("ami-00000000", "InvalidAMIID.NotFound", "ami-00000000"), (&arm, "InvalidParameterValue", "architecture")]
    {
        let specification = RequestSpotLaunchSpecification::builder().image_id(image).instance_type("m5.large".into());
        let made = bench.ec2.request_spot_instances().launch_specification(specification.build()).send().await.unwrap();
        assert!(made.spot_instance_requests()[0].fault().is_none());
        bench.wait(40).await;
        let id = made.spot_instance_requests()[0].spot_instance_request_id().unwrap();
        let seen = bench.ec2.describe_spot_instance_requests().spot_instance_request_ids(id).send().await.unwrap();
        let (fault, status) = (seen.spot_instance_requests()[0].fault(), seen.spot_instance_requests()[0].status());
        assert_eq!(fault.unwrap().code(), Some(code));
        assert!(fault.unwrap().message().unwrap().contains(word), "{fault:?}");
        assert_eq!(
            (status.unwrap().code(), status.unwrap().message()),
            (Some("bad-parameters"), fault.unwrap().message())
        );
    }
}
