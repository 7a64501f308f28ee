//! Bookkeeping of slots, instances and the modules they use, and what a new version of a ruleset keeps.

use super::core::{Core, Info, Ruleset, Slot};
use krl_vm::unit::{Automaton, Constant, Rule, Select, Unit};
use std::sync::Arc;

impl Core {
    pub(super) fn free_slot(&mut self) -> Slot {
        if let Some(slot) = self.rulesets.iter().position(Option::is_none) {
            return slot;
        }
        self.rulesets.push(None);
        self.rulesets.len() - 1
    }

    /// A number for a new instance.
    pub(super) fn free_instance(&mut self) -> u32 {
        let taken = |number: u32| {
            self.info(number).is_some() || self.installed().any(|ruleset| ruleset.instance == number)
        };
        (0..).find(|&number| !taken(number)).unwrap_or(u32::MAX)
    }

    pub(super) fn info_mut(&mut self, instance: u32) -> Option<&mut Info> {
        self.infos.get_mut(instance as usize)?.as_mut()
    }

    pub(super) fn set_info(&mut self, instance: u32, info: Info) {
        let wanted = self.infos.len().max(instance as usize + 1);
        self.infos.resize(wanted, None);
        if let Some(place) = self.infos.get_mut(instance as usize) {
            *place = Some(info);
        }
    }

    /// An instance and those of the modules it uses, and they use.
    pub(super) fn tree(&self, root: u32) -> Vec<u32> {
        let mut found = vec![root];
        let mut at = 0;
        while let Some(&number) = found.get(at) {
            let modules = self.info(number).map(|info| info.modules.as_slice()).unwrap_or_default();
            found.extend(modules.iter().copied().filter(|&module| module != u32::MAX));
            at += 1;
        }
        found
    }

    pub(super) fn free_instances(&mut self, root: u32) {
        for number in self.tree(root) {
            if let Some(place) = self.infos.get_mut(number as usize) {
                *place = None;
            }
        }
    }

    /// The installed rulesets that use a module, directly or through others, in install order.
    pub(super) fn users_of(&self, rid: &str) -> Vec<Arc<str>> {
        let mut used: Vec<Arc<str>> = vec![rid.into()];
        let mut users = Vec::new();
        for _ in &self.order {
            for ruleset in self.installed() {
                let uses = ruleset.code.unit().uses.iter().any(|u| used.contains(&u.rid));
                if uses && !used.contains(&ruleset.rid) {
                    used.push(ruleset.rid.clone());
                    users.push(ruleset.rid.clone());
                }
            }
        }
        users
    }

    /// The way from a ruleset back to itself through the modules it uses.
    pub(super) fn cycle(&self, unit: &Unit) -> Option<Vec<Arc<str>>> {
        let mut ways = vec![vec![unit.rid.clone()]];
        let mut seen = Vec::new();
        while let Some(way) = ways.pop() {
            let last = way.last()?;
            let code = (*last != unit.rid).then(|| self.slot_of(last)).flatten();
            let at = if *last == unit.rid { Some(unit) } else { None };
            let at = at.or_else(|| Some(self.ruleset(code?)?.code.unit()));
            for module in at.map(|unit| unit.uses.as_slice()).unwrap_or_default() {
                let longer = [&*way, std::slice::from_ref(&module.rid)].concat();
                if module.rid == unit.rid {
                    return Some(longer);
                }
                if !seen.contains(&module.rid) {
                    seen.push(module.rid.clone());
                    ways.push(longer);
                }
            }
        }
        None
    }

    /// Keeps the matches of rules whose event expression has not changed (decision E4).
    pub(super) fn carry_matches(&mut self, slot: Slot, former: Ruleset) {
        let old = former.code.clone();
        let Some(ruleset) = self.ruleset_mut(slot) else { return };
        let new = ruleset.code.clone();
        for (rule, state) in old.unit().rules.iter().zip(former.matches) {
            let same = new.unit().rules.iter().position(|r| {
                r.name == rule.name && r.settings == rule.settings && {
                    expression(old.unit(), rule) == expression(new.unit(), r)
                }
            });
            if let Some(place) = same.and_then(|at| ruleset.matches.get_mut(at)) {
                *place = state;
            }
        }
    }
}

/// An event expression without indexes into its unit: the automaton, the patterns, and the text of each condition.
fn expression<'a>(unit: &'a Unit, rule: &Rule) -> Option<(Automaton, Vec<&'a Constant>, Vec<&'a str>)> {
    let Select::When { automaton, .. } = &rule.select else { return None };
    let mut automaton = automaton.clone();
    let (mut patterns, mut conditions) = (Vec::new(), Vec::new());
    for test in &mut automaton.tests {
        for (_, constant) in &mut test.patterns {
            patterns.push(unit.constants.get(std::mem::take(constant) as usize)?);
        }
        if let Some(condition) = &mut test.condition {
            let spans = &unit.functions.get(std::mem::take(condition) as usize)?.spans;
            let start = spans.iter().map(|span| span.1).min().unwrap_or(0);
            let end = spans.iter().map(|span| span.2).max().unwrap_or(0);
            conditions.push(unit.source.get(start as usize..end as usize)?);
        }
    }
    Some((automaton, patterns, conditions))
}
