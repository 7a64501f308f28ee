//! HTTP as a plain client speaks it, and answers as it sees them.

use crate::house::plain;
use crate::scenario::{Seen, member};
use krl_kernel::cloud::{Directive, EventAnswer};
use krl_vm::data::{Data, DataMap};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer should take.
const PATIENCE: Duration = Duration::from_secs(90);

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its body; text where it is no JSON.
    pub body: Data,
}

/// Posts JSON, null as no attributes. `id` is that of an event.
///
/// # Panics
/// Where nobody answers, or what comes is not HTTP.
#[must_use]
pub fn post(to: SocketAddr, path: &str, body: &Data, id: Option<&str>) -> Response {
    let body = if *body == Data::Null { "{}".to_owned() } else { body.to_json() };
    let id = id.map(|id| format!("krl-event-id: {id}\r\n")).unwrap_or_default();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\n{id}content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(to).expect("a host that listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    stream.write_all((head + &body).as_bytes()).expect("a host that reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Response { status, body: Data::parse(body).unwrap_or_else(|_| Data::string(body)) }
}

impl Response {
    fn member(&self, name: &str) -> Option<&Data> {
        self.body.as_map()?.get(name)
    }

    /// The answer of an event.
    ///
    /// # Errors
    /// The message of a refusal.
    pub fn into_event(self) -> Result<Data, String> {
        match self.member("eid") {
            Some(_) => Ok(self.body),
            None => Err(self.refusal()),
        }
    }

    /// The answer of a query.
    ///
    /// # Errors
    /// The message of a refusal.
    pub fn into_answer(self) -> Result<Data, String> {
        if self.status == 200 { Ok(self.body) } else { Err(self.refusal()) }
    }

    fn refusal(&self) -> String {
        let message = self.member("error").and_then(Data::as_str);
        message.map_or_else(|| format!("status {}: {}", self.status, self.body.to_json()), plain)
    }
}

/// An event's answer as an HTTP client sees it.
#[must_use]
pub fn answer_data(answer: &EventAnswer) -> Data {
    let errors = answer.errors.iter().map(|error| {
        let at = error.at.as_ref().map_or(Data::Null, |at| {
            let number = |n: u32| Data::Number(f64::from(n));
            let rid = Data::String(at.rid.clone());
            map([("rid", rid), ("line", number(at.line)), ("column", number(at.column))])
        });
        map([
            ("rid", Data::String(error.rid.clone())),
            ("rule", error.rule.clone().map_or(Data::Null, Data::String)),
            ("code", Data::string(error.code)),
            ("message", Data::string(error.message.as_str())),
            ("at", at),
        ])
    });
    map([
        ("eid", Data::String(answer.eid.clone())),
        ("directives", Data::Array(answer.directives.iter().map(Directive::to_data).collect())),
        ("errors", Data::Array(errors.collect())),
    ])
}

fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect::<DataMap>())
}

/// An event's answer for comparison: places as `line:column`.
#[must_use]
pub fn seen(answer: &Data) -> Seen {
    let list = |name: &str| match member(answer, name) {
        Data::Array(items) => items,
        _ => Vec::new(),
    };
    let errors = list("errors").into_iter().map(|error| {
        let Data::Map(mut error) = error else { return error };
        let at = error.get("at").cloned().unwrap_or_default();
        if let (Data::Number(line), Data::Number(column)) = (member(&at, "line"), member(&at, "column")) {
            error.insert("at".into(), Data::string(format!("{line}:{column}")));
        }
        Data::Map(error)
    });
    Seen { directives: list("directives"), errors: errors.collect() }
}

/// A part of a path.
#[must_use]
pub fn encoded(part: &str) -> String {
    part.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
