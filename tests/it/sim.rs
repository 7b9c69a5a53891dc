//! `spotkeeper sim` as its users meet it: a port that any AWS client takes for EC2.

mod control;
mod example;
mod life;
mod names;
mod origin;
mod parity;
mod transport;

use std::fs;
use std::io::{ErrorKind, Read};

use rustix::process::Signal;
use spotkeeper::sim::SHIPPED_POLICY;

use crate::binary::world::{HANGING, TRAIN};
use crate::support::binary::Place;
use crate::support::embedded::BRISK;
use crate::support::eventually;
use crate::support::simulator::{Simulator, receive};

/// A place in which nothing is configured, and no other AWS.
fn place() -> Place {
    Place::new("http://127.0.0.1:9")
}

/// A simulator with this scenario, whose time stands.
fn standing(place: &Place, scenario: &str) -> Simulator {
    let file = place.write("scenario.toml", scenario);
    Simulator::start(place, &["--speed", "0", "--scenario", &file])
}

#[test]
fn it_says_how_to_use_it_and_leaves_on_both_signals() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let place = place();
        let before = place.files();
        let simulator = Simulator::start(&place, &[]);
        let url = simulator.url();
        let outcome = simulator.stop(signal);
        assert_eq!(outcome.code, code, "{outcome:?}");
        let endpoint = format!("export AWS_ENDPOINT_URL={url}\n");
        for line in [&endpoint, "export AWS_REGION=us-east-1\n", "export AWS_ACCESS_KEY_ID="] {
            assert!(outcome.stdout.contains(line), "no {line:?} in {outcome:?}");
        }
        assert_eq!(place.files(), before, "nothing is written");
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused_with_the_reason() {
    for address in ["0.0.0.0:0", "[::]:0", "203.0.113.7:5055"] {
        let outcome = place().run(&["sim", "--listen", address]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
        assert!(outcome.stderr.contains("checks no signature"), "{outcome:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_an_error_that_says_so() {
    let place = place();
    let simulator = Simulator::start(&place, &[]);
    let outcome = place.run(&["sim", "--listen", &simulator.address()]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{outcome:?}");
    assert!(outcome.stderr.contains("cannot listen on") && outcome.stderr.contains("--listen"), "{outcome:?}");
}

#[test]
fn a_scenario_that_cannot_be_read_or_played_is_a_usage_error_that_names_the_file() {
    let place = place();
    let missing = place.run(&["sim", "--scenario", "nowhere.toml"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.stderr.contains("nowhere.toml"), "{missing:?}");
    for (wrong, word) in
        [("seeed = 7\n", "seeed"), ("[[request]]\nid = 'sir-y1a23b4c'\nhomes = ['vol-e123456f']\n", "vol-e123456f")]
    {
        let file = place.write("wrong.toml", wrong);
        let outcome = place.run(&["sim", "--scenario", &file]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
        assert!(outcome.stderr.contains("wrong.toml") && outcome.stderr.contains(word), "{outcome:?}");
    }
}

#[test]
fn calls_come_as_forms_or_in_the_url_and_whatever_else_is_refused_in_its_own_way() {
    let place = place();
    let simulator = Simulator::start(&place, &["--speed", "0"]);
    let posted = simulator.call("Action=DescribeVolumes");
    assert_eq!(posted.status, 200, "{posted:?}");
    let got = simulator.ask("GET", "/?Version=2016-11-15&Action=DescribeVolumes", "", "");
    assert_eq!(got.status, 200, "{got:?}");
    assert!(got.body.contains("<DescribeVolumesResponse"), "{got:?}");

    let unknown = simulator.call("Action=MakeCoffee");
    assert!(unknown.status == 400 && unknown.body.contains("<Code>InvalidAction</Code>"), "{unknown:?}");
    assert_eq!(simulator.ask("DELETE", "/", "", "").status, 405);
    assert_eq!(simulator.ask("GET", "/elsewhere", "", "").status, 404);
    assert_eq!(simulator.ask("POST", "/", "", &"x".repeat(2 << 20)).status, 413);
    let signature = |region| {
        let scope = format!("AKIDEXAMPLE/20260101/{region}/ec2/aws4_request");
        format!("authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00\r\n")
    };
    let form = "Version=2016-11-15&Action=DescribeVolumes";
    assert_eq!(simulator.ask("POST", "/", &signature("us-east-1"), form).status, 200);
    let elsewhere = simulator.ask("POST", "/", &signature("eu-west-1"), form);
    assert!(elsewhere.status == 401 && elsewhere.body.contains("this is 'us-east-1'"), "{elsewhere:?}");
    let calls = simulator.control("GET", "calls");
    let keys: Vec<_> = calls.as_array().unwrap().iter().filter_map(|call| call["access_key"].as_str()).collect();
    assert_eq!(keys, ["AKIDEXAMPLE"]);
}

#[test]
fn what_faults_do_to_calls_is_done_to_their_connections() {
    let faults = r#"
[[fault]]
action = "DescribeVolumes"
effect = "request-lost"
times = 1
[[fault]]
action = "DescribeInstances"
effect = "hang"
times = 1
[[fault]]
action = "DescribeTags"
effect = "stalled"
[[fault]]
action = "RebootInstances"
error = "InternalError"
"#;
    let place = place();
    let simulator = standing(&place, faults);
    assert_eq!(simulator.call("Action=DescribeVolumes").status, 0, "the connection is cut");
    assert_eq!(simulator.call("Action=DescribeVolumes").status, 200);
    let mut hanging = simulator.send("POST", "/", "", "Version=2016-11-15&Action=DescribeInstances");
    // That the hanging call has arrived is told by the calls; it holds nobody else up.
    eventually("the call that hangs", || {
        let calls = simulator.control("GET", "calls");
        calls.as_array().unwrap().iter().any(|call| call["action"] == "DescribeInstances").then_some(())
    });
    assert_eq!(simulator.call("Action=DescribeInstances").status, 200);
    hanging.set_nonblocking(true).unwrap();
    assert_eq!(hanging.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let mut stalled = simulator.send("POST", "/", "", "Version=2016-11-15&Action=DescribeTags");
    let mut begin = vec![0; 1];
    stalled.read_exact(&mut begin).unwrap();
    stalled.set_nonblocking(true).unwrap();
    let end = stalled.read_to_end(&mut begin).map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::WouldBlock), "it begins, and does not end");
    let refused = simulator.call("Action=RebootInstances&InstanceId.1=i-0ab12cd3");
    assert!(refused.status == 500 && refused.body.contains("<Code>InternalError</Code>"), "{refused:?}");
}

#[test]
fn spotkeeper_itself_brings_a_machine_home_over_the_port() {
    let place = place();
    let policy = format!("policy = '''{SHIPPED_POLICY}'''");
    let scenario = place.write("scenario.toml", &format!("{policy}\n{HANGING}\n{BRISK}"));
    let simulator = Simulator::start(&place, &["--scenario", &scenario]);
    let user = Place::new(&simulator.url());
    user.configure(TRAIN);
    let outcome = user.run(&["once", "--yes"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(user.hosts().contains("my-spot.example.com"), "{}", user.hosts());
    let calls = simulator.control("GET", "calls");
    let done: Vec<_> = calls.as_array().unwrap().iter().filter(|call| call["outcome"] == "done").collect();
    let count = |action: &str| done.iter().filter(|call| call["action"] == action).count();
    assert_eq!((count("AttachVolume"), count("RebootInstances")), (1, 1), "{calls:#}");
    assert!(done.iter().all(|call| call["access_key"] == "test"), "{calls:#}");
}

#[test]
fn an_answer_takes_its_latency_by_the_worlds_clock() {
    let place = place();
    let file = place.write("slow.toml", "[timing]\nlatency = '20h'\n");
    let simulator = Simulator::start(&place, &["--speed", "1000", "--scenario", &file]);
    let mut slow = simulator.send("POST", "/", "", "Version=2016-11-15&Action=DescribeVolumes");
    simulator.control("GET", "calls");
    slow.set_nonblocking(true).unwrap();
    assert_eq!(slow.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let brisk = place.write("brisk.toml", "[timing]\nlatency = '20s'\n");
    let simulator = Simulator::start(&place, &["--speed", "1000", "--scenario", &brisk]);
    let reply = receive(simulator.send("POST", "/", "", "Version=2016-11-15&Action=DescribeVolumes"));
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn the_documentation_of_the_simulator_names_every_control_call_and_option() {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/simulator.md")).unwrap();
    for word in [
        "--listen",
        "--scenario",
        "--speed",
        "--seed",
        "GET /_spotkeeper/world",
        "GET /_spotkeeper/calls",
        "POST /_spotkeeper/advance?by=",
        "POST /_spotkeeper/interrupt/",
        "AWS_ENDPOINT_URL",
    ] {
        assert!(document.contains(word), "no {word:?}");
    }
    let scenarios = document.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut count = 0;
    for scenario in scenarios {
        let parsed = spotkeeper::sim::Scenario::parse(scenario).unwrap_or_else(|error| panic!("{error}\n{scenario}"));
        let clock = spotkeeper::clock::Clock::real();
        spotkeeper::sim::Sim::new(&parsed, 1, clock).unwrap_or_else(|error| panic!("{error}\n{scenario}"));
        count += 1;
    }
    assert!(count > 0);
}
