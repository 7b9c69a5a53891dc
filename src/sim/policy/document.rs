//! The JSON of a policy document.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::super::scenario::OneOrMany;
use super::super::wire;
use super::condition::Condition;
use super::{PolicyError, Statement};

/// A document as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Document {
    version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: Value,
}

/// What a statement does with what it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Raw {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>,
}

/// A value of a condition. Numbers and booleans may be written without quotes. Source: IAM user guide, "IAM JSON policy
/// elements: Condition".
#[derive(Debug)]
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            value @ (Value::Bool(_) | Value::Number(_)) => Ok(Self(value.to_string())),
            other => {
                Err(D::Error::custom(format!("{other} is no value of a condition: that is a text, or a list of them")))
            }
        }
    }
}

impl Document {
    /// The statements, each fit to be enforced.
    pub(super) fn into_statements(self) -> Result<Vec<Statement>, PolicyError> {
        // One that names none is of the first version, which knows no variables: neither does what is understood here.
        if let Some(version) = self.version.filter(|version| !matches!(version.as_str(), "2012-10-17" | "2008-10-17")) {
            return Err(PolicyError::NotUnderstood(format!("its version is {version:?}, not 2012-10-17")));
        }
        match self.statement {
            Value::Array(statements) => statements.into_iter().map(statement).collect(),
            single => Ok(vec![statement(single)?]),
        }
    }
}

fn statement(value: Value) -> Result<Statement, PolicyError> {
    if !value.is_object() {
        return Err(PolicyError::NotUnderstood(format!(
            "{value} is no statement: that is an object with Effect, Action and Resource"
        )));
    }
    let raw: Raw = serde_json::from_value(value)?;
    let (actions, resources) = (raw.action.into_vec(), raw.resource.into_vec());
    if let Some(bad) = actions.iter().find(|action| *action != "*" && !action.contains(':')) {
        return Err(PolicyError::NotUnderstood(format!("{bad:?} is no action such as ec2:AttachVolume")));
    }
    if let Some(bad) = resources.iter().find(|resource| *resource != "*" && !resource.starts_with("arn:")) {
        return Err(PolicyError::NotUnderstood(format!("{bad:?} is neither \"*\" nor an ARN")));
    }
    // A backslash is a sign like any other in a policy, but not in the patterns of filters, and a variable is not known.
    if let Some(bad) = actions.iter().chain(&resources).find(|pattern| pattern.contains(['\\', '$'])) {
        return Err(PolicyError::NotUnderstood(format!("{bad:?} has a variable or a backslash")));
    }
    let conditions = raw.condition.into_iter().flat_map(|(operator, keys)| {
        let texts = |values: OneOrMany<Scalar>| values.into_vec().into_iter().map(|value| value.0).collect();
        keys.into_iter().map(move |(key, values)| Condition::new(&operator, &key, texts(values)))
    });
    let conditions = conditions.collect::<Result<_, _>>()?;
    let unserved = actions.iter().filter(|action| !is_served(action)).cloned().collect();
    let actions = actions.into_iter().map(|action| action.to_ascii_lowercase()).collect();
    Ok(Statement { effect: raw.effect, actions, resources, conditions, unserved })
}

/// Whether an action fits one that is served; what is not EC2's is not judged.
fn is_served(action: &str) -> bool {
    let pattern = action.to_ascii_lowercase();
    let served =
        || wire::actions().any(|served| wire::matches(&pattern, &format!("ec2:{}", served.to_ascii_lowercase())));
    !pattern.starts_with("ec2:") || served()
}

#[cfg(test)]
mod tests {
    use super::super::Policy;

    fn read(statement: &str) -> Result<Policy, String> {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        Policy::parse(&document).map_err(|error| error.to_string())
    }

    #[test]
    fn one_statement_or_several_with_one_action_or_several() {
        let one = r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}"#;
        assert_eq!(read(one).unwrap().statements.len(), 1);
        let two =
            format!(r#"[{one}, {{"Sid": "x", "Effect": "Deny", "Action": ["*"], "Resource": ["arn:aws:ec2:*"]}}]"#);
        assert_eq!(read(&two).unwrap().statements.len(), 2);
        assert!(Policy::parse(include_str!("../../../assets/iam-policy.json")).is_ok());
        assert!(Policy::parse(&format!(r#"{{"Statement": {one}}}"#)).is_ok(), "the first version needs no name");
    }

    #[test]
    fn actions_that_nobody_can_call_are_named() {
        let names =
            r#"["ec2:DescribeVolume", "EC2:describevolumes", "ec2:Describe*", "ec2:*Volum", "*", "iam:PassRole"]"#;
        let policy = read(&format!(r#"{{"Effect": "Allow", "Action": {names}, "Resource": "*"}}"#)).unwrap();
        assert_eq!(policy.unserved(), ["ec2:DescribeVolume", "ec2:*Volum"]);
        for shipped in [
            include_str!("../../../assets/iam-policy.json"),
            include_str!("../../../assets/iam-policy-watch.json"),
            include_str!("../../../assets/iam-policy-doctor.json"),
            include_str!("../../../assets/iam-policy-create.json"),
        ] {
            assert_eq!(Policy::parse(shipped).unwrap().unserved(), [""; 0]);
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_its_name() {
        let rows = [
            (r#"{"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}"#, "NotAction"),
            (r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Principal": "*"}"#, "Principal"),
            (r#"{"Effect": "Perhaps", "Action": "ec2:*", "Resource": "*"}"#, "Perhaps"),
            (r#"{"Effect": "Allow", "Action": "AttachVolume", "Resource": "*"}"#, "AttachVolume"),
            (r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "volume/*"}"#, "volume/*"),
            (r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:s3:::${aws:username}"}"#, "aws:username"),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::1"}}}"#,
                "IpAddress",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"ec2:Owner": "x"}}}"#,
                "ec2:Owner",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:TagKeys": "x"}}}"#,
                "aws:TagKeys",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForAllValues:StringLike": {"ec2:Region": "x"}}}"#,
                "ec2:Region",
            ),
        ];
        for (statement, named) in rows {
            let refused = read(statement).unwrap_err();
            assert!(refused.contains(named), "{named}: {refused}");
        }
        assert!(Policy::parse(r#"{"Version": "2030-01-01", "Statement": []}"#).is_err());
        assert!(Policy::parse("{").is_err());
        for (document, words) in [
            ("[]", "a policy is a JSON object with a Statement"),
            ("\"x\"", "a policy is a JSON object with a Statement"),
            (r#"{"Statement": [[]]}"#, "[] is no statement"),
            (r#"{"Statement": {"Effect": "Allow", "Action": 7, "Resource": "*"}}"#, "expected a string"),
        ] {
            let refused = Policy::parse(document).unwrap_err().to_string();
            assert!(refused.contains(words), "{document}: {refused}");
        }
    }
}
