//! Rule 8: the name points to the machine, and never to a stranger.

use std::time::Duration;

use super::seat::Seat;
use crate::config::AddressKind;
use crate::model::{Instance, NameEntry, NameTarget, Text};
use crate::plan::action::{Action, StepKind};
use crate::plan::case::Case;
use crate::plan::finding::{Finding, State};
use crate::plan::marks::{Mark, Part};
use crate::plan::sight::Sight;

/// How long an instance has to be missing from every complete look before its name is withdrawn.
const ABSENT_FOR: Duration = Duration::from_secs(30);

/// What rule 8 would have in each managed file.
pub(super) struct Desired {
    pub(super) targets: Vec<(NameTarget, Wanted)>,
    /// Why there is nothing to publish, when there is not.
    pub(super) nothing: Option<String>,
}

/// What should stand in one file.
pub(super) enum Wanted {
    /// The file cannot be used.
    Unusable,
    /// Nothing, as the machine has no host names any more.
    Nameless,
    /// This entry.
    Entry(NameEntry),
    /// Nothing that could be wrong.
    Nothing,
}

/// What should stand in the managed files.
pub(super) fn desired(case: &mut Case<'_>, seat: &Seat<'_>, rebooted: bool) -> Desired {
    let targets = targets(case);
    if targets.is_empty() {
        let nothing = Some("neither the hosts file nor the ssh configuration is managed".to_owned());
        return Desired { targets: Vec::new(), nothing };
    }
    let entry = match seat {
        Seat::Eligible(instance) | Seat::Kept(instance) if rebooted => published(case, instance),
        _ => Err("a name is published when all volumes are attached and no reboot is owed".to_owned()),
    };
    let wanted = |target| {
        let is_nameless = target == NameTarget::Hosts && case.machine.hostnames.is_empty();
        let problems = &case.observation().names.problems;
        match &entry {
            _ if problems.iter().any(|problem| problem.unusable && problem.target == target) => Wanted::Unusable,
            _ if is_nameless => Wanted::Nameless,
            Ok(entry) => Wanted::Entry(for_file(entry, target)),
            Err(_) => Wanted::Nothing,
        }
    };
    let targets = targets.into_iter().map(|target| (target, wanted(target))).collect();
    Desired { targets, nothing: entry.err() }
}

pub(super) fn judge(case: &mut Case<'_>, desired: &Desired) {
    if let Some(words) = &desired.nothing {
        case.skip(StepKind::Names, words.clone());
    }
    for (target, wanted) in &desired.targets {
        match wanted {
            Wanted::Unusable => {
                case.mark(Part::Name, Mark::Wrong);
                case.skip(StepKind::Names, format!("{target} cannot be used"));
            }
            Wanted::Nameless => withdraw_nameless(case, *target),
            Wanted::Entry(entry) => publish(case, *target, entry),
            Wanted::Nothing => withdraw(case, *target),
        }
    }
}

/// The files that this machine has an entry in: a machine without host names has none in the hosts file.
fn targets(case: &Case<'_>) -> Vec<NameTarget> {
    let config = case.inputs.config;
    // Of a time when it had host names, something may still stand there.
    let stands = case.observation().names.entry(NameTarget::Hosts, &case.machine.name).is_some();
    let hosts = config.hosts.enabled && (stands || !case.machine.hostnames.is_empty());
    let mut targets = Vec::new();
    targets.extend(hosts.then_some(NameTarget::Hosts));
    targets.extend(config.ssh.enabled.then_some(NameTarget::Ssh));
    targets
}

/// The entry for the machine at home on this instance, or why there is none; then a finding says so too.
fn published(case: &mut Case<'_>, instance: &Instance) -> Result<NameEntry, String> {
    let Some(address) = case.machine.address.of(instance) else {
        let words = match case.machine.address {
            AddressKind::Public => {
                format!(
                    "{} has no public address: if its subnet gives none, configure address = \"private\"",
                    instance.id
                )
            }
            AddressKind::Private => format!("{} has no private address", instance.id),
        };
        case.find(Finding::steady(State::Waiting, "no address", words.clone()));
        return Err(words);
    };
    let (instance, hostnames) = (instance.id.clone(), case.machine.hostnames.clone());
    Ok(NameEntry { instance, address, hostnames, ssh_user: case.machine.ssh_user.as_deref().map(Text::new) })
}

/// The entry as it stands in one file: the hosts file has no login names.
fn for_file(entry: &NameEntry, target: NameTarget) -> NameEntry {
    let ssh_user = entry.ssh_user.clone().filter(|_| target == NameTarget::Ssh);
    NameEntry { ssh_user, ..entry.clone() }
}

/// The step that makes the file have the entry, or why none is needed.
pub(super) fn publication(case: &Case<'_>, target: NameTarget, entry: &NameEntry) -> Result<Action, String> {
    if case.observation().names.entry(target, &case.machine.name) == Some(entry) {
        return Err(format!("{target} has {} already", entry.address));
    }
    let NameEntry { instance, address, hostnames, ssh_user } = entry.clone();
    Ok(Action::Publish { target, instance, address, hostnames, ssh_user })
}

fn publish(case: &mut Case<'_>, target: NameTarget, entry: &NameEntry) {
    let action = match publication(case, target, entry) {
        Ok(action) => action,
        Err(words) => return case.skip(StepKind::Names, words),
    };
    let why = match case.observation().names.entry(target, &case.machine.name) {
        Some(old) if old.address != entry.address => format!("it still says {}, of {}", old.address, old.instance),
        Some(_) => "the entry there is out of date".to_owned(),
        None => "the machine is up, and has no entry there".to_owned(),
    };
    case.propose(action, why, None);
}

/// The machine had host names once, and has none any more.
fn withdraw_nameless(case: &mut Case<'_>, target: NameTarget) {
    if let Some(entry) = case.observation().names.entry(target, &case.machine.name) {
        let action = Action::Withdraw { target, instance: entry.instance.clone() };
        case.propose(action, "the configuration has no host names for it any more", None);
    }
}

fn withdraw(case: &mut Case<'_>, target: NameTarget) {
    let Some(entry) = case.observation().names.entry(target, &case.machine.name) else { return };
    let why = match case.observation().instance(&entry.instance) {
        Some(instance) if instance.state.has_left() => {
            format!("{} is {}: its address may soon be a stranger's", instance.id, instance.state)
        }
        Some(instance) if instance.state.is_present() && case.machine.address.of(instance) != Some(entry.address) => {
            format!("{} does not have the address {} any more", instance.id, entry.address)
        }
        Some(instance) => {
            return case.skip(StepKind::Names, format!("the name stays while {} is {}", instance.id, instance.state));
        }
        None => {
            let absent = case.lasted(Sight::Absent(entry.instance.clone()));
            if absent < ABSENT_FOR {
                let words =
                    format!("EC2 does not list {}; its name is withdrawn if that lasts for 30 seconds", entry.instance);
                case.skip(StepKind::Names, words.clone());
                return case.find(Finding::moving(State::Waiting, "instance gone", words));
            }
            format!("EC2 has not listed {} for over 30 seconds", entry.instance)
        }
    };
    case.propose(Action::Withdraw { target, instance: entry.instance.clone() }, why, None);
}
