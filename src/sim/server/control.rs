//! What no AWS has: calls to look at the world as it truly is, and to move it along. In and out in JSON.

use std::time::Duration;

use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::span;
use super::super::{Sim, World};
use super::{Body, response};
use crate::model::InstanceId;

/// How far time is put forward before others have their turn: a day in which something happens every second takes long.
const STRIDE: Duration = Duration::from_mins(1);

/// Answers the control call at this path below `/_spotkeeper/`.
pub(super) async fn answer(sim: &Sim, method: &Method, path: &str, query: &str) -> Response<Body> {
    let is_get = method == Method::GET;
    let is_post = method == Method::POST;
    let result = match path.split_once('/').unwrap_or((path, "")) {
        ("world", "") if is_get => only(query, &[]).map(|()| sim.with_world(|world| shown(world))),
        ("calls", "") if is_get => only(query, &[]).map(|()| json!(sim.calls())),
        ("advance", "") if is_post => advance(sim, query).await,
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

/// Puts time forward, stride by stride: signals and other calls come in between. A caller who hangs up ends it there.
async fn advance(sim: &Sim, query: &str) -> Result<Value, Refusal> {
    only(query, &["by"])?;
    let by = parameter(query, "by").ok_or_else(|| "nothing is said".to_owned()).and_then(|by| span::parse(&by));
    let mut left = by.map_err(|why| {
        Refusal::parameter(format!("`by` says how far, with its unit and up to 366 days, as in advance?by=10m: {why}"))
    })?;
    while !left.is_zero() {
        let stride = left.min(STRIDE);
        sim.advance(stride);
        left = left.saturating_sub(stride);
        tokio::task::yield_now().await;
    }
    Ok(json!({ "now": sim.with_world(|world| world.now()) }))
}

fn interrupt(sim: &Sim, instance: &str, query: &str) -> Result<Value, Refusal> {
    only(query, &["early"])?;
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

/// Refuses what is misspelt, which would otherwise be as good as not said.
fn only(query: &str, known: &[&str]) -> Result<(), Refusal> {
    let unknown = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| !known.contains(&name.as_ref()));
    let refuse = |name| match known {
        [] => Refusal::parameter(format!("`{name}` is no parameter of this call, which has none")),
        known => {
            Refusal::parameter(format!("`{name}` is no parameter of this call, which has `{}`", known.join("`, `")))
        }
    };
    unknown.map_or(Ok(()), |(name, _)| Err(refuse(name)))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::task::{Context, Poll, Waker};

    use super::super::super::Scenario;
    use super::*;
    use crate::clock::Clock;

    fn standing(scenario: &str) -> Sim {
        let clock = Clock::standing_at("2026-01-01T00:00:00Z".parse().unwrap());
        Sim::new(&Scenario::parse(scenario).unwrap(), 1, clock).unwrap()
    }

    fn now(sim: &Sim) -> String {
        sim.with_world(|world| world.now()).to_string()
    }

    #[test]
    fn a_long_advance_lets_others_have_their_turn_and_ends_where_its_caller_leaves() {
        let sim = standing("[[request]]\nid = 'sir-y1a23b4c'\n[[event]]\nevery = '1s'\nreboot = 'sir-y1a23b4c'");
        let mut advance = Box::pin(advance(&sim, "by=366d"));
        let mut context = Context::from_waker(Waker::noop());
        for minute in 1..=3 {
            assert!(matches!(advance.as_mut().poll(&mut context), Poll::Pending));
            assert_eq!(now(&sim), format!("2026-01-01T00:0{minute}:00Z"));
        }
        drop(advance);
        assert_eq!(now(&sim), "2026-01-01T00:03:00Z");
    }

    #[tokio::test]
    async fn what_a_control_call_does_not_have_is_refused() {
        let sim = standing("[[request]]\nid = 'sir-y1a23b4c'\n[request.instance]\nid = 'i-0ab12cd3'");
        for (method, path, query, named) in [
            (Method::POST, "interrupt/i-0ab12cd3", "erly=true", "`erly`"),
            (Method::POST, "advance", "by=1s&for=2s", "`for`"),
            (Method::GET, "world", "instance=i-0ab12cd3", "`instance`"),
            (Method::GET, "calls", "x", "`x`"),
        ] {
            let answer = answer(&sim, &method, path, query).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}?{query}");
            let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
            assert!(String::from_utf8_lossy(&body).contains(named), "{body:?}");
        }
        assert_eq!(now(&sim), "2026-01-01T00:00:00Z");
        assert!(sim.story().is_empty());
    }

    #[tokio::test]
    async fn time_is_put_forward_by_all_that_is_said_with_days_too() {
        let sim = standing("");
        for (by, then) in
            [("1d", "2026-01-02T00:00:00Z"), ("90.5s", "2026-01-02T00:01:30.5Z"), ("0s", "2026-01-02T00:01:30.5Z")]
        {
            advance(&sim, &format!("by={by}")).await.unwrap();
            assert_eq!(now(&sim), then);
        }
        for wrong in ["", "by=367d", "by=soon", "by=-1s"] {
            let refused = advance(&sim, wrong).await.unwrap_err();
            assert!(refused.message.contains("up to 366 days"), "{refused}");
        }
    }
}
