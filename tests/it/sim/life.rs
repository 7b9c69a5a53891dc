//! AWS clients that nobody here wrote live a machine's whole life, and hold every reply against their own model of EC2.

use super::place;
use crate::support::python::{clean, python, succeeded};
use crate::support::simulator::Simulator;

const LIFE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore_life.py");

#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
fn live_through(client: &str) {
    let place = place();
    let simulator = Simulator::start(&place, &["--speed", "0", "--seed", "3"]);
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
    live_through("boto3");
}

#[test]
fn aws_cli_lives_a_whole_life_and_finds_every_reply_in_botocores_model() {
    live_through("aws-cli");
}
