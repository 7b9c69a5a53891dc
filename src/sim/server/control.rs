//! What no AWS has: calls to look at the world as it truly is, and to move it along. In and out in JSON.

use std::time::Duration;

use hyper::{Method, Response, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::{Sim, World};
use super::{Body, response};
use crate::model::InstanceId;

/// The farthest that time is put forward at once: what is due in it happens before the answer.
const FARTHEST: Duration = Duration::from_hours(366 * 24);

/// Answers the control call at this path below `/_spotkeeper/`.
pub(super) fn answer(sim: &Sim, method: &Method, path: &str, query: &str) -> Response<Body> {
    let is_get = method == Method::GET;
    let is_post = method == Method::POST;
    let result = match path.split_once('/').unwrap_or((path, "")) {
        ("world", "") if is_get => Ok(sim.with_world(|world| shown(world))),
        ("calls", "") if is_get => Ok(json!(sim.calls())),
        ("advance", "") if is_post => advance(sim, query),
        ("interrupt", instance) if is_post => interrupt(sim, instance, query),
        ("world" | "calls" | "advance", "") | ("interrupt", _) => {
            Err(Refusal::new(405, "MethodNotAllowed", "look by GET, change by POST"))
        }
        _ => Err(Refusal::new(
            404,
            "NotFound",
            "there are GET world, GET calls, POST advance?by=10m and POST interrupt/i-…[?early=true]",
        )),
    };
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => (
            StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST),
            json!({ "error": { "code": refusal.code, "message": refusal.message } }),
        ),
    };
    response(status, "application/json", format!("{body:#}\n"))
}

/// The whole world, whatever the views show.
fn shown(world: &World) -> Value {
    let mut shown = json!(world.records());
    if let Value::Object(fields) = &mut shown {
        fields.insert("now".to_owned(), json!(world.now()));
        fields.insert("region".to_owned(), json!(world.region));
        fields.insert("zones".to_owned(), json!(world.zones));
        fields.insert("guests".to_owned(), json!(world.guests()));
    }
    shown
}

fn advance(sim: &Sim, query: &str) -> Result<Value, Refusal> {
    let by = parameter(query, "by").unwrap_or_default();
    let by = by.parse::<SignedDuration>().ok().and_then(|by| Duration::try_from(by).ok());
    let by = by.filter(|by| *by <= FARTHEST).ok_or_else(|| {
        Refusal::parameter("`by` says how far, with its unit and up to 366 days, as in advance?by=10m")
    })?;
    sim.advance(by);
    Ok(json!({ "now": sim.with_world(|world| world.now()) }))
}

fn interrupt(sim: &Sim, instance: &str, query: &str) -> Result<Value, Refusal> {
    let instance: InstanceId = instance
        .parse()
        .map_err(|error| Refusal::client("InvalidInstanceID.Malformed", format!("{error}: interrupt/i-…")))?;
    match parameter(query, "early").as_deref() {
        Some("true") => sim.interrupt_with_early_replacement(&instance)?,
        Some("false") | None => sim.interrupt(&instance)?,
        Some(_) => return Err(Refusal::parameter("`early` is true or false")),
    }
    Ok(json!({ "interrupted": instance, "now": sim.with_world(|world| world.now()) }))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
