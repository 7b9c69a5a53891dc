//! What a machine is judged by: security groups, key pairs, instance types, keys of encryption.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, LocationType, Placement};

use super::bench::{Bench, bench, words};
use super::builders::image;

const PLANTED: &str = "
    key_pairs = ['laptop']
    not_offered = { us-east-1c = ['g5.xlarge'] }
    [[security_group]]
    id = 'sg-0a1b2c3d'
    name = 'ssh'
    tags = { team = 'red' }
    ingress = [{ from = 22, cidr = ['10.0.0.0/8', '::/0'] }, { protocol = '-1', group = 'sg-0a1b2c3d' }]
    [[security_group]]
    name = 'default'
    ingress = [{ from = 80, to = 90, cidr = '0.0.0.0/0' }]
";

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

#[tokio::test(start_paused = true)]
async fn the_default_group_of_a_fresh_account_lets_in_its_members_alone() {
    let bench = bench("");
    let groups = bench.ec2.describe_security_groups().send().await.unwrap();
    let [group] = groups.security_groups() else { panic!("{groups:?}") };
    assert_eq!((group.group_name(), group.description()), (Some("default"), Some("default VPC security group")));
    let [inside] = group.ip_permissions() else { panic!("{group:?}") };
    assert_eq!((inside.ip_protocol(), inside.from_port()), (Some("-1"), None));
    assert_eq!(inside.user_id_group_pairs()[0].group_id(), group.group_id());
    assert!(inside.ip_ranges().is_empty());
    assert_eq!(group.ip_permissions_egress()[0].ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
}

#[tokio::test(start_paused = true)]
async fn planted_groups_are_found_by_what_they_let_in() {
    let bench = bench(PLANTED);
    let find = async |name: &str, value: &str| {
        let found = bench.ec2.describe_security_groups().filters(filter(name, value)).send().await;
        let found = found.map_err(|error| words(error).0)?;
        Ok(found.security_groups().iter().map(|group| group.group_name().unwrap().to_owned()).collect::<Vec<_>>())
    };
    for (name, value, expected) in [
        ("ip-permission.from-port", "22", vec!["ssh"]),
        ("ip-permission.to-port", "90", vec!["default"]),
        ("ip-permission.cidr", "10.*", vec!["ssh"]),
        ("ip-permission.ipv6-cidr", "::/0", vec!["ssh"]),
        ("group-id", "sg-0a1b2c3d", vec!["ssh"]),
        ("tag:team", "red", vec!["ssh"]),
        ("group-name", "nobody", vec![]),
    ] {
        assert_eq!(find(name, value).await, Ok(expected.into_iter().map(str::to_owned).collect()), "{name}");
    }
    assert_eq!(find("colour", "blue").await, Err("InvalidParameterValue".to_owned()));
    let ssh = bench.ec2.describe_security_groups().group_names("ssh").send().await.unwrap();
    let rule = &ssh.security_groups()[0].ip_permissions()[0];
    assert_eq!((rule.ip_protocol(), rule.from_port(), rule.to_port()), (Some("tcp"), Some(22), Some(22)));
    assert_eq!((rule.ip_ranges().len(), rule.ipv6_ranges()[0].cidr_ipv6()), (1, Some("::/0")));
    let none = bench.ec2.describe_security_groups().group_ids("sg-00000000").send().await.unwrap_err();
    assert_eq!(words(none).0, "InvalidGroup.NotFound");
}

async fn run(bench: &Bench, kind: &str, zone: &str, key: Option<&str>, group: Option<&str>) -> Result<(), String> {
    let place = Placement::builder().availability_zone(zone).build();
    let run = bench.ec2.run_instances().image_id(image(bench).await).instance_type(kind.into()).placement(place);
    let run = run.min_count(1).max_count(1).set_key_name(key.map(str::to_owned));
    let run = run.set_security_group_ids(group.map(|group| vec![group.to_owned()]));
    run.send().await.map(|_| ()).map_err(|error| words(error).0)
}

#[tokio::test(start_paused = true)]
async fn what_lets_people_in_has_to_be_there() {
    let bench = bench(PLANTED);
    let pairs = bench.ec2.describe_key_pairs().key_names("laptop").send().await.unwrap();
    assert!(pairs.key_pairs()[0].key_pair_id().unwrap().starts_with("key-"));
    let none = bench.ec2.describe_key_pairs().key_names("other").send().await.unwrap_err();
    assert_eq!(words(none).0, "InvalidKeyPair.NotFound");
    let zone = "us-east-1a";
    assert_eq!(run(&bench, "m5.large", zone, Some("laptop"), Some("sg-0a1b2c3d")).await, Ok(()));
    assert_eq!(run(&bench, "m5.large", zone, Some("other"), None).await, Err("InvalidKeyPair.NotFound".to_owned()));
    assert_eq!(run(&bench, "m5.large", zone, None, Some("sg-00000000")).await, Err("InvalidGroup.NotFound".to_owned()));
    let body = format!(
        "Action=RequestSpotInstances&LaunchSpecification.InstanceType=m5.large&LaunchSpecification.KeyName=other\
         &LaunchSpecification.ImageId={}",
        image(&bench).await
    );
    let served = format!("{:?}", bench.sim.serve(&body, b"").delivery);
    assert!(served.contains("InvalidKeyPair.NotFound"), "{served}");
}

#[tokio::test(start_paused = true)]
async fn types_and_their_prices_are_found_by_filters() {
    let bench = bench("");
    let types = bench.ec2.describe_instance_types().filters(filter("instance-type", "m5.*large")).send().await.unwrap();
    let mut names: Vec<&str> =
        types.instance_types().iter().map(|kind| kind.instance_type().unwrap().as_str()).collect();
    names.sort_unstable();
    let sizes = ["12xlarge", "16xlarge", "24xlarge", "2xlarge", "4xlarge", "8xlarge", "large", "xlarge"];
    assert_eq!(names, sizes.map(|size| format!("m5.{size}")));
    let prices = bench.ec2.describe_spot_price_history().filters(filter("instance-type", "c7g.4xlarge"));
    let prices = prices.send().await.unwrap();
    assert!(!prices.spot_price_history().is_empty());
    assert!(prices.spot_price_history().iter().all(|price| price.instance_type().unwrap().as_str() == "c7g.4xlarge"));
}

#[tokio::test(start_paused = true)]
async fn a_type_has_its_architecture_and_is_not_offered_everywhere() {
    let bench = bench(PLANTED);
    let types =
        bench.ec2.describe_instance_types().instance_types("m7g.large".into()).instance_types("t2.micro".into());
    let types = types.send().await.unwrap();
    let mut told: Vec<String> = types
        .instance_types()
        .iter()
        .map(|kind| {
            let architecture = kind.processor_info().unwrap().supported_architectures()[0].as_str();
            format!("{} {architecture} {}", kind.instance_type().unwrap(), kind.hypervisor().unwrap())
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, ["m7g.large arm64 nitro", "t2.micro x86_64 xen"]);
    let none = bench.ec2.describe_instance_types().instance_types("m5.huge".into()).send().await.unwrap_err();
    assert_eq!(words(none).0, "InvalidInstanceType");
    let offers = bench.ec2.describe_instance_type_offerings().location_type(LocationType::AvailabilityZone);
    let offers = offers.filters(filter("instance-type", "g5.xlarge")).send().await.unwrap();
    let mut zones: Vec<&str> = offers.instance_type_offerings().iter().map(|offer| offer.location().unwrap()).collect();
    zones.sort_unstable();
    assert_eq!(zones, ["us-east-1a", "us-east-1b"]);
    assert_eq!(run(&bench, "g5.xlarge", "us-east-1c", None, None).await, Err("Unsupported".to_owned()));
    assert_eq!(run(&bench, "g5.xlarge", "us-east-1b", None, None).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_encrypted_volume_names_its_key() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234";
    let planted = format!(
        "[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1a'\nkey = '{key}'\n\
         [[volume]]\nid = 'vol-e123456a'\nzone = 'us-east-1a'\nencrypted = true"
    );
    let bench = bench(&planted);
    let seen = bench.ec2.describe_volumes().filters(filter("encrypted", "true")).send().await.unwrap();
    let keys: Vec<&str> = seen.volumes().iter().map(|volume| volume.kms_key_id().unwrap()).collect();
    assert!(keys.len() == 2 && keys.contains(&key), "{keys:?}");
    let make = async |encrypted: bool, key: &str| {
        let make = bench.ec2.create_volume().availability_zone("us-east-1a").size(1).encrypted(encrypted);
        make.kms_key_id(key).send().await.map(|made| made.kms_key_id().unwrap().to_owned()).map_err(|e| words(e).0)
    };
    assert_eq!(make(true, "1234").await.as_deref(), Ok(key));
    assert_eq!(make(false, "1234").await, Err("InvalidParameterDependency".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_leaves_the_zone_to_ec2_lands_where_its_type_is_offered() {
    let lacking = |zones: &[&str]| {
        let lacking: Vec<String> = zones.iter().map(|zone| format!("us-east-1{zone} = ['g5.xlarge']")).collect();
        let requests: Vec<String> = (0..9).map(|n| format!("[[request]]\nid = 'sir-y1a23b0{n}'\n")).collect();
        bench(&format!("not_offered = {{ {} }}\n{}", lacking.join(", "), requests.concat()))
    };
    let told = async |bench: &Bench| {
        bench.wait(12).await;
        let anywhere = bench.ec2.run_instances().image_id(image(bench).await).instance_type("g5.xlarge".into());
        let ran = anywhere.min_count(1).max_count(1).send().await.map(|_| ()).map_err(|error| words(error).0);
        let (zones, codes): (BTreeSet<String>, BTreeSet<String>) = bench.sim.with_world(|world| {
            let records = world.records();
            let codes = records.requests.values().map(|request| request.status.code.clone()).collect();
            (records.instances.values().map(|instance| instance.zone.clone()).collect(), codes)
        });
        (ran, zones.into_iter().collect::<Vec<_>>(), codes.into_iter().collect::<Vec<_>>())
    };
    let somewhere = told(&lacking(&["a", "b"])).await;
    assert_eq!(somewhere, (Ok(()), vec!["us-east-1c".to_owned()], vec!["fulfilled".to_owned()]));
    let nowhere = told(&lacking(&["a", "b", "c"])).await;
    assert_eq!(nowhere, (Err("Unsupported".to_owned()), Vec::new(), vec!["constraint-not-fulfillable".to_owned()]));
}
