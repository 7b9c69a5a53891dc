//! Calls under an IAM policy.

use super::super::{Policy, Sim};
use super::bench::{Bench, HOME, NEW, OLD, READY, bench, words};

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
        (r#""StringNotLike": {"ec2:ResourceTag/other": "*"}"#, true),
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
