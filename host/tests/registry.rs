//! Rulesets by address: krl-runtime.md §6.4 and §6.5, decisions R11, H6 and L9.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod origin;

use krl_host::outside::{Transport, TransportConfig};
use krl_host::registry::{
    Address, Files, Limits, Registry, RegistryConfig, RegistryError, Ruleset, Swept, hash_of,
};
use krl_kernel::library::Library;
use krl_kernel::store::{Batch, MemoryStore, Read, Space, Store, scan_prefix};
use krl_stdlib::rulesets::Bundled;
use origin::{Act, Server, answer, ok, redirect};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A registry over a store, and a folder of rulesets.
struct House {
    store: Arc<MemoryStore>,
    folder: tempfile::TempDir,
    registry: Registry,
}

fn config() -> RegistryConfig {
    RegistryConfig {
        files: Files::Anywhere,
        limits: Limits { source_bytes: 1000, krlc_bytes: 10_000 },
        bundled: &[Bundled { rid: "io.picolabs.bundled", source: "ruleset io.picolabs.bundled {}" }],
        now: || 1_582_979_445_123,
    }
}

fn open(store: Arc<MemoryStore>, config: RegistryConfig) -> Registry {
    let transport = TransportConfig {
        allow: vec!["127.0.0.1".parse().unwrap()],
        total: Duration::from_secs(2),
        ..TransportConfig::default()
    };
    let loader = Library::new(krl_stdlib::natives());
    let transport = Transport::new(&transport).unwrap();
    Registry::open(store, Arc::new(loader), transport, config).unwrap()
}

impl House {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::default());
        let registry = open(store.clone(), config());
        Self { store, folder: tempfile::tempdir().unwrap(), registry }
    }

    /// The same store in a host that has just started.
    fn restart(&mut self) {
        self.registry = open(self.store.clone(), config());
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Address {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self.address(name)
    }

    fn address(&self, name: &str) -> Address {
        address(&format!("file://{}", self.folder.path().join(name).display()))
    }

    /// Flushes a file with this content: what changed, or why not.
    async fn flush(&self, name: &str, source: &str) -> Result<bool, String> {
        let address = self.write(name, source);
        self.registry.flush(&address).await.map(|flush| flush.changed).map_err(|e| e.to_string())
    }

    async fn version(&self, name: &str) -> String {
        version(&self.registry.load(&self.address(name)).await.unwrap())
    }

    fn contents(&self) -> usize {
        let mut count = 0;
        scan_prefix(&*self.store, Space::Code, b"c", &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
        count
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn version(ruleset: &Ruleset) -> String {
    ruleset.code.unit().meta.version.as_deref().unwrap_or_default().to_owned()
}

fn shop(version: &str) -> String {
    format!(r#"ruleset shop {{ meta {{ version "{version}" }} }}"#)
}

#[tokio::test]
async fn a_ruleset_stays_until_it_is_flushed() {
    let mut house = House::new();
    let address = house.write("shop.krl", shop("0.0.0"));
    assert!(house.registry.loaded(&address).is_none());
    assert_eq!(house.version("shop.krl").await, "0.0.0");
    house.write("shop.krl", shop("1.0.0"));
    assert_eq!(house.version("shop.krl").await, "0.0.0");
    assert_eq!(house.flush("shop.krl", &shop("1.0.0")).await, Ok(true));
    assert_eq!(house.version("shop.krl").await, "1.0.0");
    assert_eq!(house.flush("shop.krl", &shop("1.0.0")).await, Ok(false));

    std::fs::remove_file(house.folder.path().join("shop.krl")).unwrap();
    house.restart();
    assert!(house.registry.loaded(&address).is_none());
    assert_eq!(house.version("shop.krl").await, "1.0.0");
    let error = house.registry.flush(&address).await.unwrap_err();
    assert_eq!(error.code(), "fetch_failed");
    assert_eq!(house.version("shop.krl").await, "1.0.0");
}

#[tokio::test]
async fn facts_are_those_of_the_reference() {
    let mut house = House::new();
    let source = r#"ruleset shop { global { price = "a".reverse() } }"#;
    let address = house.write("shop.krl", source);
    let before = house.registry.flush(&address).await.unwrap().ruleset.facts.to_data().to_json();
    let hash = hash_of(source.as_bytes());
    let head = format!(
        r#"{{"url":"{}","rid":"shop","hash":"{hash}","flushed":"2020-02-29T12:30:45.123Z","compiler":{{"version":"{}","warnings":["#,
        address.canonical(),
        env!("CARGO_PKG_VERSION"),
    );
    assert!(before.starts_with(&head), "{before}");
    assert!(
        before.contains(r#""message":"`reverse` "#) && before.contains(r#""line":1,"column":"#),
        "{before}"
    );
    // The reference forgets warnings when it restarts (krl-runtime.md §11, 33).
    house.restart();
    assert_eq!(house.registry.load(&address).await.unwrap().facts.to_data().to_json(), before);
    assert_eq!(house.registry.known().iter().map(|f| f.to_data().to_json()).collect::<Vec<_>>(), [before]);
}

#[tokio::test]
async fn what_cannot_be_taken_in_changes_nothing() {
    let house = House::new();
    assert_eq!(house.flush("one.krl", "ruleset one {}").await, Ok(true));
    assert_eq!(house.flush("two.krl", "ruleset two { meta { use module one } }").await, Ok(true));
    let uses =
        |rid: &str, module: &str| format!("ruleset {rid} {{ meta {{ use module {module} alias m }} }}");
    let cases = [
        ("new.krl", uses("new", "io.picolabs.bundled"), None),
        ("new.krl", uses("new", "three"), Some("Dependant module not loaded: three")),
        ("new.krl", uses("new", "new"), Some("Dependency Cycle Found: new -> new")),
        ("one.krl", uses("one", "two"), Some("Dependency Cycle Found: one -> two -> one")),
        ("one.krl", "ruleset one {".into(), Some("does not compile: ")),
        ("one.krl", "x = 1".into(), Some("a file begins with `ruleset NAME {` at 1:1")),
        ("one.krl", format!("ruleset one {{}} //{}", "x".repeat(1000)), Some("is larger than 1000 bytes")),
        ("one.krl", "KRLC and so on".into(), Some("the compiled ruleset is cut off")),
    ];
    for (name, source, expected) in cases {
        let before = house.registry.loaded(&house.address(name)).map(|ruleset| ruleset.facts.hash);
        match (house.flush(name, &source).await, expected) {
            (Err(message), Some(expected)) => {
                assert!(message.contains(expected), "{source}: {message}");
                let after = house.registry.loaded(&house.address(name)).map(|ruleset| ruleset.facts.hash);
                assert_eq!(after, before, "{source}");
            }
            (result, expected) => assert_eq!(result.err().as_deref(), expected, "{source}"),
        }
    }
}

#[tokio::test]
async fn findings_are_data() {
    let house = House::new();
    let source = "ruleset shop {\n  global {\n    a = b\n    c = d\n  }\n}";
    let error = house.registry.flush(&house.write("shop.krl", source)).await.unwrap_err();
    let places: Vec<_> = error.findings().iter().map(|f| (f.line, f.column, f.severity.as_str())).collect();
    assert_eq!(places, [(3, 9, "error"), (4, 9, "error")]);
    assert!(error.findings().iter().all(|f| f.code.starts_with("KRL") && f.rendered.contains("shop.krl")));
    assert!(error.to_string().ends_with("at 3:9, and one more error"), "{error}");
}

#[tokio::test]
async fn two_addresses_are_two_rulesets() {
    let house = House::new();
    house.flush("a.krl", &shop("a")).await.unwrap();
    house.flush("b.krl", &shop("b")).await.unwrap();
    assert_eq!((house.version("a.krl").await, house.version("b.krl").await), ("a".into(), "b".into()));
}

#[tokio::test]
async fn versions_are_kept_until_they_are_swept() {
    let mut house = House::new();
    for version in ["1", "2", "3"] {
        house.flush("shop.krl", &shop(version)).await.unwrap();
    }
    let (shop_krl, hashes) =
        (house.address("shop.krl"), ["1", "2", "3"].map(|v| hash_of(shop(v).as_bytes())));
    house.restart();
    for (hash, expected) in hashes.into_iter().zip(["1", "2", "3"]) {
        let ruleset = house.registry.load_version(&shop_krl, hash).await.unwrap();
        assert_eq!((version(&ruleset), ruleset.facts.hash), (expected.to_owned(), hash));
    }
    assert_eq!(house.version("shop.krl").await, "3");
    let swept = house.registry.sweep(HashSet::from([hashes[1]])).await.unwrap();
    assert_eq!(swept, Swept { versions: 1, bytes: shop("1").len() });
    assert_eq!(house.contents(), 2);
    house.restart();
    let outcomes = [
        house.registry.load_version(&shop_krl, hashes[0]).await.err().map(|e| e.code()),
        house.registry.load_version(&shop_krl, hashes[1]).await.err().map(|e| e.code()),
        house.registry.load(&shop_krl).await.err().map(|e| e.code()),
    ];
    assert_eq!(outcomes, [Some("unknown_ruleset"), None, None]);
}

#[tokio::test]
async fn going_back_loads_no_code_again() {
    let house = House::new();
    house.flush("shop.krl", &shop("1")).await.unwrap();
    let first = house.registry.load(&house.address("shop.krl")).await.unwrap();
    house.flush("shop.krl", &shop("2")).await.unwrap();
    house.flush("shop.krl", &shop("1")).await.unwrap();
    let again = house.registry.load(&house.address("shop.krl")).await.unwrap();
    assert!(Arc::ptr_eq(&first.code, &again.code));
}

#[tokio::test]
async fn damaged_content_is_fetched_again() {
    let mut house = House::new();
    house.flush("shop.krl", &shop("1")).await.unwrap();
    let mut key = b"c".to_vec();
    key.extend(hash_of(shop("1").as_bytes()).0);
    assert!(house.store.get(Space::Code, &key).unwrap().is_some());
    let mut batch = Batch::default();
    batch.put(Space::Code, key, shop("9"));
    house.store.commit(&batch).unwrap();
    house.restart();
    assert_eq!(house.version("shop.krl").await, "1");
    house.restart();
    std::fs::remove_file(house.folder.path().join("shop.krl")).unwrap();
    assert_eq!(house.version("shop.krl").await, "1");
}

#[tokio::test]
async fn takes_in_what_is_pushed() {
    let mut house = House::new();
    let unit = krl_compiler::compile(&shop("built")).unit.unwrap();
    let built = krl_vm::krlc::encode(&unit, "9.9.9").unwrap();
    let mut forged = built.clone();
    if let Some(byte) = forged.get_mut(60) {
        *byte ^= 1;
    }
    for (content, expected) in [(shop("text").into_bytes(), "text"), (built, "built")] {
        let ruleset = house.registry.push(content.clone()).await.unwrap();
        let address = address(&format!("krl:sha256/{}", hash_of(&content)));
        assert_eq!((version(&ruleset).as_str(), &ruleset.facts.address), (expected, &address));
        house.restart();
        assert_eq!(version(&house.registry.load(&address).await.unwrap()), expected);
        assert!(!house.registry.flush(&address).await.unwrap().changed);
    }
    assert_eq!(house.registry.push(forged).await.unwrap_err().code(), "bad_ruleset");
    let unknown = address(&format!("krl:sha256/{}", "0".repeat(64)));
    assert_eq!(house.registry.load(&unknown).await.unwrap_err().code(), "unknown_ruleset");
}

#[tokio::test]
async fn a_krlc_of_another_format_is_compiled_anew() {
    let house = House::new();
    let unit = krl_compiler::compile(&shop("old")).unit.unwrap();
    let mut file = krl_vm::krlc::encode(&unit, "0.0.1").unwrap();
    file.truncate(file.len() - 32);
    file.splice(4..8, 1u32.to_le_bytes());
    let hash = blake3::hash(&file);
    file.extend(hash.as_bytes());
    let ruleset = house.registry.push(file).await.unwrap();
    assert_eq!((version(&ruleset).as_str(), &*ruleset.facts.compiler), ("old", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn system_rulesets_come_with_the_host() {
    let house = House::new();
    let bundled = address("krl:bundled/io.picolabs.bundled");
    let first = house.registry.load(&bundled).await.unwrap();
    let again = house.registry.flush(&bundled).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again.ruleset) && !again.changed);
    assert_eq!(house.contents(), 0);
    let unknown = house.registry.load(&address("krl:bundled/io.picolabs.other")).await.unwrap_err();
    assert_eq!(unknown.to_string(), "no ruleset is known as krl:bundled/io.picolabs.other");
}

#[tokio::test]
async fn fetches_from_web_servers() {
    let house = House::new();
    let server = Server::start(|_| ok(shop("web"))).await;
    let url = address(&server.url("/shop.krl"));
    assert_eq!(version(&house.registry.load(&url).await.unwrap()), "web");

    let plain = format!("http://{}/x.krl", server.address);
    let cases = [
        (answer("404 Not Found", "", "no"), format!("Got a statusCode=404 for: {plain}")),
        (answer("500 Oops", "", "no"), format!("Got a statusCode=500 for: {plain}")),
        (ok("x".repeat(1001)), format!("the ruleset at {plain} is larger than 1000 bytes")),
        (ok("x".repeat(10_001)), format!("cannot fetch {plain}: the answer is larger than 10000 bytes")),
        (
            Act::Flood(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            format!("cannot fetch {plain}: the answer is larger than 10000 bytes"),
        ),
        (
            Act::Hang(b"HTTP/1.1 200 OK\r\n\r\nruleset".to_vec()),
            format!("cannot fetch {plain}: no answer in time"),
        ),
        (
            Act::Send(Vec::new()),
            format!("cannot fetch {plain}: the exchange failed: connection closed before message completed"),
        ),
        (
            redirect("302 Found", "http://127.0.0.2/x.krl"),
            format!(
                "cannot fetch {plain}: 127.0.0.2 is not on the public internet, and the operator of this host does not allow it"
            ),
        ),
        (ok("no ruleset"), format!("{plain} does not compile: a file begins with `ruleset NAME {{` at 1:1")),
    ];
    let with_credentials = address(&format!("http://joe:secret@{}/x.krl", server.address));
    for (act, expected) in cases {
        server.now(act.clone());
        let error = house.registry.flush(&with_credentials).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{act:?}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    let refused = house.registry.load(&address("http://169.254.169.254/latest/x.krl")).await.unwrap_err();
    assert!(refused.to_string().contains("is not on the public internet"), "{refused}");
}

#[tokio::test]
async fn work_on_one_address_is_merged() {
    let house = House::new();
    let late = |version: &str| match ok(shop(version)) {
        Act::Send(bytes) => Act::Late(Duration::from_millis(200), bytes),
        other => other,
    };
    let server = Server::start(|_| ok("")).await;
    server.now(late("1"));
    let url = address(&server.url("/shop.krl"));
    let load = || house.registry.load(&url);
    let (a, b, c) = tokio::join!(load(), load(), load());
    assert_eq!(server.requests(), 1);
    assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
    assert_eq!(version(&c.unwrap()), "1");

    server.now(late("2"));
    let flush = || house.registry.flush(&url);
    let (a, b) = tokio::join!(flush(), flush());
    assert_eq!(server.requests(), 2);
    assert!(a.unwrap().changed && b.unwrap().changed);

    // Who gives up waiting does not stop the work of the others.
    server.now(late("3"));
    let impatient = tokio::time::timeout(Duration::from_millis(50), flush());
    let (gone, stayed) = tokio::join!(impatient, flush());
    assert!(gone.is_err());
    assert_eq!((version(&stayed.unwrap().ruleset), server.requests()), ("3".to_owned(), 3));
}

#[tokio::test]
async fn reads_only_allowed_files() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
    for path in [&inside, &outside] {
        std::fs::create_dir(path).unwrap();
        std::fs::write(path.join("shop.krl"), shop("1")).unwrap();
    }
    std::os::unix::fs::symlink(outside.join("shop.krl"), inside.join("link.krl")).unwrap();
    let below = || Files::Below(vec![PathBuf::from(&inside)]);
    let cases = [
        (Files::Anywhere, "out/shop.krl", Ok(())),
        (Files::Anywhere, "out", Err("it is not a file")),
        (Files::Nowhere, "in/shop.krl", Err("does not allow files from there")),
        (below(), "in/shop.krl", Ok(())),
        (below(), "in/none.krl", Err("No such file")),
        (below(), "out/shop.krl", Err("does not allow files from there")),
        (below(), "out/none.krl", Err("does not allow files from there")),
        (below(), "in/link.krl", Err("does not allow files from there")),
        (below(), "in/%2e%2e/out/shop.krl", Err("does not allow files from there")),
    ];
    for (files, name, expected) in cases {
        let registry = open(Arc::default(), RegistryConfig { files: files.clone(), ..config() });
        let address = address(&format!("file://{}/{name}", folder.path().display()));
        let found: Result<_, RegistryError> = registry.load(&address).await;
        match (found, expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{files:?} {name}: {error}"),
            (found, _) => panic!("{files:?} {name}: {found:?}"),
        }
    }
}
