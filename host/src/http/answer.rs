//! Responses: JSON written directly from what the kernel answers, refusals (decision H1), and the headers each response has.

use crate::api::Problem;
use crate::registry::Finding;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use krl_kernel::cloud::{Directive, EventAnswer, RuntimeError};
use krl_vm::data::Data;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A whole response.
pub type Answer = Response<Full<Bytes>>;

/// `application/json`
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// `text/html`
pub const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// `text/plain`
pub const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Bytes, roughly, of a long answer.
const LONG: usize = 64 << 10;

/// Why a request is refused before the engine sees it, or by the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// A stable word.
    pub code: &'static str,
    /// With its class: `Error: ECI not found x`.
    pub message: Cow<'static, str>,
    /// What the compiler found in a ruleset, if that is why.
    pub findings: Vec<Finding>,
}

impl Refusal {
    /// A refusal.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), findings: Vec::new() }
    }

    /// The response.
    #[must_use]
    pub fn answer(&self) -> Answer {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            code: &'a str,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            findings: &'a [Finding],
        }
        json(self.status, &Body { error: &self.message, code: self.code, findings: &self.findings })
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { findings: problem.findings, ..Self::new(status, problem.code, problem.message) }
    }
}

/// Are these so long that others had better not wait while they are written?
pub fn is_long<'a>(all: impl IntoIterator<Item = &'a Data>) -> bool {
    let mut left = LONG;
    !all.into_iter().all(|data| fits(data, &mut left))
}

/// Takes what a value takes, roughly, from what is left; false if there is not so much.
fn fits(data: &Data, left: &mut usize) -> bool {
    let own = match data {
        Data::String(text) => text.len(),
        _ => 8,
    };
    let Some(rest) = left.checked_sub(own) else { return false };
    *left = rest;
    match data {
        Data::Array(items) => items.iter().all(|item| fits(item, left)),
        Data::Map(entries) => entries.values().all(|value| fits(value, left)),
        _ => true,
    }
}

/// A response of bytes.
pub fn bytes(status: StatusCode, kind: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// A JSON response. What the kernel answers can always be written.
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let mut text = Vec::with_capacity(128);
    match serde_json::to_writer(&mut text, body) {
        Ok(()) => bytes(status, JSON, text),
        Err(e) => bytes(StatusCode::INTERNAL_SERVER_ERROR, TEXT, e.to_string()),
    }
}

/// What the sender of an event is answered (`krl-runtime.md` §2.6, decision R2).
pub fn event(answer: &EventAnswer) -> Answer {
    let status = if answer.errors.is_empty() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    let error = answer.errors.first().map(|first| (Class(first), first.code));
    let body = EventBody {
        eid: &answer.eid,
        directives: Directives(&answer.directives),
        error: error.as_ref().map(|(class, _)| class),
        code: error.as_ref().map(|(_, code)| *code),
        errors: answer.errors.iter().map(ErrorBody::from).collect(),
    };
    json(status, &body)
}

#[derive(Serialize)]
struct EventBody<'a> {
    eid: &'a str,
    directives: Directives<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Class<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorBody<'a>>,
}

struct Directives<'a>(&'a [Directive]);

impl Serialize for Directives<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: &'static str,
            name: &'a Data,
            options: &'a Data,
            meta: Meta<'a>,
        }
        #[derive(Serialize)]
        struct Meta<'a> {
            rid: &'a str,
            rule_name: &'a str,
            #[serde(rename = "txnId")]
            txn_id: &'a str,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for Directive { name, options, rid, rule_name, txn_id } in self.0 {
            list.serialize_element(&Body {
                r#type: "directive",
                name,
                options,
                meta: Meta { rid, rule_name, txn_id },
            })?;
        }
        list.end()
    }
}

/// A run-time error as the reference words it, with its class.
struct Class<'a>(&'a RuntimeError);

impl Serialize for Class<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&worded(self.0.code, &self.0.message))
    }
}

/// A message with the class that the reference would have thrown.
#[must_use]
pub fn worded(code: &str, message: &str) -> String {
    let class = match code {
        "type_error" => "TypeError",
        "limit_depth" => "RangeError",
        _ => "Error",
    };
    format!("{class}: {message}")
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    rid: &'a str,
    rule: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    at: Option<PlaceBody<'a>>,
}

#[derive(Serialize)]
struct PlaceBody<'a> {
    rid: &'a str,
    line: u32,
    column: u32,
}

impl<'a> From<&'a RuntimeError> for ErrorBody<'a> {
    fn from(error: &'a RuntimeError) -> Self {
        let at = error.at.as_ref().map(|at| PlaceBody { rid: &at.rid, line: at.line, column: at.column });
        Self { rid: &error.rid, rule: error.rule.as_deref(), code: error.code, message: &error.message, at }
    }
}

const POLICY: &str = "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';\
    frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';\
    style-src 'self' https: 'unsafe-inline'";

const EVERYWHERE: [(HeaderName, HeaderValue); 6] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Origin, X-Requested-With, Content-Type, Accept"),
    ),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

const ENCRYPTED: (HeaderName, HeaderValue) =
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=15552000; includeSubDomains"));

/// Adds the headers that each response has (`krl-runtime.md` §8).
pub fn seal(answer: &mut Answer, encrypted: bool) {
    let headers = answer.headers_mut();
    headers.reserve(EVERYWHERE.len() + 1);
    for (name, value) in EVERYWHERE {
        headers.insert(name, value);
    }
    if encrypted {
        headers.insert(ENCRYPTED.0, ENCRYPTED.1);
    }
}

/// The answer to `OPTIONS`, whatever the path.
#[must_use]
pub fn options() -> Answer {
    const VERBS: HeaderValue = HeaderValue::from_static("POST, GET, OPTIONS");
    let mut answer = Answer::default();
    answer.headers_mut().insert(header::ALLOW, VERBS);
    answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_METHODS, VERBS);
    answer
}
