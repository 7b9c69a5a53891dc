//! What the benchmark of a month measures, tried on half a day: the figures are the same for the same seed, and hide nothing.

#[path = "../../benches/support/month.rs"]
mod bench;

use std::time::Duration;

use bench::{Cost, Plan};

const HALF_A_DAY: Plan = Plan { seed: 1, hours: 12, reboot_delay: Duration::from_secs(10), more: "" };

fn costs(plan: Plan) -> Vec<Cost> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let lives = runtime.block_on(bench::play(plan));
    lives.values().filter_map(|life| life.cost(plan.reboot_delay)).collect()
}

#[test]
fn the_same_seed_gives_the_same_figures_and_spotkeeper_answers_for_seconds() {
    let day = costs(HALF_A_DAY);
    assert_eq!(day, costs(HALF_A_DAY));
    assert_ne!(day, costs(Plan { seed: 2, ..HALF_A_DAY }));
    assert!(day.len() > 1, "{day:?}");
    assert!(day.iter().all(|cost| cost.answered < Duration::from_secs(30) && cost.answered < cost.down), "{day:?}");
}

#[test]
fn a_reboot_that_comes_too_early_to_be_heard_is_answered_for_until_the_reset() {
    let hasty = costs(Plan { reboot_delay: Duration::ZERO, more: "[timing]\nguest_deaf = '1m'", ..HALF_A_DAY });
    assert!(hasty.len() > 1, "{hasty:?}");
    assert!(hasty.iter().all(|cost| cost.answered > Duration::from_mins(4)), "{hasty:?}");
}

#[test]
fn an_attachment_that_is_refused_is_answered_for_until_it_works() {
    let refused = "[[fault]]\naction = 'AttachVolume'\nerror = 'IncorrectState'\nchance = 0.8";
    let (usual, worst) = (costs(HALF_A_DAY), costs(Plan { more: refused, ..HALF_A_DAY }));
    let longest = |costs: &[Cost]| costs.iter().map(|cost| cost.answered).max().unwrap();
    assert!(longest(&worst) > longest(&usual) + Duration::from_secs(10), "{worst:?} {usual:?}");
}
