//! RequestSpotInstances and CancelSpotInstanceRequests.

use std::time::Duration;

use super::super::prices;
use super::super::records::Request;
use super::super::refusal::Refusal;
use super::super::world::{Terms, World, later};
use super::query::Query;
use super::requests::Placed;
use super::{Xml, action, describe, launch, once, requests};
use crate::model::{InterruptionBehavior, RequestKind, RequestState, SpotRequestId};

/// How long a request lasts when nobody says so. Source: EC2 API reference, RequestSpotInstances, `ValidUntil`.
const USUAL_LIFE: Duration = Duration::from_hours(7 * 24);

/// The least that can be offered, in dollars: RequestSpotInstances names none, but a price has six digits; RunInstances
/// asks for more than this. Source: EC2 API reference, `SpotMarketOptions`, `MaxPrice`.
const LEAST_PRICE: f64 = 0.000_001;
const TOO_LITTLE_TO_RUN: f64 = 0.001;

/// What is said of the market in a call, under the names that it has there.
struct Given<'a> {
    kind: Option<&'a str>,
    behavior: Option<&'a str>,
    price: Option<&'a str>,
    /// Whether so many dollars are a price.
    is_price: fn(f64) -> bool,
}

pub(super) fn request(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let order = launch::order(world, query, "LaunchSpecification.")?;
    query.required("LaunchSpecification.InstanceType")?;
    let given = Given {
        kind: query.get("Type"),
        behavior: query.get("InstanceInterruptionBehavior"),
        price: query.get("SpotPrice"),
        is_price: |offer| offer >= LEAST_PRICE,
    };
    let mut terms = terms(&given)?;
    terms.tags =
        query.tag_specifications(&["spot-instances-request"])?.remove("spot-instances-request").unwrap_or_default();
    terms.valid_from = query.time("ValidFrom")?;
    terms.valid_until = query.time("ValidUntil")?;
    terms.launch_group = query.get("LaunchGroup").map(str::to_owned);
    terms.zone_group = query.get("AvailabilityZoneGroup").map(str::to_owned);
    if terms.behavior != InterruptionBehavior::Terminate && terms.launch_group.is_some() {
        let message =
            "A launch group is not supported when instanceInterruptionBehavior is set to 'stop' or 'hibernate'.";
        return Err(Refusal::client("InvalidParameterCombination", message));
    }
    check_times(world, &terms)?;
    if terms.valid_until.is_none() && (terms.kind == RequestKind::OneTime || world.knobs.persistent_expires) {
        terms.valid_until = Some(later(terms.valid_from.unwrap_or(world.now()), USUAL_LIFE));
    }
    let count = query.number("InstanceCount")?.unwrap_or(1);
    if count == 0 {
        return Err(Refusal::parameter(
            "Value ( 0 ) for parameter instanceCount is invalid. Expecting a number above 0.",
        ));
    }
    action::refuse_dry_run(query)?;
    let launch = |world: &mut World| {
        launch::check_access(world, &order.launch)?;
        check_quota(world, count)?;
        Ok((0..count).map(|_| world.order_spot(&order, &terms)).collect())
    };
    let is_there = |world: &World, id: &SpotRequestId| world.request(id).is_some();
    once::made(world, query, xml, launch, is_there, |world, made, xml| {
        let made = made.iter().filter_map(|id| world.request(id));
        let made: Vec<Placed<'_>> = made.map(|request| Placed::new(world, request)).collect();
        xml.list("spotInstanceRequestSet", &made, requests::write);
    })
}

/// What RunInstances says of the market.
pub(super) fn run_terms(world: &World, query: &Query) -> Result<Terms, Refusal> {
    let get = |name: &str| query.get(&format!("InstanceMarketOptions.SpotOptions.{name}"));
    let given = Given {
        kind: get("SpotInstanceType"),
        behavior: get("InstanceInterruptionBehavior"),
        price: get("MaxPrice"),
        is_price: |offer| offer > TOO_LITTLE_TO_RUN,
    };
    let mut terms = terms(&given)?;
    if terms.kind == RequestKind::Persistent && terms.behavior == InterruptionBehavior::Terminate {
        let message =
            "The terminate InstanceInterruptionBehavior is not supported when requestType is set to persistent.";
        return Err(Refusal::client("InvalidParameterCombination", message));
    }
    terms.valid_until = query.time("InstanceMarketOptions.SpotOptions.ValidUntil")?;
    if terms.valid_until.is_some() && terms.kind != RequestKind::Persistent {
        let message = "ValidUntil is only supported for persistent requests.";
        return Err(Refusal::client("InvalidParameterCombination", message));
    }
    check_times(world, &terms)?;
    Ok(terms)
}

fn terms(given: &Given<'_>) -> Result<Terms, Refusal> {
    let kind = RequestKind::from(given.kind.unwrap_or("one-time"));
    if let RequestKind::Unknown(other) = &kind {
        return Err(Refusal::parameter(format!("Value ({other}) for parameter spotInstanceType is invalid.")));
    }
    let behavior = InterruptionBehavior::from(given.behavior.unwrap_or("terminate"));
    if let InterruptionBehavior::Unknown(other) = &behavior {
        let message = format!("Value ({other}) for parameter instanceInterruptionBehavior is invalid.");
        return Err(Refusal::parameter(message));
    }
    if behavior != InterruptionBehavior::Terminate && kind != RequestKind::Persistent {
        let kind = given.kind.unwrap_or("null");
        return Err(Refusal::client(
            "InvalidParameterCombination",
            format!(
                "The request with type '{kind}' is not supported when instanceInterruptionBehavior is set to '{behavior}'."
            ),
        ));
    }
    let is_price = |price: &str| prices::read_dollars(price).is_some() && price.parse().is_ok_and(given.is_price);
    if let Some(price) = given.price.filter(|price| !is_price(price)) {
        return Err(Refusal::parameter(format!("Invalid value '{price}' for spotPrice.")));
    }
    let max_price = given.price.map(str::to_owned);
    Ok(Terms {
        kind,
        behavior,
        max_price,
        launch_group: None,
        zone_group: None,
        valid_from: None,
        valid_until: None,
        tags: super::super::Tags::new(),
    })
}

fn check_times(world: &World, terms: &Terms) -> Result<(), Refusal> {
    let past = |name: &str| Refusal::client("InvalidTime", format!("The parameter {name} must be in the future"));
    match (terms.valid_from, terms.valid_until) {
        (Some(from), _) if from <= world.now() => Err(past("validFrom")),
        (_, Some(until)) if until <= world.now() => Err(past("validUntil")),
        (Some(from), Some(until)) if until <= from => {
            Err(Refusal::client("InvalidTime", "The parameter validUntil must be after validFrom"))
        }
        _ => Ok(()),
    }
}

/// Requests that have not ended count, whatever their instances do.
pub(super) fn check_quota(world: &World, more: u32) -> Result<(), Refusal> {
    let lives = |request: &&Request| {
        matches!(request.state, RequestState::Open | RequestState::Active | RequestState::Disabled)
    };
    let living = world.records.requests.values().filter(lives).count();
    let wanted = living.saturating_add(usize::try_from(more).unwrap_or(usize::MAX));
    if wanted > world.knobs.spot_limit {
        return Err(Refusal::client("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded"));
    }
    Ok(())
}

pub(super) fn cancel(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let ids: Vec<SpotRequestId> = query.required_ids("SpotInstanceRequestId")?;
    action::refuse_dry_run(query)?;
    describe::all_there(&requests::KIND, &ids, |id| world.known_request(id).is_ok())?;
    ids.iter().try_for_each(|id| world.may_cancel(id))?;
    for id in &ids {
        world.cancel(id)?;
    }
    xml.list("spotInstanceRequestSet", &ids, |xml, id| {
        xml.text("spotInstanceRequestId", id);
        xml.optional("state", world.request(id).map(|request| &request.state));
    });
    Ok(())
}
