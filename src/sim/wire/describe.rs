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
    /// How EC2 says that ids are unknown.
    pub(super) not_found: fn(&[String]) -> Refusal,
    /// What EC2 calls the list of ids in an error, where they do not go together with pages; none where nobody says so.
    pub(super) never_paged: Option<&'static str>,
}

/// Chooses from `rows`, which are in the order of their ids: by the ids that are given, the filters and the page.
/// Returns what is to be shown and the token of the next page.
///
/// # Errors
/// When an id is malformed or unknown (one is enough), ids and pages are mixed where they must not be, or a filter or
/// page is refused.
pub(super) fn choose<Id: FromStr + ToString, T: Row>(
    query: &Query,
    kind: &Kind,
    rows: Vec<T>,
    empty_pages: bool,
    id: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let ids: Vec<String> = query.ids::<Id>(kind.parameter)?.iter().map(ToString::to_string).collect();
    let paged = !ids.is_empty() && query.get("MaxResults").is_some();
    if let Some(set) = kind.never_paged.filter(|_| paged) {
        let message = format!("The parameter {set} cannot be used with the parameter maxResults");
        return Err(Refusal::client("InvalidParameterCombination", message));
    }
    action::refuse_dry_run(query)?;
    let unknown: Vec<String> =
        ids.iter().filter(|wanted| !rows.iter().any(|row| id(row) == *wanted)).cloned().collect();
    if !unknown.is_empty() {
        return Err((kind.not_found)(&unknown));
    }
    let named = |row: &T| ids.is_empty() || ids.iter().any(|wanted| wanted == id(row));
    let rows = rows.into_iter().filter(named).collect();
    let rows = filter::select(rows, &query.filters())?;
    let (mut page, token) = page::cut(query, rows, page::LARGEST, empty_pages, id)?;
    query.arrange(&mut page);
    Ok((page, token))
}

/// Refuses a call when one of its ids is unknown, and names all that are.
pub(super) fn all_there<Id: ToString>(kind: &Kind, ids: &[Id], is_there: impl Fn(&Id) -> bool) -> Result<(), Refusal> {
    let unknown: Vec<String> = ids.iter().filter(|id| !is_there(id)).map(ToString::to_string).collect();
    if unknown.is_empty() { Ok(()) } else { Err((kind.not_found)(&unknown)) }
}

/// Ends a list with its token.
pub(super) fn finish(xml: &mut Xml, token: Option<String>) {
    xml.optional("nextToken", token);
}
