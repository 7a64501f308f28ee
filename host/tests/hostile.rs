//! Clients that are slow, broken, greedy or gone, over raw sockets. Nothing here measures time: limits are short where they must be met
//! and long where they must not.

#![allow(clippy::unwrap_used, reason = "tests")]

mod server;

use krl_host::config::Tls;
use krl_host::http::{Metrics, Server, StartError};
use server::{Echo, Host, Response};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(60);

const FIRE: &str = "GET /c/x/event/a/b HTTP/1.1\r\nhost: h\r\n\r\n";

/// Sends the pieces, then reads until the server closes; the client keeps its side open.
fn pieces(host: &Host, pieces: &[&[u8]]) -> Response {
    let mut stream = host.connect();
    for piece in pieces {
        stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    Response::read(&mut stream)
}

fn post(headers: &str, body: &str) -> String {
    format!(
        "POST /c/x/event/a/b HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n{headers}\r\n{body}"
    )
}

/// Reads until so many answers have come.
fn answers(stream: &mut TcpStream, count: usize) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while text.matches("HTTP/1.1 ").count() < count || !text.ends_with("\"eid1\"") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "closed after: {text}");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    text
}

fn wait_until(what: impl Fn() -> bool) {
    for _ in 0..2000 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(what(), "it did not happen");
}

#[test]
fn what_is_too_much_or_broken_is_refused() {
    let host = Host::start(|settings| {
        settings.limits.body_bytes = 1000;
        settings.limits.header_bytes = 8192;
        settings.limits.uri_bytes = 2000;
    });
    let long = "x".repeat(10_000);
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(2000));
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let deep = "[".repeat(990);
    let cases = [
        ("no HTTP at all", "hello\r\n\r\n".to_owned(), 400, ""),
        ("a header without a name", "GET / HTTP/1.1\r\n: x\r\n\r\n".into(), 400, ""),
        ("two lengths", post("content-length: 2\r\ncontent-length: 3\r\n", "{}"), 400, ""),
        ("a length that is none", post("content-length: -1\r\n", "{}"), 400, ""),
        ("a long header", format!("GET / HTTP/1.1\r\nx: {long}\r\n\r\n"), 431, ""),
        ("many headers", format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200)), 431, ""),
        (
            "a long address",
            format!("GET /{} HTTP/1.1\r\nhost: h\r\n\r\n", "x".repeat(3000)),
            414,
            "uri_too_long",
        ),
        ("a length over the limit", post("content-length: 1001\r\n", ""), 413, "body_too_large"),
        (
            "a body over the limit",
            post(&format!("content-length: {}\r\n", body.len()), &body),
            413,
            "body_too_large",
        ),
        ("chunks over the limit", post("transfer-encoding: chunked\r\n", &chunks), 413, "body_too_large"),
        ("a chunk without a size", post("transfer-encoding: chunked\r\n", "zz\r\n"), 400, "bad_body"),
        ("a body that is cut off", post("content-length: 20\r\n", "{"), 400, "bad_body"),
        (
            "a body with wrong JSON",
            post("content-length: 3\r\nconnection: close\r\n", "{]}"),
            400,
            "bad_json",
        ),
        ("deep JSON", post("content-length: 990\r\nconnection: close\r\n", &deep), 400, "bad_json"),
    ];
    for (name, request, status, code) in cases {
        let answer = host.exchange(request.as_bytes());
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert!(answer.body.contains(code), "{name}: {answer:?}");
    }
    assert_eq!(host.engine.events.load(Ordering::SeqCst), 0);
}

#[test]
fn json_nested_a_hundred_thousand_deep_is_refused() {
    let host = Host::start(|_| {});
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let answer = host.exchange(post(&format!("content-length: {}\r\n", deep.len()), &deep).as_bytes());
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("bad_json"), "{}", answer.body);
    }
}

#[test]
fn a_refused_body_does_not_keep_the_client_from_seeing_why() {
    let host = Host::start(|_| {});
    let body = "x".repeat(4 << 20);
    let answer = host.exchange(post(&format!("content-length: {}\r\n", body.len()), &body).as_bytes());
    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
}

#[test]
fn whoever_waits_to_be_asked_for_a_body_is_asked_or_refused() {
    let host = Host::start(|_| {});
    let answer = pieces(
        &host,
        &[post("expect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n", "").as_bytes(), b"{}"],
    );
    assert_eq!(answer.status, 100);
    assert!(answer.body.starts_with("HTTP/1.1 200 OK"), "{answer:?}");
    let answer = pieces(&host, &[post("expect: 100-continue\r\ncontent-length: 9000000\r\n", "").as_bytes()]);
    assert_eq!(answer.status, 413);
}

#[test]
fn requests_in_a_row_are_answered_in_order() {
    let host = Host::start(|_| {});
    let mut stream = host.connect();
    stream.write_all(FIRE.repeat(50).as_bytes()).unwrap();
    let text = answers(&mut stream, 50);
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 50);
    // Half of the next request does not hold an answer back.
    stream.write_all(format!("{FIRE}GET /c/x").as_bytes()).unwrap();
    answers(&mut stream, 1);
    assert_eq!(host.engine.events.load(Ordering::SeqCst), 51);
}

#[test]
fn requests_may_come_byte_by_byte() {
    let host = Host::start(|_| {});
    let mut stream = host.connect();
    stream.set_nodelay(true).unwrap();
    for byte in post("content-length: 7\r\n", "{\"a\":1}").as_bytes() {
        stream.write_all(&[*byte]).unwrap();
    }
    answers(&mut stream, 1);
}

#[test]
fn a_client_that_sends_no_more_still_gets_its_answer() {
    let host = Host::start(|_| {});
    let mut stream = host.connect();
    stream.write_all(FIRE.replace("event", "event-wait").replace("/b ", "/wait ").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    wait_until(|| host.engine.events.load(Ordering::SeqCst) == 1);
    host.engine.released.store(true, Ordering::SeqCst);
    assert_eq!(Response::read(&mut stream).status, 200);
}

#[test]
fn slow_clients_are_left() {
    let host = Host::start(|settings| {
        settings.limits.header_time = SHORT;
        settings.limits.body_time = SHORT;
        settings.limits.idle_time = SHORT;
    });
    assert_eq!(pieces(&host, &[]).status, 0, "nothing at all");
    assert_eq!(pieces(&host, &[b"GET / HTTP/1.1\r\nhost:"]).status, 0, "half a header");
    let answer = pieces(&host, &[post("content-length: 10\r\n", "{").as_bytes()]);
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")), "half a body");
    assert!(answer.body.contains("body_timeout"));
    assert_eq!(pieces(&host, &[FIRE.as_bytes()]).status, 200, "one request and no other");
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let host = Host::start(|settings| settings.limits.write_time = SHORT);
    let mut stream = host.connect();
    stream.write_all(b"GET /c/x/query/r/long.txt HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    let open = || host.exchange(b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").body;
    let answered = r#"krl_http_requests_total{route="/c/{eci}/query/{rid}/{function}",status="200"} 1"#;
    wait_until(|| open().contains(answered));
    wait_until(|| open().contains("\nkrl_http_connections 1\n"));
    let mut taken = Vec::new();
    let _ = stream.read_to_end(&mut taken);
    assert!(taken.len() < 32 << 20);
}

#[test]
fn connections_beyond_the_limit_are_told_so() {
    let host = Host::start(|settings| settings.limits.connections = 2);
    let mut first = host.connect();
    let mut second = host.connect();
    for stream in [&mut first, &mut second] {
        stream.write_all(FIRE.as_bytes()).unwrap();
        answers(stream, 1);
    }
    let refused = host.exchange(FIRE.as_bytes());
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("content-length"), Some(refused.body.len().to_string().as_str()));
    assert!(refused.body.contains("overloaded"));
    drop(first);
    wait_until(|| {
        host.exchange(FIRE.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").as_bytes()).status == 200
    });
}

#[test]
fn stopping_lets_running_requests_finish() {
    let mut host = Host::start(|_| {});
    let mut idle = host.connect();
    idle.write_all(FIRE.as_bytes()).unwrap();
    answers(&mut idle, 1);
    let mut busy = host.connect();
    busy.write_all(b"GET /c/x/event-wait/a/wait HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    wait_until(|| host.engine.events.load(Ordering::SeqCst) == 2);
    let stopping = host.shutdown();
    assert_eq!(Response::read(&mut idle).status, 0, "idle connections end at once");
    // Nobody else gets in.
    wait_until(|| TcpStream::connect(&host.address).is_err());
    host.engine.released.store(true, Ordering::SeqCst);
    assert_eq!(Response::read(&mut busy).status, 200);
    assert_eq!(host.block_on(stopping).unwrap().cut, 0);
}

#[test]
fn stopping_cuts_what_takes_too_long() {
    let mut host = Host::start(|settings| settings.limits.shutdown_time = SHORT);
    let mut busy = host.connect();
    busy.write_all(b"GET /c/x/event-wait/a/wait HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    wait_until(|| host.engine.events.load(Ordering::SeqCst) == 1);
    let stopping = host.shutdown();
    assert_eq!(host.block_on(stopping).unwrap().cut, 1);
    assert_eq!(Response::read(&mut busy).status, 0);
}

#[test]
fn a_host_that_cannot_serve_says_why() {
    let host = Host::start(|_| {});
    host.engine.unready.store(true, Ordering::SeqCst);
    let answer = host.exchange(b"GET /readyz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, r#"{"error":"Error: the disk is full","code":"unready"}"#);
}

#[test]
fn requests_are_counted() {
    let host = Host::start(|_| {});
    host.exchange(FIRE.as_bytes());
    host.exchange(FIRE.replace("/x/", "/nowhere/").as_bytes());
    let text = host.exchange(b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").body;
    for line in [
        r#"krl_http_requests_total{route="/c/{eci}/event/{domain}/{name}",status="200"} 1"#,
        r#"krl_http_requests_total{route="/c/{eci}/event/{domain}/{name}",status="404"} 1"#,
        r#"krl_http_request_seconds_count{route="/c/{eci}/event/{domain}/{name}"} 2"#,
        "krl_http_in_flight 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn files_of_the_ui_are_served_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let ui = folder.path().join("ui");
    std::fs::create_dir_all(ui.join("js")).unwrap();
    std::fs::write(ui.join("index.html"), "<p>index").unwrap();
    std::fs::write(ui.join("js/app.js"), "run()").unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("secret"), ui.join("link")).unwrap();
    let host = Host::start(|settings| settings.ui = Some(ui.clone()));
    let cases = [
        ("/", 200, "text/html; charset=utf-8", "<p>index"),
        ("/js/app.js", 200, "text/javascript; charset=utf-8", "run()"),
        ("/js", 404, "application/json", "not_found"),
        ("/none", 404, "application/json", "not_found"),
        ("/../secret", 404, "application/json", "not_found"),
        ("/%2e%2e/secret", 404, "application/json", "not_found"),
        ("/js/..%2f..%2fsecret", 404, "application/json", "not_found"),
        ("/link", 404, "application/json", "not_found"),
    ];
    for (path, status, kind, body) in cases {
        let request = format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
        let answer = host.exchange(request.as_bytes());
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{path}");
        assert!(answer.body.contains(body), "{path}: {answer:?}");
    }
}

#[test]
#[cfg(unix)]
fn the_token_is_the_hosts_alone_and_stays() {
    use std::os::unix::fs::PermissionsExt;
    let host = Host::start(|_| {});
    let file = host.home.path().join("data/operator.token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(host.token.len(), 64);
    let home = host.home.path().join("data");
    let again = Host::start(|settings| settings.home = home);
    assert_eq!(again.token, host.token);
}

#[test]
fn a_host_that_cannot_start_says_why() {
    let home = tempfile::tempdir().unwrap();
    let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
    let start = |change: &dyn Fn(&mut krl_host::config::Settings)| -> StartError {
        let mut settings = krl_host::config::Settings {
            address: "127.0.0.1".into(),
            port: 0,
            home: home.path().into(),
            ..Default::default()
        };
        change(&mut settings);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let starting = Server::start(&settings, Arc::new(Echo::default()), Metrics::new().unwrap());
        runtime.block_on(starting).unwrap_err()
    };
    let tls = |certificate: &str, key: &str| {
        let files = Tls { certificate: pem.join(certificate), key: pem.join(key) };
        start(&|settings| settings.tls = Some(files.clone())).to_string()
    };
    let cases = [
        (tls("none.pem", "key.pem"), "none.pem: no such file"),
        (tls("certificate.pem", "none.pem"), "none.pem: no such file"),
        (tls("key.pem", "key.pem"), "key.pem: no certificate in this file; it must be in PEM form"),
        (tls("certificate.pem", "certificate.pem"), "certificate.pem: no private key in this file"),
        (
            tls("certificate.pem", "other-key.pem"),
            "certificate.pem: this certificate and its key cannot be used",
        ),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected), "{found}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let found = start(&|settings| settings.port = port).to_string();
    assert_eq!(found, format!("another program listens on 127.0.0.1:{port} already; choose another `port`"));
    let found = start(&|settings| settings.ui = Some("/no/such/folder".into())).to_string();
    assert_eq!(found, "/no/such/folder: `ui` must be a folder of static files");
    std::fs::write(home.path().join("operator.token"), "").unwrap();
    assert!(
        start(&|_| {})
            .to_string()
            .ends_with("operator.token: this is no token; remove the file to have one made")
    );
}
