//! A virtual month of one machine that is taken away every four hours or so: see `support/month.rs`. The same seed gives
//! the same figures, which `tests/it/month.rs` holds for half a day.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and cannot go on without its set-up"
)]

#[path = "support/month.rs"]
mod month;
#[path = "support/one_core.rs"]
mod one_core;
#[path = "support/percentiles.rs"]
mod percentiles;

use std::time::Duration;

use month::{Cost, Plan};
use percentiles::report;

/// A month, with the reboot delay that is the default.
const MONTH: Plan = Plan { seed: 1, hours: 30 * 24, reboot_delay: Duration::from_secs(10), more: "" };

fn main() {
    one_core::stay();
    // Cargo's own arguments for benchmarks mean nothing here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let lives = runtime.expect("a runtime").block_on(month::play(MONTH));
    let replacements = lives.len();
    let costs: Vec<Cost> = lives.values().filter_map(|life| life.cost(MONTH.reboot_delay)).collect();
    assert!(costs.len() > 100, "{} of {replacements} interruptions healed", costs.len());
    println!("30 days, seed {}: {replacements} replacements, of which {} came to be usable", MONTH.seed, costs.len());
    report("unusable from the moment at which instance and volume were there", costs.iter().map(|c| c.down).collect());
    report("of that, what spotkeeper answers for", costs.iter().map(|c| c.answered).collect());
}
