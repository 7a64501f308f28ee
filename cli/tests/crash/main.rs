//! A host is killed at odd moments under load, again and again. What it has acknowledged is there afterwards, once; what it has not is
//! there once or not at all; and nothing is there in half (decisions R1, R2, R8, R10).
//!
//! `KRL_TEST_ALL=1` kills it often; `KRL_CRASH_SEED=n` repeats the choices of a run that failed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod model;
mod server;
mod workload;

use serde_json::{Value, json};
use server::{Connection, Server};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{env, thread};
use workload::{Client, Dice, Sent};

/// Clouds that events are sent to.
const CLOUDS: usize = 50;
/// Connections that send them.
const CLIENTS: usize = 6;
/// Milliseconds of load before a kill, at most.
const LOAD: u64 = 400;

fn kills() -> usize {
    if env::var_os("KRL_TEST_ALL").is_some() { 110 } else { 6 }
}

fn seed() -> u64 {
    let given = env::var("KRL_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64 % 1_000_000_000
    })
}

/// Says with which seed a run failed.
struct OnFailure(u64);

impl Drop for OnFailure {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("to repeat the choices of this run: KRL_CRASH_SEED={}", self.0);
        }
    }
}

/// Makes the clouds; answers their channels.
fn grow(server: &Server) -> Arc<[String]> {
    let address = |name: &str| format!("file://{}/tests/crash/{name}.krl", env!("CARGO_MANIFEST_DIR"));
    let owners = server.operate("GET", "/host/v1/owners", &json!({}));
    let root = owners[0]["root"].as_str().unwrap();
    server.operate("POST", &format!("/host/v1/clouds/{root}/rulesets"), &json!({"url": address("hub")}));
    let ask = |path: String, body: &Value| {
        let (status, answer) = Connection::open(server.port()).unwrap().ask("POST", &path, body).unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let (_, context) =
        Connection::open(server.port()).unwrap().ask("GET", "/api/ui-context", &json!({})).unwrap();
    let ui = context["eci"].as_str().unwrap();
    let all = |key: &str| json!({"allow": [{key: "*", "name": "*"}], "deny": []});
    let wanted = json!({"tags": ["crash"], "eventPolicy": all("domain"), "queryPolicy": all("rid")});
    ask(format!("/c/{ui}/event-wait/engine_ui/new_channel"), &wanted);
    let seen = ask(format!("/c/{ui}/query/io.picolabs.pico-engine-ui/pico"), &json!({}));
    let channel =
        seen["channels"].as_array().unwrap().iter().find(|channel| channel["tags"] == json!(["crash"]));
    let hub = channel.and_then(|channel| channel["id"].as_str()).unwrap();
    let attrs = json!({"clouds": CLOUDS, "member": address("member"), "witness": address("witness")});
    ask(format!("/c/{hub}/event-wait/crash/grow"), &attrs);
    let channels = ask(format!("/c/{hub}/query/crash.hub/channels"), &json!({}));
    let channels: Arc<[String]> =
        channels.as_array().unwrap().iter().map(|channel| channel.as_str().unwrap().to_owned()).collect();
    assert_eq!(channels.len(), CLOUDS);
    channels
}

/// Sends events to a host for a while, then kills it; answers what was sent.
fn load_and_kill(server: Server, channels: &Arc<[String]>, round: usize, dice: &mut Dice) -> Vec<Sent> {
    let clients = (0..CLIENTS).map(|client| {
        let name = format!("{round}.{client}");
        let dice = Dice(dice.below(u64::MAX));
        let client = Client { name, port: server.port(), channels: channels.clone(), dice };
        thread::spawn(move || client.run())
    });
    let clients: Vec<_> = clients.collect();
    thread::sleep(Duration::from_millis(dice.below(LOAD)));
    server.kill();
    clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
}

/// Kills a host while it starts.
fn kill_at_start(home: &Path, durability: &str, dice: &mut Dice) {
    let mut child = Server::spawn(home, durability);
    thread::sleep(Duration::from_millis(dice.below(150)));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn run(durability: &str) {
    let seed = seed();
    let _told = OnFailure(seed);
    let mut dice = Dice(seed);
    let home = tempfile::tempdir().unwrap();
    let mut server = Server::start(home.path(), durability);
    let channels = grow(&server);
    let (mut sent, mut events) = (Vec::new(), 0);
    for round in 0..kills() {
        sent.extend(load_and_kill(server, &channels, round, &mut dice));
        if dice.below(6) == 0 {
            kill_at_start(home.path(), durability, &mut dice);
        }
        server = Server::start(home.path(), durability);
        // Some kills hit a host that still has to finish what the one before was given.
        if dice.below(3) != 0 || round + 1 == kills() {
            model::settle(&server);
            model::check(&server, &channels, &sent);
            events += sent.len();
            sent.clear();
        }
    }
    server.kill();
    assert!(events > kills(), "only {events} events were sent");
    println!("{durability}: {} kills, {events} events", kills());
}

#[test]
fn a_killed_host_keeps_what_it_acknowledged_with_durability_sync() {
    run("sync");
}

#[test]
fn a_killed_host_keeps_what_it_acknowledged_with_durability_os() {
    run("os");
}
