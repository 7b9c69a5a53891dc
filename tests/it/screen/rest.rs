//! A settled world: the screen rests too.

use ratatui::buffer::Buffer;

use super::*;
use crate::stage::{RUNNING, TRAIN};

/// How many cells changed from one drawing to the next.
fn changed(before: &Buffer, after: &Buffer) -> usize {
    before.content().iter().zip(after.content()).filter(|(before, after)| before != after).count()
}

#[tokio::test(start_paused = true)]
async fn a_minute_over_a_settled_world_changes_the_ages_and_nothing_else() {
    let attached = "attached = [{ volume = \"vol-e123456f\", device = \"/dev/sdp\" }]";
    let world = format!("{}{attached}\n", RUNNING.replace("\"1m\"", "\"6h\""));
    for size in SIZES {
        let mut watched = Watched::begin(&world, TRAIN, Mode::Auto).await;
        watched.resize(size).await;
        watched.until_shown("READY").await;
        watched.pass(Duration::from_mins(3)).await;
        let looks = watched.engine.snapshot().looks;
        let mut before = watched.screen.draw().clone();
        let mut cells = 0;
        for _ in 0..600 {
            watched.pass(2 * BEAT).await;
            let after = watched.screen.draw().clone();
            cells += changed(&before, &after);
            before = after;
        }
        assert!(watched.engine.snapshot().looks > looks, "nobody looked");
        // Two ages at the most, of which a digit or two turn.
        assert!((1..=8).contains(&cells), "{size:?}: {cells} cells changed\n{}", watched.text());
    }
}
