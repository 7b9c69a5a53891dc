//! The engine in a thread of its own, so that the screen never waits for it.

use std::future::Future;
use std::thread;

use tokio::sync::oneshot;

use super::log_events;
use crate::engine::{Engine, Handle};
use crate::ui::Link;

/// An engine that is ready to run, with its watcher's end.
#[derive(Debug)]
pub struct Ready {
    /// The engine.
    pub engine: Engine,
    /// The watcher's end.
    pub handle: Handle,
    /// Why it only watches, if it does.
    pub watching: Option<String>,
}

/// Begins to put an engine together in a thread of its own, and runs it there until it ends. `company` runs beside it.
///
/// Returns where the watcher's end will arrive, or `error` in the words that `say` has for it; the error itself comes
/// out of the second channel.
///
/// # Errors
///
/// When the system gives no thread.
pub fn start<M, C, E>(make: M, say: fn(&E) -> String) -> std::io::Result<Started<E>>
where
    M: FnOnce() -> C + Send + 'static,
    C: Future<Output = Result<(Ready, Company), E>>,
    E: Send + 'static,
{
    let (link, linked) = oneshot::channel();
    let (failed, failure) = std::sync::mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("engine".to_owned()).spawn(move || {
        runtime.block_on(async move {
            match make().await {
                Ok((ready, company)) => keep(ready, company, link).await,
                Err(error) => {
                    // The screen may be gone by now.
                    let _ = link.send(Err(say(&error)));
                    let _ = failed.send(error);
                }
            }
        });
        // A blocking task may hang on a dead network file system: it does not keep the thread.
        runtime.shutdown_background();
    })?;
    Ok(Started { link: linked, failure })
}

/// Something that runs beside an engine for as long as the engine does.
pub type Company = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// An engine on its way.
#[derive(Debug)]
pub struct Started<E> {
    /// Where the watcher's end arrives, or why there is none.
    pub link: oneshot::Receiver<Result<Link, String>>,
    /// Where the error arrives, if there is one.
    pub failure: std::sync::mpsc::Receiver<E>,
}

async fn keep(ready: Ready, company: Company, link: oneshot::Sender<Result<Link, String>>) {
    let Ready { engine, handle, watching } = ready;
    let Handle { commands, snapshots, events, pulse } = handle;
    let logged = events.resubscribe();
    // Without a screen the engine stops by itself, because nobody is left to tell it anything.
    let _ = link.send(Ok(Link { commands, snapshots, events, pulse, watching }));
    tokio::select! {
        biased;
        _ = async { tokio::join!(engine.run(), log_events(logged, |_| {})) } => {}
        () = company => {}
    }
}
