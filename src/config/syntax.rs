//! Mistakes in the TOML itself, in words for people who do not know its grammar.

use toml::de::Error;

use super::mistake::{Mistake, Mistakes, line_of};
use super::rules::TRUE_OR_FALSE;
use super::schema::{MACHINE, VOLUME};
use crate::model::Text;

/// Joins what the TOML parser found with the mistakes found in what it made of the file, and leaves out those that
/// only come from its guesses.
///
/// The parser carries on after an error. Some errors concern one value, and the rest of the file is read well;
/// after the others (an open bracket, a key without a value) the rest is guesswork, and nothing is said about it.
pub(super) fn join(errors: &[Error], source: &str, Mistakes(mistakes): Mistakes) -> Mistakes {
    let breach = errors.iter().filter(|error| !is_local(error, source)).map(start).min();
    let mut broken: Vec<&Error> =
        errors.iter().filter(|error| breach.is_none_or(|breach| start(error) <= breach)).collect();
    // A second error on a line mostly follows from the first.
    broken.sort_by_key(|error| start(error));
    broken.dedup_by_key(|error| line_of(source, start(error)));

    let broken_lines: Vec<usize> = broken.iter().map(|error| line_of(source, start(error))).collect();
    let is_sound = |mistake: &Mistake| {
        let line = mistake.span.as_ref().map_or(1, |span| line_of(source, span.start));
        let before_breach = |breach| !mistake.absence && line < line_of(source, breach);
        breach.is_none_or(before_breach) && !broken_lines.contains(&line)
    };
    let sound = mistakes.into_iter().filter(is_sound);
    Mistakes(sound.chain(broken.iter().map(|error| in_words(error, source))).collect())
}

fn start(error: &Error) -> usize {
    error.span().unwrap_or_default().start
}

/// What the parser says of a value that has no quotes, or is not there at all.
const UNQUOTED: &str = "string values must be quoted";
/// What it says of a key or a heading that stands twice.
const DUPLICATE: &str = "duplicate key";

/// Whether the parser knows how the file goes on after this error. Errors that it learns to tell apart in future
/// count as grave: less is said at once, nothing is said wrongly.
fn is_local(error: &Error, source: &str) -> bool {
    let known = [
        UNQUOTED,
        DUPLICATE,
        "invalid boolean",
        "invalid basic string",
        "invalid literal string",
        "missing escaped value",
    ];
    // After a second [machine] all its keys would seem to stand twice as well.
    let merges_items = error.message() == DUPLICATE && item_heading(given(error, source)).is_some();
    known.iter().any(|known| error.message().starts_with(known)) && !merges_items
}

fn given<'s>(error: &Error, source: &'s str) -> &'s str {
    error.span().and_then(|span| source.get(span)).unwrap_or_default()
}

/// How the heading with this key is written, when it stands once for each item of a list.
fn item_heading(key: &str) -> Option<&'static str> {
    [&MACHINE, &VOLUME].iter().find(|schema| schema.key == key).map(|schema| schema.heading)
}

fn in_words(error: &Error, source: &str) -> Mistake {
    let (title, mut help) = words(error, source);
    if !is_local(error, source) {
        help.push_str("; what follows is checked when this is right");
    }
    Mistake { span: error.span(), title, help, absence: false }
}

/// What is wrong, and what would be right.
fn words(error: &Error, source: &str) -> (String, String) {
    let (what, expected) = error.message().split_once(", expected ").unwrap_or((error.message(), ""));
    let given = given(error, source);
    let next = source.get(start(error)..).and_then(|rest| rest.chars().next());
    let (title, help) = match what {
        UNQUOTED if given.is_empty() => ("there is no value after the `=`", "write one; text goes in double quotes"),
        UNQUOTED if is_nearly_boolean(given) => ("this is no value in TOML", TRUE_OR_FALSE),
        "invalid boolean" => ("this is no value in TOML", TRUE_OR_FALSE),
        UNQUOTED => return unquoted(given),
        DUPLICATE => return twice(given),
        "invalid unquoted key" if given == ":" => ("a key is followed by `=`, not by `:`", "write = instead"),
        "missing comma between array elements" => {
            ("the list goes on here without a comma", "write a comma before this, or close the list above with ]")
        }
        "unexpected key or value" => {
            ("something follows the value on this line", "begin a new line for each key, and a comment with #")
        }
        "key with no value" => ("this key has no value", "write = and a value after it"),
        "unclosed table" => ("this heading is not closed", "close it with ]"),
        "unclosed array table" => ("this heading is not closed", "close it with ]]"),
        "missing escaped value" => {
            ("a backslash begins an escape here", "write two backslashes for one, or put the text in single quotes")
        }
        text if text.ends_with("string") && next.is_some_and(|c| c.is_control() && c != '\n' && c != '\r') => {
            ("a control character stands in this text", "take it out, or write it as an escape such as \"\\u001b\"")
        }
        text if text.ends_with("string") => ("this text has no closing quote", "write it at the end of the text"),
        other => {
            let help = if expected.is_empty() { MANUAL.to_owned() } else { format!("expected here: {expected}") };
            return (format!("not TOML: {other}"), help);
        }
    };
    (title.to_owned(), help.to_owned())
}

const MANUAL: &str = "the rules of TOML stand at https://toml.io";

fn unquoted(given: &str) -> (String, String) {
    let bare = given.trim_matches(['“', '”', '‘', '’', '"', '\'']);
    let help = format!("write it in straight double quotes: \"{}\"", Text::new(bare));
    ("this text has no quotes around it".to_owned(), help)
}

fn twice(given: &str) -> (String, String) {
    let help = match item_heading(given) {
        Some(heading) => format!("write {heading}, with two brackets on each side, for each one"),
        None => "keep one of the two".to_owned(),
    };
    (format!("`{}` stands here a second time", Text::new(given)), help)
}

fn is_nearly_boolean(given: &str) -> bool {
    ["yes", "no", "on", "off", "true", "false"].iter().any(|word| given.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    fn joined(source: &str, mistakes: &[(usize, bool)]) -> Vec<String> {
        let noted = mistakes.iter().map(|(at, absence)| Mistake {
            span: Some(*at..at + 1),
            title: format!("noted at {at}"),
            help: String::new(),
            absence: *absence,
        });
        let errors = DeTable::parse_recoverable(source).1;
        join(&errors, source, Mistakes(noted.collect())).0.into_iter().map(|mistake| mistake.title).collect()
    }

    #[test]
    fn a_value_without_quotes_hides_only_what_is_noted_on_its_own_line() {
        let source = "a = 1\nb = bare\nc = 3\n";
        let titles = joined(source, &[(0, true), (6, false), (15, false)]);
        assert_eq!(titles, ["noted at 0", "noted at 15", "this text has no quotes around it"]);
    }

    #[test]
    fn after_a_breach_nothing_is_said_and_before_it_nothing_about_what_is_missing() {
        let source = "a = 1\nb = 2\nc\nd = bare\n";
        let titles = joined(source, &[(0, true), (6, false), (14, false)]);
        assert_eq!(titles, ["noted at 6", "this key has no value"]);
    }

    #[test]
    fn one_line_has_one_syntax_error() {
        assert_eq!(joined("a = 1 b = 2\n", &[]).len(), 1);
    }
}
