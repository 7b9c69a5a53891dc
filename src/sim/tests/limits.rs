//! What a call can ask for at most, and how long the largest of them may keep the others waiting.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::super::{Delivery, Scenario, Sim};
use crate::clock::Clock;

fn sim(scenario: &str) -> Sim {
    let clock = Clock::standing_at("2026-01-01T00:00:00Z".parse().unwrap());
    Sim::new(&Scenario::parse(scenario).unwrap(), 1, clock).unwrap()
}

/// Status and code of the answer, and the number of things in it.
fn answer(sim: &Sim, body: &str) -> (u16, String, usize) {
    let Delivery::Reply(reply) = sim.serve("", body.as_bytes()).delivery else { panic!("no reply") };
    let code = reply.body.split_once("<Code>").map_or("", |(_, rest)| rest.split('<').next().unwrap());
    (reply.status, code.to_owned(), reply.body.matches("<instanceId>").count())
}

fn image(sim: &Sim) -> String {
    sim.with_world(|world| world.usual_launch("m5.large").image)
}

#[test]
fn the_longest_lists_are_read_in_one_go() {
    let sim = sim("");
    let mut filters = "Action=DescribeVolumes".to_owned();
    for n in 1..=18_000 {
        write!(filters, "&Filter.{n}.Name=volume-id&Filter.{n}.Value.1=*").unwrap();
    }
    let mut tags = format!("Action=RunInstances&MinCount=1&MaxCount=1&InstanceType=m5.large&ImageId={}", image(&sim));
    for n in 1..=10_000 {
        write!(tags, "&TagSpecification.{n}.ResourceType=volume&TagSpecification.{n}.Tag.1.Key=k{n}").unwrap();
    }
    let begin = Instant::now();
    assert_eq!(answer(&sim, &filters), (400, "FilterLimitExceeded".to_owned(), 0));
    let _ = answer(&sim, &tags);
    // It took a minute and a half when each list was looked for among all parameters.
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

#[test]
fn more_than_an_account_can_have_is_refused_by_its_limits_whatever_the_buckets_hold() {
    let sim = sim("[knobs]\ninstance_limit = 3");
    let image = image(&sim);
    let run = |count: u32| {
        answer(&sim, &format!("Action=RunInstances&MinCount=1&MaxCount={count}&InstanceType=m5.large&ImageId={image}"))
    };
    assert_eq!(run(u32::MAX), (400, "InstanceLimitExceeded".to_owned(), 0));
    sim.advance(Duration::from_hours(1));
    assert_eq!(run(2), (200, String::new(), 2));
    assert_eq!(run(2), (400, "InstanceLimitExceeded".to_owned(), 0));
    assert_eq!(run(1), (200, String::new(), 1));
    let gone: Vec<_> = sim.with_world(|world| world.records().instances.keys().cloned().collect());
    for id in &gone {
        sim.terminate(id).unwrap();
    }
    assert_eq!(run(3), (200, String::new(), 3), "what is on its way out does not count");
    let request = format!(
        "Action=RequestSpotInstances&InstanceCount=100000&LaunchSpecification.ImageId={image}\
         &LaunchSpecification.InstanceType=m5.large"
    );
    assert_eq!(answer(&sim, &request), (400, "MaxSpotInstanceCountExceeded".to_owned(), 0));
    assert_eq!(answer(&sim, &request.replace("100000", "1000")).0, 200);
}
