//! The shipped permissions, for remedies that say which statement is missing.

use serde_json::{Value, json};

/// What keeping machines needs.
const KEEPING_POLICY: &str = include_str!("../../assets/iam-policy.json");

/// What examining them needs besides: it only reads.
pub const READING_POLICY: &str = include_str!("../../assets/iam-policy-doctor.json");

/// The statement of the shipped policies that allows an action, such as `ec2:AttachVolume`, for this action alone.
pub(super) fn statement(action: &str) -> Option<String> {
    [KEEPING_POLICY, READING_POLICY].iter().find_map(|policy| {
        let policy: Value = serde_json::from_str(policy).ok()?;
        let named = |statement: &&Value| match statement.get("Action") {
            Some(Value::Array(actions)) => actions.iter().any(|named| named == action),
            Some(named) => named == action,
            None => false,
        };
        let mut statement = policy.get("Statement")?.as_array()?.iter().find(named)?.clone();
        let fields = statement.as_object_mut()?;
        fields.remove("Sid");
        fields.insert("Action".to_owned(), json!(action));
        Some(statement.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Check;

    #[test]
    fn every_action_that_a_check_needs_is_in_a_shipped_policy() {
        for check in Check::ALL {
            for action in check.actions() {
                assert!(statement(action).is_some(), "{check}: {action}");
            }
        }
        assert_eq!(statement("ec2:TerminateInstances"), None);
    }

    #[test]
    fn a_statement_is_told_for_the_one_action_with_its_resources_and_conditions() {
        let statement = statement("ec2:CreateTags").unwrap();
        assert!(statement.contains(r#""Action":"ec2:CreateTags""#) && statement.contains("spotkeeper:reboot:*"));
        assert!(!statement.contains("Sid"), "{statement}");
    }
}
