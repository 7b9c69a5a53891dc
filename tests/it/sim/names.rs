//! The parameters and the instance types that the simulator knows, held against botocore's model of EC2.

use std::collections::BTreeSet;
use std::iter;
use std::path::Path;

use crate::support::python::{clean, python, succeeded};

const NAMES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore_names.py");
const PARAMETERS: &str = include_str!("../../../src/sim/wire/parameters.txt");
const TYPES: &str = include_str!("../../../src/sim/instance_types.txt");

fn prints(file: &str, listed: &str, arguments: &[&str]) {
    let mut command = std::process::Command::new(python());
    let command = command.current_dir(Path::new(env!("CARGO_TARGET_TMPDIR"))).arg(NAMES).args(arguments);
    let output = clean(command).output().expect("the virtual environment's Python starts");
    let printed = succeeded("the list of names", output);
    let (listed, printed): (Vec<&str>, Vec<&str>) = (listed.lines().collect(), printed.lines().collect());
    assert_eq!(listed, printed, "{NAMES} prints what {file} is to be");
}

#[test]
fn the_parameters_that_are_known_are_those_of_botocores_model() {
    let actions: BTreeSet<&str> =
        PARAMETERS.lines().filter_map(|line| line.split_once(' ')).map(|pair| pair.0).collect();
    let arguments: Vec<&str> = iter::once("parameters").chain(actions).collect();
    prints("src/sim/wire/parameters.txt", PARAMETERS, &arguments);
}

#[test]
fn the_instance_types_that_are_known_are_those_of_botocores_model() {
    prints("src/sim/instance_types.txt", TYPES, &["types"]);
}
