//! A wire on loopback that can be cut in the ways in which networks fail, below HTTP.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

/// What the wire does with what comes over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// It carries it.
    Whole,
    /// It takes connections and questions, and nothing ever comes back.
    Silent,
    /// It carries each answer this much later.
    Slow(Duration),
    /// It resets the connection at the first byte of a question.
    Reset,
    /// It carries half of an answer, and ends.
    Half,
}

/// A running wire. It ends with this value.
#[derive(Debug)]
pub(crate) struct Cutter {
    address: SocketAddr,
    wire: watch::Sender<Wire>,
    struck: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Cutter {
    /// Starts a whole wire to the server at this URL, such as `http://127.0.0.1:4000`.
    pub(crate) fn start(url: &str) -> Self {
        let server: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (wire, state) = watch::channel(Wire::Whole);
        let struck = Arc::new(AtomicUsize::new(0));
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn({
            let struck = Arc::clone(&struck);
            move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, server, state, struck) => {}
                        _ = stopped => {}
                    }
                });
            }
        });
        Self { address, wire, struck, stop: Some(stop), thread: Some(thread) }
    }

    /// The endpoint to give to a client.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on the wire is like this, for connections that stand too.
    pub(crate) fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }

    /// How many pieces of questions or answers met a wire that was not whole.
    pub(crate) fn struck(&self) -> usize {
        self.struck.load(Ordering::SeqCst)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if it had one, was printed when it happened.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, wire: watch::Receiver<Wire>, struck: Arc<AtomicUsize>) {
    while let Ok((client, _)) = listener.accept().await {
        let (wire, struck) = (wire.clone(), Arc::clone(&struck));
        // An error ends this connection as it ends any other.
        tokio::spawn(async move { carry(client, server, wire, &struck).await });
    }
}

async fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    mut wire: watch::Receiver<Wire>,
    struck: &AtomicUsize,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut question, mut answer) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let (asked, answered) = tokio::select! {
            read = client.read(&mut question) => (read?, None),
            read = server.read(&mut answer) => (0, Some(read?)),
        };
        let now = *wire.borrow();
        if now != Wire::Whole {
            struck.fetch_add(1, Ordering::SeqCst);
        }
        match (now, answered) {
            (_, None) if asked == 0 => return Ok(()),
            (_, Some(0)) => return Ok(()),
            (Wire::Silent, _) => {
                // The connection stands until the wire is whole, and is then of no more use.
                let _ = wire.wait_for(|wire| *wire != Wire::Silent).await;
                return Ok(());
            }
            (Wire::Reset, _) => return client.set_zero_linger(),
            (_, None) => server.write_all(&question[..asked]).await?,
            (Wire::Half, Some(length)) => return client.write_all(&answer[..length / 2]).await,
            (Wire::Slow(by), Some(length)) => {
                tokio::time::sleep(by).await;
                client.write_all(&answer[..length]).await?;
            }
            (Wire::Whole, Some(length)) => client.write_all(&answer[..length]).await?,
        }
    }
}
