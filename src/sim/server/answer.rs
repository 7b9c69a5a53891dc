//! The calls that AWS clients make.

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Bytes;
use hyper::http::request::Parts;

use super::super::Sim;
use super::super::front::{Delivery, HttpReply, Served};
use super::super::stalled::Stalled;
use super::{Body, Cut, signature, whole};

/// Serves one call in its own time.
pub(super) async fn answer(sim: &Sim, parts: &Parts, body: &Bytes) -> Result<Response<Body>, Cut> {
    let query = parts.uri.query().unwrap_or_default();
    let region = sim.region();
    let Served { after, delivery } = match signature::access_key(parts, query, &region) {
        Ok(access_key) => sim.serve_for(access_key.as_deref(), query, body),
        Err(refusal) => sim.refuse(query, body, refusal),
    };
    // By a clock that stands, no answer would ever come.
    if !sim.clock.stands() {
        sim.clock.sleep(after).await;
    }
    match delivery {
        Delivery::Reply(reply) => response(reply, whole),
        Delivery::Stalled(reply) => {
            response(reply, |body| Stalled::new(body).map_err(|never| match never {}).boxed_unsync())
        }
        Delivery::Broken => Err(Cut),
        Delivery::Silence => std::future::pending().await,
    }
}

fn response(reply: HttpReply, body: impl FnOnce(String) -> Body) -> Result<Response<Body>, Cut> {
    let response = Response::builder().status(reply.status);
    let headers = reply.headers.into_iter();
    let response = headers.fold(response, |response, (name, value)| response.header(name, value));
    response.body(body(reply.body)).map_err(|_| Cut)
}
