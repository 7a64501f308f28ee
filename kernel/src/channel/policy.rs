//! Which events and queries a channel lets through (`krl-runtime.md` §1.2).

use super::{Invalid, Refusal};
use crate::cloud::weight;
use krl_vm::data::{Data, DataMap};
use krl_vm::number::trim;
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, OnceLock};

/// Stands for any domain, ruleset or name; as a whole field only.
const ANY: &str = "*";

/// The policies of a channel.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Policies {
    /// For events.
    pub event: EventPolicy,
    /// For queries.
    pub query: QueryPolicy,
    /// The hash of their record, once it was needed.
    #[serde(skip)]
    hash: OnceLock<[u8; 16]>,
}

impl PartialEq for Policies {
    fn eq(&self, other: &Self) -> bool {
        (&self.event, &self.query) == (&other.event, &other.query)
    }
}

impl Eq for Policies {}

impl Hash for Policies {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.event, &self.query).hash(state);
    }
}

impl Policies {
    /// These two.
    #[must_use]
    pub fn new(event: EventPolicy, query: QueryPolicy) -> Self {
        Self { event, query, hash: OnceLock::new() }
    }

    /// The hash of their record, which is made once.
    pub(crate) fn hash_by(&self, make: impl FnOnce(&Self) -> [u8; 16]) -> [u8; 16] {
        *self.hash.get_or_init(|| make(self))
    }

    /// Those that let everything through, shared by all channels that have them.
    #[must_use]
    pub fn open() -> Arc<Self> {
        static OPEN: LazyLock<Arc<Policies>> = LazyLock::new(Arc::default);
        OPEN.clone()
    }
}

/// What passes: anything a rule of `allow` matches, unless one of `deny` does too. By default all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policy<R> {
    /// Rules that let through.
    pub allow: Vec<R>,
    /// Rules that hold back.
    pub deny: Vec<R>,
}

/// Which events pass.
pub type EventPolicy = Policy<EventRule>;

/// Which queries pass.
pub type QueryPolicy = Policy<QueryRule>;

/// Matches events; `*` matches any domain or name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventRule {
    /// Event domain.
    pub domain: Arc<str>,
    /// Event type.
    pub name: Arc<str>,
}

/// Matches queries; `*` matches any ruleset or name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct QueryRule {
    /// Ruleset id.
    pub rid: Arc<str>,
    /// Shared name.
    pub name: Arc<str>,
}

/// A rule of either kind: a pair of texts.
pub trait Rule: Sized {
    /// What the first text is called.
    const FIRST: &'static str;
    /// What is wrong with a policy of another shape.
    const NO_POLICY: Invalid;
    /// What is wrong with a rule of another shape.
    const NO_RULE: Invalid;

    /// The rule of two texts.
    fn new(first: Arc<str>, name: Arc<str>) -> Self;

    /// Its two texts.
    fn parts(&self) -> (&Arc<str>, &Arc<str>);
}

impl Rule for EventRule {
    const FIRST: &'static str = "domain";
    const NO_POLICY: Invalid = Invalid::EventPolicy;
    const NO_RULE: Invalid = Invalid::EventRule;

    fn new(domain: Arc<str>, name: Arc<str>) -> Self {
        Self { domain, name }
    }

    fn parts(&self) -> (&Arc<str>, &Arc<str>) {
        (&self.domain, &self.name)
    }
}

impl Rule for QueryRule {
    const FIRST: &'static str = "rid";
    const NO_POLICY: Invalid = Invalid::QueryPolicy;
    const NO_RULE: Invalid = Invalid::QueryRule;

    fn new(rid: Arc<str>, name: Arc<str>) -> Self {
        Self { rid, name }
    }

    fn parts(&self) -> (&Arc<str>, &Arc<str>) {
        (&self.rid, &self.name)
    }
}

impl<R: Rule> Default for Policy<R> {
    fn default() -> Self {
        Self { allow: vec![R::new(ANY.into(), ANY.into())], deny: Vec::new() }
    }
}

impl<R: Rule> Policy<R> {
    /// Reads a policy. Its shape is strict: no key more or less, texts that are not blank.
    ///
    /// # Errors
    /// Any other shape.
    pub fn parse(data: &Data) -> Result<Self, Invalid> {
        let lists = data.as_map().filter(|map| map.len() == 2);
        let list = |key: &str| lists.and_then(|map| map.get(key));
        match (list("allow"), list("deny")) {
            (Some(Data::Array(allow)), Some(Data::Array(deny))) => {
                Ok(Self { allow: rules(allow)?, deny: rules(deny)? })
            }
            _ => Err(R::NO_POLICY),
        }
    }

    /// The form that programs and clients see.
    #[must_use]
    pub fn to_data(&self) -> Data {
        let list = |rules: &[R]| Data::Array(rules.iter().map(rule_data).collect());
        let entries = [("allow", list(&self.allow)), ("deny", list(&self.deny))];
        Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Bytes, roughly, that [`Policy::to_data`] takes.
    pub(super) fn weight(&self) -> usize {
        let rule = |rule: &R| {
            let (first, name) = rule.parts();
            weight::of_entries([
                (R::FIRST.len(), weight::of_text(first)),
                ("name".len(), weight::of_text(name)),
            ])
        };
        let list = |rules: &[R]| weight::of_items(rules.iter().map(rule));
        weight::of_entries([("allow".len(), list(&self.allow)), ("deny".len(), list(&self.deny))])
    }

    /// Lets a domain or ruleset id with a name through, or says why not: `deny` goes before `allow`.
    ///
    /// # Errors
    /// It is denied, or not allowed.
    pub fn check(&self, first: &str, name: &str) -> Result<(), Refusal> {
        let matches = |rules: &[R]| rules.iter().any(|rule| matches(rule, first, name));
        if matches(&self.deny) {
            Err(Refusal::Denied)
        } else if matches(&self.allow) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed)
        }
    }
}

fn rules<R: Rule>(items: &[Data]) -> Result<Vec<R>, Invalid> {
    items.iter().map(|item| rule(item).ok_or(R::NO_RULE)).collect()
}

fn rule<R: Rule>(data: &Data) -> Option<R> {
    let map = data.as_map().filter(|map| map.len() == 2)?;
    let part = |key: &str| Some(trim(map.get(key)?.as_str()?)).filter(|text| !text.is_empty());
    Some(R::new(part(R::FIRST)?.into(), part("name")?.into()))
}

fn rule_data<R: Rule>(rule: &R) -> Data {
    let (first, name) = rule.parts();
    let entries = [(R::FIRST, first), ("name", name)];
    Data::Map(
        entries.into_iter().map(|(key, text)| (key.into(), Data::String(text.clone()))).collect::<DataMap>(),
    )
}

fn matches<R: Rule>(rule: &R, first: &str, name: &str) -> bool {
    let (of, named) = rule.parts();
    [(of, first), (named, name)].into_iter().all(|(wanted, found)| &**wanted == ANY || &**wanted == found)
}
