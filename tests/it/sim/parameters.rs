//! The parameters that the simulator knows, held against botocore's model of EC2.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::python::{clean, python, succeeded};

const NAMES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore_parameters.py");
const LISTED: &str = include_str!("../../../src/sim/wire/parameters.txt");

#[test]
fn the_parameters_that_are_known_are_those_of_botocores_model() {
    let actions: BTreeSet<&str> = LISTED.lines().filter_map(|line| line.split_once(' ')).map(|pair| pair.0).collect();
    let mut command = std::process::Command::new(python());
    let output = clean(command.current_dir(Path::new(env!("CARGO_TARGET_TMPDIR"))).arg(NAMES).args(&actions)).output();
    let printed = succeeded("the list of parameters", output.expect("the virtual environment's Python starts"));
    let (listed, printed): (Vec<&str>, Vec<&str>) = (LISTED.lines().collect(), printed.lines().collect());
    assert_eq!(listed, printed, "{NAMES} prints what src/sim/wire/parameters.txt is to be");
}
