//! The clocks of one connection: a socket that fails once its peer has taken too long.
//!
//! hyper knows one time limit for a header and starts it while a kept connection merely waits, so it
//! cannot tell a slow header from a patient browser. Here the service says when a request is under way:
//!
//! - from the accept, or from the first byte of a further HTTP/1 request, until its header is complete: `header`;
//! - between requests, and for an HTTP/2 connection without open requests: `idle`;
//! - while a request is under way: none here (`layers` holds the limit of a whole request);
//! - while the peer does not read what we write: `idle`, from the last byte it took.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long a peer may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) header: Duration,
    pub(super) idle: Duration,
}

/// What the socket and the service of one connection tell each other.
#[derive(Debug)]
pub(super) struct Clock {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests whose handler has not answered.
    under_way: usize,
    /// A header has begun: the short limit counts, not the long one.
    header_begun: bool,
    /// HTTP/2 also reads between requests (settings, pings), which says nothing about a header.
    http2: bool,
    since: Instant,
}

impl Clock {
    pub(super) fn start(limits: Limits) -> Arc<Self> {
        let state = State { under_way: 0, header_begun: true, http2: false, since: Instant::now() };
        Arc::new(Self { limits, state: Mutex::new(state) })
    }

    /// A header is complete; the request is under way until the answer is dropped.
    pub(super) fn request(self: &Arc<Self>, version: Version) -> UnderWay {
        let mut state = self.state();
        state.under_way += 1;
        state.header_begun = false;
        state.http2 |= version == Version::HTTP_2;
        drop(state);
        UnderWay(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.under_way == 0 && !state.http2 && !state.header_begun {
            state.header_begun = true;
            state.since = Instant::now();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let limit = if state.header_begun { self.limits.header } else { self.limits.idle };
        (state.under_way == 0).then(|| state.since + limit)
    }
}

/// A request that is being answered.
pub(super) struct UnderWay(Arc<Clock>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way -= 1;
        state.since = Instant::now();
    }
}

/// A stream whose reads and writes fail with `TimedOut` at the clock's deadlines.
pub(super) struct Timed<S> {
    stream: S,
    clock: Arc<Clock>,
    read_alarm: Pin<Box<Sleep>>,
    write_alarm: Pin<Box<Sleep>>,
    write_stalled: bool,
}

impl<S> Timed<S> {
    pub(super) fn new(stream: S, clock: Arc<Clock>) -> Self {
        let alarm = || Box::pin(tokio::time::sleep(clock.limits.idle));
        Self { stream, read_alarm: alarm(), write_alarm: alarm(), clock, write_stalled: false }
    }

    /// Passes a write's outcome on, or fails it when nothing could be written for too long.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.write_stalled = false;
            return outcome;
        }
        if !self.write_stalled {
            self.write_stalled = true;
            self.write_alarm.as_mut().reset(Instant::now() + self.clock.limits.idle);
        }
        self.write_alarm.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before {
                self.clock.bytes_came();
            }
            return Poll::Ready(outcome);
        }
        let Some(deadline) = self.clock.deadline() else { return Poll::Pending };
        if self.read_alarm.deadline() != deadline {
            self.read_alarm.as_mut().reset(deadline);
        }
        self.read_alarm.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch_write(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch_write(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch_write(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch_write(cx, outcome)
    }
}
