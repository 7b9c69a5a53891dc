//! Taking a volume from another instance: in full, typed, and never by a typing hand.

use super::whole::compare;
use super::*;
use crate::stage::{RUNNING, TRAIN};

/// A stranger that holds the home of `train`.
const STRANGER: &str = r#"
[[instance]]
id = "i-0000000b"
zone = "us-east-1b"
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdf" }]
tags = { Name = "rescue" }
"#;

const TAKEN: &str = "DetachVolume vol-e123456f i-0000000b";

async fn blocked() -> Watched {
    let mut watched = Watched::begin(&[RUNNING, STRANGER].concat(), TRAIN, Mode::Confirm).await;
    watched.until_shown("BLOCKED").await;
    watched.pass(Duration::from_secs(2)).await;
    watched
}

/// Types a text, letter by letter.
async fn type_calmly(watched: &mut Watched, text: &str) {
    for letter in text.chars() {
        watched.press(&letter.to_string()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_question_says_in_full_what_is_taken_from_whom_and_what_is_lost() {
    let mut watched = blocked().await;
    watched.press("X").await;
    compare("take", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn only_the_typed_id_of_the_instance_takes_the_volume() {
    let mut watched = blocked().await;
    watched.press("X").await;
    // Letters that are commands elsewhere are text here, and do not pause, answer or leave.
    type_calmly(&mut watched, "q!hlyX").await;
    assert!(watched.text().contains("> q!hlyX"), "{}", watched.text());
    watched.press("Tab Enter").await;
    assert!(watched.text().contains("type i-0000000b first"), "{}", watched.text());
    assert!(watched.sent.is_empty(), "{:?}", watched.sent);
    watched.press("Ctrl-u").await;
    type_calmly(&mut watched, "i-0000000b").await;
    watched.press("Enter").await;
    assert_eq!(watched.sent.len(), 1, "{:?}", watched.sent);
    watched.until_shown("APPROVE attach").await;
    assert_eq!(watched.stage.changes(), [TAKEN]);
}

#[tokio::test(start_paused = true)]
async fn the_id_may_be_pasted_and_esc_leaves_everything_as_it_is() {
    let mut watched = blocked().await;
    watched.press("X").await;
    watched.take(News::Paste(" i-0000000b\n".to_owned())).await;
    watched.pass(CALM).await;
    watched.press("Esc").await;
    assert!(watched.sent.is_empty() && !watched.text().contains("Take vol"), "{}", watched.text());
    watched.press("X").await;
    watched.take(News::Paste(" i-0000000b\n".to_owned())).await;
    watched.pass(CALM).await;
    watched.press("Enter").await;
    assert!(watched.sent.is_empty(), "the question opens on Cancel");
    watched.press("X").await;
    watched.take(News::Paste(" i-0000000b\n".to_owned())).await;
    watched.pass(CALM).await;
    watched.press("Tab Enter").await;
    watched.until_shown("APPROVE attach").await;
    assert_eq!(watched.stage.changes(), [TAKEN]);
}

#[tokio::test(start_paused = true)]
async fn of_two_holders_the_question_is_about_one_and_the_selected_volume_says_which() {
    let second = STRANGER.replace("0000000b", "0000000c").replace("vol-e1", "vol-d1").replace("rescue", "other");
    let volume = "[[volume]]\nid = \"vol-d123456f\"\nzone = \"us-east-1b\"\n";
    let place = "[[machine.volume]]\nid = \"vol-d123456f\"\ndevice = \"/dev/sdo\"\n";
    let scenario = [volume, RUNNING, STRANGER, &second].concat();
    let mut watched = Watched::begin(&scenario, &[TRAIN, place].concat(), Mode::Confirm).await;
    watched.until_shown("BLOCKED").await;
    watched.press("X").await;
    assert!(watched.text().contains("Take vol-e123456f from i-0000000b?"), "{}", watched.text());
    watched.press("Esc 4 G X").await;
    let text = watched.text();
    assert!(text.contains("Take vol-d123456f from i-0000000c?") && !text.contains("(Name: rescue)"), "{text}");
    watched.press("Esc 3 G X").await;
    assert!(watched.text().contains("Take vol-d123456f from i-0000000c?"), "{}", watched.text());
}

#[tokio::test(start_paused = true)]
async fn what_is_at_home_cannot_be_taken_and_says_why() {
    let mut watched = Watched::begin(RUNNING, TRAIN, Mode::Auto).await;
    watched.until_shown("READY").await;
    watched.press("X").await;
    let text = watched.text();
    assert!(text.contains("detach: vol-e123456f is attached on i-0000000a, the machine's own instance"), "{text}");
    watched.press("x").await;
    assert!(watched.text().contains("X     detach-now"), "{}", watched.text());
}
