//! One row a configured volume.

use ratatui::style::Style;

use super::super::table::{Cell, Column, Rows, SortKey};
use super::{Sight, by_time, ids, maybe, plain, times, words};
use crate::model::{AttachmentState, VolumeId};

/// The columns.
pub(crate) const COLUMNS: &[Column] = &[
    ids("VOLUME", "volume", 0, 21),
    words("STATE", "state", 0, 9, 10),
    words("MACHINE", "machine", 1, 9, 24),
    words("ZONE", "zone", 5, 10, 16),
    words("ATTACHED", "attachment", 2, 9, 10),
    ids("TO", "instance", 2, 19),
    words("DEVICE", "device", 4, 8, 12),
    times("SINCE", "since", 3),
];

/// The rows, in the order of the machines.
pub(crate) struct Volumes<'a>(pub(crate) Sight<'a>);

impl Rows for Volumes<'_> {
    type Key = VolumeId;

    fn count(&self) -> usize {
        self.0.world.volume_count()
    }

    fn key(&self, place: usize) -> Option<&VolumeId> {
        self.0.world.volume_at(place).map(|(_, id)| id)
    }

    fn cells(&self, place: usize) -> Vec<Cell> {
        self.0.world.volume_at(place).map_or_else(Vec::new, |(owner, id)| row(self.0, owner, id))
    }

    fn sort_key(&self, place: usize, column: usize) -> SortKey {
        let held = self.0.world.volume_at(place).and_then(|(_, id)| self.0.world.holder(id));
        match COLUMNS.get(column).map(|column| column.key) {
            Some("since") => by_time(held.and_then(|held| held.attach_time)),
            _ => SortKey::Cell,
        }
    }
}

fn row(sight: Sight<'_>, owner: usize, id: &VolumeId) -> Vec<Cell> {
    let seen = sight.world.volume(id);
    let held = sight.world.holder(id);
    let since = held.and_then(|held| held.attach_time);
    let style = match held.map(|held| &held.state) {
        Some(AttachmentState::Attached) => sight.theme.good(),
        Some(AttachmentState::Attaching | AttachmentState::Detaching) => sight.theme.moving(),
        Some(AttachmentState::Busy) => sight.theme.asking(),
        _ => Style::new(),
    };
    let configured = sight.world.home(id).map(|(_, volume)| &volume.device);
    vec![
        plain(id),
        maybe(seen.map(|seen| &seen.state)),
        maybe(sight.world.machine(owner).map(|machine| &machine.name)),
        maybe(seen.map(|seen| &seen.availability_zone)),
        Cell::new(held.map_or_else(|| "-".to_owned(), |held| held.state.to_string()), style),
        maybe(held.and_then(|held| held.instance.as_ref())),
        maybe(held.map(|held| held.device.to_string()).or_else(|| configured.map(ToString::to_string))),
        plain(&sight.times.tell(since)),
    ]
}
