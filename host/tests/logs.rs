//! What the log says of a request, and what it keeps to itself.

#![allow(clippy::unwrap_used, reason = "tests")]

mod server;

use krl_host::config::{Log, LogFormat, Settings};
use krl_host::http::{Metrics, Server};
use krl_host::telemetry::subscriber;
use server::Echo;
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of requests for the paths.
fn log(log: Log, paths: &[&str]) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home = tempfile::tempdir().unwrap();
    let settings = Settings {
        address: "127.0.0.1".into(),
        port: 0,
        home: home.path().into(),
        log: log.clone(),
        ..Settings::default()
    };
    // The client chooses no encryption, but wants to know of one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing::subscriber::with_default(subscriber(&log, move || writer.clone()).unwrap(), || {
        runtime.block_on(async {
            let engine = Arc::new(Echo::default());
            let running = Server::start(&settings, engine, Metrics::new().unwrap()).await.unwrap();
            for path in paths {
                let request = reqwest::Client::new().get(format!("http://{}{path}", running.address()));
                let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
                request.header("traceparent", trace).send().await.unwrap();
            }
            running.shutdown().await;
        });
    });
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

const CHANNEL: &str = "cabcdefghijklmnopqrstuvwx";

#[test]
fn a_line_for_each_request_without_secrets() {
    let paths = [
        format!("/c/{CHANNEL}/event/shop/sale?card=4711"),
        format!("/sky/cloud/{CHANNEL}/shop/sold"),
        format!("/host/v1/clouds/{CHANNEL}"),
        format!("/c/{CHANNEL}/evnt/shop/sale"),
    ];
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = log(Log { format, level: "krl=info".into(), access: true, ..Log::default() }, &paths);
        assert_eq!(text.lines().count(), 4, "{text}");
        for part in [
            "/c/cabcde…/event/shop/sale",
            "/sky/cloud/cabcde…/shop/sold",
            "0af7651916cd43dd8448eb211c80319c",
            "401",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("cabcdef") && !text.contains("4711"), "{text}");
        if format == LogFormat::Json {
            let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
            assert_eq!((&line["status"], &line["method"]), (&200.into(), &"GET".into()));
        }
    }
}

#[test]
fn no_line_if_not_wanted() {
    assert_eq!(log(Log { access: false, level: "krl=info".into(), ..Log::default() }, &["/healthz"]), "");
}
