//! Which rules an event concerns: an index over all rules of all rulesets of a cloud (`krl-runtime.md` §2.4).
//!
//! An event that no rule selects costs one hash probe or two, and of a hundred rules only those that name its domain and type are tried.

use krl_vm::unit::{Select, Unit};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A rule that an event concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salient {
    /// Number of the ruleset instance.
    pub instance: u32,
    /// Index into the unit's rules.
    pub rule: u32,
    /// The tests of the rule's automaton that name the event.
    pub tests: Box<[u32]>,
}

/// The rules an event concerns: rulesets in install order, rules in textual order.
pub type Salience = Arc<[Salient]>;

type Names<V> = HashMap<Arc<str>, V, BuildHasherDefault<NameHasher>>;

/// The index. Built anew when rulesets change.
#[derive(Clone, Debug)]
pub struct Index {
    named: Names<Names<Salience>>,
    always: Salience,
}

impl Default for Index {
    fn default() -> Self {
        Self { named: Names::default(), always: Arc::from([]) }
    }
}

impl Index {
    /// Indexes the rules of these instances, given in install order.
    #[must_use]
    pub fn new<'a>(rulesets: impl IntoIterator<Item = (u32, &'a Unit)>) -> Self {
        let mut named: Names<Names<Vec<(usize, Salient)>>> = Names::default();
        let mut always = Vec::new();
        for (place, (instance, unit)) in rulesets.into_iter().enumerate() {
            for (at, rule) in unit.rules.iter().enumerate() {
                let salient = |tests| (place, Salient { instance, rule: at as u32, tests });
                match &rule.select {
                    Select::Where(_) => always.push(salient(Box::default())),
                    Select::When { automaton, .. } => {
                        for (test, index) in automaton.tests.iter().zip(0u32..) {
                            let types = named.entry(test.domain.clone()).or_default();
                            let rules = types.entry(test.name.clone()).or_default();
                            match rules.last_mut() {
                                Some((p, last)) if *p == place && last.rule == at as u32 => {
                                    last.tests = [&*last.tests, &[index]].concat().into();
                                }
                                _ => rules.push(salient([index].into())),
                            }
                        }
                    }
                }
            }
        }
        let finish = |mut rules: Vec<(usize, Salient)>| -> Salience {
            rules.extend_from_slice(&always);
            rules.sort_by_key(|(place, salient)| (*place, salient.rule));
            rules.into_iter().map(|(_, salient)| salient).collect()
        };
        let finish_all = |types: Names<Vec<(usize, Salient)>>| {
            types.into_iter().map(|(name, rules)| (name, finish(rules))).collect()
        };
        let named = named.into_iter().map(|(domain, types)| (domain, finish_all(types))).collect();
        Self { named, always: finish(Vec::new()) }
    }

    /// The rules that events of this domain and type concern.
    #[must_use]
    pub fn salient(&self, domain: &str, name: &str) -> &Salience {
        self.named.get(domain).and_then(|types| types.get(name)).unwrap_or(&self.always)
    }
}

/// A fast hash for names. Only rulesets put keys into the index, so events cannot make it collide.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        const K: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let word = chunk.iter().fold(0u64, |w, &b| (w << 8) | u64::from(b));
            self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(K);
        }
        let rest = chunks.remainder().iter().fold(1u64, |w, &b| (w << 8) | u64::from(b));
        self.0 = (self.0.rotate_left(23) ^ rest).wrapping_mul(K);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0 = self.0.rotate_left(5) ^ u64::from(byte);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krl_vm::unit::{Automaton, Rule, Test};

    fn rule(events: &[(&str, &str)]) -> Rule {
        let test = |&(domain, name): &(&str, &str)| Test {
            domain: domain.into(),
            name: name.into(),
            patterns: Vec::new(),
            settings: Vec::new(),
            condition: None,
        };
        let automaton =
            Automaton { nodes: 2, tests: events.iter().map(test).collect(), ..Default::default() };
        let select = match events {
            [] => Select::Where(0),
            _ => Select::When { automaton, within: None },
        };
        Rule { name: "r".into(), select, body: 0, settings: Vec::new(), span: (0, 0) }
    }

    #[test]
    fn events_concern_rules_in_install_and_textual_order() {
        let first =
            Unit { rules: vec![rule(&[("a", "x")]), rule(&[]), rule(&[("a", "y")])], ..Unit::default() };
        let second = Unit { rules: vec![rule(&[("a", "x"), ("b", "x"), ("a", "x")])], ..Unit::default() };
        let index = Index::new([(7, &first), (3, &second)]);
        let check = |domain, name, expected: &[(u32, u32, &[u32])]| {
            let salient = index.salient(domain, name);
            let found: Vec<_> = salient.iter().map(|s| (s.instance, s.rule, &*s.tests)).collect();
            assert_eq!(found, expected, "{domain}:{name}");
        };
        check("a", "x", &[(7, 0, &[0]), (7, 1, &[]), (3, 0, &[0, 2])]);
        check("a", "y", &[(7, 1, &[]), (7, 2, &[0])]);
        check("b", "x", &[(7, 1, &[]), (3, 0, &[1])]);
        check("b", "y", &[(7, 1, &[])]);
        check("ax", "", &[(7, 1, &[])]);
    }
}
