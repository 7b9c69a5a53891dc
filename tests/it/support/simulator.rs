//! `spotkeeper sim` as a process, and just enough HTTP to speak to it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::process::Signal;
use serde_json::Value;

use super::PATIENCE;
use super::binary::{Outcome, Place, Running};

/// A simulator of its own for one test. It ends with this value.
#[derive(Debug)]
pub(crate) struct Simulator {
    running: Running,
    address: SocketAddr,
}

/// What came back over one connection.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status; 0 when the connection broke off without an answer.
    pub(crate) status: u16,
    /// The headers, a line each.
    pub(crate) headers: String,
    /// The body.
    pub(crate) body: String,
}

impl Simulator {
    /// Starts it in this place on a free port with these arguments, and returns when it listens.
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> Self {
        let running = place.spawn(&[&["sim", "--listen", "127.0.0.1:0"], arguments].concat());
        let told = running.wait_for_stdout("export AWS_ENDPOINT_URL=");
        let (_, address) = told.trim().split_once("http://").expect("the endpoint is a URL");
        let address = address.parse().expect("the endpoint is an address");
        Self { running, address }
    }

    /// The endpoint to give to a client.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same, without its scheme.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Sends a request that a reply may come to.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).expect("it listens");
        connection.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        connection.write_all(request.as_bytes()).expect("it reads");
        connection
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        receive(self.send(method, path, headers, body))
    }

    /// Makes one call of EC2's.
    pub(crate) fn call(&self, form: &str) -> Reply {
        self.ask("POST", "/", "", &format!("Version=2016-11-15&{form}"))
    }

    /// Makes a control call, which has to succeed.
    pub(crate) fn control(&self, method: &str, path: &str) -> Value {
        let reply = self.ask(method, &format!("/_spotkeeper/{path}"), "", "");
        assert_eq!(reply.status, 200, "{method} {path}: {reply:?}");
        serde_json::from_str(&reply.body).expect("control calls answer in JSON")
    }

    /// Asks it to leave by a signal, and waits until it has.
    pub(crate) fn stop(self, signal: Signal) -> Outcome {
        self.running.signal(signal);
        self.running.wait()
    }
}

/// Waits for the end of a connection.
pub(crate) fn receive(mut connection: TcpStream) -> Reply {
    let mut text = String::new();
    match connection.read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("no end of an answer: {error}; so far {text:?}"),
    }
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).map_or(0, |status| status.parse().expect("a status is a number"));
    Reply { status, headers: head.to_owned(), body: body.to_owned() }
}
