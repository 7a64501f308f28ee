//! One HTTP exchange within limits: guarded addresses, time-outs, a most size of the answer, a most number of redirects.

use super::guard::{Allow, Guard, Refused};
use hyper::ext::ReasonPhrase;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Method, Proxy, Response, StatusCode};
use std::error::Error;
use std::fmt;
use std::time::Duration;
use url::Url;

/// How to reach the outside.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// What may be reached besides the public internet.
    pub allow: Vec<Allow>,
    /// Authorities to trust besides those of the system: PEM texts with any number of certificates.
    pub extra_roots: Vec<Vec<u8>>,
    /// A proxy for all requests; it then resolves names, and must itself be one that may be reached.
    pub proxy: Option<String>,
    /// Longest time of one exchange, redirects included.
    pub total: Duration,
    /// Longest time to connect.
    pub connect: Duration,
    /// Most redirects that are followed.
    pub redirects: usize,
    /// The header `user-agent` where a request has none.
    pub user_agent: String,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            extra_roots: Vec::new(),
            proxy: None,
            total: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            redirects: 10,
            user_agent: concat!("krl/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Are redirects followed?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// They are followed.
    #[default]
    Follow,
    /// They are answers.
    Stop,
}

/// What to send.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Are redirects followed?
    pub redirects: Redirects,
    /// What is wanted of the answer's body.
    pub answer: Body,
}

/// What is wanted of the body of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Whole {
        /// Most bytes; more are a failure.
        limit: usize,
    },
    /// Nothing; it is not waited for.
    Ignored,
}

impl Request {
    /// A GET request.
    #[must_use]
    pub fn get(url: Url, limit: usize) -> Self {
        let (headers, redirects) = (HeaderMap::new(), Redirects::Follow);
        Self { method: Method::GET, url, headers, body: None, redirects, answer: Body::Whole { limit } }
    }
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// What the server calls the status.
    pub reason: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why there is no answer. The text never holds a URL, which may hold credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The computer may not be reached.
    Refused(Refused),
    /// It took too long.
    Timeout,
    /// There is no connection; the text says why.
    Connect(String),
    /// The answer is larger than allowed.
    TooLarge {
        /// Most bytes.
        limit: usize,
    },
    /// Too many redirects.
    Redirect(String),
    /// The connection broke, or what came is not HTTP.
    Broken(String),
    /// The settings cannot work.
    Settings(String),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Connect(why) => write!(f, "no connection: {why}"),
            Self::TooLarge { limit } => write!(f, "the answer is larger than {limit} bytes"),
            Self::Redirect(why) => write!(f, "not redirected: {why}"),
            Self::Broken(why) => write!(f, "the exchange failed: {why}"),
            Self::Settings(why) => write!(f, "cannot set up requests: {why}"),
        }
    }
}

impl Error for TransportError {}

/// Speaks HTTP. Clones share connections.
#[derive(Clone, Debug)]
pub struct Transport {
    guard: Guard,
    following: reqwest::Client,
    stopping: reqwest::Client,
    total: Duration,
}

impl Transport {
    /// Makes one.
    ///
    /// # Errors
    /// [`TransportError::Settings`]: certificates or a proxy that cannot be read.
    pub fn new(config: &TransportConfig) -> Result<Self, TransportError> {
        // `reqwest` takes the process's provider of cryptography; a second one is refused, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(config.allow.clone());
        let following = client(config, &guard, Redirects::Follow)?;
        let stopping = client(config, &guard, Redirects::Stop)?;
        Ok(Self { guard, following, stopping, total: config.total })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`]; a status that tells of an error is none.
    pub async fn exchange(&self, request: Request) -> Result<Reply, TransportError> {
        self.guard.url(&request.url).map_err(TransportError::Refused)?;
        tokio::time::timeout(self.total, self.exchange_untimed(request))
            .await
            .unwrap_or(Err(TransportError::Timeout))
    }

    async fn exchange_untimed(&self, request: Request) -> Result<Reply, TransportError> {
        let client = match request.redirects {
            Redirects::Follow => &self.following,
            Redirects::Stop => &self.stopping,
        };
        let mut outgoing = client.request(request.method, request.url).headers(request.headers);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let mut response = outgoing.send().await.map_err(explain)?;
        let body = match request.answer {
            Body::Whole { limit } => read(&mut response, limit).await?,
            Body::Ignored => Vec::new(),
        };
        let status = response.status();
        let own = response.extensions().get::<ReasonPhrase>();
        let reason = match own {
            Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            None => status.canonical_reason().unwrap_or_default().to_owned(),
        };
        Ok(Reply { status, reason, headers: std::mem::take(response.headers_mut()), body })
    }

    /// Longest time of one exchange.
    pub(super) fn total(&self) -> Duration {
        self.total
    }
}

async fn read(response: &mut Response, limit: usize) -> Result<Vec<u8>, TransportError> {
    let too_large = TransportError::TooLarge { limit };
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(explain)? {
        if body.len() + chunk.len() > limit {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A client for requests that follow redirects, or for those that do not.
fn client(
    config: &TransportConfig,
    guard: &Guard,
    redirects: Redirects,
) -> Result<reqwest::Client, TransportError> {
    let mut roots = Vec::new();
    for pem in &config.extra_roots {
        roots.extend(Certificate::from_pem_bundle(pem).map_err(settings)?);
    }
    let with_system = builder(config, guard, redirects)?.tls_certs_merge(roots.clone()).build();
    match with_system {
        // A system without certificates can still reach servers without TLS; the others it cannot trust.
        Err(error) if roots.is_empty() => {
            tracing::warn!(
                reason = reason(&error),
                "no certificates of the system: https requests will fail"
            );
            builder(config, guard, redirects)?.tls_certs_only([]).build().map_err(settings)
        }
        other => other.map_err(settings),
    }
}

fn builder(
    config: &TransportConfig,
    guard: &Guard,
    redirects: Redirects,
) -> Result<ClientBuilder, TransportError> {
    let policy = match redirects {
        Redirects::Follow => follow(guard.clone(), config.redirects),
        Redirects::Stop => Policy::none(),
    };
    // Proxies of the environment are not for programs: the operator names one in the configuration.
    let builder = reqwest::Client::builder()
        .user_agent(&config.user_agent)
        .connect_timeout(config.connect)
        .redirect(policy)
        .referer(false)
        .no_proxy()
        .dns_resolver(GuardedResolver(guard.clone()));
    match &config.proxy {
        Some(proxy) => Ok(builder.proxy(Proxy::all(proxy).map_err(settings)?)),
        None => Ok(builder),
    }
}

/// Follows redirects to servers that may be reached. Those to anything but the web never come here: they are answers.
fn follow(guard: Guard, most: usize) -> Policy {
    Policy::custom(move |attempt| {
        if attempt.previous().len() > most {
            return attempt.error(format!("more than {most} redirects"));
        }
        match guard.url(attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(refused) => attempt.error(refused),
        }
    })
}

/// Resolves names to those of their addresses that may be reached.
struct GuardedResolver(Guard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let reachable = guard.resolved(name.as_str(), found)?;
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

fn settings(error: reqwest::Error) -> TransportError {
    TransportError::Settings(reason(&error))
}

fn explain(error: reqwest::Error) -> TransportError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(refused) = current.downcast_ref::<Refused>() {
            return TransportError::Refused(refused.clone());
        }
        cause = current.source();
    }
    match error {
        _ if error.is_timeout() => TransportError::Timeout,
        _ if error.is_redirect() => TransportError::Redirect(reason(&error)),
        _ if error.is_connect() => TransportError::Connect(reason(&error)),
        _ => TransportError::Broken(reason(&error)),
    }
}

/// The innermost cause: outer ones repeat it, or hold the URL.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut text = None;
    while let Some(current) = cause {
        text = Some(current.to_string());
        cause = current.source();
    }
    text.unwrap_or_else(|| "the request cannot be sent".to_owned())
}
