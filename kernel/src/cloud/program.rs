//! A program: the rulesets a cloud runs, in install order, started. Immutable, and shared by all clouds with the same list as long as
//! starting it asked nothing of the cloud that did.

use super::core::Slot;
use crate::index::Index;
use crate::library::Code;
use krl_vm::data::Data;
use krl_vm::heap::{Region, UnitTable};
use krl_vm::interp::Instance;
use krl_vm::unit::Unit;
use krl_vm::value::Value;
use std::sync::Arc;

/// What determines a program.
pub type Parts = Arc<[Part]>;

/// A ruleset as part of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// Number of its code.
    pub code: u32,
    /// Where it was installed from.
    pub url: Option<Arc<str>>,
    /// Its configuration as JSON.
    pub config: Arc<str>,
}

/// An installed ruleset.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Its id.
    pub rid: Arc<str>,
    /// Where it was installed from.
    pub url: Option<Arc<str>>,
    /// Its configuration, a map.
    pub config: Data,
    /// Its code.
    pub code: Arc<Code>,
    /// Number of its machine instance.
    pub instance: u32,
    /// Why it does not run (decision R12).
    pub broken: Option<Arc<str>>,
}

impl Installed {
    /// What it adds to the identity of its program.
    #[must_use]
    pub fn part(&self) -> Part {
        Part { code: self.code.number, url: self.url.clone(), config: self.config.to_json().into() }
    }
}

/// What the kernel knows of a machine instance.
#[derive(Clone, Debug)]
pub struct Info {
    /// The ruleset.
    pub rid: Arc<str>,
    /// Whose entity variables it sees.
    pub slot: Slot,
    /// Its code.
    pub code: Arc<Code>,
    /// The instances of its `use module` clauses.
    pub modules: Vec<u32>,
    /// The `within` limit of each rule.
    pub within: Vec<Option<f64>>,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// A table of the units of [`Program::codes`]: frozen globals hold constants of these and of no others.
    pub units: Arc<UnitTable>,
    /// The rulesets in install order.
    pub rulesets: Vec<Installed>,
    /// Which rules an event concerns.
    pub index: Index,
    /// The frozen globals.
    pub region: Arc<Region>,
    /// [`super::effects::WORDS`] in `region`.
    pub words: Vec<Value>,
    /// The machine's instances.
    pub instances: Arc<Vec<Instance>>,
    /// What is known of each of them.
    pub infos: Vec<Option<Info>>,
    /// Starting it asked something of the cloud: no other cloud may run it.
    pub own: bool,
}

impl Program {
    /// The slot of an installed ruleset.
    #[must_use]
    pub fn slot_of(&self, rid: &str) -> Option<Slot> {
        self.rulesets.iter().position(|ruleset| &*ruleset.rid == rid)
    }

    /// What is known of an instance.
    #[must_use]
    pub fn info(&self, instance: u32) -> Option<&Info> {
        self.infos.get(instance as usize)?.as_ref()
    }

    /// What is known of an instance, to change it.
    pub fn info_mut(&mut self, instance: u32) -> Option<&mut Info> {
        self.infos.get_mut(instance as usize)?.as_mut()
    }

    /// Takes up an instance; answers its number.
    pub fn add_info(&mut self, info: Info) -> u32 {
        let number = self.infos.iter().position(Option::is_none).unwrap_or(self.infos.len());
        if number == self.infos.len() {
            self.infos.push(None);
        }
        if let Some(place) = self.infos.get_mut(number) {
            *place = Some(info);
        }
        number as u32
    }

    /// The code of its rulesets, and of all that runs in it.
    pub fn codes(&self) -> impl Iterator<Item = &Arc<Code>> {
        let running = self.infos.iter().flatten().map(|info| &info.code);
        self.rulesets.iter().map(|ruleset| &ruleset.code).chain(running)
    }

    /// Indexes the rules of all rulesets that run.
    pub fn rebuild_index(&mut self) {
        let running = self.rulesets.iter().filter(|ruleset| ruleset.broken.is_none());
        self.index = Index::new(running.map(|ruleset| (ruleset.instance, ruleset.code.unit())));
    }

    /// An instance and those of the modules it uses, and they use.
    #[must_use]
    pub fn tree(&self, root: u32) -> Vec<u32> {
        let mut found = vec![root];
        let mut at = 0;
        while let Some(&number) = found.get(at) {
            let modules = self.info(number).map(|info| info.modules.as_slice()).unwrap_or_default();
            found.extend(modules.iter().copied().filter(|&module| module != u32::MAX));
            at += 1;
        }
        found
    }

    /// Frees an instance and those of its modules.
    pub fn free_instances(&mut self, root: u32) {
        for number in self.tree(root) {
            if let Some(place) = self.infos.get_mut(number as usize) {
                *place = None;
            }
        }
    }

    /// The rulesets that use a module, directly or through others, in install order.
    #[must_use]
    pub fn users_of(&self, rid: &str) -> Vec<Arc<str>> {
        let mut used: Vec<Arc<str>> = vec![rid.into()];
        let mut users = Vec::new();
        for _ in &self.rulesets {
            for ruleset in &self.rulesets {
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
    #[must_use]
    pub fn cycle(&self, unit: &Unit) -> Option<Vec<Arc<str>>> {
        let mut ways = vec![vec![unit.rid.clone()]];
        let mut seen = Vec::new();
        while let Some(way) = ways.pop() {
            let last = way.last()?;
            let installed = self.rulesets.iter().find(|r| r.rid == *last).map(|r| r.code.unit());
            let at = if *last == unit.rid { Some(unit) } else { installed };
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
}
