//! What a connection may take its time for. Each connection keeps a few time stamps that its owner looks at now and then, so that a request
//! costs no timer.

use crate::config::Limits;
use hyper::body::Bytes;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long what a refused client still sends is thrown away, so that it sees the refusal.
const LINGER: Duration = Duration::from_secs(2);

/// A connection's time stamps, in milliseconds since it began, plus one; 0 is never.
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    /// Requests that run.
    running: AtomicU32,
    /// The last request ended.
    quiet: AtomicU64,
    /// The first bytes of a request came.
    head: AtomicU64,
    /// The client stopped taking the answer.
    blocked: AtomicU64,
    /// The end is said; what still comes is thrown away.
    closing: AtomicU64,
    /// The client still sends what was refused.
    linger: AtomicBool,
    /// Many requests at a time: only their number says whether it is idle.
    multiplexed: bool,
}

impl Pulse {
    /// Of a connection that began at a time.
    #[must_use]
    pub fn new(began: Instant, multiplexed: bool) -> Self {
        let head = AtomicU64::new(u64::from(!multiplexed));
        Self {
            began,
            running: AtomicU32::new(0),
            quiet: AtomicU64::new(1),
            head,
            blocked: AtomicU64::new(0),
            closing: AtomicU64::new(0),
            linger: AtomicBool::new(false),
            multiplexed,
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64 + 1
    }

    /// A request runs until the guard is dropped.
    #[must_use]
    pub fn begin(self: &Arc<Self>) -> Beat {
        self.running.fetch_add(1, Relaxed);
        self.head.store(0, Relaxed);
        Beat(self.clone())
    }

    /// The rest of a request is not wanted: let the client finish sending before the connection ends.
    pub fn refuse_rest(&self) {
        self.linger.store(true, Relaxed);
    }

    /// Why the connection should end now; none if it may go on.
    #[must_use]
    pub fn overdue(&self, limits: &Limits) -> Option<Overdue> {
        let now = self.now();
        let over = |since: u64, limit: Duration| {
            since != 0 && u128::from(now.saturating_sub(since)) >= limit.as_millis()
        };
        if over(self.blocked.load(Relaxed), limits.write_time) {
            return Some(Overdue::Write);
        }
        if over(self.closing.load(Relaxed), LINGER) {
            return Some(Overdue::Close);
        }
        if self.running.load(Relaxed) > 0 {
            return None;
        }
        match self.head.load(Relaxed) {
            0 if over(self.quiet.load(Relaxed), limits.idle_time) => Some(Overdue::Idle),
            0 => None,
            head if over(head, limits.header_time) => Some(Overdue::Head),
            _ => None,
        }
    }
}

/// Which time a connection used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// To send a request's headers.
    Head,
    /// To send another request.
    Idle,
    /// To take an answer.
    Write,
    /// To end.
    Close,
}

/// A request that runs.
#[derive(Debug)]
pub struct Beat(Arc<Pulse>);

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.quiet.store(self.0.now(), Relaxed);
        self.0.running.fetch_sub(1, Relaxed);
    }
}

/// A stream whose connection has a pulse.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    /// What was read of it before.
    begun: Bytes,
    pulse: Arc<Pulse>,
    received: prometheus::IntCounter,
    sent: prometheus::IntCounter,
}

impl<S> Watched<S> {
    /// Keeps the pulse and counts bytes, those of `begun` too, which were read before.
    pub fn new(
        stream: S,
        begun: Bytes,
        pulse: Arc<Pulse>,
        received: prometheus::IntCounter,
        sent: prometheus::IntCounter,
    ) -> Self {
        Self { stream, begun, pulse, received, sent }
    }

    fn written(&self, done: &Poll<io::Result<usize>>) {
        let pulse = &self.pulse;
        match done {
            Poll::Pending if pulse.blocked.load(Relaxed) == 0 => pulse.blocked.store(pulse.now(), Relaxed),
            Poll::Pending => {}
            Poll::Ready(done) => {
                pulse.blocked.store(0, Relaxed);
                self.sent.inc_by(*done.as_ref().unwrap_or(&0) as u64);
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if self.begun.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        } else {
            let count = self.begun.len().min(buf.remaining());
            buf.put_slice(&self.begun.split_to(count));
        }
        let count = buf.filled().len() - before;
        self.received.inc_by(count as u64);
        let pulse = &self.pulse;
        let begins = count > 0 && !pulse.multiplexed && pulse.head.load(Relaxed) == 0;
        if begins && pulse.running.load(Relaxed) == 0 {
            pulse.head.store(pulse.now(), Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(&done);
        done
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(&done);
        done
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Ends what is sent. Closing a socket with unread bytes resets it, and the client would not see why it was refused: those bytes are
    /// read and thrown away first.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pulse.closing.load(Relaxed) == 0 {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            if !self.pulse.linger.load(Relaxed) {
                return Poll::Ready(Ok(()));
            }
            self.pulse.closing.store(self.pulse.now(), Relaxed);
        }
        let mut waste = [0; 8192];
        loop {
            let mut waste = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut waste)) {
                Ok(()) if !waste.filled().is_empty() => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
