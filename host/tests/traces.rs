//! Spans reach a collector, and continue the trace that a request names.

#![cfg(feature = "otel")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod server;

use krl_host::telemetry::Traces;
use server::Host;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn spans_reach_a_collector() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let received = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let name = b"/c/{eci}/event/{domain}/{name}";
        while !bytes.windows(name.len()).any(|window| window == name) {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0);
            bytes.extend_from_slice(&buffer[..read]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        bytes
    });
    let traces = Traces::start(&collector).unwrap();
    let host = Host::start(|settings| settings.traces = Some(collector.clone()));
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = format!(
        "GET /c/x/event/a/b HTTP/1.1\r\nhost: h\r\ntraceparent: {parent}\r\nconnection: close\r\n\r\n"
    );
    assert_eq!(host.exchange(request.as_bytes()).status, 200);
    drop(traces);
    let bytes = received.join().unwrap();
    assert!(bytes.starts_with(b"POST /v1/traces "));
    let trace =
        [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
    assert!(bytes.windows(16).any(|window| window == trace));
}
