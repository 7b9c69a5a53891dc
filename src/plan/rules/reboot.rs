//! Rules 6, 7 and 9: the reboot is a debt, paid once.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::attach;
use super::fence::{self, Others};
use super::overtaken;
use super::seat::Seat;
use crate::config::RebootRule;
use crate::model::{Instance, InstanceState, InterruptionBehavior, Keeper, VolumeId, age};
use crate::plan::action::{Action, StepKind};
use crate::plan::case::Case;
use crate::plan::fact::{Fact, Payment};
use crate::plan::finding::{Finding, State};
use crate::plan::memory::Debt;
use crate::plan::sight::Sight;
use crate::plan::span;
use crate::plan::words::rough;

/// A debt is paid unasked only this long after the attachment.
const UNASKED_WITHIN: Duration = Duration::from_mins(10);

/// After two lost reboots a yes that was given in advance does not count for this long: in cron, with nobody there,
/// it would mean a reboot a minute for as long as answers are lost.
const NO_MORE_WITHIN: Duration = Duration::from_mins(10);

/// How far ahead of us a date of our own may lie before the clock must have been set back.
const SET_BACK: Duration = Duration::from_mins(1);

/// A reboot whose fate was lost is asked for once more only this long after the first.
const AGAIN_WITHIN: Duration = Duration::from_mins(2);

/// Why a reboot is asked for where it may have happened.
const UNSEEN: &str = "EC2 cannot say whether it was rebooted";

/// An attachment that nobody here made and that is older than this is taken as connected, as in the script.
const CONNECTED_AFTER: Duration = Duration::from_mins(15);

/// When each volume of the machine began to attach, as far as EC2 says.
type AttachTimes = BTreeMap<VolumeId, Option<Timestamp>>;

/// Judges the reboot. Returns whether none is owed, so that the name may be published.
pub(super) fn judge(case: &mut Case<'_>, seat: &Seat<'_>) -> bool {
    let overtaken = overtaken::doubt(case);
    let instance = match seat {
        Seat::Eligible(instance) if instance.state == InstanceState::Running => *instance,
        Seat::Kept(instance) => return kept(case, instance),
        _ => return false,
    };
    if !case.all_attached_to(&instance.id) {
        case.skip(StepKind::Reboot, "not all of the machine's volumes are attached yet");
        return false;
    }
    if case.machine.reboot == RebootRule::Never {
        case.skip(StepKind::Reboot, "the configuration says reboot = \"never\"");
        return true;
    }
    let times = attach_times(case, instance);
    record(case, instance, &times);
    if let Some(words) = overtaken {
        return propose(case, instance, words, Some(UNSEEN));
    }
    let debt = case.memory.debt(&instance.id);
    let found = young_strangers(case, debt, instance, &times);
    let open = debt.filter(|debt| debt.is_open());
    if open.is_some() || !found.is_empty() {
        // The delay passes while others are waited for.
        case.lasted(Sight::AllAttached(case.machine.name.clone(), instance.id.clone()));
        match fence::others(case, instance, last(&times)) {
            Others::Done(keeper) => return paid_elsewhere(case, instance, open, keeper),
            Others::Act(words) => {
                case.skip(StepKind::Reboot, words.clone());
                case.find(Finding::moving(State::Working, "other reboots", words));
                return false;
            }
            Others::Lost(words) => {
                return propose(case, instance, words, Some(UNSEEN));
            }
            Others::Left(words) if open.is_none() && since_attached(case, &times) < UNASKED_WITHIN => {
                take_over(case, instance, &found);
                return after_delay(case, instance, words);
            }
            Others::Left(_) | Others::Silent => {}
        }
    }
    note_found(case, instance, &found);
    match open {
        Some(_) if booted_since(case, instance, &times) => {
            case.note(Fact::DebtPaid { instance: instance.id.clone(), payment: Payment::StartedSince });
            case.skip(StepKind::Reboot, format!("{} was started after the attachment: it booted with it", instance.id));
            true
        }
        Some(debt) => owed(case, instance, debt, &times, debt.doubtful || !found.is_empty()),
        None if !found.is_empty() => doubtful(case, instance, &times),
        None => {
            case.skip(StepKind::Reboot, paid_words(case, debt, &times));
            true
        }
    }
}

/// What somebody else attached is remembered, so that it stays in doubt.
fn note_found(case: &mut Case<'_>, instance: &Instance, found: &[(VolumeId, Timestamp)]) {
    for (volume, attach_time) in found {
        let (volume, instance) = (volume.clone(), instance.id.clone());
        case.note(Fact::AttachmentFound { volume, instance, attach_time: *attach_time });
    }
}

/// What another computer owes and does not pay is owed here.
fn take_over(case: &mut Case<'_>, instance: &Instance, found: &[(VolumeId, Timestamp)]) {
    for (volume, attach_time) in found {
        let (volume, instance) = (volume.clone(), instance.id.clone());
        case.note(Fact::DebtTakenOver { volume, instance, attach_time: *attach_time });
    }
}

/// Another computer rebooted it.
fn paid_elsewhere(case: &mut Case<'_>, instance: &Instance, open: Option<&Debt>, keeper: &Keeper) -> bool {
    if open.is_some() {
        case.note(Fact::DebtPaid { instance: instance.id.clone(), payment: Payment::Elsewhere });
    }
    case.skip(StepKind::Reboot, format!("{keeper} rebooted {} after the attachment", instance.id));
    true
}

/// An instance whose request was cancelled is not rebooted; what it owes is told.
fn kept(case: &mut Case<'_>, instance: &Instance) -> bool {
    case.skip(StepKind::Reboot, "the spot request is cancelled");
    if !case.all_attached_to(&instance.id) {
        return false;
    }
    let debt = case.memory.debt(&instance.id);
    let found = young_strangers(case, debt, instance, &attach_times(case, instance));
    note_found(case, instance, &found);
    let open = debt.filter(|debt| debt.is_open());
    let owes = (open.is_some() || !found.is_empty()) && case.machine.reboot != RebootRule::Never;
    if owes {
        let in_doubt = !found.is_empty() || open.is_some_and(|debt| debt.doubtful || debt.overtaken);
        let words = format!(
            "{} has its volumes, but {} not rebooted since, and its request is cancelled: reboot it by hand if it hangs",
            instance.id,
            if in_doubt { "perhaps was" } else { "was" }
        );
        case.find(Finding::steady(State::Blocked, "cancelled", words));
    }
    !owes
}

fn attach_times(case: &Case<'_>, instance: &Instance) -> AttachTimes {
    let time = |id: &VolumeId| case.volume(id)?.attachment_to(&instance.id)?.attach_time;
    case.machine.volumes.iter().map(|wanted| (wanted.id.clone(), time(&wanted.id))).collect()
}

/// Notes the attach times of our own attachments when EC2 first shows them.
fn record(case: &mut Case<'_>, instance: &Instance, times: &AttachTimes) {
    let Some(debt) = case.memory.debt(&instance.id) else { return };
    for (volume, known) in &debt.volumes {
        if let (None, Some(Some(attach_time))) = (known, times.get(volume)) {
            let (volume, instance) = (volume.clone(), instance.id.clone());
            case.note(Fact::AttachSeen { volume, instance, attach_time: *attach_time });
        }
    }
}

/// The attachments that are not ours by the journal, and so young that perhaps nobody rebooted since.
fn young_strangers(
    case: &Case<'_>,
    debt: Option<&Debt>,
    instance: &Instance,
    times: &AttachTimes,
) -> Vec<(VolumeId, Timestamp)> {
    let known = |volume: &VolumeId, time: Timestamp| match debt.and_then(|debt| debt.attachment_of(volume)) {
        Some(None) => true,
        Some(Some(recorded)) => recorded == time,
        None => false,
    };
    let young = |time: Timestamp| age(case.inputs.now.wall, time) < CONNECTED_AFTER;
    times
        .iter()
        .filter_map(|(volume, time)| Some((volume, (*time)?)))
        .filter(|(volume, time)| !known(volume, *time) && young(*time))
        .filter(|(_, time)| instance.launch_time.is_none_or(|launch| launch <= *time) || !starts_by_boot(case))
        .map(|(volume, time)| (volume.clone(), time))
        .collect()
}

/// Whether the instance was started, by a boot, after the last attachment. Both times are EC2's, in whole seconds.
fn booted_since(case: &Case<'_>, instance: &Instance, times: &AttachTimes) -> bool {
    let after = |launch: Timestamp| times.values().all(|time| time.is_some_and(|time| launch > time));
    starts_by_boot(case) && instance.launch_time.is_some_and(after)
}

/// Whether a start is a boot: what was hibernated goes on where it was, be it in a boot that hangs.
fn starts_by_boot(case: &Case<'_>) -> bool {
    case.request().is_some_and(|request| request.interruption != InterruptionBehavior::Hibernate)
}

fn paid_words(case: &Case<'_>, debt: Option<&Debt>, times: &AttachTimes) -> String {
    let last = last(times);
    let paid = debt.and_then(|debt| debt.paid).filter(|paid| last.is_none_or(|last| last <= *paid));
    match paid {
        Some(paid) => format!("it was rebooted already, at {}", paid.strftime("%Y-%m-%d %H:%M:%SZ")),
        None => format!(
            "{} attached longer ago than {}: taken as connected already",
            if case.machine.volumes.len() == 1 { "its volume was" } else { "its volumes were" },
            span(CONNECTED_AFTER)
        ),
    }
}

fn propose(case: &mut Case<'_>, instance: &Instance, why: impl Into<String>, doubt: Option<&str>) -> bool {
    if let Some(action) = action(case, instance) {
        case.propose(action, why, doubt);
    }
    false
}

/// The reboot, unless a volume is unfit.
fn action(case: &mut Case<'_>, instance: &Instance) -> Option<Action> {
    possible(case, instance).map_err(|words| case.skip(StepKind::Reboot, words)).ok()
}

/// The reboot with all volumes attached, or why it cannot be.
pub(super) fn possible(case: &Case<'_>, instance: &Instance) -> Result<Action, String> {
    let wanted = &case.machine.volumes;
    if let Some(words) = wanted.iter().find_map(|wanted| attach::unfit(case.volume(&wanted.id)?)) {
        return Err(words);
    }
    let volumes = wanted.iter().map(|volume| volume.id.clone()).collect();
    Ok(Action::Reboot { instance: instance.id.clone(), volumes })
}

/// When the last volume was attached, by EC2's clock.
fn last(times: &AttachTimes) -> Option<Timestamp> {
    times.values().copied().max().flatten()
}

/// How long ago the last volume was attached, by EC2's date and our clock.
fn since_attached(case: &Case<'_>, times: &AttachTimes) -> Duration {
    last(times).map_or(Duration::ZERO, |last| age(case.inputs.now.wall, last))
}

fn doubtful(case: &mut Case<'_>, instance: &Instance, times: &AttachTimes) -> bool {
    let ago = rough(since_attached(case, times));
    let why = format!("attached {ago} ago, but not by this program: perhaps {} hangs without its home", instance.id);
    propose(case, instance, why, Some("EC2 cannot say whether it was rebooted since"))
}

fn owed(case: &mut Case<'_>, instance: &Instance, debt: &Debt, times: &AttachTimes, in_doubt: bool) -> bool {
    let now = case.inputs.now.wall;
    // Our own date, by our own clock: EC2's clock may be another.
    let attached = age(now, debt.since);
    if let Some(first) = debt.lost_sends().next() {
        return lost(case, instance, debt, first.at, in_doubt);
    }
    if in_doubt {
        return doubtful(case, instance, times);
    }
    if attached >= UNASKED_WITHIN || age(debt.since, now) > SET_BACK {
        let why = match age(debt.since, now) {
            Duration::ZERO => format!("attached {} ago", rough(attached)),
            _ => "attached before the clock was set back".to_owned(),
        };
        return propose(case, instance, why, Some("EC2 cannot say whether it was rebooted since"));
    }
    after_delay(case, instance, "its volumes are attached, and it has to boot with them")
}

/// Proposes the reboot unasked, when the machine's delay has passed since all of its volumes were seen attached.
fn after_delay(case: &mut Case<'_>, instance: &Instance, why: impl Into<String>) -> bool {
    let seen = case.lasted(Sight::AllAttached(case.machine.name.clone(), instance.id.clone()));
    let delay = case.machine.reboot_delay;
    if seen < delay {
        let words = format!(
            "{} has its volumes; its reboot follows {} after the last was attached, because a guest too early in its \
             boot does not hear it",
            instance.id,
            span(delay)
        );
        case.skip(StepKind::Reboot, words.clone());
        case.find(Finding::moving(State::Working, "reboots soon", words));
        return false;
    }
    propose(case, instance, why, None)
}

/// What became of a reboot was lost: it is asked for once more soon after, and after that people decide.
fn lost(case: &mut Case<'_>, instance: &Instance, debt: &Debt, first: Timestamp, in_doubt: bool) -> bool {
    let now = case.inputs.now.wall;
    let why = format!("a reboot was asked for at {}, and what became of it was lost", first.strftime("%H:%M:%SZ"));
    let sends: Vec<Timestamp> = debt.lost_sends().map(|send| send.at).collect();
    let is_recent = |at: &Timestamp| age(now, *at) < NO_MORE_WITHIN;
    if sends.len() >= 2 && sends.last().is_some_and(is_recent) {
        if let Some(action) = action(case, instance) {
            case.propose_anew(action, why, UNSEEN);
        }
        return false;
    }
    let soon = age(now, first) < AGAIN_WITHIN && age(now, debt.since) < UNASKED_WITHIN;
    // What the operator asked for without a debt is not asked for again without him.
    let is_owed = !debt.volumes.is_empty();
    let again = sends.len() == 1 && soon && is_owed && !in_doubt;
    propose(case, instance, why, (!again).then_some(UNSEEN))
}
