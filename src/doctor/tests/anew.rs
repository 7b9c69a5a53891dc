//! The new request that mends what is wrong with the present one.

use std::collections::BTreeMap;

use super::*;
use crate::model::Interface;

/// What an option of a command is given, as JSON.
fn value(command: &str, option: &str) -> serde_json::Value {
    let words = shlex::split(command).unwrap();
    let at = words.iter().position(|word| word == option).unwrap();
    serde_json::from_str(&words[at + 1]).unwrap()
}

#[test]
fn a_new_request_has_the_old_terms_but_for_what_was_wrong() {
    let mut setup = Setup::sound();
    setup.volume().availability_zone = text("us-east-1c");
    let examination = setup.judge();
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::VolumeZone).unwrap();
    let [list, raise, cancel] = verdict.remedy.as_ref().unwrap().commands.as_slice() else { panic!("{verdict:?}") };
    assert!(list.contains("Name=availability-zone,Values=us-east-1c") && list.contains("Values=vpc-1"), "{list}");
    assert!(cancel.contains("cancel-spot-instance-requests") && cancel.contains(REQUEST), "{cancel}");
    assert_eq!(
        value(raise, "--launch-specification"),
        serde_json::json!({
            "ImageId": IMAGE, "InstanceType": "g5.xlarge", "KeyName": "me", "SecurityGroupIds": [GROUP],
            "SubnetId": "subnet-…",
        })
    );
}

/// All that a new request mends, at once.
fn spoil_request(it: &mut Setup) {
    behaves(it, "hibernate");
    it.request().kind = RequestKind::OneTime;
    expires(it, "2026-11-30T12:00:00Z");
    it.volume().availability_zone = text("us-east-1c");
    root(it).delete_on_termination = Some(false);
    maps(it, "/dev/sdh", None);
    copies(it, "/dev/sdf");
    it.image().architecture = text("arm64");
    it.terms().security_groups.push("sg-0000dead".parse().unwrap());
}

#[test]
fn all_faults_of_a_request_are_mended_by_one_new_request_that_is_shown_once() {
    let mut setup = Setup::sound();
    spoil_request(&mut setup);
    let examination = setup.judge();
    let bad: Vec<&Verdict> = examination.verdicts().filter(|verdict| verdict.outcome > Outcome::Unknown).collect();
    assert_eq!(bad.len(), 8, "{bad:#?}");
    let remedies = || bad.iter().map(|verdict| (verdict.check, verdict.remedy.as_ref().unwrap()));
    let whole: Vec<_> = remedies().filter(|(_, remedy)| !remedy.commands.is_empty()).collect();
    let [(check, whole)] = whole.as_slice() else { panic!("not one: {whole:#?}") };
    assert_eq!(*check, Check::RequestPersistent, "the first of the worst");
    for (verdict, (_, remedy)) in bad.iter().zip(remedies()) {
        assert_eq!(remedy.same_as, (verdict.check != *check).then_some(*check));
        assert_eq!(remedy.same_as.is_none(), remedy.config.is_some());
        assert!(remedy.same_as.is_none() || remedy.words.contains("under request-persistent"), "{remedy:?}");
        assert_eq!(examination.mending(verdict), Some(*whole), "what is copied");
    }
    for why in ["that is persistent", "terminate", "without --valid-until", "in us-east-1c", "/dev/sda1", "/dev/sdf"] {
        assert!(whole.words.contains(why), "{why}: {}", whole.words);
    }
    let [subnets, images, raise, cancel] = whole.commands.as_slice() else { panic!("{:#?}", whole.commands) };
    assert!(subnets.contains("describe-subnets") && images.contains("describe-images") && cancel.contains(REQUEST));
    assert_eq!(
        value(raise, "--launch-specification"),
        serde_json::json!({
            "ImageId": "ami-…", "InstanceType": "g5.xlarge", "KeyName": "me", "SecurityGroupIds": [GROUP],
            "SubnetId": "subnet-…", "BlockDeviceMappings": [
                { "DeviceName": "/dev/sdh", "Ebs": { "VolumeSize": 30, "DeleteOnTermination": true } },
                { "DeviceName": "/dev/sda1", "Ebs": { "VolumeSize": 30, "DeleteOnTermination": true } },
                { "DeviceName": "/dev/sdf", "NoDevice": "" },
            ],
        })
    );
    assert!(!raise.contains("--valid-until") && !raise.contains("--instance-interruption-behavior"), "{raise}");
    assert!(raise.contains("--spot-price 1.006"), "what is not at fault stays: {raise}");
}

#[test]
fn what_is_not_at_fault_stays_in_the_new_request() {
    let mut setup = Setup::sound();
    setup.request().kind = RequestKind::OneTime;
    behaves(&mut setup, "stop");
    expires(&mut setup, "2027-11-30T12:00:00Z");
    let examination = setup.judge();
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::RequestPersistent).unwrap();
    let raise = &verdict.remedy.as_ref().unwrap().commands[0];
    for kept in ["--spot-price 1.006", "--valid-until 2027-11-30T12:00:00Z", "--instance-interruption-behavior stop"] {
        assert!(raise.contains(kept), "{kept}: {raise}");
    }
    open(&mut setup, "price-too-low");
    assert!(!raises(&setup).iter().any(|raise| raise.contains("--spot-price")));
}

#[test]
fn the_request_of_a_stopped_instance_is_never_to_be_cancelled_and_an_ended_one_need_not_be() {
    type Spoil = (fn(&mut Setup), &'static str);
    let spoils: [Spoil; 3] = [
        (|it| disabled(it, "instance-stopped-by-user"), "that terminates the instance"),
        (|it| disabled(it, "instance-stopped-no-capacity"), "that terminates the instance"),
        (|it| it.request().state = RequestState::Closed, "in its place"),
    ];
    for (spoil, words) in spoils {
        let mut setup = Setup::sound();
        spoil_request(&mut setup);
        spoil(&mut setup);
        let examination = setup.judge();
        let remedies: Vec<_> = examination.verdicts().filter_map(|verdict| verdict.remedy.clone()).collect();
        let commands: Vec<_> = remedies.iter().flat_map(|remedy| &remedy.commands).collect();
        assert_eq!(commands.iter().filter(|it| it.contains("request-spot-instances")).count(), 1, "{commands:?}");
        assert!(!commands.iter().any(|it| it.contains("cancel-spot")), "{commands:?}");
        assert!(remedies.iter().any(|remedy| remedy.words.contains(words)), "{words}: {remedies:?}");
    }
}

#[test]
fn what_is_copied_ends_nothing_where_something_before_it_fails() {
    let mut setup = Setup::sound();
    spoil_request(&mut setup);
    let examination = setup.judge();
    let verdict = examination.verdicts().find(|verdict| verdict.check == Check::RequestPersistent).unwrap();
    let copied = verdict.remedy.as_ref().unwrap().to_copy();
    assert!(copied.contains("ami-…") && copied.contains("cancel-spot"), "{copied}");
    let lines: Vec<_> = copied.lines().collect();
    let (last, before) = lines.split_last().unwrap();
    assert!(before.iter().all(|line| line.ends_with(" &&")) && !last.ends_with("&&"), "{copied}");
}

#[test]
fn a_new_request_keeps_interface_profile_disks_and_tags() {
    let mut setup = Setup::sound();
    setup.request().kind = RequestKind::OneTime;
    let mut plain = disk(None);
    (plain.encrypted, plain.kms_key, plain.kind) = (true, text(FOREIGN), text("gp3"));
    (plain.iops, plain.throughput) = (Some(4_000), Some(250));
    let mut copied = disk(Some("snap-0000000c"));
    copied.encrypted = true;
    let terms = setup.terms();
    terms.interface = Some(Interface { public_address: Some(true) });
    terms.instance_profile = text("arn:aws:iam::123456789012:instance-profile/train");
    (terms.ebs_optimized, terms.monitoring) = (Some(true), true);
    terms.devices = BTreeMap::from([(text("/dev/sdg"), plain), (text("/dev/sdh"), copied)]);
    terms.tags = BTreeMap::from([(text("Name"), text("train")), (text("aws:created-by"), text("aws"))]);
    let raise = raises(&setup).remove(0);
    assert_eq!(
        value(&raise, "--launch-specification"),
        serde_json::json!({
            "ImageId": IMAGE, "InstanceType": "g5.xlarge", "KeyName": "me", "EbsOptimized": true,
            "Monitoring": { "Enabled": true },
            "IamInstanceProfile": { "Arn": "arn:aws:iam::123456789012:instance-profile/train" },
            "NetworkInterfaces": [
                { "DeviceIndex": 0, "SubnetId": SUBNET, "Groups": [GROUP], "AssociatePublicIpAddress": true },
            ],
            "BlockDeviceMappings": [
                { "DeviceName": "/dev/sdg", "Ebs": {
                    "VolumeSize": 30, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250, "DeleteOnTermination": true,
                    "Encrypted": true, "KmsKeyId": FOREIGN,
                } },
                { "DeviceName": "/dev/sdh", "Ebs": {
                    "SnapshotId": "snap-0000000c", "VolumeSize": 30, "DeleteOnTermination": true,
                } },
            ],
        })
    );
    let tags = serde_json::json!([
        { "ResourceType": "spot-instances-request", "Tags": [{ "Key": "Name", "Value": "train" }] },
    ]);
    assert_eq!(value(&raise, "--tag-specifications"), tags);
}

/// The commands that raise a request.
pub(super) fn raises(setup: &Setup) -> Vec<String> {
    let examination = setup.judge();
    let remedies = examination.verdicts().filter_map(|verdict| verdict.remedy.clone());
    remedies.flat_map(|remedy| remedy.commands).filter(|it| it.contains("request-spot-instances")).collect()
}
