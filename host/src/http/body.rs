//! Reading request bodies: one limit whatever the type (decision H3), and one time to arrive in.

use super::answer::Refusal;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes};
use std::time::Duration;

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Bytes.
    pub bytes: usize,
    /// Until the last of them.
    pub time: Duration,
}

/// The whole body.
///
/// # Errors
/// Too many bytes (413), too slow (408), cut off or badly framed (400).
pub async fn read<B>(body: B, allowance: Allowance) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > allowance.bytes as u64 {
        return Err(too_large(allowance.bytes));
    }
    match tokio::time::timeout(allowance.time, collect(body, allowance.bytes)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_timeout",
            "Error: the request's body did not arrive in time",
        )),
    }
}

async fn collect<B>(mut body: B, limit: usize) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut rest = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "bad_body",
                "Error: the request's body was cut off",
            ));
        };
        let Ok(chunk) = frame.into_data() else { continue };
        if first.len().max(rest.len()) + chunk.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() && rest.is_empty() {
            first = chunk;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&chunk);
    }
    Ok(if rest.is_empty() { first } else { rest.into() })
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("PayloadTooLargeError: the request's body has more than {limit} bytes"),
    )
}
