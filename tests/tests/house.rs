//! The cases of the system rulesets, and of clouds, on real hosts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails fails the test")]

use krl_conformance::engine::Engine;
use krl_conformance::house::{House, Way};
use krl_conformance::scenario::budgets;
use krl_conformance::system::run;
use krl_host::config::Settings;
use krl_vm::data::Data;
use krl_vm::interp::compiled::JitMode;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const FILES: [&str; 5] = ["wrangler.json", "subscription.json", "pds.json", "ui.json", "host.json"];

fn cases() -> Vec<(String, Data)> {
    let read = |file: &&str| {
        let path = format!("{}/vectors/system/{file}", env!("CARGO_MANIFEST_DIR"));
        let Data::Array(cases) = Data::parse(&std::fs::read_to_string(path).unwrap()).unwrap() else {
            panic!("{file} is no array");
        };
        cases
    };
    let id = |case: &Data| case.as_map().unwrap()["id"].as_str().unwrap().to_owned();
    FILES.iter().flat_map(read).map(|case| (id(&case), case)).collect()
}

/// Runs every case in a house of its own, two at a time.
fn check(way: Way, jit: JitMode) {
    let cases = cases();
    assert!(cases.len() > 60, "{} cases", cases.len());
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((id, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let settings = Settings { budgets: budgets(case), jit, ..Settings::default() };
                    let done = catch_unwind(AssertUnwindSafe(|| run(case, &mut House::with(way, settings))));
                    let why = match done {
                        Ok(Ok(())) => continue,
                        Ok(Err(why)) => why,
                        Err(_) => "panics".into(),
                    };
                    failed.lock().unwrap().push(format!("{id}: {why}"));
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{way:?}: {} of {}\n{}", failed.len(), cases.len(), failed.join("\n"));
}

#[test]
fn system_cases_hold_over_http() {
    check(Way::Http, JitMode::Off);
}

#[test]
fn system_cases_hold_in_process() {
    check(Way::Direct, Engine::forced());
}
