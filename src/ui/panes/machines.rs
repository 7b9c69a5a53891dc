//! One row a machine: in one second the operator sees which needs him.

use super::super::table::{Align, Cell, Column, Rows, Shorten, SortKey, Width};
use super::super::words::running;
use super::{Sight, by_time, ids, maybe, plain, times, words};
use crate::config::Machine;
use crate::model::{MachineName, age};
use crate::plan::{Finding, Marks, State};
use crate::protocol::MachineView;

/// The columns. The second holds five marks: request, instance, volumes, reboot, name.
pub(crate) const COLUMNS: &[Column] = &[
    Column {
        title: "MACHINE",
        key: "machine",
        width: Width::Content { min: 9, max: 24 },
        priority: 0,
        align: Align::Left,
        shorten: Shorten::End,
    },
    words("STATE", "state", 0, 14, 26),
    Column {
        title: "r i v b n",
        key: "marks",
        width: Width::Fixed(9),
        priority: 1,
        align: Align::Left,
        shorten: Shorten::End,
    },
    ids("INSTANCE", "instance", 2, 19),
    words("AZ", "zone", 4, 4, 16),
    words("TYPE", "type", 5, 8, 16),
    words("ADDRESS", "address", 3, 15, 39),
    times("SINCE", "since", 2),
];

/// The rows, in the order of the configuration.
pub(crate) struct Machines<'a>(pub(crate) Sight<'a>);

impl Rows for Machines<'_> {
    type Key = MachineName;

    fn count(&self) -> usize {
        self.0.world.config().machines.len()
    }

    fn key(&self, place: usize) -> Option<&MachineName> {
        self.0.world.machine(place).map(|machine| &machine.name)
    }

    fn cells(&self, place: usize) -> Vec<Cell> {
        self.0.world.machine(place).map_or_else(Vec::new, |machine| row(self.0, machine, self.0.world.view(place)))
    }

    fn sort_key(&self, place: usize, column: usize) -> SortKey {
        let view = self.0.world.view(place);
        match COLUMNS.get(column).map(|column| column.key) {
            // Without the sign of its state.
            Some("machine") => self.key(place).map_or(SortKey::Missing, |name| SortKey::Text(name.to_string())),
            // The most urgent last, so that one more key brings it to the top.
            Some("state") => view.map_or(SortKey::Missing, |view| SortKey::Number(urgency(view.plan.finding.state))),
            Some("since") => by_time(view.map(|view| view.since)),
            _ => SortKey::Cell,
        }
    }
}

fn row(sight: Sight<'_>, machine: &Machine, view: Option<&MachineView>) -> Vec<Cell> {
    let theme = sight.theme;
    let instance = sight.world.instance_of(machine);
    let state = view.map(|view| view.plan.finding.state);
    let symbol = state.map_or(" ", |state| theme.state_symbol(state));
    let style = state.map_or_else(|| theme.dim(), |state| theme.state(state));
    let since = view.map(|view| view.since);
    vec![
        Cell::new(format!("{symbol} {}", machine.name), style),
        Cell::new(view.map_or_else(|| "…".to_owned(), |view| state_words(sight, view)), style),
        Cell::new(view.map_or_else(String::new, |view| marks(sight, view.plan.marks)), style),
        maybe(instance.map(|instance| &instance.id)),
        plain(&zone(sight, machine)),
        maybe(instance.map(|instance| &instance.instance_type)),
        maybe(sight.world.address_of(machine)),
        plain(&sight.times.tell(since)),
    ]
}

/// The zone without the region, which the header has.
fn zone(sight: Sight<'_>, machine: &Machine) -> String {
    let zone = match sight.world.instance_of(machine) {
        Some(instance) => instance.availability_zone.as_str(),
        None => return "-".to_owned(),
    };
    let region = sight.world.snapshot().region.as_str();
    let short = zone.strip_prefix(region).filter(|rest| !rest.is_empty());
    short.map_or_else(|| zone.to_owned(), |letter| format!("{}{letter}", region_digit(region)))
}

/// The digit that ends a region's name, as people say `1a` for `us-east-1a`.
fn region_digit(region: &str) -> &str {
    region.rsplit('-').next().unwrap_or_default()
}

fn urgency(state: State) -> i64 {
    match state {
        State::Ready => 0,
        State::Waiting => 1,
        State::Working => 2,
        State::Blocked => 3,
        State::NeedsApproval => 4,
    }
}

/// The state in upper case with a word on what it is about, and the time of a step that runs.
fn state_words(sight: Sight<'_>, view: &MachineView) -> String {
    let Finding { state, brief, .. } = &view.plan.finding;
    let runs = sight.world.snapshot().in_flight.iter().find(|flight| flight.step.step.machine == view.plan.machine);
    if let Some(flight) = runs {
        let kind = flight.step.step.action.kind();
        return format!("{}: {kind}", running(age(sight.times.now, flight.began)));
    }
    match (state, brief.is_empty()) {
        (State::Ready, _) => "READY".to_owned(),
        (State::NeedsApproval, true) => "NEEDS APPROVAL".to_owned(),
        (State::NeedsApproval, false) => format!("APPROVE {}", brief.trim_end_matches('?')),
        (State::Blocked, true) => "BLOCKED".to_owned(),
        (State::Blocked, false) => format!("BLOCKED {brief}"),
        (State::Waiting, true) => "WAITING".to_owned(),
        (State::Working, true) => "WORKING".to_owned(),
        (State::Waiting | State::Working, false) => brief.to_uppercase(),
    }
}

fn marks(sight: Sight<'_>, marks: Marks) -> String {
    let Marks { request, instance, volumes, reboot, name } = marks;
    let symbols: Vec<&str> =
        [request, instance, volumes, reboot, name].map(|mark| sight.theme.mark_symbol(mark)).to_vec();
    symbols.join(" ")
}
