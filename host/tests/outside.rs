//! `http:*` and deliveries to other hosts against servers that behave and that do not: krl-runtime.md §5.4, decisions R8 and R9.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod origin;

use krl_host::outside::{Client, ClientConfig, Dispatch, TransportConfig};
use krl_vm::data::Data;
use origin::{Act, Server, answer, ok, redirect};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// Signed the certificate for `localhost` and 127.0.0.1 beside it, valid until 2126; its own key was thrown away.
const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");

fn config(allow: &[&str]) -> ClientConfig {
    let transport = TransportConfig {
        allow: allow.iter().map(|text| text.parse().unwrap()).collect(),
        total: Duration::from_secs(1),
        redirects: 3,
        ..TransportConfig::default()
    };
    ClientConfig { transport, answer_bytes: 1000, of_a_cloud: 1, of_the_host: 10 }
}

fn client(allow: &[&str]) -> Client {
    Client::new(&config(allow)).unwrap()
}

/// What `http:METHOD` answers; `rest` are the arguments behind the URL, as a JSON array.
async fn http(client: &Client, method: &str, url: &str, rest: &str) -> Data {
    let Data::Array(rest) = Data::parse(rest).unwrap() else { panic!("{rest} are no arguments") };
    let args: Vec<Data> = [Data::string(url)].into_iter().chain(rest).collect();
    client.send("cloud", client.prepare(method, &args).unwrap()).await
}

fn member<'a>(answer: &'a Data, name: &str) -> &'a Data {
    answer.as_map().and_then(|map| map.get(name)).unwrap_or(&Data::Null)
}

async fn check(client: &Client, server: &Server, act: Act, method: &str, rest: &str, expected: &str) {
    server.now(act.clone());
    let answer = http(client, method, &server.url("/x"), rest).await;
    assert_eq!(answer.to_json(), expected, "{method} {act:?}");
}

#[tokio::test]
async fn answers_are_maps() {
    let (client, server) = (client(&["127.0.0.1"]), Server::start(|_| ok("")).await);
    let head = r#""content-length":"#;
    let cases = [
        (
            answer("200 Fine", "Content-Type: text/plain\r\nX-A: 1\r\nx-a: 2\r\n", "hi"),
            "get",
            "[]",
            format!(
                r#"{{"content":"hi","content_type":"text/plain","content_length":2,"headers":{{"content-type":"text/plain","x-a":"1, 2",{head}"2","connection":"close"}},"status_code":200,"status_line":"Fine"}}"#
            ),
        ),
        (
            answer("404 Not Found", "", ""),
            "post",
            "[]",
            format!(
                r#"{{"content":"","content_type":null,"content_length":0,"headers":{{{head}"0","connection":"close"}},"status_code":404,"status_line":"Not Found"}}"#
            ),
        ),
        (
            Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_vec()),
            "head",
            "[]",
            format!(
                r#"{{"content":"","content_type":null,"content_length":9999,"headers":{{{head}"9999"}},"status_code":200,"status_line":"OK"}}"#
            ),
        ),
        (
            Act::Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=iso-8859-1\r\n\r\n\xe4".to_vec()),
            "get",
            "[]",
            r#"{"content":"ä","content_type":"text/plain; charset=iso-8859-1","content_length":0,"headers":{"content-type":"text/plain; charset=iso-8859-1"},"status_code":200,"status_line":"OK"}"#.to_owned(),
        ),
    ];
    for (act, method, rest, expected) in cases {
        check(&client, &server, act, method, rest, &expected).await;
    }
}

#[tokio::test]
async fn content_is_decoded_if_it_can_be() {
    let (client, server) = (client(&["127.0.0.1"]), Server::start(|_| ok("")).await);
    let parse = "[null,null,null,null,null,null,true]";
    for (body, rest, expected) in [
        (r#"{"a": [1.0]}"#, parse, r#"{"a":[1]}"#),
        (r#"{"a": [1.0]}"#, "[]", r#""{\"a\": [1.0]}""#),
        ("{nonsense", parse, r#""{nonsense""#),
    ] {
        server.now(ok(body));
        let answer = http(&client, "get", &server.url("/"), rest).await;
        assert_eq!(member(&answer, "content").to_json(), expected, "{body}");
    }
}

#[tokio::test]
async fn requests_say_what_the_program_says() {
    let (client, server) = (client(&["127.0.0.1"]), Server::start(|_| Act::Echo).await);
    let rest = r#"[{"q": [1, "ü"]}, {"X-A": "1"}, null, {"username": "joe", "password": "pw"}, {"a": 1}]"#;
    let answer = http(&client, "put", &server.url("/p%20q"), rest).await;
    let echo = member(&answer, "content").as_str().unwrap().to_owned();
    let (first, rest) = echo.split_once("\r\n").unwrap();
    assert_eq!(first, "PUT /p%20q?q%5B0%5D=1&q%5B1%5D=%C3%BC HTTP/1.1");
    let expected = [
        "user-agent: pico-engine-core-http\r\n",
        "content-type: application/json\r\n",
        "x-a: 1\r\n",
        "authorization: Basic am9lOnB3\r\n",
        "\r\n\r\n{\"a\":1}",
    ];
    for part in expected {
        assert!(rest.contains(part), "{part} in {echo}");
    }
}

#[tokio::test]
async fn failures_are_answers() {
    let (client, server) = (client(&["127.0.0.1"]), Server::start(|_| ok("")).await);
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}\r\n").into_bytes();
    let private =
        "192.168.0.1 is not on the public internet, and the operator of this host does not allow it";
    let server_url = server.url("/x");
    let cases = [
        (Act::Late(Duration::from_secs(5), head("")), "no answer in time"),
        (Act::Hang(Vec::new()), "no answer in time"),
        (Act::Hang(head("content-length: 10\r\n")), "no answer in time"),
        (Act::Flood(head("")), "the answer is larger than 1000 bytes"),
        (ok("x".repeat(1001)), "the answer is larger than 1000 bytes"),
        (Act::Send(Vec::new()), "the exchange failed: connection closed before message completed"),
        (
            Act::Send(b"HTTP/1.1 2".to_vec()),
            "the exchange failed: connection closed before message completed",
        ),
        (
            Act::Send(head("content-length: 10\r\n")),
            "the exchange failed: end of file before message length reached",
        ),
        (Act::Send(b"SSH-2.0-server\r\n\r\n".to_vec()), "the exchange failed: invalid HTTP version parsed"),
        (redirect("302 Found", "http://192.168.0.1/"), private),
        (redirect("307 Temporary Redirect", "http://[::ffff:192.168.0.1]/"), private),
        (redirect("301 Moved", "http://192.168.1/"), "192.168.0.1 is not on"),
        (redirect("302 Found", &server_url), "not redirected: more than 3 redirects"),
    ];
    for (act, expected) in cases {
        server.now(act.clone());
        let answer = http(&client, "get", &server_url, "[]").await;
        let error = member(&answer, "error").as_str().unwrap_or_default();
        assert!(error.starts_with(expected), "{act:?}: {}", answer.to_json());
        assert_eq!(*member(&answer, "status_code"), Data::Number(0.0));
    }
}

#[tokio::test]
async fn redirects_are_followed_unless_unwanted() {
    let client = client(&["127.0.0.1"]);
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/x") => redirect("302 Found", "/y"),
        Some("/file") => redirect("302 Found", "file:///etc/passwd"),
        _ => ok("there"),
    })
    .await;
    let stop = "[null,null,null,null,null,null,null,null,null,true]";
    let cases = [("/x", "[]", (200.0, "there")), ("/x", stop, (302.0, "")), ("/file", "[]", (302.0, ""))];
    for (path, rest, expected) in cases {
        let answer = http(&client, "get", &server.url(path), rest).await;
        assert_eq!(*member(&answer, "status_code"), Data::Number(expected.0));
        assert_eq!(member(&answer, "content").as_str(), Some(expected.1));
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_any_name() {
    let server = Server::start(|_| ok("secret")).await;
    let port = server.address.port();
    let cases = [
        (&[][..], format!("http://127.0.0.1:{port}/"), Some("127.0.0.1 is not on the public internet")),
        (&[], format!("http://localhost:{port}/"), Some("localhost is not on the public internet")),
        (&[], format!("http://0x7f000001:{port}/"), Some("127.0.0.1 is not on the public internet")),
        (
            &[],
            "http://169.254.169.254/latest/".to_owned(),
            Some("169.254.169.254 is not on the public internet"),
        ),
        (&["localhost"], format!("http://localhost:{port}/"), None),
        (&["127.0.0.0/8"], format!("http://localhost:{port}/"), None),
        (&["*"], format!("http://127.0.0.1:{port}/"), None),
        (&["*"], "http://name.invalid/".to_owned(), Some("no connection: ")),
        (&["*"], "http://127.0.0.1:1/".to_owned(), Some("no connection: ")),
    ];
    for (allow, url, expected) in cases {
        let answer = http(&client(allow), "get", &url, "[]").await;
        let error = member(&answer, "error").as_str();
        match expected {
            Some(start) => {
                assert!(error.is_some_and(|e| e.starts_with(start)), "{url}: {}", answer.to_json())
            }
            None => {
                assert_eq!(member(&answer, "content").as_str(), Some("secret"), "{url}: {}", answer.to_json())
            }
        }
    }
}

/// A server with a certificate of the test authority.
async fn tls_server() -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nsafe").await?;
                stream.shutdown().await
            });
        }
    });
    address
}

#[tokio::test]
async fn certificates_are_checked() {
    let trusting = |roots: &[&[u8]]| {
        let mut config = config(&["127.0.0.0/8"]);
        config.transport.extra_roots = roots.iter().map(|pem| pem.to_vec()).collect();
        Client::new(&config)
    };
    let secure = tls_server().await.port();
    let plain = Server::start(|_| ok("")).await.address.port();
    let cases = [
        (&[AUTHORITY][..], format!("https://localhost:{secure}/"), None),
        (&[AUTHORITY], format!("https://127.0.0.1:{secure}/"), None),
        (&[AUTHORITY], format!("https://127.0.0.2:{secure}/"), Some("no connection: ")),
        (
            &[],
            format!("https://localhost:{secure}/"),
            Some("no connection: invalid peer certificate: UnknownIssuer"),
        ),
        (&[AUTHORITY], format!("https://127.0.0.1:{plain}/"), Some("no answer in time")),
    ];
    for (roots, url, expected) in cases {
        let answer = http(&trusting(roots).unwrap(), "get", &url, "[]").await;
        let error = member(&answer, "error").as_str();
        match expected {
            Some(start) => {
                assert!(error.is_some_and(|e| e.starts_with(start)), "{url}: {}", answer.to_json())
            }
            None => {
                assert_eq!(member(&answer, "content").as_str(), Some("safe"), "{url}: {}", answer.to_json())
            }
        }
    }
    let broken = trusting(&[b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]);
    assert!(broken.unwrap_err().to_string().starts_with("cannot set up requests: "));
}

#[tokio::test]
async fn a_proxy_is_one_that_the_operator_names() {
    let proxy = Server::start(|_| Act::Echo).await;
    let mut config = config(&["127.0.0.1"]);
    config.transport.proxy = Some(proxy.url(""));
    let answer = http(&Client::new(&config).unwrap(), "get", "http://name.invalid/x", "[]").await;
    let echo = member(&answer, "content").as_str().unwrap_or_default();
    assert!(echo.starts_with("GET http://name.invalid/x HTTP/1.1"), "{}", answer.to_json());
}

#[tokio::test]
async fn one_cloud_does_not_hold_up_another() {
    let client = client(&["127.0.0.1"]);
    let (slow, quick) =
        (Server::start(|_| Act::Hang(Vec::new())).await, Server::start(|_| ok("quick")).await);
    let send = |cloud: &'static str, url: String| {
        let (client, prepared) = (client.clone(), client.prepare("get", &[Data::string(url)]).unwrap());
        tokio::spawn(async move { client.send(cloud, prepared).await })
    };
    let begin = Instant::now();
    let waiting = send("a", slow.url("/"));
    while slow.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let other = send("b", quick.url("/")).await.unwrap();
    assert_eq!(member(&other, "content").as_str(), Some("quick"));
    assert!(!waiting.is_finished());
    // The cloud's only lane is taken until the first request is given up.
    let same = send("a", quick.url("/")).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(900), "{}", same.to_json());
    assert_eq!(member(&waiting.await.unwrap(), "error").as_str(), Some("no answer in time"));
}

fn dispatch(host: &str, attrs: &str) -> Dispatch {
    let Data::Map(attrs) = Data::parse(attrs).unwrap() else { panic!("{attrs} is a map") };
    let [eci, domain, name, id] = ["the-eci", "shop", "sold out", "id-1"].map(Arc::from);
    Dispatch { host: host.into(), eci, domain, name, attrs, id, hops: 3 }
}

#[tokio::test]
async fn delivers_events() {
    let seen = Arc::new(Mutex::new(String::new()));
    let note = seen.clone();
    let server = Server::start(move |request| {
        request.clone_into(&mut note.lock().unwrap());
        ok("\"id-1\"")
    })
    .await;
    let client = client(&["127.0.0.1"]);
    for (attrs, body) in [("{}", "{}"), (r#"{"a": [1, null]}"#, r#"{"a":[1,null]}"#)] {
        client.deliver(&dispatch(&server.url(""), attrs)).await.unwrap();
        let request = seen.lock().unwrap().clone();
        assert!(request.starts_with("POST /c/the-eci/event/shop/sold%20out HTTP/1.1\r\n"), "{request}");
        for part in ["content-type: application/json\r\n", "krl-event-id: id-1\r\n", "krl-hops: 3\r\n"] {
            assert!(request.contains(part), "{part} in {request}");
        }
        assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}");
    }
}

#[tokio::test]
async fn tells_failures_that_pass_from_those_that_stay() {
    let (client, server) = (client(&["127.0.0.1"]), Server::start(|_| ok("")).await);
    let status = |line: &str| answer(line, "", "");
    let cases = [
        (status("200 OK"), Ok(())),
        (status("202 Accepted"), Ok(())),
        (Act::Hang(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Ok(())),
        (redirect("302 Found", "/y"), Err((true, Some(302)))),
        (status("400 Bad Request"), Err((false, Some(400)))),
        (status("404 Not Found"), Err((false, Some(404)))),
        (status("408 Request Timeout"), Err((true, Some(408)))),
        (status("429 Too Many Requests"), Err((true, Some(429)))),
        (status("500 Oops"), Err((true, Some(500)))),
        (status("503 Unavailable"), Err((true, Some(503)))),
        (Act::Send(Vec::new()), Err((true, None))),
        (Act::Hang(Vec::new()), Err((true, None))),
    ];
    for (act, expected) in cases {
        server.now(act.clone());
        let result = client.deliver(&dispatch(&server.url("/"), "{}")).await;
        assert_eq!(result.map_err(|failure| (failure.retry, failure.status)), expected, "{act:?}");
    }
    server.now(answer("503 Unavailable", "retry-after: 7\r\n", ""));
    let failure = client.deliver(&dispatch(&server.url("/"), "{}")).await.unwrap_err();
    assert_eq!(failure.after, Some(Duration::from_secs(7)));
    for (host, retry) in [("http://10.0.0.1", false), ("nonsense", false), ("http://127.0.0.1:1", true)] {
        let failure = client.deliver(&dispatch(host, "{}")).await.unwrap_err();
        assert_eq!((failure.retry, failure.status), (retry, None), "{host}: {failure}");
    }
}
