//! Rule 3: the volume is held by an instance other than the machine's own.

use std::time::Duration;

use crate::model::{Attachment, AttachmentState, Instance, InstanceId, InstanceState, Volume};
use crate::plan::action::{Action, StepKind};
use crate::plan::case::Case;
use crate::plan::finding::{Finding, State};
use crate::plan::sight::Sight;

/// How long a holder that is on its way out is waited for before somebody is asked.
const PATIENCE: Duration = Duration::from_mins(5);

/// Who holds the volume.
enum Holder<'a> {
    /// Somebody that is on its way out, or on its way in: this passes.
    Leaving(String),
    /// A stopped instance: it holds the volume for as long as it exists.
    Stopped,
    /// An instance in a state that nobody has heard of.
    Odd(&'a Instance),
    /// Another instance that runs and means to.
    Stranger(&'a Instance),
    /// EC2 names no instance.
    Nameless,
}

/// What to do while `other` holds the volume that `instance` should have.
pub(super) fn judge(case: &mut Case<'_>, volume: &Volume, other: &Attachment, instance: &Instance) {
    let id = &volume.id;
    if is_letting_go(case, volume, other, instance) {
        return;
    }
    match (who(case, other), &other.instance) {
        (Holder::Leaving(how), Some(holder)) => wait(case, volume, holder, instance, &how),
        (Holder::Stopped, Some(holder)) => {
            let action = detachment(volume, holder);
            let why = format!("{holder} is stopped and would hold it for ever, and {} needs it", instance.id);
            case.propose(action, why, Some("taking a volume from another instance is always asked"));
        }
        (Holder::Odd(odd), Some(holder)) => {
            let words =
                format!("{id} is held by {holder}, which is {}: this program does not know that state", odd.state);
            case.skip(StepKind::Attach, words.clone());
            case.find(Finding::steady(State::Waiting, "unknown state", words));
        }
        // It is on its way: nothing is to be mended any more.
        (Holder::Stranger(_), Some(holder)) if case.demands(&detachment(volume, holder)) => {}
        (Holder::Stranger(stranger), Some(holder)) => {
            let words = match other.state {
                AttachmentState::Busy => format!(
                    "{id} is to be detached from {}, but is busy: it is mounted there still; unmount it there",
                    describe(stranger)
                ),
                _ => format!("{id} is held by {}; {}", describe(stranger), way_out(volume, holder)),
            };
            case.skip(StepKind::Attach, words.clone());
            case.find(Finding::steady(State::Blocked, "volume held", words));
        }
        (_, _) => {
            let words = format!("{id} is in use by something of AWS that names no instance: it is not touched");
            case.find(Finding::steady(State::Blocked, "volume held", words));
        }
    }
}

/// Somebody does already what would be asked for: that is waited for, but not for ever.
fn is_letting_go(case: &mut Case<'_>, volume: &Volume, other: &Attachment, instance: &Instance) -> bool {
    let (AttachmentState::Detaching, Some(holder)) = (&other.state, &other.instance) else { return false };
    if case.lasted(Sight::Detaching(volume.id.clone(), holder.clone())) >= PATIENCE {
        return false;
    }
    let words = format!("{} is being detached from {holder}; it is attached to {} afterwards", volume.id, instance.id);
    case.skip(StepKind::Attach, words.clone());
    case.find(Finding::moving(State::Waiting, "detaching", words));
    true
}

/// While the machine lives nowhere: who will stand in its way.
pub(super) fn warn_of_strangers(case: &mut Case<'_>, volume: &Volume) {
    let strangers: Vec<String> = volume
        .holders()
        .filter_map(|attachment| match (who(case, attachment), &attachment.instance) {
            (Holder::Stranger(stranger), Some(holder)) if Some(holder) != named(case) => {
                Some(format!("{} is held by {}; {}", volume.id, describe(stranger), way_out(volume, holder)))
            }
            _ => None,
        })
        .collect();
    for words in strangers {
        case.warn(words);
    }
}

/// Whether the machine's request has this instance, and not only had it: what it holds is where it belongs.
pub(super) fn is_home(case: &Case<'_>, holder: &InstanceId) -> bool {
    let is_over =
        |instance: &Instance| matches!(instance.state, InstanceState::ShuttingDown | InstanceState::Terminated);
    let has = case.request().is_some_and(|request| request.is_fulfilled_with(holder));
    has || named(case) == Some(holder) && !case.observation().instance(holder).is_some_and(is_over)
}

fn named<'a>(case: &Case<'a>) -> Option<&'a InstanceId> {
    case.request()?.instance.as_ref()
}

fn who<'a>(case: &Case<'a>, attachment: &Attachment) -> Holder<'a> {
    let Some(id) = &attachment.instance else { return Holder::Nameless };
    let Some(instance) = case.observation().instance(id) else {
        return Holder::Leaving("which EC2 does not show (any more)".to_owned());
    };
    match &instance.state {
        InstanceState::Stopped => Holder::Stopped,
        InstanceState::Running if case.owns(instance) => {
            Holder::Leaving("which is draining: EC2 takes it back within two minutes".to_owned())
        }
        InstanceState::Running => Holder::Stranger(instance),
        InstanceState::Unknown(_) => Holder::Odd(instance),
        state => Holder::Leaving(format!("which is {state}")),
    }
}

fn wait(case: &mut Case<'_>, volume: &Volume, holder: &InstanceId, instance: &Instance, how: &str) {
    let lasted = case.lasted(Sight::HeldBack(volume.id.clone(), holder.clone()));
    if lasted < PATIENCE {
        let words =
            format!("{} is still held by {holder}, {how}; it is attached to {} afterwards", volume.id, instance.id);
        case.skip(StepKind::Attach, words.clone());
        return case.find(Finding::moving(State::Waiting, "held back", words));
    }
    let why = format!("{holder} has held it for over five minutes, {how}, and {} needs it", instance.id);
    let action = detachment(volume, holder);
    case.propose(action, why, Some("taking a volume from another instance is always asked"));
}

fn detachment(volume: &Volume, holder: &InstanceId) -> Action {
    Action::Detach { volume: volume.id.clone(), instance: holder.clone() }
}

fn describe(stranger: &Instance) -> String {
    match &stranger.spot_request {
        Some(request) => format!("{}, which runs and belongs to {request}", stranger.id),
        None => format!("{}, which runs", stranger.id),
    }
}

fn way_out(volume: &Volume, holder: &InstanceId) -> String {
    format!("unmount it there, then: aws ec2 detach-volume --volume-id {} --instance-id {holder}", volume.id)
}
