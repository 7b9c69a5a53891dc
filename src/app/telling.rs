//! What happens, told to the log: in words, and in fields for programs.

use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::logging::{EVENT, FIELDS};
use crate::model::MachineName;
use crate::protocol::{Event, NumberedStep, PauseReason, Weight};

/// Writes every event to the log until the engine is gone, and shows each to `watch` as well.
pub async fn log_events(mut events: broadcast::Receiver<Event>, mut watch: impl FnMut(&Event)) {
    loop {
        match events.recv().await {
            Ok(event) => {
                log_event(&event);
                watch(&event);
            }
            Err(RecvError::Lagged(lost)) => tracing::warn!("{lost} events came too fast for the log and are lost"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn log_event(event: &Event) {
    let machine = event.machine().map(MachineName::as_str);
    let (kind, fields) = (kind(event), Value::from(fields(event)).to_string());
    match event.weight() {
        Weight::Info => tracing::info!(machine, { EVENT } = kind, { FIELDS } = fields, "{event}"),
        Weight::Warning => tracing::warn!(machine, { EVENT } = kind, { FIELDS } = fields, "{event}"),
        Weight::Error => tracing::error!(machine, { EVENT } = kind, { FIELDS } = fields, "{event}"),
    }
}

/// What programs know an event by. The names are a contract.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::Found { .. } => "found",
        Event::Warned { .. } => "warned",
        Event::ApprovalNeeded { .. } => "approval-needed",
        Event::StepBegan(_) => "step-began",
        Event::StepEnded { .. } => "step-ended",
        Event::Refused { .. } => "refused",
        Event::LookFailed(_) => "look-failed",
        Event::LookRecovered { .. } => "look-recovered",
        Event::ModeChanged(_) => "mode-changed",
        Event::Paused(_) => "paused",
        Event::Resumed => "resumed",
        Event::Examined { .. } => "examined",
        Event::JournalFailed(_) => "journal-failed",
    }
}

/// What an event says besides its machine, as a JSON object. The names are a contract: those of the journal and of
/// `status --json` where these have them.
fn fields(event: &Event) -> Map<String, Value> {
    let value = match event {
        Event::Found { state, reason, .. } => json!({ "state": state, "reason": reason }),
        Event::Warned { warning, .. } => json!({ "warning": warning }),
        Event::ApprovalNeeded { step, .. } | Event::StepBegan(step) => return numbered(step),
        Event::StepEnded { step, outcome } => {
            let mut fields = numbered(step);
            fields.extend(object(json!(outcome)));
            return fields;
        }
        Event::Refused { why } => json!({ "why": why }),
        Event::LookFailed(failure) | Event::JournalFailed(failure) => json!({ "failure": failure }),
        Event::LookRecovered { failures } => json!({ "failures": failures }),
        Event::ModeChanged(mode) => json!({ "mode": mode }),
        Event::Paused(PauseReason::Operator) => json!({ "reason": "operator" }),
        Event::Paused(PauseReason::AccountChanged { from, to }) => {
            json!({ "reason": "account-changed", "from": from, "to": to })
        }
        Event::Resumed => json!({}),
        Event::Examined { examination, .. } => json!({ "counts": examination.counts() }),
    };
    object(value)
}

fn numbered(NumberedStep { number, step, .. }: &NumberedStep) -> Map<String, Value> {
    let mut fields = object(json!(step));
    fields.insert("step".to_owned(), json!(number));
    fields
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
