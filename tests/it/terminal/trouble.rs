//! EC2 refuses, or asks for patience: the screen stays, says what to do, and recovers by itself.

use spotkeeper::sim::Fault;

use super::kit::{assert_whole, open, quit, row, shows};
use crate::binary::world::{HANGING, World};

#[test]
fn refused_credentials_leave_the_screen_up_with_the_command_that_renews_them_and_no_restart_is_needed() {
    for code in ["RequestExpired", "AuthFailure"] {
        let world = World::new(HANGING);
        let pty = open(&world.place, &[]);
        pty.wait_for_text("1 PENDING [p]");
        world.sim.inject(Fault::error(code));
        pty.press_until("r", "the command that renews", |screen| shows(screen, "aws sso login"));
        let header = row(&pty.screen(), 0);
        assert!(header.starts_with("CONFIRM (halted)") && header.contains("STALE"), "{header}");
        assert!(shows(&pty.screen(), "train"), "what was seen last stays on the screen");
        world.sim.clear_faults();
        pty.press_until("r", "fresh data", |screen| row(screen, 0).contains("live"));
        assert!(row(&pty.screen(), 0).starts_with("CONFIRM  "));
        assert!(!shows(&pty.screen(), "aws sso login"));
        assert_whole(&quit(pty), 0);
        assert_eq!(world.changes(), [""; 0]);
    }
}

#[test]
fn a_throttling_ec2_is_named_in_the_header_and_looking_now_is_put_off_with_the_time() {
    let world = World::new(HANGING);
    world.sim.inject(Fault::error("RequestLimitExceeded"));
    let pty = open(&world.place, &[]);
    pty.wait_for("the header", |screen| row(screen, 0).contains("THROTTLED"));
    pty.press_until("r", "when the next look is", |screen| shows(screen, "s (throttled)"));
    world.sim.clear_faults();
    pty.wait_for("fresh data", |screen| row(screen, 0).contains("live"));
    assert_whole(&quit(pty), 0);
}
