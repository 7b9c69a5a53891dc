//! The parameters that EC2's calls have, whether they are served here or not.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::refusal::Refusal;
use super::query::Query;
use super::xml;

/// An action and the name of a parameter that it has, one a line; `#` stands for the number of an element of a list.
/// Source: botocore, `ec2/2016-11-15`, by `tests/botocore_names.py`.
const LISTED: &str = include_str!("parameters.txt");

static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| LISTED.lines().collect());

/// What every call has: what it asks for, and a signature in the URL, of either version.
const EVERYWHERE: [&str; 9] = [
    "Action",
    "AWSAccessKeyId",
    "Expires",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// Refuses a call with a parameter that it does not have: what is misspelt would otherwise be as good as not said.
///
/// # Errors
/// `UnknownParameter`, for the first of them.
pub(super) fn check(query: &Query) -> Result<(), Refusal> {
    let unknown = query.pairs().map(|(name, _)| name).find(|name| !is_known(query.action(), name));
    let refusal = |name| Refusal::client("UnknownParameter", format!("The parameter {name} is not recognized"));
    unknown.map_or(Ok(()), |name| Err(refusal(name)))
}

/// Refuses a call with a character that its answer could not say. What EC2 does with one is not documented.
///
/// # Errors
/// `InvalidParameterValue`, which says the character no more than any other answer.
pub(super) fn check_characters(query: &Query) -> Result<(), Refusal> {
    let good = |text: &str| text.chars().all(xml::carries);
    let Some((name, _)) = query.pairs().find(|(name, value)| !good(name) || !good(value)) else { return Ok(()) };
    let what = if good(name) { format!("Value for parameter {name}") } else { "The name of a parameter".to_owned() };
    Err(Refusal::parameter(format!("{what} is invalid. It contains a character that XML cannot carry.")))
}

fn is_known(action: &str, name: &str) -> bool {
    if EVERYWHERE.contains(&name) || name.starts_with("X-Amz-") {
        return true;
    }
    // What no list can count to is no number, and would be passed over where the list is read.
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u32>().is_ok();
    let parts: Vec<&str> = name.split('.').map(|part| if number(part) { "#" } else { part }).collect();
    KNOWN.contains(format!("{action} {}", parts.join(".")).as_str())
}

#[cfg(test)]
mod tests {
    use super::super::ACTIONS;
    use super::*;

    #[test]
    fn what_no_list_can_count_to_is_refused_and_not_passed_over() {
        let check = |number: &str| {
            let query = Query::parse(&format!("Action=DescribeInstances&InstanceId.{number}=i-00000001"), b"");
            check(&query).map(|()| query.list("InstanceId").len()).map_err(|refusal| refusal.code)
        };
        for good in ["1", "0", "4294967295"] {
            assert_eq!(check(good), Ok(1), "{good}");
        }
        for bad in ["4294967296", "99999999999999999999", "%2B1", "-1", ""] {
            assert_eq!(check(bad), Err("UnknownParameter".to_owned()), "{bad}");
        }
    }

    #[test]
    fn the_parameters_of_every_action_that_is_served_are_listed() {
        let listed: HashSet<&str> = LISTED.lines().filter_map(|line| line.split_once(' ')).map(|pair| pair.0).collect();
        assert_eq!(listed, ACTIONS.iter().map(|(action, _)| *action).collect());
    }
}
