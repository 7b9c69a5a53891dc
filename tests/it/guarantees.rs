//! The page of guarantees names tests that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all functions below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let names = source.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_test_that_the_page_of_guarantees_names_exists_and_every_row_names_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/guarantees.md")).unwrap();
    let mut there = BTreeSet::new();
    functions(&root.join("tests"), &mut there);
    functions(&root.join("src"), &mut there);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && !line.ends_with("held by |")).collect();
    assert!(rows.len() > 25, "{}", rows.len());
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let named: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row}");
        let missing: Vec<&&str> = named.iter().filter(|name| !there.contains(**name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
