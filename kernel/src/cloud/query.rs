//! Queries: they read the committed state and change nothing (`krl-runtime.md` §3, decision R6).

use super::Cloud;
use super::core::{Mode, Scene};
use super::event::{Refusal, RuntimeError, text};
use super::transaction::{failure, finished};
use crate::journal;
use krl_vm::data::{Data, DataMap};
use krl_vm::interp::Failure;
use krl_vm::unit::{Testing, Unit};
use krl_vm::value::{Kind, Value};
use std::fmt;
use std::sync::Arc;

/// A query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The channel it comes in on; the cloud's own if there is none.
    pub eci: Option<Arc<str>>,
    /// The cloud that asks; none from outside.
    pub sender: Option<Arc<str>>,
    /// The ruleset.
    pub rid: String,
    /// The shared name.
    pub name: String,
    /// Arguments by parameter name; null for none.
    pub args: Data,
    /// How many clouds have asked each other to come to this query (decision R6).
    pub hops: u32,
    /// The events that wait for its answer, as the host wrote them down; the kernel hands it on.
    pub waits: Arc<str>,
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// It is not accepted.
    Refused(Refusal),
    /// The ruleset is not installed.
    NotInstalled(Arc<str>),
    /// The ruleset is installed, but did not start (decision R12).
    Broken {
        /// The ruleset.
        rid: Arc<str>,
        /// Why.
        why: Arc<str>,
    },
    /// The ruleset shares no such name.
    NotShared {
        /// The ruleset.
        rid: Arc<str>,
        /// The name.
        name: Arc<str>,
    },
    /// The function raised an error.
    Failed(RuntimeError),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotInstalled(rid) => write!(f, "Pico doesn't have {rid} installed."),
            Self::Broken { rid, why } => write!(f, "Ruleset {rid} does not run: {why}"),
            Self::NotShared { rid, name } => {
                write!(f, "Ruleset {rid} does not have query function \"{name}\"")
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for QueryError {}

impl Cloud {
    /// Answers a query.
    ///
    /// # Errors
    /// What is wrong with it, or what its function raised.
    pub fn query(&mut self, query: &Query) -> Result<Data, QueryError> {
        let refused = QueryError::Refused;
        let eci = text(query.eci.as_ref().unwrap_or(&self.core.lasting.eci), "query.eci").map_err(refused)?;
        let rid = text(&query.rid, "query.rid").map_err(refused)?;
        let name = text(&query.name, "query.name").map_err(refused)?;
        let none = DataMap::new();
        let args = match &query.args {
            Data::Map(args) => args,
            Data::Null => &none,
            _ => return Err(refused(Refusal::NoMap("query.args"))),
        };
        self.core.admit_query(&eci, query.sender.as_deref(), &rid, &name).map_err(refused)?;
        let program = self.core.lasting.program.clone();
        let ruleset = program.slot_of(&rid).and_then(|slot| Some((slot, program.rulesets.get(slot)?)));
        let Some((slot, ruleset)) = ruleset else { return Err(QueryError::NotInstalled(rid)) };
        if let Some(why) = &ruleset.broken {
            return Err(QueryError::Broken { rid, why: why.clone() });
        }
        let (code, instance) = (ruleset.code.clone(), ruleset.instance);
        let Some(shared) = code.unit().shares.iter().find(|shared| shared.name == name) else {
            if &*name == "__testing" {
                return Ok(testing(code.unit()));
            }
            return Err(QueryError::NotShared { rid, name });
        };
        let txn_id = self.core.random().id();
        self.core.transaction.lines.clear();
        self.core.hops = query.hops;
        self.core.scene =
            Scene { mode: Mode::Query, eci: Some(eci), txn_id, slot, instance, ..Scene::default() };
        let answer = self.ask(instance, shared.global, args);
        self.core.transaction.instructions = self
            .core
            .lasting
            .setting
            .budgets
            .instructions
            .saturating_sub(self.machine.vm.instructions_left());
        let answer = answer.map_err(|failure| self.core.error(failure, None));
        let Scene { txn_id, eci, .. } = std::mem::take(&mut self.core.scene);
        // What neither logs nor fails leaves no record: reading writes nothing (difference R16).
        if self.core.lasting.setting.journaling
            && (answer.is_err() || !self.core.transaction.lines.is_empty())
        {
            let (eci, error) = (eci.unwrap_or_default(), answer.as_ref().err());
            self.core.keep_journal(journal::Kind::Query, &txn_id, &eci, (&rid, &name), args, error);
        }
        match answer {
            Ok(Some(data)) => Ok(data),
            Ok(None) => Err(QueryError::NotShared { rid, name }),
            Err(error) => Err(QueryError::Failed(error)),
        }
    }

    /// The answer of a shared global; none of an action, which queries cannot run.
    fn ask(&mut self, instance: u32, global: u16, args: &DataMap) -> Result<Option<Data>, Failure> {
        let globals = self.core.lasting.program.instances.get(instance as usize).map(|i| &i.globals);
        let mut value = globals.and_then(|g| g.get(usize::from(global))).copied().unwrap_or(Value::NULL);
        self.machine.vm.begin(self.core.world());
        self.core.transaction.copied = 0;
        match self.machine.vm.heap().kind(value) {
            Kind::Action => return Ok(None),
            Kind::Function | Kind::ActionFunction => {
                value = finished(self.machine.vm.call_query(&mut *self.core, value, args))?;
            }
            _ => {}
        }
        self.machine.vm.heap().export(value).map(Some).map_err(failure)
    }
}

/// What the query `__testing` answers where the ruleset does not share that name itself.
fn testing(unit: &Unit) -> Data {
    let Testing { queries, events } = &unit.testing;
    let text = |text: &Arc<str>| Data::String(text.clone());
    let list = |texts: &[Arc<str>]| Data::Array(texts.iter().map(text).collect());
    let map = |entries: Vec<(&str, Data)>| {
        Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    };
    let queries = queries.iter().map(|(name, args)| map(vec![("name", text(name)), ("args", list(args))]));
    let events = events.iter().map(|event| {
        map(vec![("domain", text(&event.domain)), ("name", text(&event.name)), ("attrs", list(&event.attrs))])
    });
    map(vec![("queries", Data::Array(queries.collect())), ("events", Data::Array(events.collect()))])
}
