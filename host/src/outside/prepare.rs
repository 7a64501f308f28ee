//! The arguments of `http:*` → a request (krl-runtime.md §5.4). Nothing here touches the network.

use super::encode::{encode, text};
use super::transport::{Body, Redirects, Request};
use crate::http::{HOPS, WAITS};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krl_vm::data::{Data, DataMap};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use std::sync::Arc;
use url::Url;

/// What the reference calls itself; servers may know it.
const AGENT: HeaderValue = HeaderValue::from_static("pico-engine-core-http");

/// Headers that belong to the connection, not to the program: with them it could make two servers disagree where a request ends.
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request that is ready to be sent, and what is to happen with its answer.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The request; or why it cannot be sent, which the answer will say (decision R9).
    pub(super) request: Result<Request, String>,
    /// Is the content to be decoded?
    pub(super) parse_json: bool,
    /// The member of `http` that was called: the type of the event to raise.
    pub method: Arc<str>,
    /// The label of the event `http:METHOD` to raise with the answer.
    pub autoraise: Option<Arc<str>>,
    /// Where to send the answer as an event; then nobody waits for it.
    pub autosend: Option<Autosend>,
}

impl Prepared {
    /// Tells the other side what led to the request: how many clouds, and the events that wait for it. A program cannot say otherwise.
    #[must_use]
    pub fn led_to_by(mut self, hops: u32, waits: &str) -> Self {
        if let Ok(request) = &mut self.request {
            request.headers.insert(HOPS, hops.into());
            match HeaderValue::from_str(waits) {
                Ok(waits) if !waits.is_empty() => drop(request.headers.insert(WAITS, waits)),
                _ => drop(request.headers.remove(WAITS)),
            }
        }
        self
    }
}

/// The event that carries an answer. Its attributes are these, merged with the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Autosend {
    /// The channel.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its own attributes.
    pub attrs: DataMap,
}

/// Prepares `http:METHOD(args)`; `args` in the order of the parameters, absent ones null.
///
/// # Errors
/// Arguments that no request can be made of; the text is the KRL error.
pub fn prepare(method: &str, args: &[Data], limit: usize) -> Result<Prepared, String> {
    let verb = match method {
        "get" => Method::GET,
        "head" => Method::HEAD,
        "post" => Method::POST,
        "put" => Method::PUT,
        "patch" => Method::PATCH,
        "delete" => Method::DELETE,
        _ => return Err(format!("http:{method} is not a function/action")),
    };
    let arg = |at: usize| args.get(at).unwrap_or(&Data::Null);
    let url = match arg(0) {
        Data::String(url) => url,
        Data::Null => return Err(format!("http:{method} needs a url string")),
        other => return Err(format!("http:{method} was given {} instead of a url string", text(other))),
    };
    let autosend = autosend(method, arg(9))?;
    let redirects = if *arg(10) == Data::Bool(true) { Redirects::Stop } else { Redirects::Follow };
    let (content_type, body) = body(arg(3), arg(5), arg(6));
    let request = target(url, arg(1)).and_then(|url| {
        let headers = headers(content_type, arg(2), arg(4))?;
        Ok(Request { method: verb, url, headers, body, redirects, answer: Body::Whole { limit } })
    });
    let autoraise = match arg(8) {
        Data::Null | Data::Bool(false) => None,
        label => Some(text(label).into()),
    };
    let parse_json = *arg(7) == Data::Bool(true);
    Ok(Prepared { request, parse_json, method: method.into(), autoraise, autosend })
}

/// The URL with its query string, which is appended even behind another one, as the reference does.
fn target(url: &str, query: &Data) -> Result<Url, String> {
    let whole = match query {
        Data::Map(entries) => format!("{url}?{}", encode(entries)),
        _ => url.to_owned(),
    };
    let url = Url::parse(whole.trim()).map_err(|e| format!("the url cannot be read: {e}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("no request can be sent to a url with the scheme `{other}`")),
    }
}

/// `body`, else `json`, else `form`, and the type of its content.
fn body(body: &Data, json: &Data, form: &Data) -> (Option<&'static str>, Option<Vec<u8>>) {
    match (body, json, form) {
        (Data::Null, Data::Null, Data::Map(form)) => {
            (Some("application/x-www-form-urlencoded"), Some(encode(form).into_bytes()))
        }
        (Data::Null, Data::Null, _) => (None, None),
        (Data::Null, json, _) => (Some("application/json"), Some(json.to_json().into_bytes())),
        (body, ..) => (None, Some(text(body).into_bytes())),
    }
}

/// Those of the program over our own; credentials over both.
fn headers(content_type: Option<&'static str>, given: &Data, auth: &Data) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, AGENT);
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in given.as_map().into_iter().flatten() {
        let name: HeaderName =
            name.parse().map_err(|_| format!("`{name}` cannot be the name of a header"))?;
        if *value == Data::Null || OF_THE_CONNECTION.contains(&name.as_str()) {
            continue;
        }
        let value = HeaderValue::from_bytes(text(value).as_bytes()).map_err(|_| {
            format!("the value of the header `{name}` has characters that no header may have")
        })?;
        headers.insert(name, value);
    }
    if let Some(auth) = auth.as_map() {
        let part =
            |name: &str| auth.get(name).filter(|part| **part != Data::Null).map(text).unwrap_or_default();
        let pair = STANDARD.encode(format!("{}:{}", part("username"), part("password")));
        let mut value = HeaderValue::from_str(&format!("Basic {pair}")).map_err(|e| e.to_string())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn autosend(method: &str, given: &Data) -> Result<Option<Autosend>, String> {
    if *given == Data::Null {
        return Ok(None);
    }
    let text_of = |name: &str| match given.as_map().and_then(|event| event.get(name)) {
        Some(Data::String(text)) => Ok(text.clone()),
        _ => Err(format!("http:{method} needs autosend to be a map with eci, domain and name")),
    };
    let (eci, domain, name) = (text_of("eci")?, text_of("domain")?, text_of("name")?);
    let data = given.as_map().and_then(|event| event.get("data")?.as_map());
    let attrs = data.and_then(|data| data.get("attrs")?.as_map()).cloned().unwrap_or_default();
    Ok(Some(Autosend { eci, domain, name, attrs }))
}

#[cfg(test)]
mod tests;
