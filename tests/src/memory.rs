//! The stage of scenarios that is one cloud in memory, without a host.

use crate::engine::Setup;
use crate::scenario::{Contact, NotInstalled, Seen, Stage};
use crate::wire;
use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, LogEntry, Query};
use krl_vm::data::{Data, DataMap};
use std::sync::{Arc, Mutex, PoisonError};

/// One cloud.
pub struct Alone {
    cloud: Cloud,
    logs: Arc<Mutex<Vec<LogEntry>>>,
    setup: Setup,
}

impl Alone {
    /// A fresh cloud.
    #[must_use]
    pub fn new(budgets: Budgets, setup: Setup) -> Self {
        let logs: Arc<Mutex<Vec<LogEntry>>> = Arc::default();
        let sink = logs.clone();
        let environment = Environment {
            seed: 7,
            now: 1_700_000_000_000,
            budgets,
            log: Some(Box::new(move |entry| {
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
            })),
            ..Environment::default()
        };
        Self { cloud: Cloud::new(setup.engine.environment(environment)), logs, setup }
    }

    fn channel(&self, way: &Contact) -> Option<Arc<str>> {
        let tags = way.channel.as_deref()?;
        let found = self.cloud.channels().find(|channel| channel.tags.join(",") == tags);
        Some(found.map_or_else(|| tags.into(), |channel| (&channel.id).into()))
    }

    fn sender(&self, way: &Contact) -> Option<Arc<str>> {
        let sender = way.sender.as_deref()?;
        Some(if sender == "self" { self.cloud.id().clone() } else { sender.into() })
    }
}

impl Stage for Alone {
    fn install(&mut self, source: &str, config: Data) -> Result<(), NotInstalled> {
        let compiled = krl_compiler::compile(source);
        let Some(unit) = compiled.unit else {
            let messages =
                compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.to_string());
            return Err(NotInstalled::Refused(messages.collect::<Vec<_>>().join("; ")));
        };
        let unit = self.setup.unit(unit).map_err(|e| NotInstalled::Refused(e.to_string()))?;
        let unit = krl_vm::verify::verify(unit).map_err(|e| NotInstalled::Refused(format!("{e:?}")))?;
        let configuration = Configuration { config, url: Some("file:///ruleset.krl".into()) };
        let installed = self.cloud.install(unit, configuration);
        installed.map(drop).map_err(|e| NotInstalled::Failed(e.to_string()))
    }

    fn uninstall(&mut self, rid: &str) -> Result<(), String> {
        self.cloud.uninstall(rid).map_err(|in_use| in_use.to_string())
    }

    fn event(&mut self, way: &Contact, (domain, name): (&str, &str), attrs: Data) -> Result<Seen, String> {
        let eci = self.channel(way).unwrap_or_else(|| self.cloud.eci().clone());
        let sender = self.sender(way);
        let answer = self.cloud.signal_on(&eci, sender.as_deref(), domain, name, attrs);
        let answer = answer.map_err(|refusal| refusal.to_string())?;
        Ok(wire::seen(&wire::answer_data(&answer)))
    }

    fn query(&mut self, way: &Contact, (rid, name): (&str, &str), args: Data) -> Result<Data, String> {
        let (eci, sender) = (self.channel(way), self.sender(way));
        let asked = Query { eci, sender, rid: rid.into(), name: name.into(), args, ..Query::default() };
        self.cloud.query(&asked).map_err(|error| error.to_string())
    }

    fn wait(&mut self, milliseconds: i64) {
        self.cloud.advance_to(self.cloud.now() + milliseconds);
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

    fn logs(&mut self) -> Vec<Data> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = |entry: LogEntry| {
            let mut map = DataMap::new();
            map.insert("level".into(), Data::string(entry.level.name()));
            map.insert("msg".into(), entry.message);
            map.insert("rid".into(), Data::String(entry.rid));
            if let Some(value) = entry.value {
                map.insert("data".into(), Data::Map(DataMap::from_iter([("val".into(), value)])));
            }
            Data::Map(map)
        };
        logs.drain(..).map(entry).collect()
    }

    fn settle(&mut self) {
        self.cloud.settle();
        self.cloud.advance_to(self.cloud.now());
    }
}
