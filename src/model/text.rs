//! Text from outside, made harmless once, at the border.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest text kept from outside, in characters; what follows is cut and marked with `…`.
const LONGEST: usize = 500;

/// Text that came from AWS, a file or a tag: one line, without control or bidirectional characters.
///
/// Whatever would steer a terminal, start a new line or reverse the reading direction is kept visible as an
/// escape such as `\u{1b}`, so nothing is lost and nothing acts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Text(String);

impl Text {
    /// Takes any string and returns the harmless form of it.
    #[must_use]
    pub fn new(untrusted: &str) -> Self {
        let mut out = String::with_capacity(untrusted.len());
        let mut length = 0;
        for c in untrusted.chars() {
            // By what is shown, so that a text that is read back stays the same.
            length += if acts(c) { c.escape_unicode().count() } else { 1 };
            if length > LONGEST && c != '…' {
                out.push('…');
                break;
            }
            push_escaped(&mut out, c);
        }
        Self(out)
    }

    /// The harmless text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Text {
    fn from(value: String) -> Self {
        Self::new(&value)
    }
}

impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

impl From<Text> for String {
    fn from(value: Text) -> Self {
        value.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Shows any text with the same escapes as [`Text`], without a limit of length: for whole lines on their
/// way to a terminal or a log.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a str);

impl Escaped<'_> {
    /// The escaped text, borrowed when nothing had to be escaped.
    #[must_use]
    pub fn to_cow(&self) -> Cow<'_, str> {
        if self.0.chars().any(acts) {
            let mut out = String::with_capacity(self.0.len());
            self.0.chars().for_each(|c| push_escaped(&mut out, c));
            Cow::Owned(out)
        } else {
            Cow::Borrowed(self.0)
        }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_cow())
    }
}

fn push_escaped(out: &mut String, c: char) {
    if acts(c) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

/// Whether a character does something to a terminal, a line or the reading direction instead of being shown.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidirectional_characters_become_visible_escapes() {
        let hostile = "a\u{1b}[31mb\nc\u{202e}d\u{9b}e\u{2066}f";
        let text = Text::new(hostile);
        assert_eq!(text.as_str(), r"a\u{1b}[31mb\u{a}c\u{202e}d\u{9b}e\u{2066}f");
        assert_eq!(Escaped(hostile).to_string(), text.as_str());
        assert_eq!(Escaped(hostile).to_cow(), text.as_str());
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(Text::new("größe ✓ 日本").as_str(), "größe ✓ 日本");
    }

    #[test]
    fn overlong_text_is_cut_and_says_so() {
        let text = Text::new(&"x".repeat(10_000));
        assert_eq!(text.as_str().chars().count(), LONGEST + 1);
        assert!(text.as_str().ends_with('…'));
        for long in ["\u{1b}".repeat(400), "x".repeat(10_000), "y".repeat(LONGEST)] {
            assert_eq!(Text::new(Text::new(&long).as_str()), Text::new(&long), "a text that is read back changes");
        }
    }

    #[test]
    fn text_is_cleaned_when_it_is_read_back_from_json() {
        let text: Text = serde_json::from_str(r#""a\u001bb""#).unwrap();
        assert_eq!(text.as_str(), r"a\u{1b}b");
    }
}
