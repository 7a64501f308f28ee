//! A web server that gives out rulesets, and answers some paths in ways of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What lies where, by path.
type Files = Arc<Mutex<BTreeMap<String, String>>>;

/// The server. Its thread ends with the process.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    files: Files,
}

impl Origin {
    /// Starts a server that has no files. `/late/MS` answers `late` after so many milliseconds.
    ///
    /// # Panics
    /// Where the system gives no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let files = Files::default();
        let shared = files.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let files = shared.clone();
                std::thread::spawn(move || drop(serve(stream, &files)));
            }
        });
        Self { address, files }
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a file at an address.
    pub fn publish(&self, url: &str, text: &str) {
        let path = url.strip_prefix(&self.base()).unwrap_or(url).to_owned();
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path, text.to_owned());
    }
}

fn serve(stream: TcpStream, files: &Files) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.strip_prefix("/late/").and_then(|ms| ms.parse().ok()) {
        Some(ms) => {
            std::thread::sleep(Duration::from_millis(ms));
            ("200 OK", "late".to_owned())
        }
        None => match files.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            Some(text) => ("200 OK", text.clone()),
            None => ("404 Not Found", "nothing here".to_owned()),
        },
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    reader.get_mut().write_all((head + &body).as_bytes())
}
