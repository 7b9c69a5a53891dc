//! The example, and what holds when a configuration says nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::env;
use crate::config::schema::TABLES;
use crate::config::{
    AddressKind, Aws, Config, Consent, EXAMPLE, HomeVolume, Hooks, Limits, Machine, Mode, NameFile, Notify, Policy,
    Poll, RebootRule, parse,
};

/// The keys that have no default, so that a file without them says something else.
const WITHOUT_DEFAULT: [&str; 5] = ["name", "spot_request", "hostnames", "id", "device"];

const SMALLEST: &str = r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

fn read(source: &str) -> Config {
    parse("config.toml", source, &env()).unwrap_or_else(|error| panic!("{error}\n{source}"))
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then_some(key)
}

/// The example with one line changed.
fn with_line(number: usize, change: impl Fn(&str) -> String) -> String {
    let lines = EXAMPLE.lines().enumerate();
    lines.map(|(index, line)| if index == number { change(line) } else { line.to_owned() } + "\n").collect()
}

#[test]
fn what_is_left_out_has_the_promised_defaults() {
    let expected = Config {
        aws: Aws { region: None, profile: None },
        policy: Policy {
            mode: Mode::Confirm,
            attach: Consent::Auto,
            reboot: Consent::Auto,
            detach: Consent::Ask,
            keep: Consent::Auto,
            names: Consent::Auto,
        },
        limits: Limits { reboots_per_hour: 6, detaches_per_hour: 3 },
        fence: true,
        poll: Poll { steady: Duration::from_secs(15), active: Duration::from_secs(2) },
        hosts: NameFile { enabled: true, file: "/etc/hosts".into() },
        ssh: NameFile { enabled: false, file: "/home/me/.ssh/config.d/spotkeeper".into() },
        notify: Notify { bell: true, desktop: true },
        hooks: Hooks { commands: BTreeMap::new(), timeout: Duration::from_secs(10) },
        state_dir: "/home/me/.local/state/spotkeeper".into(),
        machines: vec![Machine {
            name: "train".parse().unwrap(),
            spot_request: "sir-y1a23b4c".parse().unwrap(),
            hostnames: vec![],
            address: AddressKind::Public,
            reboot: RebootRule::AfterAttach,
            reboot_delay: Duration::from_secs(10),
            ssh_user: None,
            volumes: vec![HomeVolume { id: "vol-e123456f".parse().unwrap(), device: "/dev/sdp".parse().unwrap() }],
        }],
    };
    assert_eq!(read(SMALLEST), expected);
}

#[test]
fn the_example_says_what_a_file_without_its_keys_would_say() {
    let mut smallest = read(SMALLEST);
    smallest.machines[0].hostnames = vec!["my-spot.amazonaws.com".parse().unwrap()];
    assert_eq!(read(EXAMPLE), smallest);
}

#[test]
fn every_key_with_a_default_stands_in_the_example_with_it() {
    let whole = read(EXAMPLE);
    let mut checked = 0;
    for (number, line) in EXAMPLE.lines().enumerate() {
        let Some(key) = key_of(line).filter(|key| !WITHOUT_DEFAULT.contains(key)) else { continue };
        assert_eq!(read(&with_line(number, |line| format!("# {line}"))), whole, "{key}");
        checked += 1;
    }
    assert_eq!(checked, 21);
}

#[test]
fn every_known_key_stands_in_the_example_under_its_heading() {
    for table in TABLES {
        let below = EXAMPLE.lines().skip_while(|line| *line != table.heading).skip(1);
        let part: Vec<&str> = below.take_while(|line| !line.starts_with('[')).collect();
        for key in table.keys.iter().filter(|key| **key != "volume") {
            let stands = part.iter().any(|line| key_of(line.trim_start_matches("# ")) == Some(key));
            assert!(stands, "{key} under {}", table.heading);
        }
    }
}

#[test]
fn the_keys_that_the_example_comments_out_are_right_and_have_an_effect() {
    let whole = read(EXAMPLE);
    let mut checked = Vec::new();
    for (number, line) in EXAMPLE.lines().enumerate() {
        let Some(key) = line.strip_prefix("# ").and_then(key_of) else { continue };
        assert_ne!(read(&with_line(number, |line| line.replacen("# ", "", 1))), whole, "{key}");
        checked.push(key);
    }
    let hooks = ["ready", "draining", "needs_approval", "blocked", "healed"];
    assert_eq!(checked, [&["region", "profile"][..], &hooks, &["dir", "ssh_user"]].concat());
}

#[test]
fn the_example_can_be_read_on_a_narrow_screen() {
    assert!(EXAMPLE.lines().all(|line| line.chars().count() <= 120));
    assert!(EXAMPLE.ends_with('\n') && EXAMPLE.is_ascii());
}
