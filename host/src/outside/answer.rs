//! Replies of web servers as KRL sees them (krl-runtime.md §5.4).

use super::transport::Reply;
use krl_vm::data::{Data, DataMap};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};

/// `{content, content_type, content_length, headers, status_code, status_line}`
pub(super) async fn answer(reply: Reply, parse_json: bool) -> Data {
    let header = |name| reply.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let content_type = header(CONTENT_TYPE).map_or(Data::Null, |value| Data::string(&*value));
    let length = header(CONTENT_LENGTH).and_then(|value| value.trim().parse::<u32>().ok()).unwrap_or(0);
    let (status, line) = (reply.status.as_u16(), reply.reason);
    let headers = all(&reply.headers);
    let content = decoded(&reply.headers, reply.body).await;
    let parsed = parse_json.then(|| Data::parse(&content).ok()).flatten();
    map([
        ("content", parsed.unwrap_or_else(|| Data::string(content))),
        ("content_type", content_type),
        ("content_length", Data::Number(length.into())),
        ("headers", headers),
        ("status_code", Data::Number(status.into())),
        ("status_line", Data::string(line)),
    ])
}

/// The answer where there is none (decision R9): status 0 and why.
pub(super) fn failure(why: &str) -> Data {
    map([
        ("content", Data::string("")),
        ("content_type", Data::Null),
        ("content_length", Data::Number(0.0)),
        ("headers", Data::Map(DataMap::new())),
        ("status_code", Data::Number(0.0)),
        ("status_line", Data::string("")),
        ("error", Data::string(why)),
    ])
}

fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// Headers by their lower-case names; repeated ones are joined.
fn all(headers: &HeaderMap) -> Data {
    let joined = |name| {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join(", ")
    };
    Data::Map(headers.keys().map(|name| (name.as_str().into(), Data::string(joined(name)))).collect())
}

/// The body as text, in the character set that the headers name.
async fn decoded(headers: &HeaderMap, body: Vec<u8>) -> String {
    let mut response = hyper::Response::new(body);
    response.headers_mut().extend(headers.get(CONTENT_TYPE).map(|value| (CONTENT_TYPE, value.clone())));
    reqwest::Response::from(response).text().await.unwrap_or_default()
}
