//! What an engine counts is in `/metrics`.

#![allow(clippy::unwrap_used, reason = "tests")]

mod scrape;

use krl_host::api::{Engine, Operation, Question, Signal};
use krl_host::config::Settings;
use krl_host::serve::Host;
use krl_vm::data::Data;
use scrape::{scrape, value};
use std::time::Duration;

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
    // So few calls make nothing hot; that nothing is damaged or kept shows in a folder that is new.
    for name in ["code_bytes", "compiled_total", "refused_total", "compile_nanoseconds_total"] {
        assert_eq!(value(&after, &format!("krl_jit_{name}")), 0.0, "{name}");
    }
    for name in ["hits", "misses", "damaged"] {
        assert_eq!(value(&after, &format!("krl_jit_cache_{name}_total")), 0.0, "{name}");
    }
    runtime.block_on(host.stop());
}

/// Each function that runs is compiled or refused at once, and its code is counted as long as it is in memory.
#[cfg(all(feature = "jit", unix))]
#[test]
fn metrics_tell_of_machine_code() {
    if krl_host::jit::target().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        home: folder.path().to_owned(),
        address: "127.0.0.1".into(),
        port: 0,
        threads: Some(1),
        jit: krl_vm::interp::compiled::JitMode::Force,
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let host = runtime.block_on(Host::start(&settings)).unwrap();
    let eci = runtime.block_on(host.engine().ui_channel()).unwrap();
    let (rid, name) = ("io.picolabs.pico-engine-ui".into(), "pico".into());
    let question = Question { eci: eci.to_string(), rid, name, ..Question::default() };
    runtime.block_on(host.engine().ask(question)).unwrap();
    let figures = scrape(host.address());
    let compiled = value(&figures, "krl_jit_compiled_total");
    assert!(compiled > 10.0, "{figures}");
    assert_eq!(value(&figures, "krl_jit_cache_misses_total"), compiled);
    assert!(value(&figures, "krl_jit_code_bytes") > 100.0 * compiled, "{figures}");
    assert!(value(&figures, "krl_jit_compile_nanoseconds_total") > 10_000.0 * compiled, "{figures}");
    runtime.block_on(host.stop());
}
