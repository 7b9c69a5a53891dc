//! A key, as files write it, terminals send it, and the screen shows it.

use std::fmt;

use crokey::{KeyCombination, KeyCombinationFormat, OneToThree};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with what is held down along with it, in one form for all the ways in which terminals send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(KeyCombination);

impl Key {
    /// The key that is written so: `x`, `X`, `?`, `F5`, `Enter`, `Shift-Tab`, `PgUp`, `Ctrl-d`. Letter case matters
    /// for a letter without `Ctrl-` alone. None when this is no key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return (!c.is_control()).then(|| Self::from(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        let combination = crokey::parse(&in_words_of_crokey(text)).ok()?;
        // Which character Shift makes of a digit or a sign depends on the keyboard.
        let is_sign = matches!(combination.codes, OneToThree::One(KeyCode::Char(c)) if !c.is_alphabetic());
        let is_vague = is_sign && combination.modifiers.contains(KeyModifiers::SHIFT);
        (!is_vague).then(|| Self::canonical(combination))
    }

    fn canonical(combination: KeyCombination) -> Self {
        let KeyCombination { mut codes, mut modifiers } = combination.normalized();
        match codes {
            OneToThree::One(KeyCode::Char(c)) if c.is_uppercase() => modifiers |= KeyModifiers::SHIFT,
            OneToThree::One(KeyCode::Char(c)) if !c.is_alphabetic() => modifiers -= KeyModifiers::SHIFT,
            OneToThree::One(KeyCode::BackTab) => modifiers |= KeyModifiers::SHIFT,
            OneToThree::One(KeyCode::Tab) if modifiers.contains(KeyModifiers::SHIFT) => {
                codes = OneToThree::One(KeyCode::BackTab);
            }
            _ => {}
        }
        Self(KeyCombination { codes, modifiers })
    }

    /// Whether it is a lower-case letter with nothing held down: what a hand types that means to write.
    pub(super) fn is_bare_lower_case(self) -> bool {
        self.0.as_letter().is_some_and(char::is_lowercase)
    }

    /// Why no command can have it, to be read after the name of the key; none when one can.
    pub(super) fn why_not(self) -> Option<&'static str> {
        let OneToThree::One(code) = self.0.codes else {
            return Some("is more than one key (Ctrl- and Alt- are written in full)");
        };
        if self.0.modifiers.contains(KeyModifiers::SUPER) {
            return Some("never reaches a program in a terminal");
        }
        if !self.0.modifiers.contains(KeyModifiers::CONTROL) {
            return None;
        }
        match code {
            KeyCode::Char('c') => Some("always quits"),
            KeyCode::Char('i') => Some("is the same as Tab to a terminal"),
            KeyCode::Char('m') => Some("is the same as Enter to a terminal"),
            KeyCode::Char('[') => Some("is the same as Esc to a terminal"),
            KeyCode::Char(c) if !c.is_ascii_lowercase() && c != ' ' => Some("never reaches a program in a terminal"),
            _ => None,
        }
    }
}

/// Our way of writing keys in crokey's, which ignores letter case.
fn in_words_of_crokey(text: &str) -> String {
    let (held, name) = text.rsplit_once('-').filter(|(_, name)| !name.is_empty()).unwrap_or(("", text));
    let (held, name) = (held.to_ascii_lowercase(), name);
    let has = |modifier: &str| held.split('-').any(|one| one == modifier);
    let mut chars = name.chars();
    let is_capital = matches!((chars.next(), chars.next()), (Some('A'..='Z'), None));
    let name = match name.to_ascii_lowercase().as_str() {
        "pgup" => "pageup".to_owned(),
        "pgdn" | "pgdown" => "pagedown".to_owned(),
        "escape" => "esc".to_owned(),
        "return" => "enter".to_owned(),
        "tab" if has("shift") => "backtab".to_owned(),
        letter if is_capital && !has("ctrl") => format!("shift-{letter}"),
        other => other.to_owned(),
    };
    if held.is_empty() { name } else { format!("{held}-{name}") }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::canonical(KeyCombination::one_key(event.code, event.modifiers))
    }
}

impl From<Key> for KeyEvent {
    fn from(key: Key) -> Self {
        let code = match key.0.codes {
            OneToThree::One(code) => code,
            // No file can give a command more than one key at once.
            _ => KeyCode::Null,
        };
        Self::new(code, key.0.modifiers)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_character = matches!(self.0.codes, OneToThree::One(KeyCode::Char(_)));
        let format = KeyCombinationFormat::default();
        let format = if is_character { format.with_implicit_shift() } else { format };
        let shown = format.to_string(self.0).replace("Shift-BackTab", "BackTab").replace("BackTab", "Shift-Tab");
        f.pad(&shown.replace("PageUp", "PgUp").replace("PageDown", "PgDn"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn sent(code: KeyCode, modifiers: KeyModifiers) -> Key {
        KeyEvent::new(code, modifiers).into()
    }

    #[test]
    fn a_key_is_shown_as_it_is_written() {
        for text in [
            "x",
            "X",
            "?",
            "!",
            "1",
            "ö",
            "Ö",
            "F5",
            "Enter",
            "Esc",
            "Tab",
            "Shift-Tab",
            "Space",
            "Up",
            "Home",
            "PgUp",
            "PgDn",
            "Ctrl-d",
            "Alt-x",
            "Alt-X",
            "Ctrl-Alt-Delete",
            "Shift-F6",
            "Ctrl-PgUp",
            "Ctrl-Shift-Tab",
        ] {
            assert_eq!(key(text).to_string(), text);
        }
    }

    #[test]
    fn other_ways_to_write_a_key_mean_the_same() {
        for (other, usual) in [
            ("Ctrl-D", "Ctrl-d"),
            ("shift-x", "X"),
            ("Shift-X", "X"),
            ("pagedown", "PgDn"),
            ("PgDown", "PgDn"),
            ("escape", "Esc"),
            ("Return", "Enter"),
            ("BackTab", "Shift-Tab"),
            ("SHIFT-TAB", "Shift-Tab"),
            (" ", "Space"),
            ("-", "Hyphen"),
        ] {
            assert_eq!(key(other), key(usual), "{other}");
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "Ctrl-", "Ctrl+d", "xy", "Hyper-x", "Shift-1", "Shift-?", "\t", "F99", "--"] {
            assert_eq!(Key::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_shifted_key_is_the_same_however_a_terminal_sends_it() {
        use KeyCode::{BackTab, Char, Tab};
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        const NONE: KeyModifiers = KeyModifiers::NONE;
        for (text, code, modifiers) in [
            ("A", Char('A'), NONE),
            ("A", Char('A'), SHIFT),
            ("A", Char('a'), SHIFT),
            ("Ö", Char('Ö'), SHIFT),
            ("?", Char('?'), SHIFT),
            ("!", Char('!'), NONE),
            ("Shift-Tab", BackTab, NONE),
            ("Shift-Tab", BackTab, SHIFT),
            ("Shift-Tab", Tab, SHIFT),
        ] {
            assert_eq!(sent(code, modifiers), key(text), "{code:?} {modifiers:?}");
        }
        assert_ne!(sent(Char('a'), NONE), key("A"));
        assert_ne!(sent(Tab, NONE), key("Shift-Tab"));
    }

    #[test]
    fn keys_that_a_terminal_does_not_send_as_such_are_told_apart() {
        for text in ["Ctrl-i", "Ctrl-m", "Ctrl-[", "Ctrl-c", "Ctrl-1", "Ctrl-Shift-d", "Cmd-x", "a-b"] {
            assert!(key(text).why_not().is_some(), "{text}");
        }
        for text in ["Ctrl-d", "Ctrl-Space", "Ctrl-Up", "Alt-x", "c", "i", "Alt-1"] {
            assert_eq!(key(text).why_not(), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_a_key_is_shown_in_a_way_that_can_be_written(text in "((Ctrl|Alt|shift)-)?([!-~ö]|[A-Za-z0-9-]{1,6})") {
            if let Some(key) = Key::parse(&text) {
                prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
            }
        }
    }
}
