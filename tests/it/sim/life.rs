//! AWS clients that nobody here wrote live a machine's whole life, and hold every reply against their own model of EC2.

use super::place;
use crate::support::python::{clean, python, succeeded};
use crate::support::simulator::Simulator;

const LIFE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore_life.py");

/// What each kind of request goes through within an hour.
const EVERYTHING: &str = r#"
key_pairs = ["laptop"]
images = ["ami-12abcd34"]

[lag]
requests = "2s"
instances = "1s"

[[image]]
id = "ami-56ef78ab"
state = "failed"
devices = [{ device = "/dev/sdb", virtual = "ephemeral0" }, { device = "/dev/sdf", size = 30 }]
tags = { Name = "box" }

[[security_group]]
id = "sg-0a1b2c3d"
name = "ssh"
ingress = [{ from = 22, cidr = ["10.0.0.0/8", "::/0"] }, { protocol = "-1", group = "sg-0a1b2c3d" }]

[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
encrypted = true
tags = { Name = "home", "a<b" = "&\"cd" }

[[request]]
id = "sir-termina1"
zone = "us-east-1b"
homes = ["vol-e123456f"]
valid_for = "50m"
[request.instance]
attached = [{ volume = "vol-e123456f", device = "/dev/sdp" }]

[[request]]
id = "sir-stopped1"
behavior = "stop"

[[request]]
id = "sir-hiberna1"
behavior = "hibernate"

[[request]]
id = "sir-onetime1"
kind = "one-time"

[[request]]
id = "sir-waiting1"
capacity = "price-too-low"

[[request]]
id = "sir-hanging1"
homes = ["vol-e123456f"]

[[instance]]
zone = "us-east-1a"
tags = { Name = "ordinary" }

[[event]]
at = "5m"
interrupt = "sir-termina1"
[[event]]
at = "6m"
interrupt = "sir-stopped1"
[[event]]
at = "7m"
interrupt = "sir-hiberna1"
[[event]]
at = "8m"
interrupt = "sir-onetime1"
[[event]]
at = "20m"
stop = "sir-stopped1"
[[event]]
at = "30m"
start = "sir-stopped1"
[[event]]
at = "35m"
terminate = "sir-hiberna1"
[[event]]
at = "40m"
cancel = "sir-waiting1"
[[event]]
at = "45m"
cancel = "sir-stopped1"
"#;

#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
fn live_through(client: &str, scenario: &str) {
    let place = place();
    let file = place.write("scenario.toml", scenario);
    let simulator = Simulator::start(&place, &["--speed", "0", "--seed", "3", "--scenario", &file]);
    let output = clean(&mut place.command(&python()))
        .args([LIFE, client])
        .env("AWS_ENDPOINT_URL", simulator.url())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "life")
        .env("AWS_SECRET_ACCESS_KEY", "life")
        .env("no_proxy", "127.0.0.1")
        .output()
        .expect("the virtual environment's Python starts");
    println!("{client}: {}", succeeded(&format!("a life through {client}"), output));
}

#[test]
fn boto3_lives_a_whole_life_and_finds_every_reply_in_botocores_model() {
    live_through("boto3", "");
}

#[test]
fn aws_cli_lives_a_whole_life_and_finds_every_reply_in_botocores_model() {
    live_through("aws-cli", "");
}

#[test]
fn an_hour_of_every_kind_of_request_is_in_botocores_model_at_each_look() {
    live_through("survey", EVERYTHING);
}
