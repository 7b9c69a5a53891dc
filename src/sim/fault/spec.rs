//! Faults as a scenario writes them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::super::call::is_look;
use super::super::refusal::Refusal;
use super::super::scenario::value;
use super::super::span;
use super::super::world::later;
use super::{Effect, Fault, usual};

/// A fault as a scenario writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawFault")]
pub struct FaultSpec {
    fault: Fault,
    from: Option<Duration>,
    until: Option<Duration>,
}

impl FaultSpec {
    /// The fault in a world that begins at this time.
    pub(in crate::sim) fn at(&self, begin: Timestamp) -> Fault {
        let from = self.from.map_or(Timestamp::MIN, |from| later(begin, from));
        let until = self.until.map_or(Timestamp::MAX, |until| later(begin, until));
        self.fault.clone().between(from, until)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    #[serde(default, deserialize_with = "value::optional_action")]
    action: Option<String>,
    #[serde(default, deserialize_with = "value::optional_positive")]
    times: Option<u32>,
    #[serde(default, deserialize_with = "value::optional_share")]
    chance: Option<f64>,
    #[serde(default, deserialize_with = "span::optional")]
    from: Option<Duration>,
    #[serde(default, deserialize_with = "span::optional")]
    until: Option<Duration>,
    error: Option<String>,
    #[serde(default, deserialize_with = "value::optional_status")]
    status: Option<u16>,
    message: Option<String>,
    effect: Option<String>,
    #[serde(default, deserialize_with = "span::optional")]
    latency: Option<Duration>,
    #[serde(default, deserialize_with = "span::optional")]
    stale: Option<Duration>,
}

impl TryFrom<RawFault> for FaultSpec {
    type Error = String;

    fn try_from(raw: RawFault) -> Result<Self, String> {
        if raw.error.is_none() && (raw.status.is_some() || raw.message.is_some()) {
            return Err("`status` and `message` go with `error`".to_owned());
        }
        if raw.until.is_some_and(|until| until <= raw.from.unwrap_or_default()) {
            return Err("a fault is over (`until`) after it begins (`from`)".to_owned());
        }
        if raw.error.as_deref() == Some("") {
            return Err("an `error` is a code, such as InternalError".to_owned());
        }
        if let Some(action) = raw.action.as_ref().filter(|_| raw.stale.is_some()).filter(|action| !is_look(action)) {
            return Err(format!("`stale` is of calls that look: {action} does not"));
        }
        let effect = match (raw.error, raw.effect.as_deref(), raw.latency, raw.stale) {
            (Some(code), None, None, None) => {
                let (status, message) = usual(&code);
                let message = raw.message.unwrap_or_else(|| message.to_owned());
                Effect::Error(Refusal::new(raw.status.unwrap_or(status), &code, message))
            }
            (None, Some(effect), None, None) => named(effect)?,
            (None, None, Some(latency), None) => Effect::Latency(latency),
            (None, None, None, Some(age)) => Effect::Stale(age),
            _ => return Err("a fault has one of `error`, `effect`, `latency` and `stale`".to_owned()),
        };
        let fault = Fault { action: raw.action, times: raw.times, ..Fault::new(effect) };
        Ok(Self { fault: fault.chance(raw.chance.unwrap_or(1.0)), from: raw.from, until: raw.until })
    }
}

/// An effect that needs no further words.
fn named(effect: &str) -> Result<Effect, String> {
    Ok(match effect {
        "reply-lost" => Effect::ReplyLost,
        "request-lost" => Effect::RequestLost,
        "hang" => Effect::Hang,
        "hang-after-effect" => Effect::HangAfterEffect,
        "garbage" => Effect::Garbage,
        "stalled" => Effect::Stalled,
        "twice" => Effect::Twice,
        _ => {
            return Err(
                "the effects are reply-lost, request-lost, hang, hang-after-effect, garbage, stalled and twice"
                    .to_owned(),
            );
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_says_exactly_one_thing_that_goes_wrong() {
        let read = |toml: &str| toml::from_str::<FaultSpec>(toml);
        let spec = read("error = 'Odd'\nstatus = 418\nmessage = 'short and stout'\nfrom = '1m'").unwrap();
        let fault = spec.at(Timestamp::UNIX_EPOCH);
        assert_eq!(fault.effect, Effect::Error(Refusal::new(418, "Odd", "short and stout")));
        assert_eq!(fault.from, Timestamp::from_second(60).unwrap());
        for bad in [
            "",
            "times = 1",
            "effect = 'explode'",
            "stale = '1s'\nlatency = '1s'",
            "effect = 'hang'\nlatency = '1s'",
            "error = 'x'\nwhen = '1s'",
            "effect = 'hang'\nstatus = 500",
            "effect = 'hang'\nmessage = 'x'",
            "error = 'x'\nfrom = '2m'\nuntil = '1m'",
            "error = 'x'\nuntil = '0s'",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
