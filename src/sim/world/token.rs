//! Tokens with which a caller can repeat a call that makes something: it is made once.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::super::refusal::Refusal;
use super::{World, earlier};

/// For how long a token is remembered. Source: EC2 API reference, "Ensuring idempotency": 24 hours at least.
const MEMORY: Duration = Duration::from_hours(24);

/// What was made with tokens: by action and token.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    used: BTreeMap<(String, String), Used>,
}

#[derive(Debug)]
struct Used {
    at: Timestamp,
    fingerprint: String,
    made: Vec<String>,
    /// What was answered last while all of it was there.
    answer: String,
}

impl World {
    /// Makes things, or returns the ids of what was made with this token before; without a token always the former.
    ///
    /// # Errors
    /// Those of `order`, and `IdempotentParameterMismatch` for a token that came with other parameters before.
    pub(in crate::sim) fn once<T: ToString>(
        &mut self,
        action: &str,
        token: Option<&str>,
        fingerprint: String,
        order: impl FnOnce(&mut Self) -> Result<Vec<T>, Refusal>,
    ) -> Result<Vec<String>, Refusal> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(order(self)?.iter().map(ToString::to_string).collect());
        };
        let horizon = earlier(self.now, MEMORY);
        self.tokens.used.retain(|_, used| used.at > horizon);
        let key = (action.to_owned(), token.to_owned());
        if let Some(used) = self.tokens.used.get(&key) {
            if used.fingerprint == fingerprint {
                return Ok(used.made.clone());
            }
            let message =
                "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
            return Err(Refusal::client("IdempotentParameterMismatch", message));
        }
        let made: Vec<String> = order(self)?.iter().map(ToString::to_string).collect();
        self.tokens.used.insert(key, Used { at: self.now, fingerprint, made: made.clone(), answer: String::new() });
        Ok(made)
    }

    /// Keeps what is answered to a call with this token.
    pub(in crate::sim) fn keep_answer(&mut self, action: &str, token: Option<&str>, answer: &str) {
        let key = (action.to_owned(), token.unwrap_or_default().to_owned());
        if let Some(used) = self.tokens.used.get_mut(&key) {
            answer.clone_into(&mut used.answer);
        }
    }

    /// What was answered last to a call with this token.
    pub(in crate::sim) fn kept_answer(&self, action: &str, token: Option<&str>) -> &str {
        let key = (action.to_owned(), token.unwrap_or_default().to_owned());
        self.tokens.used.get(&key).map(|used| used.answer.as_str()).unwrap_or_default()
    }
}
