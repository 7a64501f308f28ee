//! The stage of scenarios that is a root cloud of its own on a real host.

use crate::house::{House, Way, plain};
use crate::scenario::{Contact, NotInstalled, Seen, Stage, member, text};
use crate::system::{Address, Asked, Sent, World as _};
use crate::wire;
use krl_host::api::{Operation, Problem};
use krl_host::config::Settings;
use krl_host::config::distro::{Distro, DistroChannel};
use krl_kernel::channel::Channel;
use krl_kernel::cloud::Budgets;
use krl_kernel::entities::Home;
use krl_kernel::journal::{self, Level, Line};
use krl_kernel::records::cloud::{Source, load};
use krl_kernel::store::Read;
use krl_vm::data::{Data, DataMap};
use krl_vm::interp::compiled::JitMode;
use std::sync::Arc;

/// The host's name.
const HOST: &str = "a";
/// A wait is made of so many steps, so that repeated jobs fire in between.
const STEPS: i64 = 40;
/// What no operator can do is done by a ruleset.
const HANDS: &str =
    "ruleset test.hands { rule u { select when hands uninstall ctx:uninstall(event:attrs{\"rid\"}) } }";

/// A host whose owners begin with nothing but a channel that allows everything.
#[must_use]
pub fn bare_house(way: Way, jit: JitMode, budgets: Budgets) -> House {
    let all = |field: &str| {
        let rule = [(field, Data::string("*")), ("name", Data::string("*"))];
        let rule = Data::Map(rule.into_iter().map(|(key, value)| (key.into(), value)).collect());
        let lists = [("allow", Data::Array(vec![rule])), ("deny", Data::Array(Vec::new()))];
        Data::Map(lists.into_iter().map(|(key, value)| (key.into(), value)).collect())
    };
    let open = DistroChannel { tags: Vec::new(), event_policy: all("domain"), query_policy: all("rid") };
    let mut distro = Distro::default();
    (distro.system, distro.channels) = (Some(Vec::new()), vec![open]);
    House::with(way, Settings { budgets, distro, jit, ..Settings::default() })
}

/// A cloud on a host.
pub struct Hosted<'a> {
    house: &'a mut House,
    cloud: Arc<str>,
    /// Where the log was last read.
    seen: Option<Vec<u8>>,
}

impl<'a> Hosted<'a> {
    /// The root cloud of a new owner.
    ///
    /// # Panics
    /// Where the host makes none.
    #[must_use]
    pub fn new(house: &'a mut House) -> Self {
        let made = house.operate(HOST, Operation::CreateOwner { name: "scenario".into() });
        let owner = made.unwrap_or_else(|problem| panic!("{}", problem.message));
        Self { house, cloud: text(&owner, "root").into(), seen: None }
    }

    fn channel(&mut self, way: &Contact) -> Address {
        let read: Arc<dyn Read> = self.house.store(HOST);
        let source =
            Source { home: &Home::new(read, 0), policies: &Default::default(), lists: &Default::default() };
        let stored = load(&source, &self.cloud).expect("a sound store").expect("a cloud");
        let tags = way.channel.as_deref().unwrap_or_default();
        let with_tags = |channel: &Channel| channel.tags.join(",") == tags;
        let found = stored.channels.iter().find(|(_, channel)| with_tags(channel));
        let eci = match (found, tags) {
            (Some((_, channel)), _) => channel.id.to_string(),
            (None, "system,self") => self.cloud.to_string(),
            (None, eci) => eci.to_owned(),
        };
        Address { host: HOST.into(), eci }
    }

    fn install_content(&mut self, content: Vec<u8>, config: Data) -> Result<(), NotInstalled> {
        let words = |problem: Problem| plain(&problem.message);
        let pushed = self.house.operate(HOST, Operation::Push { content });
        let pushed = pushed.map_err(|problem| NotInstalled::Refused(words(problem)))?;
        let (id, url) = (self.cloud.to_string(), text(&pushed, "url").to_owned());
        let installed = self.house.operate(HOST, Operation::Install { id, url, config });
        installed.map(drop).map_err(|problem| NotInstalled::Failed(words(problem)))
    }
}

impl Stage for Hosted<'_> {
    fn install(&mut self, source: &str, config: Data) -> Result<(), NotInstalled> {
        self.install_content(source.into(), config)
    }

    fn uninstall(&mut self, rid: &str) -> Result<(), String> {
        let hands = self.install_content(HANDS.into(), Data::Null);
        hands.map_err(|why| format!("{why:?}"))?;
        let attrs = Data::Map(DataMap::from_iter([("rid".into(), Data::string(rid))]));
        let seen = self.event(&Contact::default(), ("hands", "uninstall"), attrs)?;
        let error = seen.errors.first().map(|error| text(error, "message").to_owned());
        error.map_or(Ok(()), Err)
    }

    fn event(&mut self, way: &Contact, (domain, name): (&str, &str), attrs: Data) -> Result<Seen, String> {
        let to = self.channel(way);
        let sent = Sent { domain: domain.into(), name: name.into(), attrs, id: None };
        self.house.signal(&to, &sent).map(|answer| wire::seen(&answer))
    }

    fn query(&mut self, way: &Contact, (rid, name): (&str, &str), args: Data) -> Result<Data, String> {
        let to = self.channel(way);
        self.house.query(&to, &Asked { rid: rid.into(), name: name.into(), args })
    }

    fn wait(&mut self, milliseconds: i64) {
        let step = (milliseconds / STEPS).max(50);
        let mut left = milliseconds;
        while left > 0 {
            self.house.run_ahead(HOST, step.min(left));
            left -= step;
            self.house.settle();
        }
    }

    fn restart(&mut self) -> Result<(), String> {
        self.house.restart(HOST);
        Ok(())
    }

    fn logs(&mut self) -> Vec<Data> {
        // Logs are written when answers are given already.
        self.house.settle();
        self.house.engine(HOST).flush_logs();
        let store = self.house.store(HOST);
        let records = journal::read(&*store, &self.cloud, 0, self.seen.as_deref(), usize::MAX);
        let records = records.expect("a sound store");
        if let Some((position, _)) = records.last() {
            self.seen = Some(position.clone());
        }
        records.iter().flat_map(|(_, record)| record.lines.iter().filter_map(logged)).collect()
    }

    fn settle(&mut self) {
        self.house.settle();
        // Jobs that are due now.
        self.house.run_ahead(HOST, 0);
        self.house.settle();
    }
}

fn logged(line: &Line) -> Option<Data> {
    let Line::Log { level, rid, message, value } = line else { return None };
    let level = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Klog => "klog",
        Level::Debug => "debug",
    };
    let json = |text: &String| Data::parse(text).unwrap_or_default();
    let mut map = DataMap::new();
    map.insert("level".into(), Data::string(level));
    map.insert("msg".into(), json(message));
    map.insert("rid".into(), Data::String(rid.clone()));
    if let Some(value) = value {
        map.insert("data".into(), Data::Map(DataMap::from_iter([("val".into(), json(value))])));
    }
    Some(Data::Map(map))
}

/// Why a scenario cannot be expressed over the interface of a host, if it cannot.
#[must_use]
pub fn inexpressible(scenario: &Data) -> Option<&'static str> {
    let Data::Array(steps) = member(scenario, "steps") else { return None };
    let sent = |step: &Data| [member(step, "event"), member(step, "query")];
    let parts: Vec<Data> = steps.iter().flat_map(sent).collect();
    if parts.iter().any(|part| member(part, "sender") != Data::Null) {
        return Some("nobody outside can say that he is a cloud");
    }
    let odd = |attrs: Data| !matches!(attrs, Data::Map(_) | Data::Null);
    if parts.iter().any(|part| odd(member(part, "attrs")) || odd(member(part, "args"))) {
        return Some("attributes from outside are a map");
    }
    None
}
