//! Events and what they answer (`krl-runtime.md` §2.1, §2.6, decision R2).

use crate::channel;
use krl_vm::data::{Data, DataMap};
use std::fmt;
use std::sync::Arc;

/// An event, cleaned.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The channel it came in on.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its attributes.
    pub attrs: DataMap,
    /// When it happened, in milliseconds.
    pub time: i64,
}

/// Why an event or query is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A field is empty.
    Missing(&'static str),
    /// Attributes or arguments are no map.
    NoMap(&'static str),
    /// No such channel.
    UnknownChannel(Arc<str>),
    /// The channel does not let it through.
    Channel(channel::Refusal),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "missing {field}"),
            Self::NoMap(field) => write!(f, "Expected a JSON map for {field}"),
            Self::UnknownChannel(eci) => write!(f, "ECI not found {eci}"),
            Self::Channel(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

impl Event {
    /// Cleans an event: names are trimmed and must not be empty, attributes must be a map; none are an empty one.
    ///
    /// # Errors
    /// Anything else.
    pub fn clean(eci: &Arc<str>, domain: &str, name: &str, attrs: Data, time: i64) -> Result<Self, Refusal> {
        let attrs = match attrs {
            Data::Map(attrs) => attrs,
            Data::Null => DataMap::new(),
            _ => return Err(Refusal::NoMap("event.data.attrs")),
        };
        Ok(Self {
            eci: eci.clone(),
            domain: text(domain, "event.domain")?,
            name: text(name, "event.name")?,
            attrs,
            time,
        })
    }
}

/// A name, trimmed.
///
/// # Errors
/// A blank one.
pub(super) fn text(raw: &str, field: &'static str) -> Result<Arc<str>, Refusal> {
    let trimmed = krl_vm::number::trim(raw);
    if trimmed.is_empty() { Err(Refusal::Missing(field)) } else { Ok(trimmed.into()) }
}

/// A directive.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// Its name.
    pub name: Data,
    /// Its options.
    pub options: Data,
    /// The ruleset of the rule that gave it.
    pub rid: Arc<str>,
    /// That rule.
    pub rule_name: Arc<str>,
    /// The event's transaction.
    pub txn_id: Arc<str>,
}

impl Directive {
    /// The form that clients and programs see.
    #[must_use]
    pub fn to_data(&self) -> Data {
        let map = |entries: Vec<(&str, Data)>| {
            Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
        };
        let meta = map(vec![
            ("rid", Data::String(self.rid.clone())),
            ("rule_name", Data::String(self.rule_name.clone())),
            ("txnId", Data::String(self.txn_id.clone())),
        ]);
        map(vec![
            ("type", Data::string("directive")),
            ("name", self.name.clone()),
            ("options", self.options.clone()),
            ("meta", meta),
        ])
    }
}

/// A place in a ruleset's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The ruleset whose source it is in: that of a module, where the module's code failed.
    pub rid: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A run-time error of one ruleset's reaction, or of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeError {
    /// The ruleset.
    pub rid: Arc<str>,
    /// The rule; none in queries.
    pub rule: Option<Arc<str>>,
    /// A stable word: `type_error`, `error`, `limit_…`, `internal`.
    pub code: &'static str,
    /// What is wrong, in the reference's words.
    pub message: String,
    /// Where.
    pub at: Option<Place>,
    /// The functions that were running.
    pub stack: Box<CallStack>,
}

/// The functions that were running when an error was raised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallStack {
    /// Innermost first: the first one raised the error.
    pub functions: Vec<Running>,
    /// How many outer functions are left out.
    pub omitted: usize,
}

/// A running function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its name, or the name of what the code belongs to.
    pub function: Arc<str>,
    /// Where it was; none for operators.
    pub at: Option<Place>,
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RuntimeError {}

/// What an event answers once it is committed.
#[derive(Clone, Debug, PartialEq)]
pub struct EventAnswer {
    /// The transaction's id.
    pub eid: Arc<str>,
    /// The event's domain.
    pub domain: Arc<str>,
    /// The event's type.
    pub name: Arc<str>,
    /// In the order they were given; those of failed reactions are left out.
    pub directives: Vec<Directive>,
    /// What went wrong, reaction by reaction.
    pub errors: Vec<RuntimeError>,
}
