//! The rules, one file each, and the order in which they speak.

mod attach;
mod fence;
mod holder;
mod keep;
mod names;
mod offers;
mod overtaken;
mod reboot;
mod seat;
mod warnings;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::case::Case;
use super::finding::MachinePlan;
use super::marks::{Mark, Marks, Part};
use seat::Seat;

/// Lets every rule speak of one machine.
pub(super) fn judge(mut case: Case<'_>) -> MachinePlan {
    let seat = seat::find(&mut case);
    let choices = match &seat {
        Seat::Eligible(instance) => attach::choices(&case, instance),
        Seat::Kept(_) | Seat::Nowhere => BTreeMap::new(),
    };
    offers::of_instance(&mut case, &seat, &choices);
    offers::of_holders(&mut case, &seat);
    case.speak_of(Part::Volumes);
    attach::judge(&mut case, &seat, &choices);
    case.speak_of(Part::Reboot);
    let rebooted = reboot::judge(&mut case, &seat);
    case.speak_of(Part::Name);
    let desired = names::desired(&mut case, &seat, rebooted);
    offers::of_names(&mut case, &desired);
    names::judge(&mut case, &desired);
    case.speak_of(Part::Volumes);
    keep::judge(&mut case);
    warnings::judge(&mut case);
    case.put_demanded_first();
    let ready = ready_reason(&case, &seat);
    let usual = usual_marks(&case, &seat, rebooted);
    case.conclude(ready, usual)
}

/// How far each part is if no rule says otherwise.
fn usual_marks(case: &Case<'_>, seat: &Seat<'_>, rebooted: bool) -> Marks {
    let done = |done| if done { Mark::Done } else { Mark::Open };
    let instance = match seat {
        Seat::Eligible(instance) | Seat::Kept(instance) => Some(*instance),
        Seat::Nowhere => None,
    };
    Marks {
        // Whatever is wrong with it was said.
        request: Mark::Done,
        instance: instance.map_or(Mark::Open, seat::running),
        volumes: done(instance.is_some_and(|instance| case.all_attached_to(&instance.id))),
        reboot: done(rebooted),
        name: done(rebooted),
    }
}

fn ready_reason(case: &Case<'_>, seat: &Seat<'_>) -> String {
    let (Seat::Eligible(instance) | Seat::Kept(instance)) = seat else {
        // Every other seat has a finding of its own.
        return String::new();
    };
    let volumes: Vec<String> = case
        .machine
        .volumes
        .iter()
        .filter_map(|wanted| {
            let attachment = case.volume(&wanted.id)?.attachment_to(&instance.id)?;
            Some(format!("{} on {} as {}", wanted.id, instance.id, attachment.device))
        })
        .collect();
    let published = match address_on_disk(case) {
        Some(address) => format!("; its names say {address}"),
        None => String::new(),
    };
    format!("already connected: {}{published}", volumes.join(", "))
}

/// The address that stands under the machine's names.
fn address_on_disk(case: &Case<'_>) -> Option<IpAddr> {
    let targets = &case.observation().names.entries;
    targets.values().find_map(|entries| entries.get(&case.machine.name)).map(|entry| entry.address)
}
