//! Requests and what is answered to them, over real sockets: `cases/http.txt`. With `KRL_BLESS=1` the answers are written instead of
//! compared.
//!
//! A case is a request, a line `---`, and the answer: its status, the headers that matter, and its body. `TOKEN` stands for the operator's token.

#![allow(clippy::unwrap_used, reason = "tests")]

mod server;

use server::{Host, Response};
use std::path::Path;

/// The headers that differ between answers.
const SHOWN: &[&str] =
    &["content-type", "location", "set-cookie", "allow", "access-control-allow-methods", "connection"];

/// The request's bytes: its first line, headers and body as written, with what a client adds.
fn bytes(text: &str, token: &str) -> Vec<u8> {
    let (head, body) = text.trim_end().split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let mut request = format!("{line} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n");
    for header in headers.lines() {
        request.push_str(&format!("{}\r\n", header.replace("TOKEN", token)));
    }
    if !body.is_empty() {
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    format!("{request}\r\n{body}").into_bytes()
}

fn shown(response: &Response, token: &str) -> String {
    let mut text = format!("{}\n", response.status);
    for (name, value) in response.headers.iter().filter(|(name, _)| SHOWN.contains(&&**name)) {
        if (name.as_str(), value.as_str()) != ("connection", "close") {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    if !response.body.is_empty() {
        text.push_str(&format!("\n{}\n", response.body.trim_end()));
    }
    text.replace(token, "TOKEN").replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn check(host: &Host, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut written = String::new();
    let mut wrong = Vec::new();
    for case in text.split("\n=== ").map(|case| case.trim_start_matches("=== ")) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (request, expected) = rest.split_once("\n---").unwrap_or((rest.trim_end(), ""));
        let found = shown(&host.exchange(&bytes(request, &host.token)), &host.token);
        if found.trim() != expected.trim() {
            wrong.push(format!("{name}\n{found}\n  expected\n{}", expected.trim()));
        }
        written.push_str(&format!("=== {name}\n{}\n---\n{}\n\n", request.trim_end(), found.trim_end()));
    }
    if std::env::var_os("KRL_BLESS").is_some() {
        std::fs::write(&path, format!("{}\n", written.trim_end())).unwrap();
    } else {
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}

#[test]
fn answers() {
    check(&Host::start(|_| {}), "http.txt");
}

#[test]
fn every_answer_has_the_common_headers() {
    let host = Host::start(|_| {});
    for path in ["/c/x/event/a/b", "/c/nowhere/event/a/b", "/none", "/host/v1/stats", "/healthz", "/"] {
        let answer = host.exchange(&bytes(&format!("GET {path}"), ""));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let allowed = Some("Origin, X-Requested-With, Content-Type, Accept");
        assert_eq!(answer.header("access-control-allow-headers"), allowed, "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(
            answer.header("content-security-policy").unwrap().starts_with("default-src 'self'"),
            "{path}"
        );
        assert_eq!(answer.header("strict-transport-security"), None, "{path}");
    }
}

/// The description that is served, the one in `docs`, and the routes that exist are one.
#[test]
fn the_description_tells_the_truth() {
    let host = Host::start(|_| {});
    let served = host.exchange(&bytes("GET /openapi.json", ""));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("KRL_BLESS").is_some() {
        std::fs::write(&path, &served.body).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == served.body, "openapi.json is stale: write it anew with KRL_BLESS=1");
    let document: serde_json::Value = serde_json::from_str(&served.body).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if path == "/{path}" {
            continue;
        }
        for (method, operation) in operations.as_object().unwrap() {
            let line = format!("{} {}", method.to_uppercase(), path.replace(['{', '}'], ""));
            let found = host.exchange(&bytes(&line, ""));
            let secured = operation.get("security").is_some();
            assert_eq!(found.status == 401, secured, "{line}");
            assert!(![404, 405].contains(&found.status), "{line}: {}", found.status);
        }
    }
}
