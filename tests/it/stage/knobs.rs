//! What nobody knows for certain of EC2: spotkeeper copes with either answer.

use spotkeeper::sim::{Delivery, Policy};

use super::*;

/// Each open point, with the answers to it, and what brings it about; then the machine must come home again.
const POINTS: &[(&str, &[&str], &str)] = &[
    ("keeps_instance_id", &["true", "false"], "interrupt = 'sir-y1a23b4c'"),
    ("shows_user_termination", &["true", "false"], "terminate = 'sir-y1a23b4c'"),
    ("marks_for_termination", &["true", "false"], "interrupt = 'sir-y1a23b4c'\ncause = 'price'"),
    ("experiment_reopens", &["true"], "interrupt = 'sir-y1a23b4c'\ncause = 'experiment'"),
    ("stopped_termination_ends", &["false"], STOPPED_AND_TERMINATED),
    ("guest_shutdown_terminates", &["true"], "shut_down = 'sir-y1a23b4c'"),
    ("hanging_fails_checks", &["true", "false"], "interrupt = 'sir-y1a23b4c'\nearly = true"),
    ("reboot_fails_checks", &["true", "false"], "reboot = 'sir-y1a23b4c'"),
    ("empty_pages", &["true", "false"], "interrupt = 'sir-y1a23b4c'"),
    ("shuffles", &["true", "false"], "interrupt = 'sir-y1a23b4c'"),
    ("high_bytes", &["true", "false"], "interrupt = 'sir-y1a23b4c'"),
    ("odd_xml", &["true", "false"], "interrupt = 'sir-y1a23b4c'"),
    ("public_addresses", &["1", "2"], "interrupt = 'sir-y1a23b4c'"),
];

/// The owner stops an instance, and terminates it while it is stopped.
const STOPPED_AND_TERMINATED: &str = "stop = 'sir-y1a23b4c'\n[[event]]\nat = '15m'\nterminate = 'sir-y1a23b4c'";

/// Lets something happen to a machine that is ready, under one answer to one open point, and gives it twenty minutes.
async fn play(knob: &str, answer: &str, event: &str) -> (bool, String) {
    let scenario = format!("{RUNNING}\n[knobs]\n{knob} = {answer}\n[[event]]\nat = '10m'\n{event}");
    let stage = Stage::new(&scenario, TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("30m").await;
    let ready = engine.state("train") == State::Ready;
    let usable = stage.sim.with_world(|world| {
        let bound = world.request(&"sir-y1a23b4c".parse().unwrap()).unwrap().instance.clone();
        bound.is_some_and(|bound| world.guests()[&bound].is_usable())
    });
    assert_eq!(ready, usable, "{knob} = {answer}: what spotkeeper says is what the guest knows");
    let reason = engine.reason("train");
    engine.stop().await;
    (ready, reason)
}

#[tokio::test(start_paused = true)]
async fn a_machine_comes_home_again_whatever_the_answer_to_an_open_point() {
    for (knob, answers, event) in POINTS {
        for answer in *answers {
            let (ready, reason) = play(knob, answer, event).await;
            assert!(ready, "{knob} = {answer}: {reason}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_an_answer_means_the_end_of_the_request_the_machine_says_so() {
    for (knob, answer, event) in [
        ("experiment_reopens", "false", "interrupt = 'sir-y1a23b4c'\ncause = 'experiment'"),
        ("stopped_termination_ends", "true", STOPPED_AND_TERMINATED),
        ("guest_shutdown_terminates", "false", "shut_down = 'sir-y1a23b4c'"),
    ] {
        let (ready, reason) = play(knob, answer, event).await;
        assert!(!ready, "{knob}: {reason}");
        assert!(reason.contains("sir-y1a23b4c") || reason.contains("stopped"), "{knob}: {reason}");
    }
}

/// A world with a home for a request that somebody makes later.
const MADE_LATER: &str = "images = ['ami-12abcd34']\n[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1b'\n";

const ASKED: &str = "Action=RequestSpotInstances&Version=2016-11-15&Type=persistent\
    &LaunchSpecification.ImageId=ami-12abcd34&LaunchSpecification.InstanceType=m5.large\
    &LaunchSpecification.Placement.AvailabilityZone=us-east-1b";

#[tokio::test(start_paused = true)]
async fn a_request_of_which_nobody_said_when_it_ends_is_warned_of_when_ec2_gave_it_an_end() {
    for expires in [true, false] {
        let stage = Stage::new(&format!("{MADE_LATER}[knobs]\npersistent_expires = {expires}\n"), TRAIN);
        // Its owner may more than spotkeeper.
        stage.sim.restrict_to(None);
        let Delivery::Reply(reply) = stage.sim.serve(ASKED, b"").delivery else { panic!("no reply") };
        stage.sim.restrict_to(Some(Policy::parse(SHIPPED_POLICY).unwrap()));
        let id = reply.body.split_once("<spotInstanceRequestId>").and_then(|(_, rest)| rest.split_once('<'));
        let machine = TRAIN.replace("sir-y1a23b4c", id.unwrap_or_else(|| panic!("{reply:?}")).0);
        let keeper = stage.beside(&machine);
        let mut engine = keeper.start(Mode::Auto).await;
        engine.until_state("train", State::Ready).await;
        let warnings = engine.view("train").plan.warnings;
        let warned = warnings.iter().any(|warning| warning.contains("expires at 2026-11-30T12:00:00"));
        assert_eq!(warned, expires, "persistent_expires = {expires}: {warnings:?}");
        engine.stop().await;
    }
}
