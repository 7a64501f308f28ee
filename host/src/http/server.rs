//! Accepts connections, and ends them when the host stops.

use super::connection::{self, Encryption, Moving, Opened};
use super::metrics::Metrics;
use super::service::Shared;
use super::tls::{self, TlsError};
use super::token::{self, Token, TokenError};
use crate::api::Engine;
use crate::config::Settings;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};

/// How long to wait when the system has no more sockets to give.
const PAUSE: Duration = Duration::from_millis(50);

/// The network surface of an engine.
#[derive(Debug)]
pub struct Server;

/// A server that accepts connections. Dropping it lets it run on.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<Stopped>,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// Connections that were cut because their requests were not done in time.
    pub cut: usize,
}

/// Why a server does not start.
#[derive(Debug)]
pub enum StartError {
    /// The address cannot be listened on.
    Listen(String, io::Error),
    /// Certificate or key.
    Tls(TlsError),
    /// The operator's token.
    Token(TokenError),
    /// The folder of the developer UI is none.
    Ui(std::path::PathBuf),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, e) if e.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "another program listens on {address} already; choose another `port`")
            }
            Self::Listen(address, e) => write!(f, "cannot listen on {address}: {e}"),
            Self::Tls(e) => e.fmt(f),
            Self::Token(e) => e.fmt(f),
            Self::Ui(path) => write!(f, "{}: `ui` must be a folder of static files", path.display()),
        }
    }
}

impl std::error::Error for StartError {}

impl Server {
    /// Starts to accept connections for the engine. Must be called within a runtime of tokio.
    ///
    /// # Errors
    /// An address, certificate, token file or folder that cannot be used.
    pub async fn start<E: Engine>(
        settings: &Settings,
        engine: Arc<E>,
        metrics: Metrics,
    ) -> Result<Running, StartError> {
        let tls = settings.tls.as_ref().map(tls::acceptor).transpose().map_err(StartError::Tls)?;
        if let Some(ui) = settings.ui.as_ref().filter(|ui| !ui.is_dir()) {
            return Err(StartError::Ui(ui.clone()));
        }
        let token = token::read_or_make(&settings.home).map_err(StartError::Token)?;
        let host = settings.address.trim_start_matches('[').trim_end_matches(']');
        let failed = |e| StartError::Listen(format!("{}:{}", settings.address, settings.port), e);
        let listener = TcpListener::bind((host, settings.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopping) = watch::channel(false);
        let token = Token::new(&token);
        let shared = Arc::new(Shared { engine, settings: settings.clone(), metrics, token, stopping });
        let task = tokio::spawn(accept(listener, tls, shared));
        Ok(Running { address, stop, task })
    }
}

impl Running {
    /// The address it listens on, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets running requests finish until the deadline in the settings, then cuts them.
    pub async fn shutdown(self) -> Stopped {
        self.stop.send_replace(true);
        self.task.await.unwrap_or_default()
    }
}

async fn accept<E: Engine>(listener: TcpListener, tls: Encryption, shared: Arc<Shared<E>>) -> Stopped {
    let mut connections: JoinSet<Option<Moving<E>>> = JoinSet::new();
    let places = Arc::new(Semaphore::new(shared.settings.limits.connections));
    let mut stopping = shared.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                go_on(&mut connections, ended);
                continue;
            }
            _ = stopping.wait_for(|stops| *stops) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                tracing::warn!(error = %e, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            shared.metrics.connection_refused();
            let refusal = refuse(stream, tls.is_some());
            connections.spawn(async move {
                refusal.await;
                None
            });
            continue;
        };
        let opened = Opened::new(peer, place, shared.clone());
        connections.spawn(connection::run(stream, tls.clone(), opened));
    }
    drop(listener);
    let all = async {
        while let Some(ended) = connections.join_next().await {
            go_on(&mut connections, ended);
        }
    };
    let in_time = tokio::time::timeout(shared.settings.limits.shutdown_time, all).await.is_ok();
    let cut = connections.len();
    connections.shutdown().await;
    if !in_time {
        tracing::warn!(cut, "connections were cut: their requests were not done in time");
    }
    Stopped { cut }
}

/// A connection that ended, or that goes on where it is served best.
fn go_on<E: Engine>(
    connections: &mut JoinSet<Option<Moving<E>>>,
    ended: Result<Option<Moving<E>>, JoinError>,
) {
    if let Ok(Some(moving)) = ended {
        let home = moving.home.clone();
        connections.spawn_on(moving.run(), &home);
    }
}

/// Tells a client that there are too many. An encrypted connection just ends: it is not worth a handshake.
async fn refuse(mut stream: TcpStream, encrypted: bool) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
        retry-after: 1\r\nconnection: close\r\ncontent-length: 72\r\n\r\n\
        {\"error\":\"Error: the host has too many connections\",\"code\":\"overloaded\"}";
    if encrypted {
        return;
    }
    let tell = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        // Bytes that nobody read would reset the connection before the client sees why.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Whether the client saw it makes no difference.
    let _ = tokio::time::timeout(Duration::from_secs(1), tell).await;
}
