//! Machine code that a host keeps in its home: it is there after a restart, and what is damaged is made anew.

#![cfg(all(feature = "jit", unix))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod scrape;

use krl_host::api::{Engine, Operation, Question, Signal};
use krl_host::config::Settings;
use krl_host::config::distro::DistroChannel;
use krl_host::serve::Host;
use krl_vm::data::{Data, DataMap};
use scrape::{scrape, value};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const SOURCE: &str = r#"ruleset hot {
    meta { shares sum }
    global {
        square = function(n) { n % 2 == 0 => n * n | n * n - 1 }
        add = function(a, b) { a + b }
        sum = function(n) { 1.range(n).map(square).reduce(add, 0) }
    }
    rule r { select when a b send_directive("sum", {"of": sum(event:attrs{"n"})}) }
}"#;
/// Functions that are called for each number.
const HOT: f64 = 2.0;

/// A host on a home, from one start to the next.
struct Home {
    runtime: Runtime,
    settings: Settings,
    host: Option<Host>,
}

fn member(data: &Data, name: &str) -> Data {
    data.as_map().and_then(|map| map.get(name)).cloned().unwrap_or_default()
}

fn text(data: &Data, name: &str) -> String {
    member(data, name).as_str().unwrap_or_default().to_owned()
}

/// A channel that allows everything.
fn open_channel() -> DistroChannel {
    let all = |field: &str| {
        let policy = format!(r#"{{"allow": [{{"{field}": "*", "name": "*"}}], "deny": []}}"#);
        Data::parse(&policy).unwrap()
    };
    DistroChannel { tags: vec!["open".into()], event_policy: all("domain"), query_policy: all("rid") }
}

impl Home {
    fn new(path: &Path) -> Self {
        let mut settings = Settings {
            home: path.to_owned(),
            address: "127.0.0.1".into(),
            port: 0,
            threads: Some(1),
            ..Settings::default()
        };
        settings.distro.channels = vec![open_channel()];
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let mut home = Self { runtime, settings, host: None };
        home.restart();
        home
    }

    fn restart(&mut self) {
        if let Some(host) = self.host.take() {
            self.runtime.block_on(host.stop());
        }
        self.host = Some(self.runtime.block_on(Host::start(&self.settings)).unwrap());
    }

    fn host(&self) -> &Host {
        self.host.as_ref().unwrap()
    }

    fn operate(&self, operation: Operation) -> Data {
        let done = self.runtime.block_on(self.host().engine().operate(operation));
        done.unwrap_or_else(|problem| panic!("{}", problem.message))
    }

    /// Installs the ruleset in the root cloud of a new owner; its open channel.
    fn install(&self) -> String {
        let owner = self.operate(Operation::CreateOwner { name: "hot".into() });
        let id = text(&owner, "root");
        let url = text(&self.operate(Operation::Push { content: SOURCE.into() }), "url");
        self.operate(Operation::Install { id: id.clone(), url, config: Data::Null });
        let cloud = self.operate(Operation::Cloud { id });
        let Data::Array(channels) = member(&cloud, "channels") else { panic!("{}", cloud.to_json()) };
        let open = channels.iter().find(|channel| channel.to_json().contains(r#""open""#));
        text(open.unwrap_or_else(|| panic!("{}", cloud.to_json())), "id")
    }

    fn figure(&self, name: &str) -> f64 {
        value(&scrape(self.host().address()), &format!("krl_jit_{name}"))
    }

    /// Asks until the figure is as large; every answer is the same.
    fn asked_until(&self, eci: &str, name: &str, least: f64) {
        let (begun, engine) = (Instant::now(), self.host().engine());
        loop {
            let args = DataMap::from_iter([("n".into(), Data::Number(100.0))]);
            let question = Question {
                eci: eci.into(),
                rid: "hot".into(),
                name: "sum".into(),
                args: args.clone(),
                ..Question::default()
            };
            assert_eq!(self.runtime.block_on(engine.ask(question)).unwrap(), Data::Number(338_300.0));
            let (domain, event) = ("a".into(), "b".into());
            let signal = Signal { eci: eci.into(), domain, name: event, attrs: args, ..Signal::default() };
            let answer = self.runtime.block_on(engine.signal(signal)).unwrap();
            assert_eq!(member(&answer.directives[0].options, "of"), Data::Number(338_300.0));
            if self.figure(name) >= least {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", scrape(self.host().address()));
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.settings.home.join("code")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == "code")).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(host) = self.host.take() {
            self.runtime.block_on(host.stop());
        }
    }
}

#[test]
fn a_host_finds_its_code_again() {
    if krl_host::jit::target().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut home = Home::new(folder.path());
    let eci = home.install();
    home.asked_until(&eci, "cache_misses_total", HOT);
    assert!(home.figure("code_bytes") > 0.0 && home.figure("compile_nanoseconds_total") > 0.0);
    assert_eq!(home.figure("cache_hits_total"), 0.0);

    home.restart();
    assert_eq!(home.figure("code_bytes"), 0.0);
    home.asked_until(&eci, "cache_hits_total", HOT);
    assert!(home.figure("code_bytes") > 0.0);
    assert_eq!((home.figure("compiled_total"), home.figure("cache_damaged_total")), (0.0, 0.0));

    for file in home.files() {
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    home.restart();
    home.asked_until(&eci, "cache_misses_total", HOT);
    assert_eq!((home.figure("cache_damaged_total"), home.figure("cache_hits_total")), (HOT, 0.0));

    home.restart();
    home.asked_until(&eci, "cache_hits_total", HOT);
    assert_eq!((home.figure("compiled_total"), home.figure("cache_damaged_total")), (0.0, 0.0));
}
