//! The map in the library's documentation, held against the sources.

mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::paths::Paths;

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Each room of the map with the rooms that it may use.
type Map = BTreeMap<String, BTreeSet<String>>;

/// A source file, its path as seen from `src`.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn room(&self) -> String {
        let first = self.path.iter().next().unwrap().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    }

    fn paths(&self) -> Paths {
        Paths::read(&self.text, self.path.iter().count())
    }
}

/// Every source file of the rooms.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(SRC)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(SRC).unwrap().to_owned(), text });
            }
        }
    }
    found.retain(|source| source.path != Path::new("lib.rs") && source.path != Path::new("main.rs"));
    found
}

/// Reads the table: the room is the link in the first cell, and what it may use is the last cell.
fn map() -> Map {
    let lib = fs::read_to_string(Path::new(SRC).join("lib.rs")).unwrap();
    let mut map = Map::new();
    for row in lib.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
        let (room, cells) = row.split_once("`] |").unwrap_or_else(|| panic!("not a row of the map: {row}"));
        let may_use = cells.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let rooms = match may_use {
            "nothing" => BTreeSet::new(),
            "all above" => map.keys().cloned().collect(),
            some => some.split(", ").map(str::to_owned).collect(),
        };
        let unknown: Vec<_> = rooms.iter().filter(|used| !map.contains_key(*used)).collect();
        assert!(unknown.is_empty(), "{room} may use {unknown:?}, which no row above it owns");
        assert!(map.insert(room.to_owned(), rooms).is_none(), "{room} is on the map twice");
    }
    map
}

#[test]
fn every_room_is_on_the_map_and_everything_on_the_map_is_a_room() {
    let rooms: BTreeSet<String> = sources().iter().map(Source::room).collect();
    let mapped: BTreeSet<String> = map().into_keys().collect();
    assert_eq!(rooms, mapped);
}

#[test]
fn no_room_uses_another_that_the_map_does_not_let_it_use() {
    let map = map();
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        let allowed = &map[&room];
        let used = source.paths().rooms;
        let others = used.into_iter().filter(|used| *used != room && !allowed.contains(used));
        wrong.extend(others.map(|used| format!("src/{} uses {used}, which {room} may not", source.path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sdk_is_used_by_the_room_that_wraps_it_and_by_the_connector_below_it_alone() {
    let may = |path: &Path| {
        ["ec2.rs", "sim/connector.rs"].iter().any(|file| path == Path::new(file))
            || ["ec2", "sim/tests"].iter().any(|folder| path.starts_with(folder))
    };
    let wrong: Vec<_> = sources()
        .iter()
        .filter(|source| !may(&source.path))
        .flat_map(|source| source.paths().crates.into_iter().map(|name| (source.path.clone(), name)))
        .filter(|(_, name)| name.starts_with("aws_"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
