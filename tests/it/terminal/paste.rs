//! A paste is no typing: whatever it holds, it acts on nothing.

use super::kit::{AWAKE, HELP, assert_whole, open, quit, shows};
use crate::binary::world::{HANGING, World};
use crate::support::pty::Pty;

/// Ten kilobytes of everything that could act, with the answers to what it would be asked.
fn hostile_text() -> String {
    "qAl\rBl\rtrain\t\rpaaam\rG\rl\r!Uy\rX:quit\r/x\r".repeat(256)
}

fn opened(world: &World) -> Pty {
    let pty = open(&world.place, &[]);
    pty.wait_for_text("1 PENDING [p]");
    pty
}

/// That nothing came of a paste, and that keys count again.
fn assert_nothing_came_of_it(pty: &Pty, world: &World) {
    pty.press_until("?", "the help", |screen| shows(screen, HELP));
    let screen = pty.screen().contents();
    assert!(!screen.contains(AWAKE) && screen.contains("CONFIRM") && screen.contains("1 PENDING [p]"), "{screen}");
    pty.press_until("\u{1b}", "the panes", |screen| !shows(screen, HELP));
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn ten_kilobytes_pasted_into_any_pane_act_on_nothing_and_the_screen_says_so() {
    let world = World::new(HANGING);
    let pty = opened(&world);
    for pane in ["1", "2", "3", "4", "5"] {
        pty.type_keys(pane);
        pty.paste(&hostile_text());
        pty.wait_for_text("a paste counts in text fields only");
        assert_nothing_came_of_it(&pty, &world);
    }
    assert_whole(&quit(pty), 0);
}

#[test]
fn ten_kilobytes_from_a_terminal_without_bracketed_paste_act_on_nothing_either() {
    let world = World::new(HANGING);
    let pty = opened(&world);
    for pane in ["1", "2", "3", "4", "5"] {
        pty.type_keys(pane);
        pty.type_keys(&hostile_text());
        pty.wait_for_text("as in a paste, does not count here");
        assert_nothing_came_of_it(&pty, &world);
    }
    assert_whole(&quit(pty), 0);
}
