//! What scripts rely on is documented.

use std::fs;

use spotkeeper::doctor::Check;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/doctor.md");

#[test]
fn every_check_has_a_row_with_its_id_and_no_row_is_about_another() {
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).map(|(id, _)| id);
    let checks: Vec<&str> = Check::ALL.iter().map(|check| check.id()).collect();
    let rows: Vec<&str> = rows.filter(|id| id.contains('-') || checks.contains(id)).collect();
    assert_eq!(rows, checks);
}

#[test]
fn ids_are_words_with_hyphens_and_none_is_there_twice() {
    let mut ids: Vec<&str> = Check::ALL.iter().map(|check| check.id()).collect();
    for id in &ids {
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{id}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Check::ALL.len());
}
