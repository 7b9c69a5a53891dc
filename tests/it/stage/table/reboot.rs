//! The reboot that is owed, and the one that is not.

use super::*;

const HEALTHY: &str = r#"
[request.instance]
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp", age = "6h" }]
"#;

const BY_HAND: &str = r#"
[request.instance]
age = "5m"
guest = "hanging"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp", age = "1m" }]
"#;

/// The engine looks seldom: hours are long.
const SELDOM: &str = "[poll]\nsteady = '1m'";

const FIRST_SIGHT: &[Row] = &[
    Row::new("first start on a healthy machine", &[HOME, REQUEST, HEALTHY], &[Do::Pass("10m")]).ends(State::Ready, 0),
    Row::new(
        "first start a minute after somebody attached the volume by hand; nobody answers",
        &[HOME, REQUEST, BY_HAND],
        &[Do::Until(State::NeedsApproval), Do::Pass("3h")],
    )
    .config(&[SELDOM, TRAIN])
    .ends(State::NeedsApproval, 0),
    Row::new(
        "first start a minute after somebody attached the volume by hand; a restart does not make it good",
        &[HOME, REQUEST, BY_HAND],
        &[Do::Until(State::NeedsApproval), Do::Pass("1m"), Do::Away("3h"), Do::Pass("1m")],
    )
    .ends(State::NeedsApproval, 0),
    Row::new(
        "first start a minute after somebody attached the volume by hand; the operator approves",
        &[HOME, REQUEST, BY_HAND],
        &[Do::Until(State::NeedsApproval), Do::Pass("30m"), Do::Approve, Do::Until(State::Ready)],
    ),
    Row::new(
        "somebody attaches the volume by hand while the program watches",
        &[HOME, REQUEST, "[request.instance]\nage = '1m'"],
        &[
            Do::Until(State::NeedsApproval),
            Do::World("somebody attaches the volume", |stage| {
                let attach = format!(
                    "Action=AttachVolume&Version=2016-11-15&VolumeId=vol-e123456f&InstanceId={}&Device=/dev/sdh",
                    instance(stage)
                );
                let _ = stage.sim.serve("", attach.as_bytes());
            }),
            Do::Pass("1m"),
            Do::Approve,
            Do::Until(State::Ready),
        ],
    )
    .config(&["[policy]\nattach = 'ask'", TRAIN]),
];

const DEBT: &[Row] = &[
    Row::new(
        "back after three hours of absence with a debt open; the operator says that it was rebooted",
        WORLD,
        &[
            Do::Until(State::Working),
            Do::Pass("8s"),
            Do::Away("3h"),
            Do::Until(State::NeedsApproval),
            Do::Pass("1m"),
            Do::World("the owner reboots it at the console", |stage| {
                let reboot = format!("Action=RebootInstances&Version=2016-11-15&InstanceId.1={}", instance(stage));
                let _ = stage.sim.serve("", reboot.as_bytes());
            }),
            Do::MarkRebooted,
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "back after three hours of absence with a debt open; the operator approves",
        WORLD,
        &[
            Do::Until(State::Working),
            Do::Pass("8s"),
            Do::Away("3h"),
            Do::Until(State::NeedsApproval),
            Do::Pass("1h"),
            Do::Approve,
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "back after five minutes of absence with a debt open",
        WORLD,
        &[Do::Until(State::Working), Do::Pass("8s"), Do::Away("5m"), Do::Until(State::Ready)],
    ),
    Row::new(
        "stopped and started since the attachment: it booted with its home",
        &[HOME, REQUEST, "behavior = 'stop'"],
        &[
            Do::Until(State::Working),
            Do::Pass("8s"),
            Do::World("the owner stops the instance", |stage| stage.sim.stop(&instance(stage)).unwrap()),
            Do::Pass("10m"),
            Do::World("the owner starts it again", |stage| stage.sim.start(&instance(stage)).unwrap()),
            Do::Until(State::Ready),
        ],
    )
    .ends(State::Ready, 0),
    Row::new(
        "the image mounts its home by itself: no reboot",
        &[HOME, "[[request]]\nid = 'sir-y1a23b4c'\nzone = 'us-east-1b'"],
        &[Do::Until(State::Ready)],
    )
    .config(&[r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.amazonaws.com"]
reboot = "never"
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#])
    .ends(State::Ready, 0),
];

const INTERRUPTED: &[Row] = &[
    Row::new(
        "interrupted before anything is attached",
        WORLD,
        &[
            Do::Pass("8s"),
            Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap()),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "interrupted while what is stuck is being detached",
        WORLD,
        &[
            Do::World("the next attachment will be stuck", |stage| {
                change(stage, |world| world.stick_next_attach(&home()));
            }),
            Do::Until(State::NeedsApproval),
            Do::Approve,
            Do::Pass("2s"),
            Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap()),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "interrupted in the middle of attaching",
        WORLD,
        &[
            Do::Until(State::Working),
            Do::Pass("1s"),
            Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap()),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "interrupted in the wait for the reboot",
        WORLD,
        &[
            Do::Until(State::Working),
            Do::Pass("8s"),
            Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap()),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "interrupted right after the reboot",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap()),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    )
    .ends(State::Ready, 2),
];

#[test]
fn a_machine_that_is_seen_for_the_first_time_is_rebooted_only_on_somebodys_word() {
    play("first-sight", FIRST_SIGHT);
}

#[test]
fn a_reboot_that_is_owed_is_paid_once() {
    play("debt", DEBT);
}

#[test]
fn an_interruption_in_the_middle_begins_anew_on_the_next_instance() {
    play("interrupted", INTERRUPTED);
}

#[tokio::test(start_paused = true)]
async fn the_reboot_comes_ten_seconds_after_the_last_attachment() {
    let stage = Stage::new(&WORLD.concat(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    let (attached, rebooted) = (times_of(&stage, "AttachVolume"), times_of(&stage, "RebootInstances"));
    assert_eq!((attached.len(), rebooted.len()), (1, 1));
    // Attaching itself takes 2.5 s here, and is seen up to two seconds later.
    let delay = age(rebooted[0], attached[0]).saturating_sub(Duration::from_millis(2_500));
    assert!(delay >= Duration::from_secs(10) && delay < Duration::from_secs(15), "{delay:?}");
    let guest = stage.sim.guest(&instance(&stage)).unwrap();
    assert_eq!((guest.reboots_heard, guest.hard_resets), (1, 0));
    engine.stop().await;
}
