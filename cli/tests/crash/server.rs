//! A host in a process of its own, and connections to it.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A running host.
pub struct Server {
    child: Child,
    port: u16,
    token: String,
}

impl Server {
    /// Gets the process going; it may not serve yet.
    pub fn spawn(home: &Path, durability: &str) -> Child {
        let home = home.display().to_string();
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash");
        Command::new(env!("CARGO_BIN_EXE_krl"))
            .args(["serve", "--address", "127.0.0.1", "--port", "0", "--log-access", "false"])
            .args(["--log-level", "error", "--threads", "3", "--ruleset-files", files])
            .args(["--home", &home, "--durability", durability])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts a host, and waits until it serves.
    pub fn start(home: &Path, durability: &str) -> Self {
        let mut child = Self::spawn(home, durability);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.by_ref().find_map(|line| {
            let rest = line.strip_prefix("krl: serving on 127.0.0.1:")?;
            rest.split(' ').next()?.parse().ok()
        });
        // What it says later is an error.
        thread::spawn(move || {
            lines.filter(|line| !line.starts_with("krl: ")).for_each(|line| eprintln!("{line}"))
        });
        let port = port.unwrap_or_else(|| panic!("the host did not start: {:?}", child.wait()));
        let token = std::fs::read_to_string(home.join("operator.token")).unwrap().trim().to_owned();
        Self { child, port, token }
    }

    /// Ends it without warning.
    pub fn kill(self) {
        drop(self);
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What an operator is answered.
    pub fn operate(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut connection = Connection::open(self.port).unwrap();
        connection.token = Some(self.token.clone());
        let (status, answer) = connection.ask(method, path, body).unwrap();
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection that is kept for many requests.
pub struct Connection {
    stream: BufReader<TcpStream>,
    token: Option<String>,
}

impl Connection {
    /// Opens one.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::new(stream), token: None })
    }

    /// Makes a request; answers status and body.
    pub fn ask(&mut self, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
        let body = body.to_string();
        let token = self.token.iter().map(|token| format!("authorization: Bearer {token}\r\n"));
        let token: String = token.collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{token}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("the connection broke"))?;
        let mut length = 0;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the connection broke"));
            }
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok((status, serde_json::from_slice(&bytes).map_err(io::Error::other)?))
    }
}
