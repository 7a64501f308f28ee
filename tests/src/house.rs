//! A house: hosts in this process, each with a store in memory, and a web server that gives out rulesets. Events and queries come over HTTP
//! or directly through the engine.

use crate::origin::Origin;
use crate::system::{Address, Answer, Asked, Sent, World};
use crate::wire;
use krl_host::api::{Engine as _, Operation, Problem, Question, Signal};
use krl_host::config::Settings;
use krl_host::outside::Allow;
use krl_host::serve::Host;
use krl_kernel::records::agenda;
use krl_kernel::store::{Durability, MemoryStore, Space, scan_prefix};
use krl_vm::data::{Data, DataMap};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The longest that clouds may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(20);

/// How events and queries reach a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over HTTP.
    Http,
    /// Through the engine, in this process.
    Direct,
}

/// Hosts by name.
pub struct House {
    way: Way,
    settings: Settings,
    seats: BTreeMap<String, Seat>,
    origin: Origin,
    /// Events that stay in the inboxes of each host.
    waiting: usize,
    /// Its folder has the operators' tokens.
    folder: tempfile::TempDir,
    runtime: Runtime,
}

struct Seat {
    host: Option<Host>,
    settings: Settings,
    store: Arc<MemoryStore>,
    /// Milliseconds by which its clock runs ahead.
    ahead: i64,
}

impl House {
    /// A house without hosts.
    #[must_use]
    pub fn new(way: Way) -> Self {
        Self::with(way, Settings::default())
    }

    /// A house whose hosts have these settings, but for their addresses and folders.
    #[must_use]
    pub fn with(way: Way, settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let durability = if way == Way::Http { Durability::Sync } else { Durability::Os };
        let settings = Settings {
            address: "127.0.0.1".into(),
            allow: vec![Allow::All],
            threads: Some(2),
            durability,
            ..settings
        };
        Self {
            way,
            settings,
            seats: BTreeMap::new(),
            origin: Origin::start(),
            waiting: 0,
            folder: tempfile::tempdir().expect("a folder"),
            runtime: runtime.expect("a runtime"),
        }
    }

    /// From now on so many events stay in the inboxes of each host when all has come to rest: those to clouds of suspended owners.
    pub fn expect_waiting(&mut self, count: usize) {
        self.waiting = count;
    }

    /// The settings of hosts that are yet to be started.
    pub fn settings(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The engine of a host, which is started if it is not there.
    pub fn engine(&mut self, name: &str) -> Arc<krl_host::engine::Engine> {
        if !self.seats.contains_key(name) {
            let port = free_port();
            let settings = Settings {
                port,
                base_url: Some(format!("http://127.0.0.1:{port}")),
                home: self.folder.path().join(name),
                ..self.settings.clone()
            };
            std::fs::create_dir_all(&settings.home).expect("a folder");
            let seat = Seat { host: None, settings, store: Arc::default(), ahead: 0 };
            self.seats.insert(name.into(), seat);
            self.start(name);
            self.settle();
        }
        let host = self.seats.get(name).and_then(|seat| seat.host.as_ref());
        host.expect("a host that runs").engine().clone()
    }

    /// What a future comes to, on the threads of this house.
    pub fn until<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The store of a host.
    pub fn store(&mut self, name: &str) -> Arc<MemoryStore> {
        self.engine(name);
        self.seats.get(name).expect("a known host").store.clone()
    }

    /// Does what an operator asks of a host.
    ///
    /// # Errors
    /// The host's.
    pub fn operate(&mut self, host: &str, operation: Operation) -> Result<Data, Problem> {
        let engine = self.engine(host);
        self.until(engine.operate(operation))
    }

    /// Starts a host on its store.
    pub fn start(&mut self, name: &str) {
        let seat = self.seats.get_mut(name).expect("a known host");
        let started = self.runtime.block_on(Host::start_with(&seat.settings, seat.store.clone()));
        let host = started.unwrap_or_else(|error| panic!("{error}"));
        host.engine().run_ahead(seat.ahead).expect("a sound store");
        seat.host = Some(host);
    }

    /// Lets time pass on a host.
    pub fn run_ahead(&mut self, name: &str, milliseconds: i64) {
        self.engine(name).run_ahead(milliseconds).expect("a sound store");
        self.seats.get_mut(name).expect("a known host").ahead += milliseconds;
    }

    /// Stops a host; its store stays.
    pub fn stop(&mut self, name: &str) {
        let host = self.seats.get_mut(name).and_then(|seat| seat.host.take());
        self.runtime.block_on(host.expect("a host that runs").stop());
    }

    /// Where a host listens.
    pub fn listens(&mut self, name: &str) -> SocketAddr {
        self.engine(name);
        let host = self.seats.get(name).and_then(|seat| seat.host.as_ref());
        host.expect("a host that runs").address()
    }

    /// The event as over HTTP, or what the host refuses it with.
    ///
    /// # Errors
    /// The message of a refusal.
    pub fn signal(&mut self, to: &Address, event: &Sent) -> Result<Data, String> {
        if self.way == Way::Http {
            let path = path(&["c", &to.eci, "event-wait", &event.domain, &event.name]);
            let at = self.listens(&to.host);
            return wire::post(at, &path, &event.attrs, event.id.as_deref()).into_event();
        }
        let engine = self.engine(&to.host);
        let answer =
            self.until(engine.signal(signal(to, event))).map_err(|problem| plain(&problem.message))?;
        Ok(wire::answer_data(&answer))
    }

    fn at_rest(&self) -> bool {
        let engines = || self.seats.values().filter_map(|seat| Some(seat.host.as_ref()?.engine()));
        let activity = || engines().map(|engine| engine.activity()).sum::<u64>();
        let before = activity();
        // One that is idle may get something from one that is looked at after it.
        engines().all(|engine| engine.is_idle())
            && engines().all(|engine| engine.is_idle())
            && before == activity()
    }

    /// Events that lie in the inboxes of a host, for a cloud or another host.
    fn undelivered(&self, name: &str) -> usize {
        let mut count = 0;
        let Some(seat) = self.seats.get(name) else { return 0 };
        for prefix in [agenda::inbox(""), agenda::deletion_key("")] {
            let scanned = scan_prefix(&*seat.store, Space::Agenda, &prefix, &mut |_, _| {
                count += 1;
                ControlFlow::Continue(())
            });
            scanned.expect("a store in memory");
        }
        count
    }
}

impl World for House {
    fn root(&mut self, host: &str) -> String {
        let engine = self.engine(host);
        let ui = self.until(engine.ui_channel());
        ui.unwrap_or_else(|problem| panic!("{}", problem.message)).to_string()
    }

    fn address(&mut self, host: &str) -> String {
        self.engine(host);
        self.seats.get(host).map(|seat| seat.settings.base_url()).unwrap_or_default()
    }

    fn rulesets(&mut self) -> String {
        self.origin.base()
    }

    fn publish(&mut self, url: &str, source: &str) {
        self.origin.publish(url, source);
    }

    fn event(&mut self, to: &Address, event: &Sent) -> Result<Answer, String> {
        let answer = self.signal(to, event)?;
        let list = |name: &str| match answer.as_map().and_then(|map| map.get(name)) {
            Some(Data::Array(items)) => items.clone(),
            _ => Vec::new(),
        };
        let errors = list("errors").into_iter().map(|error| match error {
            Data::Map(mut error) => {
                error.shift_remove("at");
                Data::Map(error)
            }
            other => other,
        });
        Ok(Answer { directives: list("directives"), errors: errors.collect() })
    }

    fn fire(&mut self, to: &Address, event: &Sent) -> Result<(), String> {
        if self.way == Way::Http {
            let path = path(&["c", &to.eci, "event", &event.domain, &event.name]);
            let at = self.listens(&to.host);
            return wire::post(at, &path, &event.attrs, event.id.as_deref()).into_answer().map(drop);
        }
        let engine = self.engine(&to.host);
        let fired = self.until(engine.fire(signal(to, event)));
        fired.map(drop).map_err(|problem| plain(&problem.message))
    }

    fn wait(&mut self, milliseconds: i64) {
        let names: Vec<_> = self.seats.keys().cloned().collect();
        names.iter().for_each(|name| self.run_ahead(name, milliseconds));
    }

    fn query(&mut self, to: &Address, query: &Asked) -> Result<Data, String> {
        let Asked { rid, name, args } = query;
        if self.way == Way::Http {
            let path = path(&["c", &to.eci, "query", rid, name]);
            let at = self.listens(&to.host);
            return wire::post(at, &path, args, None).into_answer();
        }
        let engine = self.engine(&to.host);
        let question = Question {
            eci: to.eci.clone(),
            rid: rid.clone(),
            name: name.clone(),
            args: args.as_map().cloned().unwrap_or_else(DataMap::new),
            ..Question::default()
        };
        self.until(engine.ask(question)).map_err(|problem| plain(&problem.message))
    }

    fn settle(&mut self) {
        let begun = std::time::Instant::now();
        while !self.at_rest() {
            assert!(begun.elapsed() < PATIENCE, "the clouds do not come to rest");
            std::thread::sleep(Duration::from_millis(1));
        }
        for name in self.seats.keys() {
            assert_eq!(self.undelivered(name), self.waiting, "{name}: what stays on the agenda");
        }
    }

    fn restart(&mut self, host: &str) {
        self.stop(host);
        self.start(host);
        self.settle();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for seat in self.seats.values_mut() {
            if let Some(host) = seat.host.take() {
                self.runtime.block_on(host.stop());
            }
        }
    }
}

fn signal(to: &Address, event: &Sent) -> Signal {
    let Sent { domain, name, attrs, id } = event.clone();
    let attrs = attrs.as_map().cloned().unwrap_or_default();
    Signal { eci: to.eci.clone(), domain, name, attrs, id, ..Signal::default() }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A message without the class of its error.
pub(crate) fn plain(message: &str) -> String {
    let classes = ["Error: ", "TypeError: ", "RangeError: "];
    let plain = classes.iter().find_map(|class| message.strip_prefix(class));
    plain.unwrap_or(message).to_owned()
}

fn path(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("/{}", wire::encoded(part))).collect()
}
