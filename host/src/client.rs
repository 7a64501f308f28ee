//! The operator's side of [`crate::http`]: a small client for `krl host`, `krl logs`, `krl push` and their like.

use crate::api::Operation;
use krl_vm::data::Data;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use std::fmt;
use std::time::Duration;
use url::Url;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for an answer, beside what the request itself asks to wait.
const ANSWER: Duration = Duration::from_secs(60);

/// How long a copy of a large store may take.
const BACKUP: Duration = Duration::from_secs(12 * 3600);

/// Asks a host what an operator may ask.
#[derive(Clone, Debug)]
pub struct Client {
    base: Url,
    token: HeaderValue,
    http: reqwest::Client,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The host's address is none.
    Address(String),
    /// The token has characters that no token has.
    Token,
    /// The certificate to trust is none.
    Certificate(String),
    /// Nobody answers there.
    Unreachable(String, String),
    /// The token is not the host's.
    Unauthorized(String),
    /// The host refuses: status, code, message, and what its compiler found, as text for people.
    Refused(u16, String, String, Vec<String>),
    /// What answers there is no host.
    NoHost(String, String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) => {
                write!(f, "`{text}` is not the address of a host; write for example `http://localhost:3000`")
            }
            Self::Token => f.write_str("the token has characters that no token has"),
            Self::Certificate(problem) => write!(f, "the certificate to trust cannot be used: {problem}"),
            Self::Unreachable(base, problem) => write!(f, "no host answers at {base}: {problem}"),
            Self::Unauthorized(base) => write!(
                f,
                "the host at {base} does not know this token; it is in `operator.token` in the host's data folder"
            ),
            Self::Refused(_, code, message, _) => write!(f, "{message} ({code})"),
            Self::NoHost(base, problem) => write!(f, "what answers at {base} is no KRL host: {problem}"),
        }
    }
}

impl std::error::Error for ClientError {}

/// A request of the operator API.
#[derive(Debug)]
struct Request {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    None,
    Json(Data),
    Bytes(Vec<u8>),
}

impl Client {
    /// A client of the host at an address. A certificate in PEM form is trusted instead of the system's authorities.
    ///
    /// # Errors
    /// An address, token or certificate that is none.
    pub fn new(base: &str, token: &str, certificate: Option<&[u8]>) -> Result<Self, ClientError> {
        let url = Url::parse(base.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let mut url = url.ok_or_else(|| ClientError::Address(base.into()))?;
        url.set_query(None);
        url.set_fragment(None);
        let mut header =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| ClientError::Token)?;
        header.set_sensitive(true);
        // Another part of the process may have chosen it already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().connect_timeout(CONNECT).no_proxy();
        if let Some(pem) = certificate {
            let trusted = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|e| ClientError::Certificate(e.to_string()))?;
            builder = builder.tls_certs_only(trusted);
        }
        let http = builder.build().map_err(|e| ClientError::Certificate(deepest(&e)))?;
        Ok(Self { base: url, token: header, http })
    }

    /// Asks.
    ///
    /// # Errors
    /// What the host refuses, or why it cannot be asked.
    pub async fn operate(&self, operation: Operation) -> Result<Data, ClientError> {
        let wait = if matches!(operation, Operation::Backup { .. }) { BACKUP } else { Duration::ZERO };
        self.send(request(operation), wait).await
    }

    /// Log entries of a cloud behind a position, oldest first; waits for the next if there is none.
    ///
    /// # Errors
    /// As [`Client::operate`].
    pub async fn follow(
        &self,
        id: &str,
        after: Option<String>,
        limit: usize,
        wait: Duration,
    ) -> Result<Data, ClientError> {
        let mut request = request(Operation::Logs { id: id.into(), after, limit });
        request.query.push(("wait", wait.as_secs_f64().to_string()));
        self.send(request, wait).await
    }

    async fn send(&self, request: Request, wait: Duration) -> Result<Data, ClientError> {
        let base = || self.base.as_str().trim_end_matches('/').to_owned();
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["host", "v1"]).extend(&request.path);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut sending = self
            .http
            .request(request.method, url)
            .header(AUTHORIZATION, self.token.clone())
            .timeout(ANSWER + wait);
        sending = match request.body {
            Body::None => sending,
            Body::Json(data) => sending.header(CONTENT_TYPE, "application/json").body(data.to_json()),
            Body::Bytes(bytes) => sending.header(CONTENT_TYPE, "application/octet-stream").body(bytes),
        };
        let unreachable = |e: reqwest::Error| ClientError::Unreachable(base(), deepest(&e));
        let answer = sending.send().await.map_err(unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(unreachable)?;
        match Data::parse(&text) {
            Ok(data) if status.is_success() => Ok(data),
            Ok(data) => Err(refused(status, &data, base())),
            Err(_) => Err(ClientError::NoHost(base(), format!("status {status}, and no JSON"))),
        }
    }
}

fn refused(status: StatusCode, data: &Data, base: String) -> ClientError {
    let field = |name: &str| data.as_map().and_then(|map| map.get(name)).and_then(Data::as_str);
    match (field("error"), field("code")) {
        (Some(_), Some("unauthorized")) => ClientError::Unauthorized(base),
        (Some(error), Some(code)) => {
            ClientError::Refused(status.as_u16(), code.into(), error.into(), findings(data))
        }
        _ => ClientError::NoHost(base, format!("status {status}")),
    }
}

fn findings(data: &Data) -> Vec<String> {
    let Some(Data::Array(findings)) = data.as_map().and_then(|map| map.get("findings")) else {
        return Vec::new();
    };
    let rendered = |finding: &Data| Some(finding.as_map()?.get("rendered")?.as_str()?.to_owned());
    findings.iter().filter_map(rendered).collect()
}

/// Does an address lead to this machine?
#[must_use]
pub fn is_local(base: &str) -> bool {
    let url = Url::parse(base.trim());
    match url.as_ref().ok().and_then(Url::host) {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The cause behind an error, where the words are that help.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The request that stands for an operation: the other half of `http::operator`.
fn request(operation: Operation) -> Request {
    let (get, post) = (Method::GET, Method::POST);
    let make = |method: Method, path: &[&str], body: Body| Request {
        method,
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        query: Vec::new(),
        body,
    };
    let text = |name: &str, value: &str| Body::Json(map([(name, Data::string(value))]));
    match operation {
        Operation::Owners => make(get, &["owners"], Body::None),
        Operation::CreateOwner { name } => make(post, &["owners"], text("name", &name)),
        Operation::Suspend { owner, suspended } => {
            make(post, &["owners", &owner, if suspended { "suspend" } else { "resume" }], Body::None)
        }
        Operation::Quota { owner, limits } => {
            make(Method::PUT, &["owners", &owner, "quota"], Body::Json(Data::Map(limits)))
        }
        Operation::Clouds { owner, after, limit } => {
            page(make(get, &["owners", &owner, "clouds"], Body::None), after, limit)
        }
        Operation::Cloud { id } => make(get, &["clouds", &id], Body::None),
        Operation::Logs { id, after, limit } => {
            page(make(get, &["clouds", &id, "logs"], Body::None), after, limit)
        }
        Operation::Trace { id } => make(get, &["traces", &id], Body::None),
        Operation::Flush { url } => make(post, &["flush"], text("url", &url)),
        Operation::Push { content } => make(post, &["rulesets"], Body::Bytes(content)),
        Operation::Install { id, url, config } => {
            let body = map([("url", Data::string(url)), ("config", config)]);
            make(post, &["clouds", &id, "rulesets"], Body::Json(body))
        }
        Operation::Backup { path } => make(post, &["backup"], text("path", &path)),
        Operation::Stats => make(get, &["stats"], Body::None),
    }
}

fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn page(mut request: Request, after: Option<String>, limit: usize) -> Request {
    request.query.extend(after.map(|after| ("after", after)));
    request.query.push(("limit", limit.to_string()));
    request
}
