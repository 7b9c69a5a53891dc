//! Security groups as a scenario writes them.

use serde::Deserialize;

use super::super::access::{Group, Rule};
use super::super::account::Account;
use super::super::records::Tags;
use super::{OneOrMany, ScenarioError, value};

/// A security group at the beginning. One that is called `default` stands for the network's own.
#[derive(Debug, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct GroupSpec {
    /// Its id; that of the default group when it is left out.
    #[serde(default, deserialize_with = "value::optional_group_id")]
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it lets in.
    #[serde(default)]
    pub ingress: Vec<RuleSpec>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
}

/// What one rule lets in.
#[derive(Debug, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// `tcp`, `udp`, `icmp`, or `-1` for everything.
    #[serde(default = "tcp", deserialize_with = "value::protocol")]
    pub protocol: String,
    /// The first port; all of them when it is left out.
    #[serde(default)]
    pub from: Option<u16>,
    /// The last port; the first one when it is left out.
    #[serde(default)]
    pub to: Option<u16>,
    /// The ranges of addresses.
    #[serde(default)]
    pub(super) cidr: Option<OneOrMany<String>>,
    /// The groups.
    #[serde(default)]
    pub(super) group: Option<OneOrMany<String>>,
}

fn tcp() -> String {
    "tcp".to_owned()
}

impl GroupSpec {
    /// Adds the group to an account, or its rules to the default group.
    ///
    /// # Errors
    /// When it has no id and is not the default group, or its id is there already.
    pub(super) fn add_to(self, account: &mut Account) -> Result<(), ScenarioError> {
        let ingress: Vec<Rule> = self.ingress.into_iter().map(Rule::from).collect();
        if self.name == "default" && self.id.is_none() {
            for group in account.groups.iter_mut().filter(|group| group.name == "default") {
                group.ingress.clone_from(&ingress);
                group.tags.extend(self.tags.clone());
            }
            return Ok(());
        }
        let Some(id) = self.id.filter(|id| account.group(id).is_none()) else {
            let message = format!("the security group {} has no id of its own", self.name);
            return Err(ScenarioError::Contradiction(message));
        };
        let egress = Group::default_one(&id).egress;
        let description = format!("The group {}", self.name);
        account.groups.push(Group { id, name: self.name, description, ingress, egress, tags: self.tags });
        Ok(())
    }
}

impl From<RuleSpec> for Rule {
    fn from(spec: RuleSpec) -> Self {
        let many = |given: Option<OneOrMany<String>>| given.map(OneOrMany::into_vec).unwrap_or_default();
        Self {
            ports: if spec.protocol == "-1" {
                None
            } else {
                Some((spec.from.unwrap_or(0), spec.to.or(spec.from).unwrap_or(u16::MAX)))
            },
            protocol: spec.protocol,
            ranges: many(spec.cidr),
            groups: many(spec.group),
        }
    }
}
