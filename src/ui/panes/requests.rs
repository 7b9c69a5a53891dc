//! One row a spot request.

use super::super::table::{Cell, Column, Rows, SortKey};
use super::{Sight, by_time, ids, maybe, plain, times, words};
use crate::config::Machine;
use crate::model::SpotRequestId;

/// The columns.
pub(crate) const COLUMNS: &[Column] = &[
    ids("REQUEST", "request", 0, 14),
    words("STATE", "state", 0, 8, 10),
    words("MACHINE", "machine", 1, 9, 24),
    words("STATUS", "status", 2, 12, 40),
    ids("INSTANCE", "instance", 3, 19),
    words("KIND", "kind", 6, 8, 10),
    words("INTERRUPTION", "interruption", 7, 9, 12),
    times("SINCE", "since", 4),
    times("EXPIRES", "expires", 5),
];

/// The rows, in the order of the machines.
pub(crate) struct Requests<'a>(pub(crate) Sight<'a>);

impl Rows for Requests<'_> {
    type Key = SpotRequestId;

    fn count(&self) -> usize {
        self.0.world.config().machines.len()
    }

    fn key(&self, place: usize) -> Option<&SpotRequestId> {
        self.0.world.machine(place).map(|machine| &machine.spot_request)
    }

    fn cells(&self, place: usize) -> Vec<Cell> {
        self.0.world.machine(place).map_or_else(Vec::new, |machine| row(self.0, machine))
    }

    fn sort_key(&self, place: usize, column: usize) -> SortKey {
        let seen = self.0.world.machine(place).and_then(|machine| self.0.world.request_of(machine));
        match COLUMNS.get(column).map(|column| column.key) {
            Some("since") => by_time(seen.and_then(|seen| seen.status_since)),
            Some("expires") => by_time(seen.and_then(|seen| seen.valid_until)),
            _ => SortKey::Cell,
        }
    }
}

fn row(sight: Sight<'_>, machine: &Machine) -> Vec<Cell> {
    let seen = sight.world.request_of(machine);
    let (since, until) = (seen.and_then(|seen| seen.status_since), seen.and_then(|seen| seen.valid_until));
    vec![
        plain(&machine.spot_request),
        maybe(seen.map(|seen| &seen.state)),
        plain(&machine.name),
        maybe(seen.map(|seen| &seen.status_code)),
        maybe(seen.and_then(|seen| seen.instance.as_ref())),
        maybe(seen.map(|seen| &seen.kind)),
        maybe(seen.map(|seen| &seen.interruption)),
        plain(&sight.times.tell(since)),
        plain(&sight.times.until(until)),
    ]
}
