//! What stands between a key and the world.

use spotkeeper::sim::{Effect, Fault};

use super::*;
use crate::stage::{RUNNING, TRAIN};

const ATTACHED: &str = "AttachVolume vol-e123456f i-0000000a /dev/sdp";
const TWO_RUNNING: &str = r#"
[[volume]]
id = "vol-00000001"
zone = "us-east-1b"
[[volume]]
id = "vol-00000002"
zone = "us-east-1b"
[[request]]
id = "sir-00000001"
zone = "us-east-1b"
homes = ["vol-00000001"]
[request.instance]
age = "1m"
[[request]]
id = "sir-00000002"
zone = "us-east-1b"
homes = ["vol-00000002"]
[request.instance]
age = "1m"
"#;

const TWO: &str = r#"
[[machine]]
name = "one"
spot_request = "sir-00000001"
hostnames = ["one.example.com"]
[[machine.volume]]
id = "vol-00000001"
device = "/dev/sdp"
[[machine]]
name = "two"
spot_request = "sir-00000002"
hostnames = ["two.example.com"]
[[machine.volume]]
id = "vol-00000002"
device = "/dev/sdp"
"#;

const REBOOTED: &str = "RebootInstances i-0000000a";

/// The machine `train`, whose attach waits for a yes, in confirm mode.
async fn asked() -> Watched {
    let mut watched = Watched::begin(RUNNING, TRAIN, Mode::Confirm).await;
    watched.until_shown("APPROVE attach").await;
    watched.pass(Duration::from_secs(2)).await;
    watched
}

#[tokio::test(start_paused = true)]
async fn no_key_counts_in_a_dialog_that_has_only_just_come_up() {
    let mut watched = asked().await;
    watched.press_at_once("A l Enter Enter Tab Enter").await;
    watched.pass(Duration::from_millis(400)).await;
    watched.press_at_once("l Enter").await;
    assert!(watched.text().contains("Attach train now?"), "{}", watched.text());
    assert!(watched.sent.is_empty());
    watched.pass(Duration::from_millis(200)).await;
    watched.press_at_once("l Enter").await;
    assert_eq!(watched.sent.len(), 1, "{:?}", watched.sent);
    watched.until_shown("APPROVE reboot").await;
    assert_eq!(watched.stage.changes(), [ATTACHED]);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_approved_only_after_it_has_been_on_screen_for_half_a_second() {
    let mut watched = asked().await;
    watched.press_at_once("p a n N").await;
    assert!(watched.text().contains("has only just come up: read it, and press again"), "{}", watched.text());
    watched.pass(Duration::from_millis(400)).await;
    watched.press_at_once("a").await;
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
    watched.pass(Duration::from_millis(200)).await;
    watched.press_at_once("a").await;
    watched.until_shown("APPROVE reboot").await;
    // The next step came up under an open list: the same hand does not approve it with the same stroke.
    watched.press_at_once("a").await;
    assert_eq!(watched.sent.len(), 1, "{:?}", watched.sent);
    watched.pass(CALM).await;
    watched.press("a").await;
    assert_eq!(watched.sent.len(), 2, "{:?}", watched.sent);
}

#[tokio::test(start_paused = true)]
async fn the_story_from_the_attach_to_the_name_with_two_keys() {
    let mut watched = asked().await;
    watched.press("p a").await;
    watched.until_shown("APPROVE reboot").await;
    watched.pass(CALM).await;
    watched.press("a Esc").await;
    watched.until_shown("READY").await;
    assert_eq!(watched.stage.changes(), [ATTACHED, REBOOTED]);
    assert_eq!(watched.stage.names(), ["203.0.113.1 my-spot.amazonaws.com"]);
}

#[tokio::test(start_paused = true)]
async fn an_approval_of_a_plan_that_moved_on_is_refused_and_says_what_is_planned_instead() {
    let mut watched = asked().await;
    watched.press("p").await;
    watched.stage.sim.terminate(&"i-0000000a".parse().unwrap()).unwrap();
    // The screen does not know yet: it is told nothing meanwhile.
    watched.stage.pass("20s").await;
    watched.press_at_once("a").await;
    watched.stage.pass("100ms").await;
    watched.pump().await;
    let bar = watched.text().lines().last().unwrap().to_owned();
    assert!(bar.contains("refused: ") && (bar.contains("out of date") || bar.contains("changed")), "{bar}");
    assert!(watched.stage.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dialog_asks_for_the_ids_that_it_showed_whatever_became_of_them() {
    let mut watched = asked().await;
    watched.press("A").await;
    assert!(watched.text().contains("ec2:AttachVolume vol-e123456f to i-0000000a as /dev/sdp"), "{}", watched.text());
    watched.stage.sim.terminate(&"i-0000000a".parse().unwrap()).unwrap();
    watched.pass(Duration::from_mins(2)).await;
    assert!(watched.text().contains("ec2:AttachVolume vol-e123456f to i-0000000a as /dev/sdp"), "{}", watched.text());
    watched.press("l Enter").await;
    assert!(format!("{:?}", watched.sent).contains("i-0000000a"), "{:?}", watched.sent);
    watched.until_shown("refused: ").await;
    assert!(watched.stage.changes().is_empty(), "{:?}", watched.stage.changes());
}

#[tokio::test(start_paused = true)]
async fn what_is_snoozed_is_asked_again_after_an_hour_and_what_is_declined_is_not() {
    let mut watched = asked().await;
    watched.press("p N Esc").await;
    assert!(!watched.text().contains("PENDING"), "{}", watched.text());
    watched.stage.pass("58m").await;
    watched.pass(Duration::from_secs(2)).await;
    assert!(!watched.text().contains("PENDING"), "{}", watched.text());
    watched.stage.pass("3m").await;
    watched.until_shown("1 PENDING").await;
    watched.press("p n Esc").await;
    watched.stage.pass("5h").await;
    watched.pass(Duration::from_secs(2)).await;
    assert!(!watched.text().contains("PENDING"), "{}", watched.text());
    assert!(watched.stage.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_reboot_that_was_done_by_hand_is_marked_and_not_repeated() {
    let mut watched = asked().await;
    watched.press("p a").await;
    watched.until_shown("APPROVE reboot").await;
    watched.pass(CALM).await;
    watched.press("M").await;
    assert!(watched.text().contains("Was i-0000000a of train rebooted already?"), "{}", watched.text());
    watched.press("l Enter Esc").await;
    watched.until_shown("READY").await;
    assert_eq!(watched.stage.changes(), [ATTACHED]);
}

#[tokio::test(start_paused = true)]
async fn a_name_entry_is_written_by_its_key_after_the_difference_was_shown() {
    let machines = format!("[policy]\nnames = \"ask\"\n{TRAIN}");
    let mut watched = Watched::begin(RUNNING, &machines, Mode::Auto).await;
    watched.until_shown("APPROVE publish").await;
    watched.pass(CALM).await;
    watched.press("U").await;
    let text = watched.text();
    assert!(text.contains("stands    nothing"), "{text}");
    assert!(text.contains("becomes   203.0.113.1 my-spot.amazonaws.com (of i-0000000a)"), "{text}");
    assert!(watched.stage.names().is_empty());
    watched.press("l Enter").await;
    watched.until_shown("READY").await;
    assert_eq!(watched.stage.names(), ["203.0.113.1 my-spot.amazonaws.com"]);
}

#[tokio::test(start_paused = true)]
async fn on_a_screen_that_is_too_small_to_be_read_keys_begin_nothing_and_pause_at_once() {
    let mut watched = asked().await;
    watched.resize((40, 10)).await;
    watched.press("p a A l Enter m j Enter l Enter").await;
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
    watched.press("!").await;
    assert_eq!(watched.sent, [Command::Pause]);
    watched.press("! l Enter").await;
    assert_eq!(watched.sent, [Command::Pause]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_from_behind_a_screen_that_was_too_small_is_read_first() {
    let mut watched = asked().await;
    watched.press("p").await;
    watched.resize((40, 10)).await;
    watched.pass(Duration::from_secs(5)).await;
    watched.resize((80, 24)).await;
    watched.press_at_once("a").await;
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
    watched.press("Esc A").await;
    watched.resize((40, 10)).await;
    watched.pass(Duration::from_secs(5)).await;
    watched.resize((80, 24)).await;
    watched.press_at_once("l Enter").await;
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
    watched.pass(CALM).await;
    watched.press("l Enter").await;
    assert_eq!(watched.sent.len(), 1, "{:?}", watched.sent);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_has_just_been_selected_may_not_have_been_in_sight() {
    let mut watched = Watched::begin(TWO_RUNNING, TWO, Mode::Confirm).await;
    watched.until_shown("2 PENDING").await;
    watched.press("p").await;
    watched.pass(Duration::from_secs(2)).await;
    watched.press_at_once("j a").await;
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
    watched.pass(CALM).await;
    watched.press("a").await;
    assert!(format!("{:?}", watched.sent).contains("StepNumber(2)"), "{:?}", watched.sent);
}

#[tokio::test(start_paused = true)]
async fn what_is_copied_in_the_list_of_approvals_is_of_the_selected_step() {
    let mut watched = Watched::begin(TWO_RUNNING, TWO, Mode::Confirm).await;
    watched.until_shown("2 PENDING").await;
    watched.press("p j y").await;
    let text = watched.text();
    let third = |word: &str| {
        let line = text.lines().find(|line| line.contains(word)).unwrap_or_default();
        line.trim_end_matches(['║', ' ']).rsplit(' ').next().unwrap_or_default().to_owned()
    };
    assert!(text.contains("Copy of two"), "{text}");
    assert_eq!(third("address"), third("ssh command"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn pausing_works_from_a_menu_and_from_a_question_too() {
    for place in ["m", "x", "A", "p"] {
        let mut watched = asked().await;
        watched.press(place).await;
        watched.press("!").await;
        assert_eq!(watched.sent, [Command::Pause], "{place}");
        watched.until_shown("PAUSED").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_demanded_is_seen_at_once_and_leaving_before_it_begins_says_so() {
    let attached = "attached = [{ volume = \"vol-e123456f\", device = \"/dev/sdp\" }]";
    let world = format!("{}{attached}\n", RUNNING.replace("\"1m\"", "\"6h\""));
    let mut watched = Watched::begin(&world, TRAIN, Mode::Confirm).await;
    watched.until_shown("READY").await;
    watched.stage.sim.inject(Fault::new(Effect::Hang));
    watched.press("B train Tab Enter").await;
    watched.until_shown("REBOOTING").await;
    watched.press("q").await;
    let text = watched.text();
    assert!(text.contains("train: reboot i-0000000a comes next, and would not be done"), "{text}");
    watched.press("l Enter").await;
    assert!(watched.wants().iter().any(|want| want.starts_with("Quit")));
    watched.engine.tell(Command::Stop).await;
    watched.stage.pass("10ms").await;
    let told: Vec<String> = watched.engine.events().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.ends_with("is not begun: the program leaves")), "{told:?}");
    assert!(watched.stage.changes().is_empty(), "{:?}", watched.stage.changes());
}

#[tokio::test(start_paused = true)]
async fn a_held_key_moves_however_late_it_arrives_and_control_c_always_counts() {
    let mut watched = asked().await;
    watched.press("?").await;
    watched.take(News::Burst("j".repeat(20))).await;
    assert!(watched.text().contains("21/"), "{}", watched.text());
    watched.press("Esc").await;
    watched.take(News::Burst("qqqqqqqqqqqq".to_owned())).await;
    assert!(watched.wants().iter().all(|want| want.starts_with("Ring")));
    watched.press_at_once("Ctrl-c").await;
    assert!(watched.wants().iter().any(|want| want.starts_with("Quit")));
}

#[tokio::test(start_paused = true)]
async fn a_paste_acts_on_nothing_wherever_it_lands() {
    let mut watched = asked().await;
    let text = "A l\nB\nU p a n N M m j\n\n!! x q\u{1b} :attach-now\n y ".repeat(200);
    for place in
        ["1", "2", "3", "4", "5", "p", "Esc A", "Esc ?", "Esc x", "Esc m", "Esc y", "Esc o", "Esc d", "Esc :", "Esc /"]
    {
        watched.press(place).await;
        watched.take(News::Paste(text.clone())).await;
        watched.take(News::Burst(text.clone())).await;
        watched.pass(CALM).await;
        assert!(watched.sent.is_empty(), "{place}: {:?}", watched.sent);
    }
    let wants = watched.wants();
    assert!(wants.iter().all(|want| want.starts_with("Ring")), "{wants:?}");
}
