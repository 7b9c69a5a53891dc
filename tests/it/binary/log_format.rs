//! Log lines for programs, and for the journal of systemd.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::world::{HANGING, INSTANCE, NO_CAPACITY, TRAIN, VOLUME, World};

fn objects(stderr: &str) -> Vec<Value> {
    let object = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    stderr.lines().map(object).collect()
}

fn find<'o>(objects: &'o [Value], event: &str, action: &str) -> &'o Value {
    let is_it = |object: &&Value| object["event"] == event && (action.is_empty() || object["action"] == action);
    objects.iter().find(is_it).unwrap_or_else(|| panic!("no {event} {action} in {objects:#?}"))
}

#[test]
fn as_json_every_line_of_the_service_is_an_object_with_time_level_words_and_the_events_fields() {
    let world = World::new(HANGING);
    let service = world.place.spawn(&["run", "--no-tui", "--auto", "--log-format", "json"]);
    service.wait_for_stderr("\"state\":\"ready\"");
    service.signal(Signal::TERM);
    let outcome = service.wait();
    let objects = objects(&outcome.stderr);
    for object in &objects {
        let _: Timestamp = object["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(["info", "warn", "error"].contains(&object["level"].as_str().unwrap()), "{object}");
        assert!(!object["message"].as_str().unwrap().is_empty(), "{object}");
    }
    let began = find(&objects, "step-began", "attach");
    assert_eq!(began["machine"], "train");
    assert_eq!([&began["volume"], &began["instance"], &began["device"]], [VOLUME, INSTANCE, "/dev/sdp"]);
    assert!(began["step"].is_u64() && began["why"].is_string(), "{began}");
    assert!(began["message"].as_str().unwrap().contains(" begins: attach "), "{began}");
    let ended = find(&objects, "step-ended", "reboot");
    assert_eq!((&ended["outcome"], &ended["volumes"]), (&json!("done"), &json!([VOLUME])));
    assert!(find(&objects, "found", "")["reason"].is_string());
    assert_eq!(find(&objects, "leaving", "")["signal"], 15);
    let log = String::from_utf8(world.place.log_files()).unwrap();
    assert!(log.lines().all(|line| !line.contains('{')), "the log file is for people: {log}");
}

#[test]
fn as_json_the_error_that_ends_the_program_is_an_object_too_with_all_mistakes_in_it() {
    let world = World::new(NO_CAPACITY);
    world.place.configure(&TRAIN.replace("sir-", "sri-").replace("vol-", "vlo-"));
    for arguments in [&["run", "--no-tui", "--auto"][..], &["once", "--yes"]] {
        let outcome = world.run(&[arguments, &["--log-format", "json"]].concat());
        assert_eq!(outcome.code, 2, "{outcome:?}");
        let objects = objects(&outcome.stderr);
        let [error] = objects.as_slice() else { panic!("one object: {outcome:?}") };
        assert_eq!(error["level"], "error");
        let plain = world.run(arguments);
        assert_eq!(format!("{}\n", error["message"].as_str().unwrap()), plain.stderr);
        assert!(plain.stderr.contains("2 mistakes in "), "{plain:?}");
    }
}

#[test]
fn the_format_of_log_lines_is_refused_where_there_are_none() {
    let world = World::new(NO_CAPACITY);
    for arguments in [&["run", "--log-format", "json"][..], &["demo", "--log-format", "json"]] {
        let outcome = world.run(arguments);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains("--no-tui"), "{outcome:?}");
    }
}

/// What a run writes to a stderr that `JOURNAL_STREAM` says is the journal's, or says is not.
fn to_journal(arguments: &str, is_journal: bool) -> String {
    let world = World::new(HANGING);
    let file = world.place.write("stderr", "");
    let (device, inode) = fs::metadata(&file).map(|file| (file.dev(), file.ino())).unwrap();
    let stream = if is_journal { format!("{device}:{inode}") } else { format!("{device}:1") };
    let line = format!(
        "JOURNAL_STREAM={stream} \"$SPOTKEEPER\" {arguments} 2>{file} & service=$!; \
         until grep -q 'ready: ' {file}; do sleep 0.05; done; kill $service; wait $service"
    );
    assert_eq!(world.place.shell(&line).code, 143);
    fs::read_to_string(file).unwrap()
}

#[test]
fn lines_for_systemds_journal_have_its_priority_and_leave_the_time_to_it() {
    let text = to_journal("run --no-tui --auto", true);
    assert!(text.lines().all(|line| line.starts_with("<6>info  ")), "{text}");
    assert!(text.contains("<6>info  train        ready: "), "{text}");
    let json = to_journal("run --no-tui --auto --log-format json", true);
    let bare: Vec<&str> = json.lines().map(|line| line.strip_prefix("<6>").unwrap()).collect();
    assert!(objects(&bare.join("\n")).iter().all(|object| object["timestamp"].is_string()), "{json}");
    let elsewhere = to_journal("run --no-tui --auto", false);
    assert!(elsewhere.lines().all(|line| line.starts_with("20")), "{elsewhere}");
}

#[test]
fn the_demonstration_speaks_json_as_well() {
    let world = World::new(NO_CAPACITY);
    let demo = world.place.spawn(&["demo", "--no-tui", "--speed", "200", "--log-format", "json"]);
    demo.wait_for_stderr("\"event\":\"step-ended\"");
    demo.signal(Signal::INT);
    objects(&demo.wait().stderr);
}
