//! What holds of the configuration, whatever is written in it.

use std::path::PathBuf;

use spotkeeper::config::{self, Config, Environment};

const FILE: &str = "config.toml";

/// Checks a text that may be a configuration. Text that is not UTF-8 is none.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else { return };
    let env = Environment { home: Some(PathBuf::from("/home/me")), ..Environment::default() };
    let read = config::parse(FILE, source, &env);
    assert_eq!(config::parse(FILE, source, &env), read, "the same text is read the same twice");
    match read {
        Ok(config) => check_sound(&config),
        Err(error) => {
            assert!(error.count() > 0, "refused for no reason");
            let lines: Vec<_> = error.one_line_each().collect();
            assert_eq!(lines.len(), error.count());
            let report = error.render(false);
            assert!(report.matches("error: ").count() >= error.count(), "{report}");
            for text in lines.iter().map(String::as_str).chain(report.lines()) {
                assert!(!text.contains(acts), "this acts on a terminal: {text:?}");
            }
            // The colours are the program's own, the text in them is not.
            let _ = error.render(true);
        }
    }
}

/// A configuration that was taken has what the rest of the program takes for granted.
fn check_sound(config: &Config) {
    assert!(!config.machines.is_empty());
    for (number, machine) in config.machines.iter().enumerate() {
        let others = config.machines.get(number + 1..).unwrap_or_default();
        for other in others {
            assert!(machine.name != other.name, "two machines {}", machine.name);
            assert!(machine.spot_request != other.spot_request, "two machines with {}", machine.spot_request);
        }
        assert_eq!(config.machine(&machine.name), Some(machine));
    }
    assert!(config.changes(config).is_empty(), "nothing changed, but {:?}", config.changes(config));
}

/// Whether a character may move the cursor, ring, or turn the reading direction.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
