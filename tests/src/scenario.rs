//! Scenarios: rulesets on a fresh cloud, then events, queries and waits with the answers expected. Time is virtual. What runs the cloud is
//! a [`Stage`].

use krl_kernel::cloud::Budgets;
use krl_vm::data::{Data, DataMap};

/// A fresh cloud, and what it runs on.
pub trait Stage {
    /// Installs a ruleset.
    ///
    /// # Errors
    /// Why it is not there.
    fn install(&mut self, source: &str, config: Data) -> Result<(), NotInstalled>;

    /// Removes a ruleset.
    ///
    /// # Errors
    /// The message of a refusal.
    fn uninstall(&mut self, rid: &str) -> Result<(), String>;

    /// Sends an event and waits for its answer.
    ///
    /// # Errors
    /// The message of a refusal.
    fn event(&mut self, way: &Contact, names: (&str, &str), attrs: Data) -> Result<Seen, String>;

    /// Asks a query.
    ///
    /// # Errors
    /// The message of a refusal or a failure.
    fn query(&mut self, way: &Contact, names: (&str, &str), args: Data) -> Result<Data, String>;

    /// Lets milliseconds pass.
    fn wait(&mut self, milliseconds: i64);

    /// Stops the cloud and loads it again.
    ///
    /// # Errors
    /// What keeps it from coming back.
    fn restart(&mut self) -> Result<(), String>;

    /// What programs have logged since the last look: maps with `level`, `msg`, `rid`, and `data` where `klog` logged a value.
    fn logs(&mut self) -> Vec<Data>;

    /// Delivers what was sent, and fires what is due.
    fn settle(&mut self);
}

/// The way in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Tags of a channel, joined by commas; other texts are taken as an ECI. None: a channel that allows everything.
    pub channel: Option<String>,
    /// The cloud it is said to come from; `self` is the cloud itself.
    pub sender: Option<String>,
}

/// The answer of an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Maps with `name`, `options` and `meta`.
    pub directives: Vec<Data>,
    /// Maps with `rid`, `rule`, `code`, `message` and `at` (`line:column`).
    pub errors: Vec<Data>,
}

/// Why a ruleset is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotInstalled {
    /// The compiler or the verifier does not take it.
    Refused(String),
    /// It does not start.
    Failed(String),
}

impl NotInstalled {
    fn text(&self) -> &str {
        let (Self::Refused(text) | Self::Failed(text)) = self;
        text
    }
}

/// The budgets that a scenario asks for.
#[must_use]
pub fn budgets(scenario: &Data) -> Budgets {
    let mut budgets = Budgets::default();
    for (name, value) in member(scenario, "budgets").as_map().into_iter().flatten() {
        let Data::Number(n) = value else { continue };
        match &**name {
            "instructions" => budgets.instructions = *n as u64,
            "event_instructions" => budgets.event_instructions = *n as u64,
            "memory_bytes" => budgets.memory_bytes = *n as usize,
            "cascade" => budgets.cascade = *n as u32,
            "hops" => budgets.hops = *n as u32,
            _ => {}
        }
    }
    budgets
}

/// Runs a scenario; the answer says where it first differs from what it expects.
///
/// # Errors
/// The first difference.
pub fn run(scenario: &Data, stage: &mut dyn Stage) -> Result<(), String> {
    let mut player = Player { stage };
    for ruleset in list(scenario, "rulesets") {
        player.install(ruleset)?;
    }
    for (number, step) in list(scenario, "steps").iter().enumerate() {
        player.step(step).map_err(|why| format!("step {number}: {why}"))?;
    }
    Ok(())
}

struct Player<'a> {
    stage: &'a mut dyn Stage,
}

impl Player<'_> {
    /// Installs a ruleset, or sees that it cannot be.
    fn install(&mut self, ruleset: &Data) -> Result<(), String> {
        let expected = member(ruleset, "install_error");
        let config = member(ruleset, "config");
        match (self.stage.install(text(ruleset, "source"), config), &expected) {
            (Ok(()), Data::Null) => Ok(()),
            (Ok(()), _) => Err(format!("installs, but should fail with {}", expected.to_json())),
            (Err(why), Data::Null) => Err(format!("does not install: {}", why.text())),
            (Err(NotInstalled::Refused(_)), _) => Ok(()),
            (Err(NotInstalled::Failed(message)), _) => same_error(&expected, &message),
        }
    }

    fn uninstall(&mut self, rid: &str, expected: &Data) -> Result<(), String> {
        match (self.stage.uninstall(rid), expected) {
            (Ok(()), Data::Null) => Ok(()),
            (Ok(()), error) => Err(format!("uninstalls, but should fail with {}", error.to_json())),
            (Err(in_use), Data::Null) => Err(in_use),
            (Err(in_use), error) => same_error(error, &in_use),
        }
    }

    fn step(&mut self, step: &Data) -> Result<(), String> {
        drop(self.stage.logs());
        let map = step.as_map().cloned().unwrap_or_default();
        if let Some(Data::Number(ms)) = map.get("wait_ms") {
            self.stage.wait(*ms as i64);
        } else if let Some(event) = map.get("event") {
            self.event(event, step)?;
        } else if let Some(query) = map.get("query") {
            self.query(query, step)?;
        } else if let Some(source) = map.get("install") {
            self.install(source)?;
        } else if let Some(rid) = map.get("uninstall").and_then(Data::as_str) {
            self.uninstall(rid, &member(step, "error"))?;
        } else if map.contains_key("restart") {
            self.stage.restart()?;
        } else {
            return Err(format!("unknown step {}", step.to_json()));
        }
        if let Data::Array(expected) = member(step, "logs") {
            let found = Data::Array(self.stage.logs());
            same(&Data::Array(expected), &found).map_err(|why| format!("logs: {why}"))?;
        }
        self.stage.settle();
        Ok(())
    }

    fn event(&mut self, event: &Data, step: &Data) -> Result<(), String> {
        let names = (text(event, "domain"), text(event, "name"));
        let (seen, refused) = match self.stage.event(&contact(event), names, member(event, "attrs")) {
            Ok(seen) => (seen, None),
            Err(refusal) => (Seen::default(), Some(refusal)),
        };
        let error = refused.or_else(|| Some(text(seen.errors.first()?, "message").to_owned()));
        match (member(step, "error"), error) {
            (Data::Null, Some(message)) => return Err(format!("fails with {message}")),
            (expected, message) if expected != Data::Null => {
                let message = message.ok_or_else(|| format!("should fail with {}", expected.to_json()))?;
                same_error(&expected, &message)?;
            }
            _ => {}
        }
        if let Data::Array(expected) = member(step, "errors") {
            let found = Data::Array(seen.errors);
            same(&Data::Array(expected), &found).map_err(|why| format!("errors: {why}"))?;
        }
        let expected: Vec<Data> = list(step, "directives").iter().map(wire_options).collect();
        let found = Data::Array(seen.directives.iter().map(directive).collect());
        same(&Data::Array(expected), &found).map_err(|why| format!("directives: {why}"))
    }

    fn query(&mut self, query: &Data, step: &Data) -> Result<(), String> {
        let names = (text(query, "rid"), text(query, "name"));
        match (self.stage.query(&contact(query), names, member(query, "args")), member(step, "error")) {
            (Ok(value), Data::Null) => same(&wire(step, "value"), &value),
            (Ok(value), error) => Err(format!("answers {}, not {}", value.to_json(), error.to_json())),
            (Err(error), Data::Null) => Err(format!("fails with {error}")),
            (Err(error), expected) => same_error(&expected, &error),
        }
    }
}

fn contact(step: &Data) -> Contact {
    let part = |name: &str| step.as_map()?.get(name)?.as_str().map(str::to_owned);
    Contact { channel: part("channel"), sender: part("sender") }
}

/// A directive without what differs from run to run.
fn directive(directive: &Data) -> Data {
    let Data::Map(mut map) = directive.clone() else { return Data::Null };
    map.shift_remove("type");
    if let Some(Data::Map(meta)) = map.get_mut("meta") {
        meta.shift_remove("txnId");
    }
    Data::Map(map)
}

/// A directive as an HTTP client sees it: what JSON cannot say is left to `wire`.
fn wire_options(directive: &Data) -> Data {
    let Data::Map(mut map) = directive.clone() else { return directive.clone() };
    if let Some(wire) = map.shift_remove("wire") {
        map.insert("options".into(), wire);
    }
    Data::Map(map)
}

fn wire(step: &Data, name: &str) -> Data {
    match step.as_map().and_then(|map| map.get("wire")) {
        Some(wire) => wire.clone(),
        None => member(step, name),
    }
}

pub(crate) fn member(data: &Data, name: &str) -> Data {
    data.as_map().and_then(|map| map.get(name)).cloned().unwrap_or_default()
}

pub(crate) fn text<'a>(data: &'a Data, name: &str) -> &'a str {
    data.as_map().and_then(|map| map.get(name)).and_then(Data::as_str).unwrap_or_default()
}

fn list<'a>(data: &'a Data, name: &str) -> &'a [Data] {
    match data.as_map().and_then(|map| map.get(name)) {
        Some(Data::Array(items)) => items,
        _ => &[],
    }
}

/// Errors that are accidents of JavaScript need only be errors; others have their text, in which `<any>` matches anything.
fn same_error(expected: &Data, message: &str) -> Result<(), String> {
    if ["internal", "hang"].contains(&text(expected, "kind")) {
        return Ok(());
    }
    let wanted = text(expected, "message");
    let mut rest = message;
    let matches = wanted.split("<any>").enumerate().all(|(part, text)| match rest.find(text) {
        Some(at) if part > 0 || at == 0 => {
            rest = rest.get(at + text.len()..).unwrap_or_default();
            true
        }
        _ => false,
    });
    if matches && (rest.is_empty() || wanted.ends_with("<any>")) {
        return Ok(());
    }
    Err(format!("fails with `{message}`, not `{wanted}`"))
}

/// Equal up to wildcards; an entry that holds null and one that is absent are the same (decision L1).
fn same(expected: &Data, found: &Data) -> Result<(), String> {
    if is_same(expected, found) {
        return Ok(());
    }
    Err(format!("found {}, expected {}", found.to_json(), expected.to_json()))
}

fn is_same(expected: &Data, found: &Data) -> bool {
    match (expected, found) {
        (Data::String(any), _) if &**any == "<any>" => true,
        (Data::Array(a), Data::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Data::Map(a), Data::Map(b)) => {
            let get = |map: &DataMap, key: &str| map.get(key).cloned().unwrap_or_default();
            a.keys().chain(b.keys()).all(|key| is_same(&get(a, key), &get(b, key)))
        }
        _ => expected == found,
    }
}
