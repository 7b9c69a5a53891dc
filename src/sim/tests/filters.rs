//! Filters: those that EC2 has and for which there is something to compare here find what they name.

use super::bench::{OLD, READY, bench};
use super::orders::{an_image, call, element};

#[tokio::test(start_paused = true)]
async fn filters_find_what_they_name_and_nothing_else() {
    let bench = bench(&format!("{READY}\n[knobs]\nthrottling = false"));
    let image = an_image(&bench).await;
    let profile = "IamInstanceProfile.Name=worker";
    let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=2&MaxCount=2&{profile}");
    let run = call(&bench, &format!("{run}&EbsOptimized=true")).1;
    let device = "LaunchSpecification.BlockDeviceMapping.1";
    let volume = format!("{device}.DeviceName=/dev/sdf&{device}.Ebs.VolumeSize=77&{device}.Ebs.VolumeType=sc1");
    let spec = format!("LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large");
    let group = "LaunchGroup=together&AvailabilityZoneGroup=us-east-1";
    let own = bench.sim.with_world(|world| world.account.security_group.clone());
    let spec = format!("{spec}&LaunchSpecification.SecurityGroupId.1={own}");
    let specified = format!("{spec}&{}&{group}", volume.replace("77", "777"));
    assert_eq!(call(&bench, &format!("Action=RequestSpotInstances&{specified}")).0, 200);
    assert_eq!(call(&bench, &format!("Action=CreateImage&InstanceId={OLD}&Name=box&NoReboot=true")).0, 200);
    let source = bench.instance(OLD).launch.image;
    bench.wait(400).await;
    let address = element(&run, "privateIpAddress");
    for (list, filter, value, found) in [
        ("Instances", "availability-zone-id", "use1-az?", 4),
        ("Instances", "launch-index", "1", 1),
        ("Instances", "iam-instance-profile.arn", "*:instance-profile/worker", 2),
        ("Instances", "ebs-optimized", "true", 2),
        ("Instances", "source-dest-check", "true", 4),
        ("Instances", "instance.group-name", "default", 4),
        ("Instances", "network-interface.addresses.private-ip-address", &address, 1),
        ("Instances", "network-interface.subnet-id", "subnet-*", 4),
        ("Instances", "network-interface.network-interface-id", "eni-*", 4),
        ("Instances", "network-interface.mac-address", "0a:*", 4),
        ("Instances", "network-interface.private-dns-name", "ip-172-31-*.ec2.internal", 4),
        ("Instances", "network-interface.association.public-dns-name", "ec2-*.compute-1.amazonaws.com", 4),
        ("Instances", "network-interface.association.ip-owner-id", "amazon", 4),
        ("Instances", "network-interface.attachment.instance-id", OLD, 1),
        ("Instances", "network-interface.group-name", "default", 4),
        ("Instances", "network-interface.status", "in-use", 4),
        ("Volumes", "availability-zone-id", "use1-az1", 0),
        ("SpotInstanceRequests", "launched-availability-zone-id", "use1-az?", 2),
        ("SpotInstanceRequests", "launch.block-device-mapping.volume-size", "777", 1),
        ("SpotInstanceRequests", "launch.block-device-mapping.volume-type", "sc1", 1),
        ("SpotInstanceRequests", "launch.block-device-mapping.delete-on-termination", "false", 1),
        ("SpotInstanceRequests", "launch-group", "together", 1),
        ("SpotInstanceRequests", "launch.group-name", "default", 1),
        ("SpotInstanceRequests", "availability-zone-group", "us-east-1", 1),
        ("Images", "source-image-id", &source, 1),
        ("Snapshots", "owner-alias", "amazon", 0),
        ("Subnets", "available-ip-address-count", "40*", 3),
        ("Subnets", "subnet-arn", "arn:aws:ec2:us-east-1:123456789012:subnet/*", 3),
        ("InstanceStatus", "attached-ebs-status.status", "ok", 4),
    ] {
        let count = |value: &str| {
            let (status, body) =
                call(&bench, &format!("Action=Describe{list}&Filter.1.Name={filter}&Filter.1.Value.1={value}"));
            assert_eq!(status, 200, "{list} {filter} {body}");
            let id = match list {
                "Instances" => "<amiLaunchIndex>",
                "Volumes" => "<createTime>",
                "SpotInstanceRequests" => "<spotPrice>",
                "Images" => "<imageState>",
                "Snapshots" => "<startTime>",
                "Subnets" => "<subnetArn>",
                _ => "<systemStatus>",
            };
            body.matches(id).count()
        };
        if list == "Volumes" {
            let of_zone = bench.sim.with_world(|world| {
                world.records().volumes.values().filter(|volume| volume.zone == "us-east-1a").count()
            });
            assert!(of_zone > 0);
            assert_eq!(count(value), of_zone, "{filter}");
        } else {
            assert_eq!(count(value), found, "{list} {filter}");
        }
        assert_eq!(count("nothing"), 0, "{list} {filter}");
    }
}
