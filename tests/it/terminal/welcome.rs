//! First contact: no configuration yet.

use super::kit::{assert_whole, nowhere, open, quit, shows_whole_demo};

const PAGE: &str = "There is no configuration yet";

#[test]
fn without_a_configuration_a_page_says_what_to_write_and_one_key_writes_it() {
    let place = nowhere();
    let pty = open(&place, &[]);
    pty.wait_for_text(PAGE);
    pty.wait_for_text("[[machine.volume]]");
    assert!(!place.config_file().exists());
    pty.type_keys("i");
    assert_whole(&pty.finish(), 0);
    assert!(place.config_file().exists());
}

#[test]
fn from_that_page_one_key_goes_to_the_demonstration_and_one_leaves() {
    let place = nowhere();
    let pty = open(&place, &[]);
    pty.wait_for_text(PAGE);
    pty.type_keys("d");
    pty.wait_for("the demonstration", shows_whole_demo);
    assert_whole(&quit(pty), 0);

    let pty = open(&place, &[]);
    pty.wait_for_text(PAGE);
    pty.type_keys("q");
    assert_whole(&pty.finish(), 0);
    assert!(!place.config_file().exists() && !place.state_dir().exists());
}
