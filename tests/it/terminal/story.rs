//! The demonstration by keys: what is shown, asked, answered, and left.

use super::kit::{HELP, assert_whole, nowhere, open, row, say_yes, shows, shows_whole_demo};

#[test]
fn by_keys_alone_a_step_is_approved_the_autopilot_takes_over_and_the_terminal_is_left_whole() {
    let place = nowhere();
    let pty = open(&place, &["demo"]);
    pty.wait_for("the whole screen", shows_whole_demo);
    assert!(row(&pty.screen(), 0).starts_with("CONFIRM  demo  123456789012  us-east-1"), "{}", row(&pty.screen(), 0));

    pty.type_keys("?");
    pty.wait_for_text(HELP);
    pty.type_keys("q");
    pty.wait_for("the list below the help", shows_whole_demo);

    pty.wait_for_text("PENDING [p]");
    pty.type_keys("p");
    pty.wait_for_text("Waiting for your yes");
    pty.press_until("a", "an approval", |screen| shows(screen, "approved: attach"));
    pty.type_keys("\u{1b}");
    pty.wait_for("the list below the approvals", |screen| !shows(screen, "Waiting for your yes"));
    pty.wait_for("what was approved", |screen| shows(screen, "ATTACHING") || shows(screen, "APPROVE reboot"));

    pty.type_keys("m");
    pty.wait_for_text(" Mode ");
    pty.type_keys("G\r");
    pty.wait_for_text("Go to AUTO mode?");
    say_yes(&pty);
    pty.wait_for("the autopilot", |screen| row(screen, 0).starts_with("AUTO  demo"));

    pty.type_keys("q");
    pty.wait_for_text("Quit?");
    say_yes(&pty);
    assert_whole(&pty.finish(), 0);
}
