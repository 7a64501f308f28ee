//! What rulesets use each other as modules: all must be known, and none may use itself through others (krl-runtime.md §6.5).

use std::collections::{BTreeMap, BTreeSet};

/// Ruleset id → the ids it uses as modules. Versions of one id from several addresses are one: who uses it may get any of them.
#[derive(Debug, Default)]
pub(super) struct Modules<'a> {
    uses: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// Why a ruleset cannot be taken in beside the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ModuleError {
    /// It uses a ruleset that nobody has loaded.
    Unknown(String),
    /// It would use itself: the ids on the way, from itself to itself.
    Cycle(Vec<String>),
}

impl<'a> Modules<'a> {
    /// Adds what one version of a ruleset uses.
    pub fn add(&mut self, rid: &'a str, uses: &'a [String]) {
        self.uses.entry(rid).or_default().extend(uses.iter().map(String::as_str));
    }

    /// May `rid` use these, beside what its other versions use?
    pub fn check(&self, rid: &str, uses: &[String]) -> Result<(), ModuleError> {
        let unknown = uses.iter().find(|used| **used != rid && !self.uses.contains_key(used.as_str()));
        if let Some(unknown) = unknown {
            return Err(ModuleError::Unknown(unknown.clone()));
        }
        match self.way_back(rid, uses) {
            Some(way) => Err(ModuleError::Cycle(way)),
            None => Ok(()),
        }
    }

    /// The shortest way from `rid` through one of `uses` back to `rid`.
    fn way_back(&self, rid: &str, uses: &[String]) -> Option<Vec<String>> {
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut level: Vec<&str> = vec![rid];
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for at in level {
                let used_here: Vec<&str> = if at == rid {
                    uses.iter().map(String::as_str).collect()
                } else {
                    self.uses.get(at).into_iter().flatten().copied().collect()
                };
                for used in used_here {
                    if used == rid {
                        return Some(way(&before, rid, at));
                    }
                    before.entry(used).or_insert_with(|| {
                        next_level.push(used);
                        at
                    });
                }
            }
            level = next_level;
        }
        None
    }
}

/// From `rid` to `last` and back to `rid`.
fn way(before: &BTreeMap<&str, &str>, rid: &str, last: &str) -> Vec<String> {
    let mut way = vec![rid.to_owned()];
    let mut at = last;
    while at != rid {
        way.push(at.to_owned());
        at = before.get(at).copied().unwrap_or(rid);
    }
    way.push(rid.to_owned());
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::{ModuleError, Modules};

    #[test]
    fn finds_unknown_modules_and_cycles() {
        let known: &[(&str, &[&str])] =
            &[("a", &["b", "c"]), ("b", &["d"]), ("c", &[]), ("d", &["e"]), ("e", &[]), ("two", &["one"])];
        let known: Vec<(&str, Vec<String>)> = known.iter().map(|(rid, uses)| (*rid, owned(uses))).collect();
        let mut modules = Modules::default();
        for (rid, uses) in &known {
            modules.add(rid, uses);
        }
        let cases: &[(&str, &[&str], Option<&str>)] = &[
            ("f", &[], None),
            ("f", &["a", "two"], None),
            ("f", &["a", "x"], Some("unknown x")),
            ("f", &["f"], Some("f -> f")),
            ("one", &["two"], Some("one -> two -> one")),
            ("e", &["c", "a"], Some("e -> a -> b -> d -> e")),
            ("c", &["d"], None),
        ];
        for (rid, uses, expected) in cases {
            let found = modules.check(rid, &owned(uses)).err().map(|error| match error {
                ModuleError::Unknown(rid) => format!("unknown {rid}"),
                ModuleError::Cycle(way) => way.join(" -> "),
            });
            assert_eq!(found.as_deref(), *expected, "{rid} uses {uses:?}");
        }
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}
