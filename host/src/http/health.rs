//! What those who watch over a host ask, and what the developer UI begins with.

use super::answer::{self, Answer, Refusal};
use super::metrics::Metrics;
use crate::api::Engine;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use serde::Serialize;

/// The process runs.
pub fn healthy() -> Answer {
    answer::bytes(StatusCode::OK, answer::TEXT, "ok\n")
}

/// Whether the host can serve.
pub fn ready<E: Engine>(engine: &E, stopping: bool) -> Result<Answer, Refusal> {
    let reason = if stopping { Some("the host is stopping".to_owned()) } else { engine.unready() };
    match reason {
        None => Ok(answer::bytes(StatusCode::OK, answer::TEXT, "ready\n")),
        Some(reason) => {
            Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "unready", format!("Error: {reason}")))
        }
    }
}

/// All counts.
pub fn metrics(metrics: &Metrics) -> Result<Answer, Refusal> {
    const KIND: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    match metrics.text() {
        Ok(text) => Ok(answer::bytes(StatusCode::OK, KIND, text)),
        Err(e) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics", format!("Error: {e}"))),
    }
}

/// The version and the channel of the developer UI.
pub async fn ui_context<E: Engine>(engine: &E) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct Context<'a> {
        version: &'static str,
        eci: &'a str,
    }
    let eci = engine.ui_channel().await?;
    Ok(answer::json(StatusCode::OK, &Context { version: env!("CARGO_PKG_VERSION"), eci: &eci }))
}

/// The description of this interface.
pub fn description() -> Answer {
    answer::bytes(StatusCode::OK, answer::JSON, super::openapi::document())
}
