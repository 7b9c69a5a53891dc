//! The command line as users meet it, mistakes included.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use super::world::{HANGING, INSTANCE, NO_CAPACITY, TRAIN, VOLUME, World};

/// A world in which nobody has configured anything.
fn unconfigured() -> World {
    let world = World::new(NO_CAPACITY);
    fs::remove_file(world.place.config_file()).unwrap();
    world
}

#[test]
fn a_screen_without_a_terminal_is_refused_before_anything_is_called_and_says_what_works_without() {
    let world = World::new(NO_CAPACITY);
    for arguments in [&[][..], &["run"], &["run", "--auto"], &["demo"], &["demo", "--mode", "auto"]] {
        let outcome = world.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments:?}: {outcome:?}");
        for word in ["needs a terminal", "run --no-tui", "once", "status", "demo --no-tui"] {
            assert!(outcome.stderr.contains(word), "{arguments:?}: no {word:?} in {outcome:?}");
        }
    }
    assert_eq!(world.proxy.calls().len(), 0);
    assert!(!world.place.state_dir().exists(), "nothing is locked or logged");
}

#[test]
fn confirm_mode_without_a_screen_is_refused_with_the_reason_before_anything_is_called() {
    let world = World::new(HANGING);
    for arguments in [&["run", "--no-tui"][..], &["run", "--no-tui", "--mode", "confirm"]] {
        let outcome = world.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
        assert!(outcome.stderr.contains("there is nobody to ask"), "{outcome:?}");
    }
    assert_eq!(world.proxy.calls().len(), 0);
    assert!(!world.place.state_dir().exists(), "nothing is locked or logged");
}

#[test]
fn without_a_configuration_every_command_that_needs_one_points_to_init() {
    let world = unconfigured();
    let commands: [&[&str]; 6] =
        [&["status"], &["once"], &["once", "--yes"], &["run", "--no-tui", "--auto"], &["check"], &["log"]];
    for arguments in commands {
        let outcome = world.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments:?}: {outcome:?}");
        let file = world.place.config_file();
        for word in ["spotkeeper init", file.to_str().unwrap()] {
            assert!(outcome.stderr.contains(word), "{arguments:?}: no {word:?} in {outcome:?}");
        }
    }
    assert_eq!(world.proxy.calls().len(), 0);
}

#[test]
fn init_writes_a_configuration_without_mistakes_and_never_over_an_existing_one() {
    let world = unconfigured();
    let file = world.place.config_file();
    assert_eq!(world.run(&["init"]).code, 0);
    let check = world.run(&["check"]);
    assert_eq!((check.code, check.stderr.as_str()), (0, ""), "{check:?}");
    assert!(check.stdout.contains("1 machine, no mistakes"), "{check:?}");

    fs::write(&file, "# mine\n").unwrap();
    let again = world.run(&["init"]);
    assert_eq!((again.code, again.stdout.as_str()), (1, ""), "{again:?}");
    assert!(again.stderr.contains("exists already and is left as it is"), "{again:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n");
}

#[test]
fn check_points_out_every_mistake_at_once_with_its_line() {
    let world = World::new(NO_CAPACITY);
    assert_eq!(world.run(&["check"]).code, 0);
    world.place.configure(&TRAIN.replace("sir-y1a23b4c", "sir-").replace("/dev/sdp", "/dev/sda"));
    for arguments in [&["check"][..], &["once", "--yes"], &["run", "--no-tui", "--auto"]] {
        let outcome = world.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
        for word in ["config.toml:9:", "sir-", "config.toml:15:", "/dev/sda", "^"] {
            assert!(outcome.stderr.contains(word), "{arguments:?}: no {word:?} in\n{}", outcome.stderr);
        }
    }
    assert_eq!(world.proxy.calls().len(), 0, "nothing starts half-configured");
}

#[test]
fn help_goes_to_stdout_and_lists_commands_and_exit_codes_and_a_wrong_argument_is_a_usage_error() {
    let world = unconfigured();
    let help = world.run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for word in ["run", "once", "status", "check", "init", "log", "demo", "sim", "Exit codes:", "130, 143"] {
        assert!(help.stdout.contains(word), "no {word:?} in\n{}", help.stdout);
    }
    for arguments in [&["onze"][..], &["once", "--timeout", "soon"], &["run", "--auto", "--read-only"]] {
        let outcome = world.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
        assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
    }
}

#[test]
fn a_machine_that_nobody_configured_is_a_usage_error_that_names_the_known_ones() {
    let world = World::new(NO_CAPACITY);
    for arguments in [&["once", "--machine", "trian"][..], &["log", "--machine", "trian"]] {
        let outcome = world.run(arguments);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains("no machine trian") && outcome.stderr.contains("has train"), "{outcome:?}");
    }
}

#[test]
fn the_log_tells_the_story_in_words_and_in_json_and_is_empty_before_it() {
    let world = World::new(HANGING);
    let before = world.run(&["log"]);
    assert_eq!((before.code, before.stdout.as_str(), before.stderr.as_str()), (0, "", ""));
    assert_eq!(world.run(&["once", "--yes"]).code, 0);

    let text = world.run(&["log", "--machine", "train"]).stdout;
    for word in [VOLUME, INSTANCE, "/dev/sdp", "reboot is owed", "publish"] {
        assert!(text.contains(word), "no {word:?} in\n{text}");
    }
    assert!(text.lines().all(|line| line.contains("Z  train ")), "{text}");

    let json = world.run(&["log", "--json"]).stdout;
    let entries: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let facts: Vec<_> = entries.iter().map(|entry| entry["fact"].as_str().unwrap()).collect();
    let story = ["attach-intended", "attach-ended", "attach-seen", "reboot-intended", "reboot-ended", "names-changed"];
    assert_eq!(facts, story);
    assert_eq!(text.lines().count(), entries.len());
    assert!(entries.iter().all(|entry| entry["machine"] == "train"), "{json}");
}

#[test]
fn a_closed_pipe_is_neither_a_panic_nor_an_error() {
    let world = World::new(HANGING);
    assert_eq!(world.run(&["once", "--yes"]).code, 0);
    let commands: [&[&str]; 7] =
        [&["status"], &["status", "--json"], &["once"], &["log"], &["log", "--json"], &["check"], &["--help"]];
    for arguments in commands {
        let outcome = world.place.run_into_closed_pipe(arguments);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
    }
    let outcome = world.place.shell(r#""$SPOTKEEPER" status | head -1"#);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.trim_start().starts_with("MACHINE"), "{outcome:?}");
}

#[test]
fn log_lines_stand_in_columns_on_stderr_and_in_the_file() {
    let world = World::new(NO_CAPACITY);
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    let told = service.wait_for_stderr("waiting: ");
    service.signal(Signal::TERM);
    let stderr = service.wait().stderr;
    assert_eq!(told.get(20..39), Some(" info  train       "), "{told}");
    let file = String::from_utf8(world.place.log_files()).unwrap();
    assert!(stderr.lines().count() > 1 && stderr.lines().all(|line| file.contains(line)), "{stderr}\n{file}");
}
