//! Broken configurations, each with its exact message, in `tests/broken-config`: `NAME.toml` beside `NAME.txt`.

use std::fs;
use std::path::{Path, PathBuf};

use super::env;
use crate::config::parse;

fn files(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken-config");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    found.sort();
    found
}

#[test]
fn every_broken_configuration_is_refused_with_its_exact_message() {
    let mut wrong = Vec::new();
    for path in files("toml") {
        let source = fs::read_to_string(&path).unwrap();
        let error = parse("config.toml", &source, &env()).expect_err(&path.to_string_lossy());
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        let actual = format!("{error}\n");
        if actual != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- actual\n{actual}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_of_them_and_each_has_its_message() {
    let named: Vec<PathBuf> = files("toml").iter().map(|path| path.with_extension("txt")).collect();
    assert!(named.len() >= 25);
    assert_eq!(named, files("txt"));
}
