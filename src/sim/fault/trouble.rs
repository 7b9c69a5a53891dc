//! Faults by chance: bursts of trouble, each of one kind.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::super::span;
use super::super::timing::Delay;
use super::super::world::later;
use super::{Effect, Fault};

/// A random plan of faults, as a scenario writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// The time from one burst to the next, on average; a second at least.
    #[serde(deserialize_with = "span::round")]
    pub every: Duration,
    /// How long a burst lasts.
    #[serde(default = "lasts")]
    pub lasts: Delay,
    /// When it is over, from the beginning of the world; never, when nothing is said.
    #[serde(default, deserialize_with = "span::optional")]
    pub until: Option<Duration>,
    /// What there can be; every kind, when nothing is said.
    #[serde(default = "all", deserialize_with = "some")]
    pub kinds: Vec<Kind>,
}

fn some<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Kind>, D::Error> {
    let kinds = Vec::deserialize(d)?;
    if kinds.is_empty() { Err(D::Error::custom("trouble is of one kind at least")) } else { Ok(kinds) }
}

fn lasts() -> Delay {
    Delay::spread(Duration::from_secs(20), Duration::from_mins(5))
}

fn all() -> Vec<Kind> {
    use Kind::{
        Denied, ExpiredCredentials, Garbage, Hang, InternalError, ReplyLost, RequestLost, Slow, Stale, Stalled,
        Throttled, Twice, Unavailable,
    };
    vec![
        Throttled,
        InternalError,
        Unavailable,
        Garbage,
        ReplyLost,
        RequestLost,
        Hang,
        Slow,
        Stalled,
        Stale,
        Twice,
        ExpiredCredentials,
        Denied,
    ]
}

/// What goes wrong in a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `RequestLimitExceeded`: somebody else uses the account's calls up.
    Throttled,
    /// `InternalError`, 500.
    InternalError,
    /// `Unavailable`, 503.
    Unavailable,
    /// Pages for people.
    Garbage,
    /// Answers do not arrive.
    ReplyLost,
    /// Calls do not arrive.
    RequestLost,
    /// Calls hang.
    Hang,
    /// Answers take their time.
    Slow,
    /// Answers begin, and do not end.
    Stalled,
    /// Looks show the past.
    Stale,
    /// Calls are delivered twice.
    Twice,
    /// The credentials have expired.
    ExpiredCredentials,
    /// The caller may not.
    Denied,
}

impl Kind {
    fn fault(self, rng: &mut Rng) -> Fault {
        let seconds = Duration::from_secs(rng.u64(2..=40));
        match self {
            Self::Throttled => Fault::error("RequestLimitExceeded"),
            Self::InternalError => Fault::error("InternalError"),
            Self::Unavailable => Fault::error("Unavailable"),
            Self::ExpiredCredentials => Fault::error("RequestExpired"),
            Self::Denied => Fault::error("UnauthorizedOperation"),
            Self::Garbage => Fault::new(Effect::Garbage),
            Self::ReplyLost => Fault::new(Effect::ReplyLost),
            Self::RequestLost => Fault::new(Effect::RequestLost),
            Self::Hang => Fault::new(Effect::Hang),
            Self::Slow => Fault::new(Effect::Latency(seconds)),
            Self::Stalled => Fault::new(Effect::Stalled),
            Self::Stale => Fault::new(Effect::Stale(seconds)),
            Self::Twice => Fault::new(Effect::Twice),
        }
    }

    /// The longest that [`Kind::fault`] makes a look lag behind.
    const LONGEST_STALE: Duration = Duration::from_secs(40);
}

/// A plan at work. Its dice are its own: the bursts come at the same times whatever is called.
#[derive(Debug)]
pub(in crate::sim) struct Bursts {
    plan: Trouble,
    rng: Rng,
    next: Timestamp,
    until: Timestamp,
}

impl Bursts {
    pub(in crate::sim) fn new(plan: Trouble, seed: u64, begin: Timestamp) -> Self {
        let until = plan.until.map_or(Timestamp::MAX, |until| later(begin, until));
        let mut bursts = Self { plan, rng: Rng::with_seed(seed), next: begin, until };
        bursts.wait();
        bursts
    }

    fn wait(&mut self) {
        // Never nothing: a plan with a mean of no time would not come to its end.
        let wait = span::scaled(self.plan.every, -(1.0 - self.rng.f64()).ln()).max(Duration::from_secs(1));
        self.next = later(self.next, wait);
    }

    /// The bursts that have begun since this was last asked.
    pub(in crate::sim) fn begun(&mut self, now: Timestamp) -> impl Iterator<Item = Fault> {
        // One by one: of a year in which nobody called, there are more than anybody would keep.
        std::iter::from_fn(move || {
            if self.next > now.min(self.until) {
                return None;
            }
            let kind = self.rng.choice(&self.plan.kinds).copied()?;
            let end = later(self.next, self.plan.lasts.draw(&mut self.rng)).min(self.until);
            let share = 0.2 + 0.8 * self.rng.f64();
            let burst = kind.fault(&mut self.rng).chance(share).between(self.next, end);
            self.wait();
            Some(burst)
        })
    }

    /// How far back its looks go at most.
    pub(in crate::sim) fn longest_stale(&self) -> Duration {
        if self.plan.kinds.contains(&Kind::Stale) { Kind::LONGEST_STALE } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bursts(seed: u64) -> Vec<Fault> {
        let plan: Trouble = toml::from_str("every = '10m'").unwrap();
        let mut bursts = Bursts::new(plan, seed, Timestamp::UNIX_EPOCH);
        bursts.begun(Timestamp::UNIX_EPOCH + Duration::from_hours(1000)).collect()
    }

    #[test]
    fn bursts_come_as_often_as_planned_and_each_kind_among_them() {
        let begun = bursts(1);
        assert!((5_500..6_500).contains(&begun.len()), "{}", begun.len());
        let effects: std::collections::BTreeSet<String> = begun
            .iter()
            .map(|fault| match &fault.effect {
                Effect::Error(refusal) => refusal.code.clone(),
                other => format!("{other:?}").split('(').next().unwrap().to_owned(),
            })
            .collect();
        assert_eq!(effects.len(), all().len(), "{effects:?}");
        assert!(begun.iter().all(|fault| fault.from < fault.until && fault.chance >= 0.2));
    }

    #[test]
    fn what_has_an_end_is_over_by_then() {
        let until = |until: &str| {
            let plan: Trouble = toml::from_str(&format!("every = '1m'\nlasts = '10m'{until}")).unwrap();
            let mut bursts = Bursts::new(plan, 1, Timestamp::UNIX_EPOCH);
            bursts.begun(Timestamp::UNIX_EPOCH + Duration::from_hours(10)).collect::<Vec<_>>()
        };
        let an_hour = Timestamp::UNIX_EPOCH + Duration::from_hours(1);
        let ended = until("\nuntil = '1h'");
        assert!(ended.len() > 20 && ended.iter().all(|fault| fault.until <= an_hour), "{ended:?}");
        assert!(until("").iter().any(|fault| fault.until > an_hour));
    }

    #[test]
    fn the_same_seed_plans_the_same_trouble_however_often_it_is_asked() {
        assert_eq!(bursts(1), bursts(1));
        assert_ne!(bursts(1), bursts(2));
        let plan: Trouble = toml::from_str("every = '10m'").unwrap();
        let mut asked = Bursts::new(plan, 1, Timestamp::UNIX_EPOCH);
        let hour = |hour| asked.begun(Timestamp::UNIX_EPOCH + Duration::from_hours(hour)).collect::<Vec<_>>();
        let hours = (1..=1000).flat_map(hour);
        assert_eq!(hours.collect::<Vec<_>>(), bursts(1));
    }
}
