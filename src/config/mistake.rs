//! Mistakes in a file that the user wrote: where, what is wrong, and what would be right.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::model::{Escaped, Text};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The bytes of the source to point at; none when it concerns no place in it.
    pub(super) span: Option<Range<usize>>,
    /// What is wrong, harmless to print.
    pub(super) title: String,
    /// What would be right, harmless to print.
    pub(super) help: String,
    /// Whether it is about something that is not there.
    pub(super) absence: bool,
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    /// Notes that what stands here is wrong.
    pub(crate) fn wrong(&mut self, span: Range<usize>, title: String, help: String) {
        self.0.push(Mistake { span: Some(span), title, help, absence: false });
    }

    /// Notes that something is not there which belongs to what stands here.
    pub(super) fn absent(&mut self, span: Range<usize>, title: String, help: String) {
        self.0.push(Mistake { span: Some(span), title, help, absence: true });
    }
}

/// Why there is no configuration, or no key table: every mistake in it, or the reason why it cannot be read at all.
///
/// Its text is complete and harmless to print: for each mistake the word `error:`, what is wrong, file, line,
/// column, the line itself with a caret, and what would be right; sorted by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: Text,
    source: String,
    mistakes: Vec<Mistake>,
}

impl ConfigError {
    pub(super) fn new(file: &str, source: &str, Mistakes(mut mistakes): Mistakes) -> Self {
        mistakes.sort_by_key(|mistake| mistake.span.as_ref().map(|span| (span.start, span.end)));
        Self { file: Text::new(file), source: source.to_owned(), mistakes }
    }

    /// An error that is about no line of any file.
    pub(crate) fn without_place(title: String, help: &str) -> Self {
        let mistake = Mistake { span: None, title, help: help.to_owned(), absence: false };
        Self::new("", "", Mistakes(vec![mistake]))
    }

    /// How many mistakes there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.mistakes.len()
    }

    /// The whole report, with colours or without, without a line break at the end.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut reports: Vec<String> = self.mistakes.iter().map(|mistake| self.report(mistake, &renderer)).collect();
        if self.count() > 1 {
            reports.push(format!("{} mistakes in {}", self.count(), self.file));
        }
        reports.join("\n\n")
    }

    /// The same for a log, where each mistake is one line: file, line, column, what is wrong, and what would be right.
    pub fn one_line_each(&self) -> impl Iterator<Item = String> {
        self.mistakes.iter().map(|Mistake { span, title, help, .. }| {
            let place = span.as_ref().map_or_else(String::new, |span| {
                let Place { line, text, caret } = Place::of(&self.source, span);
                let column = text.get(..caret.start).unwrap_or_default().chars().count() + 1;
                format!("{}:{line}:{column}: ", self.file)
            });
            format!("{place}{title}; {help}")
        })
    }

    fn report(&self, mistake: &Mistake, renderer: &Renderer) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(mistake.title.as_str()));
        if let Some(span) = &mistake.span {
            let place = Place::of(&self.source, span);
            let line = Snippet::source(place.text).line_start(place.line).path(self.file.as_str());
            group = group.element(line.annotation(AnnotationKind::Primary.span(place.caret)));
        }
        renderer.render(&[group.element(Level::HELP.message(mistake.help.as_str()))])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl Error for ConfigError {}

/// A place in the source: its line as it can be shown, by which the renderer counts the columns, too.
struct Place {
    line: usize,
    text: String,
    caret: Range<usize>,
}

impl Place {
    /// The place where the span begins; what goes beyond that line is not pointed at.
    fn of(source: &str, span: &Range<usize>) -> Self {
        let (before, after) = source.split_at_checked(span.start).unwrap_or((source, ""));
        let start = before.rsplit('\n').next().unwrap_or_default();
        let rest = after.lines().next().unwrap_or_default();
        let (marked, end) = rest.split_at_checked(span.len()).unwrap_or((rest, ""));
        let (start_shown, marked_shown) = (shown(start), shown(marked));
        Self {
            line: line_of(source, span.start),
            caret: start_shown.len()..start_shown.len() + marked_shown.len(),
            text: format!("{start_shown}{marked_shown}{}", shown(end)),
        }
    }
}

/// The number of the line, from 1, on which this byte of the source stands.
pub(crate) fn line_of(source: &str, byte: usize) -> usize {
    source.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

/// The text as it can be printed; tabs stay, as the renderer turns them into blanks.
fn shown(text: &str) -> String {
    text.split('\t').map(|part| Escaped(part).to_string()).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str, spans: &[(usize, usize)]) -> ConfigError {
        let mut mistakes = Mistakes::default();
        for (start, end) in spans {
            mistakes.wrong(*start..*end, format!("mistake at {start}"), "do better".to_owned());
        }
        ConfigError::new("a/b.toml", source, mistakes)
    }

    #[test]
    fn mistakes_come_in_the_order_of_the_file_and_are_counted() {
        let error = error("one\ntwo\nthree\n", &[(8, 13), (0, 3)]);
        assert_eq!(
            error.to_string(),
            "\
error: mistake at 0
 --> a/b.toml:1:1
  |
1 | one
  | ^^^
  |
  = help: do better

error: mistake at 8
 --> a/b.toml:3:1
  |
3 | three
  | ^^^^^
  |
  = help: do better

2 mistakes in a/b.toml"
        );
        assert_eq!(error.count(), 2);
    }

    #[test]
    fn for_a_log_each_mistake_is_one_line_with_the_place_that_the_report_points_to() {
        let source = "one\n\t\u{1b}é = 1\n";
        let at = source.find('é').unwrap();
        let error = error(source, &[(at, at + 2), (0, 3)]);
        let lines: Vec<_> = error.one_line_each().collect();
        let expected = ["a/b.toml:1:1: mistake at 0; do better", "a/b.toml:2:8: mistake at 6; do better"];
        assert_eq!(lines, expected);
        assert!(error.to_string().contains("a/b.toml:2:8\n"), "{error}");
        let without_place = ConfigError::without_place("no file".to_owned(), "name one");
        assert_eq!(without_place.one_line_each().collect::<Vec<_>>(), ["no file; name one"]);
    }

    #[test]
    fn what_would_act_on_a_terminal_is_shown_escaped_and_the_caret_still_points_at_its_place() {
        let source = "\t\u{1b}[2J\u{202e}é = 1\n";
        let at = source.find('é').unwrap();
        let text = error(source, &[(at, at + 2)]).to_string();
        assert!(text.contains("a/b.toml:1:19\n"), "{text}");
        assert!(text.contains("1 |     \\u{1b}[2J\\u{202e}é = 1\n"), "{text}");
        let caret = text.lines().find(|line| line.contains('^')).unwrap();
        assert_eq!(caret, format!("  | {}^", " ".repeat(4 + r"\u{1b}[2J\u{202e}".len())), "{text}");
    }

    #[test]
    fn a_hostile_file_name_is_shown_escaped() {
        let error = ConfigError::new("a\u{1b}[31m\nb", "x", Mistakes::default());
        assert_eq!(error.file.as_str(), r"a\u{1b}[31m\u{a}b");
    }

    #[test]
    fn colours_are_only_there_when_asked_for() {
        let error = error("one\n", &[(0, 3)]);
        assert!(error.render(true).contains('\u{1b}'));
        assert!(!error.render(false).contains('\u{1b}'));
    }

    #[test]
    fn a_span_outside_the_source_or_inside_a_character_points_somewhere_and_does_not_panic() {
        for span in [(0, 99), (99, 100), (1, 2), (4, 4)] {
            assert!(error("é\nx", &[span]).to_string().contains("a/b.toml"), "{span:?}");
        }
        assert!(error("", &[(0, 0)]).to_string().contains("a/b.toml:1:1"));
    }
}
