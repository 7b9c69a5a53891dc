//! Files that cannot be read, and where they are looked for.

use std::fs;
use std::path::Path;

use super::env;
use crate::config::{EXAMPLE, Environment, default_path, load, parse, path};

#[test]
fn a_file_that_is_not_there_is_one_mistake_that_names_it_and_says_what_to_do() {
    let error = load(Path::new("/nowhere/config.toml"), &env()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\
error: cannot read the configuration /nowhere/config.toml: No such file or directory (os error 2)
 |
 = help: write one with `spotkeeper init`, or name another with --config"
    );
    assert_eq!(error.count(), 1);
}

#[test]
fn a_file_is_read_by_the_name_that_its_mistakes_show() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    fs::write(&file, EXAMPLE).unwrap();
    assert_eq!(load(&file, &env()), parse("x", EXAMPLE, &env()));
    fs::write(&file, "[[machine]]\n").unwrap();
    let report = load(&file, &env()).unwrap_err().to_string();
    assert!(report.contains(&format!("--> {}:1:1\n", file.display())), "{report}");
}

#[test]
fn a_folder_in_its_place_is_no_reason_to_write_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let report = load(folder.path(), &env()).unwrap_err().to_string();
    assert!(report.contains("name another file with --config"), "{report}");
    assert!(!report.contains("init"), "{report}");
}

#[test]
fn a_byte_that_is_not_utf8_is_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latin1.toml");
    fs::write(&file, b"# caf\xe9\n# caf\xe9\n").unwrap();
    let report = load(&file, &env()).unwrap_err().to_string();
    let expected = format!(
        "\
error: the file is not UTF-8: it has a byte 0xe9 here
 --> {}:1:6
  |
1 | # caf\u{fffd}
  |      ^
  |
  = help: save it as UTF-8",
        file.display()
    );
    assert_eq!(report, expected);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_change_nothing() {
    let windows = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(parse("x", &windows, &env()), parse("x", EXAMPLE, &env()));
    let unix = "[poll]\nsteady = \"0s\"\nunknown = 1\n";
    let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
    assert_eq!(
        parse("x", &windows, &env()).unwrap_err().to_string(),
        parse("x", unix, &env()).unwrap_err().to_string()
    );
}

#[test]
fn the_variable_comes_before_the_default_place() {
    assert_eq!(default_path(&env()), Ok("/home/me/.config/spotkeeper/config.toml".into()));
    assert_eq!(path(&env()), default_path(&env()));
    let named = Environment { config_file: Some("mine.toml".into()), ..env() };
    assert_eq!(path(&named), Ok("mine.toml".into()));
    assert_eq!(default_path(&named), default_path(&env()));
}

#[test]
fn without_a_home_folder_only_what_needs_it_is_a_mistake() {
    let nowhere = Environment::default();
    assert!(default_path(&nowhere).unwrap_err().to_string().contains("set HOME or XDG_CONFIG_HOME"));

    let with_state = EXAMPLE.replace("# dir = ", "dir = ").replace("\nfile = \"~", "\n# file = \"~");
    assert!(parse("x", &with_state, &nowhere).is_ok());

    let report = parse("x", &with_state.replace("enabled = false", "enabled = true"), &nowhere).unwrap_err();
    assert_eq!(report.count(), 1);
    assert!(
        report.to_string().contains("`file` is ~/.ssh/config.d/spotkeeper, and no home folder is known"),
        "{report}"
    );

    let report = parse("x", EXAMPLE, &nowhere).unwrap_err();
    assert_eq!(report.count(), 2, "{report}");
    assert!(report.to_string().contains("there is no place for the state"), "{report}");
}

#[test]
fn a_host_name_may_be_a_machines_name_as_long_as_ssh_is_off() {
    let two = EXAMPLE.replace("my-spot.amazonaws.com", "other")
        + "[[machine]]\nname = \"Other\"\nspot_request = \"sir-zzzzzzzz\"\n[[machine.volume]]\nid = \"vol-0ab12cd3\"\ndevice = \"/dev/sdp\"\n";
    assert_eq!(parse("x", &two, &env()).map(|config| config.machines.len()), Ok(2));
    assert_eq!(parse("x", &two.replace("enabled = false", "enabled = true"), &env()).unwrap_err().count(), 1);
}
