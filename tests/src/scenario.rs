//! Scenarios: rulesets on a fresh cloud, then events, queries and waits with the answers expected. Time is virtual.

use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, EventAnswer, LogEntry, Query};
use krl_vm::data::{Data, DataMap};
use krl_vm::unit::Unit;
use std::sync::{Arc, Mutex};

/// How a compiled ruleset reaches the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the compiler made it.
    Direct,
    /// Written as a `.krlc` file and read back.
    Stored,
}

/// Runs a scenario; the answer says where it first differs from what it expects.
///
/// # Errors
/// The first difference.
pub fn run(scenario: &Data, form: Form) -> Result<(), String> {
    let mut player = Player::new(scenario, form);
    for ruleset in list(scenario, "rulesets") {
        player.install(ruleset)?;
    }
    for (number, step) in list(scenario, "steps").iter().enumerate() {
        player.step(step).map_err(|why| format!("step {number}: {why}"))?;
    }
    Ok(())
}

struct Player {
    cloud: Cloud,
    logs: Arc<Mutex<Vec<LogEntry>>>,
    form: Form,
}

impl Player {
    fn new(scenario: &Data, form: Form) -> Self {
        let logs: Arc<Mutex<Vec<LogEntry>>> = Arc::default();
        let sink = logs.clone();
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
        let cloud = Cloud::new(Environment {
            seed: 7,
            now: 1_700_000_000_000,
            budgets,
            log: Some(Box::new(move |entry| {
                if let Ok(mut entries) = sink.lock() {
                    entries.push(entry);
                }
            })),
            ..Environment::default()
        });
        Self { cloud, logs, form }
    }

    /// Installs a ruleset, or sees that it cannot be.
    fn install(&mut self, ruleset: &Data) -> Result<(), String> {
        let expected = member(ruleset, "install_error");
        let config = member(ruleset, "config");
        match (self.try_install(text(ruleset, "source"), config), &expected) {
            (Ok(()), Data::Null) => Ok(()),
            (Ok(()), _) => Err(format!("installs, but should fail with {}", expected.to_json())),
            (Err(why), Data::Null) => Err(format!("does not install: {}", why.text())),
            (Err(NotInstalled::Refused(_)), _) => Ok(()),
            (Err(NotInstalled::Failed(message)), _) => same_error(&expected, &message),
        }
    }

    fn try_install(&mut self, source: &str, config: Data) -> Result<(), NotInstalled> {
        let compiled = krl_compiler::compile(source);
        let Some(unit) = compiled.unit else {
            let messages =
                compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.to_string());
            return Err(NotInstalled::Refused(messages.collect::<Vec<_>>().join("; ")));
        };
        let unit = stored(unit, self.form).map_err(NotInstalled::Refused)?;
        let unit = krl_vm::verify::verify(unit).map_err(|e| NotInstalled::Refused(format!("{e:?}")))?;
        let configuration = Configuration { config, url: Some("file:///ruleset.krl".into()) };
        let installed = self.cloud.install(unit, configuration);
        installed.map(drop).map_err(|e| NotInstalled::Failed(e.to_string()))
    }

    fn uninstall(&mut self, rid: &str, expected: &Data) -> Result<(), String> {
        match (self.cloud.uninstall(rid), expected) {
            (Ok(()), Data::Null) => Ok(()),
            (Ok(()), error) => Err(format!("uninstalls, but should fail with {}", error.to_json())),
            (Err(in_use), Data::Null) => Err(in_use.to_string()),
            (Err(in_use), error) => same_error(error, &in_use.to_string()),
        }
    }

    fn step(&mut self, step: &Data) -> Result<(), String> {
        if let Ok(mut logs) = self.logs.lock() {
            logs.clear();
        }
        let map = step.as_map().cloned().unwrap_or_default();
        if let Some(Data::Number(ms)) = map.get("wait_ms") {
            self.cloud.advance_to(self.cloud.now() + *ms as i64);
        } else if let Some(event) = map.get("event") {
            self.event(event, step)?;
        } else if let Some(query) = map.get("query") {
            self.query(query, step)?;
        } else if let Some(source) = map.get("install") {
            self.install(source)?;
        } else if let Some(rid) = map.get("uninstall").and_then(Data::as_str) {
            self.uninstall(rid, &member(step, "error"))?;
        } else if map.contains_key("restart") {
            self.restart()?;
        } else {
            return Err(format!("unknown step {}", step.to_json()));
        }
        self.check_logs(step)?;
        self.cloud.settle();
        self.cloud.advance_to(self.cloud.now());
        Ok(())
    }

    fn event(&mut self, event: &Data, step: &Data) -> Result<(), String> {
        let attrs = member(event, "attrs");
        let eci = self.channel(event).unwrap_or_else(|| self.cloud.eci().clone());
        let sender = self.sender(event);
        let (domain, name) = (text(event, "domain"), text(event, "name"));
        let answer = self.cloud.signal_on(&eci, sender.as_deref(), domain, name, attrs);
        let (answer, refused) = match answer {
            Ok(answer) => (Some(answer), None),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        let error = refused.or_else(|| answer.as_ref()?.errors.first().map(|error| error.message.clone()));
        match (member(step, "error"), error) {
            (Data::Null, Some(message)) => return Err(format!("fails with {message}")),
            (expected, message) if expected != Data::Null => {
                let message = message.ok_or_else(|| format!("should fail with {}", expected.to_json()))?;
                same_error(&expected, &message)?;
            }
            _ => {}
        }
        if let Data::Array(expected) = member(step, "errors") {
            let found = answer.as_ref().map(errors).unwrap_or_default();
            same(&Data::Array(expected), &found).map_err(|why| format!("errors: {why}"))?;
        }
        let expected: Vec<Data> = list(step, "directives").iter().map(wire_options).collect();
        let found = answer.as_ref().map_or(Data::Array(Vec::new()), directives);
        same(&Data::Array(expected), &found).map_err(|why| format!("directives: {why}"))
    }

    fn query(&mut self, query: &Data, step: &Data) -> Result<(), String> {
        let asked = Query {
            eci: self.channel(query),
            sender: self.sender(query),
            rid: text(query, "rid").into(),
            name: text(query, "name").into(),
            args: member(query, "args"),
            ..Query::default()
        };
        match (self.cloud.query(&asked), member(step, "error")) {
            (Ok(value), Data::Null) => same(&wire(step, "value"), &value),
            (Ok(value), error) => Err(format!("answers {}, not {}", value.to_json(), error.to_json())),
            (Err(error), Data::Null) => Err(format!("fails with {error}")),
            (Err(error), expected) => same_error(&expected, &error.to_string()),
        }
    }

    /// The channel whose tags a step gives, joined by commas; other texts are taken as an ECI.
    fn channel(&self, step: &Data) -> Option<Arc<str>> {
        let tags = step.as_map()?.get("channel")?.as_str()?;
        let found = self.cloud.channels().find(|channel| channel.tags.join(",") == tags);
        Some(found.map_or_else(|| tags.into(), |channel| channel.id.clone()))
    }

    /// The cloud that a step says it comes from; `self` is this one.
    fn sender(&self, step: &Data) -> Option<Arc<str>> {
        let sender = step.as_map()?.get("sender")?.as_str()?;
        Some(if sender == "self" { self.cloud.id().clone() } else { sender.into() })
    }

    /// Moves the state into a fresh cloud with the same rulesets, as text, as a restart does.
    fn restart(&mut self) -> Result<(), String> {
        let state = serde_json::to_string(&self.cloud.state()).map_err(|e| e.to_string())?;
        let state = serde_json::from_str(&state).map_err(|e| e.to_string())?;
        let now = self.cloud.now();
        self.cloud.restart().map_err(|e| e.to_string())?;
        self.cloud.restore(state);
        self.cloud.wake_at(now);
        Ok(())
    }

    fn check_logs(&self, step: &Data) -> Result<(), String> {
        let Data::Array(expected) = member(step, "logs") else { return Ok(()) };
        let logs = self.logs.lock().map_err(|e| e.to_string())?;
        let found = logs.iter().map(|entry| {
            let mut map = DataMap::new();
            map.insert("level".into(), Data::string(entry.level.name()));
            map.insert("msg".into(), entry.message.clone());
            map.insert("rid".into(), Data::String(entry.rid.clone()));
            if let Some(value) = &entry.value {
                map.insert("data".into(), Data::Map(DataMap::from_iter([("val".into(), value.clone())])));
            }
            Data::Map(map)
        });
        same(&Data::Array(expected), &Data::Array(found.collect())).map_err(|why| format!("logs: {why}"))
    }
}

/// Why a ruleset is not there.
enum NotInstalled {
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

fn stored(unit: Unit, form: Form) -> Result<Unit, String> {
    match form {
        Form::Direct => Ok(unit),
        Form::Stored => {
            let file = krl_vm::krlc::encode(&unit, "conformance tests").map_err(|e| e.to_string())?;
            krl_vm::krlc::decode(&file).map(|(unit, _)| unit).map_err(|e| e.to_string())
        }
    }
}

fn directives(answer: &EventAnswer) -> Data {
    let known = |d: &krl_kernel::cloud::Directive| {
        let Data::Map(mut map) = d.to_data() else { return Data::Null };
        map.shift_remove("type");
        if let Some(Data::Map(meta)) = map.get_mut("meta") {
            meta.shift_remove("txnId");
        }
        Data::Map(map)
    };
    Data::Array(answer.directives.iter().map(known).collect())
}

fn errors(answer: &EventAnswer) -> Data {
    let known = |error: &krl_kernel::cloud::RuntimeError| {
        let mut map = DataMap::new();
        map.insert("rid".into(), Data::String(error.rid.clone()));
        map.insert("rule".into(), error.rule.clone().map_or(Data::Null, Data::String));
        map.insert("code".into(), Data::string(error.code));
        map.insert("message".into(), Data::string(error.message.as_str()));
        let at = error.at.as_ref().map(|at| format!("{}:{}", at.line, at.column));
        map.insert("at".into(), at.map_or(Data::Null, Data::string));
        Data::Map(map)
    };
    Data::Array(answer.errors.iter().map(known).collect())
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

fn member(data: &Data, name: &str) -> Data {
    data.as_map().and_then(|map| map.get(name)).cloned().unwrap_or_default()
}

fn text<'a>(data: &'a Data, name: &str) -> &'a str {
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
