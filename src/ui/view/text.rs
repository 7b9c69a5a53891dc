//! Words and their explanations as lines of a given width.

use ratatui::text::{Line, Span};

use super::super::details::Entry;
use super::super::theme::Theme;
use super::super::words::{pad, wrap};

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
