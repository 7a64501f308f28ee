//! The client and the server of the operator API understand each other: what is asked on one side comes out at the other.

#![allow(clippy::unwrap_used, reason = "tests")]

mod server;

use krl_host::api::Operation;
use krl_host::client::{Client, ClientError, is_local};
use krl_vm::data::Data;
use server::Host;
use std::time::Duration;

fn operations() -> Vec<Operation> {
    let data = |text| Data::parse(text).unwrap();
    vec![
        Operation::Owners,
        Operation::CreateOwner { name: "Ann é".into() },
        Operation::Suspend { owner: "o/1".into(), suspended: true },
        Operation::Suspend { owner: "o1".into(), suspended: false },
        Operation::Quota { owner: "o1".into(), limits: data(r#"{"clouds":7}"#).as_map().unwrap().clone() },
        Operation::Clouds { owner: "o 1".into(), after: Some("c+5&".into()), limit: 3 },
        Operation::Clouds { owner: "o1".into(), after: None, limit: 100 },
        Operation::Cloud { id: "c1%".into() },
        Operation::Logs { id: "c1".into(), after: Some("7".into()), limit: 5 },
        Operation::Trace { id: "e1".into() },
        Operation::Flush { url: "https://a.example/x.krl?a=b#c".into() },
        Operation::Push { content: vec![0, 255, 10] },
        Operation::Install { id: "c1".into(), url: "https://a.example".into(), config: data(r#"{"a":[1]}"#) },
        Operation::Backup { path: "/backups/1".into() },
        Operation::Stats,
    ]
}

#[test]
fn each_operation_arrives_as_it_was_sent() {
    let host = Host::start(|_| {});
    let client = Client::new(&format!("http://{}/", host.address), &host.token, None).unwrap();
    for operation in operations() {
        host.block_on(client.operate(operation.clone())).unwrap();
        assert_eq!(host.engine.operations.lock().unwrap().pop(), Some(operation));
    }
}

#[test]
fn whoever_follows_a_log_waits_for_its_next_entry() {
    let host = Host::start(|_| {});
    let client = Client::new(&format!("http://{}", host.address), &host.token, None).unwrap();
    let engine = host.engine.clone();
    let entry = Data::parse(r#"{"position":"1"}"#).unwrap();
    let later = entry.clone();
    let writer = std::thread::spawn(move || {
        while engine.operations.lock().unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        engine.logs.lock().unwrap().push(later);
    });
    let found = host.block_on(client.follow("c1", None, 10, Duration::from_secs(30))).unwrap();
    assert_eq!(found, Data::Array(vec![entry]));
    writer.join().unwrap();
}

#[test]
fn problems_are_told_apart() {
    let host = Host::start(|_| {});
    let base = format!("http://{}", host.address);
    let ask = |base: &str, token: &str, operation| {
        host.block_on(Client::new(base, token, None).unwrap().operate(operation)).unwrap_err()
    };
    let unauthorized = ask(&base, "another-token-than-this", Operation::Owners);
    assert_eq!(unauthorized, ClientError::Unauthorized(base.clone()));
    let refused = ask(&base, &host.token, Operation::Cloud { id: "nowhere".into() });
    let expected = ClientError::Refused(
        404,
        "unknown_channel".into(),
        "Error: ECI not found nowhere".into(),
        Vec::new(),
    );
    assert_eq!(refused, expected);
    assert!(matches!(ask("http://127.0.0.1:1", "t", Operation::Owners), ClientError::Unreachable(..)));
    assert_eq!(Client::new("host", "t", None).unwrap_err(), ClientError::Address("host".into()));
    assert_eq!(Client::new(&base, "a\nb", None).unwrap_err(), ClientError::Token);
}

#[test]
fn addresses_of_this_machine_are_known() {
    let check = |address: &str, here: bool| assert_eq!(is_local(address), here, "{address}");
    check("http://localhost:3000", true);
    check("http://LOCALHOST", true);
    check("http://127.0.0.1:3000/", true);
    check("http://[::1]:3000", true);
    check("https://clouds.example", false);
    check("http://localhost.example:3000", false);
    check("http://localhost:3000@clouds.example", false);
    check("http://192.168.1.7:3000", false);
    check("localhost", false);
}

#[test]
fn an_encrypted_host_is_asked_over_http_2() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
    let certificate = std::fs::read(folder.join("certificate.pem")).unwrap();
    let host = Host::start(|settings| {
        settings.tls = Some(krl_host::config::Tls {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        });
    });
    let base = format!("https://{}", host.address);
    let client = Client::new(&base, &host.token, Some(&certificate)).unwrap();
    host.block_on(client.operate(Operation::Stats)).unwrap();
    let stranger = Client::new(&base, &host.token, None).unwrap();
    let refused = host.block_on(stranger.operate(Operation::Stats)).unwrap_err();
    assert!(matches!(refused, ClientError::Unreachable(..)), "{refused}");

    let trusted = reqwest::Certificate::from_pem(&certificate).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    let answer = host.block_on(http.get(format!("{base}/c/x/event/a/b")).send()).unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert!(answer.headers().contains_key("strict-transport-security"));
    assert_eq!(host.block_on(answer.text()).unwrap(), r#""eid1""#);
}
