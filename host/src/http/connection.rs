//! One connection: encryption, the protocol, and the times it may take.

use super::answer::Answer;
use super::pulse::{Pulse, Watched};
use super::service::{self, Shared};
use crate::api::Engine;
use crate::config::Limits;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// What encrypts connections; none: plain.
pub type Encryption = Option<TlsAcceptor>;

/// The least buffer that hyper takes for a request's headers.
const LEAST_BUFFER: usize = 8 << 10;

/// Serves a connection until it ends.
pub async fn run<E: Engine>(stream: TcpStream, peer: SocketAddr, tls: Encryption, shared: Arc<Shared<E>>) {
    let _open = shared.metrics.connection();
    if let Err(e) = stream.set_nodelay(true) {
        tracing::debug!(error = %e, "a connection keeps its delay");
    }
    let Some(tls) = tls else {
        let connection = Connection::new(stream, peer, false, shared);
        return connection.http1().await;
    };
    match tokio::time::timeout(shared.settings.limits.header_time, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let connection = Connection::new(stream, peer, http2, shared);
            if http2 { connection.http2().await } else { connection.http1().await }
        }
        Ok(Err(e)) => tracing::debug!(%peer, error = %e, "a connection was not encrypted"),
        Err(_) => tracing::debug!(%peer, "a connection was not encrypted in time"),
    }
}

struct Connection<S, E> {
    stream: TokioIo<Watched<S>>,
    pulse: Arc<Pulse>,
    peer: SocketAddr,
    shared: Arc<Shared<E>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static, E: Engine> Connection<S, E> {
    fn new(stream: S, peer: SocketAddr, multiplexed: bool, shared: Arc<Shared<E>>) -> Self {
        let pulse = Arc::new(Pulse::new(multiplexed));
        let (received, sent) = shared.metrics.bytes();
        let stream = TokioIo::new(Watched::new(stream, pulse.clone(), received, sent));
        Self { stream, pulse, peer, shared }
    }

    async fn http1(self) {
        let Self { stream, pulse, peer, shared } = self;
        let limits = &shared.settings.limits;
        let connection = http1::Builder::new()
            .half_close(true)
            .header_read_timeout(None)
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes.max(LEAST_BUFFER))
            .serve_connection(stream, service(&shared, &pulse, peer));
        watch(connection, &pulse, &shared, http1::Connection::graceful_shutdown).await;
    }

    async fn http2(self) {
        let Self { stream, pulse, peer, shared } = self;
        let limits = &shared.settings.limits;
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(Some(limits.idle_time))
            .serve_connection(stream, service(&shared, &pulse, peer));
        watch(connection, &pulse, &shared, http2::Connection::graceful_shutdown).await;
    }
}

type Answered = Result<Response<http_body_util::Full<hyper::body::Bytes>>, Infallible>;

/// What answers the requests of a connection.
fn service<E: Engine>(
    shared: &Arc<Shared<E>>,
    pulse: &Arc<Pulse>,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Answer,
    Error = Infallible,
    Future = impl Future<Output = Answered> + Send + use<E>,
> + use<E> {
    let (shared, pulse) = (shared.clone(), pulse.clone());
    service_fn(move |request| {
        let serving = service::serve(shared.clone(), pulse.clone(), peer, request);
        async move { Ok(serving.await) }
    })
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
