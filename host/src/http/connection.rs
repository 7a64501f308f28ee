//! One connection: encryption, the protocol, and the times it may take.

use super::answer::Answer;
use super::metrics::Count;
use super::pulse::{Pulse, Watched};
use super::route;
use super::service::{self, Shared};
use crate::api::Engine;
use crate::config::Limits;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;

/// What encrypts connections; none: plain.
pub type Encryption = Option<TlsAcceptor>;

/// The least buffer that hyper takes for a request's headers.
const LEAST_BUFFER: usize = 8 << 10;

/// A connection that was accepted.
pub struct Opened<E> {
    peer: SocketAddr,
    at: Instant,
    shared: Arc<Shared<E>>,
    /// Held until it ends.
    _place: OwnedSemaphorePermit,
    _open: Count,
}

impl<E: Engine> Opened<E> {
    /// It takes a place among those that may be open.
    pub fn new(peer: SocketAddr, place: OwnedSemaphorePermit, shared: Arc<Shared<E>>) -> Self {
        let open = shared.metrics.connection();
        Self { peer, at: Instant::now(), shared, _place: place, _open: open }
    }
}

/// A connection that goes on in another runtime, and what it has sent so far.
pub struct Moving<E> {
    pub home: Handle,
    stream: std::net::TcpStream,
    begun: Bytes,
    opened: Opened<E>,
}

impl<E: Engine> Moving<E> {
    /// Serves it until it ends, in the runtime that is its home.
    pub async fn run(self) -> Option<Self> {
        match TcpStream::from_std(self.stream) {
            Ok(stream) => Connection::new(stream, self.begun, false, self.opened).http1().await,
            Err(e) => tracing::warn!(error = %e, "a connection was lost"),
        }
        None
    }
}

/// Serves a connection until it ends, or until it is known where it is served best.
pub async fn run<E: Engine>(mut stream: TcpStream, tls: Encryption, opened: Opened<E>) -> Option<Moving<E>> {
    if let Err(e) = stream.set_nodelay(true) {
        tracing::debug!(error = %e, "a connection keeps its delay");
    }
    let Some(tls) = tls else {
        let begun = first_bytes(&mut stream, &opened.shared).await?;
        let home = channel(&begun).and_then(|eci| opened.shared.engine.home(eci));
        let Some(home) = home else {
            Connection::new(stream, begun, false, opened).http1().await;
            return None;
        };
        let stream = stream.into_std().ok()?;
        return Some(Moving { home, stream, begun, opened });
    };
    match tokio::time::timeout(opened.shared.settings.limits.header_time, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let connection = Connection::new(stream, Bytes::new(), http2, opened);
            if http2 { connection.http2().await } else { connection.http1().await }
        }
        Ok(Err(e)) => tracing::debug!(peer = %opened.peer, error = %e, "a connection was not encrypted"),
        Err(_) => tracing::debug!(peer = %opened.peer, "a connection was not encrypted in time"),
    }
    None
}

/// What a client sends first; none if it sends nothing in time, or the host stops.
async fn first_bytes<E>(stream: &mut TcpStream, shared: &Shared<E>) -> Option<Bytes> {
    let mut stopping = shared.stopping.clone();
    let mut bytes = Vec::with_capacity(LEAST_BUFFER);
    tokio::select! {
        biased;
        read = tokio::time::timeout(shared.settings.limits.header_time, stream.read_buf(&mut bytes)) => {
            let count = read.ok()?.ok()?;
            (count > 0).then(|| bytes.into())
        }
        _ = stopping.wait_for(|stops| *stops) => None,
    }
}

/// The channel that the first line of a request names, if it is all there.
fn channel(begun: &[u8]) -> Option<&str> {
    let line = begun.split(|byte| *byte == b'\r').next().filter(|line| line.len() < begun.len())?;
    let target = std::str::from_utf8(line).ok()?.split(' ').nth(1)?;
    let (route, [first, ..]) = route::find(target.split('?').next()?)?;
    route.is_channels().then_some(first)
}

struct Connection<S, E> {
    stream: TokioIo<Watched<S>>,
    pulse: Arc<Pulse>,
    opened: Opened<E>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static, E: Engine> Connection<S, E> {
    fn new(stream: S, begun: Bytes, multiplexed: bool, opened: Opened<E>) -> Self {
        let pulse = Arc::new(Pulse::new(opened.at, multiplexed));
        let (received, sent) = opened.shared.metrics.bytes();
        let stream = TokioIo::new(Watched::new(stream, begun, pulse.clone(), received, sent));
        Self { stream, pulse, opened }
    }

    async fn http1(self) {
        let Self { stream, pulse, opened } = self;
        let shared = &opened.shared;
        let limits = &shared.settings.limits;
        let connection = http1::Builder::new()
            .half_close(true)
            .header_read_timeout(None)
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes.max(LEAST_BUFFER))
            .serve_connection(stream, service(shared, &pulse, opened.peer));
        watch(connection, &pulse, shared, http1::Connection::graceful_shutdown).await;
    }

    async fn http2(self) {
        let Self { stream, pulse, opened } = self;
        let shared = &opened.shared;
        let limits = &shared.settings.limits;
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(Some(limits.idle_time))
            .serve_connection(stream, service(shared, &pulse, opened.peer));
        watch(connection, &pulse, shared, http2::Connection::graceful_shutdown).await;
    }
}

/// What answers the requests of a connection.
fn service<E: Engine>(
    shared: &Arc<Shared<E>>,
    pulse: &Arc<Pulse>,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Answer,
    Error = Infallible,
    Future = impl Future<Output = Result<Answer, Infallible>> + Send + use<E>,
> + use<E> {
    let (shared, pulse) = (shared.clone(), pulse.clone());
    service_fn(move |request| service::serve(shared.clone(), pulse.clone(), peer, request))
}

/// Drives a connection; ends it when it takes too long or the host stops.
async fn watch<C, E>(
    connection: C,
    pulse: &Pulse,
    shared: &Shared<E>,
    graceful_shutdown: impl Fn(Pin<&mut C>),
) where
    C: Future<Output = hyper::Result<()>>,
{
    let limits = &shared.settings.limits;
    let mut connection = pin!(connection);
    let mut stopping = shared.stopping.clone();
    let mut stops = pin!(stopping.wait_for(|stops| *stops));
    let mut stopped = false;
    let mut look = tokio::time::interval(interval(limits));
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => {
                if let Err(e) = ended {
                    tracing::debug!(error = %e, "a connection broke");
                }
                return;
            }
            _ = &mut stops, if !stopped => {
                stopped = true;
                graceful_shutdown(connection.as_mut());
            }
            _ = look.tick() => {
                if let Some(overdue) = pulse.overdue(limits) {
                    tracing::debug!(?overdue, "a connection took too long");
                    return;
                }
            }
        }
    }
}

/// How often a connection's time stamps are looked at.
fn interval(limits: &Limits) -> Duration {
    let shortest = limits.header_time.min(limits.idle_time).min(limits.write_time);
    (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
}
