//! Where may the machine live? Rule 2: attach and reboot need an eligible instance.

use std::time::Duration;

use crate::model::{Instance, InstanceId, InstanceState, RequestState, SpotRequest, age};
use crate::plan::action::StepKind;
use crate::plan::case::Case;
use crate::plan::finding::{Finding, Motion, State};
use crate::plan::marks::{Mark, Part};

/// For how long after a change of status a request that is being evaluated is watched closely.
const EVALUATION: Duration = Duration::from_mins(2);

/// Where the machine may live at the moment.
pub(super) enum Seat<'a> {
    /// Its request is active and fulfilled with this present instance, in the volumes' zone.
    Eligible(&'a Instance),
    /// Its request was cancelled while this instance ran on: what it has it keeps, and nothing is done to it.
    Kept(&'a Instance),
    /// Nowhere; the finding says why.
    Nowhere,
}

pub(super) fn find<'a>(case: &mut Case<'a>) -> Seat<'a> {
    let seat = seek(case);
    if let Seat::Nowhere = seat {
        for kind in [StepKind::Attach, StepKind::Reboot] {
            case.skip(kind, "there is no eligible instance");
        }
    }
    seat
}

fn seek<'a>(case: &mut Case<'a>) -> Seat<'a> {
    let Some(request) = case.request() else {
        let id = &case.machine.spot_request;
        case.find(Finding::steady(
            State::Blocked,
            "no request",
            format!(
                "EC2 does not know {id} in this account and region: check id, region and profile \
                 (a request shows up to 30 s after it was made, and is forgotten some hours after its end)"
            ),
        ));
        return Seat::Nowhere;
    };
    match &request.state {
        RequestState::Active => active(case, request),
        RequestState::Open => open(case, request),
        RequestState::Disabled => disabled(case, request),
        RequestState::Cancelled => cancelled(case, request),
        RequestState::Closed | RequestState::Failed => nowhere(
            case,
            Finding::steady(
                State::Blocked,
                "request ended",
                format!(
                    "{}: it will not ask for capacity again; raise a new persistent request and configure its id",
                    status(request)
                ),
            ),
        ),
        RequestState::Unknown(_) => nowhere(
            case,
            Finding::steady(
                State::Waiting,
                "unknown state",
                format!("{}, which this program does not know: nothing is done", status(request)),
            ),
        ),
    }
}

fn nowhere<'a>(case: &mut Case<'a>, finding: Finding) -> Seat<'a> {
    case.find(finding);
    Seat::Nowhere
}

/// The status in EC2's own words.
fn status(request: &SpotRequest) -> String {
    let SpotRequest { id, state, status_code, status_message, .. } = request;
    if status_message.is_empty() {
        format!("{id} is {state} ({status_code})")
    } else {
        format!("{id} is {state} ({status_code}: {})", status_message.as_str().trim_end_matches('.'))
    }
}

fn active<'a>(case: &mut Case<'a>, request: &SpotRequest) -> Seat<'a> {
    let moving = |brief, words: String| Finding::moving(State::Waiting, brief, words);
    match request.status_code.as_str() {
        "fulfilled" => {}
        code if code.starts_with("marked-for-") => {
            let words = format!("{}: EC2 takes the instance back within two minutes", status(request));
            if let Some(id) = &request.instance
                && case.observation().instance(id).is_some_and(|instance| instance.state.is_present())
            {
                case.mark(Part::Instance, Mark::Moving);
                case.drains(id.clone());
            }
            return nowhere(case, moving("draining", words));
        }
        _ => {
            let words = format!("{}, which this program does not know: nothing is done", status(request));
            return nowhere(case, Finding::steady(State::Waiting, "unknown state", words));
        }
    }
    case.speak_of(Part::Instance);
    let Some(id) = &request.instance else {
        return nowhere(
            case,
            moving("starting", format!("{} is fulfilled, but does not name its instance yet", request.id)),
        );
    };
    let Some(instance) = case.observation().instance(id) else {
        return nowhere(
            case,
            moving("starting", format!("{} is fulfilled with {id}, which EC2 does not show yet", request.id)),
        );
    };
    if instance.state.has_left() {
        let words = format!("{} still names {id}, which is {}: EC2 will notice", request.id, instance.state);
        return nowhere(case, moving("gone", words));
    }
    if let InstanceState::Unknown(_) = instance.state {
        let words = format!("{id} is {}, a state that this program does not know: nothing is done", instance.state);
        return nowhere(case, Finding::steady(State::Waiting, "unknown state", words));
    }
    match wrong_zone(case, instance) {
        Some(words) => {
            case.mark(Part::Instance, running(instance));
            case.speak_of(Part::Volumes);
            nowhere(case, Finding::steady(State::Blocked, "wrong zone", words))
        }
        None => Seat::Eligible(instance),
    }
}

/// The mark of an instance that is present.
pub(super) fn running(instance: &Instance) -> Mark {
    if instance.state == InstanceState::Running { Mark::Done } else { Mark::Moving }
}

fn wrong_zone(case: &Case<'_>, instance: &Instance) -> Option<String> {
    let here = &instance.availability_zone;
    let volume =
        case.machine.volumes.iter().filter_map(|wanted| case.volume(&wanted.id)).find(|volume| {
            !here.is_empty() && !volume.availability_zone.is_empty() && volume.availability_zone != *here
        })?;
    let (home, request) = (&volume.availability_zone, &case.machine.spot_request);
    Some(format!(
        "{} is in {here} and {} in {home}: they can never be attached. Raise the spot request anew with a subnet \
         or placement in {home} and configure its id instead of {request}, or move the volume to {here} by a snapshot",
        instance.id, volume.id
    ))
}

fn open<'a>(case: &mut Case<'a>, request: &SpotRequest) -> Seat<'a> {
    if let Some(old) = draining(case, request) {
        let words = format!(
            "{old} is draining: EC2 takes it back within two minutes ({}); a replacement is asked for",
            request.status_code
        );
        case.mark(Part::Instance, Mark::Moving);
        case.drains(old);
        return nowhere(case, Finding::moving(State::Waiting, "draining", words));
    }
    let fresh = request.status_since.is_some_and(|since| age(case.inputs.now.wall, since) < EVALUATION);
    let soon = if fresh { Motion::Moving } else { Motion::Steady };
    let steady = Motion::Steady;
    let (state, motion, brief, words) = match request.status_code.as_str() {
        "pending-evaluation" => (State::Waiting, soon, "evaluating", "EC2 is looking for capacity"),
        "pending-fulfillment" => (State::Waiting, soon, "fulfilling", "EC2 is looking for capacity"),
        // The second is the first's name in older documents.
        "capacity-not-available" | "capacity-oversubscribed" => {
            (State::Waiting, steady, "no capacity", "there is no capacity at the moment")
        }
        "price-too-low" => (State::Waiting, steady, "price low", "its maximum price is below the spot price"),
        "not-scheduled-yet" => (State::Waiting, steady, "scheduled", "its time to start has not come"),
        "launch-group-constraint" | "az-group-constraint" | "placement-group-constraint" => {
            (State::Waiting, steady, "constraint", "a group constraint holds it back")
        }
        "constraint-not-fulfillable" => {
            (State::Blocked, steady, "constraint", "one of its constraints can never be met: raise a new request")
        }
        "limit-exceeded" => {
            (State::Blocked, steady, "quota", "a quota of the account is exhausted: ask AWS to raise it")
        }
        code if code.starts_with("instance-terminated-") || code == "spot-instance-terminated-by-user" => {
            (State::Waiting, soon, "instance gone", "its instance is gone; EC2 asks for another")
        }
        _ => (State::Waiting, steady, "unknown status", "this program does not know that status and only waits"),
    };
    // Waiting for capacity, EC2 goes on asking by itself.
    case.mark(Part::Request, Mark::Moving);
    nowhere(case, Finding { state, motion, brief, reason: format!("{}: {words}", status(request)) })
}

/// The instance that is still present although the request is open again.
fn draining(case: &Case<'_>, request: &SpotRequest) -> Option<InstanceId> {
    let named = request.instance.as_ref().and_then(|id| case.observation().instance(id));
    let holding =
        case.machine.volumes.iter().filter_map(|wanted| case.volume(&wanted.id)).flat_map(|volume| {
            volume.holders().filter_map(|held| case.observation().instance(held.instance.as_ref()?))
        });
    named
        .into_iter()
        .chain(holding.filter(|instance| case.owns(instance)))
        .find(|instance| instance.state.is_present())
        .map(|instance| instance.id.clone())
}

fn disabled<'a>(case: &mut Case<'a>, request: &SpotRequest) -> Seat<'a> {
    if let ("instance-stopped-by-user", Some(id)) = (request.status_code.as_str(), &request.instance) {
        let words = format!("{}: start it by aws ec2 start-instances --instance-ids {id}", status(request));
        return nowhere(case, Finding::steady(State::Waiting, "stopped", words));
    }
    // Waiting for capacity, EC2 goes on by itself.
    case.mark(Part::Request, Mark::Moving);
    let words = format!("{}: EC2 starts the same instance again when there is capacity", status(request));
    nowhere(case, Finding::steady(State::Waiting, "no capacity", words))
}

fn cancelled<'a>(case: &mut Case<'a>, request: &SpotRequest) -> Seat<'a> {
    let instance = request.instance.as_ref().and_then(|id| case.observation().instance(id));
    let Some(instance) = instance.filter(|instance| instance.state.is_present()) else {
        let words = format!("{}: raise a new persistent request and configure its id", status(request));
        return nowhere(case, Finding::steady(State::Blocked, "cancelled", words));
    };
    case.mark(Part::Request, Mark::Wrong);
    case.warn(format!(
        "{} is cancelled while {} runs on: when it goes, no replacement will come. Raise a new persistent request",
        request.id, instance.id
    ));
    if !case.all_attached_to(&instance.id) {
        let words = format!(
            "{}, and {} has not all of its volumes: nothing is attached to an instance whose request is cancelled",
            status(request),
            instance.id
        );
        case.speak_of(Part::Volumes);
        case.find(Finding::steady(State::Blocked, "cancelled", words));
    }
    Seat::Kept(instance)
}
