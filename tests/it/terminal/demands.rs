//! What the operator demands of a real configuration, against an EC2 that nobody here wrote.

use super::kit::{AWAKE, assert_whole, open, quit, say_yes, shows};
use crate::moto::world::World;
use crate::support::eventually;

#[test]
fn attach_and_reboot_by_their_keys_are_one_call_each() {
    let world = World::new();
    let pty = open(&world.place, &[]);
    pty.wait_for_text("APPROVE attach");
    pty.type_keys("A");
    pty.wait_for_text("Attach train now?");
    // The dialog opens on Cancel.
    pty.wait_for_text(AWAKE);
    pty.type_keys("\r");
    pty.wait_for("no dialog", |screen| !shows(screen, "Attach train now?"));
    assert_eq!(world.mutating_calls(), [""; 0]);

    pty.type_keys("A");
    say_yes(&pty);
    eventually("the attachment", || (!world.mutating_calls().is_empty()).then_some(()));
    pty.wait_for_text("APPROVE reboot");
    assert_eq!(world.mutating_calls(), ["AttachVolume"]);
    pty.type_keys("p");
    pty.wait_for_text("Waiting for your yes");
    pty.press_until("a", "an approval", |screen| shows(screen, "approved: reboot"));
    pty.type_keys("\u{1b}");
    pty.wait_for_text("READY");
    assert_eq!(world.mutating_calls(), ["AttachVolume", "RebootInstances"]);
    world.assert_home("public");

    pty.type_keys("B");
    pty.wait_for_text("type its name");
    pty.wait_for_text(AWAKE);
    pty.type_keys("\t\r");
    pty.wait_for_text("type train first");
    pty.type_keys("train");
    pty.wait_for_text("> train");
    pty.type_keys("\r");
    eventually("the reboot", || (world.mutating_calls().len() > 2).then_some(()));
    pty.wait_for_text("READY");
    assert_whole(&quit(pty), 0);
    assert_eq!(world.mutating_calls(), ["AttachVolume", "RebootInstances", "RebootInstances"]);
}
