//! Calls under an IAM policy.

use super::super::{Delivery, Policy, Scenario, Sim};
use super::bench::{Bench, HOME, NEW, OLD, READY, bench, words};
use crate::clock::Clock;

fn restrict(sim: &Sim, statements: &str) {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    sim.restrict_to(Some(Policy::parse(&document).unwrap()));
}

async fn looks(bench: &Bench) -> Result<(), (String, String)> {
    bench.ec2.describe_volumes().send().await.map(|_| ()).map_err(words)
}

const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

#[tokio::test(start_paused = true)]
async fn what_no_statement_allows_is_refused_in_ec2s_words_and_has_no_effect() {
    let bench = bench(READY);
    restrict(&bench.sim, r#"{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}"#);
    assert!(looks(&bench).await.is_ok());
    let refused = bench.ec2.reboot_instances().instance_ids(OLD).send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
    let (code, message) = words(refused);
    assert_eq!(code, "UnauthorizedOperation");
    assert_eq!(
        message.split_once(" Encoded authorization failure message: ").unwrap().0,
        "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/spotkeeper is not \
         authorized to perform: ec2:RebootInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/i-0ab12cd3 \
         because no identity-based policy allows the ec2:RebootInstances action."
    );
    bench.wait(600).await;
    assert_eq!(bench.sim.with_world(|world| world.guests()[&super::bench::instance(OLD)].reboots_asked), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_whether_the_caller_may() {
    let bench = bench(READY);
    let ask = async || words(bench.ec2.reboot_instances().instance_ids(OLD).dry_run(true).send().await.unwrap_err()).0;
    restrict(&bench.sim, r#"{"Effect": "Allow", "Action": "ec2:reboot?nstances", "Resource": "*"}"#);
    assert_eq!(ask().await, "DryRunOperation");
    restrict(&bench.sim, r#"{"Effect": "Allow", "Action": "ec2:Start*", "Resource": "*"}"#);
    assert_eq!(ask().await, "UnauthorizedOperation");
    bench.sim.restrict_to(None);
    assert_eq!(ask().await, "DryRunOperation");
}

#[tokio::test(start_paused = true)]
async fn a_call_has_to_be_allowed_on_everything_that_it_names() {
    let bench = bench(NEW);
    bench.wait(12).await;
    let (current, resource) = (bench.current(), |path: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "ec2:AttachVolume", "Resource": "arn:aws:ec2:*:*:{path}"}}"#)
    });
    for half in ["instance/*", "volume/*", "*/vol-e123456f"] {
        restrict(&bench.sim, &resource(half));
        assert_eq!(bench.attach(HOME, &current, "/dev/sdp").await.unwrap_err().0, "UnauthorizedOperation", "{half}");
    }
    restrict(&bench.sim, &[resource("instance/*"), resource("volume/vol-e123456f")].join(","));
    assert_eq!(bench.attach(HOME, &current, "/dev/sdp").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_look_knows_no_resources_and_a_denial_outweighs_everything() {
    let bench = bench(READY);
    restrict(&bench.sim, r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:volume/*"}"#);
    assert_eq!(looks(&bench).await.unwrap_err().0, "UnauthorizedOperation");
    restrict(&bench.sim, &format!(r#"{ALL}, {{"Effect": "Deny", "Action": "ec2:DescribeVolumes", "Resource": "*"}}"#));
    let (code, message) = looks(&bench).await.unwrap_err();
    assert_eq!(code, "UnauthorizedOperation");
    assert!(message.contains("ec2:DescribeVolumes with an explicit deny"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn conditions_hold_for_region_and_tags() {
    let on = |condition: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#)
    };
    let rows = [
        (r#""StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}"#, true),
        (r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}"#, false),
        (r#""StringLike": {"ec2:Region": "us-*"}, "StringNotEquals": {"ec2:Region": "us-east-1"}"#, false),
        (r#""StringEquals": {"aws:ResourceTag/team": "red"}"#, true),
        (r#""StringEquals": {"ec2:ResourceTag/team": "blue"}"#, false),
        (r#""StringEquals": {"ec2:ResourceTag/Team": "red"}"#, true),
        (r#""StringNotLike": {"ec2:ResourceTag/other": "*"}"#, true),
        (r#""StringEquals": {"ec2:ResourceTag/other": "red"}"#, false),
        (r#""StringEqualsIfExists": {"ec2:ResourceTag/other": "red"}"#, true),
        (r#""StringEqualsIfExists": {"ec2:ResourceTag/team": "blue"}"#, false),
        (r#""Null": {"ec2:ResourceTag/team": "true"}"#, false),
        (r#""Null": {"ec2:ResourceTag/team": false, "ec2:ResourceTag/other": true}"#, true),
    ];
    let bench = bench(&READY.replacen("age = '1h'", "age = '1h'\n tags = { team = 'red' }", 1));
    for (condition, allowed) in rows {
        restrict(&bench.sim, &on(condition));
        assert_eq!(bench.reboot(OLD).await.is_ok(), allowed, "{condition}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_of_the_tags_that_are_given_has_to_be_allowed() {
    let bench = bench(READY);
    // Of what is not there, all fit and none does.
    for (operator, holds) in [
        ("ForAllValues:StringEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
    ] {
        let tagged = format!(r#""{operator}": {{"aws:TagKeys": "Name"}}"#);
        let statement =
            format!(r#"{{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*", "Condition": {{{tagged}}}}}"#);
        restrict(&bench.sim, &statement);
        assert_eq!(looks(&bench).await.is_ok(), holds, "{tagged}");
    }
    let may = r#""Condition": {"ForAllValues:StringLike": {"aws:TagKeys": ["spotkeeper:*", "Name"]}}"#;
    restrict(&bench.sim, &format!(r#"{{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", {may}}}"#));
    for (keys, allowed) in [(["Name", "spotkeeper:reboot"], true), (["Name", "Owner"], false)] {
        let tags = keys.map(|key| aws_sdk_ec2::types::Tag::builder().key(key).value("x").build());
        let tagged = bench.ec2.create_tags().resources(OLD).set_tags(Some(tags.into())).send().await;
        assert_eq!(tagged.is_ok(), allowed, "{keys:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_not_denied_and_a_scenario_can_bring_its_policy() {
    let nothing = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": {nothing}}}"#);
    let bench = bench(&format!("policy = '{policy}'\n{READY}"));
    assert_eq!(looks(&bench).await.unwrap_err().0, "UnauthorizedOperation");
    let text = |body: &str| format!("{:?}", bench.sim.serve("", body.as_bytes()).delivery);
    assert!(text("Action=Nonsense&Version=2016-11-15").contains("InvalidAction"));
    assert!(text("Action=GetCallerIdentity&Version=2011-06-15").contains("user/spotkeeper"));
}

/// One call by its parameters: what EC2 says when it is refused, and nothing otherwise.
fn ask(sim: &Sim, query: &str) -> String {
    let Delivery::Reply(reply) = sim.serve(query, b"").delivery else { panic!("{query}: no reply") };
    if reply.status == 200 { String::new() } else { reply.body }
}

#[tokio::test(start_paused = true)]
async fn a_service_control_policy_outweighs_whatever_the_caller_may() {
    let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:RequestSpotInstances", "Resource": "*"}}"#;
    let bench = bench(&format!("scp = '{deny}'\n{READY}"));
    let image = super::builders::image(&bench).await;
    let spot = format!(
        "Action=RequestSpotInstances&LaunchSpecification.ImageId={image}&LaunchSpecification.InstanceType=m5.large"
    );
    for query in [spot.clone(), format!("{spot}&DryRun=true")] {
        let said = ask(&bench.sim, &query);
        assert!(said.contains("UnauthorizedOperation"), "{said}");
        assert!(said.contains("with an explicit deny in a service control policy"), "{said}");
    }
    assert_eq!(bench.reboot(OLD).await, Ok(()), "one that only denies allows the rest");
    let few =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}}"#;
    bench.sim.restrict_account_to(Some(Policy::parse(few).unwrap()));
    assert!(looks(&bench).await.is_ok());
    let (_, message) = bench.reboot(OLD).await.unwrap_err();
    assert!(message.contains("because no service control policy allows the ec2:RebootInstances action"), "{message}");
    bench.sim.restrict_account_to(None);
    assert_eq!(ask(&bench.sim, &spot), "");
}

#[tokio::test(start_paused = true)]
async fn each_call_that_makes_or_retires_a_machine_needs_all_its_resources() {
    let bench =
        bench(&format!("key_pairs = ['laptop']\nimages = ['ami-12abcd34']\n{READY}\n[knobs]\nthrottling = false"));
    let image = super::builders::image(&bench).await;
    let launch = |prefix: &str| {
        format!(
            "{prefix}ImageId={image}&{prefix}InstanceType=m5.large&{prefix}KeyName=laptop&{prefix}Placement.AvailabilityZone=us-east-1a"
        )
    };
    let run = format!("Action=RunInstances&MinCount=1&MaxCount=1&{}", launch(""));
    let spot = format!("Action=RequestSpotInstances&{}", launch("LaunchSpecification."));
    let network = ["key-pair/laptop", "network-interface/*", "security-group/*", "subnet/*"];
    let rows: [(&str, &[&str]); 9] = [
        (&run, &["instance/*", "volume/*", ":image/*"]),
        (&spot, &["spot-instances-request/*", ":image/*"]),
        ("Action=CreateImage&InstanceId=i-0ab12cd3&Name=box", &[":image/*", ":snapshot/*", "instance/i-0ab12cd3"]),
        ("Action=CreateVolume&AvailabilityZone=us-east-1a&Size=1", &["volume/*"]),
        ("Action=CreateSnapshot&VolumeId=vol-e123456f", &[":snapshot/*", "volume/vol-e123456f"]),
        ("Action=DeleteSnapshot&SnapshotId=snap-00000001", &[":snapshot/snap-00000001"]),
        ("Action=DeregisterImage&ImageId=ami-12abcd34", &[":image/ami-12abcd34"]),
        ("Action=GetConsoleOutput&InstanceId=i-0ab12cd3", &["instance/i-0ab12cd3"]),
        ("Action=CancelSpotInstanceRequests&SpotInstanceRequestId.1=sir-y1a23b4c", &["spot-instances-request/*"]),
    ];
    for (query, resources) in rows {
        let action = query.trim_start_matches("Action=").split('&').next().unwrap();
        let launches = matches!(action, "RunInstances" | "RequestSpotInstances");
        let needed: Vec<&str> = resources.iter().chain(network.iter().filter(|_| launches)).copied().collect();
        let allow = |left_out: Option<&str>| {
            let arns = needed.iter().filter(|path| Some(**path) != left_out);
            // A path that begins with a colon is one of things that belong to nobody.
            let arn = |path: &&str| match path.strip_prefix(':') {
                Some(path) => format!(r#""arn:aws:ec2:us-east-1::{path}""#),
                None => format!(r#""arn:aws:ec2:us-east-1:123456789012:{path}""#),
            };
            let arns = arns.map(arn).chain([r#""arn:aws:s3:::x""#.to_owned()]).collect::<Vec<_>>().join(", ");
            restrict(&bench.sim, &format!(r#"{{"Effect": "Allow", "Action": "ec2:{action}", "Resource": [{arns}]}}"#));
            ask(&bench.sim, &format!("{query}&DryRun=true"))
        };
        assert!(allow(None).contains("DryRunOperation"), "{action}: {}", allow(None));
        for left_out in &needed {
            assert!(allow(Some(left_out)).contains("UnauthorizedOperation"), "{action} without {left_out}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tags_at_creation_need_a_permission_of_their_own() {
    let bench = bench(READY);
    let make = "Action=CreateVolume&AvailabilityZone=us-east-1a&Size=1";
    let tagged = format!(
        "{make}&TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=spotkeeper:machine\
         &TagSpecification.1.Tag.1.Value=box"
    );
    let may_make = r#"{"Effect": "Allow", "Action": "ec2:CreateVolume", "Resource": "*"}"#;
    restrict(&bench.sim, may_make);
    assert_eq!(ask(&bench.sim, make), "");
    let refused = ask(&bench.sim, &tagged);
    assert!(refused.contains("ec2:CreateTags on resource: arn:aws:ec2:us-east-1:123456789012:volume/*"), "{refused}");
    for (condition, allowed) in [
        (r#""StringEquals": {"ec2:CreateAction": ["RunInstances", "CreateVolume"]}"#, true),
        (r#""StringEquals": {"ec2:CreateAction": "RunInstances"}"#, false),
        (r#""StringEquals": {"aws:RequestTag/spotkeeper:machine": "box"}"#, true),
        (r#""StringEquals": {"aws:RequestTag/spotkeeper:machine": "other"}"#, false),
        (r#""ForAllValues:StringLike": {"aws:TagKeys": "spotkeeper:*"}"#, true),
        (r#""ForAllValues:StringLike": {"aws:TagKeys": "other:*"}"#, false),
        (r#""ForAnyValue:StringEquals": {"aws:TagKeys": ["other", "spotkeeper:machine"]}"#, true),
        (r#""ForAnyValue:StringLike": {"aws:TagKeys": "other:*"}"#, false),
        (r#""ForAllValues:StringNotLike": {"aws:TagKeys": "spotkeeper:*"}"#, false),
        (r#""Null": {"aws:TagKeys": "false"}"#, true),
        (r#""Null": {"aws:TagKeys": "true"}"#, false),
    ] {
        let tag = format!(
            r#"{{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:volume/*", "Condition": {{{condition}}}}}"#
        );
        restrict(&bench.sim, &format!("{may_make}, {tag}"));
        assert_eq!(ask(&bench.sim, &tagged).is_empty(), allowed, "{condition}");
    }
    // The permission for creation is none to tag what is there.
    let at_creation = r#"{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"StringLike": {"ec2:CreateAction": "*"}}}"#;
    restrict(&bench.sim, at_creation);
    assert!(!ask(&bench.sim, "Action=CreateTags&ResourceId.1=vol-e123456f&Tag.1.Key=a&Tag.1.Value=b").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_role_has_to_be_passed_only_where_a_profile_is_given() {
    let bench = bench("");
    let image = super::builders::image(&bench).await;
    let run = format!("Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&DryRun=true");
    let all = r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}"#;
    restrict(&bench.sim, all);
    assert!(ask(&bench.sim, &run).contains("DryRunOperation"));
    let with = format!("{run}&IamInstanceProfile.Name=trainer");
    let refused = ask(&bench.sim, &with);
    assert!(refused.contains("iam:PassRole on resource: arn:aws:iam::123456789012:role/trainer"), "{refused}");
    let pass = r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/trainer", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}"#;
    restrict(&bench.sim, &format!("{all}, {pass}"));
    assert!(ask(&bench.sim, &with).contains("DryRunOperation"));
}

#[tokio::test(start_paused = true)]
async fn condition_keys_are_read_in_any_case_and_booleans_without_quotes() {
    let bench = bench(READY);
    let allow = |condition: &str| {
        restrict(
            &bench.sim,
            &format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#),
        );
    };
    for (condition, good) in [
        (r#""StringEquals": {"AWS:requestedregion": "us-east-1"}"#, true),
        (r#""StringEquals": {"aws:requestedregion": "eu-west-1"}"#, false),
        (r#""Bool": {"aws:SecureTransport": true}"#, true),
        (r#""Bool": {"aws:securetransport": "True"}"#, true),
        (r#""Bool": {"aws:SecureTransport": [false]}"#, false),
        (r#""StringNotEquals": {"EC2:resourcetag/a": true}"#, true),
    ] {
        allow(condition);
        assert_eq!(looks(&bench).await.is_ok(), good, "{condition}");
    }
    for unknown in [
        r#""Bool": {"aws:MultiFactorAuthPresent": true}"#,
        r#""Bool": {"ec2:Region": true}"#,
        r#""NullIfExists": {"ec2:Region": true}"#,
        r#""ForAnyValue:StringLike": {"ec2:Region": "x"}"#,
    ] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{unknown}}}}}"#);
        let refused = Policy::parse(&format!(r#"{{"Statement": {statement}}}"#)).unwrap_err().to_string();
        assert!(refused.contains("is not known here"), "{refused}");
    }
}

#[test]
fn the_story_tells_of_actions_that_nobody_can_call() {
    let statement = r#"{"Effect": "Allow", "Action": ["ec2:DescribeVolume", "ec2:Describe*"], "Resource": "*"}"#;
    for key in ["policy", "scp"] {
        let scenario = Scenario::parse(&format!("{key} = '{{\"Statement\": {statement}}}'")).unwrap();
        let sim = Sim::new(&scenario, 1, Clock::real()).unwrap();
        let told: Vec<String> = sim.story().into_iter().map(|line| line.text).collect();
        assert_eq!(told, ["a policy names ec2:DescribeVolume, and no call that is served here is called so"]);
    }
}
