//! Where something was begun: what a ledger says of an account and a region is of no use in another.

use serde::{Deserialize, Serialize};

use crate::model::Text;

/// The account, the region and the configuration that a creation or a retirement was begun with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The account, by STS; none when STS did not answer.
    pub account: Option<Text>,
    /// The region.
    pub region: Text,
    /// The path of the configuration, absolute; empty when it was not written down.
    #[serde(default)]
    pub config: String,
}

impl Place {
    /// What differs between the account and region of this place and those of another, in words; nothing when what is known
    /// of both is the same. An account that is not known differs from none.
    #[must_use]
    pub fn elsewhere(&self, other: &Self) -> Option<String> {
        let account = self.account.as_ref().zip(other.account.as_ref());
        let is_same = self.region == other.region && account.is_none_or(|(own, other)| own == other);
        (!is_same).then(|| format!("{}, not in {}", self.in_words(), other.in_words()))
    }

    /// Region and account, as in `us-east-1 (account 123456789012)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.account {
            Some(account) => format!("{} (account {account})", self.region),
            None => format!("{} (account unknown)", self.region),
        }
    }
}
