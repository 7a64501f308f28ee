//! Who selects and who raises an event, over all rulesets given: looked up, not searched.

use super::super::Facts;
use super::{Attributes, Raised};
use std::collections::{HashMap, HashSet};

/// Of more events in one domain than this none is looked for that a misspelt name may mean.
const MAX_CANDIDATES: usize = 200;

/// Events by domain and type.
#[derive(Debug, Default)]
pub(in super::super) struct Index<'f> {
    /// A rule looks at all events.
    pub(super) selects_all: bool,
    selected: HashMap<&'f str, HashSet<&'f str>>,
    raised: HashMap<(&'f str, &'f str), Vec<&'f Attributes>>,
    /// Domains in which events are raised whose types are computed.
    open_domains: HashSet<&'f str>,
    /// Events are raised whose domains are computed.
    open: bool,
}

impl<'f> Index<'f> {
    pub(in super::super) fn new(facts: &'f Facts) -> Self {
        let mut index = Self::default();
        for ruleset in &facts.rulesets {
            index.selects_all |= ruleset.selects_all;
            for selected in &ruleset.selects {
                index.selected.entry(&selected.domain).or_default().insert(&selected.name);
            }
            ruleset.raises.iter().for_each(|raised| index.add(raised));
        }
        index
    }

    fn add(&mut self, raised: &'f Raised) {
        match (&raised.domain, &raised.name) {
            (Some(domain), Some(name)) => {
                self.raised.entry((domain, name)).or_default().push(&raised.attributes);
            }
            (Some(domain), None) => {
                self.open_domains.insert(domain);
            }
            (None, _) => self.open = true,
        }
    }

    /// Does a rule given select this event?
    pub(super) fn selects(&self, domain: &str, name: &str) -> bool {
        self.selects_all || self.selected.get(domain).is_some_and(|names| names.contains(name))
    }

    /// Do rules given select events of this domain?
    pub(super) fn has_domain(&self, domain: &str) -> bool {
        self.selected.contains_key(domain)
    }

    /// The events of a domain that a misspelt one may mean.
    pub(super) fn candidates(&self, domain: &str) -> impl Iterator<Item = &'f str> {
        let names = self.selected.get(domain).filter(|names| names.len() <= MAX_CANDIDATES);
        names.into_iter().flatten().copied()
    }

    /// May a ruleset given raise this event?
    pub(super) fn may_raise(&self, domain: &str, name: &str) -> bool {
        self.open || self.open_domains.contains(domain) || self.raised.contains_key(&(domain, name))
    }

    /// The attributes that raisers give to this event; none: they are not all known, or nobody given raises it.
    pub(super) fn attributes(&self, domain: &str, name: &str) -> Option<Vec<&'f str>> {
        if self.open || self.open_domains.contains(domain) {
            return None;
        }
        let mut given = Vec::new();
        for attributes in self.raised.get(&(domain, name))? {
            match attributes {
                Attributes::Known(names) => given.extend(names.iter().map(String::as_str)),
                Attributes::Unknown => return None,
            }
        }
        Some(given)
    }
}
