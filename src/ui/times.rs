//! Times on the screen: ages that change at most once a minute, or clock times.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::words::age_words;
use crate::model::{Now, age};

/// What time it is where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Real time since the start of the session: for guards and toasts, which a demonstration does not speed up.
    pub(crate) real: std::time::Duration,
    /// The clock of world and engine.
    pub(crate) clock: Now,
}

/// How times are told.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    /// Now, by the clock of world and engine.
    pub(crate) now: Timestamp,
    /// Whether ages are told, not clock times.
    pub(crate) relative: bool,
    /// Where clock times hold.
    pub(crate) zone: TimeZone,
}

impl Times {
    /// A time in at most 11 columns; a dash for none.
    pub(crate) fn tell(&self, then: Option<Timestamp>) -> String {
        match then {
            None => "-".to_owned(),
            Some(then) if self.relative => age_words(age(self.now, then)),
            Some(then) => self.clock(then),
        }
    }

    /// A time to come in at most 11 columns; a dash for none.
    pub(crate) fn until(&self, then: Option<Timestamp>) -> String {
        match then {
            None => "-".to_owned(),
            Some(then) if self.relative => format!("in {}", age_words(age(then, self.now))),
            Some(then) => self.clock(then),
        }
    }

    /// A clock time; with its day when that is another.
    pub(crate) fn clock(&self, then: Timestamp) -> String {
        let (local, today) = (then.to_zoned_datetime(self.zone.clone()), self.now.to_zoned_datetime(self.zone.clone()));
        let form = if local.date() == today.date() { "%H:%M:%S" } else { "%m-%d %H:%M" };
        local.strftime(form).to_string()
    }

    /// A clock time in full.
    pub(crate) fn full(&self, then: Timestamp) -> String {
        then.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }
}
