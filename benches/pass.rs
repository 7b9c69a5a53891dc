//! What one pass over settled machines costs: the planner alone, and with the look over the embedded EC2 that comes
//! before it. Tokio's clock stands still, so that nothing waits and what is measured is work.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

#[path = "../tests/it/support/fleet.rs"]
mod fleet;

use divan::{Bencher, black_box};
use spotkeeper::config::Mode;
use spotkeeper::model::Now;
use spotkeeper::plan::{self, Authority, Inputs, Memory, Setbacks, Sightings, State, Wishes};
use tokio::runtime::{Builder, Runtime};

use fleet::Fleet;

const MACHINES: [usize; 3] = [1, 200, 1_000];

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

#[divan::bench(args = MACHINES)]
fn planner(bencher: Bencher<'_, '_>, count: usize) {
    let (session, view) = runtime().block_on(async {
        let session = Fleet::new(count).session().await;
        let view = session.view(Mode::Auto).await.expect("EC2 answers");
        (session, view)
    });
    assert!(view.plans.iter().all(|plan| plan.finding.state == State::Ready), "{:?}", view.plans.first());
    let (memory, sightings, setbacks) = (Memory::default(), Sightings::default(), Setbacks::default());
    let wishes = Wishes::default();
    let inputs = Inputs {
        config: &session.config,
        observation: &view.observation,
        memory: &memory,
        sightings: &sightings,
        setbacks: &setbacks,
        authority: Authority { mode: Mode::Auto, yes_to_all: false },
        keeper: None,
        wishes: &wishes,
        now: Now { wall: view.observation.at(), monotonic: std::time::Duration::ZERO },
    };
    bencher.bench_local(|| plan::plan(black_box(&inputs)));
}

#[divan::bench(args = MACHINES, max_time = 10)]
fn whole_pass(bencher: Bencher<'_, '_>, count: usize) {
    let runtime = runtime();
    let (fleet, session) = runtime.block_on(async {
        let fleet = Fleet::new(count);
        let session = fleet.session().await;
        (fleet, session)
    });
    bencher.bench_local(|| runtime.block_on(session.view(Mode::Auto)).expect("EC2 answers"));
    assert!(fleet.looks() > 0);
}
