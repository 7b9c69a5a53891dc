//! One row an instance: those that the requests name, and those that hold a volume.

use super::super::table::{Cell, Column, Rows, SortKey};
use super::{Sight, by_time, ids, maybe, plain, times, words};
use crate::model::{InstanceId, InstanceState};
use ratatui::style::Style;

/// The columns.
pub(crate) const COLUMNS: &[Column] = &[
    ids("INSTANCE", "instance", 0, 19),
    words("STATE", "state", 0, 9, 13),
    words("MACHINE", "machine", 1, 9, 24),
    words("TYPE", "type", 4, 8, 16),
    words("ZONE", "zone", 3, 10, 16),
    words("PUBLIC", "public", 2, 15, 39),
    words("PRIVATE", "private", 5, 15, 39),
    times("STARTED", "started", 3),
];

/// The rows, those of the first machine first, strangers last.
pub(crate) struct Instances<'a>(pub(crate) Sight<'a>);

impl Rows for Instances<'_> {
    type Key = InstanceId;

    fn count(&self) -> usize {
        self.0.world.instance_count()
    }

    fn key(&self, place: usize) -> Option<&InstanceId> {
        self.0.world.instance_at(place).map(|(_, id)| id)
    }

    fn cells(&self, place: usize) -> Vec<Cell> {
        self.0.world.instance_at(place).map_or_else(Vec::new, |(owner, id)| row(self.0, owner, id))
    }

    fn sort_key(&self, place: usize, column: usize) -> SortKey {
        let id = self.0.world.instance_at(place).map(|(_, id)| id);
        let seen = id.and_then(|id| self.0.world.seen()?.instance(id));
        match COLUMNS.get(column).map(|column| column.key) {
            Some("started") => by_time(seen.and_then(|seen| seen.launch_time)),
            _ => SortKey::Cell,
        }
    }
}

fn row(sight: Sight<'_>, owner: Option<usize>, id: &InstanceId) -> Vec<Cell> {
    let seen = sight.world.seen().and_then(|seen| seen.instance(id));
    let machine = owner.and_then(|owner| sight.world.machine(owner)).map(|machine| &machine.name);
    let started = seen.and_then(|seen| seen.launch_time);
    let state = seen.map(|seen| &seen.state);
    let style = match state {
        Some(InstanceState::Running) => sight.theme.good(),
        Some(InstanceState::Pending) => sight.theme.moving(),
        Some(InstanceState::Terminated | InstanceState::Stopped) => sight.theme.dim(),
        Some(InstanceState::ShuttingDown | InstanceState::Stopping) => sight.theme.asking(),
        _ => Style::new(),
    };
    vec![
        plain(id),
        Cell::new(state.map_or_else(|| "-".to_owned(), ToString::to_string), style),
        maybe(machine),
        maybe(seen.map(|seen| &seen.instance_type)),
        maybe(seen.map(|seen| &seen.availability_zone)),
        maybe(seen.and_then(|seen| seen.public_ip)),
        maybe(seen.and_then(|seen| seen.private_ip)),
        plain(&sight.times.tell(started)),
    ]
}
