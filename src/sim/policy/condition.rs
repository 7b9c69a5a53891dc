//! Conditions, of which few are understood.

use super::super::wire::matches;
use super::PolicyError;
use super::resource::Resource;

/// One key that is compared.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    key: Key,
    /// Whether the values are patterns.
    like: bool,
    /// Whether none of the values may fit.
    negated: bool,
    values: Vec<String>,
}

#[derive(Debug, Clone)]
enum Key {
    Region,
    /// A tag of the resource.
    Tag(String),
}

impl Condition {
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, PolicyError> {
        let (like, negated) = match operator {
            "StringEquals" => (false, false),
            "StringNotEquals" => (false, true),
            "StringLike" => (true, false),
            "StringNotLike" => (true, true),
            _ => return Err(PolicyError::NotUnderstood(format!("its condition {operator} is not known here"))),
        };
        let tag = ["aws:ResourceTag/", "ec2:ResourceTag/"].iter().find_map(|prefix| key.strip_prefix(prefix));
        let key = match (key, tag) {
            ("aws:RequestedRegion" | "ec2:Region", _) => Key::Region,
            (_, Some(tag)) => Key::Tag(tag.to_owned()),
            _ => return Err(PolicyError::NotUnderstood(format!("its condition key {key} is not known here"))),
        };
        Ok(Self { key, like, negated, values })
    }

    /// Whether it holds. What is not there fits nothing.
    pub(super) fn holds(&self, resource: &Resource) -> bool {
        let actual = match &self.key {
            Key::Region => Some(resource.region.as_str()),
            Key::Tag(key) => resource.tags.get(key).map(String::as_str),
        };
        let fits = |wanted: &String, actual| if self.like { matches(wanted, actual) } else { wanted == actual };
        actual.is_some_and(|actual| self.values.iter().any(|wanted| fits(wanted, actual))) != self.negated
    }
}
