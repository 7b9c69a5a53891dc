//! RunInstances, TerminateInstances, StopInstances, StartInstances.

use super::super::launch::Launch;
use super::super::prices;
use super::super::refusal::Refusal;
use super::super::world::{Order, Terms, World};
use super::query::Query;
use super::{Xml, action, attribute, describe, instances, launch, once, spot};
use crate::model::{InstanceId, InstanceState};

pub(super) fn run(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let mut order = launch::order(world, query, "")?;
    world.check_image(&order.launch.image, &order.instance_type)?;
    if let Some(zone) = order.zone.as_ref().filter(|zone| world.account.zone(zone).is_none()) {
        return Err(Refusal::parameter(format!("Invalid availability zone: [{zone}]")));
    }
    check_offer(world, &order)?;
    let mut tags = query.tag_specifications(&["instance", "volume", "spot-instances-request", "network-interface"])?;
    order.launch.tags = tags.remove("instance").unwrap_or_default();
    order.launch.volume_tags = tags.remove("volume").unwrap_or_default();
    order.launch.disable_api_termination = query.flag("DisableApiTermination")?;
    order.launch.disable_api_stop = query.flag("DisableApiStop")?;
    if let Some(behavior) = query.get("InstanceInitiatedShutdownBehavior") {
        order.launch.instance_initiated_shutdown_behavior = attribute::on_shutdown(behavior)?;
    }
    let terms = match query.get("InstanceMarketOptions.MarketType") {
        None => None,
        Some("spot") => {
            let terms = spot::run_terms(world, query)?;
            check_price(world, &order, &terms)?;
            refuse_protection(&order)?;
            Some(Terms { tags: tags.remove("spot-instances-request").unwrap_or_default(), ..terms })
        }
        Some(other) => return Err(Refusal::parameter(format!("Invalid value '{other}' for marketType."))),
    };
    let count = count(query)?;
    action::refuse_dry_run(query)?;
    let run = |world: &mut World| {
        launch::check_access(world, &order.launch)?;
        match &terms {
            Some(_) => spot::check_quota(world, count)?,
            None => check_limit(world, count)?,
        }
        // One subnet for all: EC2 chooses one where none is named.
        let zone = order.zone.clone().unwrap_or_else(|| world.any_zone(&order.instance_type));
        let launch = |_| match &terms {
            Some(terms) => world.order_spot_instance(&order, terms, &zone),
            None => world.order_instance(&order, &zone),
        };
        let made: Vec<InstanceId> = (0..count).map(launch).collect();
        world.reserve_together(&made);
        Ok(made)
    };
    let is_there = |world: &World, id: &InstanceId| world.instance(id).is_some();
    once::made(world, query, xml, run, is_there, instances::reservation)
}

/// Whether there is a zone to launch in that has the type.
fn check_offer(world: &World, order: &Order) -> Result<(), Refusal> {
    if world.places(&order.instance_type, order.zone.as_deref()).next().is_some() {
        return Ok(());
    }
    let kind = &order.instance_type;
    let message = match &order.zone {
        Some(zone) => format!(
            "Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone})."
        ),
        None => "The requested configuration is currently not supported.".to_owned(),
    };
    Err(Refusal::client("Unsupported", message))
}

/// How many instances: as many as may be, as capacity is not short here.
fn count(query: &Query) -> Result<u32, Refusal> {
    let least = query.number("MinCount")?.ok_or_else(|| super::query::missing("MinCount"))?;
    let most = query.number("MaxCount")?.ok_or_else(|| super::query::missing("MaxCount"))?;
    if least == 0 || most < least {
        let message = format!("Invalid value '{most}' for instanceCount. Must be at least {}.", least.max(1));
        return Err(Refusal::parameter(message));
    }
    Ok(most)
}

/// Spot instances are not protected. Source: EC2 User Guide, "Change instance termination protection" and "Enable stop
/// protection". The code is not documented for this call.
fn refuse_protection(order: &Order) -> Result<(), Refusal> {
    let launch = &order.launch;
    for (name, given) in
        [("DisableApiTermination", launch.disable_api_termination), ("DisableApiStop", launch.disable_api_stop)]
    {
        if given {
            let message = format!("The parameter {name} is not supported for spot instances.");
            return Err(Refusal::client("InvalidParameterCombination", message));
        }
    }
    Ok(())
}

/// Instances that are not gone count. Source: Amazon EC2 API reference, "Error codes", `InstanceLimitExceeded`.
fn check_limit(world: &World, more: u32) -> Result<(), Refusal> {
    let gone = |state: &InstanceState| matches!(state, InstanceState::ShuttingDown | InstanceState::Terminated);
    let own = world.records.instances.values().filter(|instance| instance.request.is_none() && !gone(&instance.state));
    let wanted = own.count().saturating_add(usize::try_from(more).unwrap_or(usize::MAX));
    let limit = world.knobs.instance_limit;
    if wanted > limit {
        return Err(Refusal::client(
            "InstanceLimitExceeded",
            format!(
                "You have requested more instances ({wanted}) than your current instance limit of {limit} allows for the specified instance type."
            ),
        ));
    }
    Ok(())
}

fn check_price(world: &World, order: &Order, terms: &Terms) -> Result<(), Refusal> {
    let Some(offered) = terms.max_price.as_deref().and_then(prices::read_dollars) else { return Ok(()) };
    let Some(zone) = order.zone.as_ref().or_else(|| world.zones.first()) else { return Ok(()) };
    if world.is_affordable(&order.instance_type, zone, offered) {
        return Ok(());
    }
    let needed = prices::dollars(world.prices.at(&order.instance_type, zone, world.now()).price);
    let offered = terms.max_price.as_deref().unwrap_or_default();
    Err(Refusal::client(
        "SpotMaxPriceTooLow",
        format!(
            "Your Spot request price of {offered} is lower than the minimum required Spot request fulfillment price of {needed}."
        ),
    ))
}

/// Refuses what one of these instances is protected from.
fn refuse_kept(
    world: &World,
    ids: &[InstanceId],
    what: &str,
    attribute: &str,
    keeps: fn(&Launch) -> bool,
) -> Result<(), Refusal> {
    let kept = |id: &&InstanceId| world.instance(id).is_some_and(|instance| keeps(&instance.launch));
    let Some(id) = ids.iter().find(kept) else { return Ok(()) };
    let message =
        format!("The instance '{id}' may not be {what}. Modify its '{attribute}' instance attribute and try again.");
    Err(Refusal::client("OperationNotPermitted", message))
}

pub(super) fn terminate(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let ids = named(world, query)?;
    refuse_kept(world, &ids, "terminated", "disableApiTermination", |launch| launch.disable_api_termination)?;
    // Source: EC2 User Guide, "Enable stop protection for your EC2 instances".
    refuse_kept(world, &ids, "terminated", "disableApiStop", |launch| launch.disable_api_stop)?;
    changed(world, &ids, xml, World::terminate)
}

pub(super) fn stop(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let ids = named(world, query)?;
    if query.flag("Hibernate")? {
        let message = "Hibernation is not configured for the instances.";
        return Err(Refusal::client("UnsupportedHibernationConfiguration", message));
    }
    check_states(world, &ids, &[InstanceState::Running, InstanceState::Stopping, InstanceState::Stopped], "stopped")?;
    refuse_kept(world, &ids, "stopped", "disableApiStop", |launch| launch.disable_api_stop)?;
    let concerned = |world: &World, id: &InstanceId| state(world, id) == Some(InstanceState::Running);
    ids.iter().filter(|id| concerned(world, id)).try_for_each(|id| world.may_stop(id))?;
    changed(world, &ids, xml, |world, id| if concerned(world, id) { world.stop(id) } else { Ok(()) })
}

pub(super) fn start(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let ids = named(world, query)?;
    check_states(world, &ids, &[InstanceState::Stopped, InstanceState::Pending, InstanceState::Running], "started")?;
    let concerned = |world: &World, id: &InstanceId| state(world, id) == Some(InstanceState::Stopped);
    ids.iter().filter(|id| concerned(world, id)).try_for_each(|id| world.may_start(id))?;
    changed(world, &ids, xml, |world, id| if concerned(world, id) { world.start_again(id) } else { Ok(()) })
}

/// The instances that are named, all of which have to be there.
fn named(world: &World, query: &Query) -> Result<Vec<InstanceId>, Refusal> {
    let ids: Vec<InstanceId> = query.required_ids("InstanceId")?;
    action::refuse_dry_run(query)?;
    describe::all_there(&instances::KIND, &ids, |id| world.known_instance(id).is_ok())?;
    Ok(ids)
}

fn state(world: &World, id: &InstanceId) -> Option<InstanceState> {
    world.instance(id).map(|instance| instance.state.clone())
}

fn check_states(world: &World, ids: &[InstanceId], good: &[InstanceState], what: &str) -> Result<(), Refusal> {
    let bad = |id: &&InstanceId| state(world, id).is_none_or(|state| !good.contains(&state));
    match ids.iter().find(bad) {
        None => Ok(()),
        Some(id) => Err(Refusal::client(
            "IncorrectInstanceState",
            format!("This instance '{id}' is not in a state from which it can be {what}."),
        )),
    }
}

/// Does something to each instance, and answers with their states before and after.
fn changed(
    world: &mut World,
    ids: &[InstanceId],
    xml: &mut Xml,
    mut act: impl FnMut(&mut World, &InstanceId) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let before: Vec<Option<InstanceState>> = ids.iter().map(|id| state(world, id)).collect();
    for id in ids {
        act(world, id)?;
    }
    xml.list("instancesSet", ids.iter().zip(before), |xml, (id, before)| {
        xml.text("instanceId", id);
        for (name, state) in [("currentState", state(world, id)), ("previousState", before)] {
            if let Some(state) = state {
                instances::state(xml, name, &state);
            }
        }
    });
    Ok(())
}
