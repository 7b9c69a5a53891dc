//! What the checks make of facts.

mod anew;
mod kit;

use std::collections::BTreeMap;

use self::kit::*;
use super::*;
use crate::config::{Consent, RebootRule};
use crate::model::{
    Failure, ImageState, InterruptionBehavior, NameTarget, NamesProblem, RequestKind, RequestState, VolumeState,
};

/// What is changed in a sound set-up, and which check finds it how, in these words.
type Plant = (fn(&mut Setup), Check, Outcome, &'static str);

const PLANTS: &[Plant] = &[
    (|it| it.facts.requests = Ok(BTreeMap::new()), Check::RequestExists, Outcome::Fault, "does not know"),
    (|it| it.request().state = RequestState::Cancelled, Check::RequestState, Outcome::Fault, "no instance will come"),
    (|it| it.request().state = RequestState::Failed, Check::RequestState, Outcome::Fault, "no instance will come"),
    (|it| it.request().state = RequestState::Closed, Check::RequestState, Outcome::Fault, "no instance will come"),
    (|it| open(it, "constraint-not-fulfillable"), Check::RequestState, Outcome::Fault, "constraint"),
    (|it| open(it, "price-too-low"), Check::RequestState, Outcome::Warning, "price-too-low"),
    (|it| disabled(it, "instance-stopped-by-user"), Check::RequestState, Outcome::Warning, "stopped-by-user"),
    (|it| it.request().state = "hovering".into(), Check::RequestState, Outcome::Unknown, "hovering"),
    (|it| it.request().kind = RequestKind::OneTime, Check::RequestPersistent, Outcome::Fault, "one-time"),
    (|it| behaves(it, "hibernate"), Check::InterruptionBehavior, Outcome::Warning, "two minutes"),
    (|it| behaves(it, "vanish"), Check::InterruptionBehavior, Outcome::Unknown, "vanish"),
    (|it| expires(it, "2026-11-23T11:59:59Z"), Check::RequestExpiry, Outcome::Fault, "expired"),
    (|it| expires(it, "2026-11-30T12:00:00Z"), Check::RequestExpiry, Outcome::Warning, "in 7d"),
    (|it| it.terms().subnet = None, Check::ZonePinned, Outcome::Fault, "any zone"),
    (|it| it.facts.subnets = Ok(BTreeMap::new()), Check::ZonePinned, Outcome::Fault, "is not there"),
    (|it| it.volume().availability_zone = text("us-east-1c"), Check::VolumeZone, Outcome::Fault, "us-east-1c"),
    (|it| root(it).delete_on_termination = Some(false), Check::RootDeleteOnTermination, Outcome::Fault, "outlives"),
    (|it| it.facts.images = Ok(BTreeMap::new()), Check::ImageExists, Outcome::Fault, "not there"),
    (|it| it.image().state = ImageState::Failed, Check::ImageExists, Outcome::Fault, "failed"),
    (|it| it.image().state = ImageState::Disabled, Check::ImageExists, Outcome::Fault, "disabled"),
    (|it| it.image().state = ImageState::Pending, Check::ImageExists, Outcome::Warning, "pending"),
    (|it| deprecated(it, "2026-12-20T00:00:00Z"), Check::ImageDeprecation, Outcome::Warning, "in 26d"),
    (|it| deprecated(it, "2026-01-01T00:00:00Z"), Check::ImageDeprecation, Outcome::Warning, "since"),
    (|it| it.image().architecture = text("arm64"), Check::ImageArchitecture, Outcome::Fault, "arm64"),
    (|it| maps(it, "/dev/xvdp", None), Check::DeviceName, Outcome::Fault, "the request maps /dev/xvdp"),
    (|it| image_maps(it, "/dev/sdp", None), Check::DeviceName, Outcome::Fault, "the image maps /dev/sdp"),
    (|it| stores(it, "/dev/xvdp"), Check::DeviceName, Outcome::Fault, "a disk of the instance itself"),
    (another_in_place, Check::DeviceName, Outcome::Fault, "another volume"),
    (|it| copies(it, "/dev/sdf"), Check::HomeSnapshot, Outcome::Fault, "a copy of vol-e123456f"),
    (same_origin, Check::HomeSnapshot, Outcome::Fault, "a copy of vol-e123456f"),
    (|it| maps(it, "/dev/sdg", Some("snap-0000000c")), Check::HomeSnapshot, Outcome::Unknown, "snap-0000000c"),
    (|it| it.facts.volumes = Ok(BTreeMap::new()), Check::VolumeExists, Outcome::Fault, "123456789012 has no"),
    (|it| it.volume().state = VolumeState::Error, Check::VolumeExists, Outcome::Fault, "error"),
    (|it| it.volume().attachments.clear(), Check::VolumeEncryption, Outcome::Unknown, "only by attaching"),
    (|it| it.traits().kms_key = text(FOREIGN), Check::VolumeEncryption, Outcome::Warning, "another account"),
    (|it| it.volume().multi_attach = true, Check::MultiAttach, Outcome::Fault, "several"),
    (|it| held(it).delete_on_termination = true, Check::HomeDeleteOnTermination, Outcome::Fault, "deleted with i-"),
    (lets_in_itself, Check::SecurityGroupSsh, Outcome::Warning, "from no address outside"),
    (|it| lets_in(it, 80), Check::SecurityGroupSsh, Outcome::Fault, "port 22"),
    (|it| it.facts.security_groups = Ok(BTreeMap::new()), Check::SecurityGroupSsh, Outcome::Fault, "launch fails"),
    (|it| by_default(it, GROUP), Check::SecurityGroupSsh, Outcome::Warning, "default group of vpc-1"),
    (|it| it.terms().security_groups.clear(), Check::SecurityGroupSsh, Outcome::Unknown, "no default group of vpc-1"),
    (|it| it.facts.key_pairs = Ok(BTreeMap::new()), Check::KeyPair, Outcome::Fault, "me is not there"),
    (|it| it.trial(Trial::Reboot, Err(no("RebootInstances"))), Check::Permission, Outcome::Fault, "no policy"),
    (|it| it.trial(Trial::Claim, Err(no("CreateTags"))), Check::Permission, Outcome::Warning, "no policy"),
    (|it| it.trial(Trial::Request, Err(barred())), Check::RequestApi, Outcome::Warning, "service control policy"),
    (|it| clock(it, 61), Check::ClockSkew, Outcome::Warning, "1m 1s behind"),
    (|it| clock(it, -301), Check::ClockSkew, Outcome::Fault, "5m 1s ahead"),
    (|it| it.facts.clock_ahead = None, Check::ClockSkew, Outcome::Unknown, "time"),
    (|it| problem(it, NameTarget::Hosts, false), Check::HostsFile, Outcome::Warning, "permission denied"),
    (|it| problem(it, NameTarget::Ssh, false), Check::SshConfig, Outcome::Warning, "permission denied"),
    (|it| problem(it, NameTarget::Hosts, true), Check::NameConflict, Outcome::Warning, "permission denied"),
    (|it| it.facts.state_trouble = Some("cannot make files".to_owned()), Check::StateFolder, Outcome::Fault, "cannot"),
    (|it| it.facts.hook_trouble.push("no ntfy".to_owned()), Check::Hooks, Outcome::Warning, "no ntfy"),
    (|it| unclear(it), Check::Lock, Outcome::Unknown, "cannot look"),
];

const FOREIGN: &str = "arn:aws:kms:us-east-1:999999999999:key/1234abcd";

fn open(it: &mut Setup, status: &str) {
    it.request().state = RequestState::Open;
    it.request().status_code = text(status);
}

fn disabled(it: &mut Setup, status: &str) {
    it.request().state = RequestState::Disabled;
    it.request().status_code = text(status);
}

fn behaves(it: &mut Setup, word: &str) {
    it.request().interruption = InterruptionBehavior::from(word);
}

fn expires(it: &mut Setup, at: &str) {
    it.request().valid_until = Some(at.parse().unwrap());
}

fn root(it: &mut Setup) -> &mut crate::model::BlockDevice {
    it.image().devices.get_mut(&text("/dev/sda1")).unwrap()
}

fn deprecated(it: &mut Setup, at: &str) {
    it.image().deprecated = Some(at.parse().unwrap());
}

fn maps(it: &mut Setup, name: &str, snapshot: Option<&str>) {
    it.terms().devices.insert(text(name), disk(snapshot));
}

fn image_maps(it: &mut Setup, name: &str, snapshot: Option<&str>) {
    it.image().devices.insert(text(name), disk(snapshot));
}

fn stores(it: &mut Setup, name: &str) {
    it.image().instance_stores.insert(text(name));
}

fn another_in_place(it: &mut Setup) {
    let instance = it.facts.instances.as_mut().unwrap().values_mut().next().unwrap();
    instance.block_devices.insert(text("/dev/sdp"), "vol-0000000f".parse().unwrap());
}

fn copies(it: &mut Setup, name: &str) {
    image_maps(it, name, Some("snap-0000000b"));
    it.facts.snapshots = Ok(BTreeMap::from([("snap-0000000b".parse().unwrap(), HOME.parse().unwrap())]));
}

fn same_origin(it: &mut Setup) {
    maps(it, "/dev/sdf", Some("snap-0000000d"));
    it.traits().snapshot = Some("snap-0000000d".parse().unwrap());
}

fn held(it: &mut Setup) -> &mut crate::model::Attachment {
    &mut it.volume().attachments[0]
}

fn lets_in(it: &mut Setup, port: i32) {
    it.facts.security_groups = Ok(BTreeMap::from([(GROUP.parse().unwrap(), group(port, "0.0.0.0/0"))]));
}

fn lets_in_itself(it: &mut Setup) {
    it.facts.security_groups = Ok(BTreeMap::from([(GROUP.parse().unwrap(), group(22, GROUP))]));
}

/// The request names no group, and the default one lets this in.
fn by_default(it: &mut Setup, from: &str) {
    it.terms().security_groups.clear();
    it.facts.default_groups = Ok(BTreeMap::from([(text("vpc-1"), group(22, from))]));
}

fn no(action: &str) -> Failure {
    denied(action, "because no policy allows it")
}

fn barred() -> Failure {
    denied("RequestSpotInstances", "with an explicit deny in a service control policy")
}

fn clock(it: &mut Setup, ahead: i64) {
    it.facts.clock_ahead = Some(jiff::SignedDuration::from_secs(ahead));
}

fn problem(it: &mut Setup, target: NameTarget, of_machine: bool) {
    it.facts.names.problems.push(NamesProblem {
        target,
        file: "/etc/hosts".into(),
        machine: of_machine.then(|| "train".parse().unwrap()),
        what: "cannot write it: permission denied".to_owned(),
        unusable: !of_machine,
    });
}

fn unclear(it: &mut Setup) {
    let unclear = Keeping::Unclear("cannot look at the lock".to_owned());
    it.facts.keeping = BTreeMap::from([("train".parse().unwrap(), unclear)]);
}

fn bad(examination: &Examination) -> Vec<(Check, Outcome)> {
    let bad = examination.verdicts().filter(|verdict| verdict.outcome > Outcome::Unknown);
    bad.map(|verdict| (verdict.check, verdict.outcome)).collect()
}

#[test]
fn a_sound_set_up_is_ok_in_every_respect() {
    let examination = Setup::sound().judge();
    for verdict in examination.verdicts() {
        assert_eq!((verdict.outcome, &verdict.remedy), (Outcome::Ok, &None), "{verdict:?}");
    }
    let mut seen: Vec<Check> = examination.verdicts().map(|verdict| verdict.check).collect();
    seen.dedup();
    assert_eq!(seen, Check::ALL, "each check once, in the fixed order");
    assert_eq!(examination.failure, None);
}

#[test]
fn each_fault_is_found_by_its_check_and_no_other_check_cries() {
    for (plant, check, outcome, words) in PLANTS {
        let mut setup = Setup::sound();
        plant(&mut setup);
        let examination = setup.judge();
        let found = examination.verdicts().filter(|verdict| verdict.check == *check);
        let found = found.max_by_key(|verdict| verdict.outcome).unwrap();
        assert_eq!(found.outcome, *outcome, "{found:?}");
        assert!(found.seen.contains(words), "{found:?}");
        let expected = if *outcome > Outcome::Unknown { vec![(*check, *outcome)] } else { Vec::new() };
        assert_eq!(bad(&examination), expected, "{words}");
        if *outcome > Outcome::Unknown {
            let remedy = found.remedy.as_ref().unwrap_or_else(|| panic!("nothing mends {found:?}"));
            assert!(!remedy.words.is_empty() && !remedy.to_copy().is_empty(), "{remedy:?}");
        }
    }
    let planted: std::collections::BTreeSet<Check> = PLANTS.iter().map(|(_, check, ..)| *check).collect();
    assert_eq!(planted.into_iter().collect::<Vec<_>>(), Check::ALL, "every check has its plant");
}

#[test]
fn commands_that_mend_can_be_read_by_a_shell_and_name_the_region() {
    for (plant, ..) in PLANTS {
        let mut setup = Setup::sound();
        plant(&mut setup);
        for verdict in setup.judge().verdicts() {
            for command in verdict.remedy.iter().flat_map(|remedy| &remedy.commands) {
                let words = shlex::split(command).unwrap_or_else(|| panic!("no shell reads {command}"));
                assert!(
                    words[0] != "aws" || words.windows(2).any(|pair| pair == ["--region", "us-east-1"]),
                    "{command}"
                );
                if let Some(at) = words.iter().position(|word| word == "--launch-specification") {
                    let _: serde_json::Value = serde_json::from_str(&words[at + 1]).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_permission_that_could_not_be_tried_for_want_of_a_look_says_so() {
    let mut setup = Setup::sound();
    setup.facts.volumes = Err(no("DescribeVolumes"));
    let trials = setup.facts.trials.values_mut().next().unwrap();
    trials.retain(|trial, _| matches!(trial, Trial::Reboot | Trial::Claim | Trial::Request));
    let examination = setup.judge();
    for action in ["ec2:AttachVolume", "ec2:DetachVolume", "ec2:ModifyInstanceAttribute"] {
        let verdict = examination.verdicts().find(|verdict| verdict.subject == action).unwrap();
        assert!(verdict.seen.contains("DescribeVolumes") && verdict.remedy.is_some(), "{verdict:?}");
    }
}

#[test]
fn of_volumes_in_two_zones_one_is_brought_to_the_other_and_the_request_stays() {
    let mut setup = Setup::sound();
    let other: crate::model::VolumeId = "vol-0000000b".parse().unwrap();
    let mut home = setup.config.machines[0].volumes[0].clone();
    home.id = other.clone();
    home.device = "/dev/sdo".parse().unwrap();
    setup.config.machines[0].volumes.insert(0, home);
    let mut volume = setup.volume().clone();
    (volume.id, volume.availability_zone) = (other.clone(), text("us-east-1c"));
    let traits = setup.traits().clone();
    setup.facts.volumes.as_mut().unwrap().insert(other.clone(), volume);
    setup.facts.traits.as_mut().unwrap().insert(other, traits);
    let examination = setup.judge();
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::VolumeZone).unwrap();
    let commands = &verdict.remedy.as_ref().unwrap().commands;
    assert!(commands[0].contains("create-snapshot --volume-id vol-0000000b"), "{commands:?}");
    assert!(commands[1].contains("--availability-zone us-east-1b"), "{commands:?}");
    assert_eq!(anew::raises(&setup), Vec::<String>::new());
}

/// Each answer of EC2, taken away.
const SILENCES: &[fn(&mut Facts)] = &[
    |facts| facts.requests = Err(no("DescribeSpotInstanceRequests")),
    |facts| facts.terms = Err(no("DescribeSpotInstanceRequests")),
    |facts| facts.instances = Err(no("DescribeInstances")),
    |facts| facts.volumes = Err(no("DescribeVolumes")),
    |facts| facts.traits = Err(no("DescribeVolumes")),
    |facts| facts.subnets = Err(no("DescribeSubnets")),
    |facts| facts.images = Err(no("DescribeImages")),
    |facts| facts.security_groups = Err(no("DescribeSecurityGroups")),
    |facts| facts.key_pairs = Err(no("DescribeKeyPairs")),
    |facts| facts.architectures = Err(no("DescribeInstanceTypes")),
    |facts| facts.trials.clear(),
];

#[test]
fn what_is_not_answered_makes_checks_unknown_and_never_one_cry_and_some_say_so() {
    for (number, silence) in SILENCES.iter().enumerate() {
        let mut setup = Setup::sound();
        silence(&mut setup.facts);
        let examination = setup.judge();
        assert_eq!(bad(&examination), [], "{number}");
        let unknown = examination.verdicts().filter(|verdict| verdict.outcome == Outcome::Unknown).collect::<Vec<_>>();
        // Of instances only the name in use and the trials are asked, which image and trials answer as well.
        assert!(!unknown.is_empty() || number == 2, "{number}: nothing says that an answer is missing");
        for verdict in unknown {
            let needs = verdict.check.actions();
            assert!(
                needs.iter().any(|action| verdict.seen.contains(action.trim_start_matches("ec2:"))) || number == 10,
                "{verdict:?}"
            );
        }
        assert_eq!(examination.failure, None, "something was seen");
    }
}

#[test]
fn without_any_answer_no_check_of_ec2_passes_and_the_failure_is_told() {
    let mut setup = Setup::sound();
    for silence in SILENCES {
        silence(&mut setup.facts);
    }
    setup.facts.snapshots = Err(no("DescribeSnapshots"));
    let examination = setup.judge();
    for verdict in examination.verdicts().filter(|verdict| !verdict.check.actions().is_empty()) {
        assert_eq!(verdict.outcome, Outcome::Unknown, "{verdict:?}");
    }
    assert_eq!(examination.failure, Some(no("DescribeSpotInstanceRequests")));
    assert!(
        examination.computer.iter().all(|verdict| verdict.outcome == Outcome::Ok),
        "its own files are seen all the same"
    );
}

#[test]
fn what_the_configuration_never_does_needs_no_permission() {
    let mut setup = Setup::sound();
    for trial in [Trial::Reboot, Trial::Claim, Trial::Keep(HOME.parse().unwrap()), Trial::Detach(HOME.parse().unwrap())]
    {
        setup.trial(trial, Err(no("Whatever")));
    }
    setup.config.machines[0].reboot = RebootRule::Never;
    setup.config.fence = false;
    setup.config.policy.keep = Consent::Never;
    setup.config.policy.detach = Consent::Never;
    assert_eq!(bad(&setup.judge()), []);
}

#[test]
fn a_request_that_may_not_be_raised_by_these_credentials_is_a_remark_only() {
    let mut setup = Setup::sound();
    setup.trial(Trial::Request, Err(no("RequestSpotInstances")));
    let examination = setup.judge();
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::RequestApi).unwrap();
    assert_eq!(verdict.outcome, Outcome::Ok);
    assert!(verdict.seen.contains("not allowed"), "{verdict:?}");
}

#[test]
fn a_placement_pins_the_zone_as_well_as_a_subnet_does() {
    let mut setup = Setup::sound();
    setup.terms().subnet = None;
    setup.terms().availability_zone = text("us-east-1b");
    assert_eq!(bad(&setup.judge()), []);
    setup.terms().availability_zone = text("us-east-1a");
    assert_eq!(bad(&setup.judge()), [(Check::VolumeZone, Outcome::Fault)]);
}

#[test]
fn without_a_group_the_default_one_of_the_subnets_network_or_else_of_the_default_network_is_judged() {
    let ssh = |setup: &Setup| {
        let examination = setup.judge();
        let verdict = examination.verdicts().find(|verdict| verdict.check == Check::SecurityGroupSsh).unwrap();
        (verdict.outcome, verdict.seen.clone(), verdict.remedy.clone().map(|remedy| remedy.commands.join("\n")))
    };
    let mut setup = Setup::sound();
    by_default(&mut setup, "198.51.100.0/24");
    assert_eq!(ssh(&setup).0, Outcome::Ok, "{:?}", ssh(&setup));
    by_default(&mut setup, GROUP);
    let (outcome, _, commands) = ssh(&setup);
    assert!(outcome == Outcome::Warning && commands.unwrap().contains(&format!("--group-id {GROUP}")));
    setup.terms().subnet = None;
    assert!(matches!(ssh(&setup), (Outcome::Unknown, seen, _) if seen.contains("no default VPC")));
    setup.facts.default_vpc = Ok(Some(text("vpc-1")));
    assert_eq!(ssh(&setup).0, Outcome::Warning);
    setup.facts.default_vpc = Err(no("DescribeSubnets"));
    assert!(matches!(ssh(&setup), (Outcome::Unknown, seen, _) if seen.contains("DescribeSubnets")));
    setup.facts.default_vpc = Ok(Some(text("vpc-1")));
    setup.facts.default_groups = Err(no("DescribeSecurityGroups"));
    assert!(matches!(ssh(&setup), (Outcome::Unknown, seen, _) if seen.contains("DescribeSecurityGroups")));
}

#[test]
fn a_free_device_name_is_offered_in_place_of_one_that_is_taken() {
    let mut setup = Setup::sound();
    for name in ["/dev/sdp", "/dev/xvdo"] {
        image_maps(&mut setup, name, None);
    }
    let examination = setup.judge();
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::DeviceName).unwrap();
    assert_eq!(verdict.remedy.as_ref().unwrap().config.as_deref(), Some("device = \"/dev/sdn\""));
}

#[test]
fn what_the_request_leaves_out_of_the_image_takes_no_device_name_and_brings_no_copy() {
    let mut setup = Setup::sound();
    image_maps(&mut setup, "/dev/sdp", None);
    copies(&mut setup, "/dev/sdf");
    setup.terms().left_out = [text("/dev/sdp"), text("/dev/sdf")].into();
    assert_eq!(bad(&setup.judge()), []);
}

#[test]
fn the_worst_is_shown_first_and_verdicts_of_one_kind_keep_their_order() {
    let mut setup = Setup::sound();
    setup.volume().multi_attach = true;
    setup.request().kind = RequestKind::OneTime;
    clock(&mut setup, 90);
    let examination = setup.judge();
    let first: Vec<Check> = examination.worst_first().iter().take(4).map(|verdict| verdict.check).collect();
    assert_eq!(first, [Check::RequestPersistent, Check::MultiAttach, Check::ClockSkew, Check::RequestExists]);
    assert_eq!(examination.counts().to_string(), "2 faults, 1 warning, 29 ok");
}
