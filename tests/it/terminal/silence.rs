//! An EC2 that takes every call and never answers.

use super::kit::{HELP, assert_whole, fills_the_terminal, open, row, shows};
use crate::binary::world::TRAIN;
use crate::support::binary::Place;
use crate::support::eventually;
use crate::support::proxy::Proxy;

#[test]
fn while_every_call_hangs_the_screen_is_there_keys_are_answered_and_it_leaves() {
    let proxy = Proxy::start(|_| std::future::pending());
    let place = Place::new(&proxy.url());
    place.configure(TRAIN);
    let pty = open(&place, &[]);
    pty.wait_for("the first frame", |screen| fills_the_terminal(screen) && row(screen, 0).contains("loading"));
    eventually("a call that hangs", || {
        proxy.calls().iter().any(|call| call.action.starts_with("Describe")).then_some(())
    });
    pty.type_keys("?");
    pty.wait_for_text(HELP);
    pty.type_keys("q");
    pty.wait_for("the header that tells how late it is", |screen| row(screen, 0).contains("late "));
    pty.type_keys("5");
    pty.wait_for("the log pane", |screen| shows(screen, "5 Log"));
    assert!(proxy.calls().iter().all(|call| call.status.is_none()));
    pty.type_keys("q");
    assert_whole(&pty.finish(), 0);
}
