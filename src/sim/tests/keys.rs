//! The documentation of scenarios against what is read.

use std::collections::BTreeSet;

use super::super::Scenario;

const DOCUMENT: &str = include_str!("../../../docs/scenarios.md");

/// A heading of the document, and a scenario in which that table has a key that there is not.
const TABLES: [(&str, &str); 16] = [
    ("At the top", "zzz = 1"),
    ("`[timing]`", "[timing]\nzzz = 1"),
    ("`[knobs]`", "[knobs]\nzzz = 1"),
    ("`[lag]`", "[lag]\nzzz = 1"),
    ("`[[volume]]`", "[[volume]]\nzzz = 1"),
    ("`[[image]]`", "[[image]]\nzzz = 1"),
    ("`image.devices`", "[[image]]\ndevices = [{ zzz = 1 }]"),
    ("`[[security_group]]`", "[[security_group]]\nzzz = 1"),
    ("`security_group.ingress`", "[[security_group]]\ningress = [{ zzz = 1 }]"),
    ("`[[request]]`", "[[request]]\nzzz = 1"),
    ("`[request.instance]` and `[[instance]]`", "[[instance]]\nzzz = 1"),
    ("`instance.attached`", "[[instance]]\nattached = [{ zzz = 1 }]"),
    ("`[[event]]`", "[[event]]\nzzz = 1"),
    ("`event.attach`", "[[event]]\nattach = { zzz = 1 }"),
    ("`[[fault]]`", "[[fault]]\nzzz = 1"),
    ("`[trouble]`", "[trouble]\nzzz = 1"),
];

/// The keys that are read, as the error about one that there is not lists them.
fn read(scenario: &str) -> BTreeSet<String> {
    let refused = Scenario::parse(scenario).unwrap_err().to_string();
    let (_, listed) = refused.split_once("unknown field `zzz`, expected ").unwrap_or_else(|| panic!("{refused}"));
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The keys in the table below a heading, each with a default and a meaning.
fn documented(heading: &str) -> BTreeSet<String> {
    let (_, below) = DOCUMENT.split_once(&format!("# {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = below.split("\n#").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert!(cells.len() == 3 && cells.iter().all(|cell| !cell.is_empty()), "{row}");
        cells[0].trim_matches('`').to_owned()
    })
    .collect()
}

#[test]
fn the_documentation_names_every_key_of_a_scenario_and_no_other() {
    for (heading, scenario) in TABLES {
        assert_eq!(documented(heading), read(scenario), "{heading}");
    }
    let headings = DOCUMENT.lines().filter(|line| line.starts_with("##")).count();
    assert_eq!(headings, TABLES.len(), "a table that nobody looks at");
}
