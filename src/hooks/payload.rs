//! What a hook is told: as JSON, and as variables.

use serde::Serialize;

use crate::config::{Mode, Occasion};
use crate::model::{Escaped, InstanceId};
use crate::plan::{State, Step};
use crate::protocol::{Change, StepNumber};

/// What stands on a hook's standard input; its shape is a contract, see `docs/hooks.md`.
#[derive(Debug, Serialize)]
struct Payload<'a> {
    event: Occasion,
    machine: &'a str,
    message: String,
    reason: String,
    state: State,
    mode: Mode,
    time: jiff::Timestamp,
    region: &'a str,
    spot_request: &'a str,
    instance: Option<&'a str>,
    address: Option<std::net::IpAddr>,
    step: Option<Asked<'a>>,
}

/// The step that waits for a yes.
#[derive(Debug, Serialize)]
struct Asked<'a> {
    number: StepNumber,
    what: String,
    #[serde(flatten)]
    step: &'a Step,
}

impl<'a> Payload<'a> {
    fn of(change: &'a Change) -> Self {
        let escaped = |text: String| Escaped(&text).to_string();
        Self {
            event: change.occasion,
            machine: change.machine.as_str(),
            message: escaped(change.to_string()),
            reason: escaped(change.reason.clone()),
            state: change.state,
            mode: change.mode,
            time: change.at,
            region: change.region.as_str(),
            spot_request: change.spot_request.as_str(),
            instance: change.instance.as_ref().map(InstanceId::as_str),
            address: change.address,
            step: change.step.as_ref().map(|asked| Asked {
                number: asked.number,
                what: asked.step.action.to_string(),
                step: &asked.step,
            }),
        }
    }
}

/// One JSON object on a line of its own.
///
/// # Errors
///
/// None that is known: there is nothing in it that JSON cannot say.
pub(super) fn json(change: &Change) -> serde_json::Result<String> {
    serde_json::to_string(&Payload::of(change)).map(|json| json + "\n")
}

/// The variables, each of them always there; what is not known is empty.
pub(super) fn variables(change: &Change) -> [(&'static str, String); 12] {
    let Payload { message, reason, .. } = Payload::of(change);
    let number = change.step.as_ref().map(|asked| asked.number.to_string());
    let what = change.step.as_ref().map(|asked| asked.step.action.to_string());
    [
        ("SPOTKEEPER_EVENT", change.occasion.to_string()),
        ("SPOTKEEPER_MACHINE", change.machine.to_string()),
        ("SPOTKEEPER_MESSAGE", message),
        ("SPOTKEEPER_REASON", reason),
        ("SPOTKEEPER_STATE", change.state.to_string()),
        ("SPOTKEEPER_MODE", change.mode.to_string()),
        ("SPOTKEEPER_TIME", change.at.to_string()),
        ("SPOTKEEPER_REGION", change.region.to_string()),
        ("SPOTKEEPER_SPOT_REQUEST", change.spot_request.to_string()),
        ("SPOTKEEPER_INSTANCE", change.instance.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("SPOTKEEPER_ADDRESS", change.address.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("SPOTKEEPER_STEP", number.zip(what).map(|(number, what)| format!("{number}: {what}")).unwrap_or_default()),
    ]
}
