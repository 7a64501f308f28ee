//! Events and queries on channels: the hot part of the interface.

use super::answer::{self, Answer, Refusal};
use super::attributes;
use super::body::{self, Allowance};
use super::route::{self, Parts, Route};
use crate::api::{Engine, Question, Signal};
use hyper::body::{Body, Bytes};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request;
use hyper::{StatusCode, Uri};
use krl_kernel::cloud::EventAnswer;
use krl_vm::data::{Data, DataMap};
use std::fmt::Write;

/// Bytes of a body that are read on the connection's own thread, which clouds and other connections share.
const LONG: usize = 64 << 10;

/// Carries [`Signal::id`] between hosts.
pub const EVENT_ID: &str = "krl-event-id";
/// Carries [`Question::hops`] and [`Signal::hops`] between hosts.
pub const HOPS: &str = "krl-hops";
/// Carries [`Question::waits`] and [`Signal::waits`] between hosts: for each event that waits for this request a word that only the host of its
/// cloud can read, with blanks between them.
pub const WAITS: &str = "krl-waits";

/// Does what a channel's route stands for.
///
/// # Errors
/// What the request lacks, or what the engine refuses.
pub async fn handle<E: Engine, B>(
    engine: &E,
    route: Route,
    parts: Parts<'_>,
    head: &request::Parts,
    body: B,
    allowance: Allowance,
) -> Result<Answer, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let [first, second, third, fourth, fifth] = parts;
    // What most requests do without stays out of the future, which each of them moves about.
    let body =
        if body.is_end_stream() { Bytes::new() } else { Box::pin(body::read(body, allowance)).await? };
    let attrs = if body.len() > LONG {
        Box::pin(attributes_apart(head, body)).await?
    } else {
        attributes(&head.uri, &head.headers, &body)?
    };
    match route {
        Route::Ask | Route::SkyCloud => ask(engine, question(first, second, third, attrs, head)?).await,
        Route::Fire => {
            let eid = engine.fire(signal(first, second, third, attrs, head)?).await?;
            Ok(answer::json(StatusCode::OK, &eid))
        }
        Route::SkyEvent => {
            let mut signal = signal(first, third, fourth, attrs, head)?;
            let eid = text(second)?;
            if eid != "none" {
                signal.attrs.entry("__eid".into()).or_insert_with(|| Data::string(eid));
            }
            for_browsers(&engine.signal(signal).await?)
        }
        Route::SignalThenAsk => {
            let question = Shaped::of(question(first, fourth, fifth, attrs.clone(), head)?);
            let signal = signal(first, second, third, attrs, head)?;
            shaped(question.shape, engine.signal_then_ask(signal, question.question).await?).await
        }
        _ => told(engine.signal(signal(first, second, third, attrs, head)?).await?).await,
    }
}

async fn ask<E: Engine>(engine: &E, question: Question) -> Result<Answer, Refusal> {
    let Shaped { question, shape } = Shaped::of(question);
    shaped(shape, engine.ask(question).await?).await
}

/// The answer of a query.
async fn shaped(shape: Shape, data: Data) -> Result<Answer, Refusal> {
    match answer::is_long([&data]) {
        true => apart(move || shape.answer(data)).await,
        false => shape.answer(data),
    }
}

/// What an event did.
async fn told(event: EventAnswer) -> Result<Answer, Refusal> {
    match answer::is_long(event.directives.iter().map(|directive| &directive.options)) {
        true => apart(move || Ok(answer::event(&event))).await,
        false => Ok(answer::event(&event)),
    }
}

/// Does work that takes long on another thread than this, which has others to serve.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        let message = "Error: the host stops; try again later";
        Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message))
    })
}

fn attributes(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<DataMap, Refusal> {
    let mut attrs = attributes::query_string(uri.query());
    attributes::add_body(&mut attrs, headers, body)?;
    attrs.insert(attributes::HEADERS.clone(), attributes::headers(headers));
    Ok(attrs)
}

async fn attributes_apart(head: &request::Parts, body: Bytes) -> Result<DataMap, Refusal> {
    let (uri, headers) = (head.uri.clone(), head.headers.clone());
    apart(move || attributes(&uri, &headers, &body)).await
}

fn text(part: &str) -> Result<String, Refusal> {
    let bad = |_| {
        let message = format!("URIError: Failed to decode param '{part}'");
        Refusal::new(StatusCode::BAD_REQUEST, "bad_path", message)
    };
    route::decode(part).map(Into::into).map_err(bad)
}

fn signal(
    eci: &str,
    domain: &str,
    name: &str,
    attrs: DataMap,
    head: &request::Parts,
) -> Result<Signal, Refusal> {
    let id = header(head, EVENT_ID).map(str::to_owned);
    let (hops, waits) = trail(head);
    Ok(Signal { eci: text(eci)?, domain: text(domain)?, name: text(name)?, attrs, id, hops, waits })
}

fn header<'a>(head: &'a request::Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

/// What led to a request.
fn trail(head: &request::Parts) -> (u32, String) {
    let hops = header(head, HOPS).and_then(|n| n.parse().ok()).unwrap_or(0);
    (hops, header(head, WAITS).unwrap_or_default().to_owned())
}

fn question(
    eci: &str,
    rid: &str,
    name: &str,
    args: DataMap,
    head: &request::Parts,
) -> Result<Question, Refusal> {
    let (hops, waits) = trail(head);
    Ok(Question { eci: text(eci)?, rid: text(rid)?, name: text(name)?, args, hops, waits })
}

/// A question without the suffix that says which form its answer has.
struct Shaped {
    question: Question,
    shape: Shape,
}

impl Shaped {
    fn of(mut question: Question) -> Self {
        let shape = match question.name.split_once('.').map(|(name, suffix)| (name.len(), suffix)) {
            None => Shape::Json,
            Some((end, suffix)) => {
                let shape = match suffix {
                    "html" => Shape::Html,
                    "txt" => Shape::Text,
                    _ => Shape::Json,
                };
                question.name.truncate(end);
                shape
            }
        };
        Self { question, shape }
    }
}

/// The form of a query's answer.
#[derive(Clone, Copy)]
enum Shape {
    Json,
    Html,
    Text,
}

impl Shape {
    fn answer(self, data: Data) -> Result<Answer, Refusal> {
        let kind = match self {
            Self::Json => return Ok(answer::json(StatusCode::OK, &data)),
            Self::Html => answer::HTML,
            Self::Text => answer::TEXT,
        };
        let text = match data {
            Data::String(text) => Bytes::copy_from_slice(text.as_bytes()),
            Data::Null | Data::Bool(false) => Bytes::new(),
            Data::Number(0.0) => Bytes::new(),
            _ => {
                return Err(Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "no_text",
                    "TypeError: a query with the suffix .html or .txt must answer a String",
                ));
            }
        };
        Ok(answer::bytes(StatusCode::OK, kind, text))
    }
}

/// An event's answer with what the directives `_cookie` and `_redirect` ask of a browser.
fn for_browsers(event: &EventAnswer) -> Result<Answer, Refusal> {
    let option = |name: &'static str, option: &'static str| {
        let named = event.directives.iter().filter(move |d| d.name.as_str() == Some(name));
        named.filter_map(move |d| d.options.as_map()?.get(option)?.as_str())
    };
    let mut answer = match option("_redirect", "url").next() {
        Some(url) if event.errors.is_empty() => redirect(url)?,
        _ => answer::event(event),
    };
    for cookie in option("_cookie", "cookie") {
        let value = HeaderValue::from_str(cookie).map_err(|_| bad_directive("_cookie"))?;
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(answer)
}

fn redirect(url: &str) -> Result<Answer, Refusal> {
    let mut ascii = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_graphic() {
            ascii.push(char::from(byte));
        } else {
            write!(ascii, "%{byte:02X}").map_err(|_| bad_directive("_redirect"))?;
        }
    }
    let location = HeaderValue::from_str(&ascii).map_err(|_| bad_directive("_redirect"))?;
    let mut answer = Answer::default();
    *answer.status_mut() = StatusCode::FOUND;
    answer.headers_mut().insert(header::LOCATION, location);
    Ok(answer)
}

fn bad_directive(name: &str) -> Refusal {
    let message = format!("Error: the directive {name} has characters that no header can have");
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "bad_directive", message)
}

/// The few first characters of a channel's id: enough to tell channels apart in a log, not enough to use one.
#[must_use]
pub fn prefix(eci: &str) -> &str {
    eci.char_indices().nth(6).map_or(eci, |(at, _)| eci.get(..at).unwrap_or(eci))
}
