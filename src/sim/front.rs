//! What a call meets before and after the world: throttling, permissions, faults, delay, and the record of calls.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::call::{Call, Outcome};
use super::fault::{Bursts, Effect, Fault};
use super::policy::{Policy, Resource, Role};
use super::refusal::Refusal;
use super::throttle::{Bucket, Kind, Throttle};
use super::wire::{self, Query};
use super::world::{World, uuid};

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// How a call ends for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// With an answer.
    Reply(HttpReply),
    /// With a broken connection.
    Broken,
    /// Not at all.
    Silence,
    /// With an answer whose first half comes, and no more.
    Stalled(HttpReply),
}

/// What becomes of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// How long it takes, by the world's clock.
    pub after: Duration,
    /// How it ends.
    pub delivery: Delivery,
}

/// The front of the embedded EC2. Its dice are its own: they do not touch the world's fate.
#[derive(Debug)]
pub(super) struct Front {
    faults: Vec<Fault>,
    bursts: Option<Bursts>,
    throttle: Throttle,
    policy: Option<Policy>,
    service_control: Option<Policy>,
    calls: VecDeque<Call>,
    rng: Rng,
}

/// How many calls are remembered: a demonstration may run for weeks.
const MOST_CALLS: usize = 100_000;

/// Makes the front's dice others than the world's.
const OTHER_DICE: u64 = 0x5eed_0f7e_f207;

impl Front {
    pub(super) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        let rng = Rng::with_seed(seed ^ OTHER_DICE);
        Self {
            faults,
            bursts: None,
            throttle: Throttle::default(),
            policy: None,
            service_control: None,
            calls: VecDeque::new(),
            rng,
        }
    }

    pub(super) fn inject(&mut self, fault: Fault) {
        self.faults.retain(|fault| !fault.is_spent());
        self.faults.push(fault);
    }

    pub(super) fn restrict_to(&mut self, policy: Option<Policy>) {
        self.policy = policy;
    }

    pub(super) fn restrict_account_to(&mut self, policy: Option<Policy>) {
        self.service_control = policy;
    }

    /// Lets trouble come by chance.
    pub(super) fn expect_trouble(&mut self, bursts: Bursts) {
        self.bursts = Some(bursts);
    }

    /// How far back looks can go because of faults.
    pub(super) fn longest_stale(&self) -> Duration {
        let faults = self.faults.iter().map(Fault::stale);
        faults.chain(self.bursts.as_ref().map(Bursts::longest_stale)).max().unwrap_or_default()
    }

    /// Takes every fault away, also those to come by chance.
    pub(super) fn clear_faults(&mut self) {
        self.faults.clear();
        self.bursts = None;
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(super) fn serve(&mut self, world: &mut World, target: &str, body: &[u8], access_key: Option<&str>) -> Served {
        let request_id = uuid(&mut self.rng);
        let query = Query::parse(target, body).answered_by(&world.knobs, &request_id);
        let mut after = world.timing.latency.draw(&mut self.rng);
        if let Some(bursts) = &mut self.bursts {
            self.faults.retain(|fault| !fault.is_over(world.now()));
            self.faults.extend(bursts.begun(world.now()).filter(|fault| !fault.is_over(world.now())));
        }
        let mut struck = None;
        for fault in &mut self.faults {
            // A call that one fault has decided uses up no other.
            if struck.is_some() {
                break;
            }
            match fault.strike(query.action(), world.now(), &mut self.rng) {
                Some(Effect::Latency(more)) => after = after.saturating_add(more),
                other => struck = other,
            }
        }
        let (outcome, delivery) = self.decide(world, &query, &request_id, struck.as_ref());
        // What is refused the second time may have had its effect the first.
        let took_effect = outcome.took_effect() || struck == Some(Effect::Twice);
        self.record(world, &query, access_key, outcome, after);
        if took_effect && self.calls.back().is_some_and(Call::is_mutating) {
            world.remember();
        }
        Served { after, delivery }
    }

    /// Refuses a call at the door: nothing of it reaches the world, and no fault strikes it.
    pub(super) fn refuse(&mut self, world: &World, target: &str, body: &[u8], refusal: Refusal) -> Served {
        let request_id = uuid(&mut self.rng);
        let query = Query::parse(target, body).answered_by(&world.knobs, &request_id);
        self.record(world, &query, None, Outcome::Refused(refusal.code.clone()), Duration::ZERO);
        Served {
            after: Duration::ZERO,
            delivery: Delivery::Reply(reply(world.now(), &query, &request_id, Err(refusal))),
        }
    }

    fn record(
        &mut self,
        world: &World,
        query: &Query,
        access_key: Option<&str>,
        outcome: Outcome,
        answered_after: Duration,
    ) {
        if self.calls.len() == MOST_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(Call {
            at: world.now(),
            action: query.action().to_owned(),
            subjects: query.subjects(),
            dry_run: query.is_dry_run(),
            force: query.is_forced(),
            access_key: access_key.map(str::to_owned),
            outcome,
            answered_after,
        });
    }

    fn decide(
        &mut self,
        world: &mut World,
        query: &Query,
        request_id: &str,
        struck: Option<&Effect>,
    ) -> (Outcome, Delivery) {
        match struck {
            Some(Effect::RequestLost) => return (Outcome::Lost, Delivery::Broken),
            Some(Effect::Hang) => return (Outcome::Lost, Delivery::Silence),
            Some(Effect::Garbage) => {
                return (Outcome::Refused("500".to_owned()), Delivery::Reply(garbage(request_id)));
            }
            _ => {}
        }
        let answer = match struck {
            Some(Effect::Error(refusal)) => Err(refusal.clone()),
            _ => self.admit(world, query).and_then(|()| answer(world, query, request_id, struck)),
        };
        let outcome = match &answer {
            Ok(_) => Outcome::Done,
            Err(refusal) => Outcome::Refused(refusal.code.clone()),
        };
        let lost = if outcome == Outcome::Done { Outcome::AnswerLost } else { outcome.clone() };
        match struck {
            Some(Effect::ReplyLost) => (lost, Delivery::Broken),
            Some(Effect::HangAfterEffect) => (lost, Delivery::Silence),
            Some(Effect::Stalled) => (lost, Delivery::Stalled(reply(world.now(), query, request_id, answer))),
            _ => (outcome, Delivery::Reply(reply(world.now(), query, request_id, answer))),
        }
    }

    fn admit(&mut self, world: &World, query: &Query) -> Result<(), Refusal> {
        let Some(action) = wire::action(query) else { return Ok(()) };
        if world.knobs.throttling {
            let kind = if query.is_sweeping() { Kind::Sweeping } else { Kind::Calls };
            if !self.throttle.take(Bucket { action, kind }, query.instances(), world.now()) {
                return Err(Refusal::new(503, "RequestLimitExceeded", "Request limit exceeded."));
            }
        }
        let documents = [(&self.service_control, Role::ServiceControl), (&self.policy, Role::Identity)];
        let documents = documents.into_iter().filter_map(|(document, role)| Some((document.as_ref()?, role)));
        let mut documents = documents.peekable();
        if documents.peek().is_none() {
            return Ok(());
        }
        let resources = Resource::of_call(world, query);
        documents.try_for_each(|(document, role)| document.check(&resources, role))
    }
}

/// What the world answers, perhaps for the second time, or as it would have answered in the past.
fn answer(world: &mut World, query: &Query, request_id: &str, struck: Option<&Effect>) -> Result<String, Refusal> {
    match struck {
        Some(Effect::Twice) => {
            // What becomes of the first, nobody is told.
            let _ = wire::answer(world, query, request_id);
            wire::answer(world, query, request_id)
        }
        Some(Effect::Stale(age)) => world.in_the_past(*age, |world| wire::answer(world, query, request_id)),
        _ => wire::answer(world, query, request_id),
    }
}

fn reply(now: Timestamp, query: &Query, request_id: &str, answer: Result<String, Refusal>) -> HttpReply {
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(refusal) => (refusal.status, wire::error(query, &refusal, request_id)),
    };
    let headers = vec![
        ("content-type", "text/xml;charset=UTF-8".to_owned()),
        ("x-amzn-requestid", request_id.to_owned()),
        ("server", "AmazonEC2".to_owned()),
        // By the world's own clock: one that differs would be taken for a clock that is wrong.
        ("date", date(now)),
    ];
    HttpReply { status, headers, body }
}

/// A time as HTTP writes it. Source: RFC 9110, section 5.6.7.
pub(super) fn date(now: Timestamp) -> String {
    // It writes the years from 0 to 9999 and no others.
    DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default()
}

fn garbage(request_id: &str) -> HttpReply {
    HttpReply {
        status: 500,
        headers: vec![("content-type", "text/html".to_owned())],
        body: format!("<html><body><h1>Internal Server Error</h1><p>{request_id}</p></body>"),
    }
}
