//! Cases of the system rulesets: several clouds on several hosts, what they are sent and asked, and the answers expected. What runs the
//! clouds is a [`World`]; `vectors/system/README.md` describes the cases.

use krl_vm::data::{Data, DataMap};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the clouds of a case run on.
pub trait World {
    /// The channel of the developer user interface of a host's root cloud, which has the system rulesets and is set up.
    fn root(&mut self, host: &str) -> String;

    /// The address of a host, as `meta:host` answers it.
    fn address(&mut self, host: &str) -> String;

    /// What stands in addresses for [`RULESETS`].
    fn rulesets(&mut self) -> String {
        RULESETS.into()
    }

    /// Lets every host fetch a ruleset from an address.
    fn publish(&mut self, url: &str, source: &str);

    /// Sends an event from outside and waits for its answer.
    ///
    /// # Errors
    /// The message of a refusal.
    fn event(&mut self, to: &Address, event: &Sent) -> Result<Answer, String>;

    /// Sends an event from outside without waiting for what it does.
    ///
    /// # Errors
    /// The message of a refusal.
    fn fire(&mut self, to: &Address, event: &Sent) -> Result<(), String> {
        self.event(to, event).map(drop)
    }

    /// Lets milliseconds pass on all hosts.
    fn wait(&mut self, _milliseconds: i64) {}

    /// Asks a query from outside.
    ///
    /// # Errors
    /// The message of a refusal or a failure.
    fn query(&mut self, to: &Address, query: &Asked) -> Result<Data, String>;

    /// Runs until no cloud has anything to do.
    fn settle(&mut self);

    /// Stops a host and starts it again.
    fn restart(&mut self, host: &str);
}

/// A channel on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host's name.
    pub host: String,
    /// The channel.
    pub eci: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its domain.
    pub domain: String,
    /// Its type.
    pub name: String,
    /// Its attributes.
    pub attrs: Data,
    /// Its id, if the sender chose one.
    pub id: Option<String>,
}

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The ruleset.
    pub rid: String,
    /// The shared name.
    pub name: String,
    /// The arguments.
    pub args: Data,
}

/// The answer of an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Its directives: maps with `name`, `options` and `meta`.
    pub directives: Vec<Data>,
    /// Its errors: maps with `rid`, `rule`, `code` and `message`.
    pub errors: Vec<Data>,
}

/// Where the rulesets of cases are said to be.
pub const RULESETS: &str = "http://rulesets.test";

/// Notes the events that a cloud sees, for the step `open`.
pub const OBSERVER: (&str, &str) = (
    "http://rulesets.test/test.observer.krl",
    r#"ruleset test.observer {
  meta { shares seen, attrs }
  global {
    seen = function(domain) {
      ent:events.defaultsTo([]).filter(function(e) { e{"domain"} == domain }).map(function(e) { e{"name"} })
    }
    attrs = function(domain, name) {
      ent:events.defaultsTo([]).filter(function(e) { e{"domain"} == domain && e{"name"} == name }).reverse().head(){"attrs"}
    }
  }
  rule forget { select when test forget fired { ent:events := []; last } }
  rule note {
    select where true
    fired { ent:events := ent:events.append({"domain": event:domain, "name": event:name, "attrs": event:attrs}) }
  }
}
"#,
);

/// Runs a case; the answer says where it first differs from what it expects.
///
/// # Errors
/// The first difference.
pub fn run(case: &Data, world: &mut dyn World) -> Result<(), String> {
    let place = world.rulesets();
    let case = &parsed(&case.to_json().replace(RULESETS, &place))?;
    let observer = OBSERVER.0.replace(RULESETS, &place);
    world.publish(&observer, OBSERVER.1);
    let mut player = Player { world, observer, known: BTreeMap::new() };
    if let Some(base) = member(case, "bundled_at").as_str() {
        for bundled in krl_stdlib::rulesets::BUNDLED {
            player.world.publish(&format!("{base}{}.krl", bundled.rid), bundled.source);
        }
    }
    for (url, source) in member(case, "rulesets").as_map().into_iter().flatten() {
        player.world.publish(url, source.as_str().unwrap_or_default());
    }
    for host in hosts(case) {
        let (root, address) = (player.world.root(&host), player.world.address(&host));
        player.known.insert(format!("{host}.ui"), Data::string(root));
        player.known.insert(format!("{host}.url"), Data::string(address));
    }
    for (number, step) in list(&member(case, "steps")).iter().enumerate() {
        player.step(step).map_err(|why| format!("step {number}, {}: {why}", step.to_json()))?;
        if member(step, "fire") == Data::Null {
            player.world.settle();
        }
    }
    Ok(())
}

/// The names of a case's hosts.
#[must_use]
pub fn hosts(case: &Data) -> Vec<String> {
    let named: Vec<_> =
        list(&member(case, "hosts")).iter().filter_map(|h| Some(h.as_str()?.into())).collect();
    if named.is_empty() { vec!["a".into()] } else { named }
}

struct Player<'a> {
    world: &'a mut dyn World,
    /// The address of the observer.
    observer: String,
    /// What was captured, by name.
    known: BTreeMap<String, Data>,
}

impl Player<'_> {
    fn step(&mut self, step: &Data) -> Result<(), String> {
        let map = step.as_map().cloned().unwrap_or_default();
        if let Some(event) = map.get("event") {
            self.event(&self.filled(event), &map)
        } else if let Some(query) = map.get("query") {
            self.query(&self.filled(query), &map)
        } else if let Some(open) = map.get("open") {
            self.open(&self.filled(open))
        } else if let Some(event) = map.get("fire") {
            let event = self.filled(event);
            self.world.fire(&address(&event), &sent(&event))
        } else if let Some(Data::Number(ms)) = map.get("wait_ms") {
            self.world.wait(*ms as i64);
            Ok(())
        } else if let Some(rulesets) = map.get("publish").and_then(Data::as_map) {
            for (url, source) in rulesets {
                self.world.publish(url, source.as_str().unwrap_or_default());
            }
            Ok(())
        } else if let Some(host) = map.get("restart").and_then(Data::as_str) {
            self.world.restart(host);
            Ok(())
        } else {
            Err("unknown step".into())
        }
    }

    fn event(&mut self, event: &Data, step: &DataMap) -> Result<(), String> {
        let answer = match (self.world.event(&address(event), &sent(event)), step.get("refused")) {
            (Ok(_), Some(message)) => {
                return Err(format!("is taken, not refused with {}", message.to_json()));
            }
            (Err(message), None) => return Err(format!("is refused: {message}")),
            (Err(message), Some(expected)) => return self.same(expected, &Data::string(message)),
            (Ok(answer), None) => answer,
        };
        let errors = step.get("errors").cloned().unwrap_or(Data::Array(Vec::new()));
        self.same(&errors, &Data::Array(answer.errors)).map_err(|why| format!("errors: {why}"))?;
        match step.get("directives") {
            Some(expected) => {
                let found = Data::Array(answer.directives);
                self.same(expected, &found).map_err(|why| format!("directives: {why}"))
            }
            None => Ok(()),
        }
    }

    fn query(&mut self, query: &Data, step: &DataMap) -> Result<(), String> {
        let asked = Asked { rid: text(query, "rid"), name: text(query, "name"), args: member(query, "args") };
        match (self.world.query(&address(query), &asked), step.get("refused")) {
            (Ok(value), None) => self.same(step.get("value").unwrap_or(&Data::Null), &value),
            (Ok(value), Some(_)) => Err(format!("answers {}", value.to_json())),
            (Err(message), None) => Err(format!("fails: {message}")),
            (Err(message), Some(expected)) => self.same(expected, &Data::string(message)),
        }
    }

    /// Makes a channel that allows everything, through the channel of the user interface, and installs the observer.
    fn open(&mut self, open: &Data) -> Result<(), String> {
        let all = |kind: &str| format!(r#"{{"allow":[{{"{kind}":"*","name":"*"}}],"deny":[]}}"#);
        let to = address(open);
        let attrs =
            format!(r#"{{"tags":["test"],"eventPolicy":{},"queryPolicy":{}}}"#, all("domain"), all("rid"));
        self.command(&to, "new_channel", parsed(&attrs)?)?;
        self.command(&to, "install", parsed(&format!(r#"{{"url":"{}"}}"#, self.observer))?)?;
        self.world.settle();
        let asked = Asked { rid: "io.picolabs.pico-engine-ui".into(), name: "pico".into(), args: Data::Null };
        let pico = self.world.query(&to, &asked)?;
        let tags = parsed(r#"["test"]"#)?;
        let channels = member(&pico, "channels");
        let made = list(&channels).iter().find(|channel| member(channel, "tags") == tags);
        let made = made.ok_or_else(|| format!("no channel tagged test in {}", channels.to_json()))?;
        self.known.insert(text(open, "as"), member(made, "id"));
        Ok(())
    }

    fn command(&mut self, to: &Address, name: &str, attrs: Data) -> Result<(), String> {
        let sent = Sent { domain: "engine_ui".into(), name: name.into(), attrs, id: None };
        let answer = self.world.event(to, &sent)?;
        if answer.errors.is_empty() { Ok(()) } else { Err(Data::Array(answer.errors).to_json()) }
    }

    /// A step with the captured values in their places: `$name` as a whole, `${name}` within text.
    fn filled(&self, data: &Data) -> Data {
        match data {
            Data::String(text) => self.filled_text(text),
            Data::Array(items) => Data::Array(items.iter().map(|item| self.filled(item)).collect()),
            Data::Map(map) => Data::Map(map.iter().map(|(k, v)| (k.clone(), self.filled(v))).collect()),
            _ => data.clone(),
        }
    }

    fn filled_text(&self, text: &Arc<str>) -> Data {
        if let Some(value) = text.strip_prefix('$').and_then(|name| self.known.get(name)) {
            return value.clone();
        }
        let mut filled = text.to_string();
        for (name, value) in &self.known {
            filled = filled.replace(&format!("${{{name}}}"), value.as_str().unwrap_or_default());
        }
        Data::string(filled)
    }

    /// Compares, and keeps what new names of the pattern stand for.
    fn same(&mut self, pattern: &Data, found: &Data) -> Result<(), String> {
        let before = self.known.clone();
        if self.matches(pattern, found) {
            return Ok(());
        }
        let expected = self.filled(pattern);
        self.known = before;
        Err(format!("found {}, expected {}", found.to_json(), expected.to_json()))
    }

    fn matches(&mut self, pattern: &Data, found: &Data) -> bool {
        match (pattern, found) {
            (Data::String(text), _) if &**text == "<any>" => *found != Data::Null,
            (Data::String(text), _) if text.starts_with('$') && !text.starts_with("${") => {
                let name = text.trim_start_matches('$');
                match self.known.get(name) {
                    Some(known) => known == found,
                    None => {
                        self.known.insert(name.into(), found.clone());
                        *found != Data::Null
                    }
                }
            }
            (Data::String(text), _) => self.filled_text(text) == *found,
            (Data::Array(patterns), Data::Array(items)) => self.matches_list(patterns, items),
            (Data::Map(patterns), Data::Map(entries)) => self.matches_map(patterns, entries),
            _ => pattern == found,
        }
    }

    fn matches_map(&mut self, patterns: &DataMap, entries: &DataMap) -> bool {
        let open = patterns.contains_key("<more>");
        let get = |map: &DataMap, key: &str| map.get(key).cloned().unwrap_or_default();
        let wanted = patterns.iter().filter(|(key, _)| &***key != "<more>");
        let extra = entries.iter().any(|(key, value)| !patterns.contains_key(key) && *value != Data::Null);
        wanted.fold(true, |good, (key, pattern)| good && self.matches(pattern, &get(entries, key)))
            && (open || !extra)
    }

    /// A list in order, or after `<has>` some of its items, or after `<set>` all of them in any order.
    fn matches_list(&mut self, patterns: &[Data], items: &[Data]) -> bool {
        let (kind, wanted) = match patterns.split_first() {
            Some((Data::String(first), rest)) if ["<has>", "<set>"].contains(&&**first) => (&**first, rest),
            _ => ("", patterns),
        };
        if kind != "<has>" && wanted.len() != items.len() {
            return false;
        }
        if kind.is_empty() {
            return wanted.iter().zip(items).all(|(pattern, item)| self.matches(pattern, item));
        }
        let mut left: Vec<&Data> = items.iter().collect();
        wanted.iter().all(|pattern| {
            let before = self.known.clone();
            let at = left.iter().position(|item| {
                self.known = before.clone();
                self.matches(pattern, item)
            });
            at.is_some_and(|at| {
                left.remove(at);
                true
            })
        })
    }
}

fn sent(event: &Data) -> Sent {
    Sent {
        domain: text(event, "domain"),
        name: text(event, "name"),
        attrs: member(event, "attrs"),
        id: member(event, "id").as_str().map(str::to_owned),
    }
}

fn parsed(json: &str) -> Result<Data, String> {
    Data::parse(json).map_err(|error| format!("{json}: {error:?}"))
}

fn address(data: &Data) -> Address {
    let host = text(data, "host");
    Address { host: if host.is_empty() { "a".into() } else { host }, eci: text(data, "eci") }
}

fn member(data: &Data, name: &str) -> Data {
    data.as_map().and_then(|map| map.get(name)).cloned().unwrap_or_default()
}

fn text(data: &Data, name: &str) -> String {
    data.as_map().and_then(|map| map.get(name)).and_then(Data::as_str).unwrap_or_default().to_owned()
}

fn list(data: &Data) -> &[Data] {
    match data {
        Data::Array(items) => items,
        _ => &[],
    }
}
