//! What instances are launched with: block devices and network interfaces.

use aws_sdk_ec2::types::{InstanceNetworkInterfaceSpecification, LaunchSpecification, RequestSpotLaunchSpecification};

use super::bench::{Bench, HOME, READY, bench, words};
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
