//! What EC2 shows of an instance's health: status checks, and what its guest wrote to the console.

use std::fmt::Write as _;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use super::super::guest::{Guest, Home, Phase};
use super::super::records::Instance;
use super::{World, earlier, later};
use crate::model::{InstanceId, InstanceState, age};

/// Status checks look once a minute.
const EVALUATION: Duration = Duration::from_mins(1);

/// What systemd says of a home that does not appear.
const TIMED_OUT: &str =
    "[ TIME ] Timed out waiting for device /dev/disk/by-label/home.\n[DEPEND] Dependency failed for /home.";

/// The outcome of a status check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It passed.
    Ok,
    /// There is no outcome yet.
    Initializing,
    /// It failed.
    Impaired,
    /// The instance does not run.
    NotApplicable,
}

impl Check {
    /// The word for the whole check.
    #[must_use]
    pub fn status(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Initializing => "initializing",
            Self::Impaired => "impaired",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// The word for `reachability`; none for what does not run.
    #[must_use]
    pub fn reachability(self) -> Option<&'static str> {
        match self {
            Self::Ok => Some("passed"),
            Self::Initializing => Some("initializing"),
            Self::Impaired => Some("failed"),
            Self::NotApplicable => None,
        }
    }
}

impl World {
    /// The status checks of an instance as it is given, which may be as a view shows it: of the system below it, and of
    /// itself.
    #[must_use]
    pub fn checks(&self, instance: &Instance) -> (Check, Check) {
        if instance.state != InstanceState::Running {
            return (Check::NotApplicable, Check::NotApplicable);
        }
        let id = &instance.id;
        let first = later(instance.launch_time, self.timing.status_checks.draw(&mut own_dice(id)));
        if self.now < first {
            return (Check::Initializing, Check::Initializing);
        }
        let since = age(self.now, first).as_secs() % EVALUATION.as_secs();
        let evaluated = earlier(self.now, Duration::from_secs(since));
        let failed = self.guests.get(id).is_some_and(|guest| self.fails(guest, evaluated));
        (Check::Ok, if failed { Check::Impaired } else { Check::Ok })
    }

    fn fails(&self, guest: &Guest, evaluated: Timestamp) -> bool {
        let since = guest.boots.last().is_some_and(|boot| boot.at <= evaluated);
        match guest.phase {
            Phase::Hanging => since && self.knobs.hanging_fails_checks,
            Phase::Booting | Phase::GoingDown => since && guest.boots.len() > 1 && self.knobs.reboot_fails_checks,
            Phase::Up | Phase::Bare | Phase::Off => false,
        }
    }

    /// What the guest wrote to its console, and until when: the last moments are not there yet, unless the latest is
    /// asked for.
    #[must_use]
    pub fn console(&self, id: &InstanceId, latest: bool) -> Option<(Timestamp, String)> {
        let guest = self.guests.get(id)?;
        let lag = if latest { Duration::ZERO } else { self.timing.console.draw(&mut own_dice(id)) };
        let until = earlier(self.now, lag);
        let mut out = String::new();
        let nexts = guest.boots.iter().skip(1).map(|boot| boot.at).chain([Timestamp::MAX]);
        for (boot, next) in guest.boots.iter().zip(nexts).filter(|(boot, _)| boot.at <= until) {
            let within = |at: Timestamp| at >= boot.at && at < next && at <= until;
            let _ = writeln!(out, "[    0.000000] Linux version 6.8.0-spot");
            let _ = writeln!(out, "[    0.412000] random: boot_id is {}", boot.id);
            let _ = match boot.home {
                Home::Mounted => writeln!(out, "[  OK  ] Mounted /home."),
                Home::NotNeeded => writeln!(out, "[  OK  ] Reached target Local File Systems."),
                Home::Missing => writeln!(out, "{TIMED_OUT}\nYou are in emergency mode."),
                Home::Without => writeln!(out, "{TIMED_OUT}"),
            };
            if guest.usable.iter().chain(&guest.bare).any(|interval| within(interval.from)) {
                let _ = writeln!(out, "{id} login:");
            }
            for (_, line) in guest.console.iter().filter(|(at, _)| within(*at)) {
                let _ = writeln!(out, "{line}");
            }
        }
        Some((until, out))
    }
}

/// Dice of the instance's own: whoever looks at it must not touch the world's.
fn own_dice(id: &InstanceId) -> Rng {
    let seed = id.as_str().bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Rng::with_seed(seed)
}
