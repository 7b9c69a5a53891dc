//! Pages and their tokens.

use super::super::refusal::Refusal;
use super::query::Query;

/// How many a page of most lists holds when nobody asks for less, and at most.
pub(super) const LARGEST: usize = 1000;
/// The least that may be asked for of most lists. Source: botocore, `ec2/2016-11-15`, `DescribeSubnetsMaxResults` and
/// others; EC2 API reference, DescribeInstances, DescribeVolumes and others, `MaxResults`, as they were before 2023.
const SMALLEST: usize = 5;
/// The lists of which EC2 has never named a least.
const FROM_ONE: [&str; 2] = ["DescribeImages", "DescribeSpotPriceHistory"];

/// Cuts one page, of `largest` rows at most. `rows` are in the order of their ids.
///
/// A token is the id of the last row shown, so that pages of a world in motion skip and repeat nothing. With
/// `empty_first`, the first of several pages is empty, yet has a token.
pub(super) fn cut<T>(
    query: &Query,
    rows: Vec<T>,
    largest: usize,
    empty_first: bool,
    id: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let size = size(query, largest)?;
    let list = query.action();
    let after = query.get("NextToken").filter(|token| !token.is_empty());
    let after = after.map(|token| read_token(list, token)).transpose()?;
    if empty_first && after.is_none() && query.get("MaxResults").is_some() {
        return Ok((Vec::new(), Some(token(list, ""))));
    }
    let mut rest = rows.into_iter().filter(|row| after.is_none_or(|after| id(row) > after));
    let page: Vec<T> = rest.by_ref().take(size).collect();
    let next = rest.next().and(page.last()).map(|last| token(list, id(last)));
    Ok((page, next))
}

fn size(query: &Query, largest: usize) -> Result<usize, Refusal> {
    let Some(given) = query.get("MaxResults") else { return Ok(largest) };
    let size: usize = given.parse().map_err(|_| {
        Refusal::parameter(format!("Value ( {given} ) for parameter maxResults is invalid. Expecting a number."))
    })?;
    let smallest = if FROM_ONE.contains(&query.action()) { 1 } else { SMALLEST };
    let bound = if size < smallest {
        format!("greater than {smallest}")
    } else if size > largest {
        format!("less than {largest}")
    } else {
        return Ok(size);
    };
    Err(Refusal::parameter(format!(
        "Value ( {given} ) for parameter maxResults is invalid. Expecting a value {bound}."
    )))
}

/// A token names its list: it leads on in no other.
fn token(list: &str, id: &str) -> String {
    format!("{list}-after:{id}")
}

fn read_token<'a>(list: &str, token: &'a str) -> Result<&'a str, Refusal> {
    let invalid = || Refusal::client("InvalidNextToken", "The specified next token is not valid.");
    token.strip_prefix(list).and_then(|rest| rest.strip_prefix("-after:")).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(
        parameters: &str,
        rows: &[&'static str],
        empty: bool,
    ) -> Result<(Vec<&'static str>, Option<String>), String> {
        cut(&Query::parse(parameters, b""), rows.to_vec(), LARGEST, empty, |row| row).map_err(|refusal| refusal.code)
    }

    #[test]
    fn pages_follow_one_another_without_gap_or_repetition() {
        let rows = ["a", "b", "c", "d", "e", "f", "g"];
        let (first, token) = page("MaxResults=5", &rows, false).unwrap();
        assert_eq!(first, ["a", "b", "c", "d", "e"]);
        let next = format!("MaxResults=5&NextToken={}", token.unwrap());
        // The row that the token stands for is gone meanwhile, and another is new.
        let (second, token) = page(&next, &["a", "b", "d", "ee", "f", "g"], false).unwrap();
        assert_eq!((second, token), (vec!["ee", "f", "g"], None));
    }

    #[test]
    fn a_page_can_be_empty_and_yet_lead_on() {
        let (first, token) = page("MaxResults=5", &["a"], true).unwrap();
        assert!(first.is_empty());
        let (second, token) = page(&format!("MaxResults=5&NextToken={}", token.unwrap()), &["a"], true).unwrap();
        assert_eq!((second, token), (vec!["a"], None));
    }

    #[test]
    fn sizes_out_of_range_and_foreign_tokens_are_refused() {
        for bad in ["MaxResults=4", "MaxResults=1001", "MaxResults=x"] {
            assert_eq!(page(bad, &["a"], false), Err("InvalidParameterValue".to_owned()), "{bad}");
        }
        for bad in ["NextToken=x", "NextToken=after"] {
            assert_eq!(page(bad, &["a"], false), Err("InvalidNextToken".to_owned()), "{bad}");
        }
        assert!(page("MaxResults=5", &["a"], false).is_ok());
    }
}
