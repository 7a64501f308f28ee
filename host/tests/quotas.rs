//! Limits of owners: how many clouds, how many events.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_host::api::{Engine, Operation, Signal};
use krl_host::config::Settings;
use krl_host::serve::Host;
use krl_kernel::store::MemoryStore;
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
    Signal { eci: ui.into(), domain: "engine_ui".into(), name: "new".into(), attrs, id: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_and_are_lifted() {
    let home = tempfile::tempdir().unwrap();
    let settings =
        Settings { address: "127.0.0.1".into(), port: 0, home: home.path().into(), ..Settings::default() };
    let host = Host::start_with(&settings, Arc::new(MemoryStore::default())).await.unwrap();
    let engine = host.engine();
    let ui = engine.ui_channel().await.unwrap();
    let owner = text(&engine.operate(Operation::CreateOwner { name: "second".into() }).await.unwrap(), "id");
    let Data::Array(owners) = engine.operate(Operation::Owners).await.unwrap() else { panic!("no list") };
    let first = text(owners.first().unwrap(), "id");
    assert_ne!(first, owner);
    let clouds = |owners: Data| match owners {
        Data::Array(owners) => owners.iter().map(|owner| number(owner, "clouds")).collect::<Vec<_>>(),
        _ => Vec::new(),
    };

    let quota = |limits: &str| {
        let Data::Map(limits) = Data::parse(limits).unwrap() else { panic!("no map") };
        engine.operate(Operation::Quota { owner: first.clone(), limits })
    };
    quota(r#"{"clouds": 2}"#).await.unwrap();
    assert!(engine.signal(birth(&ui)).await.unwrap().errors.is_empty());
    let refused = engine.signal(birth(&ui)).await.unwrap();
    assert!(refused.errors.first().unwrap().message.contains("as many clouds"), "{refused:?}");
    assert_eq!(clouds(engine.operate(Operation::Owners).await.unwrap()), [2.0, 1.0]);

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
