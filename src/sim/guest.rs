//! What happens inside an instance, which EC2 itself never tells.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::contents::HomeNeed;
use super::prepare::Prepare;
use crate::model::VolumeId;

/// What a guest is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Its instance does not run.
    Off,
    /// On its way up, with its home.
    Booting,
    /// It sits in its boot without its home, and nobody can log in: until it is rebooted.
    Hanging,
    /// It can be reached, but it booted without its home, which its fstab allows: until it is rebooted.
    Bare,
    /// Usable.
    Up,
    /// On its way down to a reboot.
    GoingDown,
}

/// What a boot found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Home {
    /// All home volumes, which are mounted.
    Mounted,
    /// Not all of them, so that it hangs.
    Missing,
    /// Not the one that its fstab names, which allows it to go on without.
    Without,
    /// The guest needs none.
    NotNeeded,
}

/// One boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Boot {
    /// The boot id, as in `/proc/sys/kernel/random/boot_id`.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What it found.
    pub home: Home,
    /// For how long it does not hear a request to reboot.
    #[serde(skip)]
    pub(super) deaf: Duration,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// When it began.
    pub from: Timestamp,
    /// When it ended; none while it lasts.
    pub until: Option<Timestamp>,
}

/// The record of one instance's guest, kept for ever.
#[derive(Debug, Clone, Serialize)]
pub struct Guest {
    /// What it is doing.
    pub phase: Phase,
    /// The volumes without which it does not boot.
    pub homes: Vec<VolumeId>,
    /// The volumes that it has mounted.
    pub mounted: Vec<VolumeId>,
    /// Its boots, oldest first.
    pub boots: Vec<Boot>,
    /// When it was really usable, oldest first.
    pub usable: Vec<Interval>,
    /// When it could be reached without its home, oldest first.
    pub bare: Vec<Interval>,
    /// The home that the fstab of its last boot named, besides `homes`.
    pub needs: Option<HomeNeed>,
    /// The prepare script that runs in it, or did.
    pub prepare: Option<Prepare>,
    /// How many reboots were asked for.
    pub reboots_asked: u32,
    /// How many of them the guest heard.
    pub reboots_heard: u32,
    /// How many times it was reset because it had not heard.
    pub hard_resets: u32,
    /// What was written to its console besides what every boot writes, and when.
    #[serde(skip)]
    pub(super) console: Vec<(Timestamp, String)>,
    /// What it was doing when a hibernation froze it.
    #[serde(skip)]
    pub(super) asleep: Option<Phase>,
    #[serde(skip)]
    pub(super) ticket: u64,
}

impl Guest {
    pub(super) fn new(homes: Vec<VolumeId>) -> Self {
        Self {
            phase: Phase::Off,
            homes,
            mounted: Vec::new(),
            boots: Vec::new(),
            usable: Vec::new(),
            bare: Vec::new(),
            needs: None,
            prepare: None,
            console: Vec::new(),
            reboots_asked: 0,
            reboots_heard: 0,
            hard_resets: 0,
            asleep: None,
            ticket: 0,
        }
    }

    /// Whether somebody could log in and find the home there, now.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.phase == Phase::Up
    }

    /// Whether somebody could log in, with a home there or without.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        matches!(self.phase, Phase::Up | Phase::Bare)
    }

    /// Whether it sits in its boot without its home.
    #[must_use]
    pub fn is_hanging(&self) -> bool {
        self.phase == Phase::Hanging
    }

    pub(super) fn begin_use(&mut self, now: Timestamp) {
        self.phase = Phase::Up;
        self.usable.push(Interval { from: now, until: None });
    }

    pub(super) fn begin_bare(&mut self, now: Timestamp) {
        self.phase = Phase::Bare;
        self.bare.push(Interval { from: now, until: None });
    }

    /// What it is at the beginning: since this boot it has been usable, or hanging.
    pub(super) fn settle(&mut self, boot: Boot, ready: bool) {
        let since = boot.at;
        self.boots.push(boot);
        if ready {
            self.mounted.clone_from(&self.homes);
            self.begin_use(since);
        } else {
            self.phase = Phase::Hanging;
        }
    }

    /// Leaves what it was doing: nothing is usable or mounted afterwards.
    pub(super) fn leave(&mut self, now: Timestamp, phase: Phase) {
        for last in self.usable.last_mut().into_iter().chain(self.bare.last_mut()) {
            last.until.get_or_insert(now);
        }
        self.mounted.clear();
        self.phase = phase;
    }
}
