//! The calls that change something, and the question who one is: every refusal that can occur.

use std::fmt::Write as _;

use super::bench::{HOME, NEW, OLD, READY, bench, volume, words};
use crate::model::VolumeState;

/// Instances in every state, and volumes for all occasions.
pub(super) const ZOO: &str = "
    [[volume]]
    id = 'vol-00000001'
    zone = 'us-east-1a'
    [[volume]]
    id = 'vol-00000002'
    zone = 'us-east-1b'
    [[volume]]
    id = 'vol-00000003'
    zone = 'us-east-1a'
    state = 'creating'
    [[volume]]
    id = 'vol-00000004'
    zone = 'us-east-1a'
    [[instance]]
    id = 'i-00000001'
    zone = 'us-east-1a'
    attached = [{ volume = 'vol-00000004', device = '/dev/sdf' }]
    [[instance]]
    id = 'i-00000002'
    zone = 'us-east-1a'
    state = 'stopped'
    [[instance]]
    id = 'i-00000003'
    zone = 'us-east-1a'
    state = 'pending'
    [[instance]]
    id = 'i-00000004'
    zone = 'us-east-1a'
    state = 'shutting-down'
    [[instance]]
    id = 'i-00000005'
    zone = 'us-east-1a'
    state = 'terminated'
    [[instance]]
    id = 'i-00000006'
    zone = 'us-east-1a'
    state = 'stopping'
";

#[tokio::test(start_paused = true)]
async fn every_attach_that_cannot_be_is_refused_in_ec2s_words() {
    let rows = [
        ("vol-00000001", "i-00000003", "/dev/sdp", "IncorrectState", "Instance 'i-00000003' is not 'running'."),
        ("vol-00000001", "i-00000004", "/dev/sdp", "IncorrectState", "Instance 'i-00000004' is not 'running'."),
        ("vol-00000001", "i-00000005", "/dev/sdp", "IncorrectState", "Instance 'i-00000005' is not 'running'."),
        ("vol-00000001", "i-00000006", "/dev/sdp", "IncorrectState", "Instance 'i-00000006' is not 'running'."),
        (
            "vol-00000003",
            "i-00000001",
            "/dev/sdp",
            "IncorrectState",
            "Volume 'vol-00000003' is in the 'creating' state.",
        ),
        ("vol-00000004", "i-00000001", "/dev/sdp", "VolumeInUse", "vol-00000004 is already attached to an instance"),
        ("vol-00000004", "i-00000002", "/dev/sdp", "VolumeInUse", "vol-00000004 is already attached to an instance"),
        (
            "vol-00000002",
            "i-00000001",
            "/dev/sdp",
            "InvalidVolume.ZoneMismatch",
            "The volume 'vol-00000002' is not in the same availability zone as instance 'i-00000001'",
        ),
        (
            "vol-00000009",
            "i-00000001",
            "/dev/sdp",
            "InvalidVolume.NotFound",
            "The volume 'vol-00000009' does not exist.",
        ),
        (
            "vol-00000001",
            "i-00000009",
            "/dev/sdp",
            "InvalidInstanceID.NotFound",
            "The instance ID 'i-00000009' does not exist",
        ),
        ("vol-00000001", "i-nonsense", "/dev/sdp", "InvalidInstanceID.Malformed", "Invalid id: \"i-nonsense\""),
        ("vol-nonsense", "i-00000001", "/dev/sdp", "InvalidParameterValue", "Invalid id: \"vol-nonsense\""),
        (
            "vol-00000001",
            "i-00000001",
            "/dev/sdf",
            "InvalidParameterValue",
            "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use",
        ),
        (
            "vol-00000001",
            "i-00000001",
            "sdp",
            "InvalidParameterValue",
            "Value (sdp) for parameter device is invalid. sdp is not a valid EBS device name.",
        ),
    ];
    let bench = bench(ZOO);
    for (volume, instance, device, code, message) in rows {
        let refused = bench.attach(volume, instance, device).await;
        assert_eq!(refused, Err((code.to_owned(), message.to_owned())), "{volume} {instance} {device}");
    }
    assert!(bench.sim.mutating_calls().iter().all(|call| !call.outcome.took_effect()));
}

#[tokio::test(start_paused = true)]
async fn an_attach_begins_at_once_and_is_answered_with_the_attachment() {
    let bench = bench(ZOO);
    for instance in ["i-00000001", "i-00000002"] {
        let call = bench.ec2.attach_volume().volume_id("vol-00000001").instance_id(instance).device("/dev/sdp");
        let answer = call.send().await.unwrap();
        assert_eq!(answer.state().unwrap().as_str(), "attaching");
        assert_eq!((answer.volume_id(), answer.instance_id()), (Some("vol-00000001"), Some(instance)));
        assert_eq!((answer.device(), answer.delete_on_termination()), (Some("/dev/sdp"), Some(false)));
        assert_eq!(answer.attach_time().unwrap().secs(), bench.clock.now().wall.as_second());
        bench.wait(2).await;
        bench.detach("vol-00000001", instance).await.unwrap();
        bench.wait(4).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_lists_can_be_taken_all_the_same_and_instances_have_a_limit() {
    let bench = bench(&NEW.replacen("homes", "hidden_devices = ['/dev/sdp']\n homes", 1));
    bench.wait(12).await;
    let id = bench.current();
    assert_eq!(bench.attach(HOME, &id, "/dev/sdp").await.unwrap_err().0, "InvalidParameterValue");
    bench.sim.with_world(|world| world.knobs.attachment_limit = 1);
    assert_eq!(bench.attach(HOME, &id, "/dev/sdq").await.unwrap_err().0, "AttachmentLimitExceeded");
    bench.sim.with_world(|world| world.knobs.attachment_limit = 2);
    bench.attach(HOME, &id, "/dev/sdq").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_detach_that_cannot_be_is_refused_in_ec2s_words() {
    let bench = bench(ZOO);
    let free = bench.detach("vol-00000001", "i-00000001").await.unwrap_err();
    assert_eq!(free, ("IncorrectState".to_owned(), "Volume 'vol-00000001' is in the 'available' state.".to_owned()));
    assert_eq!(bench.detach("vol-00000004", "i-00000002").await.unwrap_err().0, "InvalidAttachment.NotFound");
    assert_eq!(bench.detach("vol-00000009", "i-00000001").await.unwrap_err().0, "InvalidVolume.NotFound");
    assert_eq!(bench.detach("vol-00000004", "i-00000009").await.unwrap_err().0, "InvalidInstanceID.NotFound");
    let root = bench.sim.with_world(|world| {
        let id = super::bench::instance("i-00000001");
        let mut held = world.records().attached_to(&id);
        held.find(|(_, held)| held.device == "/dev/sda1").map(|(volume, _)| volume.id.to_string())
    });
    assert_eq!(bench.detach(&root.unwrap(), "i-00000001").await.unwrap_err().0, "OperationNotPermitted");
}

#[tokio::test(start_paused = true)]
async fn a_volume_of_another_state_or_deleted_by_somebody_is_not_attached() {
    let bench = bench(ZOO);
    bench.sim.with_world(|world| {
        world.records_mut().volumes.get_mut(&volume("vol-00000001")).unwrap().state = VolumeState::Error;
    });
    assert_eq!(bench.attach("vol-00000001", "i-00000001", "/dev/sdp").await.unwrap_err().0, "IncorrectState");
    bench.sim.delete_volume(&volume("vol-00000001")).unwrap();
    bench.wait(2).await;
    assert_eq!(bench.attach("vol-00000001", "i-00000001", "/dev/sdp").await.unwrap_err().0, "InvalidVolume.NotFound");
    assert_eq!(bench.sim.delete_volume(&volume("vol-00000004")).unwrap_err().code, "VolumeInUse");
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_is_not_there_yet_or_was_detached_a_moment_ago_is_not_deleted() {
    let bench = bench(ZOO);
    let delete = async |id: &str| bench.ec2.delete_volume().volume_id(id).send().await.map(|_| ()).map_err(words);
    let creating = ("IncorrectState".to_owned(), "Volume 'vol-00000003' is in the 'creating' state.".to_owned());
    assert_eq!(delete("vol-00000003").await, Err(creating));
    assert_eq!(bench.sim.delete_volume(&volume("vol-00000003")).unwrap_err().code, "IncorrectState");
    bench.detach("vol-00000004", "i-00000001").await.unwrap();
    bench.wait(4).await;
    let held = ("VolumeInUse".to_owned(), "Volume vol-00000004 is currently attached to i-00000001".to_owned());
    for _ in 0..3 {
        let seen = bench.ec2.describe_volumes().volume_ids("vol-00000004").send().await.unwrap();
        assert!(seen.volumes()[0].attachments().is_empty());
        assert_eq!(delete("vol-00000004").await, Err(held.clone()));
        bench.wait(1).await;
    }
    assert_eq!(delete("vol-00000004").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_volume_for_several_instances_has_sixteen_at_most_and_they_run_on_nitro() {
    let mut scenario = "
        [[volume]]
        id = 'vol-00000001'
        zone = 'us-east-1a'
        multi_attach = true
        [[instance]]
        id = 'i-000000ff'
        zone = 'us-east-1a'
        instance_type = 't2.micro'
    "
    .to_owned();
    for number in 1..=17 {
        writeln!(scenario, "[[instance]]\nid = 'i-000000{number:02}'\nzone = 'us-east-1a'").unwrap();
    }
    let bench = bench(&scenario);
    let attach = async |id: &str| bench.attach("vol-00000001", id, "/dev/sdp").await.map_err(|(code, _)| code);
    assert_eq!(attach("i-000000ff").await, Err("UnsupportedOperation".to_owned()));
    for number in 1..=16 {
        assert_eq!(attach(&format!("i-000000{number:02}")).await, Ok(()), "{number}");
    }
    assert_eq!(attach("i-00000017").await, Err("AttachmentLimitExceeded".to_owned()));
    assert_eq!(bench.volume("vol-00000001").attachments.len(), 16);
}

#[tokio::test(start_paused = true)]
async fn a_reboot_of_what_does_not_run_is_ignored_or_if_it_only_stopped_refused_as_the_knob_says() {
    for refuses in [true, false] {
        let bench = bench(&format!("{ZOO}\n[knobs]\nrefuses_stopped_reboots = {refuses}"));
        for (id, state, stops) in [
            ("i-00000002", "stopped", true),
            ("i-00000004", "shutting-down", false),
            ("i-00000005", "terminated", false),
            ("i-00000006", "stopping", true),
        ] {
            let asked = bench.reboot(id).await.map_err(|(code, _)| code);
            assert_eq!(asked, if stops && refuses { Err("IncorrectState".to_owned()) } else { Ok(()) }, "{id}");
            assert_eq!(bench.state(id), state);
            assert_eq!(bench.sim.guest(&super::bench::instance(id)).unwrap().reboots_asked, 0, "{id}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_unknown_instance_spoils_a_request_to_reboot_several() {
    let bench = bench(ZOO);
    assert_eq!(bench.reboot("i-00000009").await.unwrap_err().0, "InvalidInstanceID.NotFound");
    let both = bench.ec2.reboot_instances().instance_ids("i-00000001").instance_ids("i-00000009").send().await;
    assert_eq!(both.map_err(words).unwrap_err().0, "InvalidInstanceID.NotFound");
    let untouched = bench.sim.guest(&super::bench::instance("i-00000001")).unwrap();
    assert_eq!(untouched.reboots_asked, 0);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_succeeds_by_an_error_and_changes_nothing() {
    for (knob, status) in [("", 412), ("dry_run_status = 400", 400)] {
        let bench = bench(&format!("{READY}\n[knobs]\n{knob}"));
        let dry = bench.ec2.reboot_instances().instance_ids(OLD).dry_run(true).send().await.unwrap_err();
        assert_eq!(dry.raw_response().unwrap().status().as_u16(), status);
        assert_eq!(words(dry).0, "DryRunOperation");
        assert!(bench.sim.mutating_calls().is_empty());
        assert!(bench.sim.guest(&super::bench::instance(OLD)).unwrap().is_usable());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_recorded_with_what_they_were_about_and_what_became_of_them() {
    let bench = bench(READY);
    bench.ec2.describe_volumes().send().await.unwrap();
    let _refused = bench.attach(HOME, OLD, "/dev/sdp").await;
    bench.reboot(OLD).await.unwrap();
    let calls: Vec<String> = bench.sim.calls().iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "DescribeVolumes".to_owned(),
            format!("AttachVolume {HOME} {OLD} /dev/sdp: VolumeInUse"),
            format!("RebootInstances {OLD}")
        ]
    );
    assert_eq!(bench.sim.mutating_calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_or_missing_action_gets_ec2s_error() {
    let bench = bench("");
    let unknown = bench.ec2.describe_network_interfaces().send().await.map_err(words).unwrap_err();
    assert_eq!(
        unknown,
        (
            "InvalidAction".to_owned(),
            "The action DescribeNetworkInterfaces is not valid for this web service.".to_owned()
        )
    );
    let old = bench.sim.serve("", b"Action=DescribeVolumes&Version=2009-01-01");
    let super::super::Delivery::Reply(old) = old.delivery else { panic!() };
    assert_eq!(old.status, 400);
    assert!(old.body.contains("<Code>NoSuchVersion</Code>"), "{}", old.body);
    let super::super::Delivery::Reply(reply) = bench.sim.serve("", b"Version=2016-11-15").delivery else { panic!() };
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("<Code>MissingAction</Code>"));
    let request_id = reply.headers.iter().find(|(name, _)| *name == "x-amzn-requestid").unwrap();
    assert!(reply.body.contains(&format!("<RequestID>{}</RequestID>", request_id.1)));
}

#[tokio::test(start_paused = true)]
async fn every_answer_carries_the_date_of_the_worlds_own_clock() {
    let bench = bench("");
    bench.sim.advance(std::time::Duration::from_hours(30));
    for body in [b"Action=DescribeVolumes&Version=2016-11-15".as_slice(), b"Version=2016-11-15"] {
        let super::super::Delivery::Reply(reply) = bench.sim.serve("", body).delivery else { panic!() };
        let (_, date) = reply.headers.iter().find(|(name, _)| *name == "date").unwrap();
        let told = jiff::fmt::rfc2822::parse(date).unwrap().timestamp();
        let now = bench.sim.with_world(|world| world.now());
        assert_eq!(told.as_second(), now.as_second(), "{date}");
        assert!(date.ends_with(" GMT"), "{date}");
    }
}

#[tokio::test(start_paused = true)]
async fn sts_knows_the_account_and_words_its_errors_in_its_own_way() {
    let bench = bench("");
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
        .region(aws_sdk_sts::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_sts::config::Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .retry_config(aws_smithy_types::retry::RetryConfig::disabled())
        .http_client(bench.sim.http_client())
        .build();
    let sts = aws_sdk_sts::Client::from_conf(config);
    let answer = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(answer.account(), Some("123456789012"));
    bench.sim.inject(super::super::Fault::error("AuthFailure").on("GetCallerIdentity"));
    let refused = sts.get_caller_identity().send().await.map_err(words).unwrap_err();
    assert_eq!(refused.0, "AuthFailure");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_action_of_ec2s_costs_none_of_its_tokens() {
    let bench = bench("");
    for (call, answer) in [
        ("Action=DescribeEverything", "<Code>InvalidAction</Code>"),
        ("Action=GetCallerIdentity&Version=2011-06-15", "<Account>"),
    ] {
        for _ in 0..101 {
            let super::super::Delivery::Reply(reply) = bench.sim.serve(call, b"").delivery else { panic!("{call}") };
            assert!(reply.body.contains(answer), "{call}: {}", reply.body);
        }
    }
}
