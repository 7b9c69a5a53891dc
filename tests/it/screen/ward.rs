//! An examination on the screen.

use spotkeeper::model::RequestKind;
use spotkeeper::sim::{Effect, Fault};

use super::whole::{compare, fates};
use super::*;
use crate::stage::{RUNNING, TRAIN};

/// Lets the doctor see everything, and plants something to be found: two faults, and a warning. Another one is that of the
/// default group, which lets nobody in.
fn sicken(stage: &Stage, request: &str, volume: &str) {
    stage.sim.restrict_to(None);
    let soon = stage.now() + jiff::SignedDuration::from_hours(48);
    stage.sim.with_world(|world| {
        let records = world.records_mut();
        let request = records.requests.get_mut(&request.parse().unwrap()).unwrap();
        request.kind = RequestKind::OneTime;
        request.valid_until = Some(soon);
        records.volumes.get_mut(&volume.parse().unwrap()).unwrap().multi_attach = true;
    });
}

/// The same without what differs from run to run: the number of this process, and where its files are.
fn steady(screen: &str) -> String {
    let differing = ["lock  train", "hosts-file", "ssh-config", "state-folder"];
    let lines = screen.lines().map(|line| {
        let at = differing.iter().find_map(|check| line.find(check).map(|at| at + check.len()));
        at.and_then(|at| line.get(..at)).unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The six machines, of which the first is not as it should be.
async fn sick() -> Watched {
    let watched = fates(COLOURFUL).await;
    sicken(&watched.stage, "sir-train001", "vol-0a71b20c19d3e4f58");
    watched
}

#[tokio::test(start_paused = true)]
async fn an_examination_shows_the_worst_first_and_of_the_selected_verdict_what_mends_it() {
    let mut watched = sick().await;
    watched.press_at_once("D").await;
    compare("doctor-examining", &watched.text());
    watched.until_shown(": 2 faults, 2 warnings").await;
    compare("doctor", &steady(&watched.in_every_size().await));
    watched.press("G").await;
    compare("doctor-last", &steady(&watched.text()));
}

#[tokio::test(start_paused = true)]
async fn of_a_verdict_that_refers_to_another_the_commands_that_mend_both_are_copied() {
    let mut watched = sick().await;
    watched.press("D").await;
    watched.until_shown(": 2 faults").await;
    watched.press("j j").await;
    let text = watched.text();
    assert!(text.contains(">⚠ warning request-expiry") && text.contains("the one new request that is shown"), "{text}");
    watched.wants();
    watched.press("c").await;
    let wants = watched.wants();
    let copied: Vec<&String> = wants.iter().filter(|want| want.starts_with("Copy")).collect();
    assert!(matches!(copied[..], [only] if only.contains("aws ec2 request-spot-instances")), "{copied:?}");
}

#[tokio::test(start_paused = true)]
async fn in_ascii_and_read_only_it_is_all_there() {
    let mut watched =
        Watched::begin_with(RUNNING, TRAIN, Mode::ReadOnly, Looks { colours: false, ascii: true, profile: None }).await;
    sicken(&watched.stage, "sir-y1a23b4c", "vol-e123456f");
    watched.until_shown("train").await;
    watched.press("D j k").await;
    watched.until_shown(": 2 faults").await;
    let text = watched.text();
    assert!(text.is_ascii() && text.contains("x fault"), "{text}");
    assert!(watched.stage.sim.mutating_calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn before_anything_is_known_the_first_machine_can_be_examined_and_says_that_nothing_is_shown() {
    fastrand::seed(1);
    let stage = Stage::new(RUNNING, TRAIN);
    stage.sim.inject(Fault::error("RequestExpired"));
    let screen = screen(&stage, COLOURFUL).await;
    let engine = stage.start(Mode::Confirm).await;
    let mut watched = Watched { stage, engine, screen, sent: Vec::new(), logs: false };
    watched.take(News::Connected(None)).await;
    watched.press("D").await;
    watched.until_shown("EC2 showed nothing: ").await;
    watched.press("G").await;
    watched.until_shown("ok      hosts-file").await;
}

#[tokio::test(start_paused = true)]
async fn the_screen_goes_on_while_an_examination_takes_its_time() {
    let mut watched = fates(COLOURFUL).await;
    watched.stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(8))).on("DescribeImages"));
    watched.press("D Esc j").await;
    assert!(watched.text().contains(">↻ sweep"), "{}", watched.text());
    watched.pass(Duration::from_secs(20)).await;
    assert!(!watched.text().contains("Doctor: "), "what was closed comes up by itself\n{}", watched.text());
}

#[tokio::test(start_paused = true)]
async fn every_line_of_a_long_verdict_can_be_scrolled_to() {
    let mut watched = sick().await;
    watched.resize((60, 15)).await;
    watched.press("D j j g").await;
    watched.until_shown(": 2 faults").await;
    let mut seen = String::new();
    for _ in 0..200 {
        seen.push_str(&watched.text());
        watched.press_at_once("j").await;
    }
    for check in ["request-persistent", "request-exists", "hooks", "cancel-spot-instance-requests", "spot_request = "] {
        let solid = |text: &str| text.replace(['\n', ' ', '║'], "");
        assert!(solid(&seen).contains(&solid(check)), "{check} is never in sight");
    }
}
