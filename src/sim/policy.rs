//! Permissions: an IAM policy document, and what it allows.
//!
//! What is understood: statements with effect, actions with wildcards, resources as ARNs with wildcards, conditions on
//! the region and on tags of resources, and which keys of tags may be given; the documentation of the simulator lists it.
//! What is not is refused when the document is read, so that nobody takes a
//! policy for proven whose half was skipped. Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy
//! elements reference".

mod condition;
mod document;
mod launched;
mod resource;

use serde_json::Value;
use thiserror::Error;

use self::condition::Condition;
use self::document::{Document, Effect};
pub(super) use self::resource::Resource;
use super::CALLER;
use super::refusal::Refusal;
use super::wire::matches;

/// Why a policy cannot be enforced.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// It is not the JSON that policies are written in, or has an element that is not understood.
    #[error("cannot read the policy: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It is a policy, but not one that can be enforced here.
    #[error("cannot enforce the policy: {0}")]
    NotUnderstood(String),
}

/// What the caller may do: an identity-based policy; or what the account may do: a service control policy.
#[derive(Debug, Clone)]
pub struct Policy {
    statements: Vec<Statement>,
    unserved: Vec<String>,
}

#[derive(Debug, Clone)]
struct Statement {
    effect: Effect,
    /// Patterns in lower case: actions are compared without regard to case.
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
    /// The actions, as they are written, of EC2's that are none of those served.
    unserved: Vec<String>,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// When it is not one, or says what is not understood here.
    pub fn parse(json: &str) -> Result<Self, PolicyError> {
        if serde_json::from_str::<Value>(json).is_ok_and(|value| !value.is_object()) {
            let what = "a policy is a JSON object with a Statement, which this is not";
            return Err(PolicyError::NotUnderstood(what.to_owned()));
        }
        let mut statements = serde_json::from_str::<Document>(json)?.into_statements()?;
        let unserved = statements.iter_mut().flat_map(|statement| std::mem::take(&mut statement.unserved)).collect();
        Ok(Self { statements, unserved })
    }

    /// The actions of EC2's that it names, and that are none of those which are served: perhaps they are misspelt.
    #[must_use]
    pub fn unserved(&self) -> &[String] {
        &self.unserved
    }

    /// Whether the caller may make a call: on each of its resources.
    ///
    /// # Errors
    /// `UnauthorizedOperation` for the first resource on which he may not.
    pub(super) fn check(&self, resources: &[Resource], role: Role) -> Result<(), Refusal> {
        for resource in resources {
            let (action, lower) = (&resource.action, resource.action.to_ascii_lowercase());
            let applies = |effect| self.statements.iter().any(|s| s.effect == effect && s.applies(&lower, resource));
            if applies(Effect::Deny) {
                return Err(denied(resource, &format!("with an explicit deny in {}", role.article())));
            }
            // Beside a document that only denies, AWS's own stays in force that allows everything.
            let only_denies = role == Role::ServiceControl && self.statements.iter().all(|s| s.effect == Effect::Deny);
            if !only_denies && !applies(Effect::Allow) {
                let why = format!("because no {} allows the {action} action", role.name());
                return Err(denied(resource, &why));
            }
        }
        Ok(())
    }
}

/// What a policy document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It says what the caller may do.
    Identity,
    /// It says what anybody in the account may do at most.
    ServiceControl,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::ServiceControl => "service control policy",
        }
    }

    fn article(self) -> &'static str {
        match self {
            Self::Identity => "an identity-based policy",
            Self::ServiceControl => "a service control policy",
        }
    }
}

impl Statement {
    fn applies(&self, action: &str, resource: &Resource) -> bool {
        self.actions.iter().any(|pattern| matches(pattern, action))
            && self.resources.iter().any(|pattern| matches(pattern, &resource.arn))
            && self.conditions.iter().all(|condition| condition.holds(resource))
    }
}

fn denied(resource: &Resource, why: &str) -> Refusal {
    let on = if resource.is_named() { format!(" on resource: {}", resource.arn) } else { String::new() };
    let action = &resource.action;
    let message = format!(
        "You are not authorized to perform this operation. User: {CALLER} is not authorized to perform: {action}{on} \
         {why}. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6X"
    );
    Refusal::new(403, "UnauthorizedOperation", message)
}
