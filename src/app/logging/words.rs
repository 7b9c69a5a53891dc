//! What an event says, field by field.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::Event;
use tracing::field::{Field, Visit};

/// The field that names the kind of an event. The message says the same in words.
pub(in crate::app) const EVENT: &str = "event";

/// The field that holds a JSON object with what the message says, for programs.
pub(in crate::app) const FIELDS: &str = "fields";

/// The field that says when it happened, as a timestamp, where that is not the moment at which it is told.
pub(in crate::app) const AT: &str = "at";

/// An event's fields as text, as they came: not yet harmless.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// When it happened; now, where nothing is said.
    pub(super) at: Option<Timestamp>,
    /// The machine, or nothing.
    pub(super) machine: String,
    /// The message.
    pub(super) message: String,
    /// All other fields that the message does not say already, each after a space.
    pub(super) others: String,
    /// All fields but time, machine and message, for programs.
    pub(super) fields: Map<String, Value>,
}

impl Words {
    /// The words of an event.
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut words = Self::default();
        event.record(&mut words);
        words
    }

    fn note(&mut self, field: &Field, value: Value, written: &dyn fmt::Debug) {
        // Writing to a String does not fail.
        let _ = write!(self.others, " {}={written:?}", field.name());
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "machine" => value.clone_into(&mut self.machine),
            AT => self.at = value.parse().ok(),
            EVENT => drop(self.fields.insert(EVENT.to_owned(), value.into())),
            FIELDS => self.fields.extend(serde_json::from_str::<Map<_, _>>(value).unwrap_or_default()),
            "message" => value.clone_into(&mut self.message),
            _ => self.note(field, value.into(), &value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field, value.into(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field, value.into(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.note(field, value.into(), &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a String does not fail.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.note(field, format!("{value:?}").into(), value);
        }
    }
}
