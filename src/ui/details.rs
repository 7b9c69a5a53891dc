//! One thing in full, as lines: what the planner says of a machine and why, and what EC2 shows.

use jiff::Timestamp;

use super::subject::Subject;
use super::times::Times;
use super::world::World;
use crate::config::Machine;
use crate::model::{Attachment, Instance, SpotRequest, Volume};
use crate::plan::{Gate, Offer};
use crate::protocol::MachineView;

/// A line of details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A heading.
    Heading(String),
    /// A word and what it says.
    Pair(&'static str, String),
    /// Something that the operator should know.
    Warning(String),
}

/// Everything about a subject; nothing when it is not there any more.
pub(crate) fn of(world: &World, subject: &Subject, times: &Times) -> Vec<Entry> {
    let mut out = Vec::new();
    match subject {
        Subject::Machine(name) => {
            if let Some((machine, view)) = world.find(name) {
                plan(&mut out, machine, view, times);
                parts(&mut out, world, machine, times);
            }
        }
        Subject::Request(id) => {
            whose(&mut out, world, subject);
            match world.seen().and_then(|seen| seen.request(id)) {
                Some(seen) => request(&mut out, seen, times),
                None => out.push(Entry::Warning(format!("EC2 does not show {id}"))),
            }
        }
        Subject::Instance(id) => {
            whose(&mut out, world, subject);
            match world.seen().and_then(|seen| seen.instance(id)) {
                Some(seen) => instance(&mut out, seen, times),
                None => out.push(Entry::Warning(format!("EC2 does not show {id} any more"))),
            }
        }
        Subject::Volume(id) => {
            whose(&mut out, world, subject);
            home(&mut out, world, id, times);
        }
    }
    out
}

/// The reason and the next step of a machine, for the lines below the list.
pub(crate) fn summary(view: &MachineView) -> Vec<Entry> {
    let plan = &view.plan;
    let mut out = Vec::new();
    match plan.steps.first() {
        Some(step) => {
            out.push(Entry::Pair("next", format!("{}{}", step.action, gate_words(&step.gate))));
            out.push(Entry::Pair("why", step.why.clone()));
        }
        None => out.push(Entry::Pair("why", plan.finding.reason.clone())),
    }
    out.extend(plan.warnings.iter().cloned().map(Entry::Warning));
    out
}

fn gate_words(gate: &Gate) -> String {
    match gate {
        Gate::Open => String::new(),
        Gate::Ask(because) => format!(" (waits for your yes: {because})"),
        Gate::Closed(because) => format!(" (not done: {because})"),
    }
}

fn plan(out: &mut Vec<Entry>, machine: &Machine, view: &MachineView, times: &Times) {
    let plan = &view.plan;
    out.push(Entry::Pair("state", format!("{}, since {}", plan.finding.state, times.full(view.since))));
    out.push(Entry::Pair("why", plan.finding.reason.clone()));
    out.extend(plan.warnings.iter().cloned().map(Entry::Warning));
    if !plan.steps.is_empty() {
        out.push(Entry::Heading("Planned".to_owned()));
    }
    for numbered in view.steps() {
        let step = &numbered.step;
        out.push(Entry::Pair("step", format!("{}: {}{}", numbered.number, step.action, gate_words(&step.gate))));
        out.push(Entry::Pair("because", step.why.clone()));
    }
    if !plan.not_taken.is_empty() {
        out.push(Entry::Heading("Not done, and why not".to_owned()));
    }
    out.extend(plan.not_taken.iter().map(|not| Entry::Pair(kind_word(not.kind), not.why.clone())));
    out.push(Entry::Heading("What you may demand".to_owned()));
    out.extend(plan.offers.iter().map(|Offer { kind, action }| {
        let words = action.as_ref().map_or_else(|why| format!("no: {why}"), |action| format!("{action}"));
        Entry::Pair(kind_word(*kind), words)
    }));
    out.push(Entry::Heading("Configured".to_owned()));
    let names: Vec<&str> = machine.hostnames.iter().map(crate::model::HostName::as_str).collect();
    out.push(Entry::Pair("names", if names.is_empty() { "none".to_owned() } else { names.join(", ") }));
    for volume in &machine.volumes {
        out.push(Entry::Pair("volume", format!("{} as {}", volume.id, volume.device)));
    }
}

fn kind_word(kind: crate::plan::StepKind) -> &'static str {
    match kind {
        crate::plan::StepKind::Attach => "attach",
        crate::plan::StepKind::Detach => "detach",
        crate::plan::StepKind::Keep => "keep",
        crate::plan::StepKind::Reboot => "reboot",
        crate::plan::StepKind::Names => "names",
    }
}

fn parts(out: &mut Vec<Entry>, world: &World, machine: &Machine, times: &Times) {
    match world.request_of(machine) {
        Some(seen) => request(out, seen, times),
        None => out.push(Entry::Warning(format!("EC2 does not show {}", machine.spot_request))),
    }
    if let Some(seen) = world.instance_of(machine) {
        instance(out, seen, times);
    }
    for wanted in &machine.volumes {
        home(out, world, &wanted.id, times);
    }
    if let Some(seen) = world.seen() {
        for (target, entries) in &seen.names.entries {
            if let Some(entry) = entries.get(&machine.name) {
                out.push(Entry::Heading(format!("In {target}")));
                out.push(Entry::Pair("address", format!("{} of {}", entry.address, entry.instance)));
            }
        }
    }
}

fn whose(out: &mut Vec<Entry>, world: &World, subject: &Subject) {
    let owner = world.owner(subject).map_or_else(|| "of no machine".to_owned(), ToString::to_string);
    out.push(Entry::Pair("machine", owner));
}

fn time(times: &Times, then: Option<Timestamp>) -> String {
    then.map_or_else(|| "-".to_owned(), |then| times.full(then))
}

fn request(out: &mut Vec<Entry>, seen: &SpotRequest, times: &Times) {
    out.push(Entry::Heading(format!("Spot request {}", seen.id)));
    out.push(Entry::Pair("state", format!("{} ({})", seen.state, seen.status_code)));
    if !seen.status_message.is_empty() {
        out.push(Entry::Pair("EC2 says", seen.status_message.to_string()));
    }
    out.push(Entry::Pair("since", time(times, seen.status_since)));
    out.push(Entry::Pair("kind", format!("{}, {} at an interruption", seen.kind, seen.interruption)));
    out.push(Entry::Pair("instance", seen.instance.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)));
    out.push(Entry::Pair("until", time(times, seen.valid_until)));
}

fn instance(out: &mut Vec<Entry>, seen: &Instance, times: &Times) {
    let address = |ip: Option<std::net::IpAddr>| ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string());
    out.push(Entry::Heading(format!("Instance {}", seen.id)));
    let reason = if seen.state_reason.is_empty() { String::new() } else { format!(" ({})", seen.state_reason) };
    out.push(Entry::Pair("state", format!("{}{reason}", seen.state)));
    out.push(Entry::Pair("type", seen.instance_type.to_string()));
    out.push(Entry::Pair("zone", seen.availability_zone.to_string()));
    out.push(Entry::Pair("started", time(times, seen.launch_time)));
    out.push(Entry::Pair("public", address(seen.public_ip)));
    out.push(Entry::Pair("private", address(seen.private_ip)));
    for (device, volume) in &seen.block_devices {
        out.push(Entry::Pair("device", format!("{device} {volume}")));
    }
}

fn home(out: &mut Vec<Entry>, world: &World, id: &crate::model::VolumeId, times: &Times) {
    match world.volume(id) {
        Some(seen) => volume(out, seen, times),
        None => out.push(Entry::Warning(format!("EC2 does not show {id}"))),
    }
}

fn volume(out: &mut Vec<Entry>, seen: &Volume, times: &Times) {
    out.push(Entry::Heading(format!("Volume {}", seen.id)));
    out.push(Entry::Pair("state", seen.state.to_string()));
    out.push(Entry::Pair("zone", seen.availability_zone.to_string()));
    if seen.multi_attach {
        out.push(Entry::Warning("Multi-Attach is on".to_owned()));
    }
    for held in &seen.attachments {
        let Attachment { instance, device, state, attach_time, delete_on_termination } = held;
        let to = instance.as_ref().map_or_else(|| "something of AWS".to_owned(), ToString::to_string);
        out.push(Entry::Pair("held by", format!("{to} as {device}, {state} since {}", time(times, *attach_time))));
        if *delete_on_termination {
            out.push(Entry::Warning(format!("is deleted when {to} is terminated")));
        }
    }
}

/// The fields of a subject as the planner and EC2 have them.
pub(crate) fn raw(world: &World, subject: &Subject) -> Vec<String> {
    let nothing = || "nothing is shown of it".to_owned();
    let seen = world.seen();
    let text = match subject {
        Subject::Machine(name) => {
            world.find(name).map_or_else(nothing, |(machine, view)| format!("{machine:#?}\n{view:#?}"))
        }
        Subject::Request(id) => {
            seen.and_then(|seen| seen.request(id)).map_or_else(nothing, |seen| format!("{seen:#?}"))
        }
        Subject::Instance(id) => {
            seen.and_then(|seen| seen.instance(id)).map_or_else(nothing, |seen| format!("{seen:#?}"))
        }
        Subject::Volume(id) => seen.and_then(|seen| seen.volume(id)).map_or_else(nothing, |seen| format!("{seen:#?}")),
    };
    text.lines().map(str::to_owned).collect()
}
