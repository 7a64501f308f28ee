//! Hosts from the example manifests: which rulesets and channels a new owner's root cloud has, and that they work.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_host::api::{Engine, Operation, Problem, Question, Signal};
use krl_host::config::{Settings, Sources, load};
use krl_host::serve::Host;
use krl_kernel::store::MemoryStore;
use krl_vm::data::{Data, DataMap};
use std::path::Path;
use std::sync::Arc;

/// What one manifest gives.
struct Case {
    distro: &'static str,
    rulesets: &'static str,
    /// The tags of the channels that the manifest makes.
    channels: &'static [&'static str],
    /// Events and queries by the first tag of a channel, and what comes of them: directives or the answer as JSON, or the problem's code.
    steps: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

const SYSTEM: &str =
    "io.picolabs.pico-engine-ui io.picolabs.wrangler io.picolabs.subscription io.picolabs.pds";

const CASES: &[Case] = &[
    Case {
        distro: "home.toml",
        rulesets: "org.example.shopping",
        channels: &["device"],
        steps: &[("device", "sensor:reading", "{}", "[]"), ("device", "shop:add", "{}", "denied")],
    },
    Case {
        distro: "bank.toml",
        rulesets: "bank.account bank.consent",
        channels: &["front-end"],
        steps: &[
            ("front-end", "account:deposit", r#"{"cents": 500}"#, "[]"),
            ("front-end", "account:payment", r#"{"cents": 120}"#, r#"[{"left":380}]"#),
            ("front-end", "account:payment", r#"{"cents": 381}"#, r#"[{"balance":380}]"#),
            ("front-end", "account:closed", "{}", "denied"),
            ("front-end", "wrangler:new_child_request", "{}", "denied"),
            ("front-end", "bank.account/balance", "{}", "380"),
            ("front-end", "bank.account/region", "{}", r#""eu""#),
            ("front-end", "io.picolabs.wrangler/children", "{}", "denied"),
        ],
    },
    Case {
        distro: "gateway.toml",
        rulesets: "",
        channels: &["device", "display"],
        steps: &[
            ("device", "sensor:reading", r#"{"device": "porch", "value": "7 °C"}"#, "[]"),
            ("device", "org.example.readings/last", "{}", "denied"),
            ("display", "sensor:reading", "{}", "denied"),
            ("display", "org.example.readings/nothing", "{}", "not_shared"),
            ("display", "org.example.readings/last", r#"{"device": "porch"}"#, "7 °C"),
            ("display", "org.example.readings/since", "{}", "T"),
        ],
    },
];

fn settings(distro: &str, home: &Path) -> Settings {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/distros").join(distro);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let flags = [("distro", text(&manifest)), ("home", text(home)), ("port", "0".into())];
    let flags: Vec<_> = flags.map(|(flag, value)| (flag.to_owned(), value)).into();
    let settings = load(&Sources { flags: &flags, env: &|_| None, file: None }).unwrap();
    Settings { address: "127.0.0.1".into(), ..settings }
}

fn list<'a>(data: &'a Data, name: &str) -> &'a [Data] {
    match data.as_map().and_then(|map| map.get(name)) {
        Some(Data::Array(items)) => items,
        other => panic!("{name} is {other:?}"),
    }
}

fn text<'a>(data: &'a Data, name: &str) -> &'a str {
    data.as_map().and_then(|map| map.get(name)).and_then(Data::as_str).unwrap()
}

async fn do_step(host: &Host, eci: &str, what: &str, attrs: DataMap) -> Result<String, Problem> {
    if let Some((domain, name)) = what.split_once(':') {
        let (domain, name) = (domain.into(), name.into());
        let answer = host
            .engine()
            .signal(Signal { eci: eci.into(), domain, name, attrs, ..Signal::default() })
            .await?;
        assert!(answer.errors.is_empty(), "{what}: {:?}", answer.errors);
        return Ok(Data::Array(answer.directives.into_iter().map(|d| d.options).collect()).to_json());
    }
    let (rid, name) = what.split_once('/').unwrap();
    let question =
        Question { eci: eci.into(), rid: rid.into(), name: name.into(), args: attrs, ..Question::default() };
    Ok(host.engine().ask(question).await?.to_json())
}

async fn check(case: &Case) {
    let home = tempfile::tempdir().unwrap();
    let settings = settings(case.distro, home.path());
    let host = Host::start_with(&settings, Arc::new(MemoryStore::default())).await.unwrap();
    let root = host.engine().owners().first().unwrap().root.to_string();
    let cloud = host.engine().operate(Operation::Cloud { id: root }).await.unwrap();

    let system = if settings.distro.system.is_some() { "org.example.readings" } else { SYSTEM };
    let rids: Vec<_> = list(&cloud, "rulesets").iter().map(|ruleset| text(ruleset, "rid")).collect();
    assert_eq!(rids.join(" "), format!("{system} {}", case.rulesets).trim(), "{}", case.distro);
    let first_tag = |channel: &Data| list(channel, "tags").first().and_then(Data::as_str).unwrap().to_owned();
    let channels = list(&cloud, "channels").iter();
    let channels: Vec<_> = channels.map(|channel| (first_tag(channel), text(channel, "id"))).collect();
    let made = channels.iter().filter(|(tag, _)| case.channels.contains(&tag.as_str()));
    assert_eq!(made.count(), case.channels.len(), "{}: {channels:?}", case.distro);
    if settings.distro.system.is_some() {
        assert_eq!(channels.len(), case.channels.len(), "there is no other way in: {channels:?}");
        assert_eq!(host.engine().ui_channel().await.unwrap_err().code, "no_ui");
    }

    for (tag, what, attrs, expected) in case.steps {
        let eci = channels.iter().find(|(known, _)| known == tag).unwrap().1;
        let Data::Map(attrs) = Data::parse(attrs).unwrap() else { panic!("no map") };
        let found = do_step(&host, eci, what, attrs).await.unwrap_or_else(|problem| problem.code.to_owned());
        let same = if what.starts_with("org.example.readings/") {
            found.contains(expected)
        } else {
            found == *expected
        };
        assert!(same, "{}: {what} gave {found}, not {expected}", case.distro);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_distros_work() {
    for case in CASES {
        check(case).await;
    }
}
