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
    /// A tag that the call gives to the resource.
    RequestTag(String),
    /// The keys of the tags that are given: each must fit.
    TagKeys,
    /// A key that few resources have.
    Own(&'static str),
    /// Whether the call came by TLS, as every call of an AWS client to EC2 itself does.
    Secure,
}

/// The keys that few resources have.
const OWN: [&str; 3] = ["ec2:CreateAction", "ec2:InstanceType", "iam:PassedToService"];

/// The operator for what is or is not.
const BOOL: &str = "Bool";

impl Condition {
    /// # Errors
    /// When operator or key are none of those that are understood.
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, PolicyError> {
        let (all, single) = match operator.strip_prefix("ForAllValues:") {
            Some(single) => (true, single),
            None => (false, operator),
        };
        let (like, negated) = match single {
            "StringEquals" | BOOL => (false, false),
            "StringLike" => (true, false),
            "StringNotEquals" if !all => (false, true),
            "StringNotLike" if !all => (true, true),
            _ => return Err(PolicyError::NotUnderstood(format!("its condition {operator} is not known here"))),
        };
        // The names of keys are compared without regard to case; those of tags, as EC2 has them, are not.
        let beyond = |prefix: &str| {
            let (head, rest) = key.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then_some(rest)
        };
        let tag = ["aws:ResourceTag/", "ec2:ResourceTag/"].into_iter().find_map(beyond);
        let request_tag = beyond("aws:RequestTag/");
        let own = OWN.iter().find(|own| own.eq_ignore_ascii_case(key));
        let key = match (key.to_ascii_lowercase().as_str(), tag.or(request_tag)) {
            ("aws:securetransport", _) if single == BOOL => Key::Secure,
            _ if single == BOOL => {
                return Err(PolicyError::NotUnderstood(format!(
                    "its condition key {key} is not known here for {BOOL}"
                )));
            }
            ("aws:tagkeys", _) if all => Key::TagKeys,
            ("aws:requestedregion" | "ec2:region", _) if !all => Key::Region,
            (_, Some(tag)) if !all && request_tag.is_some() => Key::RequestTag(tag.to_owned()),
            (_, Some(tag)) if !all => Key::Tag(tag.to_owned()),
            _ if !all && own.is_some() => Key::Own(own.copied().unwrap_or_default()),
            _ => return Err(PolicyError::NotUnderstood(format!("its condition key {key} is not known here"))),
        };
        let values =
            if single == BOOL { values.iter().map(|value| value.to_ascii_lowercase()).collect() } else { values };
        Ok(Self { key, like, negated, values })
    }

    /// Whether it holds. What is not there fits nothing.
    pub(super) fn holds(&self, resource: &Resource) -> bool {
        let fits = |wanted: &str, actual: &str| if self.like { matches(wanted, actual) } else { wanted == actual };
        let fits_one = |actual: &str| self.values.iter().any(|wanted| fits(wanted, actual));
        match &self.key {
            Key::TagKeys => resource.tag_keys.iter().all(|key| fits_one(key)),
            Key::Secure => fits_one("true"),
            Key::Region => fits_one(&resource.region) != self.negated,
            Key::RequestTag(key) => resource.request_tags.get(key).is_some_and(|value| fits_one(value)) != self.negated,
            Key::Own(key) => resource.keys.get(key).is_some_and(|value| fits_one(value)) != self.negated,
            Key::Tag(key) => resource.tags.get(key).is_some_and(|value| fits_one(value)) != self.negated,
        }
    }
}
