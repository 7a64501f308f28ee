//! Limits of owners: how many clouds, how many events.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_host::api::{Engine, Operation, Signal};
use krl_host::config::Settings;
use krl_host::serve::Host;
use krl_kernel::store::{Fault, FaultyStore, MemoryStore, StoreError};
use krl_vm::data::{Data, DataMap};
use std::sync::Arc;

fn text(data: &Data, name: &str) -> String {
    data.as_map().and_then(|map| map.get(name)).and_then(Data::as_str).unwrap_or_default().to_owned()
}

fn number(data: &Data, name: &str) -> f64 {
    match data.as_map().and_then(|map| map.get(name)) {
        Some(Data::Number(n)) => *n,
        other => panic!("{name} is {other:?}"),
    }
}

/// An event of the developer UI that makes a child.
fn birth(ui: &str) -> Signal {
    let attrs = DataMap::from_iter([("name".into(), Data::string("child"))]);
    Signal { eci: ui.into(), domain: "engine_ui".into(), name: "new".into(), attrs, ..Signal::default() }
}

fn settings() -> (Settings, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let (address, folder) = ("127.0.0.1".into(), home.path().into());
    (Settings { address, port: 0, home: folder, threads: Some(1), ..Settings::default() }, home)
}

/// How many clouds each owner has.
async fn clouds(host: &Host) -> Vec<f64> {
    match host.engine().operate(Operation::Owners).await.unwrap() {
        Data::Array(owners) => owners.iter().map(|owner| number(owner, "clouds")).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_and_are_lifted() {
    let (settings, _home) = settings();
    let host = Host::start_with(&settings, Arc::new(MemoryStore::default())).await.unwrap();
    let engine = host.engine();
    let ui = engine.ui_channel().await.unwrap();
    let owner = text(&engine.operate(Operation::CreateOwner { name: "second".into() }).await.unwrap(), "id");
    let Data::Array(owners) = engine.operate(Operation::Owners).await.unwrap() else { panic!("no list") };
    let first = text(owners.first().unwrap(), "id");
    assert_ne!(first, owner);
    let quota = |limits: &str| {
        let Data::Map(limits) = Data::parse(limits).unwrap() else { panic!("no map") };
        engine.operate(Operation::Quota { owner: first.clone(), limits })
    };
    quota(r#"{"clouds": 2}"#).await.unwrap();
    assert!(engine.signal(birth(&ui)).await.unwrap().errors.is_empty());
    let refused = engine.signal(birth(&ui)).await.unwrap();
    assert!(refused.errors.first().unwrap().message.contains("as many clouds"), "{refused:?}");
    assert_eq!(clouds(&host).await, [2.0, 1.0]);

    quota(r#"{"clouds": null, "events_per_second": 1}"#).await.unwrap();
    let mut refusals = 0;
    for _ in 0..4 {
        let event = Signal { domain: "engine_ui".into(), name: "box".into(), ..birth(&ui) };
        refusals += usize::from(engine.signal(event).await.is_err_and(|problem| problem.status == 429));
    }
    assert!(refusals >= 1, "four events within two seconds at most");

    assert_eq!(quota(r#"{"clowns": 1}"#).await.unwrap_err().code, "bad_limit");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clouds_that_a_full_store_refuses_are_not_counted() {
    let (settings, _home) = settings();
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let host = Host::start_with(&settings, store.clone()).await.unwrap();
    let ui = host.engine().ui_channel().await.unwrap();
    host.engine().signal(birth(&ui)).await.unwrap();
    store.fail(Fault::CommitsAfter(0), StoreError::Full);
    for _ in 0..3 {
        assert_eq!(host.engine().signal(birth(&ui)).await.unwrap_err().code, "store_full");
    }
    store.mend();
    assert_eq!(clouds(&host).await, [2.0]);
    host.engine().signal(birth(&ui)).await.unwrap();
    host.engine().settle().await;
    let owner = host.engine().owners().first().unwrap().id.to_string();
    let listed = host.engine().operate(Operation::Clouds { owner, after: None, limit: 10 }).await.unwrap();
    assert!(matches!(listed, Data::Array(clouds) if clouds.len() == 3));
    assert_eq!(clouds(&host).await, [3.0]);
    host.stop().await;
    let host = Host::start_with(&settings, store).await.unwrap();
    assert_eq!(clouds(&host).await, [3.0]);
    host.stop().await;
}
