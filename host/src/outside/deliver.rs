//! Events for clouds on other hosts (krl-runtime.md §5.1 `ctx:event`, §5.2 `event:send`; decision R8).

use super::client::Client;
use super::transport::{Body, Redirects, Request, TransportError};
use crate::http::{EVENT_ID, HOPS};
use krl_vm::data::{Data, DataMap};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use url::Url;

/// An event on its way to another host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dispatch {
    /// The base URL of that host.
    pub host: Arc<str>,
    /// The channel.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its attributes.
    pub attrs: DataMap,
    /// Its id, the same at each attempt: the receiver takes it in once.
    pub id: Arc<str>,
    /// How many events sent between clouds led to it.
    pub hops: u32,
}

/// Why an event was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Can another attempt succeed?
    pub retry: bool,
    /// The status that the other host answered, if it did.
    pub status: Option<u16>,
    /// How long the other host wants to be left alone (`Retry-After`).
    pub after: Option<Duration>,
    /// Why.
    pub reason: String,
}

impl Failure {
    fn forever(reason: impl Into<String>) -> Self {
        Self { retry: false, status: None, after: None, reason: reason.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

impl Client {
    /// Delivers an event: `POST HOST/c/ECI/event/DOMAIN/NAME` with its attributes as JSON.
    ///
    /// # Errors
    /// [`Failure`]; whether the event arrived all the same is not known, so that it has to be sent again with the same id.
    pub async fn deliver(&self, dispatch: &Dispatch) -> Result<(), Failure> {
        let reply = self.transport.exchange(request(dispatch)?).await.map_err(|error| Failure {
            // Who may be reached changes only with the settings.
            retry: !matches!(error, TransportError::Refused(_)),
            status: None,
            after: None,
            reason: error.to_string(),
        })?;
        let status = reply.status.as_u16();
        match status {
            200..300 => Ok(()),
            _ => Err(Failure {
                retry: matches!(status, 408 | 429) || !(400..500).contains(&status),
                status: Some(status),
                after: retry_after(&reply.headers, SystemTime::now()),
                reason: format!("the host answered with status {status}"),
            }),
        }
    }
}

/// The time that `Retry-After` says, in seconds or as a date (RFC 9110 §10.2.3). What is neither says nothing.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(said.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(said).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn request(dispatch: &Dispatch) -> Result<Request, Failure> {
    let unusable = || Failure::forever("the base URL of the other host is not that of a web server");
    let mut url = Url::parse(&dispatch.host).map_err(|_| unusable())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable());
    }
    url.set_query(None);
    url.set_fragment(None);
    let segments = ["c", &dispatch.eci, "event", &dispatch.domain, &dispatch.name];
    // These would climb in the path instead of naming something.
    if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
        return Err(Failure::forever("the channel, domain or type of the event is not one"));
    }
    url.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().extend(segments);
    let id = HeaderValue::from_str(&dispatch.id)
        .map_err(|_| Failure::forever("the id of the event is not one"))?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HeaderName::from_static(EVENT_ID), id);
    headers.insert(HeaderName::from_static(HOPS), dispatch.hops.into());
    let body = Some(Data::Map(dispatch.attrs.clone()).to_json().into_bytes());
    let (redirects, answer) = (Redirects::Stop, Body::Ignored);
    Ok(Request { method: Method::POST, url, headers, body, redirects, answer })
}

/// Attempts after which an event is dead: with the waits of [`next_attempt`], about a day.
pub const MOST_ATTEMPTS: u32 = 36;

/// The longest wait, in milliseconds, whatever the other host says.
const LONGEST: u64 = 3_600_000;

/// Milliseconds to wait after so many attempts: one second, then twice as long each time, at most an hour, each up to a quarter shorter
/// or longer, so that many senders do not come at once. If the other host wants to be left alone for longer, then so long and up to a
/// quarter more, at most an hour. None: no further attempt.
#[must_use]
pub fn next_attempt(attempts: u32, random: u64, after: Option<Duration>) -> Option<u64> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let whole = 1000u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX).min(LONGEST);
    let own = whole - whole / 4 + random % (whole / 2 + 1);
    let wanted = u64::try_from(after.unwrap_or_default().as_millis()).unwrap_or(u64::MAX).min(LONGEST);
    Some(own.max((wanted + random % (wanted / 4 + 1)).min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::{Dispatch, MOST_ATTEMPTS, next_attempt, request, retry_after};
    use reqwest::header::{HeaderMap, RETRY_AFTER};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn waits_longer_and_longer_for_a_day() {
        let cases = [
            (1, 0, Some(750)),
            (1, 250, Some(1000)),
            (1, 500, Some(1250)),
            (1, 501, Some(750)),
            (2, 500, Some(2000)),
            (12, 0, Some(1_536_000)),
            (13, 900_000, Some(3_600_000 - 900_000 + 900_000)),
            (35, u64::MAX, Some(2_700_000 + u64::MAX % 1_800_001)),
            (36, 0, None),
            (u32::MAX, 0, None),
        ];
        for (attempts, random, expected) in cases {
            assert_eq!(next_attempt(attempts, random, None), expected, "{attempts} {random}");
        }
        let middle = |attempts| next_attempt(attempts, 0, None).map_or(0, |shortest| shortest / 3 * 4);
        let hours = (1..MOST_ATTEMPTS).map(middle).sum::<u64>() / 3_600_000;
        assert_eq!(hours, 24);
    }

    #[test]
    fn leaves_hosts_alone_that_want_it() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sunday, 06-Nov-94 08:50:07 GMT", Some(30)),
            ("Sun Nov  6 08:50:07 1994", Some(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ];
        for (said, seconds) in cases {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, said.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{said}");
        }
        let waits = [
            // attempts, random, seconds said, milliseconds
            (1, 0, 2, 2_000),
            (1, 500, 2, 2_500),
            (1, 501, 2, 2_000),
            (12, 0, 2, 1_536_000),
            (1, 0, u64::MAX, 3_600_000),
            (1, 900_000, 3_600, 3_600_000),
        ];
        for (attempts, random, said, expected) in waits {
            let found = next_attempt(attempts, random, Some(Duration::from_secs(said)));
            assert_eq!(found, Some(expected), "{attempts} {random} {said}");
        }
    }

    #[test]
    fn addresses_other_hosts() {
        let cases = [
            ("http://h.example", "a", Some("http://h.example/c/a/event/d/n")),
            ("https://h.example/", "a", Some("https://h.example/c/a/event/d/n")),
            (
                "http://h.example:3000/base/?x#y",
                "a/b?c",
                Some("http://h.example:3000/base/c/a%2Fb%3Fc/event/d/n"),
            ),
            ("http://h.example", "..", None),
            ("http://h.example", "", None),
            ("h.example", "a", None),
            ("ftp://h.example", "a", None),
        ];
        for (host, eci, expected) in cases {
            let dispatch = Dispatch {
                host: host.into(),
                eci: eci.into(),
                domain: "d".into(),
                name: "n".into(),
                ..Dispatch::default()
            };
            let url = request(&dispatch).map(|request| request.url.to_string());
            assert_eq!(url.ok().as_deref(), expected, "{host} {eci}");
        }
    }
}
