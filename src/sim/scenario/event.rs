//! What happens by itself.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, IntoDeserializer as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::records::Capacity;
use super::super::span;
use super::super::world::Cause;
use super::value;
use crate::model::{RequestState, SpotRequestId, VolumeId};

/// One event: when, and what.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawEvent")]
pub struct EventSpec {
    /// When it happens first, counted from the world's beginning.
    pub at: Duration,
    /// How long until it happens again, a quarter more or less by chance; a scenario says a second at least. Never when
    /// there is none.
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
        /// Why.
        cause: Cause,
    },
    /// EC2 does not take its instance back after all.
    Revoke(SpotRequestId),
    /// There is capacity for the request from now on, or no longer.
    SetCapacity(SpotRequestId, Capacity),
    /// The owner terminates its instance.
    Terminate(SpotRequestId),
    /// The owner stops its instance.
    Stop(SpotRequestId),
    /// Somebody shuts its instance down from inside.
    ShutDown(SpotRequestId),
    /// Somebody reboots its instance.
    Reboot(SpotRequestId),
    /// The owner starts its instance.
    Start(SpotRequestId),
    /// The owner cancels it.
    Cancel(SpotRequestId),
    /// Its time is over.
    Expire(SpotRequestId),
    /// Somebody deletes the volume.
    DeleteVolume(VolumeId),
    /// Somebody attaches a volume to its instance.
    Attach(Attach),
    /// Somebody detaches a volume, with force or without.
    Detach(VolumeId, bool),
    /// The request shows this status code, and this state, until it goes on by itself.
    Show {
        /// The request.
        request: SpotRequestId,
        /// The state; as it is when there is none.
        state: Option<RequestState>,
        /// The status code; as it is when there is none.
        status: Option<String>,
    },
    /// A second operator does something to the instance or the homes of one of these, by chance.
    Meddle(Vec<SpotRequestId>),
}

/// A volume that is attached to the instance of a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// The volume.
    pub volume: VolumeId,
    /// The request whose instance gets it.
    pub to: SpotRequestId,
    /// The device name.
    #[serde(deserialize_with = "value::device")]
    pub device: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    #[serde(default, deserialize_with = "span::optional")]
    at: Option<Duration>,
    #[serde(default, deserialize_with = "span::optional_round")]
    every: Option<Duration>,
    interrupt: Option<OneOrMany<SpotRequestId>>,
    #[serde(default)]
    early: bool,
    cause: Option<Cause>,
    revoke: Option<SpotRequestId>,
    request: Option<SpotRequestId>,
    #[serde(default, deserialize_with = "value::optional_capacity")]
    capacity: Option<Capacity>,
    state: Option<String>,
    status: Option<String>,
    terminate: Option<SpotRequestId>,
    stop: Option<SpotRequestId>,
    shut_down: Option<SpotRequestId>,
    reboot: Option<SpotRequestId>,
    start: Option<SpotRequestId>,
    cancel: Option<SpotRequestId>,
    expire: Option<SpotRequestId>,
    delete_volume: Option<VolumeId>,
    attach: Option<Attach>,
    detach: Option<VolumeId>,
    #[serde(default)]
    force: bool,
    meddle: Option<OneOrMany<SpotRequestId>>,
}

/// What is written as itself when there is one of it, and else as a list.
#[derive(Debug, Clone)]
pub(in crate::sim) struct OneOrMany<T>(Vec<T>);

impl<T> OneOrMany<T> {
    pub(in crate::sim) fn into_vec(self) -> Vec<T> {
        self.0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An untagged enumeration would say of every mistake that nothing fits.
        deserializer.deserialize_any(Written(PhantomData))
    }
}

struct Written<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Written<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one thing, or a list of them")
    }

    fn visit_str<E: de::Error>(self, one: &str) -> Result<OneOrMany<T>, E> {
        T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_bool<E: de::Error>(self, one: bool) -> Result<OneOrMany<T>, E> {
        T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_i64<E: de::Error>(self, one: i64) -> Result<OneOrMany<T>, E> {
        T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_u64<E: de::Error>(self, one: u64) -> Result<OneOrMany<T>, E> {
        T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_f64<E: de::Error>(self, one: f64) -> Result<OneOrMany<T>, E> {
        T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
    }
}

impl TryFrom<RawEvent> for EventSpec {
    type Error = &'static str;

    fn try_from(raw: RawEvent) -> Result<Self, Self::Error> {
        let (at, every) = match (raw.at, raw.every) {
            (None, None) => return Err("an event has `at`, or `every`, or both"),
            (at, every) => (at.or(every).unwrap_or_default(), every),
        };
        match (raw.given()?, at, every) {
            (Some(action), at, every) => Ok(Self { at, every, action }),
            (None, ..) => Err("an event has exactly one action"),
        }
    }
}

impl RawEvent {
    /// The one action that is given; none when there are several, or none at all.
    fn given(self) -> Result<Option<Action>, &'static str> {
        if self.interrupt.is_none() && (self.early || self.cause.is_some()) {
            return Err("`early` and `cause` go with `interrupt`");
        }
        if self.detach.is_none() && self.force {
            return Err("`force` goes with `detach`");
        }
        if [&self.interrupt, &self.meddle].into_iter().flatten().any(|requests| requests.0.is_empty()) {
            return Err("an event happens to one request at least");
        }
        let (early, cause, force) = (self.early, self.cause.unwrap_or_default(), self.force);
        let of_request = match (self.request, self.capacity, self.state, self.status) {
            (Some(request), Some(capacity), None, None) => Some(Action::SetCapacity(request, capacity)),
            (None, None, None, None) => None,
            (Some(request), None, state, status) if state.is_some() || status.is_some() => {
                Some(Action::Show { request, state: state.as_deref().map(RequestState::from), status })
            }
            _ => return Err("`request` goes with `capacity`, or with `state` and `status`"),
        };
        let interrupt =
            self.interrupt.map(|requests| Action::Interrupt { requests: requests.into_vec(), early, cause });
        let given = [
            interrupt,
            of_request,
            self.revoke.map(Action::Revoke),
            self.terminate.map(Action::Terminate),
            self.stop.map(Action::Stop),
            self.shut_down.map(Action::ShutDown),
            self.reboot.map(Action::Reboot),
            self.start.map(Action::Start),
            self.cancel.map(Action::Cancel),
            self.expire.map(Action::Expire),
            self.delete_volume.map(Action::DeleteVolume),
            self.attach.map(Action::Attach),
            self.detach.map(|volume| Action::Detach(volume, force)),
            self.meddle.map(|requests| Action::Meddle(requests.into_vec())),
        ];
        let mut given = given.into_iter().flatten();
        Ok(given.next().filter(|_| given.next().is_none()))
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
        assert!(
            matches!(event.action, Action::Interrupt { requests, early: false, cause: Cause::NoCapacity } if requests.len() == 2)
        );
        for good in [
            "at = '1s'\nrequest = 'sir-aaaaaaaa'\ncapacity = 'price-too-low'",
            "at = '1s'\nrequest = 'sir-aaaaaaaa'\nstatus = 'never-heard-of'\nstate = 'odd'",
            "at = '1s'\ninterrupt = 'sir-aaaaaaaa'\ncause = 'price'",
            "at = '1s'\ndetach = 'vol-aaaaaaaa'\nforce = true",
            "at = '1s'\nattach = { volume = 'vol-aaaaaaaa', to = 'sir-aaaaaaaa', device = '/dev/sdf' }",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "stop = 'sir-aaaaaaaa'",
            "at = '1s'",
            "at = '1s'\nstop = 'sir-aaaaaaaa'\nstart = 'sir-aaaaaaaa'",
            "at = '1s'\ncapacity = 'available'",
            "at = '1s'\nstop = 'sir-aaaaaaaa'\nearly = true",
            "every = '0s'\nstop = 'sir-aaaaaaaa'",
            "every = '999ms'\nstop = 'sir-aaaaaaaa'",
            "at = '1s'\nstop = 'sir-aaaaaaaa'\ncause = 'price'",
            "at = '1s'\nstop = 'sir-aaaaaaaa'\nforce = true",
            "at = '1s'\nrequest = 'sir-aaaaaaaa'\ncapacity = 'available'\nstatus = 'odd'",
            "at = '1s'\nexplode = 'sir-aaaaaaaa'",
            "at = '1s'\ninterrupt = []",
            "at = '1s'\nattach = { volume = 'vol-aaaaaaaa', to = 'sir-aaaaaaaa', device = 'foo' }",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let refused = read("at = '1s'\nevery = '1ns'\nstop = 'sir-aaaaaaaa'").unwrap_err().to_string();
        assert!(refused.contains("line 2") && refused.contains("\"1s\" at most"), "{refused}");
        assert!(read("every = '1s'\nstop = 'sir-aaaaaaaa'").is_ok());
    }
}
