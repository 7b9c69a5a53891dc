//! Two screens on the same machines.

use super::kit::{assert_whole, open, quit, row};
use crate::binary::world::{HANGING, World};

#[test]
fn a_second_screen_on_the_same_machines_only_watches_and_names_who_keeps_them() {
    let world = World::new(HANGING);
    let first = open(&world.place, &[]);
    first.wait_for_text("1 PENDING [p]");
    let second = open(&world.place, &[]);
    second.wait_for("a screen that only watches", |screen| row(screen, 0).starts_with("READ-ONLY"));
    let holder = first.id().to_string();
    second.wait_for_text("only watching: ");
    second.wait_for("the holder", |screen| screen.contents().contains(&holder));
    for key in ["A", "B"] {
        second.type_keys(key);
        second.wait_for_text("this session only watches");
    }
    assert_eq!(world.changes(), [""; 0]);
    assert_whole(&quit(second), 0);
    assert_whole(&quit(first), 0);
}
