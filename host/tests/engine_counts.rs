//! What an engine counts is in `/metrics`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use krl_host::api::{Engine, Operation, Question, Signal};
use krl_host::config::Settings;
use krl_host::serve::Host;
use krl_vm::data::Data;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn metrics_tell_what_the_engine_does() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        home: folder.path().to_owned(),
        address: "127.0.0.1".into(),
        port: 0,
        threads: Some(2),
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let host = runtime.block_on(Host::start(&settings)).unwrap();
    let eci = runtime.block_on(host.engine().ui_channel()).unwrap();
    let before = scrape(host.address());
    for deleted in ["", "nosuch"] {
        let signal = Signal {
            eci: eci.to_string(),
            domain: "engine_ui".into(),
            name: "del_channel".into(),
            attrs: [("eci".into(), Data::string(deleted))].into_iter().collect(),
            ..Signal::default()
        };
        let answer = runtime.block_on(host.engine().signal(signal)).unwrap();
        assert_eq!(answer.errors.is_empty(), deleted.is_empty());
    }
    for name in ["pico", "logs"] {
        let question = Question {
            eci: eci.to_string(),
            rid: "io.picolabs.pico-engine-ui".into(),
            name: name.into(),
            ..Question::default()
        };
        runtime.block_on(host.engine().ask(question)).unwrap();
    }
    runtime.block_on(host.engine().operate(Operation::Stats)).unwrap();
    // An answer may be given before the turn that gave it is counted.
    let counted = |text: &str| value(text, "krl_queries_total") - value(&before, "krl_queries_total") >= 2.0;
    let mut after = scrape(host.address());
    for _ in 0..100 {
        if counted(&after) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        after = scrape(host.address());
    }
    let grown = |name: &str| value(&after, name) - value(&before, name);
    for (name, by) in [("krl_events_total", 2.0), ("krl_queries_total", 2.0), ("krl_errors_total", 1.0)] {
        assert_eq!(grown(name), by, "{name}");
    }
    // These events and queries change nothing; the start made the root cloud.
    assert!(value(&after, "krl_commit_seconds_count") >= 1.0);
    assert!(value(&after, "krl_sync_seconds_count") >= 1.0);
    assert_eq!(value(&after, "krl_clouds_awake"), 1.0);
    for name in
        ["krl_evaluations", "krl_tasks_queued", "krl_queue_bytes", "krl_outbox_waiting", "krl_swept_total"]
    {
        assert_eq!(value(&after, name), 0.0, "{name}");
    }
    assert!(value(&after, "krl_store_bytes") > 0.0);
    runtime.block_on(host.stop());
}
