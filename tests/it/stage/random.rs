//! Random worlds: whatever market, calls and people do to one machine, whatever the operator says, and wherever the
//! program is killed.

mod invariants;
mod operator;
mod play;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use spotkeeper::app::Demo;

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
        let stage = Stage::new(&play.scenario(), &play.configuration());
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
                self.operator.say(word, &self.stage, &self.engine, play).await;
            } else {
                self.engine.abort().await;
                self.engine = self.stage.start(play.mode).await;
                self.watch.forget();
                self.operator.forget();
            }
        }
        self.sleep_until(then).await;
    }

    /// Whether all has been well for long enough. The operator is at home now, and says yes to whatever is asked.
    async fn is_over(&mut self) -> bool {
        self.operator.agree(&self.stage, &self.engine).await;
        let well = invariants::end(&self.stage, &self.engine, self.play).is_ok();
        let since = *self.well_since.get_or_insert(self.now());
        if !well {
            self.well_since = None;
        }
        well && self.now().saturating_sub(since) >= WELL
    }

    async fn play(mut self) -> Result<Vec<&'static str>, TestCaseError> {
        while self.now() < TROUBLE + SETTLED {
            self.go_on_until(self.now() + LOOK).await;
            self.watch.world(&self.stage, &self.engine, self.play)?;
        }
        while self.now() < TROUBLE + CALM && !self.is_over().await {
            self.go_on_until(self.now() + LOOK).await;
            self.watch.world(&self.stage, &self.engine, self.play)?;
        }
        self.watch.calls(&self.stage, self.play, &self.operator)?;
        let kept_by = invariants::end(&self.stage, &self.engine, self.play)?;
        self.engine.stop().await;
        Ok(kept_by)
    }
}

/// Plays, and says what was played when something does not hold. Returns what keeps its machines from being ready.
fn try_out(play: &Play) -> Result<Vec<&'static str>, TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let result = runtime.block_on(async { Course::begin(play).await.play().await });
    match result {
        Err(TestCaseError::Fail(why)) => Err(TestCaseError::fail(format!("{why}\n{play}"))),
        other => other,
    }
}

const CASES: u32 = 1_000;

#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
#[test]
fn whatever_happens_to_a_machine_it_is_harmed_by_nothing_and_usable_in_the_end() {
    // What PROPTEST_CASES says goes first.
    let usual = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { CASES };
    let mut runner = TestRunner::new(ProptestConfig { cases, source_file: Some(file!()), ..usual });
    let (ready, kept) = (Cell::new(0_usize), RefCell::new(BTreeMap::<&str, usize>::new()));
    let tried = runner.run(&play(), |play| {
        let kept_by = try_out(&play)?;
        ready.set(ready.get() + usize::from(kept_by.is_empty()));
        for brief in kept_by {
            *kept.borrow_mut().entry(brief).or_default() += 1;
        }
        Ok(())
    });
    if let Err(failed) = tried {
        panic!("{failed}\n{runner}");
    }
    let (ready, kept) = (ready.into_inner(), kept.into_inner());
    println!("{cases} worlds: in {ready} all is ready in the end, in the others machines are kept from it by {kept:?}");
    assert!(cases < 100 || ready > cases as usize / 2, "so many were excused: {kept:?}");
}

proptest! {
    #[test]
    fn every_play_is_a_file_that_the_demonstration_plays(play in play()) {
        let scenario = Scenario::parse(&play.to_string()).unwrap();
        let demo = Demo::new(1.0, Some(scenario)).map_err(TestCaseError::fail)?;
        let homes = |volume: &str| demo.config().machines.iter().any(|it| it.volumes.iter().any(|v| v.id.as_str() == volume));
        prop_assert_eq!(demo.config().machines.len(), play.machines().len());
        prop_assert!(play.machines().iter().all(|machine| homes(machine.volume)));
    }
}

#[test]
fn what_once_went_wrong_goes_well() {
    try_out(&play::known()).unwrap();
}
