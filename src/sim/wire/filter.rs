//! Filters: all of them hold, each with one of its values, in which `*` and `?` are wildcards.

use super::super::records::Tags;
use super::super::refusal::Refusal;

/// How many filters a call may have, and how many values all of them together. Source: EC2 User Guide, "List and filter
/// resources using the CLI and API"; that the values count over all filters, GitHub, apache/druid#1954, shows.
const MOST_FILTERS: usize = 50;
const MOST_VALUES: usize = 200;

/// One filter as it was given.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// A filter's name and how to read what it compares. An object can have several values, or none.
pub(super) type Attribute<T> = (&'static str, fn(&T) -> Vec<String>);

/// What can be filtered.
pub(super) trait Row: Sized {
    /// The filters besides those for tags.
    fn attributes() -> Vec<Attribute<Self>>;
    /// The tags.
    fn tags(&self) -> &Tags;
}

/// Keeps the rows for which all filters hold.
///
/// # Errors
/// When a filter is unknown or there are too many of them or of values, whether or not there are rows.
pub(super) fn select<T: Row>(rows: Vec<T>, filters: &[Filter]) -> Result<Vec<T>, Refusal> {
    let values: usize = filters.iter().map(|filter| filter.values.len()).sum();
    for (given, most, what) in [(filters.len(), MOST_FILTERS, "filters"), (values, MOST_VALUES, "filter values")] {
        if given > most {
            let message = format!("The maximum number of {what} specified on a single call is {most}");
            return Err(Refusal::client("FilterLimitExceeded", message));
        }
    }
    let attributes = T::attributes();
    let known = |name: &str| name == "tag-key" || name.starts_with("tag:") || attributes.iter().any(|a| a.0 == name);
    if let Some(unknown) = filters.iter().find(|filter| !known(&filter.name)) {
        return Err(Refusal::parameter(format!("The filter '{}' is invalid", unknown.name)));
    }
    Ok(rows.into_iter().filter(|row| filters.iter().all(|filter| holds(row, filter, &attributes))).collect())
}

fn holds<T: Row>(row: &T, filter: &Filter, attributes: &[Attribute<T>]) -> bool {
    let actual: Vec<String> = match filter.name.strip_prefix("tag:") {
        Some(key) => row.tags().get(key).cloned().into_iter().collect(),
        None if filter.name == "tag-key" => row.tags().keys().cloned().collect(),
        None => {
            let attribute = attributes.iter().find(|attribute| attribute.0 == filter.name);
            attribute.map(|(_, read)| read(row)).unwrap_or_default()
        }
    };
    actual.iter().any(|actual| filter.values.iter().any(|wanted| matches(wanted, actual)))
}

/// Whether a text fits a pattern of `*`, `?` and `\`.
pub(in crate::sim) fn matches(pattern: &str, text: &str) -> bool {
    // The rule, and two hundred times a row.
    if !pattern.contains(['*', '?', '\\']) {
        return pattern == text;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text the pattern so far fits.
    let mut fits = vec![false; text.len() + 1];
    if let Some(first) = fits.first_mut() {
        *first = true;
    }
    let mut rest = pattern.into_iter();
    while let Some(c) = rest.next() {
        let literal = if c == '\\' { rest.next().unwrap_or(c) } else { c };
        let wild = literal == c && c != '\\';
        fits = advance(&fits, &text, literal, wild);
    }
    fits.last().copied().unwrap_or(false)
}

fn advance(fits: &[bool], text: &[char], c: char, wild: bool) -> Vec<bool> {
    if wild && c == '*' {
        let mut any = false;
        return fits
            .iter()
            .map(|fit| {
                any |= fit;
                any
            })
            .collect();
    }
    let one = |(fit, actual): (&bool, &char)| *fit && ((wild && c == '?') || *actual == c);
    std::iter::once(false).chain(fits.iter().zip(text).map(one)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_and_escapes_are_ec2s() {
        for (pattern, text) in
            [("*", ""), ("a*c", "abbc"), ("a?c", "abc"), ("*na*", "banana"), (r"a\*", "a*"), (r"\?", "?")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "A"), ("a?", "a"), ("a*c", "abd"), (r"a\*", "ab"), ("", "a"), (r"\?", "x")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_without_special_characters_matches_itself_alone(a in "[a-z]{0,6}", b in "[a-z]{0,6}") {
            prop_assert_eq!(matches(&a, &b), a == b);
        }

        #[test]
        fn a_text_cut_anywhere_matches_with_a_star_in_the_gap(a in "[a-z]{0,9}", from in 0_usize..9, to in 0_usize..9) {
            let (from, to) = (from.min(to).min(a.len()), from.max(to).min(a.len()));
            let pattern: String = a.chars().take(from).chain(['*']).chain(a.chars().skip(to)).collect();
            prop_assert!(matches(&pattern, &a), "{pattern}");
        }
    }
}
