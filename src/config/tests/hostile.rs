//! Text that nobody would call a configuration.

use proptest::prelude::*;

use super::env;
use crate::config::{EXAMPLE, parse};

/// Either it is a configuration, or a report that can be printed, whose every mistake is counted.
fn holds(source: &str) -> Result<(), TestCaseError> {
    let Err(error) = parse("config.toml", source, &env()) else { return Ok(()) };
    let report = error.to_string();
    prop_assert!(error.count() > 0);
    prop_assert_eq!(report.lines().filter(|line| line.starts_with("error: ")).count(), error.count());
    prop_assert!(!report.chars().any(|c| c.is_control() && c != '\n'), "{:?}", report);
    prop_assert!(!report.contains(['\u{202e}', '\u{2066}', '\u{feff}']), "{:?}", report);
    prop_assert!(error.render(true).contains(char::from(27)), "no colour");
    Ok(())
}

/// Pieces that lead the parser astray better than letters do.
fn piece() -> impl Strategy<Value = String> {
    let pieces = vec![
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "#",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "-",
        "0x",
        "machine",
        "volume",
        "[[machine]]\n",
        "[[machine.volume]]\n",
        "[poll]\n",
        "steady = ",
        "name = \"train\"\n",
        "hostnames = [",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{feff}",
        "日本",
        "é",
        "1979-05-27",
        "true",
        "nan",
        "a.b.c",
        "\"15s\"\n",
    ];
    prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => ".{0,4}"]
}

proptest! {
    #[test]
    fn arbitrary_text_is_answered_and_never_panics(source in "(?s).{0,300}") {
        holds(&source)?;
    }

    #[test]
    fn arbitrary_pieces_of_toml_are_answered_and_never_panic(pieces in prop::collection::vec(piece(), 0..40)) {
        holds(&pieces.concat())?;
    }

    #[test]
    fn a_damaged_example_is_answered_and_never_panics(
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0..60usize, piece()), 1..6)
    ) {
        let mut text: Vec<char> = EXAMPLE.chars().collect();
        for (at, length, piece) in damages {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, piece.chars());
        }
        holds(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn a_single_long_line_is_answered_and_never_panics(start in piece(), fill in piece(), times in 1..200usize, end in piece()) {
        holds(&format!("{start}{}{end}", fill.repeat(times)))?;
    }
}
