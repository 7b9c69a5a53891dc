//! When the screen calls for its user.

use super::*;
use crate::stage::{RUNNING, TRAIN};

#[tokio::test(start_paused = true)]
async fn the_screen_rings_once_when_an_instance_is_taken_and_once_when_the_machine_has_healed() {
    let mut watched = Watched::begin(RUNNING, TRAIN, Mode::Auto).await;
    watched.until_shown("READY").await;
    watched.pass(Duration::from_mins(1)).await;
    assert_eq!(watched.wants(), [""; 0], "a machine that is ready for the first time calls nobody");
    watched.stage.sim.interrupt(&"i-0000000a".parse().unwrap()).unwrap();
    // What is frozen rings all the same.
    watched.press("f").await;
    watched.pass(Duration::from_mins(10)).await;
    let wants = watched.wants();
    assert_eq!(wants.len(), 2, "{wants:?}");
    assert!(wants[0].starts_with("Ring(\"train: draining: i-0000000a is draining"), "{wants:?}");
    assert!(wants[1].starts_with("Ring(\"train: healed: already connected"), "{wants:?}");
}

#[tokio::test(start_paused = true)]
async fn the_screen_rings_once_for_a_step_that_waits_however_long_it_waits() {
    let mut watched = Watched::begin(RUNNING, TRAIN, Mode::Confirm).await;
    watched.pass(Duration::from_mins(30)).await;
    let wants = watched.wants();
    assert_eq!(wants.len(), 1, "{wants:?}");
    assert!(wants[0].starts_with("Ring(\"train: needs-approval: attach vol-e123456f to i-0000000a"), "{wants:?}");
}
