//! Signs of life, for as long as the engine's loop really turns.

use std::time::Duration;

use tokio::sync::watch;

/// The least that a service manager has to wait for a sign of life: the loop may rest for five seconds, and a busy
/// computer may take as long again.
pub(super) const LEAST: Duration = Duration::from_secs(10);

/// How many signs of life are given in the time that the manager waits for one: one may be late.
const SIGNS: u32 = 4;

/// Gives a sign of life each time that the loop has just turned, though not more often than the manager's patience
/// needs, until the engine is gone. A loop that does not turn gives none.
pub(super) async fn feed(mut pulse: watch::Receiver<Duration>, patience: Option<Duration>, mut sign: impl FnMut()) {
    let Some(pause) = patience.map(|patience| patience / SIGNS) else { return };
    loop {
        sign();
        tokio::time::sleep(pause).await;
        // A turn from before the pause says nothing of the loop as it is now.
        pulse.mark_unchanged();
        if pulse.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep, timeout};

    use super::*;

    const BEAT: Duration = Duration::from_secs(5);

    /// The seconds at which signs were given in ten minutes, while a loop turned so many times, a beat apart, and then
    /// got stuck.
    async fn signs(patience: Option<Duration>, turns: u64) -> Vec<u64> {
        let began = Instant::now();
        let mut signs = Vec::new();
        let (turned, pulse) = watch::channel(Duration::ZERO);
        let looping = async {
            for _ in 0..turns {
                sleep(BEAT).await;
                turned.send_replace(began.elapsed());
            }
            std::future::pending::<()>().await;
        };
        let fed = feed(pulse, patience, || signs.push(began.elapsed().as_secs()));
        let _ = timeout(Duration::from_mins(10), async { tokio::join!(fed, looping) }).await;
        signs
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_turns_gives_signs_well_within_the_managers_patience() {
        for patience in [LEAST, Duration::from_mins(1), Duration::from_mins(5)] {
            let signs = signs(Some(patience), 120).await;
            assert!(signs.windows(2).all(|two| two[1] - two[0] < patience.as_secs()), "{patience:?}: {signs:?}");
            assert!(signs.last().unwrap() + patience.as_secs() > 600, "{patience:?}: {signs:?}");
            assert!(signs.len() as u64 <= 1 + 600 * 4 / patience.as_secs(), "{patience:?}: {signs:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_stuck_gives_no_sign_any_more() {
        for turns in [0, 1, 6, 7] {
            let signs = signs(Some(Duration::from_mins(1)), turns).await;
            let last_turn = turns * BEAT.as_secs();
            assert!(signs.iter().all(|sign| *sign <= last_turn), "stuck after {last_turn}s: {signs:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_watchdog_no_sign_is_given() {
        assert_eq!(signs(None, 120).await, [0; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn with_the_engine_the_signs_end() {
        let (turned, pulse) = watch::channel(Duration::ZERO);
        drop(turned);
        feed(pulse, Some(LEAST), || ()).await;
    }
}
