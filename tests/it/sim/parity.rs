//! The calls that moto is right about, sent to it and to the simulator by a client that nobody here wrote.

use std::collections::BTreeSet;

use serde::Deserialize;
use spotkeeper::sim::Scenario;

use super::place;
use crate::support::moto::Moto;
use crate::support::python::{clean, python, succeeded};
use crate::support::simulator::Simulator;

const PARITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto_parity.py");
const FILE: &str = include_str!("../../moto-parity.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parity {
    scenario: toml::Table,
    volatile: Vec<Volatile>,
    call: Vec<Call>,
    difference: Vec<Difference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read where the answers are compared; here it only has to be right")]
struct Volatile {
    fields: Vec<String>,
    how: How,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    Counterpart,
    Moment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read where the calls are sent; here it only has to be right")]
struct Call {
    name: String,
    operation: String,
    parameters: Option<toml::Table>,
    save: Option<toml::Table>,
    advance: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    calls: Vec<String>,
    path: String,
    moto: Option<toml::Value>,
    sim: Option<toml::Value>,
    reason: String,
    source: String,
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are asked for: cargo test -- --nocapture shows them")]
fn what_moto_is_right_about_the_simulator_answers_alike_but_for_the_differences_that_are_listed() {
    let file: toml::Table = FILE.parse().unwrap();
    let place = place();
    // Python reads JSON of any age, and TOML only since 3.11.
    let json = place.write("parity.json", &serde_json::to_string(&file).unwrap());
    let scenario = place.write("scenario.toml", &toml::to_string(&file["scenario"]).unwrap());
    let simulator = Simulator::start(&place, &["--speed", "0", "--seed", "1", "--scenario", &scenario]);
    let moto = Moto::start();
    let output = clean(&mut place.command(&python()))
        .args([PARITY, &json, &format!("http://{}", moto.address()), &simulator.url()])
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "parity")
        .env("AWS_SECRET_ACCESS_KEY", "parity")
        .env("no_proxy", "127.0.0.1")
        .output()
        .expect("the virtual environment's Python starts");
    println!("{}", succeeded("the comparison with moto", output));
}

#[test]
fn every_listed_difference_from_moto_has_a_reason_and_a_source_and_calls_have_names_of_their_own() {
    let parity: Parity = toml::from_str(FILE).unwrap();
    let scenario = Scenario::parse(&toml::to_string(&parity.scenario).unwrap()).unwrap();
    assert!(scenario.begin.is_some(), "the same in each run");
    assert!(parity.volatile.iter().all(|volatile| !volatile.reason.is_empty()), "{:?}", parity.volatile);
    for listed in &parity.difference {
        assert!(!listed.reason.is_empty() && !listed.source.is_empty(), "{listed:?}");
        assert!(!listed.calls.is_empty() && !listed.path.is_empty(), "{listed:?}");
        assert!(listed.moto.is_some() || listed.sim.is_some(), "{listed:?}");
    }
    let names: BTreeSet<&str> = parity.call.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names.len(), parity.call.len(), "each name is there once");
    assert!(parity.call.iter().all(|call| call.name.contains(&call.operation)), "a name begins with what is called");
}
