//! What goes wrong with calls, on purpose.

mod spec;
mod trouble;

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

pub use self::spec::FaultSpec;
pub(super) use self::trouble::Bursts;
pub use self::trouble::{Kind as TroubleKind, Trouble};
use super::refusal::Refusal;

/// One thing that goes wrong: with which calls, and how.
///
/// A fault applies to a call when everything that was said about it holds: the action, the time, the number of calls
/// left, and last the dice. Of several that apply, the first decides; delays add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    action: Option<String>,
    times: Option<u32>,
    chance: f64,
    from: Timestamp,
    until: Timestamp,
    effect: Effect,
}

/// How a call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// EC2 answers with this error, and nothing is done.
    Error(Refusal),
    /// The call takes effect, but the connection breaks before its answer.
    ReplyLost,
    /// The connection breaks before the call arrives.
    RequestLost,
    /// The call does not arrive and the connection stays open: no answer ever comes.
    Hang,
    /// The call takes effect and no answer ever comes.
    HangAfterEffect,
    /// The call takes effect, but only the first half of the answer comes.
    Stalled,
    /// The call arrives twice, and the answer to the second is what comes.
    Twice,
    /// A look shows the world as it was so long ago.
    Stale(Duration),
    /// The answer takes so much longer.
    Latency(Duration),
    /// Something between answers with status 500 and a page for people, and nothing is done.
    Garbage,
}

impl Fault {
    /// A fault of every call from now on.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { action: None, times: None, chance: 1.0, from: Timestamp::MIN, until: Timestamp::MAX, effect }
    }

    /// An error with this code, and the status and sentence that go with it.
    #[must_use]
    pub fn error(code: &str) -> Self {
        let (status, message) = usual(code);
        Self::new(Effect::Error(Refusal::new(status, code, message)))
    }

    /// Only calls of this action.
    #[must_use]
    pub fn on(self, action: &str) -> Self {
        Self { action: Some(action.to_owned()), ..self }
    }

    /// Only so many of them, the next ones.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Only this share of them, from 0 to 1, by the seed.
    #[must_use]
    pub fn chance(self, chance: f64) -> Self {
        Self { chance, ..self }
    }

    /// Only from one time to before another.
    #[must_use]
    pub fn between(self, from: Timestamp, until: Timestamp) -> Self {
        Self { from, until, ..self }
    }

    /// What it does to this call, if it applies: then one of its times is used up.
    pub(super) fn strike(&mut self, action: &str, now: Timestamp, rng: &mut Rng) -> Option<Effect> {
        let meant = self.action.as_deref().map_or_else(|| !self.spares(action), |meant| meant == action);
        if !meant || self.is_spent() || now < self.from || now >= self.until {
            return None;
        }
        if self.chance < 1.0 && rng.f64() >= self.chance {
            return None;
        }
        self.times = self.times.map(|times| times.saturating_sub(1));
        Some(self.effect.clone())
    }

    /// Whether a fault of all calls is none of this one: nobody can be denied to ask who he is.
    /// Source: AWS STS API reference, `GetCallerIdentity`.
    fn spares(&self, action: &str) -> bool {
        matches!(&self.effect, Effect::Error(refusal) if refusal.code == DENIED) && action == "GetCallerIdentity"
    }

    /// Whether it can never apply again.
    pub(super) fn is_spent(&self) -> bool {
        self.times == Some(0)
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// How far back a look goes because of it.
    pub(super) fn stale(&self) -> Duration {
        match self.effect {
            Effect::Stale(age) => age,
            _ => Duration::ZERO,
        }
    }
}

/// The code of what the caller may not do.
const DENIED: &str = "UnauthorizedOperation";

/// Status and sentence of EC2's common errors, as far as their sentences name nothing.
/// Source of the status: EC2 API reference, "Error codes": those of the server's side are 500 and more.
fn usual(code: &str) -> (u16, &'static str) {
    match code {
        "RequestLimitExceeded" => (503, "Request limit exceeded."),
        "InternalError" => (500, "An internal error has occurred"),
        "Unavailable" | "ServiceUnavailable" => (503, "The service is unavailable. Please try again shortly."),
        "InsufficientInstanceCapacity" => (
            500,
            "We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity.",
        ),
        "MaxSpotInstanceCountExceeded" => (400, "Max spot instance count exceeded"),
        DENIED => (
            403,
            "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6X",
        ),
        "RequestExpired" => (400, "Request has expired."),
        "AuthFailure" => (401, "AWS was not able to validate the provided access credentials"),
        _ => (400, "The request cannot be served."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(fault: &mut Fault, action: &str, seconds: i64) -> bool {
        let mut rng = Rng::with_seed(1);
        fault.strike(action, Timestamp::from_second(seconds).unwrap(), &mut rng).is_some()
    }

    #[test]
    fn a_fault_strikes_only_its_action_in_its_time_and_as_often_as_it_may() {
        let time = |seconds| Timestamp::from_second(seconds).unwrap();
        let mut fault = Fault::error("InternalError").on("AttachVolume").times(2).between(time(10), time(20));
        assert!(!strikes(&mut fault, "AttachVolume", 9));
        assert!(!strikes(&mut fault, "DetachVolume", 10));
        assert!(strikes(&mut fault, "AttachVolume", 10));
        assert!(!strikes(&mut fault, "AttachVolume", 20));
        assert!(strikes(&mut fault, "AttachVolume", 19));
        assert!(!strikes(&mut fault, "AttachVolume", 19));
    }

    #[test]
    fn who_one_is_can_be_asked_whatever_is_denied_but_where_that_is_meant() {
        let mut denied = Fault::error("UnauthorizedOperation");
        assert!(strikes(&mut denied, "DescribeVolumes", 1) && !strikes(&mut denied, "GetCallerIdentity", 1));
        assert!(strikes(&mut denied.on("GetCallerIdentity"), "GetCallerIdentity", 1));
        assert!(strikes(&mut Fault::error("InternalError"), "GetCallerIdentity", 1));
    }

    #[test]
    fn a_chance_is_a_share_of_the_calls() {
        let mut fault = Fault::new(Effect::Garbage).chance(0.25);
        let mut rng = Rng::with_seed(1);
        let struck = (0..4_000).filter(|_| fault.strike("x", Timestamp::UNIX_EPOCH, &mut rng).is_some()).count();
        assert!((900..1_100).contains(&struck), "{struck}");
    }
}
