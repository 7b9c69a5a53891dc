//! A reverse proxy on loopback that remembers every call, and can hold or lose the one that a test names.

mod tests;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, client, header, server};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::{PATIENCE, is_claim};

/// What an upstream answers: a response, or the reason why there is none.
pub(crate) type Reply = Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>>;

type Upstream = Box<dyn Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

/// One call, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The form field `Action`; empty when there is none.
    pub(crate) action: String,
    /// All fields of the form.
    pub(crate) fields: BTreeMap<String, String>,
    /// When it came.
    pub(crate) at: Instant,
    /// The status that the upstream answered with, whether or not the answer was delivered. None: the upstream has
    /// not answered, or never got the call.
    pub(crate) status: Option<u16>,
}

/// Where on its way a call is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The upstream has not seen it.
    BeforeForwarding,
    /// The upstream has answered it.
    AfterForwarding,
}

/// A running proxy. It ends with this value.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// A call that is, or will be, held. It goes on when this value goes.
#[derive(Debug)]
pub(crate) struct Held {
    caught: mpsc::Receiver<()>,
    release: oneshot::Sender<Infallible>,
}

/// What the proxy knows and is told to do.
#[derive(Debug, Default)]
struct Desk {
    calls: Mutex<Vec<Call>>,
    hooks: Mutex<Vec<Hook>>,
}

#[derive(Debug)]
struct Hook {
    action: String,
    calls_to_go: u32,
    moment: Moment,
    effect: Effect,
}

#[derive(Debug)]
enum Effect {
    Hold { catch: mpsc::Sender<()>, release: oneshot::Receiver<Infallible> },
    Lose,
}

impl Proxy {
    /// Starts a proxy before this upstream.
    pub(crate) fn start<F, R>(upstream: F) -> Self
    where
        F: Fn(Request<Bytes>) -> R + Send + Sync + 'static,
        R: Future<Output = Reply> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let desk = Arc::new(Desk::default());
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn({
            let desk = Arc::clone(&desk);
            let upstream: Arc<Upstream> = Arc::new(Box::new(move |request| Box::pin(upstream(request))));
            move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, desk, upstream) => {}
                        _ = stopped => {}
                    }
                });
            }
        });
        Self { address, desk, stop: Some(stop), thread: Some(thread) }
    }

    /// The endpoint to give to a client.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All calls so far, in the order in which they came.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.desk.calls().clone()
    }

    /// The calls that may change something: all but those whose action begins with Describe or Get, and but for what other
    /// computers are told by tags.
    pub(crate) fn mutating_calls(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.may_change_something() && !is_claim(&call.action)).collect()
    }

    /// Holds the `nth` call of an action from now on (1 is the next one) at that moment, until it is released.
    pub(crate) fn hold(&self, action: &str, nth: u32, moment: Moment) -> Held {
        let (catch, caught) = mpsc::channel();
        let (held, release) = oneshot::channel();
        self.hook(action, nth, moment, Effect::Hold { catch, release });
        Held { caught, release: held }
    }

    /// Closes the connection, instead of answering, at that moment of the `nth` call of an action from now on.
    pub(crate) fn lose(&self, action: &str, nth: u32, moment: Moment) {
        self.hook(action, nth, moment, Effect::Lose);
    }

    fn hook(&self, action: &str, nth: u32, moment: Moment, effect: Effect) {
        self.desk.hooks().push(Hook { action: action.to_owned(), calls_to_go: nth, moment, effect });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if it had one, was printed when it happened.
            let _ = thread.join();
        }
    }
}

impl Call {
    fn read(body: &[u8]) -> Self {
        let fields: BTreeMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
        Self { action: fields.get("Action").cloned().unwrap_or_default(), fields, at: Instant::now(), status: None }
    }

    fn may_change_something(&self) -> bool {
        let looks = self.action.starts_with("Describe") || self.action.starts_with("Get");
        !looks && self.field("DryRun") != "true"
    }

    /// One field of the form; empty when there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Held {
    /// Waits until the call is there and held.
    pub(crate) fn wait(&self) {
        self.caught.recv_timeout(PATIENCE).expect("the call that is to be held comes");
    }

    /// Lets it go on.
    pub(crate) fn release(self) {
        drop(self.release);
    }
}

impl Desk {
    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hooks(&self) -> MutexGuard<'_, Vec<Hook>> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a call down, and returns its number and what is to be done with it.
    fn arrive(&self, call: Call) -> (usize, Vec<Hook>) {
        let due = self.hooks().extract_if(.., |hook| hook.is_due(&call.action)).collect();
        let mut calls = self.calls();
        calls.push(call);
        (calls.len() - 1, due)
    }

    fn answered(&self, number: usize, status: u16) {
        if let Some(call) = self.calls().get_mut(number) {
            call.status = Some(status);
        }
    }
}

impl Hook {
    fn is_due(&mut self, action: &str) -> bool {
        if self.action == action {
            self.calls_to_go = self.calls_to_go.saturating_sub(1);
            return self.calls_to_go == 0;
        }
        false
    }
}

/// An upstream that is a server at this address.
pub(crate) fn server_at(address: SocketAddr) -> impl Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Reply> + Send>> {
    move |request| Box::pin(send(address, request))
}

async fn send(address: SocketAddr, request: Request<Bytes>) -> Reply {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection);
    let (mut parts, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
    // These speak of this connection, not of the next one.
    parts.headers.remove(header::CONNECTION);
    parts.headers.remove(header::TRANSFER_ENCODING);
    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
}

async fn accept(listener: TcpListener, desk: Arc<Desk>, upstream: Arc<Upstream>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (desk, upstream) = (Arc::clone(&desk), Arc::clone(&upstream));
        let service = service_fn(move |request| answer(Arc::clone(&desk), Arc::clone(&upstream), request));
        tokio::spawn(server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Answers one request. With an error, hyper closes the connection.
async fn answer(
    desk: Arc<Desk>,
    upstream: Arc<Upstream>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let (number, hooks) = desk.arrive(Call::read(&body));
    let (before, after): (Vec<_>, Vec<_>) = hooks.into_iter().partition(|hook| hook.moment == Moment::BeforeForwarding);
    obey(before).await?;
    let response = upstream(Request::from_parts(parts, body)).await?;
    desk.answered(number, response.status().as_u16());
    obey(after).await?;
    Ok(response.map(Full::new))
}

async fn obey(hooks: Vec<Hook>) -> Result<(), &'static str> {
    for hook in hooks {
        match hook.effect {
            Effect::Hold { catch, release } => {
                // Whoever does not wait for the call, or has let it go already, still lets it go on.
                let _ = catch.send(());
                let _ = release.await;
            }
            Effect::Lose => return Err("the test wants this call lost"),
        }
    }
    Ok(())
}
