//! Conditions, of which few are understood.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".

use super::super::records::Tags;
use super::super::wire::matches;
use super::PolicyError;
use super::resource::Resource;

/// One key that is compared.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    key: Key,
    operator: Operator,
    values: Vec<String>,
}

/// How a key is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    of: Of,
    test: Test,
    /// Whether none of the values may fit.
    negated: bool,
    /// Whether it holds where the key is not there.
    if_exists: bool,
}

/// How many of the values that a key has must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// The one that there is.
    One,
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equals,
    /// The values are patterns.
    Like,
    Bool,
    /// Whether the key is not there.
    Null,
}

#[derive(Debug, Clone)]
enum Key {
    Region,
    /// A tag of the resource.
    Tag(String),
    /// A tag that the call gives to the resource.
    RequestTag(String),
    /// The keys of the tags that are given.
    TagKeys,
    /// A key that few resources have.
    Own(&'static str),
    /// Whether the call came by TLS, as every call of an AWS client to EC2 itself does.
    Secure,
}

/// The keys that few resources have.
const OWN: [&str; 3] = ["ec2:CreateAction", "ec2:InstanceType", "iam:PassedToService"];

impl Operator {
    fn named(name: &str) -> Option<Self> {
        let (of, single) = [("ForAllValues:", Of::All), ("ForAnyValue:", Of::Any)]
            .into_iter()
            .find_map(|(prefix, of)| Some((of, name.strip_prefix(prefix)?)))
            .unwrap_or((Of::One, name));
        let (single, if_exists) = single.strip_suffix("IfExists").map_or((single, false), |single| (single, true));
        let (test, negated) = match single {
            "StringEquals" => (Test::Equals, false),
            "StringNotEquals" => (Test::Equals, true),
            "StringLike" => (Test::Like, false),
            "StringNotLike" => (Test::Like, true),
            "Bool" if of == Of::One => (Test::Bool, false),
            "Null" if of == Of::One && !if_exists => (Test::Null, false),
            _ => return None,
        };
        Some(Self { of, test, negated, if_exists })
    }

    /// Whether it can be asked of this key: a key with several values is asked for all or any of them, or for its absence.
    fn suits(self, key: &Key) -> bool {
        match (key, self.test) {
            (_, Test::Null) => true,
            (Key::Secure, test) => test == Test::Bool,
            (_, Test::Bool) => false,
            (Key::TagKeys, _) => self.of != Of::One,
            _ => self.of == Of::One,
        }
    }
}

impl Key {
    /// The names of keys are compared without regard to case.
    fn named(name: &str) -> Option<Self> {
        let beyond = |prefix: &str| {
            let (head, rest) = name.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| rest.to_owned())
        };
        let own = || OWN.into_iter().find(|own| own.eq_ignore_ascii_case(name));
        match name.to_ascii_lowercase().as_str() {
            "aws:securetransport" => Some(Self::Secure),
            "aws:tagkeys" => Some(Self::TagKeys),
            "aws:requestedregion" | "ec2:region" => Some(Self::Region),
            _ => ["aws:ResourceTag/", "ec2:ResourceTag/"]
                .into_iter()
                .find_map(beyond)
                .map(Self::Tag)
                .or_else(|| beyond("aws:RequestTag/").map(Self::RequestTag))
                .or_else(|| own().map(Self::Own)),
        }
    }

    /// The values that it has; none where it is not there.
    fn values<'a>(&self, resource: &'a Resource) -> Vec<&'a str> {
        let one = |value: Option<&'a String>| value.map(String::as_str).into_iter().collect();
        match self {
            Self::Region => vec![&resource.region],
            Self::Tag(key) => one(tag(&resource.tags, key)),
            Self::RequestTag(key) => one(tag(&resource.request_tags, key)),
            Self::TagKeys => resource.tag_keys.iter().map(String::as_str).collect(),
            Self::Own(key) => one(resource.keys.get(key)),
            Self::Secure => vec!["true"],
        }
    }
}

/// The tag that a condition key names: without regard to case, as far as that is possible.
/// Source: IAM user guide, "AWS global condition context keys", `aws:ResourceTag`.
fn tag<'a>(tags: &'a Tags, key: &str) -> Option<&'a String> {
    let folded = || tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
    tags.get(key).or_else(folded)
}

impl Condition {
    /// # Errors
    /// When operator or key are none of those that are understood, or do not go together.
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, PolicyError> {
        let refused = |what: String| PolicyError::NotUnderstood(what);
        let Some(how) = Operator::named(operator) else {
            return Err(refused(format!("its condition {operator} is not known here")));
        };
        let Some(known) = Key::named(key) else {
            return Err(refused(format!("its condition key {key} is not known here")));
        };
        if !how.suits(&known) {
            return Err(refused(format!("its condition key {key} is not known here for {operator}")));
        }
        let is_truth = matches!(how.test, Test::Bool | Test::Null);
        let values = if is_truth { values.iter().map(|value| value.to_ascii_lowercase()).collect() } else { values };
        if let Some(bad) = values.iter().find(|value| is_truth && !matches!(value.as_str(), "true" | "false")) {
            return Err(refused(format!(
                "its condition {operator} of {key} says {bad:?}, which is neither true nor false"
            )));
        }
        Ok(Self { key: known, operator: how, values })
    }

    /// Whether it holds.
    pub(super) fn holds(&self, resource: &Resource) -> bool {
        let Operator { of, test, negated, if_exists } = self.operator;
        let actual = self.key.values(resource);
        if test == Test::Null {
            return self.fits(if actual.is_empty() { "true" } else { "false" });
        }
        let fits = |actual: &&str| self.fits(actual) != negated;
        match of {
            Of::One => actual.first().map_or(if_exists || negated, fits),
            Of::All => actual.iter().all(fits),
            Of::Any => actual.iter().any(fits) || (if_exists && actual.is_empty()),
        }
    }

    fn fits(&self, actual: &str) -> bool {
        self.values
            .iter()
            .any(|wanted| if self.operator.test == Test::Like { matches(wanted, actual) } else { wanted == actual })
    }
}
