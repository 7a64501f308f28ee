//! The operator API: requests become [`Operation`]s.

use super::answer::{self, Answer, Refusal};
use super::attributes;
use super::body;
use super::route::{self, Parts, Route};
use super::service::Shared;
use crate::api::{Engine, Operation};
use hyper::body::{Body, Bytes};
use hyper::http::request;
use hyper::{Method, StatusCode};
use krl_vm::data::{Data, DataMap};
use std::time::Duration;
use tokio::time::Instant;

/// Items of a list, unless the request says how many.
const PAGE: usize = 100;
/// Items of a list at most.
const LONGEST_PAGE: usize = 10_000;
/// How long a request for log entries waits at most.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often it looks for new entries meanwhile.
const LOOK: Duration = Duration::from_millis(200);

/// Does what an operator asks.
///
/// # Errors
/// What the request lacks, or what the engine refuses.
pub async fn handle<E: Engine, B>(
    shared: &Shared<E>,
    route: Route,
    parts: Parts<'_>,
    head: &request::Parts,
    body: B,
) -> Result<Answer, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let body = body::read(body, shared.allowance()).await?;
    let request = Request::read(route, parts, head, body)?;
    let mut wait = request.wait()?;
    let operation = request.operation(&head.method)?;
    let until = Instant::now() + wait;
    loop {
        let answer = shared.engine.operate(operation.clone()).await?;
        let empty = matches!(&answer, Data::Array(items) if items.is_empty());
        if !empty || wait.is_zero() || Instant::now() >= until {
            return Ok(answer::json(StatusCode::OK, &answer));
        }
        let mut stopping = shared.stopping.clone();
        let stops = tokio::time::timeout(LOOK, stopping.wait_for(|stops| *stops)).await.is_ok();
        if stops {
            wait = Duration::ZERO;
        }
    }
}

/// An operator's request: the variable part of its path, its fields, its body.
struct Request {
    route: Route,
    id: String,
    fields: DataMap,
    body: Bytes,
}

impl Request {
    fn read(route: Route, parts: Parts<'_>, head: &request::Parts, body: Bytes) -> Result<Self, Refusal> {
        let [id, ..] = parts;
        let id = route::decode(id).map_err(|_| bad("URIError: the address is not percent-encoded UTF-8"))?;
        let mut fields = attributes::query_string(head.uri.query());
        if route != Route::Push && !body.is_empty() {
            match serde_json::from_slice(&body) {
                Ok(Data::Map(given)) => fields.extend(given),
                Ok(_) => return Err(bad("SyntaxError: the request's body must be a JSON object")),
                Err(e) => return Err(bad(format!("SyntaxError: the request's body is not JSON: {e}"))),
            }
        }
        Ok(Self { route, id: id.into_owned(), fields, body })
    }

    fn operation(self, method: &Method) -> Result<Operation, Refusal> {
        Ok(match self.route {
            Route::Owners if *method == Method::GET => Operation::Owners,
            Route::Owners => Operation::CreateOwner { name: self.text("name")? },
            Route::Suspend => Operation::Suspend { owner: self.id, suspended: true },
            Route::Resume => Operation::Suspend { owner: self.id, suspended: false },
            Route::Quota => Operation::Quota { owner: self.id, limits: self.fields },
            Route::Clouds => {
                let (after, limit) = self.page()?;
                Operation::Clouds { owner: self.id, after, limit }
            }
            Route::Cloud => Operation::Cloud { id: self.id },
            Route::Logs => {
                let (after, limit) = self.page()?;
                Operation::Logs { id: self.id, after, limit }
            }
            Route::Trace => Operation::Trace { id: self.id },
            Route::Push if self.body.is_empty() => {
                return Err(bad("Error: the request's body must be a ruleset"));
            }
            Route::Push => Operation::Push { content: self.body.into() },
            Route::Install => {
                let url = self.text("url")?;
                let config = self.fields.get("config").cloned();
                Operation::Install { id: self.id, url, config: config.unwrap_or(Data::Map(DataMap::new())) }
            }
            Route::Flush | Route::ApiFlush => Operation::Flush { url: self.text("url")? },
            Route::Backup => Operation::Backup { path: self.text("path")? },
            _ => Operation::Stats,
        })
    }

    fn text(&self, name: &str) -> Result<String, Refusal> {
        match self.fields.get(name) {
            Some(Data::String(text)) if !text.is_empty() => Ok(text.to_string()),
            Some(_) => Err(bad(format!("Error: `{name}` must be text"))),
            None => Err(bad(format!("Error: missing {name}"))),
        }
    }

    fn page(&self) -> Result<(Option<String>, usize), Refusal> {
        let after = self.fields.contains_key("after").then(|| self.text("after")).transpose()?;
        let limit = self.number("limit")?.map_or(PAGE, |limit| limit as usize);
        Ok((after, limit.clamp(1, LONGEST_PAGE)))
    }

    /// How long to wait for log entries if there are none.
    fn wait(&self) -> Result<Duration, Refusal> {
        if self.route != Route::Logs {
            return Ok(Duration::ZERO);
        }
        let seconds = self.number("wait")?.unwrap_or(0.0);
        Ok(Duration::from_secs_f64(seconds.min(LONGEST_WAIT.as_secs_f64())))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        let number = match self.fields.get(name) {
            None => return Ok(None),
            Some(Data::Number(number)) => Some(*number),
            Some(Data::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        match number.filter(|number: &f64| *number >= 0.0 && number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(bad(format!("Error: `{name}` must be a number that is not negative"))),
        }
    }
}

fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message)
}
