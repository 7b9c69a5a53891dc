//! EC2 in trouble: errors, lost answers, views that lag behind.

use super::*;

const INTERRUPTED: Do =
    Do::World("EC2 takes the instance back", |stage| stage.sim.interrupt(&instance(stage)).unwrap());

const THERE_AND_BACK: &[Do] =
    &[Do::Until(State::Ready), Do::Pass("1m"), INTERRUPTED, Do::Until(State::Waiting), Do::Until(State::Ready)];

const LOST: &[Row] = &[
    Row::new(
        "the answer to AttachVolume is lost",
        &[HOME, REQUEST, "[[fault]]\naction = 'AttachVolume'\neffect = 'reply-lost'\ntimes = 1"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "AttachVolume takes effect, but never answers",
        &[HOME, REQUEST, "[[fault]]\naction = 'AttachVolume'\neffect = 'hang-after-effect'\ntimes = 3"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "AttachVolume does not arrive",
        &[HOME, REQUEST, "[[fault]]\naction = 'AttachVolume'\neffect = 'request-lost'\ntimes = 4"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "the answer to RebootInstances is lost",
        &[HOME, REQUEST, "[[fault]]\naction = 'RebootInstances'\neffect = 'reply-lost'\ntimes = 1"],
        &[Do::Until(State::Ready)],
    )
    .ends(State::Ready, 2),
    Row::new(
        "RebootInstances does not arrive",
        &[HOME, REQUEST, "[[fault]]\naction = 'RebootInstances'\neffect = 'request-lost'\ntimes = 1"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "every answer to RebootInstances is lost: two calls, then somebody is asked",
        &[HOME, REQUEST, "[[fault]]\naction = 'RebootInstances'\neffect = 'reply-lost'"],
        &[Do::Until(State::NeedsApproval), Do::Pass("1h"), Do::MarkRebooted, Do::Until(State::Ready)],
    )
    .ends(State::Ready, 2),
    Row::new(
        "RebootInstances is refused twice",
        &[HOME, REQUEST, "[[fault]]\naction = 'RebootInstances'\nerror = 'RequestLimitExceeded'\ntimes = 2"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "the credentials may not attach",
        &[HOME, REQUEST, "[[fault]]\naction = 'AttachVolume'\nerror = 'UnauthorizedOperation'"],
        &[Do::Pass("12m")],
    )
    .ends(State::Blocked, 0),
];

const LOOKS: &[Row] = &[
    Row::new(
        "throttled for five minutes",
        &[HOME, REQUEST, "[[fault]]\nerror = 'RequestLimitExceeded'\nfrom = '14s'\nuntil = '5m'"],
        &[Do::Until(State::Ready)],
    ),
    Row::new(
        "a failed look in between withdraws nothing",
        &[
            HOME,
            REQUEST,
            "[[fault]]\naction = 'DescribeInstances'\nerror = 'InternalError'\nfrom = '2m'\nuntil = '10m'",
        ],
        &[Do::Until(State::Ready), Do::Pass("15m")],
    ),
    Row::new(
        "EC2 answers with a page for people",
        &[HOME, REQUEST, "[[fault]]\naction = 'DescribeVolumes'\neffect = 'garbage'\nfrom = '2m'\nuntil = '4m'"],
        &[Do::Until(State::Ready), Do::Pass("5m")],
    ),
    Row::new(
        "the credentials expire for ten minutes",
        &[HOME, REQUEST, "[[fault]]\nerror = 'RequestExpired'\nfrom = '2m'\nuntil = '12m'"],
        &[Do::Until(State::Ready), Do::Pass("15m")],
    ),
];

const LAG: &[Row] = &[
    Row::new("the view of requests lags by 5 s", &[HOME, REQUEST, "[lag]\nrequests = '5s'"], THERE_AND_BACK)
        .ends(State::Ready, 2),
    Row::new("the view of instances lags by 5 s", &[HOME, REQUEST, "[lag]\ninstances = '5s'"], THERE_AND_BACK)
        .ends(State::Ready, 2),
    Row::new("the view of volumes lags by 5 s", &[HOME, REQUEST, "[lag]\nvolumes = '5s'"], THERE_AND_BACK)
        .ends(State::Ready, 2),
    Row::new(
        "every view lags, each in its own way",
        &[HOME, REQUEST, "[lag]\nrequests = '5s'\ninstances = '3s'\nvolumes = '8s'"],
        THERE_AND_BACK,
    )
    .ends(State::Ready, 2),
];

#[test]
fn a_lost_answer_costs_at_most_one_reboot_more() {
    play("lost-answers", LOST);
}

#[test]
fn a_failed_look_changes_nothing() {
    play("failed-looks", LOOKS);
}

#[test]
fn views_that_lag_behind_lead_to_the_same_end() {
    play("lagging-views", LAG);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_engine_asks_less_often_and_recovers() {
    let throttled = "[[fault]]\nerror = 'RequestLimitExceeded'\nfrom = '1m'\nuntil = '61m'";
    let stage = Stage::new(&[HOME, REQUEST, throttled].join("\n"), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.pass("1m").await;
    let before = stage.sim.calls().len();
    stage.pass("50m").await;
    let calls = stage.sim.calls().len() - before;
    // Each attempt to look makes two calls at once, each attempted three times by the SDK: one in a minute.
    assert!(calls <= 51 * 6, "{calls} calls in 50 minutes");
    assert!(engine.snapshot().look_failure.is_some());
    assert_eq!(engine.state("train"), State::Ready);
    stage.pass("15m").await;
    assert!(engine.snapshot().look_failure.is_none());
    assert_eq!(stage.changes().len(), 2);
    engine.stop().await;
}
