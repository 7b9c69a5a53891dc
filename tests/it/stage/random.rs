//! Random worlds: whatever market, calls and people do to one machine, whatever the operator says, and wherever the
//! program is killed.

mod invariants;
mod operator;
mod play;

use proptest::prelude::*;

use super::*;
use invariants::Watch;
use operator::Operator;
use play::{CALM, Play, SETTLED, TROUBLE, play};

/// How long apart the looks at the invariants are.
const LOOK: Duration = Duration::from_secs(5);

/// How long all must have been well for a play to end.
const WELL: Duration = Duration::from_secs(45);

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), TestCaseError> {
    if holds { Ok(()) } else { Err(TestCaseError::fail(what())) }
}

/// Everything that a play goes on with.
struct Course<'a> {
    play: &'a Play,
    stage: Stage,
    engine: Running,
    operator: Operator,
    watch: Watch,
    well_since: Option<Duration>,
}

impl<'a> Course<'a> {
    async fn begin(play: &'a Play) -> Self {
        fastrand::seed(play.seed);
        let stage = Stage::new(&play.scenario(), TRAIN);
        let engine = stage.start(play.mode).await;
        Self { play, stage, engine, operator: Operator::default(), watch: Watch::default(), well_since: None }
    }

    fn now(&self) -> Duration {
        self.stage.clock.now().monotonic
    }

    async fn sleep_until(&self, then: Duration) {
        self.stage.clock.sleep(then.saturating_sub(self.now())).await;
    }

    /// Lets whatever is planned for the time until then happen: the operator's words, and deaths of the program.
    async fn go_on_until(&mut self, then: Duration) {
        let (now, play) = (self.now(), self.play);
        let falls = |tenths: u64| (now..then).contains(&Duration::from_millis(tenths * 100));
        let kills = play.kills.iter().filter(|at| falls(**at)).map(|at| (*at, None));
        let words = play.words.iter().filter(|(at, _)| falls(*at)).map(|(at, word)| (*at, Some(word)));
        let mut due: Vec<_> = kills.chain(words).collect();
        due.sort_by_key(|(at, _)| *at);
        for (at, word) in due {
            self.sleep_until(Duration::from_millis(at * 100)).await;
            if let Some(word) = word {
                self.operator.say(word, &self.stage, &self.engine).await;
            } else {
                self.engine.abort().await;
                self.engine = self.stage.start(play.mode).await;
                self.watch.forget();
            }
        }
        self.sleep_until(then).await;
    }

    /// Whether all has been well for long enough. The operator is at home now, and says yes to whatever is asked.
    async fn is_over(&mut self) -> bool {
        self.operator.agree(&self.engine).await;
        let well = invariants::end(&self.stage, &self.engine).is_ok();
        let since = *self.well_since.get_or_insert(self.now());
        if !well {
            self.well_since = None;
        }
        well && self.now().saturating_sub(since) >= WELL
    }

    async fn play(mut self) -> Result<(), TestCaseError> {
        while self.now() < TROUBLE + SETTLED {
            self.go_on_until(self.now() + LOOK).await;
            self.watch.world(&self.stage, &self.engine)?;
        }
        while self.now() < TROUBLE + CALM && !self.is_over().await {
            self.go_on_until(self.now() + LOOK).await;
            self.watch.world(&self.stage, &self.engine)?;
        }
        self.watch.calls(&self.stage, self.play, &self.operator)?;
        invariants::end(&self.stage, &self.engine)?;
        self.engine.stop().await;
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_a_machine_it_is_harmed_by_nothing_and_usable_in_the_end(play in play()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let result = runtime.block_on(async { Course::begin(&play).await.play().await });
        if let Err(TestCaseError::Fail(why)) = &result {
            return Err(TestCaseError::fail(format!("{why}\n{play}")));
        }
        result?;
    }
}
