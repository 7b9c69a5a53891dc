//! What the request says, and what it leaves to wait for.

use super::*;

/// A request that EC2 holds with this status.
macro_rules! held {
    ($code:literal, $ends:ident) => {
        held!($code, concat!("capacity = '", $code, "'"), $ends)
    };
    ($code:literal, $written:expr, $ends:ident) => {
        Row::new(concat!("held: ", $code), &[HOME, REQUEST, $written], &[Do::Pass("10m")]).ends(State::$ends, 0)
    };
}

const HELD: &[Row] = &[
    held!("pending-evaluation", Waiting),
    held!("not-scheduled-yet", Waiting),
    held!("capacity-not-available", Waiting),
    held!("price-too-low", Waiting),
    held!("launch-group-constraint", Waiting),
    held!("az-group-constraint", Waiting),
    held!("placement-group-constraint", Waiting),
    held!("constraint-not-fulfillable", Blocked),
    held!("pending-fulfillment", Waiting),
    held!("limit-exceeded", Blocked),
    held!("a-code-of-next-year", "capacity = { unknown = 'a-code-of-next-year' }", Waiting),
    Row::new(
        "held without capacity for an hour, then there is some",
        &[HOME, REQUEST, "capacity = 'capacity-not-available'"],
        &[
            Do::Pass("1h"),
            Do::World("there is capacity", |stage| capacity(stage, "available")),
            Do::Until(State::Ready),
        ],
    ),
];

const SEAT: &[Row] = &[
    Row::new(
        "fulfilled, but pending for a minute",
        WORLD,
        &[
            Do::World("instances take a minute to start", |stage| {
                change(stage, |world| world.timing.start = Delay::fixed(Duration::from_mins(1)));
            }),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "a new request that EC2 does not show for 30 seconds",
        &[HOME, REQUEST, "hidden_for = '30s'"],
        &[Do::Until(State::Ready)],
    ),
    Row::new("a request that EC2 does not know", &[HOME], &[Do::Pass("10m")]).ends(State::Blocked, 0),
    Row::new(
        "a volume that EC2 does not know",
        &["[[request]]\nid = 'sir-y1a23b4c'\nzone = 'us-east-1b'"],
        &[Do::Pass("10m")],
    )
    .ends(State::Blocked, 0),
    Row::new(
        "a state that nobody knows",
        &[HOME, REQUEST, "state = 'hovering'\nstatus = 'in-mid-air'\nvalid_in = '10h'"],
        &[Do::Pass("10m")],
    )
    .ends(State::Waiting, 0),
    Row::new(
        "the instance is in the wrong zone",
        &[HOME, REQUEST, "next_zone = 'us-east-1c'"],
        &[Do::Until(State::Blocked), Do::Pass("10m")],
    )
    .ends(State::Blocked, 0),
    Row::new("a request that ends in two days", &[HOME, REQUEST, "valid_for = '48h'"], &[Do::Until(State::Ready)]),
    Row::new(
        "a one-time request, interrupted",
        &[HOME, REQUEST, "kind = 'one-time'"],
        &[Do::Until(State::Ready), INTERRUPTED, Do::Until(State::Blocked)],
    )
    .ends(State::Blocked, 1),
];

const INTERRUPTED: Do =
    Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap());

const LIFE: &[Row] = &[
    Row::new(
        "interrupted and replaced; the open request goes on naming its former instance",
        &[HOME, REQUEST, "[knobs]\nkeeps_instance_id = true"],
        &[Do::Until(State::Ready), Do::Pass("1m"), INTERRUPTED, Do::Until(State::Waiting), Do::Until(State::Ready)],
    )
    .ends(State::Ready, 2),
    Row::new(
        "interrupted and replaced; the open request names no instance",
        &[HOME, REQUEST, "[knobs]\nkeeps_instance_id = false"],
        &[Do::Until(State::Ready), Do::Pass("1m"), INTERRUPTED, Do::Until(State::Waiting), Do::Until(State::Ready)],
    )
    .ends(State::Ready, 2),
    Row::new(
        "the owner terminates the instance",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::Pass("1m"),
            Do::World("the owner terminates the instance", |stage| stage.sim.terminate(&instance(stage)).unwrap()),
            Do::Until(State::Waiting),
            Do::Until(State::Ready),
        ],
    )
    .ends(State::Ready, 2),
    Row::new(
        "the request is cancelled while its instance runs",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::World("the owner cancels the request", |stage| stage.sim.cancel(&request()).unwrap()),
            Do::Pass("10m"),
        ],
    ),
    Row::new(
        "the request is cancelled, and then its instance is taken back",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::World("the owner cancels the request", |stage| stage.sim.cancel(&request()).unwrap()),
            Do::Pass("1m"),
            INTERRUPTED,
            Do::Until(State::Blocked),
        ],
    )
    .ends(State::Blocked, 1),
    Row::new(
        "the request is cancelled before the reboot that is owed",
        WORLD,
        &[
            Do::Until(State::Working),
            Do::Pass("8s"),
            Do::World("the owner cancels the request", |stage| stage.sim.cancel(&request()).unwrap()),
            Do::Pass("10m"),
        ],
    )
    .ends(State::Blocked, 0),
    Row::new(
        "disabled for want of capacity, and started again: same instance, new address",
        &[HOME, REQUEST, "behavior = 'stop'"],
        &[
            Do::Until(State::Ready),
            Do::Pass("1m"),
            Do::World("there is no capacity any more", |stage| capacity(stage, "capacity-not-available")),
            INTERRUPTED,
            Do::Until(State::Waiting),
            Do::Pass("1h"),
            Do::World("there is capacity", |stage| capacity(stage, "available")),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "hibernated without notice, and woken: same instance, new address",
        &[HOME, REQUEST, "behavior = 'hibernate'"],
        // Sooner, it would be in doubt whether the reboot was heard.
        &[Do::Until(State::Ready), Do::Pass("6m"), INTERRUPTED, Do::Until(State::Waiting), Do::Until(State::Ready)],
    ),
    Row::new(
        "stopped by its owner, and started again",
        &[HOME, REQUEST, "behavior = 'stop'"],
        &[
            Do::Until(State::Ready),
            Do::Pass("1m"),
            Do::World("the owner stops the instance", |stage| stage.sim.stop(&instance(stage)).unwrap()),
            Do::Pass("10m"),
            Do::World("the owner starts it again", |stage| stage.sim.start(&instance(stage)).unwrap()),
            Do::Until(State::Ready),
        ],
    ),
    Row::new(
        "the address changes while the instance runs on",
        WORLD,
        &[
            Do::Until(State::Ready),
            Do::World("the owner associates another address", |stage| {
                let id = instance(stage);
                change(stage, |world| {
                    world.records_mut().instances.get_mut(&id).unwrap().public_ip = Some([198, 51, 100, 7].into());
                });
            }),
            Do::Pass("1m"),
        ],
    ),
    Row::new(
        "an instance that EC2 forgets altogether",
        &[HOME, REQUEST, "capacity = 'available'"],
        &[
            Do::Until(State::Ready),
            Do::World("EC2 forgets the instance", |stage| {
                let id = instance(stage);
                change(stage, |world| {
                    let records = world.records_mut();
                    records.instances.remove(&id);
                    records.requests.get_mut(&request()).unwrap().instance = None;
                });
            }),
            Do::Pass("1m"),
        ],
    )
    .ends(State::Waiting, 1),
];

#[test]
fn a_request_that_is_held_is_waited_for_in_its_own_words() {
    play("held", HELD);
}

#[test]
fn a_machine_without_a_seat_is_told_why() {
    play("seat", SEAT);
}

#[test]
fn a_machine_lives_through_what_becomes_of_its_request() {
    play("life", LIFE);
}
