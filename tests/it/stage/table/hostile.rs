//! Whatever EC2 says stays text; and addresses that are not there.

use super::*;

const HOSTILE: &str = "a\u{1b}[2J\r\n127.0.0.1 bank.example\u{202e}b";

const ROWS: &[Row] = &[
    Row::new(
        "the instance has no public address",
        &[HOME, REQUEST, "public_address = false"],
        &[Do::Until(State::Working), Do::Until(State::Waiting), Do::Pass("10m")],
    )
    .ends(State::Waiting, 1),
    Row::new(
        "the instance has no public address, and the private one is wanted",
        &[HOME, REQUEST, "public_address = false"],
        &[Do::Until(State::Ready)],
    )
    .config(&[r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.amazonaws.com"]
address = "private"
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#]),
    Row::new(
        "hostile texts in status, tags and zone",
        &[HOME, REQUEST, "capacity = 'capacity-not-available'"],
        &[
            Do::World("somebody writes hostile texts everywhere", |stage| {
                change(stage, |world| {
                    let records = world.records_mut();
                    let request = records.requests.get_mut(&request()).unwrap();
                    request.status.message = HOSTILE.to_owned();
                    request.status.code = HOSTILE.to_owned();
                    request.tags.insert("Name".to_owned(), HOSTILE.to_owned());
                    let volume = records.volumes.get_mut(&home()).unwrap();
                    volume.zone = HOSTILE.to_owned();
                    volume.tags.insert("Name".to_owned(), HOSTILE.to_owned());
                });
            }),
            Do::Pass("1m"),
            Do::World("there is capacity", |stage| capacity(stage, "available")),
            Do::Until(State::Blocked),
        ],
    )
    .ends(State::Blocked, 0),
    Row::new(
        "hostile texts on a machine that comes home all the same",
        WORLD,
        &[
            Do::World("somebody writes hostile texts everywhere", |stage| {
                change(stage, |world| {
                    let records = world.records_mut();
                    records.requests.get_mut(&request()).unwrap().tags.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
                    records.volumes.get_mut(&home()).unwrap().tags.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
                });
            }),
            Do::Until(State::Ready),
            Do::World("EC2 says so, too", |stage| {
                let id = instance(stage);
                change(stage, |world| {
                    let records = world.records_mut();
                    let request = records.requests.get_mut(&request()).unwrap();
                    request.status.message = HOSTILE.to_owned();
                    let instance = records.instances.get_mut(&id).unwrap();
                    instance.state_reason = Some((HOSTILE.to_owned(), HOSTILE.to_owned()));
                    instance.tags.insert("Name".to_owned(), HOSTILE.to_owned());
                    let volume = records.volumes.get_mut(&home()).unwrap();
                    volume.attachments[0].device = HOSTILE.to_owned();
                    volume.attachments[0].delete_on_termination = true;
                });
            }),
            Do::Pass("1m"),
        ],
    ),
    Row::new(
        "EC2 refuses with a hostile sentence",
        &[
            HOME,
            REQUEST,
            r#"
[[fault]]
action = "AttachVolume"
error = "Odd\u001B"
message = "no\u001B[2J\r\n127.0.0.1 bank.example\u202E"
times = 1
"#,
        ],
        &[Do::Until(State::Blocked), Do::Until(State::Ready)],
    ),
];

#[test]
fn what_ec2_says_is_shown_and_does_nothing() {
    play("names-and-texts", ROWS);
}
