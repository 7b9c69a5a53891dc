//! `spotkeeper doctor` as a process, over `spotkeeper sim`.

use serde_json::Value;

use crate::support::binary::{HOSTS, Outcome, Place};
use crate::support::simulator::Simulator;

/// As [`super::SOUND`], but for the group and the key, which a scenario cannot give to a request.
const WORLD: &str = r#"
[timing]
latency = "1ms"
[[image]]
id = "ami-12abcd34"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0000000a"
age = "6h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp", age = "6h" }]
"#;

const TRAIN: &str = r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.example.com"]
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

/// Runs the doctor before a simulator with this scenario.
fn run(scenario: &str, machines: &str, arguments: &[&str]) -> Outcome {
    let place = Place::new("http://127.0.0.1:9");
    let file = place.write("world.toml", scenario);
    let simulator = Simulator::start(&place, &["--scenario", &file]);
    let place = Place::new(&simulator.url());
    place.configure(machines);
    let before = place.files();
    let outcome = place.run(&[&["doctor"], arguments].concat());
    assert_eq!(place.files(), before, "a file was changed");
    assert_eq!(place.hosts(), HOSTS);
    outcome
}

#[test]
fn without_a_fault_it_exits_with_0_and_tells_each_check_in_a_line() {
    let outcome = run(WORLD, TRAIN, &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    for line in ["  ✓ ok      request-exists  sir-y1a23b4c: EC2 knows it", "this computer: ", "clock-skew"] {
        assert!(outcome.stdout.contains(line), "no {line:?} in\n{}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn a_fault_makes_it_exit_with_3_and_is_told_with_its_reason_and_its_remedy() {
    let outcome = run(&WORLD.replace("homes", "kind = \"one-time\"\nhomes"), TRAIN, &["train", "--ascii"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (3, ""), "{outcome:?}");
    for line in [
        "  x fault   request-persistent  sir-y1a23b4c: one-time",
        "      why: A one-time request ends",
        "      mend: the terms of a request",
        "        $ aws ec2 request-spot-instances --instance-count 1 --type persistent --launch-specification '{",
    ] {
        assert!(outcome.stdout.contains(line), "no {line:?} in\n{}", outcome.stdout);
    }
    assert!(outcome.stdout.is_ascii(), "{}", outcome.stdout);
}

#[test]
fn as_json_it_tells_the_same_to_programs() {
    let outcome = run(&WORLD.replace("homes", "kind = \"one-time\"\nhomes"), TRAIN, &["--json"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(told["account"], "123456789012");
    assert_eq!(told["counts"]["fault"], 1);
    assert_eq!(told["failure"], Value::Null);
    let verdicts = told["machines"][0]["verdicts"].as_array().unwrap();
    let fault = verdicts.iter().find(|verdict| verdict["outcome"] == "fault").unwrap();
    assert_eq!((&fault["check"], &fault["subject"]), (&"request-persistent".into(), &"sir-y1a23b4c".into()));
    let keys: Vec<&String> = fault.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["check", "outcome", "remedy", "seen", "subject", "why"]);
    assert_eq!(fault["remedy"]["commands"].as_array().unwrap().len(), 2);
    assert!(told["computer"].as_array().unwrap().iter().any(|verdict| verdict["check"] == "hosts-file"));
}

#[test]
fn where_ec2_cannot_be_reached_it_exits_with_5_after_telling_of_this_computer() {
    let place = Place::new("http://127.0.0.1:9");
    place.configure(TRAIN);
    let outcome = place.run(&["doctor"]);
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(
        outcome.stdout.contains("hosts-file") && outcome.stdout.contains("? unknown request-exists"),
        "{outcome:?}"
    );
    let words = "no connection to EC2 at 127.0.0.1:9: ";
    assert!(outcome.stderr.contains(words) && outcome.stderr.contains("AWS_ENDPOINT_URL"), "{outcome:?}");
}

#[test]
fn credentials_that_are_refused_make_it_exit_with_4() {
    let outcome = run(&format!("{WORLD}\n[[fault]]\nerror = \"RequestExpired\"\n"), TRAIN, &[]);
    assert_eq!(outcome.code, 4, "{outcome:?}");
    assert!(outcome.stderr.contains("RequestExpired"), "{outcome:?}");
}

#[test]
fn a_machine_that_is_not_configured_is_a_mistake_of_usage() {
    let place = Place::new("http://127.0.0.1:9");
    place.configure(TRAIN);
    let outcome = place.run(&["doctor", "nobody"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("nobody") && outcome.stderr.contains("train"), "{outcome:?}");
}
