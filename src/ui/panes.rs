//! The panes with rows: what each shows of the world.

pub(crate) mod instances;
pub(crate) mod machines;
pub(crate) mod requests;
pub(crate) mod volumes;

use ratatui::style::Style;

use super::filter::Filter;
use super::model::Lists;
use super::pane::Pane;
use super::table::{Align, Cell, Column, Lost, Shorten, SortKey, Width};
use super::theme::Theme;
use super::times::Times;
use super::world::World;
use jiff::Timestamp;

/// What cells are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    /// The world.
    pub(crate) world: &'a World,
    /// How it looks.
    pub(crate) theme: Theme,
    /// How times are told.
    pub(crate) times: &'a Times,
}

/// A column of words as long as they are, between two widths.
const fn words(title: &'static str, key: &'static str, priority: u8, min: u16, max: u16) -> Column {
    Column { title, key, width: Width::Content { min, max }, priority, align: Align::Left, shorten: Shorten::End }
}

/// A column of ids, which shorten in the middle.
const fn ids(title: &'static str, key: &'static str, priority: u8, max: u16) -> Column {
    Column {
        title,
        key,
        width: Width::Content { min: 10, max },
        priority,
        align: Align::Left,
        shorten: Shorten::Middle,
    }
}

/// A column of times, which are of no use when cut.
const fn times(title: &'static str, key: &'static str, priority: u8) -> Column {
    Column {
        title,
        key,
        width: Width::Content { min: 11, max: 11 },
        priority,
        align: Align::Right,
        shorten: Shorten::End,
    }
}

fn plain(text: &(impl ToString + ?Sized)) -> Cell {
    Cell::new(text.to_string(), Style::new())
}

/// A cell that may have nothing to show.
fn maybe(text: Option<impl ToString>) -> Cell {
    Cell::new(text.map_or_else(|| "-".to_owned(), |text| text.to_string()), Style::new())
}

/// Times sort by the time, not by its words.
fn by_time(time: Option<Timestamp>) -> SortKey {
    time.map_or(SortKey::Missing, |time| SortKey::Number(time.as_second()))
}

impl Lists {
    /// Takes the rows of a new world. Returns in words what the operator had selected in this pane, if it is not
    /// selected any more, and why; the other panes only follow. Over the log, the machines are what he selected.
    pub(crate) fn refresh(&mut self, focus: Pane, sight: Sight<'_>) -> Option<String> {
        let machines = self.machines.refresh(&machines::Machines(sight)).map(in_words);
        let requests = self.requests.refresh(&requests::Requests(sight)).map(in_words);
        let instances = self.instances.refresh(&instances::Instances(sight)).map(in_words);
        let volumes = self.volumes.refresh(&volumes::Volumes(sight)).map(in_words);
        match focus {
            Pane::Machines | Pane::Log => machines,
            Pane::Requests => requests,
            Pane::Instances => instances,
            Pane::Volumes => volumes,
        }
    }

    /// Filters a pane.
    pub(crate) fn set_filter(&mut self, pane: Pane, filter: Filter, height: usize, sight: Sight<'_>) {
        match pane {
            Pane::Machines => self.machines.set_filter(filter, height, &machines::Machines(sight)),
            Pane::Requests => self.requests.set_filter(filter, height, &requests::Requests(sight)),
            Pane::Instances => self.instances.set_filter(filter, height, &instances::Instances(sight)),
            Pane::Volumes => self.volumes.set_filter(filter, height, &volumes::Volumes(sight)),
            Pane::Log => {}
        }
    }

    /// Sorts a pane by a column, or by none.
    pub(crate) fn sort_by(&mut self, pane: Pane, column: Option<usize>, height: usize, sight: Sight<'_>) {
        match pane {
            Pane::Machines => self.machines.sort_by(column, height, &machines::Machines(sight)),
            Pane::Requests => self.requests.sort_by(column, height, &requests::Requests(sight)),
            Pane::Instances => self.instances.sort_by(column, height, &instances::Instances(sight)),
            Pane::Volumes => self.volumes.sort_by(column, height, &volumes::Volumes(sight)),
            Pane::Log => {}
        }
    }
}

fn in_words<K: std::fmt::Display>(lost: Lost<K>) -> String {
    match lost {
        Lost::Gone(key) => format!("{key} is not there any more: nothing is selected"),
        Lost::Hidden(key) => format!("the filter hides {key} now: nothing is selected"),
    }
}
