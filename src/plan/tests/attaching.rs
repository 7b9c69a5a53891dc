//! Rules 3 to 5 on the machine's own instance: attach, wait, stuck, another device name.

use super::kit::*;
use crate::model::{Failure, FailureKind, Fate, Text, VolumeState};
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{Blocked, NeedsApproval, Waiting, Working};
use crate::plan::{Fact, Outcome, StepKind};

fn detach_intended(device: &str) -> Fact {
    Fact::DetachIntended { volume: vol(HOME), instance: i(OWN), stuck_at: device.parse().ok() }
}

/// The volume was tried under this device name, and the name was taken.
fn taken(world: &mut World, device: &str) {
    world.fact(attach_intended(HOME, OWN, device));
    let outcome = Outcome::Failed(failure(FailureKind::DeviceNameTaken, Fate::NotDone));
    world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome });
}

#[test]
fn a_free_volume_is_attached_as_soon_as_the_instance_runs() {
    let plan = World::new().look();
    assert_eq!(steps(&plan), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    assert_finding(&plan, Working, Moving, &["next: attach", HOME, OWN, "us-east-1a", "is available"]);
}

#[test]
fn several_free_volumes_are_attached_each_under_its_own_name() {
    let expected = ["attach vol-e123456f to i-0aaaaaaa as /dev/sdp", "attach vol-0000da7a to i-0aaaaaaa as /dev/sdf"];
    let plan = World::with_two_volumes().look();
    assert_eq!(plan.steps.iter().map(|step| step.action.to_string()).collect::<Vec<_>>(), expected);
}

#[test]
fn an_attached_volume_is_not_attached_again() {
    let mut world = World::settled();
    let plan = world.look();
    assert_eq!(steps(&plan), [""; 0]);
    assert!(why_not(&plan, StepKind::Attach).contains("attached to i-0aaaaaaa already"));
}

#[test]
fn a_volume_that_ec2_does_not_know_is_blocked_and_the_other_one_goes_on() {
    let mut world = World::with_two_volumes();
    world.seen.volumes.seen.remove(&vol(DATA));
    let plan = world.look();
    assert_finding(&plan, Blocked, Moving, &[DATA, "does not know", "region"]);
    assert_eq!(steps(&plan), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn a_volume_that_is_lost_or_shared_is_not_touched() {
    for (state, word) in [("deleting", "snapshot"), ("deleted", "snapshot"), ("error", "hardware failed")] {
        let mut world = World::new();
        world.volume(HOME).state = state.into();
        let plan = world.look();
        assert_finding(&plan, Blocked, Steady, &[HOME, word]);
        assert_eq!(steps(&plan), [""; 0], "{state}");
    }
    let mut world = World::new();
    world.volume(HOME).multi_attach = true;
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &["Multi-Attach"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_machine_is_not_rebooted_with_a_volume_that_must_not_be_touched() {
    let several = |world: &mut World| {
        let mut second = world.volume(HOME).attachments[0].clone();
        second.instance = Some(i(ALIEN));
        world.volume(HOME).attachments.push(second);
    };
    let broken: [fn(&mut World); 3] = [
        |world| world.volume(HOME).multi_attach = true,
        |world| world.volume(HOME).state = VolumeState::Error,
        |world| world.volume(HOME).state = VolumeState::Deleting,
    ];
    for spoil in broken.into_iter().chain([several as fn(&mut World)]) {
        let mut world = World::owing();
        spoil(&mut world);
        let plan = world.look_twice(30);
        assert_finding(&plan, Blocked, Steady, &[HOME]);
        assert_eq!(steps(&plan), [""; 0]);
    }
}

#[test]
fn a_volume_between_two_states_is_waited_for() {
    for state in ["creating", "in-use", "hovering"] {
        let mut world = World::new();
        world.volume(HOME).state = state.into();
        let plan = world.look();
        assert_finding(&plan, Waiting, Moving, &[HOME, state]);
        assert_eq!(steps(&plan), [""; 0], "{state}");
    }
}

#[test]
fn every_state_of_the_own_attachment_has_its_finding_and_only_attached_goes_on() {
    let expected = [
        ("attaching", Working, Moving, "is attaching"),
        ("detaching", Waiting, Moving, "being detached"),
        ("busy", Waiting, Steady, "unmount it"),
        ("hovering", Waiting, Steady, "hovering, which this program does not know"),
    ];
    for (state, found, motion, word) in expected {
        let mut world = World::owing();
        world.show_attachment(HOME, OWN, state, 5);
        let plan = world.look_twice(30);
        assert_finding(&plan, found, motion, &[HOME, OWN, word]);
        assert_eq!(steps(&plan), [""; 0], "{state}");
        assert!(why_not(&plan, StepKind::Reboot).contains("not all"), "{state}");
    }
}

#[test]
fn an_attachment_that_is_over_holds_nothing() {
    let mut world = World::new();
    world.show_attachment(HOME, ALIEN, "detached", 5);
    world.volume(HOME).state = VolumeState::Available;
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn attaching_is_stuck_after_90_seconds_since_it_was_first_seen_and_a_detach_is_asked_for() {
    let mut world = World::new();
    // How long EC2 says that it takes does not count: its clock is not ours.
    world.show_attachment(HOME, OWN, "attaching", 3_600);
    assert_finding(&world.look_twice(90), Working, Moving, &["is attaching"]);
    world.pass(1);
    let plan = world.look();
    assert_eq!(steps(&plan), ["ask: detach vol-e123456f from i-0aaaaaaa"]);
    assert_finding(&plan, NeedsApproval, Steady, &["over 90 seconds", "another device name"]);

    world.config.policy.detach = crate::config::Consent::Auto;
    assert_eq!(steps(&world.look()), ["open: detach vol-e123456f from i-0aaaaaaa"]);
}

#[test]
fn attaching_that_was_interrupted_by_another_state_begins_anew() {
    let mut world = World::new();
    world.show_attachment(HOME, OWN, "attaching", 1);
    world.look_twice(80);
    world.show_attachment(HOME, OWN, "detaching", 1);
    world.pass(5);
    world.look();
    world.show_attachment(HOME, OWN, "attaching", 1);
    world.pass(5);
    assert_finding(&world.look_twice(60), Working, Moving, &["is attaching"]);
}

#[test]
fn after_a_stuck_attachment_another_device_name_is_used() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    world.fact(detach_intended("/dev/sdp"));
    let plan = world.look();
    assert_eq!(steps(&plan), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdo"]);
    assert!(plan.steps[0].why.contains("/dev/sdp got stuck before"), "{}", plan.steps[0].why);
}

#[test]
fn after_three_stuck_device_names_people_have_to_look() {
    let mut world = World::new();
    for device in ["/dev/sdp", "/dev/sdo"] {
        world.fact(attach_intended(HOME, OWN, device));
        world.fact(detach_intended(device));
    }
    world.show_attachment(HOME, OWN, "attaching", 1);
    assert_eq!(steps(&world.look_twice(91)), ["ask: detach vol-e123456f from i-0aaaaaaa"]);
    world.fact(detach_intended("/dev/sdn"));
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &["stuck 3 times", "by hand"]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_detach_that_is_called_several_times_for_one_stuck_attachment_counts_once() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    for _ in 0..4 {
        world.fact(detach_intended("/dev/sdp"));
        let outcome = Outcome::Failed(failure(FailureKind::Throttled, Fate::NotDone));
        world.fact(Fact::DetachEnded { volume: vol(HOME), instance: i(OWN), outcome });
    }
    world.show_attachment(HOME, OWN, "attaching", 1);
    assert_eq!(steps(&world.look_twice(91)), ["ask: detach vol-e123456f from i-0aaaaaaa"]);
}

#[test]
fn stuck_device_names_are_remembered_however_often_attaching_is_tried_in_between() {
    let mut world = World::new();
    world.fact(detach_intended("/dev/sdp"));
    for _ in 0..200 {
        world.fact(attach_intended(HOME, OWN, "/dev/sdo"));
        let outcome = Outcome::Failed(failure(FailureKind::Throttled, Fate::NotDone));
        world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome });
    }
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdo"]);
}

#[test]
fn what_got_stuck_on_one_instance_is_not_held_against_the_next() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OLD, "/dev/sdp"));
    world.fact(Fact::DetachIntended { volume: vol(HOME), instance: i(OLD), stuck_at: "/dev/sdp".parse().ok() });
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn a_device_name_that_is_taken_once_is_tried_again_and_taken_twice_is_left_alone() {
    let mut world = World::new();
    taken(&mut world, "/dev/sdp");
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    taken(&mut world, "/dev/sdp");
    let plan = world.look();
    assert_eq!(steps(&plan), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdo"]);
    assert!(plan.steps[0].why.contains("does not list it"));
}

#[test]
fn a_device_name_that_holds_another_volume_is_left_alone() {
    let mut world = World::with_two_volumes();
    world.instance(OWN).block_devices.insert(Text::new("/dev/sdp"), vol("vol-00000001"));
    world.instance(OWN).block_devices.insert(Text::new("/dev/sdf"), vol(DATA));
    let plan = world.look();
    assert!(steps(&plan)[0].ends_with("/dev/sdo"), "{:?}", steps(&plan));
    assert!(steps(&plan)[1].ends_with("/dev/sdf"), "its own entry there is no hindrance: {:?}", steps(&plan));
}

#[test]
fn another_device_name_is_never_that_of_another_volume_of_the_machine() {
    let mut world = World::with_two_volumes();
    world.machine().volumes[1].device = "/dev/sdo".parse().unwrap();
    taken(&mut world, "/dev/sdp");
    taken(&mut world, "/dev/sdp");
    assert!(steps(&world.look())[0].ends_with("/dev/sdn"));
}

#[test]
fn when_every_device_name_is_taken_it_says_so() {
    let mut world = World::new();
    for letter in 'f'..='p' {
        let name = Text::new(&format!("/dev/sd{letter}"));
        world.instance(OWN).block_devices.insert(name, vol("vol-00000001"));
    }
    let plan = world.look();
    assert_finding(&plan, Blocked, Steady, &["every device name", OWN]);
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_step_that_failed_a_moment_ago_rests_and_is_then_proposed_again() {
    let mut world = World::new();
    world.fails(attach("/dev/sdp"), FailureKind::IncorrectState);
    let plan = world.look();
    assert_eq!(steps(&plan), [""; 0]);
    assert_finding(&plan, Working, Moving, &["could not attach", "EC2 said no"]);
    assert!(why_not(&plan, StepKind::Attach).contains("the next look at it is in 10s"));
    world.pass(10);
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}

#[test]
fn a_failure_that_only_people_can_mend_is_blocked() {
    let kinds = [FailureKind::Denied, FailureKind::ZoneMismatch, FailureKind::AttachmentLimit, FailureKind::Refused];
    for kind in kinds {
        let mut world = World::new();
        world.fails(attach("/dev/sdp"), kind);
        assert_finding(&world.look(), Blocked, Steady, &["EC2 said no"]);
    }
}

#[test]
fn a_failed_name_is_a_warning_and_leaves_the_machine_ready() {
    let mut world = World::settled();
    world.seen.names.entries.clear();
    let publish = world.plan().steps[0].action.clone();
    let failure = Failure::local("writing /etc/hosts", "permission denied");
    let until = world.now.monotonic + seconds(60);
    let name = world.machine().name.clone();
    world.setbacks.insert((name, publish), crate::plan::Setback { failure, times: 1, until });
    let plan = world.look();
    assert_eq!(plan.finding.state, crate::plan::State::Ready);
    assert_warns(&plan, &["could not publish", "permission denied"]);
}

#[test]
fn a_volume_that_would_be_deleted_with_its_instance_is_warned_about_with_a_command_safe_to_paste() {
    let mut world = World::settled();
    world.volume(HOME).attachments[0].delete_on_termination = true;
    world.volume(HOME).attachments[0].device = Text::new("/dev/sdp'; rm -rf ~ #");
    let plan = world.look();
    assert_warns(&plan, &[HOME, "IS DELETED", "aws ec2 modify-instance-attribute", OWN]);
    let warning = plan.warnings.iter().find(|warning| warning.contains("IS DELETED")).unwrap();
    let words = shlex::split(warning.split_once("clear the flag by ").unwrap().1).unwrap();
    assert_eq!(words.len(), 7, "{words:?}");
    assert_eq!(words[6], r#"[{"DeviceName":"/dev/sdp'; rm -rf ~ #","Ebs":{"DeleteOnTermination":false}}]"#);
}

/// EC2 agrees to attach the volume, and the next look shows it free again.
fn lapse(world: &mut World) {
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome: Outcome::Done });
    world.pass(30);
}

#[test]
fn what_ec2_agrees_to_attach_and_is_never_seen_attached_is_told_after_three_times() {
    let mut world = World::new();
    for _ in 0..3 {
        assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
        lapse(&mut world);
    }
    let plan = world.look();
    assert_eq!(steps(&plan), [""; 0]);
    assert_finding(&plan, Blocked, Steady, &["agreed 3 times", HOME, OWN, "KMS"]);
    assert!(why_not(&plan, StepKind::Attach).contains("came to nothing"));
    // On another instance it may be otherwise.
    world.request().instance = Some(i(OLD));
    world.instance(OLD).spot_request = Some(sir(REQUEST));
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0bbbbbbb as /dev/sdp"]);
}

#[test]
fn what_was_seen_attached_and_is_detached_by_somebody_does_not_count_as_come_to_nothing() {
    let mut world = World::new();
    for _ in 0..9 {
        world.attach_here(HOME);
        world.look();
        world.volume(HOME).attachments.clear();
        world.volume(HOME).state = VolumeState::Available;
        world.pass(60);
        assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    }
}

#[test]
fn what_got_stuck_does_not_count_as_come_to_nothing_besides() {
    let mut world = World::new();
    for device in ["/dev/sdp", "/dev/sdo"] {
        world.fact(attach_intended(HOME, OWN, device));
        world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome: Outcome::Done });
        world.fact(detach_intended(device));
    }
    lapse(&mut world);
    lapse(&mut world);
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdn"]);
}

#[test]
fn an_answer_that_comes_late_does_not_make_good_what_got_stuck() {
    let mut world = World::new();
    world.fact(attach_intended(HOME, OWN, "/dev/sdp"));
    world.fact(detach_intended("/dev/sdp"));
    world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome: Outcome::Done });
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdo"]);
}

#[test]
fn what_became_of_one_volume_is_not_held_against_the_name_of_another() {
    let mut world = World::with_two_volumes();
    for _ in 0..2 {
        for (volume, device) in [(HOME, "/dev/sdp"), (DATA, "/dev/sdf")] {
            world.fact(attach_intended(volume, OWN, device));
        }
        let outcome = Outcome::Failed(failure(FailureKind::DeviceNameTaken, Fate::NotDone));
        world.fact(Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome });
    }
    let expected =
        ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdo", "open: attach vol-0000da7a to i-0aaaaaaa as /dev/sdf"];
    assert_eq!(steps(&world.look()), expected);
}
