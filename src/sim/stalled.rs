//! The body of an answer that begins and does not end.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};

/// The first half of a body. The rest never comes, and nobody says so.
#[derive(Debug)]
pub(super) struct Stalled {
    half: Option<Bytes>,
}

impl Stalled {
    pub(super) fn new(body: String) -> Self {
        let body = Bytes::from(body);
        Self { half: Some(body.slice(..body.len() / 2)) }
    }
}

impl Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Nobody will wake the reader: he waits until he has waited enough.
        self.half.take().map_or(Poll::Pending, |half| Poll::Ready(Some(Ok(Frame::data(half)))))
    }
}
