//! Whose credentials these are: renewed ones may belong to another account, where the machines' ids mean nothing, or
//! somebody else's machines.

use super::{Core, Effect};
use crate::model::{FailureKind, Now, Text};
use crate::protocol::PauseReason;

/// What is known of the account.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What STS said last.
    pub(super) shown: Option<Text>,
    /// The one that the machines are kept in.
    trusted: Option<Text>,
    /// Whether looks failed for want of credentials since the account was last asked for.
    in_question: bool,
    /// Whether nothing begins before STS has answered.
    asked: bool,
}

impl Account {
    /// Whether the answer is still to come.
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Takes in that a look failed.
    pub(super) fn look_failed(&mut self, kind: FailureKind) {
        self.in_question |= kind == FailureKind::Credentials;
    }

    /// Goes on with the account that answers now.
    pub(super) fn trust(&mut self) {
        self.trusted.clone_from(&self.shown);
    }
}

impl Core {
    /// After failures for want of credentials, a look that succeeds may be another account's.
    pub(super) fn ask_whose_credentials(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.account.in_question) {
            self.account.asked = true;
            effects.push(Effect::AskAccount);
        }
    }

    /// Takes in what STS said; nothing, when it could not be reached or refused: that stops nothing.
    pub(super) fn account_told(&mut self, told: Option<Text>, now: Now, effects: &mut Vec<Effect>) {
        let was_asked = std::mem::take(&mut self.account.asked);
        self.account.shown.clone_from(&told);
        match (self.account.trusted.clone(), told) {
            (Some(from), Some(to)) if from != to && self.may_act => {
                self.pause_for(PauseReason::AccountChanged { from, to }, effects);
            }
            (None, Some(_)) => self.account.trust(),
            _ => {}
        }
        if was_asked {
            self.look_soon(now);
        }
    }
}
