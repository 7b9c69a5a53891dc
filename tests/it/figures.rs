//! How many calls the program makes: counted, never timed.

use std::time::Duration;

use spotkeeper::config::Mode;
use spotkeeper::engine::Options;
use spotkeeper::plan::State;
use spotkeeper::protocol::Command;
use spotkeeper::sim::{SHIPPED_POLICY, Scenario, Sim};

use crate::binary::world::{HANGING, World};
use crate::support::binary::Place;
use crate::support::embedded::served_by;
use crate::support::fleet::{self, Fleet};
use crate::support::proxy::{Call, Proxy};

/// How many values EC2 takes in one filter.
const VALUES: usize = 200;

/// How many calls one look takes at so many machines of one volume, all settled.
async fn calls_of_a_pass(count: usize) -> usize {
    let fleet = Fleet::new(count);
    let view = fleet.session().await.view(Mode::Auto).await.unwrap();
    assert_eq!(view.plans.len(), count);
    let unsettled = view.plans.iter().find(|plan| plan.finding.state != State::Ready || !plan.steps.is_empty());
    assert!(unsettled.is_none(), "{unsettled:?}");
    fleet.looks()
}

#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
#[tokio::test(start_paused = true)]
async fn a_pass_takes_three_describe_calls_up_to_200_machines_and_three_more_for_each_200_more() {
    for (count, calls) in [(1, 3), (200, 3), (201, 6), (1_000, 15)] {
        let made = calls_of_a_pass(count).await;
        println!("{count} machines of one volume each: {made} Describe calls a pass");
        assert_eq!(made, calls, "{count} machines");
    }
}

#[tokio::test(start_paused = true)]
async fn at_rest_the_engine_makes_one_such_pass_each_steady_interval_and_changes_nothing() {
    let fleet = Fleet::new(200);
    let options = Options { mode: Mode::Auto, yes_to_all: false, mode_is_fixed: true };
    let (engine, handle, _) = fleet.session().await.acting_engine(options).unwrap();
    let running = tokio::spawn(engine.run());
    // By default there is a look every 15 seconds, the first one at once.
    tokio::time::sleep(Duration::from_millis(14_900)).await;
    assert_eq!(fleet.looks(), 3);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(fleet.looks(), 3 + 8 * 3);
    assert!(fleet.sim.mutating_calls().is_empty(), "{:?}", fleet.sim.mutating_calls());
    assert!(handle.snapshots.borrow().at_rest);
    handle.commands.send(Command::Stop).await.unwrap();
    running.await.unwrap();
}

/// That a call which looks says what it wants by filters, and takes the answer in pages.
fn assert_filtered(call: &Call) {
    let names: Vec<_> = call.fields.keys().filter(|field| field.starts_with("Filter.")).collect();
    assert!(call.fields.contains_key("Filter.1.Name"), "no filter in {call:?}");
    assert!(names.len() <= VALUES + 1, "{} values at once", names.len() - 1);
    assert_eq!(call.field("MaxResults"), "1000", "{:?}", call.fields.keys());
    for ids in ["InstanceId", "VolumeId", "SpotInstanceRequestId"] {
        let listed = call.fields.keys().find(|field| field.starts_with(ids));
        assert!(listed.is_none(), "{listed:?}: one unknown id would fail the whole call");
    }
}

/// The calls that look, each of them as it should be.
fn looks(proxy: &Proxy) -> Vec<Call> {
    let looks: Vec<_> = proxy.calls().into_iter().filter(|call| call.action.starts_with("Describe")).collect();
    looks.iter().for_each(assert_filtered);
    looks
}

#[test]
fn every_describe_call_of_a_story_filters_and_pages_and_lists_no_ids() {
    let world = World::new(HANGING);
    let outcome = world.run(&["once", "--yes"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    // With the looks before attaching, rebooting and publishing.
    assert!(looks(&world.proxy).len() > 12);
}

#[test]
fn every_describe_call_for_many_machines_filters_and_pages_and_lists_no_ids() {
    let mut scenario = Scenario::parse(&fleet::scenario(250, 1)).unwrap();
    scenario.policy = Some(SHIPPED_POLICY.to_owned());
    let sim = Sim::new(&scenario, 1, spotkeeper::clock::Clock::real()).unwrap();
    let proxy = Proxy::start(served_by(sim));
    let place = Place::new(&proxy.url());
    place.configure(&fleet::machines(250, 1));
    let outcome = place.run(&["status"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(looks(&proxy).len(), 6);
}
