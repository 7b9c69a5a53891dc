//! The spot request itself.

use std::time::Duration;

use super::Found;
use crate::doctor::anew::{Anew, Change};
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::verdict::{Unknown, fault, ok, warning};
use crate::model::{InterruptionBehavior, RequestKind, RequestState, SpotRequest};
use crate::plan::span;

/// From when on an expiry is near.
const SOON: Duration = Duration::from_hours(7 * 24);

pub(super) fn exists(case: &Case<'_>) -> Found {
    let id = &case.machine.spot_request;
    if answered(&case.facts.requests)?.contains_key(id) {
        return Ok(ok("EC2 knows it"));
    }
    let filter = "Name=state,Values=open,active,disabled";
    let list = case.aws().command(&["ec2", "describe-spot-instance-requests", "--filters", filter]);
    let remedy = Remedy::new(
        "put the id of a request of this account and region into spot_request; a new one may take half a minute to show",
    );
    let seen = format!(
        "EC2 does not know {id} in {}: it never was there, or ended more than four hours ago",
        case.facts.region
    );
    Ok(fault(seen, remedy.run(list).write("spot_request = \"sir-…\"")))
}

pub(super) fn state(case: &Case<'_>) -> Found {
    let request = case.request()?;
    let SpotRequest { state, status_code, status_message, .. } = request;
    let message = if status_message.is_empty() { String::new() } else { format!(": {status_message}") };
    let seen = format!("{state}, {status_code}{message}");
    Ok(match (state, status_code.as_str()) {
        // Of these EC2 keeps the request open, and never fulfils it.
        (RequestState::Open, "constraint-not-fulfillable" | "limit-exceeded" | "bad-parameters") => {
            fault(seen, Anew::new("without what the status complains of", Change::Nothing))
        }
        (RequestState::Open, "price-too-low") => {
            let words = "with a higher maximum price, or none: you pay the market's price whatever the maximum";
            warning(seen, Anew::new(words, Change::NoPrice))
        }
        (RequestState::Active | RequestState::Open, _) => ok(seen),
        (RequestState::Disabled, "instance-stopped-by-user") => match &request.instance {
            Some(instance) => {
                let start = case.aws().command(&["ec2", "start-instances", "--instance-ids", instance.as_str()]);
                warning(
                    seen,
                    Remedy::new("start the instance; never cancel the request: that terminates it").run(start),
                )
            }
            None => ok(seen),
        },
        (RequestState::Disabled, _) => ok(format!("{seen}; EC2 starts the stopped instance again by itself")),
        (RequestState::Cancelled | RequestState::Closed | RequestState::Failed, _) => {
            fault(format!("{seen}; no instance will come of it"), Anew::new("in its place", Change::Nothing))
        }
        (RequestState::Unknown(_), _) => return Err(Unknown::new(format!("{seen}: nobody here knows this state"))),
    })
}

pub(super) fn persistent(case: &Case<'_>) -> Found {
    let request = case.request()?;
    match &request.kind {
        RequestKind::Persistent => Ok(ok("persistent")),
        RequestKind::OneTime => {
            let seen = "one-time: after the first interruption no instance follows";
            Ok(fault(seen, Anew::new("that is persistent", Change::Nothing)))
        }
        RequestKind::Unknown(kind) => Err(Unknown::new(format!("of the kind \"{kind}\", which nobody here knows"))),
    }
}

pub(super) fn interruption(case: &Case<'_>) -> Found {
    let request = case.request()?;
    match &request.interruption {
        InterruptionBehavior::Terminate => {
            Ok(ok("terminate: each interruption brings a new instance, to which the home moves"))
        }
        InterruptionBehavior::Stop => Ok(ok(
            "stop: the same instance comes back, when its zone has room for its very type again; its volumes stay attached",
        )),
        InterruptionBehavior::Hibernate => {
            let seen = "hibernate: it begins at once, without the two minutes' notice, and fails where the guest is not \
                        set up for it";
            Ok(warning(seen, Anew::new("with the default behavior, terminate", Change::Terminate)))
        }
        InterruptionBehavior::Unknown(word) => Err(Unknown::new(format!("\"{word}\", which nobody here knows"))),
    }
}

pub(super) fn expiry(case: &Case<'_>) -> Found {
    let request = case.request()?;
    let Some(until) = request.valid_until else { return Ok(ok("it does not expire")) };
    let remedy = || Anew::new("without --valid-until", Change::NoEnd);
    let left = until.duration_since(case.facts.at);
    match Duration::try_from(left) {
        Err(_) => Ok(fault(format!("it expired at {until}"), remedy())),
        Ok(left) if left <= SOON => Ok(warning(format!("it expires in {}, at {until}", span(left)), remedy())),
        Ok(left) => Ok(ok(format!("it expires in {}, at {until}", span(left)))),
    }
}
