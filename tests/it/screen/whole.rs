//! Whole screens, symbols and styles, in every size.

use super::*;

/// Compares what is shown with the snapshot of this name.
pub(super) fn compare(name: &str, shown: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown);
    });
}

/// The six machines in confirm mode, with everything seen that stands still now.
pub(super) async fn fates(looks: Looks) -> Watched {
    let mut watched = Watched::begin_with(fates::WORLD, fates::machines(), Mode::Confirm, looks).await;
    watched.until_shown("APPROVE").await;
    watched.pass(Duration::from_secs(5)).await;
    watched
}

#[tokio::test(start_paused = true)]
async fn six_machines_in_six_fates() {
    let _alone = LOG.lock().await;
    let mut watched = fates(COLOURFUL).await;
    compare("fates", &watched.in_every_size().await);
}

#[tokio::test(start_paused = true)]
async fn the_layers_on_top_of_the_panes() {
    for (name, keys) in [
        ("approvals", "p"),
        ("attach", "A"),
        ("reboot-ready", "j j B"),
        ("reboot-ready-typed", "j j B notebook Tab"),
        ("mode", "m"),
        ("auto", "m j Enter"),
        ("help", "?"),
        ("details", "d"),
        ("raw", "i"),
        ("actions", "x"),
        ("copy", "y"),
        ("sort", "o"),
        ("palette", ": re"),
        ("filter-mistake", "/ stat:x"),
        ("filtered", "/ state:approve Enter"),
        ("nothing-matches", "/ nobody Enter"),
        ("zoomed", "z"),
        ("requests", "2"),
        ("instances", "3"),
        ("volumes", "4"),
    ] {
        let mut watched = fates(COLOURFUL).await;
        watched.press(keys).await;
        compare(name, &watched.in_every_size().await);
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_what_happened_and_the_errors_alone() {
    let _alone = LOG.lock().await;
    let mut watched = Watched::begin(fates::WORLD, fates::machines(), Mode::Confirm).await;
    watched.logs = true;
    watched.until_shown("APPROVE").await;
    watched.pass(Duration::from_secs(5)).await;
    compare("with-log", &watched.in_every_size().await);
    watched.press("5").await;
    compare("log", &watched.in_every_size().await);
    watched.press("e").await;
    compare("log-errors", &watched.text());
}

#[tokio::test(start_paused = true)]
async fn without_colours_and_in_ascii_words_and_signs_say_the_same() {
    let mut watched = fates(Looks { colours: false, ..COLOURFUL }).await;
    compare("mono", &watched.styled());
    assert!(!styles(watched.screen.draw()).contains(['g', 'c', 'C', 'G', 'Y', 'R', 'U', 'P', 'A']));
    let mut watched = fates(Looks { ascii: true, ..COLOURFUL }).await;
    compare("ascii", &watched.styled());
    for keys in ["p", "Esc A", "Esc ?", "Esc x", "Esc 2", "3 z"] {
        watched.press(keys).await;
        assert!(watched.text().is_ascii(), "{}", watched.text());
    }
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_too_small_says_which_size_is_needed() {
    let mut watched = fates(COLOURFUL).await;
    watched.resize((59, 11)).await;
    compare("too-small", &watched.styled());
    for size in [(1, 1), (0, 0), (3, 2), (500, 200), (60, 12)] {
        watched.resize(size).await;
        watched.text();
    }
}
