//! The filter of a list: terms of which a row must meet every one.

use std::fmt;

use crate::model::Text;

/// What was typed at `/`, understood.
///
/// The terms are separated by blanks and must all hold. `text` is found in any cell, `column:value` in that column,
/// `:text` in any cell again, for a text with a colon in it; `!` before any of them turns it round. Letter case does
/// not matter. A term that is not complete yet, such as `!` or `zone:`, holds for every row: so a filter can be
/// used at every key press.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    typed: String,
    columns: usize,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// In lower case, and never empty.
    text: String,
    /// Any column when there is none.
    column: Option<usize>,
    negated: bool,
}

impl Filter {
    /// Understands what was typed; `columns` are the names of the columns and what stands over them, in the order of
    /// the cells.
    ///
    /// # Errors
    ///
    /// When a term names a column that is none of these: says so, and which there are.
    pub(crate) fn parse(typed: &str, columns: &[[&str; 2]]) -> Result<Self, String> {
        let terms = typed.split_whitespace().map(|term| Term::parse(term, columns));
        Ok(Self {
            typed: typed.trim().to_owned(),
            columns: columns.len(),
            terms: terms.filter_map(Result::transpose).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a row meets every term; `cell` gives the text of its cell in a column.
    pub(crate) fn accepts<'r>(&self, cell: impl Fn(usize) -> &'r str) -> bool {
        self.terms.iter().all(|term| {
            let found = match term.column {
                Some(column) => contains(cell(column), &term.text),
                None => (0..self.columns).any(|column| contains(cell(column), &term.text)),
            };
            found != term.negated
        })
    }

    /// Whether it accepts everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl Term {
    /// None when it is not complete yet.
    fn parse(typed: &str, columns: &[[&str; 2]]) -> Result<Option<Self>, String> {
        let (negated, rest) = typed.strip_prefix('!').map_or((false, typed), |rest| (true, rest));
        let (column, text) = match rest.split_once(':') {
            Some(("", text)) => (None, text),
            // What cannot be the name of a column, as in `12:03`, is part of the text.
            Some((name, text)) if name.chars().all(|c| c.is_alphabetic() || "-_/".contains(c)) => {
                (Some(column(name, columns)?), text)
            }
            _ => (None, rest),
        };
        Ok((!text.is_empty()).then(|| Self { text: text.to_lowercase(), column, negated }))
    }
}

fn column(name: &str, columns: &[[&str; 2]]) -> Result<usize, String> {
    let is_it = |known: &[&str; 2]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    columns.iter().position(is_it).ok_or_else(|| {
        let (name, known): (_, Vec<&str>) = (Text::new(name), columns.iter().map(|[name, _]| *name).collect());
        format!("no column `{name}`: there are {}; as text, write `:{name}:…`", known.join(", "))
    })
}

/// Whether the text contains what is looked for, which is in lower case already.
fn contains(text: &str, wanted: &str) -> bool {
    if text.is_ascii() {
        // Without a copy, and by the first letter first: a list may have thousands of rows.
        let begins_well = |part: &[u8]| part.first().map(u8::to_ascii_lowercase) == wanted.bytes().next();
        let mut parts = text.as_bytes().windows(wanted.len().max(1));
        return parts.any(|part| begins_well(part) && part.eq_ignore_ascii_case(wanted.as_bytes()));
    }
    text.to_lowercase().contains(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [[&str; 2]; 3] = [["machine", "MACHINE"], ["zone", "AZ"], ["since", "SINCE"]];
    const ROW: [&str; 3] = ["Train", "NEEDS APPROVAL", "12:03"];

    fn accepts(typed: &str) -> bool {
        Filter::parse(typed, &COLUMNS).unwrap().accepts(|column| ROW[column])
    }

    #[test]
    fn every_term_must_hold_in_any_cell_and_letter_case_does_not_matter() {
        assert!(accepts("train approv"));
        assert!(accepts("  TRAIN\tneeds "));
        assert!(!accepts("train ready"));
    }

    #[test]
    fn a_column_may_be_called_by_what_stands_over_it() {
        assert!(accepts("az:needs"));
        assert!(!accepts("az:train"));
    }

    #[test]
    fn a_term_with_a_column_looks_there_alone() {
        assert!(accepts("zone:needs"));
        assert!(accepts("MACHINE:train"));
        assert!(!accepts("zone:train"));
    }

    #[test]
    fn an_exclamation_mark_turns_a_term_round() {
        assert!(!accepts("!train"));
        assert!(accepts("!sweep"));
        assert!(!accepts("!zone:needs"));
        assert!(accepts("!zone:train"));
    }

    #[test]
    fn a_term_that_is_not_complete_yet_holds_for_every_row() {
        for typed in ["", "  ", "!", "zone:", "!zone:", ":"] {
            let filter = Filter::parse(typed, &COLUMNS).unwrap();
            assert!(filter.is_empty(), "{typed}");
            assert!(filter.accepts(|column| ROW[column]), "{typed}");
        }
    }

    #[test]
    fn a_colon_after_what_cannot_be_a_column_is_text() {
        assert!(accepts("12:03"));
        assert!(accepts(":12:03"));
        assert!(!accepts("12:04"));
    }

    #[test]
    fn an_unknown_column_is_an_error_that_names_those_there_are() {
        assert_eq!(
            Filter::parse("train stat:x", &COLUMNS).unwrap_err(),
            "no column `stat`: there are machine, zone, since; as text, write `:stat:…`"
        );
    }

    #[test]
    fn a_filter_shows_what_was_typed() {
        assert_eq!(Filter::parse(" !zone:READY  Train ", &COLUMNS).unwrap().to_string(), "!zone:READY  Train");
    }

    #[test]
    fn letters_beyond_ascii_are_found_in_either_case() {
        let filter = Filter::parse("größe", &[["a", "A"]]).unwrap();
        assert!(filter.accepts(|_| "GRÖßE"));
        assert!(!filter.accepts(|_| "grosse"));
    }
}
