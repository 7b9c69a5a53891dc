//! The home volume on its way to the instance.

use super::*;

const OTHER_RUNS: &str = r#"
[[instance]]
id = "i-0000000a"
zone = "us-east-1b"
age = "24h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdf" }]
"#;

const OTHER_LIVES_WITH_IT: &str = r#"
[[request]]
id = "sir-z1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0000000a"
age = "24h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdf" }]
"#;

const OTHER_STOPPED: &str = r#"
[[instance]]
id = "i-0000000a"
zone = "us-east-1b"
age = "24h"
state = "stopped"
attached = [{ volume = "vol-e123456f", device = "/dev/sdf" }]
"#;

/// A machine with a second volume.
const TWO: &str = r#"
[[machine.volume]]
id = "vol-d123456f"
device = "/dev/sdo"
"#;

const HOMES: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[volume]]
id = "vol-d123456f"
zone = "us-east-1b"
state = "creating"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f", "vol-d123456f"]
"#;

/// The first attachment of the home stays `attaching` for ever.
const STUCK: Do = Do::World("the next attachment will be stuck", |stage| {
    change(stage, |world| world.stick_next_attach(&home()));
});

const WHOSE: &[Row] = &[
    Row::new("the volume is free", WORLD, &[Do::Until(State::Ready)]).in_full(),
    Row::new(
        "the replacement comes early, while the draining instance still holds the volume",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::Pass("1m"),
            Do::World("EC2 takes the instance back, and has another at once", |stage| {
                stage.sim.interrupt_with_early_replacement(&instance(stage)).unwrap();
            }),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    )
    .ends(State::Ready, 2),
    Row::new(
        "a draining instance that holds the volume for longer than five minutes",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::Pass("1m"),
            Do::World("EC2 takes the instance back, has another at once, and shuts down slowly", |stage| {
                change(stage, |world| world.timing.shutdown = Delay::fixed(Duration::from_mins(10)));
                stage.sim.interrupt_with_early_replacement(&instance(stage)).unwrap();
            }),
            Do::Until(State::NeedsApproval),
            Do::Until(State::Ready),
        ],
    )
    .ends(State::Ready, 2),
    Row::new(
        "the volume is on another running instance, until its owner detaches it",
        &[HOME, OTHER_RUNS, REQUEST],
        &[
            Do::Until(State::Blocked),
            Do::Pass("1h"),
            Do::World("the owner detaches it", |stage| {
                let detach = "Action=DetachVolume&Version=2016-11-15&VolumeId=vol-e123456f&InstanceId=i-0000000a";
                let _ = stage.sim.serve("", detach.as_bytes());
            }),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "the volume is on a stopped instance",
        &[HOME, OTHER_STOPPED, REQUEST],
        &[Do::Until(State::NeedsApproval), Do::Pass("1h"), Do::Approve, Do::Until(State::Ready)],
    ),
    Row::new(
        "the volume is on a stopped instance, and the operator declines",
        &[HOME, OTHER_STOPPED, REQUEST],
        &[Do::Until(State::NeedsApproval), Do::Decline, Do::Until(State::Waiting), Do::Away("1m"), Do::Pass("1h")],
    )
    .ends(State::Waiting, 0),
    Row::new(
        "the volume is mounted on another machine's instance, where somebody detaches it, until that is rebooted",
        &[HOME, OTHER_LIVES_WITH_IT, REQUEST],
        &[
            Do::Until(State::Blocked),
            Do::World("somebody detaches it", |stage| {
                let detach = "Action=DetachVolume&Version=2016-11-15&VolumeId=vol-e123456f&InstanceId=i-0000000a";
                let _ = stage.sim.serve("", detach.as_bytes());
            }),
            Do::Pass("1h"),
            Do::World("the other instance is rebooted", |stage| {
                let reboot = "Action=RebootInstances&Version=2016-11-15&InstanceId.1=i-0000000a";
                let _ = stage.sim.serve("", reboot.as_bytes());
            }),
            Do::Until(State::Ready),
        ],
    )
    .ends(State::Ready, 2),
    Row::new("the volume has Multi-Attach enabled", &[HOME, "multi_attach = true", REQUEST], &[Do::Pass("10m")])
        .ends(State::Blocked, 0),
    Row::new(
        "somebody deletes the volume",
        &[HOME, REQUEST, "capacity = 'capacity-not-available'"],
        &[
            Do::Pass("1m"),
            Do::World("somebody deletes the volume", |stage| stage.sim.delete_volume(&home()).unwrap()),
            Do::Pass("1m"),
        ],
    )
    .ends(State::Blocked, 0),
    Row::new("the volume is in the error state", &[HOME, "state = 'error'", REQUEST], &[Do::Pass("10m")])
        .ends(State::Blocked, 0),
];

const SEVERAL: &[Row] = &[
    Row::new(
        "three volumes are attached to the instance, of which only the last is the machine's",
        &[
            HOME,
            "[[volume]]\nid = 'vol-a123456f'\nzone = 'us-east-1b'\n[[volume]]\nid = 'vol-b123456f'\nzone = 'us-east-1b'",
            REQUEST,
            r#"
[request.instance]
age = "6h"
attached = [
    { volume = "vol-a123456f", device = "/dev/sdf" },
    { volume = "vol-b123456f", device = "/dev/sdg" },
    { volume = "vol-e123456f", device = "/dev/sdp" },
]
"#,
        ],
        &[Do::Pass("10m")],
    )
    .ends(State::Ready, 0),
    Row::new(
        "two volumes, of which one is five minutes late",
        &[HOMES],
        &[Do::Until(State::Ready)],
    )
    .config(&[TRAIN, TWO]),
    Row::new(
        "two volumes, of which one is lost",
        &[HOMES],
        &[
            Do::World("the hardware of the second fails", |stage| {
                change(stage, |world| {
                    let lost = "vol-d123456f".parse().unwrap();
                    world.records_mut().volumes.get_mut(&lost).unwrap().state = "error".into();
                });
            }),
            Do::Pass("1h"),
        ],
    )
    .config(&[TRAIN, TWO])
    .ends(State::Blocked, 0),
    Row::new(
        "two volumes, of which one can never be attached, as EC2 may not use its key",
        &[HOMES],
        &[
            Do::World("the second is made, with a key that EC2 may not use", |stage| {
                change(stage, |world| {
                    let locked = "vol-d123456f".parse().unwrap();
                    world.records_mut().volumes.get_mut(&locked).unwrap().state = "available".into();
                    world.take_key(&locked);
                });
            }),
            Do::Until(State::Blocked),
            Do::Pass("1h"),
        ],
    )
    .config(&[TRAIN, TWO])
    .ends(State::Blocked, 0),
    Row::new(
        "the device name is taken by another volume",
        &[
            HOME,
            "[[volume]]\nid = 'vol-a123456f'\nzone = 'us-east-1b'",
            REQUEST,
            "[request.instance]\nage = '1m'\nattached = [{ volume = 'vol-a123456f', device = '/dev/sdp' }]",
        ],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "the device name is taken, though EC2 does not list it",
        &[HOME, REQUEST, "hidden_devices = ['/dev/sdp']"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "the instance cannot take another volume",
        &[HOME, REQUEST, "[knobs]\nattachment_limit = 1"],
        &[Do::Pass("10m")],
    )
    .ends(State::Blocked, 0),
    Row::new(
        "the volume would be deleted with the instance",
        &[
            HOME,
            REQUEST,
            r#"
[request.instance]
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp", delete_on_termination = true }]
"#,
        ],
        &[Do::Pass("10m")],
    )
    .ends(State::Ready, 0),
];

const STUCK_ROWS: &[Row] = &[
    Row::new(
        "attaching gets stuck, and detaching is asked for by default",
        WORLD,
        &[STUCK, Do::Until(State::NeedsApproval), Do::Pass("10m"), Do::Approve, Do::Until(State::Ready)],
    ),
    Row::new("attaching gets stuck, and detaching is done unasked", WORLD, &[STUCK, Do::Until(State::Ready)])
        .config(&["[policy]\ndetach = 'auto'", TRAIN]),
    Row::new(
        "attaching gets stuck under every name",
        &[HOME, REQUEST, "[knobs]\nattach_sticks = 1.0"],
        &[Do::Until(State::Blocked), Do::Pass("1h")],
    )
    .config(&["[policy]\ndetach = 'auto'", TRAIN])
    .ends(State::Blocked, 0),
];

#[test]
fn a_volume_is_taken_from_nobody_who_means_to_have_it() {
    play("whose-volume", WHOSE);
}

#[test]
fn several_volumes_and_their_device_names_come_to_the_instance() {
    play("several-volumes", SEVERAL);
}

#[test]
fn an_attachment_that_is_stuck_is_tried_again_under_another_name() {
    play("stuck", STUCK_ROWS);
}

#[tokio::test(start_paused = true)]
async fn an_attachment_has_ninety_seconds_before_it_is_stuck() {
    let stage = Stage::new(&WORLD.concat(), &["[policy]\ndetach = 'auto'", TRAIN].concat());
    change(&stage, |world| world.stick_next_attach(&home()));
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    let (attached, detached) = (times_of(&stage, "AttachVolume"), times_of(&stage, "DetachVolume"));
    assert_eq!((attached.len(), detached.len()), (2, 1));
    let patience = age(detached[0], attached[0]);
    assert!(patience > Duration::from_secs(90) && patience < Duration::from_secs(95), "{patience:?}");
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_holder_on_its_way_out_has_five_minutes_before_somebody_is_asked() {
    let stage = Stage::new(&WORLD.concat(), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    change(&stage, |world| world.timing.shutdown = Delay::fixed(Duration::from_hours(1)));
    stage.sim.interrupt_with_early_replacement(&instance(&stage)).unwrap();
    stage.until("the replacement to run", || engine.reason("train").contains("is still held by")).await;
    let begin = stage.now();
    engine.until_state("train", State::NeedsApproval).await;
    let patience = stage.since(begin);
    assert!(patience >= Duration::from_mins(5) && patience < Duration::from_secs(305), "{patience:?}");
    stage.pass("10m").await;
    assert!(times_of(&stage, "DetachVolume").is_empty());
    engine.stop().await;
}
