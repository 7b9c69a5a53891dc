//! What all lists have in common: ids, filters, pages.

use std::str::FromStr;

use super::super::refusal::Refusal;
use super::filter::{self, Row};
use super::page;
use super::query::Query;
use super::{Xml, action};

/// A kind of list.
pub(super) struct Kind {
    /// The parameter that lists ids.
    pub(super) parameter: &'static str,
    /// What EC2 calls that list in an error.
    pub(super) set: &'static str,
    /// The code for an unknown id.
    pub(super) not_found: &'static str,
    /// The words around one unknown id, and around several.
    pub(super) words: fn(&[String]) -> String,
}

/// Chooses from `rows`, which are in the order of their ids: by the ids that are given, the filters and the page.
/// Returns what is to be shown and the token of the next page.
///
/// # Errors
/// When an id is malformed or unknown (one is enough), ids and pages are mixed, or a filter or page is refused.
pub(super) fn choose<Id: FromStr + ToString, T: Row>(
    query: &Query,
    kind: &Kind,
    rows: Vec<T>,
    empty_pages: bool,
    id: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let ids: Vec<String> = query.ids::<Id>(kind.parameter)?.iter().map(ToString::to_string).collect();
    if !ids.is_empty() && query.get("MaxResults").is_some() {
        return Err(Refusal::client(
            "InvalidParameterCombination",
            format!("The parameter {} cannot be used with the parameter maxResults", kind.set),
        ));
    }
    action::refuse_dry_run(query)?;
    let unknown: Vec<String> =
        ids.iter().filter(|wanted| !rows.iter().any(|row| id(row) == *wanted)).cloned().collect();
    if !unknown.is_empty() {
        return Err(not_found(kind, &unknown));
    }
    let named = |row: &T| ids.is_empty() || ids.iter().any(|wanted| wanted == id(row));
    let rows = rows.into_iter().filter(named).collect();
    let rows = filter::select(rows, &query.filters())?;
    let (mut page, token) = page::cut(query, rows, page::LARGEST, empty_pages, id)?;
    query.arrange(&mut page);
    Ok((page, token))
}

/// Says that these ids of a kind are unknown.
pub(super) fn not_found(kind: &Kind, unknown: &[String]) -> Refusal {
    Refusal::client(kind.not_found, (kind.words)(unknown))
}

/// Refuses a call when one of its ids is unknown, and names all that are.
pub(super) fn all_there<Id: ToString>(kind: &Kind, ids: &[Id], is_there: impl Fn(&Id) -> bool) -> Result<(), Refusal> {
    let unknown: Vec<String> = ids.iter().filter(|id| !is_there(id)).map(ToString::to_string).collect();
    if unknown.is_empty() { Ok(()) } else { Err(not_found(kind, &unknown)) }
}

/// Ends a list with its token.
pub(super) fn finish(xml: &mut Xml, token: Option<String>) {
    xml.optional("nextToken", token);
}
