//! Every status code that EC2 documents for spot requests, and every reason for an instance's end: a path that reaches it,
//! or why there is none.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::super::{Scenario, World};
use super::bench::{NEW, READY, REQUEST, TIMING, instance, sir};
use crate::model::VolumeId;

/// The documented codes. Source: Amazon EC2 user guide, "Spot request status", of its present and its older editions.
const DOCUMENTED: [&str; 33] = [
    "az-group-constraint",
    "bad-parameters",
    "canceled-before-fulfillment",
    "capacity-not-available",
    "capacity-oversubscribed",
    "constraint-not-fulfillable",
    "fulfilled",
    "instance-stopped-by-experiment",
    "instance-stopped-by-price",
    "instance-stopped-by-user",
    "instance-stopped-no-capacity",
    "instance-terminated-by-experiment",
    "instance-terminated-by-price",
    "instance-terminated-by-schedule",
    "instance-terminated-by-service",
    "instance-terminated-by-user",
    "instance-terminated-launch-group-constraint",
    "instance-terminated-no-capacity",
    "launch-group-constraint",
    "limit-exceeded",
    "marked-for-stop",
    "marked-for-stop-by-experiment",
    "marked-for-termination",
    "not-scheduled-yet",
    "pending-evaluation",
    "pending-fulfillment",
    "placement-group-constraint",
    "price-too-low",
    "request-canceled-and-instance-running",
    "schedule-expired",
    "spot-instance-terminated-by-user",
    "system-error",
    "instance-terminated-capacity-oversubscribed",
];

/// The codes that a request shows because the scenario's `capacity` says so, and never by itself; and why.
const TOLD: [(&str, &str); 6] = [
    ("az-group-constraint", "groups of zones are kept and shown, and no request waits for the others of its group"),
    ("launch-group-constraint", "launch groups are kept and shown, and no request waits for the others of its group"),
    ("placement-group-constraint", "there are no placement groups here"),
    ("limit-exceeded", "there are no quotas of volumes here"),
    ("system-error", "nothing says when EC2 fails so, but that it may"),
    ("capacity-oversubscribed", "historic: replaced by capacity-not-available"),
];

/// The codes that nothing reaches. A scenario's event with `status` shows them all the same.
const UNREACHED: [(&str, &str); 2] = [
    ("spot-instance-terminated-by-user", "an alias of instance-terminated-by-user: nobody saw the two apart"),
    ("instance-terminated-capacity-oversubscribed", "historic: replaced by instance-terminated-no-capacity"),
];

/// The reasons for the end of an instance. Source: EC2 API reference, `StateReason`; service-2 of botocore, `StateReason`.
const REASONS: [&str; 11] = [
    "Client.InstanceInitiatedShutdown",
    "Client.InternalError",
    "Client.InvalidSnapshot.NotFound",
    "Client.UserInitiatedHibernate",
    "Client.UserInitiatedShutdown",
    "Client.VolumeLimitExceeded",
    "Server.InsufficientInstanceCapacity",
    "Server.InternalError",
    "Server.ScheduledStop",
    "Server.SpotInstanceShutdown",
    "Server.SpotInstanceTermination",
];

/// The reasons that no instance has here; and why.
const UNGIVEN: [(&str, &str); 6] = [
    (
        "Client.InternalError",
        "an instance whose volumes EC2 may not decrypt: with a bad key, only attachments fail here",
    ),
    ("Client.InvalidSnapshot.NotFound", "a snapshot that is not there is found when the instance is asked for"),
    ("Client.UserInitiatedHibernate", "StopInstances does not hibernate here: EC2 alone does, when it interrupts"),
    ("Client.VolumeLimitExceeded", "there are no quotas of volumes here"),
    ("Server.InsufficientInstanceCapacity", "who asks without a spot request always gets an instance"),
    ("Server.ScheduledStop", "nothing has maintenance scheduled here"),
];

const PERSISTENT: &str = "persistent";
const ONE_TIME: &str = "one-time";

/// A world, what happens in it, and which `code request-state instance-state` are to be seen on the way.
struct Path {
    world: &'static str,
    kind: &'static str,
    behavior: &'static str,
    /// Keys of the request, knobs and events.
    more: &'static str,
    seen: &'static [&'static str],
}

impl Path {
    const fn ready(
        kind: &'static str,
        behavior: &'static str,
        more: &'static str,
        seen: &'static [&'static str],
    ) -> Self {
        Self { world: READY, kind, behavior, more, seen }
    }

    const fn new(more: &'static str, seen: &'static [&'static str]) -> Self {
        Self { world: NEW, kind: PERSISTENT, behavior: "terminate", more, seen }
    }
}

const PATHS: &[Path] = &[
    Path::new(
        "",
        &[
            "pending-evaluation open -",
            "pending-fulfillment open -",
            "fulfilled active pending",
            "fulfilled active running",
        ],
    ),
    Path::new(
        "valid_in = '1m'",
        &["not-scheduled-yet open -", "pending-evaluation open -", "fulfilled active pending"],
    ),
    Path::new("capacity = 'capacity-not-available'", &["capacity-not-available open -"]),
    Path::new("capacity = 'price-too-low'", &["price-too-low open -"]),
    Path::new("capacity = 'launch-group-constraint'", &["launch-group-constraint open -"]),
    Path::new("capacity = 'az-group-constraint'", &["az-group-constraint open -"]),
    Path::new("capacity = 'placement-group-constraint'", &["placement-group-constraint open -"]),
    Path::new("capacity = 'limit-exceeded'", &["limit-exceeded open -"]),
    Path::new("capacity = 'capacity-oversubscribed'", &["capacity-oversubscribed open -"]),
    Path::new("capacity = 'system-error'", &["system-error closed -"]),
    Path::new("capacity = 'bad-parameters'", &["bad-parameters failed -"]),
    Path::new("capacity = 'bad-parameters'\n[knobs]\nbad_parameters_fail = false", &["bad-parameters closed -"]),
    Path::new("zone = 'us-east-1c'\n[not_offered]\nus-east-1c = ['g5.xlarge']", &["constraint-not-fulfillable open -"]),
    Path::new("capacity = 'price-too-low'\nvalid_for = '5m'", &["schedule-expired cancelled -"]),
    Path::new(
        "capacity = 'price-too-low'\n[[event]]\nat = '1m'\ncancel = 'sir-y1a23b4c'",
        &["canceled-before-fulfillment cancelled -"],
    ),
    // Terminated by EC2: the instance runs on for two minutes while its request is open already.
    Path::ready(
        PERSISTENT,
        "terminate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'",
        &[
            "instance-terminated-no-capacity open running",
            "capacity-not-available open terminated",
            "fulfilled active running",
        ],
    ),
    Path::ready(
        ONE_TIME,
        "terminate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'",
        &["instance-terminated-no-capacity closed running", "instance-terminated-no-capacity closed terminated"],
    ),
    Path::ready(
        PERSISTENT,
        "terminate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'price'",
        &["marked-for-termination active running", "instance-terminated-by-price open shutting-down"],
    ),
    Path::ready(
        ONE_TIME,
        "terminate",
        "[knobs]\nmarks_for_termination = false\n[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'price'",
        &["instance-terminated-by-price closed running", "instance-terminated-by-price closed terminated"],
    ),
    Path::ready(
        PERSISTENT,
        "terminate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'launch-group'",
        &["instance-terminated-launch-group-constraint open running"],
    ),
    Path::ready(
        ONE_TIME,
        "terminate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'schedule'",
        &["instance-terminated-by-schedule closed running", "instance-terminated-by-schedule closed terminated"],
    ),
    Path::ready(
        PERSISTENT,
        "terminate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'experiment'",
        &["instance-terminated-by-experiment open running", "fulfilled active running"],
    ),
    Path::ready(
        PERSISTENT,
        "terminate",
        "[knobs]\nexperiment_reopens = false\n[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'experiment'",
        &["instance-terminated-by-experiment closed running", "instance-terminated-by-experiment closed terminated"],
    ),
    // Stopped by EC2: the same instance comes back.
    Path::ready(
        PERSISTENT,
        "stop",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'",
        &[
            "marked-for-stop active running",
            "marked-for-stop active stopping",
            "instance-stopped-no-capacity disabled stopped",
            "fulfilled active pending",
        ],
    ),
    Path::ready(
        PERSISTENT,
        "hibernate",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'price'",
        &["marked-for-stop active stopping", "instance-stopped-by-price disabled stopped", "fulfilled active running"],
    ),
    Path::ready(
        PERSISTENT,
        "stop",
        "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'experiment'",
        &[
            "marked-for-stop-by-experiment active running",
            "instance-stopped-by-experiment disabled stopped",
            "fulfilled active running",
        ],
    ),
    // What its owner does.
    Path::ready(
        PERSISTENT,
        "terminate",
        "[[event]]\nat = '1m'\nterminate = 'sir-y1a23b4c'",
        &[
            "fulfilled active shutting-down",
            "instance-terminated-by-user open shutting-down",
            "fulfilled active running",
        ],
    ),
    Path::ready(
        ONE_TIME,
        "terminate",
        "[[event]]\nat = '1m'\nterminate = 'sir-y1a23b4c'",
        &["instance-terminated-by-user closed terminated"],
    ),
    Path::ready(
        PERSISTENT,
        "stop",
        "[[event]]\nat = '1m'\nstop = 'sir-y1a23b4c'\n[[event]]\nat = '3m'\nstart = 'sir-y1a23b4c'",
        &[
            "marked-for-stop active stopping",
            "instance-stopped-by-user disabled stopped",
            "pending-evaluation open stopped",
            "fulfilled active pending",
        ],
    ),
    Path::ready(
        PERSISTENT,
        "stop",
        "[[event]]\nat = '1m'\nstop = 'sir-y1a23b4c'\n[[event]]\nat = '3m'\nexpire = 'sir-y1a23b4c'",
        &["instance-stopped-by-user disabled stopped", "instance-stopped-by-user cancelled stopped"],
    ),
    Path::ready(
        PERSISTENT,
        "stop",
        "[[event]]\nat = '1m'\nstop = 'sir-y1a23b4c'\n[[event]]\nat = '3m'\ncancel = 'sir-y1a23b4c'",
        &["instance-terminated-by-service cancelled stopped", "instance-terminated-by-service cancelled terminated"],
    ),
    Path::ready(
        PERSISTENT,
        "terminate",
        "[[event]]\nat = '1m'\ncancel = 'sir-y1a23b4c'\n[[event]]\nat = '5m'\ninterrupt = 'sir-y1a23b4c'",
        &[
            "request-canceled-and-instance-running cancelled running",
            "instance-terminated-no-capacity cancelled running",
        ],
    ),
    Path::ready(
        PERSISTENT,
        "terminate",
        "valid_for = '2m'",
        &["request-canceled-and-instance-running cancelled running"],
    ),
];

/// Everything that the request shows in a quarter of an hour, together with the state of the instance that it had last.
fn seen(world: &mut World, from: u64, to: u64) -> BTreeSet<String> {
    let at = |seconds| Timestamp::UNIX_EPOCH + Duration::from_secs(seconds);
    let look = |second: u64| {
        world.advance_to(at(second));
        let request = world.request(&sir(REQUEST))?;
        let bound = request.bound.as_ref().and_then(|bound| world.instance(bound));
        let instance = bound.map_or_else(|| "-".to_owned(), |bound| bound.state.to_string());
        Some(format!("{} {} {instance}", request.status.code, request.state))
    };
    (from..to).filter_map(look).collect()
}

fn world(path: &Path) -> World {
    let (request, tables) = path.more.split_at(path.more.find('[').unwrap_or(path.more.len()));
    let keys = format!("kind = '{}'\n behavior = '{}'\n {request}\n homes", path.kind, path.behavior);
    let mut text = path.world.replacen("homes", &keys, 1);
    if request.contains("zone") {
        text = text.replacen("zone = 'us-east-1a'\n    kind", "kind", 1);
    }
    let scenario = Scenario::parse(&format!("{TIMING}\n{text}\n{tables}")).unwrap();
    scenario.build(1, Timestamp::UNIX_EPOCH).unwrap()
}

impl Path {
    /// Whether the scenario says this code itself, and the simulator repeats it.
    fn tells(&self, code: &str) -> bool {
        self.more.contains(&format!("capacity = '{code}'"))
    }
}

#[test]
fn every_documented_status_code_is_reached_or_it_is_said_why_not() {
    let (mut reached, mut told) = (BTreeSet::new(), BTreeSet::new());
    for path in PATHS {
        let seen = seen(&mut world(path), 0, 900);
        for expected in path.seen {
            assert!(seen.contains(*expected), "{expected} in {:?} {:?}: {seen:?}", path.behavior, path.more);
        }
        for shown in seen {
            let code = shown.split(' ').next().unwrap();
            if path.tells(code) { &mut told } else { &mut reached }.insert(code.to_owned());
        }
    }
    reached.extend([terminated_by_service(), price_too_low(), bad_parameters()]);
    for code in DOCUMENTED {
        let listed = |list: &[(&str, &str)]| list.iter().any(|(listed, why)| *listed == code && !why.is_empty());
        let stands = (reached.contains(code), told.contains(code) && !reached.contains(code));
        assert_eq!(stands, (!listed(&TOLD) && !listed(&UNREACHED), listed(&TOLD)), "{code}");
    }
    for code in reached.union(&told) {
        assert!(DOCUMENTED.contains(&code.as_str()), "{code} is none of EC2's");
    }
}

/// A request that offers less than the spot price.
fn price_too_low() -> String {
    let mut world = world(&Path::new("", &[]));
    world.records_mut().requests.get_mut(&sir(REQUEST)).unwrap().max_price = Some("0.0001".to_owned());
    assert!(seen(&mut world, 0, 900).contains("price-too-low open -"));
    "price-too-low".to_owned()
}

/// A request whose image is gone when it is to be launched.
fn bad_parameters() -> String {
    let mut world = world(&Path::new("", &[]));
    world.records_mut().requests.get_mut(&sir(REQUEST)).unwrap().launch.image = "ami-00000001".to_owned();
    assert!(seen(&mut world, 0, 900).contains("bad-parameters failed -"));
    "bad-parameters".to_owned()
}

#[test]
fn every_documented_reason_of_an_end_is_given_or_it_is_said_why_not() {
    let mut given = BTreeSet::new();
    let shut_down = Path::ready(PERSISTENT, "terminate", "[[event]]\nat = '1m'\nshut_down = 'sir-y1a23b4c'", &[]);
    let mut worlds: Vec<World> = PATHS.iter().chain([&shut_down]).map(world).collect();
    worlds.push(without_root());
    for mut world in worlds {
        for second in 0..900 {
            world.advance_to(Timestamp::UNIX_EPOCH + Duration::from_secs(second));
            let reasons = world.records().instances.values().filter_map(|instance| instance.state_reason.clone());
            given.extend(reasons.map(|(code, _)| code));
        }
    }
    for reason in REASONS {
        let excused = UNGIVEN.iter().any(|(ungiven, why)| *ungiven == reason && !why.is_empty());
        assert_ne!(given.contains(reason), excused, "{reason}");
    }
    for reason in &given {
        assert!(REASONS.contains(&reason.as_str()), "{reason} is none of EC2's");
    }
}

/// A stopped instance whose root volume was detached cannot be started again.
fn terminated_by_service() -> String {
    let seen = seen(&mut without_root(), 205, 900);
    assert!(seen.contains("instance-terminated-by-service cancelled terminated"), "{seen:?}");
    "instance-terminated-by-service".to_owned()
}

/// A world whose instance EC2 stopped, and somebody detached its root volume.
fn without_root() -> World {
    let mut world = world(&Path::ready(PERSISTENT, "stop", "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'", &[]));
    assert!(seen(&mut world, 0, 205).contains("instance-stopped-no-capacity disabled stopped"));
    let old = instance(super::bench::OLD);
    let root: VolumeId =
        world.records().attached_to(&old).find(|(_, held)| held.device == "/dev/sda1").unwrap().0.id.clone();
    world.detach(&root, None, None, false).unwrap();
    world
}
