//! The doctor on the embedded EC2: each fault that is planted is found, alone and with all others, and none is found
//! where there is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use spotkeeper::app::Session;
use spotkeeper::clock::Clock;
use spotkeeper::doctor::{Check, Examination, Outcome, READING_POLICY};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::model::{InterruptionBehavior, RequestKind, RequestState};
use spotkeeper::sim::{
    Delivery, Device, Disk, Ebs, Effect, Fault, Interface, Mapped, MappedTo, Policy, Records, SHIPPED_POLICY,
};

use crate::stage::Stage;

mod binary;
mod documented;
mod engine;

/// A set-up without a fault.
const SOUND: &str = r#"
key_pairs = ["laptop"]

[[image]]
id = "ami-0ab12cd3"
name = "train-root"

[[security_group]]
id = "sg-0a1b2c3d"
name = "ssh"
ingress = [{ protocol = "tcp", from = 22, to = 22, cidr = ["198.51.100.0/24"] }]

[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
encrypted = true

[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0000000a"
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp", age = "6h" }]
"#;

/// What else is there where everything is wrong at once: what would hide something else is wrong with another machine.
const MORE: &str = r#"
[[volume]]
id = "vol-d123456f"
zone = "us-east-1b"
[[request]]
id = "sir-bare0001"
homes = ["vol-d123456f"]
"#;

const TRAIN: &str = r#"
[ssh]
enabled = true
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.example.com"]
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

const MORE_MACHINES: &str = r#"
[[machine]]
name = "gone"
spot_request = "sir-gone0001"
[[machine.volume]]
id = "vol-c123456f"
device = "/dev/sdp"
[[machine]]
name = "bare"
spot_request = "sir-bare0001"
[[machine.volume]]
id = "vol-d123456f"
device = "/dev/sdp"
"#;

/// What the shipped policies allow together.
fn shipped() -> Value {
    let [mut keeping, reading] =
        [SHIPPED_POLICY, READING_POLICY].map(|policy| serde_json::from_str::<Value>(policy).unwrap());
    let more = reading["Statement"].as_array().unwrap().clone();
    keeping["Statement"].as_array_mut().unwrap().extend(more);
    keeping
}

/// A stage in this world, under the shipped policies, in which the request names group and key.
fn stage(scenario: &str, machines: &str) -> Stage {
    let stage = Stage::new(scenario, machines);
    stage.sim.restrict_to(Some(Policy::parse(&shipped().to_string()).unwrap()));
    plant(&stage, |records| {
        let request = records.requests.get_mut(&"sir-y1a23b4c".parse().unwrap()).unwrap();
        request.launch.image = "ami-0ab12cd3".to_owned();
        request.launch.key_name = Some("laptop".to_owned());
        request.launch.security_groups = vec!["sg-0a1b2c3d".to_owned()];
    });
    stage
}

fn plant(stage: &Stage, plant: impl FnOnce(&mut Records)) {
    stage.sim.with_world(|world| plant(world.records_mut()));
}

/// Changes what is kept of the machine's request.
fn request(stage: &Stage, change: impl FnOnce(&mut spotkeeper::sim::Request)) {
    plant(stage, |records| change(records.requests.get_mut(&"sir-y1a23b4c".parse().unwrap()).unwrap()));
}

fn volume(stage: &Stage, change: impl FnOnce(&mut spotkeeper::sim::Volume)) {
    plant(stage, |records| change(records.volumes.get_mut(&"vol-e123456f".parse().unwrap()).unwrap()));
}

fn image(stage: &Stage, change: impl FnOnce(&mut spotkeeper::sim::Image)) {
    plant(stage, |records| change(records.images.get_mut("ami-0ab12cd3").unwrap()));
}

fn device(name: &str, snapshot: Option<&str>) -> Mapped {
    let ebs = Ebs {
        snapshot: snapshot.map(str::to_owned),
        size: 8,
        kind: "gp3".to_owned(),
        delete_on_termination: true,
        key: None,
    };
    Mapped { device: name.to_owned(), to: MappedTo::Ebs(ebs) }
}

fn copy_home(stage: &Stage) {
    plant(stage, |records| {
        let mut copy = records.snapshots.values().next().unwrap().clone();
        copy.id = "snap-0000000b".to_owned();
        copy.volume = Some("vol-e123456f".parse().unwrap());
        records.snapshots.insert(copy.id.clone(), copy);
    });
    image(stage, |image| image.devices.push(device("/dev/sdf", Some("snap-0000000b"))));
}

fn keep_root(stage: &Stage) {
    let root = Device { name: "/dev/sda1".to_owned(), size: 8, disk: Disk::default(), delete_on_termination: false };
    request(stage, |request| request.launch.devices.push(root));
}

/// Takes an action from what the policy allows.
fn forbid(stage: &Stage, action: &str) {
    let text = shipped().to_string().replace(action, "ec2:Nothing");
    stage.sim.restrict_to(Some(Policy::parse(&text).unwrap()));
}

/// Lets nobody in the account raise a spot request.
fn bar_requests(stage: &Stage) {
    let policy = r#"{ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Action": "ec2:RequestSpotInstances", "Resource": "*" }
    ] }"#;
    stage.sim.restrict_account_to(Some(Policy::parse(policy).unwrap()));
}

/// Puts something in the way of a file.
fn obstruct(file: &Path) {
    let _ = fs::remove_file(file);
    fs::create_dir_all(file).unwrap();
}

fn home(stage: &Stage) -> std::path::PathBuf {
    stage.hosts_file().parent().unwrap().to_owned()
}

fn rival(stage: &Stage) {
    fs::write(stage.hosts_file(), "127.0.0.1 localhost\n203.0.113.99 my-spot.example.com\n").unwrap();
}

type Planting = fn(&Stage);

/// What can be wrong with a machine, each with the check that finds it: nothing hides anything else here.
const PLANTS: &[(Check, Outcome, Planting)] = &[
    (Check::RequestState, Outcome::Fault, |stage| {
        request(stage, |request| request.state = RequestState::Cancelled);
    }),
    (Check::RequestPersistent, Outcome::Fault, |stage| request(stage, |request| request.kind = RequestKind::OneTime)),
    (Check::InterruptionBehavior, Outcome::Warning, |stage| {
        request(stage, |request| request.behavior = InterruptionBehavior::Hibernate);
    }),
    (Check::RequestExpiry, Outcome::Warning, |stage| {
        let soon = stage.now() + SignedDuration::from_hours(72);
        request(stage, |request| request.valid_until = Some(soon));
    }),
    (Check::VolumeZone, Outcome::Fault, |stage| request(stage, |it| it.zone = Some("us-east-1c".to_owned()))),
    (Check::RootDeleteOnTermination, Outcome::Fault, keep_root),
    (Check::ImageDeprecation, Outcome::Warning, |stage| {
        let soon = stage.now() + SignedDuration::from_hours(240);
        image(stage, |image| image.deprecated = Some(soon));
    }),
    (Check::ImageArchitecture, Outcome::Fault, |stage| image(stage, |it| it.architecture = "arm64".to_owned())),
    (Check::DeviceName, Outcome::Fault, |stage| image(stage, |image| image.devices.push(device("/dev/sdp", None)))),
    (Check::HomeSnapshot, Outcome::Fault, copy_home),
    (Check::VolumeEncryption, Outcome::Warning, |stage| {
        let key = "arn:aws:kms:us-east-1:999999999999:key/1234abcd";
        volume(stage, |volume| volume.disk.key = Some(key.to_owned()));
    }),
    (Check::MultiAttach, Outcome::Fault, |stage| volume(stage, |volume| volume.multi_attach = true)),
    (Check::HomeDeleteOnTermination, Outcome::Fault, |stage| {
        volume(stage, |volume| volume.attachments[0].delete_on_termination = true);
    }),
    (Check::SecurityGroupSsh, Outcome::Fault, |stage| {
        request(stage, |request| request.launch.security_groups = vec!["sg-0000dead".to_owned()]);
    }),
    (Check::KeyPair, Outcome::Fault, |stage| {
        request(stage, |request| request.launch.key_name = Some("lost".to_owned()));
    }),
    (Check::Permission, Outcome::Fault, |stage| forbid(stage, "ec2:RebootInstances")),
    (Check::RequestApi, Outcome::Warning, bar_requests),
];

/// The same of what is in the way of something else when all is wrong.
const HIDING: &[(Check, Outcome, Planting)] = &[
    (Check::RequestExists, Outcome::Fault, |stage| plant(stage, |records| records.requests.clear())),
    (Check::ZonePinned, Outcome::Fault, |stage| request(stage, |request| request.zone = None)),
    (Check::ImageExists, Outcome::Fault, |stage| plant(stage, |records| records.images.clear())),
    (Check::VolumeExists, Outcome::Fault, |stage| {
        plant(stage, |records| drop(records.volumes.remove(&"vol-e123456f".parse().unwrap())));
    }),
];

/// The same of this computer.
const LOCAL: &[(Check, Outcome, Planting)] = &[
    (Check::SshConfig, Outcome::Warning, |stage| obstruct(&home(stage).join(".ssh/config.d/spotkeeper"))),
    (Check::StateFolder, Outcome::Fault, |stage| fs::write(stage.state_dir(), "in the way").unwrap()),
    (Check::NameConflict, Outcome::Warning, rival),
];

async fn examine(stage: &Stage) -> Examination {
    // The SDK's dice for the pauses between attempts belong to the thread.
    fastrand::seed(1);
    let examination = stage.session().await.examiner().examine(None).await;
    assert_eq!(stage.sim.mutating_calls(), [], "something was changed");
    examination
}

/// The faults and warnings.
fn found(examination: &Examination) -> BTreeSet<(Check, Outcome)> {
    let bad = examination.verdicts().filter(|verdict| verdict.outcome > Outcome::Unknown);
    bad.map(|verdict| (verdict.check, verdict.outcome)).collect()
}

#[tokio::test(start_paused = true)]
async fn in_a_sound_set_up_everything_is_ok_and_nothing_unknown_under_the_shipped_policies() {
    let stage = stage(SOUND, TRAIN);
    let examination = examine(&stage).await;
    for verdict in examination.verdicts() {
        assert_eq!(verdict.outcome, Outcome::Ok, "{verdict:#?}");
    }
    assert_eq!(examination.machines.len(), 1);
    assert_eq!(examination.account.as_ref().map(ToString::to_string).as_deref(), Some("123456789012"));
}

#[tokio::test(start_paused = true)]
async fn what_ec2_leaves_open_of_a_dry_run_and_of_its_xml_makes_no_difference_to_the_examination() {
    let told = async |knobs: &str| {
        let stage = stage(&format!("{SOUND}\n[knobs]\n{knobs}"), TRAIN);
        let folder = stage.hosts_file().parent().unwrap().display().to_string();
        let verdicts = examine(&stage).await;
        verdicts.verdicts().map(|verdict| format!("{verdict:#?}").replace(&folder, "…")).collect::<Vec<_>>()
    };
    let usual = told("").await;
    for knobs in ["dry_run_status = 400", "odd_xml = true"] {
        for (told, usual) in told(knobs).await.iter().zip(&usual) {
            assert_eq!(told, usual, "{knobs}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_found_when_it_is_planted_alone_and_no_other_is() {
    for (check, outcome, plant) in PLANTS.iter().chain(HIDING).chain(LOCAL) {
        let stage = stage(SOUND, TRAIN);
        plant(&stage);
        let examination = examine(&stage).await;
        assert_eq!(found(&examination), BTreeSet::from([(*check, *outcome)]), "{check}: {examination:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hosts_file_that_is_none_is_found_and_hides_what_stands_in_it() {
    let stage = stage(SOUND, TRAIN);
    obstruct(&stage.hosts_file());
    assert_eq!(found(&examine(&stage).await), BTreeSet::from([(Check::HostsFile, Outcome::Warning)]));
}

#[tokio::test(start_paused = true)]
async fn a_hook_whose_program_is_missing_is_found() {
    let stage = stage(SOUND, &format!("[hooks]\nblocked = ['/nonexistent/program']\n{TRAIN}"));
    assert_eq!(found(&examine(&stage).await), BTreeSet::from([(Check::Hooks, Outcome::Warning)]));
}

#[tokio::test(start_paused = true)]
async fn all_faults_are_found_when_they_are_planted_together() {
    let machines = format!("[hooks]\nblocked = ['/nonexistent/program']\n{TRAIN}{MORE_MACHINES}");
    let stage = stage(&format!("{SOUND}{MORE}"), &machines);
    plant(&stage, |records| {
        records.requests.get_mut(&"sir-bare0001".parse().unwrap()).unwrap().launch.image = "ami-0000dead".to_owned();
    });
    for (.., plant) in PLANTS.iter().chain(LOCAL) {
        plant(&stage);
    }
    let mut expected: BTreeSet<(Check, Outcome)> =
        PLANTS.iter().chain(HIDING).chain(LOCAL).map(|(check, outcome, _)| (*check, *outcome)).collect();
    expected.insert((Check::Hooks, Outcome::Warning));
    expected.insert((Check::ClockSkew, Outcome::Fault));
    // Of the machine whose request names no group.
    expected.insert((Check::SecurityGroupSsh, Outcome::Warning));
    let examination = with_clock(&stage, SignedDuration::from_mins(-20)).await;
    assert_eq!(found(&examination), expected, "{examination:#?}");
    assert_eq!(stage.sim.mutating_calls(), []);
}

/// Examines from a computer whose clock is off by so much.
async fn with_clock(stage: &Stage, off: SignedDuration) -> Examination {
    let clock = Clock::starting_at(stage.now() + off, 1.0);
    let source = Source::Embedded { http_client: stage.sim.http_client(), clock: clock.clone() };
    let config = Arc::unwrap_or_clone(stage.session().await.config);
    Session::new(config, Ec2::connect(source).await.unwrap(), clock).examiner().examine(None).await
}

#[tokio::test(start_paused = true)]
async fn where_the_request_names_no_group_the_default_one_is_judged_by_subnet_and_without_one() {
    for by_subnet in [true, false] {
        let stage = stage(SOUND, TRAIN);
        let ec2 = stage.session().await.ec2;
        let subnet = ec2.subnets_in(&"us-east-1b".into()).await.unwrap().into_keys().next().unwrap();
        request(&stage, |request| {
            request.launch.security_groups.clear();
            request.launch.subnet = by_subnet.then(|| subnet.to_string());
        });
        let examination = examine(&stage).await;
        // As EC2 makes it, it lets in its own members alone.
        assert_eq!(found(&examination), BTreeSet::from([(Check::SecurityGroupSsh, Outcome::Warning)]), "{by_subnet}");
        let default = "[[security_group]]\nname = 'default'\ningress = [{ protocol = 'tcp', from = 22, to = 22, cidr = ['0.0.0.0/0'] }]\n";
        let stage = self::stage(&format!("{SOUND}{default}"), TRAIN);
        request(&stage, |request| request.launch.security_groups.clear());
        assert_eq!(found(&examine(&stage).await), BTreeSet::new(), "{by_subnet}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_is_found_by_the_date_of_the_answers() {
    for (off, outcome) in [(0, Outcome::Ok), (50, Outcome::Ok), (-90, Outcome::Warning), (400, Outcome::Fault)] {
        let stage = stage(SOUND, TRAIN);
        let examination = with_clock(&stage, SignedDuration::from_secs(off)).await;
        let verdict = examination.verdicts().find(|verdict| verdict.check == Check::ClockSkew).unwrap();
        assert_eq!(verdict.outcome, outcome, "{off}: {verdict:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_doctors_own_policy_what_it_may_not_read_is_unknown_and_says_what_to_allow() {
    let stage = stage(SOUND, TRAIN);
    stage.sim.restrict_to(Some(Policy::parse(SHIPPED_POLICY).unwrap()));
    let examination = examine(&stage).await;
    assert_eq!(found(&examination), BTreeSet::new());
    let reading: Value = serde_json::from_str(READING_POLICY).unwrap();
    let actions = reading["Statement"][0]["Action"].as_array().unwrap().clone();
    let denied = |check: &Check| {
        let needs = check.actions();
        actions.iter().any(|action| needs.contains(&action.as_str().unwrap()))
    };
    for verdict in examination.verdicts() {
        // A placement needs no subnet to be looked at.
        let is_needless = [Check::ZonePinned, Check::VolumeZone].contains(&verdict.check);
        let expected = if denied(&verdict.check) && !is_needless { Outcome::Unknown } else { Outcome::Ok };
        assert_eq!(verdict.outcome, expected, "{verdict:#?}");
        if expected == Outcome::Unknown {
            let remedy = verdict.remedy.as_ref().unwrap();
            assert!(remedy.config.as_ref().unwrap().contains("\"Effect\":\"Allow\""), "{verdict:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_ec2_does_not_answer_the_examination_says_so_and_still_tells_of_this_computer() {
    let stage = stage(SOUND, TRAIN);
    stage.sim.inject(Fault::new(Effect::Hang));
    rival(&stage);
    let examination = examine(&stage).await;
    assert!(examination.failure.is_some());
    assert_eq!(found(&examination), BTreeSet::from([(Check::NameConflict, Outcome::Warning)]));
    for verdict in examination.verdicts().filter(|verdict| !verdict.check.actions().is_empty()) {
        assert_eq!(verdict.outcome, Outcome::Unknown, "{verdict:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_remedy_of_the_device_name_says_is_free_is_found_free() {
    let stage = stage(SOUND, TRAIN);
    image(&stage, |image| image.devices.push(device("/dev/sdp", None)));
    let examination = examine(&stage).await;
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::DeviceName).unwrap();
    let line = verdict.remedy.as_ref().unwrap().config.clone().unwrap();
    let mended = stage.beside(&TRAIN.replace("device = \"/dev/sdp\"", &line));
    assert_eq!(found(&examine(&mended).await), BTreeSet::new(), "{line}");
}

#[tokio::test(start_paused = true)]
async fn an_examination_takes_few_calls_and_none_that_could_change_something() {
    let stage = stage(SOUND, TRAIN);
    let started = stage.now();
    examine(&stage).await;
    let calls = stage.sim.calls();
    for call in &calls {
        let looks = call.action.starts_with("Describe") || call.action == "GetCallerIdentity";
        assert!(looks || call.dry_run, "{call:?}");
    }
    assert!(calls.len() <= 20, "{} calls", calls.len());
    assert!(stage.since(started) < Duration::from_secs(2), "{:?}", stage.since(started));
}

#[tokio::test(start_paused = true)]
async fn requests_and_volumes_are_asked_for_once_so_that_no_two_answers_disagree() {
    let stage = stage(SOUND, TRAIN);
    examine(&stage).await;
    for action in ["DescribeSpotInstanceRequests", "DescribeVolumes"] {
        let asked = stage.sim.calls().iter().filter(|call| call.action == action).count();
        assert_eq!(asked, 1, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_hidden_from_lists_is_judged_by_what_it_is_and_not_taken_for_gone() {
    let hidden = "name = \"train-root\"";
    let deprecated = "owner = \"099720109477\"\ndeprecated = \"2020-01-01T00:00:00Z\"";
    for (hidden_by, check, outcome, word) in [
        (deprecated, Check::ImageDeprecation, Outcome::Warning, "deprecated since"),
        ("state = \"disabled\"", Check::ImageExists, Outcome::Fault, "is disabled"),
    ] {
        let stage = stage(&SOUND.replace(hidden, &format!("{hidden}\n{hidden_by}")), TRAIN);
        let examination = examine(&stage).await;
        assert_eq!(found(&examination), BTreeSet::from([(check, outcome)]), "{examination:#?}");
        let verdict = examination.verdicts().find(|verdict| verdict.check == check).unwrap();
        assert!(verdict.seen.contains(word), "{verdict:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_network_interface_is_judged_by_what_the_interface_names() {
    let subnet = |stage: &Stage, zone: &str| {
        let query = format!("Action=DescribeSubnets&Filter.1.Name=availability-zone&Filter.1.Value.1={zone}");
        let Delivery::Reply(reply) = stage.sim.serve(&query, b"").delivery else { panic!("no reply") };
        reply.body.split("<subnetId>").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    for (zone, group, expected) in [
        ("us-east-1b", "sg-0a1b2c3d", BTreeSet::new()),
        ("us-east-1c", "sg-0a1b2c3d", BTreeSet::from([(Check::VolumeZone, Outcome::Fault)])),
        ("us-east-1b", "sg-0000dead", BTreeSet::from([(Check::SecurityGroupSsh, Outcome::Fault)])),
    ] {
        let stage = stage(SOUND, TRAIN);
        let subnet = subnet(&stage, zone);
        request(&stage, |request| {
            request.zone = None;
            request.launch.interface = Some(Interface { device_index: 0, public_address: Some(true) });
            request.launch.subnet = Some(subnet);
            request.launch.security_groups = vec![group.to_owned()];
        });
        let examination = examine(&stage).await;
        assert_eq!(found(&examination), expected, "{zone} {group}: {examination:#?}");
        assert!(examination.verdicts().all(|verdict| verdict.outcome != Outcome::Unknown), "{examination:#?}");
    }
}
