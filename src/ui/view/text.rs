//! Words and their explanations as lines of a given width.

use ratatui::text::{Line, Span};
use tui_input::Input;
use unicode_width::UnicodeWidthChar as _;

use super::super::details::Entry;
use super::super::theme::Theme;
use super::super::words::{cut, pad, wrap};

/// The width of the words before the explanations.
const WORD: usize = 9;

/// A word and its explanation, wrapped and hanging.
pub(super) fn pair(theme: Theme, word: &str, text: &str, width: usize) -> Vec<Line<'static>> {
    let wrapped = wrap(text, width.saturating_sub(WORD + 1).max(1));
    let lines = wrapped.into_iter().enumerate().map(|(number, line)| {
        let head = pad(if number == 0 { word } else { "" }, WORD);
        Line::from(vec![Span::styled(format!("{head} "), theme.title()), Span::raw(line)])
    });
    lines.collect()
}

/// The part of a text field around the cursor that fits into so many columns, and the cursor's column in it.
pub(super) fn field(input: &Input, room: usize) -> (String, u16) {
    // The cursor behind the last character needs a column too.
    let hidden = input.visual_scroll(room.saturating_sub(1));
    let mut passed = 0;
    let shown = input.value().chars().skip_while(|c| {
        let is_hidden = passed < hidden;
        passed += c.width().unwrap_or_default();
        is_hidden
    });
    let column = input.visual_cursor().saturating_sub(hidden).min(room.saturating_sub(1));
    (cut(&shown.collect::<String>(), room).into_owned(), u16::try_from(column).unwrap_or(u16::MAX))
}

/// Details as lines.
pub(super) fn entries(theme: Theme, entries: &[Entry], width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for entry in entries {
        match entry {
            Entry::Heading(title) => {
                lines.push(Line::default());
                lines.push(Line::styled(title.clone(), theme.title().patch(theme.moving())));
            }
            Entry::Pair(word, text) => lines.extend(pair(theme, word, text, width)),
            Entry::Warning(text) => {
                let sign = format!("{} warning", theme.warning_symbol());
                lines.extend(pair(theme, &sign, text, width).into_iter().map(|line| line.style(theme.asking())));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::words::width;

    #[test]
    fn a_field_shows_the_end_of_a_text_that_is_too_long_with_the_cursor_behind_it() {
        assert_eq!(field(&Input::new("reboot".to_owned()), 10), ("reboot".to_owned(), 6));
        assert_eq!(field(&Input::new("reboot-now".to_owned()), 7), ("ot-now".to_owned(), 6));
        assert_eq!(field(&Input::new("reboot-now".to_owned()).with_cursor(0), 7), ("reboot…".to_owned(), 0));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_the_field(text in "[a-z日\u{301}ß ]{0,40}", at in 0_usize..40, room in 1_usize..20) {
            let (shown, column) = field(&Input::new(text).with_cursor(at), room);
            prop_assert!(width(&shown) <= room, "{:?}", shown);
            prop_assert!(usize::from(column) < room);
        }
    }
}
