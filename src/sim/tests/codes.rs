//! Every status code that EC2 documents for spot requests: a path that reaches it, or why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::super::{Scenario, World};
use super::bench::{NEW, READY, REQUEST, TIMING, instance, sir};
use crate::model::VolumeId;

/// The documented codes. Source: Amazon EC2 user guide, "Spot request status".
const DOCUMENTED: [&str; 32] = [
    "az-group-constraint",
    "bad-parameters",
    "canceled-before-fulfillment",
    "capacity-not-available",
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
    // The page names it in its prose, as what a request shows whose instance was terminated for want of capacity.
    "instance-terminated-capacity-oversubscribed",
];

/// The codes that no path reaches by itself. A scenario's event with `status` shows them all the same.
const UNREACHED: [(&str, &str); 2] = [
    ("spot-instance-terminated-by-user", "an alias of instance-terminated-by-user: nobody saw the two apart"),
    ("instance-terminated-capacity-oversubscribed", "historic: replaced by instance-terminated-no-capacity"),
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

#[test]
fn every_documented_status_code_is_reached_or_it_is_said_why_not() {
    let mut reached: BTreeMap<String, usize> = BTreeMap::new();
    for path in PATHS {
        let seen = seen(&mut world(path), 0, 900);
        for expected in path.seen {
            assert!(seen.contains(*expected), "{expected} in {:?} {:?}: {seen:?}", path.behavior, path.more);
        }
        for shown in seen {
            *reached.entry(shown.split(' ').next().unwrap().to_owned()).or_default() += 1;
        }
    }
    reached.extend([(terminated_by_service(), 1)]);
    for code in DOCUMENTED {
        let excused = UNREACHED.iter().any(|(unreached, _)| *unreached == code);
        assert_ne!(reached.contains_key(code), excused, "{code}");
    }
    for code in reached.keys() {
        assert!(DOCUMENTED.contains(&code.as_str()), "{code} is none of EC2's");
    }
}

/// A stopped instance whose root volume was detached cannot be started again.
fn terminated_by_service() -> String {
    let mut world = world(&Path::ready(PERSISTENT, "stop", "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'", &[]));
    assert!(seen(&mut world, 0, 205).contains("instance-stopped-no-capacity disabled stopped"));
    let old = instance(super::bench::OLD);
    let root: VolumeId =
        world.records().attached_to(&old).find(|(_, held)| held.device == "/dev/sda1").unwrap().0.id.clone();
    world.detach(&root, None, None, false).unwrap();
    let seen = seen(&mut world, 205, 900);
    assert!(seen.contains("instance-terminated-by-service cancelled terminated"), "{seen:?}");
    "instance-terminated-by-service".to_owned()
}
