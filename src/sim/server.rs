//! The embedded EC2 on a port, over HTTP/1.1: to any AWS client it is EC2 and STS, and control calls move it along.

mod answer;
mod control;
mod signature;

use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, DATE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::Sim;
use super::front::date;

/// More than any call of EC2's takes.
const LONGEST_BODY: usize = 1 << 20;

/// How long to wait before the next connection when the system has no room for it.
const NO_ROOM: Duration = Duration::from_millis(100);

type Body = UnsyncBoxBody<Bytes, Cut>;

/// Why a connection ends without an answer, or in the middle of one. Nobody but hyper is told.
#[derive(Debug, thiserror::Error)]
#[error("the connection breaks off")]
struct Cut;

/// Serves the world to everyone who connects, for as long as this is polled. Each connection has a task of its own.
///
/// Calls are answered at `/`, as EC2 and STS do, by POST with a form or by GET; control calls at `/_spotkeeper/`. What a
/// fault does to a call is done to its connection: it is cut, or stays silent.
pub async fn serve(sim: Sim, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(NO_ROOM).await;
            continue;
        };
        let sim = sim.clone();
        let service = service_fn(move |request| dated(sim.clone(), request));
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A client that goes away, or that was cut off on purpose, is nobody's trouble.
            let _ = connection.await;
        });
    }
}

/// Answers one request, with the world's time on every answer: that of the computer would be taken for a clock that is
/// wrong. An error cuts the connection.
async fn dated(sim: Sim, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let mut response = respond(&sim, request).await?;
    if !response.headers().contains_key(DATE)
        && let Ok(now) = HeaderValue::try_from(date(sim.with_world(|world| world.now())))
    {
        response.headers_mut().insert(DATE, now);
    }
    Ok(response)
}

async fn respond(sim: &Sim, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "a call of EC2's is shorter than a mebibyte\n"));
        }
        Err(_) => return Ok(plain(StatusCode::BAD_REQUEST, "the body breaks off, or is not what its header says\n")),
    };
    match (parts.uri.path(), &parts.method) {
        ("/", &Method::POST | &Method::GET) => answer::answer(sim, &parts, &body).await,
        ("/", _) => Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "EC2 is called by POST or GET\n")),
        (path, method) => Ok(match path.strip_prefix("/_spotkeeper/") {
            Some(path) => control::answer(sim, method, path, parts.uri.query().unwrap_or_default()).await,
            None => plain(StatusCode::NOT_FOUND, "EC2 is at /, and control calls at /_spotkeeper/\n"),
        }),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    response(status, "text/plain", text)
}

fn response(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn whole(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}
