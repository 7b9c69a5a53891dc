//! What happens by itself.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration;
use serde::Deserialize;

use super::super::records::Capacity;
use crate::model::{SpotRequestId, VolumeId};

/// One event: when, and what.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawEvent")]
pub struct EventSpec {
    /// When it happens first, counted from the world's beginning.
    pub at: Duration,
    /// How long until it happens again, a quarter more or less by chance; never when there is none.
    pub every: Option<Duration>,
    /// What happens.
    pub action: Action,
}

/// What somebody does. A request stands for its instance.
#[derive(Debug, Clone)]
pub enum Action {
    /// EC2 takes the instance of one of these back: of several, one that is usable, by chance.
    Interrupt {
        /// The requests to choose from.
        requests: Vec<SpotRequestId>,
        /// Whether the replacement may come while the old instance still runs.
        early: bool,
    },
    /// There is capacity for the request from now on, or no longer.
    SetCapacity(SpotRequestId, Capacity),
    /// The owner terminates its instance.
    Terminate(SpotRequestId),
    /// The owner stops its instance.
    Stop(SpotRequestId),
    /// The owner starts its instance.
    Start(SpotRequestId),
    /// The owner cancels it.
    Cancel(SpotRequestId),
    /// Its time is over.
    Expire(SpotRequestId),
    /// Somebody deletes the volume.
    DeleteVolume(VolumeId),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    #[serde(default, deserialize_with = "unsigned_duration::optional::deserialize")]
    at: Option<Duration>,
    #[serde(default, deserialize_with = "unsigned_duration::optional::deserialize")]
    every: Option<Duration>,
    interrupt: Option<OneOrMany<SpotRequestId>>,
    #[serde(default)]
    early: bool,
    request: Option<SpotRequestId>,
    capacity: Option<Capacity>,
    terminate: Option<SpotRequestId>,
    stop: Option<SpotRequestId>,
    start: Option<SpotRequestId>,
    cancel: Option<SpotRequestId>,
    expire: Option<SpotRequestId>,
    delete_volume: Option<VolumeId>,
}

/// What is written as itself when there is one of it, and else as a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::sim) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(in crate::sim) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl TryFrom<RawEvent> for EventSpec {
    type Error = &'static str;

    fn try_from(raw: RawEvent) -> Result<Self, Self::Error> {
        let (at, every) = match (raw.at, raw.every) {
            (None, None) => return Err("an event has `at`, or `every`, or both"),
            (_, Some(every)) if every.is_zero() => return Err("`every` is more than no time"),
            (at, every) => (at.or(every).unwrap_or_default(), every),
        };
        let early = raw.early;
        let interrupt = raw.interrupt.map(OneOrMany::into_vec);
        let is_interruption = interrupt.is_some();
        let capacity = match (raw.request, raw.capacity) {
            (Some(request), Some(capacity)) => Some(Action::SetCapacity(request, capacity)),
            (None, None) => None,
            _ => return Err("`capacity` and `request` go together"),
        };
        let given = [
            interrupt.map(|requests| Action::Interrupt { requests, early }),
            capacity,
            raw.terminate.map(Action::Terminate),
            raw.stop.map(Action::Stop),
            raw.start.map(Action::Start),
            raw.cancel.map(Action::Cancel),
            raw.expire.map(Action::Expire),
            raw.delete_volume.map(Action::DeleteVolume),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(_), None) if early && !is_interruption => Err("`early` goes with `interrupt`"),
            (Some(action), None) => Ok(Self { at, every, action }),
            _ => Err("an event has exactly one action"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<EventSpec, toml::de::Error> {
        toml::from_str(toml)
    }

    #[test]
    fn an_event_has_a_time_and_exactly_one_action() {
        let event = read("every = '4m'\ninterrupt = ['sir-aaaaaaaa', 'sir-bbbbbbbb']").unwrap();
        assert_eq!((event.at, event.every), (Duration::from_mins(4), Some(Duration::from_mins(4))));
        assert!(matches!(event.action, Action::Interrupt { requests, early: false } if requests.len() == 2));
        assert!(read("at = '1s'\nrequest = 'sir-aaaaaaaa'\ncapacity = 'price-too-low'").is_ok());
        for bad in [
            "stop = 'sir-aaaaaaaa'",
            "at = '1s'",
            "at = '1s'\nstop = 'sir-aaaaaaaa'\nstart = 'sir-aaaaaaaa'",
            "at = '1s'\ncapacity = 'available'",
            "at = '1s'\nstop = 'sir-aaaaaaaa'\nearly = true",
            "every = '0s'\nstop = 'sir-aaaaaaaa'",
            "at = '1s'\nexplode = 'sir-aaaaaaaa'",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
