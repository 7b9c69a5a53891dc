//! The whole program against an EC2 that nobody here wrote, over the network.

mod creation;
pub(crate) mod world;

use std::collections::BTreeSet;
use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use self::world::{World, python_string, read_json};
use crate::support::binary::HOSTS;
use crate::support::eventually;
use crate::support::proxy::Moment;

/// moto checks the grammar of a policy like IAM.
const CREATE_POLICY: &str = r#"
import boto3
boto3.client("iam").create_policy(PolicyName="spotkeeper", PolicyDocument=POLICY)
"#;

const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/iam-policy.json");

#[test]
fn without_yes_once_says_what_it_would_do_and_changes_nothing() {
    let world = World::new();
    let outcome = world.run(&["once"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    for word in ["attach", world.id("volume"), world.id("instance"), "/dev/sdp"] {
        assert!(outcome.stdout.contains(word), "no {word:?} in {outcome:?}");
    }
    assert_eq!(world.mutating_calls(), [""; 0]);
    assert_eq!(world.attachments(), json!([]));
    assert_eq!(world.place.hosts(), HOSTS);

    let status = world.status();
    let seen = &status["machines"][0];
    assert_eq!(seen["state"], "needs-approval");
    assert_eq!(seen["next_step"]["action"], "attach");
    assert_eq!([&seen["volumes"][0]["state"], &seen["volumes"][0]["attached_to"]], [&json!("available"), &Value::Null]);
}

#[test]
fn with_yes_the_machine_comes_home_once_and_stays_there() {
    let world = World::new();
    let outcome = world.run(&["once", "--yes"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let [attach, reboot] = &world.proxy.mutating_calls()[..] else { panic!("{:?}", world.mutating_calls()) };
    assert_eq!((attach.action.as_str(), attach.status), ("AttachVolume", Some(200)));
    assert_eq!(
        [attach.field("VolumeId"), attach.field("InstanceId"), attach.field("Device")],
        [world.id("volume"), world.id("instance"), "/dev/sdp"]
    );
    assert_eq!((reboot.action.as_str(), reboot.status), ("RebootInstances", Some(200)));
    assert_eq!(reboot.field("InstanceId.1"), world.id("instance"));
    assert!(reboot.at > attach.at);
    world.assert_home("public");
    assert!(
        !format!("{}{}", outcome.stdout, outcome.stderr).contains('\u{1b}'),
        "colour is for terminals: {outcome:?}"
    );

    let hosts = world.place.hosts();
    let again = world.run(&["once", "--yes"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stdout.contains("already connected"), "{again:?}");
    assert_eq!(world.mutating_calls(), ["AttachVolume", "RebootInstances"]);
    assert_eq!(world.place.hosts(), hosts);

    // moto answers an unknown filter or operation with 500.
    let refused: Vec<_> = world.proxy.calls().into_iter().filter(|call| call.status != Some(200)).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn status_in_json_has_the_promised_shape() {
    let world = World::new();
    assert_eq!(world.run(&["once", "--yes"]).code, 0);
    let mut status = world.status();
    let observed_at = status["observed_at"].take();
    assert!(observed_at.as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{observed_at}");
    let reason = status["machines"][0]["reason"].take();
    assert!(reason.as_str().is_some_and(|reason| !reason.is_empty()), "{reason}");
    let expected = json!({
        "observed_at": null,
        "account": "123456789012",
        "region": "us-east-1",
        "machines": [{
            "name": "train",
            "state": "ready",
            "reason": null,
            "spot_request": { "id": world.id("request"), "state": "active", "status_code": "fulfilled" },
            "instance": {
                "id": world.id("instance"),
                "state": "running",
                "availability_zone": world.id("zone"),
                "public_ip": world.id("public"),
            },
            "volumes": [{
                "id": world.id("volume"),
                "state": "in-use",
                "attached_to": world.id("instance"),
                "device": "/dev/sdp",
                "attachment_state": "attached",
            }],
            "next_step": null,
            "warnings": [],
        }],
    });
    assert_eq!(status, expected);
}

#[test]
fn a_machine_in_a_private_subnet_is_published_under_its_private_address() {
    let world = World::with_machine(Some("us-east-1b"));
    assert_eq!(world.id("zone"), "us-east-1b");
    world.configure("private", world.id("request"), world.id("volume"));
    let outcome = world.run(&["once", "--yes"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    world.assert_home("private");
    assert_eq!(world.status()["machines"][0]["instance"]["public_ip"], Value::Null);
}

#[test]
fn a_request_or_volume_that_does_not_exist_is_blocked_and_named() {
    let world = World::new();
    let (request, volume) = ("sir-0000000000000dead", "vol-0000000000000dead");
    for (request, volume, unknown) in [(request, world.id("volume"), request), (world.id("request"), volume, volume)] {
        world.configure("public", request, volume);
        let outcome = world.run(&["once", "--yes"]);
        assert_eq!(outcome.code, 3, "{outcome:?}");
        let status = world.status();
        let seen = &status["machines"][0];
        assert_eq!(seen["state"], "blocked", "{status}");
        assert!(seen["reason"].as_str().is_some_and(|reason| reason.contains(unknown)), "{status}");
        assert_eq!(seen["spot_request"].is_null(), unknown == request, "{status}");
    }
    assert_eq!(world.mutating_calls(), [""; 0]);
    assert_eq!(world.place.hosts(), HOSTS);
}

#[test]
fn while_one_process_acts_status_looks_on_and_a_second_one_is_refused() {
    let world = World::new();
    let held = world.proxy.hold("RebootInstances", 1, Moment::AfterForwarding);
    let acting = world.place.spawn(&["once", "--yes"]);
    held.wait();
    world.status();
    let second = world.run(&["once", "--yes"]);
    assert_eq!(second.code, 6, "{second:?}");
    assert!(second.stderr.contains(&acting.id().to_string()), "it names the process that holds the lock: {second:?}");
    held.release();
    let first = acting.wait();
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(world.mutating_calls(), ["AttachVolume", "RebootInstances"]);
    world.assert_home("public");
}

#[test]
fn killed_around_the_reboot_it_attaches_once_reboots_again_and_comes_home() {
    for (moment, status) in [(Moment::BeforeForwarding, None), (Moment::AfterForwarding, Some(200))] {
        let world = World::new();
        let held = world.proxy.hold("RebootInstances", 1, moment);
        let killed = world.place.spawn(&["once", "--yes"]);
        held.wait();
        killed.signal(Signal::KILL);
        assert_eq!(killed.wait().code, 128 + 9);
        assert_eq!(world.place.hosts(), HOSTS, "no name is published while a reboot is owed");
        let restarted = world.run(&["once", "--yes"]);
        assert_eq!(restarted.code, 0, "{moment:?}: {restarted:?}");
        let calls: Vec<_> =
            world.proxy.mutating_calls().into_iter().map(|call| (call.action.clone(), call.status)).collect();
        let expected = [("AttachVolume", Some(200)), ("RebootInstances", status), ("RebootInstances", Some(200))];
        assert_eq!(calls, expected.map(|(action, status)| (action.to_owned(), status)), "{moment:?}");
        world.assert_home("public");
    }
}

#[test]
fn the_service_brings_the_machine_home_says_so_and_ends_with_sigterm() {
    let world = World::new();
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    service.wait_for_stderr(world.id("instance"));
    eventually("the name in the hosts file", || (world.place.hosts() != HOSTS).then_some(()));
    world.assert_home("public");
    service.signal(Signal::TERM);
    let outcome = service.wait();
    assert_eq!(outcome.code, 128 + 15, "{outcome:?}");
    assert_eq!(outcome.stdout, "", "log lines go to stderr");
    assert_eq!(world.mutating_calls(), ["AttachVolume", "RebootInstances"]);
}

#[test]
fn the_shipped_policy_is_well_formed_and_allows_every_call_that_is_made() {
    let world = World::new();
    assert_eq!(world.run(&["once", "--yes"]).code, 0);
    let policy = fs::read_to_string(POLICY).unwrap();
    world.moto.python(&format!("POLICY = {}\n{CREATE_POLICY}", python_string(&policy)));
    // A detachment is never made unasked, here nothing has to be kept; the identity of the caller needs no permission.
    let made = world.proxy.calls().into_iter().map(|call| call.action).filter(|action| action != "GetCallerIdentity");
    let besides = ["DetachVolume", "ModifyInstanceAttribute"].map(str::to_owned);
    let needed: BTreeSet<_> = made.chain(besides).map(|action| format!("ec2:{action}")).collect();
    assert_eq!(allowed(&read_json(&policy)), needed);
}

/// All actions of a policy whose `Action` is one string or a list of them.
fn allowed(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    });
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}
