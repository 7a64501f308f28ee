//! The engine that is measured: one that runs, or `krl serve` in a folder of its own. Both get the bench's ruleset in the root cloud and a
//! channel that lets everything through.

use super::load;
use super::usage::Usage;
use krl_host::api::Operation;
use krl_host::client::Client;
use krl_vm::data::{Data, DataMap};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

const RULESET: &str = include_str!("bench.krl");
const UI: &str = "io.picolabs.pico-engine-ui";

/// Where requests go.
pub struct Target {
    pub address: SocketAddr,
    /// The engine's process, if it is known.
    pub process: Option<u32>,
    /// The channel.
    pub eci: String,
}

impl Target {
    /// An engine that runs at a URL. It installs the bench's ruleset from this machine's files.
    pub fn other(url: &str) -> Self {
        let place = url.trim_start_matches("http://").trim_end_matches('/');
        let address = place.to_socket_addrs().unwrap().next().expect("an address `http://HOST:PORT`");
        let ui = ui_channel(address);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/host/bench.krl");
        let install = json!({ "url": format!("file://{}", file.display()), "config": {} });
        exchange(address, &format!("/c/{ui}/event-wait/engine_ui/install"), Some(&install));
        Self { address, process: None, eci: open_channel(address, &ui) }
    }

    /// What the engine has used so far, if it can be known.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(self.process?)
    }
}

/// The file of `krl`, built as a release.
pub fn build() -> PathBuf {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--release", "-p", "krl"]).status();
    assert!(built.unwrap().success(), "`krl` does not build");
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("krl")
}

/// A host that ends with this value.
pub struct Child {
    process: process::Child,
    address: SocketAddr,
    token: String,
}

impl Child {
    /// Starts `krl serve` in a folder.
    pub fn start(binary: &Path, home: &Path, durability: &str, settings: &[String]) -> Self {
        let mut process = Command::new(binary)
            .args(["serve", "--address", "127.0.0.1", "--port", "0", "--log-access", "false"])
            .args(["--log-level", "warn", "--durability", durability, "--home"])
            .arg(home)
            .args(settings)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        let address = address.unwrap_or_else(|| panic!("`krl serve` did not start: {line}"));
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::stderr()));
        let token = std::fs::read_to_string(home.join("operator.token")).unwrap();
        Self { process, address, token }
    }

    /// Installs the bench's ruleset in its root cloud.
    pub async fn prepare(&self) -> Target {
        let client = Client::new(&format!("http://{}", self.address), &self.token, None).unwrap();
        let pushed = client.operate(Operation::Push { content: RULESET.into() }).await.unwrap();
        let url = pushed.as_map().and_then(|facts| facts.get("url")).and_then(Data::as_str);
        let (id, config) = (ui_channel(self.address), Data::Map(DataMap::new()));
        let url = url.expect("the address of a ruleset").to_owned();
        client.operate(Operation::Install { id: id.clone(), url, config }).await.unwrap();
        Target {
            address: self.address,
            process: Some(self.process.id()),
            eci: open_channel(self.address, &id),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let stopped = Command::new("kill").arg(self.process.id().to_string()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}

fn ui_channel(address: SocketAddr) -> String {
    let context = exchange(address, "/api/ui-context", None);
    context["eci"].as_str().expect("the channel of the user interface").to_owned()
}

/// Makes a channel that lets everything through.
fn open_channel(address: SocketAddr, ui: &str) -> String {
    let wanted = json!({
        "tags": ["bench"],
        "eventPolicy": { "allow": [{ "domain": "*", "name": "*" }], "deny": [] },
        "queryPolicy": { "allow": [{ "rid": "*", "name": "*" }], "deny": [] },
    });
    exchange(address, &format!("/c/{ui}/event-wait/engine_ui/new_channel"), Some(&wanted));
    let pico = exchange(address, &format!("/c/{ui}/query/{UI}/pico"), None);
    let channels = pico["channels"].as_array().expect("channels");
    let open = channels.iter().rev().find(|channel| channel["tags"] == json!(["bench"]));
    open.and_then(|channel| channel["id"].as_str()).expect("the new channel").to_owned()
}

fn exchange(address: SocketAddr, path: &str, body: Option<&Value>) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let (verb, body) = body.map_or(("GET", String::new()), |body| ("POST", body.to_string()));
    let length = body.len();
    let head = "content-type: application/json\r\nconnection: close\r\n";
    write!(stream, "{verb} {path} HTTP/1.1\r\nhost: h\r\n{head}content-length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
    let whole = load::length(&answer).expect("a whole answer");
    let head = text.find("\r\n\r\n").expect("a whole head") + 4;
    serde_json::from_slice(&answer[head..whole]).expect("JSON")
}
