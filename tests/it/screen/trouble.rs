//! Whole screens when not all is well, symbols and styles, in every size.

use spotkeeper::model::Failure;
use spotkeeper::protocol::PauseReason;
use spotkeeper::sim::{Effect, Fault};

use super::whole::{compare, fates};
use super::*;

#[tokio::test(start_paused = true)]
async fn before_the_first_answer_it_is_loading_and_not_empty() {
    let mut watched = Watched::begin(fates::WORLD, fates::machines(), Mode::Confirm).await;
    watched.pass(BEAT).await;
    compare("loading", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_cannot_be_made_says_why_and_shows_no_data() {
    let mut watched = Watched::begin(fates::WORLD, fates::machines(), Mode::Confirm).await;
    watched.take(News::Gone).await;
    compare("no-engine", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_long_is_late_and_one_that_fails_makes_the_data_stale() {
    let mut watched = fates(COLOURFUL).await;
    watched.stage.sim.inject(Fault::new(Effect::Hang));
    watched.until_shown("late 7s").await;
    compare("late", &watched.in_every_size().await);
    watched.until_shown("STALE").await;
    compare("stale", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn throttling_shows_the_interval_that_is_in_force_and_look_now_queues_nothing() {
    let mut watched = fates(COLOURFUL).await;
    watched.stage.sim.inject(Fault::error("RequestLimitExceeded"));
    watched.until_shown("THROTTLED").await;
    compare("throttled", &watched.in_every_size().await);
    watched.press("r").await;
    watched.until_shown("throttled").await;
    compare("throttled-look-now", &watched.text());
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_halt_with_the_command_that_renews_them_until_they_are_renewed() {
    let mut watched = fates(COLOURFUL).await;
    watched.stage.sim.inject(Fault::error("RequestExpired"));
    watched.until_shown("STALE").await;
    compare("expired", &watched.in_every_size().await);
    watched.stage.sim.clear_faults();
    watched.until_shown("live").await;
    assert!(!watched.text().contains("TROUBLE"), "{}", watched.text());
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_is_denied_for_looking_is_named() {
    let mut watched = fates(COLOURFUL).await;
    watched.stage.sim.inject(Fault::error("UnauthorizedOperation").on("DescribeVolumes"));
    watched.until_shown("STALE").await;
    compare("denied-look", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_is_denied_for_one_action_marks_that_machine_alone() {
    let mut watched = fates(COLOURFUL).await;
    watched.stage.sim.inject(Fault::error("UnauthorizedOperation").on("AttachVolume"));
    watched.press("p a").await;
    watched.pass(Duration::from_secs(10)).await;
    watched.press("Esc").await;
    compare("denied-action", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_is_told_where_everybody_looks() {
    let mut watched = fates(COLOURFUL).await;
    let failure = Failure::local("writing the journal /state/train.jsonl", "No space left on device (os error 28)");
    watched.pretend(|snapshot| snapshot.journal_failure = Some(failure)).await;
    compare("journal", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn who_holds_the_lock_is_said_and_this_copy_only_watches() {
    fastrand::seed(1);
    let stage = Stage::new(fates::WORLD, fates::machines());
    let screen = screen(&stage, COLOURFUL).await;
    let engine = stage.watch().await;
    let mut watched = Watched { stage, engine, screen, sent: Vec::new(), logs: false };
    let held = "another spotkeeper on buildbox, process 4711, keeps train: it holds the lock";
    watched.take(News::Connected(Some(held.to_owned()))).await;
    watched.until_shown("NO CAPACITY").await;
    compare("watching", &watched.in_every_size().await);
    watched.pass(Duration::from_secs(5)).await;
    for (keys, word) in [("A", "attach"), ("m", "mode"), ("!", "pause"), ("U", "name")] {
        watched.press(keys).await;
        let text = watched.text();
        assert!(text.contains(&format!("\n {word}: this session only watches")), "{keys}: {text}");
    }
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_does_not_turn_is_stuck_and_never_auto() {
    let mut watched = Watched::begin(fates::WORLD, fates::machines(), Mode::Auto).await;
    watched.until_shown("AUTO").await;
    watched.pass(Duration::from_secs(5)).await;
    watched.engine.abort().await;
    for _ in 0..320 {
        watched.stage.clock.sleep(BEAT).await;
        watched.screen.at(watched.stage.clock.now());
    }
    let shown = watched.in_every_size().await;
    assert!(!shown.contains("AUTO "), "{shown}");
    compare("stuck", &shown);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_screen_says_so_and_a_paused_engine_too() {
    let mut watched = fates(COLOURFUL).await;
    watched.press("f").await;
    watched.pass(Duration::from_secs(6)).await;
    compare("frozen", &watched.in_every_size().await);
    watched.press("A").await;
    watched.until_shown("attach: the screen is frozen").await;
    watched.press("f !").await;
    watched.until_shown("PAUSED").await;
    watched.pass(Duration::from_secs(6)).await;
    compare("paused", &watched.in_every_size().await);
    watched.press("!").await;
    compare("resume", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_pause_with_a_banner() {
    let mut watched = fates(COLOURFUL).await;
    let reason = PauseReason::AccountChanged { from: "123456789012".into(), to: "999999999999".into() };
    watched.pretend(|snapshot| snapshot.paused = Some(reason)).await;
    compare("account", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn quitting_asks_in_auto_mode_and_not_in_confirm_mode() {
    let mut watched = Watched::begin(fates::WORLD, fates::machines(), Mode::Auto).await;
    watched.until_shown("AUTO").await;
    watched.press("q").await;
    watched.until_shown("Quit?").await;
    compare("quit", &watched.in_every_size().await);
    let mut watched = fates(COLOURFUL).await;
    watched.wants();
    watched.press("q").await;
    assert_eq!(watched.wants(), ["Quit { at_once: false }"]);
}
