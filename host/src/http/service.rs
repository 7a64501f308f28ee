//! One request: find its route, do it, add what each answer has, count it, write a line about it.

use super::answer::{self, Answer, Refusal};
use super::body::Allowance;
use super::metrics::Metrics;
use super::pulse::Pulse;
use super::route::{self, Parts, Route};
use super::span::{Parent, Span};
use super::token::Token;
use super::{channel, files, health, operator};
use crate::api::Engine;
use crate::config::Settings;
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode, Version};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// What all requests of a server share.
#[derive(Debug)]
pub struct Shared<E> {
    pub engine: Arc<E>,
    pub settings: Settings,
    pub metrics: Metrics,
    pub token: Token,
    /// True once the server stops.
    pub stopping: watch::Receiver<bool>,
}

impl<E> Shared<E> {
    /// What a request's body may take.
    pub fn allowance(&self) -> Allowance {
        let limits = &self.settings.limits;
        Allowance { bytes: limits.body_bytes, time: limits.body_time }
    }
}

/// Answers a request, always.
pub async fn serve<E: Engine>(
    shared: Arc<Shared<E>>,
    pulse: Arc<Pulse>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let began = Instant::now();
    let _running = (pulse.begin(), shared.metrics.in_flight());
    let (head, body) = request.into_parts();
    let has_body = !body.is_end_stream();
    let path = head.uri.path();
    let (route, parts) = route::find(path).unwrap_or((Route::Files, [""; 5]));
    let span = shared.settings.traces.as_ref().map(|_| Span::begin(route, &head));
    let mut answer = match dispatch(&shared, route, parts, &head, body).await {
        Ok(answer) => answer,
        Err(refusal) => refusal.answer(),
    };
    if has_body && (answer.status().is_client_error() || !route.reads_body()) {
        pulse.refuse_rest();
        if head.version <= Version::HTTP_11 {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
    if answer.status() == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer::seal(&mut answer, shared.settings.tls.is_some());
    if let Some(span) = span {
        span.end(answer.status());
    }
    let time = began.elapsed();
    shared.metrics.answered(route, answer.status(), time);
    if shared.settings.log.access {
        tracing::info!(
            target: "krl::access",
            method = head.method.as_str(),
            path = &*shown(route, path),
            status = answer.status().as_u16(),
            ms = time.as_micros() as f64 / 1000.0,
            bytes = answer.body().size_hint().lower(),
            peer = %peer,
            trace = Parent::of(&head.headers).map_or("", |parent| parent.trace),
            "request"
        );
    }
    Ok(answer)
}

async fn dispatch<E: Engine>(
    shared: &Shared<E>,
    route: Route,
    parts: Parts<'_>,
    head: &hyper::http::request::Parts,
    body: Incoming,
) -> Result<Answer, Refusal> {
    if head.uri.path_and_query().is_some_and(|uri| uri.as_str().len() > shared.settings.limits.uri_bytes) {
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, "uri_too_long", "Error: the address is too long"));
    }
    if head.method == Method::OPTIONS {
        return Ok(answer::options());
    }
    if !route.takes(head.method.as_str()) {
        return if route == Route::Files { Err(files::missing()) } else { Ok(wrong_method(route)) };
    }
    if route.is_operators() {
        shared.token.check(&head.headers)?;
        // What is rare stays out of the future, which each request moves about.
        return Box::pin(operator::handle(shared, route, parts, head, body)).await;
    }
    match route {
        Route::Healthy => Ok(health::healthy()),
        Route::Ready => health::ready(&*shared.engine, *shared.stopping.borrow()),
        Route::Metrics => health::metrics(&shared.metrics),
        Route::OpenApi => Ok(health::description()),
        Route::UiContext => Box::pin(health::ui_context(&*shared.engine)).await,
        Route::Files => Box::pin(files::serve(shared.settings.ui.as_deref(), head.uri.path())).await,
        _ => channel::handle(&*shared.engine, route, parts, head, body, shared.allowance()).await,
    }
}

fn wrong_method(route: Route) -> Answer {
    let methods = route.info().methods.join(", ");
    let message = format!("Error: this address takes {methods}");
    let mut answer = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message).answer();
    if let Ok(allow) = HeaderValue::from_str(&methods) {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    answer
}

/// A path as the access log shows it. A channel's id is a capability: only its beginning is written. Where a path is of no route, any long
/// part of it may be one.
fn shown(route: Route, path: &str) -> String {
    const LONG: usize = 16;
    let template = if route == Route::Files { "" } else { route.info().path };
    let mut named = template.split('/');
    let mut text = String::with_capacity(path.len());
    for (at, part) in path.split('/').enumerate() {
        let secret = match named.next() {
            Some("{eci}" | "{id}") => true,
            _ => template.is_empty() && part.len() > LONG,
        };
        text.push_str(if at == 0 { "" } else { "/" });
        text.push_str(if secret { channel::prefix(part) } else { part });
        text.push_str(if secret { "…" } else { "" });
    }
    text
}
