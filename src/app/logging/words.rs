//! What an event says, field by field.

use std::fmt::{self, Write as _};

use tracing::Event;
use tracing::field::{Field, Visit};

/// An event's fields as text, as they came: not yet harmless.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The machine, or nothing.
    pub(super) machine: String,
    /// The message.
    pub(super) message: String,
    /// All other fields, each after a space.
    pub(super) others: String,
}

impl Words {
    /// The words of an event.
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut words = Self::default();
        event.record(&mut words);
        words
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "machine" {
            value.clone_into(&mut self.machine);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
        // Writing to a String does not fail.
        let _ = written;
    }
}
