//! `krl serve --traces URL` as a process of its own: spans reach the collector, and the last ones do when the host stops.
#![cfg(all(unix, feature = "otel"))]
#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

/// Takes one request in, as a collector would, and answers its bytes.
fn collect(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let head_bytes = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        if bytes.len() >= head_bytes + length.trim().parse::<usize>().unwrap() {
            break;
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    bytes
}

#[test]
fn spans_of_a_served_host_reach_a_collector() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_krl"));
    command.args(["serve", "--address", "127.0.0.1", "--port", "0", "--traces", &collector, "--home"]);
    let mut child = command.arg(home.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let rest = line.strip_prefix("krl: serving on ")?.to_owned();
        rest.split(' ').next().map(str::to_owned)
    });
    std::thread::spawn(move || lines.for_each(drop));
    let mut stream = TcpStream::connect(address.unwrap()).unwrap();
    stream.write_all(b"GET /api/ui-context HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    let received = std::thread::spawn(move || collect(&listener));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let bytes = received.join().unwrap();
    assert!(bytes.starts_with(b"POST /v1/traces "));
    assert!(bytes.windows(15).any(|window| window == b"/api/ui-context"));
}
