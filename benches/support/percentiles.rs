//! Percentiles of many durations: what counts is not the mean but the slow ones.

use std::time::Duration;

/// Prints how these durations are spread, under a heading.
pub(crate) fn report(what: &str, mut taken: Vec<Duration>) {
    taken.sort();
    let at = |share: usize| taken.get((taken.len() * share / 1_000).min(taken.len() - 1)).copied().unwrap_or_default();
    println!("{what}");
    println!(
        "  {} times: median {:.3?}, p90 {:.3?}, p99 {:.3?}, p99.9 {:.3?}, worst {:.3?}",
        taken.len(),
        at(500),
        at(900),
        at(990),
        at(999),
        at(1_000)
    );
}
