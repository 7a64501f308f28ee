//! The durable log of a cloud: one record for each event or query, with what programs logged and how each rule fared
//! (`krl-runtime.md` §10). It is kept compactly, and shown in the words of the reference when somebody asks.

mod packed;
mod stored;

pub use stored::{Entry, decode, find, read, to_trim, trim, write};
pub(crate) use stored::{first_key, old_keys};

use crate::cloud::{LogEntry, RuntimeError, TraceEntry, Verdict};
use crate::machine::Reason;
use krl_stdlib::datetime::format_iso;
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Texts are cut to so many characters.
const MAX_TEXT: usize = 1_000;
/// Lines of one record.
const MAX_LINES: usize = 1_000;
/// Entries of a cloud's log are shown for so long: milliseconds.
pub const SHOWN: i64 = 12 * 3_600_000;

/// What happened in one transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// The transaction's id.
    pub id: Arc<str>,
    /// What it was.
    pub kind: Kind,
    /// The channel it came in on.
    pub eci: Arc<str>,
    /// Domain of an event; ruleset of a query.
    pub domain: Arc<str>,
    /// Type of an event; name of a query.
    pub name: Arc<str>,
    /// Attributes or arguments as JSON.
    pub attrs: String,
    /// When it began, in milliseconds.
    pub time: i64,
    /// What happened, in order.
    pub lines: Vec<Line>,
    /// The first run-time error.
    pub error: Option<String>,
}

/// Which transactions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All.
    #[default]
    All,
    /// Those that changed something, logged something or failed.
    Changes,
    /// None.
    Off,
}

/// What a transaction was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An event.
    Event,
    /// A query.
    Query,
}

/// A line of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Line {
    /// A program's log, or an error.
    Log {
        /// `error`, `warn`, …
        level: Level,
        /// The ruleset.
        rid: Arc<str>,
        /// The message as JSON.
        message: String,
        /// The value of a `klog` as JSON.
        value: Option<String>,
    },
    /// How a rule fared.
    Rule {
        /// The event's domain.
        domain: Arc<str>,
        /// The event's type.
        name: Arc<str>,
        /// The ruleset.
        rid: Arc<str>,
        /// The rule.
        rule: Arc<str>,
        /// What became of it.
        fate: Fate,
        /// The entity variables that changed.
        changed: Vec<Arc<str>>,
    },
}

/// Levels of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is named after the word it stands for")]
pub enum Level {
    Error,
    Warn,
    Info,
    Klog,
    Debug,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Its match waits for another event.
    Waits,
    /// An attribute pattern does not match.
    Pattern,
    /// A `where` condition is false.
    Where,
    /// It was selected; for each iteration whether it fired.
    Selected(Vec<bool>),
    /// It raised an error.
    Failed,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Klog => "klog",
            Self::Debug => "debug",
        }
    }
}

impl From<krl_vm::native::LogLevel> for Level {
    fn from(level: krl_vm::native::LogLevel) -> Self {
        use krl_vm::native::LogLevel;
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Klog => Self::Klog,
            LogLevel::Debug => Self::Debug,
        }
    }
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(at);
        text.push_str("...");
    }
    text
}

/// Attributes or arguments as JSON, without the headers of the request they came with.
fn shown(attrs: &DataMap) -> String {
    let shown = || attrs.iter().filter(|(key, _)| &***key != "_headers");
    if shown().next().is_none() {
        return "{}".into();
    }
    cut(Data::Map(shown().map(|(key, value)| (key.clone(), value.clone())).collect()).to_json())
}

impl Line {
    /// A program's log.
    #[must_use]
    pub fn log(entry: &LogEntry) -> Self {
        Self::Log {
            level: entry.level.into(),
            rid: entry.rid.clone(),
            message: cut(entry.message.to_json()),
            value: entry.value.as_ref().map(|value| cut(value.to_json())),
        }
    }

    /// How a rule fared.
    #[must_use]
    pub fn rule(entry: &TraceEntry) -> Self {
        let (fate, changed) = match &entry.verdict {
            Verdict::NotSelected(Reason::State) => (Fate::Waits, Vec::new()),
            Verdict::NotSelected(Reason::Pattern) => (Fate::Pattern, Vec::new()),
            Verdict::NotSelected(Reason::Where) => (Fate::Where, Vec::new()),
            Verdict::Selected { fired, changed } => (Fate::Selected(fired.clone()), changed.clone()),
            Verdict::Failed => (Fate::Failed, Vec::new()),
        };
        let TraceEntry { domain, name, rid, rule, .. } = entry;
        let (domain, name, rid, rule) = (domain.clone(), name.clone(), rid.clone(), rule.clone());
        Self::Rule { domain, name, rid, rule, fate, changed }
    }
}

/// Adds a line, unless there are too many.
pub(crate) fn push(lines: &mut Vec<Line>, line: Line) {
    if lines.len() < MAX_LINES {
        lines.push(line);
    }
}

impl Journal {
    /// A record of an event or a query.
    #[must_use]
    pub fn new(
        kind: Kind,
        id: &Arc<str>,
        eci: &Arc<str>,
        (domain, name): (&Arc<str>, &Arc<str>),
        attrs: &DataMap,
        time: i64,
    ) -> Self {
        Self {
            id: id.clone(),
            kind,
            eci: eci.clone(),
            domain: domain.clone(),
            name: name.clone(),
            attrs: shown(attrs),
            time,
            lines: Vec::new(),
            error: None,
        }
    }

    /// Notes the first run-time error.
    pub fn fail(&mut self, error: Option<&RuntimeError>) {
        self.error = error.map(|error| cut(error.message.clone()));
    }

    /// Does it tell of nothing that somebody may have to look into: no message of a program, no error?
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.error.is_none()
            && self.lines.iter().all(|line| matches!(line, Line::Rule { fate, .. } if *fate != Fate::Failed))
    }
}

fn map<const N: usize>(entries: [(&str, Data); N]) -> DataMap {
    entries.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

fn json(text: &str) -> Data {
    Data::parse(text).unwrap_or_else(|_| Data::string(text))
}

impl Journal {
    /// The lines that `ctx:logs` answers (`krl-runtime.md` §10).
    #[must_use]
    pub fn entries(&self) -> Vec<Data> {
        let mut shown = Vec::new();
        let mut show = |level: Level, message: Data, more: DataMap| {
            let mut entry = map([
                ("level", Data::string(level.word())),
                ("time", Data::string(format_iso(self.time))),
                ("txnId", Data::String(self.id.clone())),
            ]);
            entry.extend(more);
            entry.insert("msg".into(), message);
            shown.push(Data::Map(entry));
        };
        let text = |text: &Arc<str>| Data::String(text.clone());
        let transaction = self.transaction();
        show(Level::Debug, Data::string("txnQueued"), map([("txn", transaction)]));
        show(Level::Debug, Data::string("txnStart"), DataMap::new());
        let mut scheduled = None;
        for line in &self.lines {
            match line {
                Line::Log { level, rid, message, value } => {
                    let mut more = map([("rid", text(rid))]);
                    if let Some(value) = value {
                        more.insert("val".into(), json(value));
                    }
                    show(*level, json(message), more);
                }
                Line::Rule { domain, name, rid, rule, fate, .. } => {
                    let event = map([("domain", text(domain)), ("name", text(name))]);
                    let now = Some((rid, domain, name));
                    if scheduled != now {
                        scheduled = now;
                        let more = map([("rid", text(rid)), ("event", Data::Map(event))]);
                        show(Level::Debug, Data::string("event added to schedule"), more);
                    }
                    let more = || map([("rid", text(rid)), ("rule_name", text(rule))]);
                    if let Fate::Selected(fired) = fate {
                        for fired in fired {
                            show(Level::Debug, Data::string("rule selected"), more());
                            let word = if *fired { "fired" } else { "not fired" };
                            show(Level::Debug, Data::string(word), more());
                        }
                    }
                }
            }
        }
        match &self.error {
            Some(error) => {
                show(Level::Error, Data::string("txnError"), map([("error", Data::string(error.as_str()))]));
            }
            None => show(Level::Debug, Data::string("txnDone"), DataMap::new()),
        }
        shown
    }

    fn transaction(&self) -> Data {
        let text = |text: &Arc<str>| Data::String(text.clone());
        let attrs = json(&self.attrs);
        let (kind, what) = match self.kind {
            Kind::Event => {
                let data = Data::Map(map([("attrs", attrs)]));
                let event = [
                    ("eci", text(&self.eci)),
                    ("domain", text(&self.domain)),
                    ("name", text(&self.name)),
                    ("data", data),
                ];
                ("event", map(event))
            }
            Kind::Query => {
                let query = [
                    ("eci", text(&self.eci)),
                    ("rid", text(&self.domain)),
                    ("name", text(&self.name)),
                    ("args", attrs),
                ];
                ("query", map(query))
            }
        };
        Data::Map(map([("id", text(&self.id)), ("kind", Data::string(kind)), (kind, Data::Map(what))]))
    }

    /// What it tells of rules, for `krl trace`.
    #[must_use]
    pub fn to_data(&self) -> Data {
        let text = |text: &Arc<str>| Data::String(text.clone());
        let lines = self.lines.iter().map(|line| match line {
            Line::Log { level, rid, message, value } => {
                let mut entry = map([
                    ("log", Data::string(level.word())),
                    ("rid", text(rid)),
                    ("message", json(message)),
                ]);
                entry.extend(value.iter().map(|value| ("value".into(), json(value))));
                Data::Map(entry)
            }
            Line::Rule { domain, name, rid, rule, fate, changed } => {
                let event = Data::string(format!("{domain}:{name}"));
                let (outcome, fired) = match fate {
                    Fate::Waits => ("not selected: its event expression waits for another event", None),
                    Fate::Pattern => ("not selected: an attribute pattern does not match", None),
                    Fate::Where => ("not selected: its where condition is false", None),
                    Fate::Failed => ("failed", None),
                    Fate::Selected(fired) => match fired.iter().filter(|fired| **fired).count() {
                        0 if fired.is_empty() => ("selected, with nothing to iterate over", Some(fired)),
                        0 => ("selected, not fired: its condition is false", Some(fired)),
                        _ => ("fired", Some(fired)),
                    },
                };
                let mut entry = map([
                    ("event", event),
                    ("rid", text(rid)),
                    ("rule", text(rule)),
                    ("outcome", Data::string(outcome)),
                ]);
                if let Some(fired) = fired.filter(|fired| fired.len() > 1) {
                    let fired = fired.iter().map(|fired| Data::Bool(*fired)).collect();
                    entry.insert("iterations".into(), Data::Array(fired));
                }
                if !changed.is_empty() {
                    entry.insert("changed".into(), Data::Array(changed.iter().map(text).collect()));
                }
                Data::Map(entry)
            }
        });
        let mut shown = map([
            ("id", text(&self.id)),
            ("time", Data::string(format_iso(self.time))),
            ("transaction", self.transaction()),
            ("lines", Data::Array(lines.collect())),
        ]);
        shown.extend(self.error.as_ref().map(|error| ("error".into(), Data::string(error.as_str()))));
        Data::Map(shown)
    }
}
