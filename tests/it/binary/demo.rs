//! The demonstration, which leaves no trace.

use rustix::process::Signal;

use crate::support::binary::Place;

#[test]
fn the_demonstration_tells_of_interruption_and_healing_and_leaves_nothing_behind() {
    // No AWS would answer here, and none is asked.
    let place = Place::new("http://127.0.0.1:9");
    let before = place.files();
    let demo = place.spawn(&["demo", "--no-tui", "--speed", "200"]);
    let interrupted = demo.wait_for_stderr("EC2 takes ");
    let (_, instance) = interrupted.split_once("EC2 takes ").unwrap();
    let (instance, _) = instance.split_once(' ').unwrap();
    demo.wait_for_stderr(&format!("{instance} is terminated"));
    // The machine that lived there comes home to its next instance.
    demo.wait_for_stderr("lab          working");
    demo.wait_for_stderr("lab          ready");
    let meanwhile: Vec<_> = place.files().into_keys().filter(|path| !before.contains_key(path)).collect();
    let is_temporary = |path: &std::path::PathBuf| path.to_string_lossy().contains("/spotkeeper-demo-");
    assert!(!meanwhile.is_empty() && meanwhile.iter().all(is_temporary), "{meanwhile:?}");
    demo.signal(Signal::INT);
    let outcome = demo.wait();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (130, ""), "{outcome:?}");
    assert_eq!(place.files(), before);
}

#[test]
fn another_scenario_brings_its_machines_along_and_one_without_machines_is_refused() {
    let place = Place::new("http://127.0.0.1:9");
    let world = "[[volume]]\nid = 'vol-0000000a'\nzone = 'us-east-1b'\n\
                 [[request]]\nid = 'sir-0000000a'\nzone = 'us-east-1b'\nhomes = ['vol-0000000a']\ntags = { Name = 'mine' }\n";
    let file = place.write("world.toml", world);
    let demo = place.spawn(&["demo", "--no-tui", "--speed", "200", "--scenario", &file]);
    demo.wait_for_stderr("mine         ready");
    demo.signal(Signal::INT);
    assert_eq!(demo.wait().code, 130);
    let empty = place.write("empty.toml", "seed = 1\n");
    for (file, why) in [(empty.as_str(), "no spot request with `homes`"), ("nowhere.toml", "cannot read nowhere.toml")]
    {
        let outcome = place.run(&["demo", "--no-tui", "--scenario", file]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(why), "{outcome:?}");
    }
}
