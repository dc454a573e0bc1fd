//! How large a request's body may be, and whether it has been read.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// How much of a body over the limit is still read and thrown away. A connection closed over unread bytes is
/// reset, and the client would see that instead of the 413.
const DISCARDED_BYTES: usize = 1 << 20;

/// Answers requests to these routes with `too_large` when their body has more than `max_bytes` bytes.
///
/// A `Content-Length` over the limit is refused before the handler runs; a body without one is cut off when it
/// crosses the limit, and whatever the handler then says is replaced. The limit stands alone: axum's own is off.
pub fn limit_body(router: Router, max_bytes: usize, too_large: fn() -> Response) -> Router {
    let limit = move |request: Request, next: Next| hold_limit(max_bytes, too_large, request, next);
    router.layer(middleware::from_fn(limit))
}

/// A 413 in plain words, for routes without a dialect of their own.
pub fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, "The request's body is too large.\n").into_response()
}

async fn hold_limit(max_bytes: usize, too_large: fn() -> Response, mut request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    DefaultBodyLimit::disable().apply(&mut request);
    let waits_for_continue = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let announced = body.size_hint().lower();
    let (body, seen) = Watched::new(body, max_bytes);
    if announced > max_bytes as u64 {
        if !waits_for_continue && announced <= (max_bytes + DISCARDED_BYTES) as u64 {
            // The end of it is the error we are about to answer.
            let _ = axum::body::to_bytes(Body::new(body), usize::MAX).await;
        }
        return too_large();
    }
    let response = next.run(Request::from_parts(parts, Body::new(body))).await;
    if seen.exceeded() { too_large() } else { response }
}

/// What is known of a body that a handler has.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ended: AtomicBool,
    exceeded: AtomicBool,
}

impl Seen {
    /// The last byte has come.
    pub(super) fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }
}

/// A body that tells what became of it, and ends with an error beyond `left` bytes.
pub(super) struct Watched {
    body: Body,
    left: usize,
    discard: usize,
    drained_until: Option<Instant>,
    seen: Arc<Seen>,
}

#[derive(Debug, thiserror::Error)]
#[error("the request's body is too large")]
struct TooLarge;

impl Watched {
    pub(super) fn new(body: Body, max_bytes: usize) -> (Self, Arc<Seen>) {
        let seen = Arc::new(Seen { ended: body.is_end_stream().into(), exceeded: false.into() });
        (Self { body, left: max_bytes, discard: DISCARDED_BYTES, drained_until: None, seen: seen.clone() }, seen)
    }

    /// What the handler leaves unread (a 401 reads nothing) is thrown away when it comes, so that the connection
    /// serves the next request. hyper would close it, perhaps while the client is already sending that one.
    pub(super) fn drained_until(mut self, deadline: Instant) -> Self {
        self.drained_until = Some(deadline);
        self
    }

    /// Whether this frame still belongs to the handler.
    fn count(&mut self, size: usize) -> bool {
        if !self.seen.exceeded() && size <= self.left {
            self.left -= size;
            return true;
        }
        self.seen.exceeded.store(true, Ordering::Relaxed);
        self.discard = self.discard.saturating_sub(size);
        false
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(deadline) = self.drained_until.filter(|deadline| *deadline > Instant::now()) else { return };
        if !self.seen.ended() {
            tokio::spawn(tokio::time::timeout_at(deadline, drain(std::mem::take(&mut self.body))));
        }
    }
}

async fn drain(body: Body) {
    let mut frames = body.into_data_stream();
    let mut left = DISCARDED_BYTES;
    while let Some(Ok(bytes)) = frames.next().await
        && bytes.len() <= left
    {
        left -= bytes.len();
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            let next = ready!(Pin::new(&mut self.body).poll_frame(cx));
            match next {
                Some(Ok(frame)) if self.count(frame.data_ref().map_or(0, Bytes::len)) => {
                    self.seen.ended.store(self.body.is_end_stream(), Ordering::Relaxed);
                    return Poll::Ready(Some(Ok(frame)));
                }
                Some(Ok(_)) if self.discard > 0 => {}
                Some(Err(error)) if !self.seen.exceeded() => return Poll::Ready(Some(Err(error))),
                None if !self.seen.exceeded() => {
                    self.seen.ended.store(true, Ordering::Relaxed);
                    return Poll::Ready(None);
                }
                _ => return Poll::Ready(Some(Err(axum::Error::new(TooLarge)))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && !self.seen.exceeded()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
