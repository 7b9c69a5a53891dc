//! The control calls: the world shown, moved along and interrupted.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{place, standing};
use crate::support::simulator::Simulator;

const WORLD: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0ab12cd34ef56ab78"
age = "1h"
attached = [{ volume = "vol-e123456f", device = "/dev/sdp" }]
"#;

const INSTANCE: &str = "i-0ab12cd34ef56ab78";

fn time(world: &Value) -> jiff::Timestamp {
    world["now"].as_str().unwrap().parse().unwrap()
}

#[test]
fn the_world_is_shown_as_it_is_with_what_guests_alone_know() {
    let place = place();
    let world = standing(&place, WORLD).control("GET", "world");
    assert_eq!(world["requests"]["sir-y1a23b4c"]["status"]["code"], "fulfilled");
    assert_eq!(world["instances"][INSTANCE]["state"], "running");
    assert_eq!(world["volumes"]["vol-e123456f"]["attachments"][0]["device"], "/dev/sdp");
    let guest = &world["guests"][INSTANCE];
    assert_eq!((&guest["phase"], &guest["mounted"]), (&json!("up"), &json!(["vol-e123456f"])));
    assert_eq!(guest["boots"].as_array().unwrap().len(), 1);
    assert_eq!(guest["usable"][0]["until"], Value::Null);
}

#[test]
fn time_stands_until_it_is_put_forward_and_an_interruption_takes_its_course() {
    let place = place();
    let simulator = standing(&place, WORLD);
    let begin = simulator.control("GET", "world");
    simulator.control("POST", &format!("interrupt/{INSTANCE}"));
    let noticed = simulator.control("GET", "world");
    assert_eq!(time(&begin), time(&noticed), "time stands");
    assert_eq!(noticed["requests"]["sir-y1a23b4c"]["status"]["code"], "instance-terminated-no-capacity");
    assert_eq!(noticed["instances"][INSTANCE]["state"], "running");
    let later = simulator.control("POST", "advance?by=2m");
    assert_eq!(time(&later), time(&begin) + jiff::SignedDuration::from_mins(2));
    let ended = simulator.control("GET", "world");
    assert_eq!(ended["instances"][INSTANCE]["state"], "shutting-down");
    assert_ne!(ended["guests"][INSTANCE]["usable"][0]["until"], Value::Null);
}

#[test]
fn an_early_replacement_comes_while_the_old_instance_still_runs() {
    let place = place();
    let simulator = standing(&place, WORLD);
    simulator.control("POST", &format!("interrupt/{INSTANCE}?early=true"));
    simulator.control("POST", "advance?by=110s");
    let world = simulator.control("GET", "world");
    assert_eq!(world["instances"][INSTANCE]["state"], "running");
    assert_eq!(world["instances"].as_object().unwrap().len(), 2, "{world:#}");
}

#[test]
fn what_happened_before_a_signal_is_told_before_the_end() {
    let place = place();
    for _ in 0..3 {
        let simulator = standing(&place, WORLD);
        simulator.control("POST", &format!("interrupt/{INSTANCE}"));
        simulator.control("POST", "advance?by=2m");
        let told = simulator.stop(Signal::TERM).stderr;
        assert!(told.contains(&format!("{INSTANCE} shuts down")), "{told}");
    }
}

#[test]
fn a_control_call_that_cannot_be_done_says_why() {
    let place = place();
    let simulator = standing(&place, WORLD);
    for (method, path, status, code) in [
        ("POST", "interrupt/i-0000000b", 400, "InvalidInstanceID.NotFound"),
        ("POST", "interrupt/train", 400, "InvalidInstanceID.Malformed"),
        ("POST", "interrupt/i-0ab12cd34ef56ab78?early=soon", 400, "InvalidParameterValue"),
        ("POST", "advance", 400, "InvalidParameterValue"),
        ("POST", "advance?by=soon", 400, "InvalidParameterValue"),
        ("POST", "advance?by=-5m", 400, "InvalidParameterValue"),
        ("POST", "advance?by=9000h", 400, "InvalidParameterValue"),
        ("GET", "advance?by=5m", 405, "MethodNotAllowed"),
        ("GET", "interrupt/i-0ab12cd34ef56ab78", 405, "MethodNotAllowed"),
        ("POST", "world", 405, "MethodNotAllowed"),
        ("GET", "explode", 404, "NotFound"),
    ] {
        let reply = simulator.ask(method, &format!("/_spotkeeper/{path}"), "", "");
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, &body["error"]["code"]), (status, &json!(code)), "{method} {path}: {body}");
        assert!(!body["error"]["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes() {
    let live = |seed: &str| {
        let place = place();
        let scenario = place.write("scenario.toml", &format!("begin = '2026-01-01T00:00:00Z'\n{WORLD}"));
        let simulator = Simulator::start(&place, &["--speed", "0", "--seed", seed, "--scenario", &scenario]);
        let mut heard = Vec::new();
        simulator.control("POST", &format!("interrupt/{INSTANCE}"));
        for _ in 0..40 {
            simulator.control("POST", "advance?by=10s");
            for action in ["SpotInstanceRequests", "Instances", "Volumes"] {
                heard.push(simulator.call(&format!("Action=Describe{action}")).body);
            }
        }
        heard.push(simulator.control("GET", "world").to_string());
        heard
    };
    let first = live("5");
    assert_eq!(first, live("5"));
    assert_ne!(first, live("6"));
}
