//! Clouds on a host in this process, made the way operators and users make them.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests use parts of it, and a set-up that fails ends them"
)]

use krl_host::api::{Engine, Operation, Problem, Question, Signal};
use krl_vm::data::Data;

/// A cloud that is the root of an owner of its own.
pub struct Cloud {
    /// Its id.
    pub root: String,
    /// A channel that lets everything through.
    pub channel: String,
}

pub fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

pub fn field<'a>(data: &'a Data, name: &str) -> &'a Data {
    data.as_map().and_then(|map| map.get(name)).unwrap_or(&Data::Null)
}

fn text(data: &Data, name: &str) -> String {
    field(data, name).as_str().unwrap().to_owned()
}

/// Makes a cloud with rulesets, each named by its address.
pub async fn found(engine: &impl Engine, name: &str, rulesets: &[String]) -> Cloud {
    let owner = engine.operate(Operation::CreateOwner { name: name.into() }).await.unwrap();
    let (root, ui) = (text(&owner, "root"), text(&owner, "ui"));
    for url in rulesets {
        let (id, url, config) = (ui.clone(), url.clone(), map([]));
        engine.operate(Operation::Install { id, url, config }).await.unwrap();
    }
    let policy = |key: &str| {
        let all = map([(key, Data::string("*")), ("name", Data::string("*"))]);
        map([("allow", Data::Array(vec![all])), ("deny", Data::Array(Vec::new()))])
    };
    let tags = Data::Array(vec![Data::string("open")]);
    let wanted = map([("tags", tags), ("eventPolicy", policy("domain")), ("queryPolicy", policy("rid"))]);
    let Data::Map(attrs) = wanted else { panic!("no map") };
    let domain = "engine_ui".into();
    let made = Signal { eci: ui.clone(), domain, name: "new_channel".into(), attrs, ..Signal::default() };
    let made = engine.signal(made).await.unwrap();
    assert!(made.errors.is_empty(), "{made:?}");
    let seen = ask(engine, &ui, "io.picolabs.pico-engine-ui", "pico").await.unwrap();
    let Data::Array(channels) = field(&seen, "channels") else { panic!("no channels") };
    let ours = channels.iter().find(|channel| field(channel, "tags").to_json() == r#"["open"]"#);
    Cloud { root, channel: text(ours.unwrap(), "id") }
}

/// Asks a query without arguments.
pub async fn ask(engine: &impl Engine, eci: &str, rid: &str, name: &str) -> Result<Data, Problem> {
    let question = Question { eci: eci.into(), rid: rid.into(), name: name.into(), ..Question::default() };
    engine.ask(question).await
}

/// An event without attributes.
pub fn event(eci: &str, domain: &str, name: &str) -> Signal {
    Signal { eci: eci.into(), domain: domain.into(), name: name.into(), ..Signal::default() }
}
