//! The state of the screen: a fold of messages. It is plain data; nothing here waits or draws.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::Size;

use super::burst::Burst;
use super::filter::Filter;
use super::freshness::{self, Freshness};
use super::keys::Keys;
use super::log::LogView;
use super::overlay::Overlay;
use super::pane::Pane;
use super::panes::{Sight, instances, machines, requests, volumes};
use super::subject::Subject;
use super::table::{Column, List};
use super::theme::Theme;
use super::times::{Moment, Times};
use super::world::{Estate, World};
use crate::config::Config;
use crate::model::{InstanceId, MachineName, SpotRequestId, VolumeId};
use crate::protocol::{Changes, Snapshot, StepNumber, Weight};

/// For how long a toast is shown.
const TOAST: Duration = Duration::from_secs(5);

/// What does not change during a session.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The configuration.
    pub(crate) config: Arc<Config>,
    /// The AWS profile, as far as one was named.
    pub(crate) profile: Option<String>,
    /// Where clock times hold.
    pub(crate) zone: TimeZone,
    /// Whether the world is the demonstration's.
    pub(crate) is_demo: bool,
}

/// Whether there is an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not yet.
    Connecting,
    /// It runs.
    Up,
    /// It cannot be, or is no more: why.
    Down(String),
}

/// One line about something that just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// The line.
    pub(crate) text: String,
    /// How much it matters.
    pub(crate) weight: Weight,
    /// Until when it is shown, by the real clock.
    pub(crate) until: Duration,
}

/// The lists of the panes, each with its own selection, order and filter.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) machines: List<MachineName>,
    pub(crate) requests: List<SpotRequestId>,
    pub(crate) instances: List<InstanceId>,
    pub(crate) volumes: List<VolumeId>,
}

/// The whole state of the screen.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own under the operator's hand")]
pub(crate) struct Model {
    pub(crate) facts: Facts,
    pub(crate) estate: Arc<Estate>,
    pub(crate) keys: Keys,
    pub(crate) theme: Theme,
    pub(crate) size: Size,
    pub(crate) now: Moment,
    pub(crate) link: Link,
    /// Why this session only watches, if it does.
    pub(crate) watching: Option<String>,
    /// What the operator was called for already.
    pub(crate) changes: Changes,
    /// The newest snapshot.
    pub(crate) latest: Option<Arc<Snapshot>>,
    /// What is shown: the newest snapshot, or the one that was frozen.
    pub(crate) world: Option<World>,
    pub(crate) frozen: bool,
    /// When the engine's loop last turned, and when that was heard of.
    pub(crate) pulse: Option<Pulse>,
    pub(crate) pane: Pane,
    pub(crate) zoomed: bool,
    pub(crate) lists: Lists,
    pub(crate) log: LogView,
    pub(crate) relative_times: bool,
    pub(crate) mouse: bool,
    pub(crate) overlays: Vec<Overlay>,
    pub(crate) toast: Option<Toast>,
    pub(crate) burst: Burst,
    /// Since when each step that waits for a yes has been on screen, by the real clock.
    pub(crate) on_screen: BTreeMap<StepNumber, Duration>,
    /// Whether somebody asked to leave, so that the next asking forces it.
    pub(crate) leaving: bool,
    /// When ages were last told, by the clock of world and engine.
    pub(crate) ages_told: Duration,
}

/// The engine's last sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// By the clock of world and engine.
    pub(crate) at: Duration,
}

impl Model {
    /// The state of a screen that has just come up, before anything is known.
    pub(crate) fn new(facts: Facts, keys: Keys, theme: Theme, size: Size, now: Moment) -> Self {
        let estate = Arc::new(Estate::new(Arc::clone(&facts.config)));
        Self {
            facts,
            estate,
            keys,
            theme,
            size,
            now,
            link: Link::Connecting,
            watching: None,
            changes: Changes::default(),
            latest: None,
            world: None,
            frozen: false,
            pulse: None,
            pane: Pane::Machines,
            zoomed: false,
            lists: Lists::default(),
            log: LogView::default(),
            relative_times: true,
            mouse: false,
            overlays: Vec::new(),
            toast: None,
            burst: Burst::default(),
            on_screen: BTreeMap::new(),
            leaving: false,
            ages_told: Duration::ZERO,
        }
    }

    /// How times are told now. What is frozen keeps the time at which it was.
    pub(crate) fn times(&self) -> Times {
        Times { now: self.now.clock.wall, relative: self.relative_times, zone: self.facts.zone.clone() }
    }

    /// What cells are made of, once there is a world; with the lists that show it.
    pub(crate) fn with_sight<T>(&mut self, use_it: impl FnOnce(&mut Lists, Sight<'_>) -> T) -> Option<T> {
        let times = self.times();
        let sight = Sight { world: self.world.as_ref()?, theme: self.theme, times: &times };
        Some(use_it(&mut self.lists, sight))
    }

    /// How fresh is what is shown.
    pub(crate) fn freshness(&self) -> Freshness {
        freshness::judge(self)
    }

    /// Says something for a few seconds.
    pub(crate) fn say(&mut self, text: impl Into<String>, weight: Weight) {
        self.toast = Some(Toast { text: text.into(), weight, until: self.now.real + TOAST });
    }

    /// Whether nothing is begun at the moment, as far as is known.
    pub(crate) fn is_paused(&self) -> bool {
        self.latest.as_ref().is_some_and(|snapshot| snapshot.paused.is_some())
    }

    /// The newest snapshot's mode, if there is one.
    pub(crate) fn mode(&self) -> Option<crate::config::Mode> {
        self.latest.as_ref().map(|snapshot| snapshot.mode)
    }

    /// The selected row of the pane with the focus.
    pub(crate) fn subject(&self) -> Option<Subject> {
        match self.pane {
            Pane::Machines | Pane::Log => self.lists.machines.selected().cloned().map(Subject::Machine),
            Pane::Requests => self.lists.requests.selected().cloned().map(Subject::Request),
            Pane::Instances => self.lists.instances.selected().cloned().map(Subject::Instance),
            Pane::Volumes => self.lists.volumes.selected().cloned().map(Subject::Volume),
        }
    }

    /// The machine that the selected row belongs to.
    pub(crate) fn selected_machine(&self) -> Option<&MachineName> {
        let subject = self.subject()?;
        self.world.as_ref()?.owner(&subject)
    }

    /// The columns of a pane, by the names that filters and sorting use.
    pub(crate) fn columns(pane: Pane) -> &'static [Column] {
        match pane {
            Pane::Machines => machines::COLUMNS,
            Pane::Requests => requests::COLUMNS,
            Pane::Instances => instances::COLUMNS,
            Pane::Volumes => volumes::COLUMNS,
            Pane::Log => &[],
        }
    }

    /// The filter of a pane.
    pub(crate) fn filter(&self, pane: Pane) -> &Filter {
        match pane {
            Pane::Machines => self.lists.machines.filter(),
            Pane::Requests => self.lists.requests.filter(),
            Pane::Instances => self.lists.instances.filter(),
            Pane::Volumes => self.lists.volumes.filter(),
            Pane::Log => self.log.filter(),
        }
    }
}
