//! What is known of all rulesets that are checked together: interfaces, events, entity variables, queries; and the findings that
//! need more than one file or more than one rule to see (design §4, "Whole-project facts").
//!
//! A ruleset is usually checked alone, and its events come from outside: silence unless the given files themselves are evidence.

mod calls;
mod entities;
mod events;
mod interface;
mod modules;
mod queries;
pub mod system;

pub(crate) use calls::calls;
pub use entities::Entity;
pub(crate) use events::base_events;
pub use events::{Attributes, Raised, Selected, Via};
pub use interface::{Interface, Member};
pub use queries::Query;

use crate::resolve::Resolution;
use crate::types::Typing;
use krl_lang::Diagnostic;
use krl_lang::ast::Ast;
use std::sync::Arc;

/// One analysed file.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    /// Its index among those checked.
    pub file: u32,
    /// The text.
    pub source: &'a str,
    /// Its tree.
    pub ast: &'a Ast,
    /// What its names mean.
    pub resolution: &'a Resolution,
    /// The types of its expressions.
    pub typing: &'a Typing,
}

/// What is known of one ruleset.
#[derive(Clone, Debug)]
pub struct RulesetFacts {
    /// Its index among the files checked.
    pub file: u32,
    /// Its face.
    pub interface: Interface,
    /// Rulesets it uses as modules.
    pub uses: Vec<Arc<str>>,
    /// Events its active rules select.
    pub selects: Vec<Selected>,
    /// Has it a rule that looks at every event (`select where`)?
    pub selects_all: bool,
    /// Events it raises, schedules and sends.
    pub raises: Vec<Raised>,
    /// Its entity variables.
    pub entities: Vec<Entity>,
    /// Queries it asks of other rulesets.
    pub queries: Vec<Query>,
}

/// What is known of all rulesets given.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// One for each file that holds a ruleset.
    pub rulesets: Vec<RulesetFacts>,
}

impl Facts {
    /// Gathers the facts of `units`.
    #[must_use]
    pub fn gather(units: &[Unit<'_>]) -> Self {
        let rulesets = units.iter().filter_map(|unit| {
            let interface = Interface::of(unit.file, unit.source, unit.ast, unit.resolution)?;
            let (selects, selects_all) = events::selected(unit);
            Some(RulesetFacts {
                file: unit.file,
                interface,
                uses: unit.resolution.modules.iter().map(|m| m.rid.clone()).collect(),
                selects,
                selects_all,
                raises: events::raised(unit),
                entities: entities::gather(unit),
                queries: queries::gather(unit),
            })
        });
        Self { rulesets: rulesets.collect() }
    }

    /// The interface of a ruleset given, or else of a system ruleset.
    #[must_use]
    pub fn interface(&self, rid: &str) -> Option<&Interface> {
        let given = self.rulesets.iter().map(|r| &r.interface);
        given.chain(system::interfaces()).find(|i| &*i.rid == rid)
    }

    /// What these facts say about each file.
    #[must_use]
    pub fn check(&self, units: &[Unit<'_>]) -> Vec<Vec<Diagnostic>> {
        // A rule that could not be parsed may be the one that selects or raises an event.
        let whole = units.iter().all(|u| u.ast.ruleset.as_ref().is_some_and(|r| r.broken.is_empty()));
        let index = whole.then(|| events::Index::new(self));
        units.iter().map(|unit| self.check_unit(index.as_ref(), unit)).collect()
    }

    fn check_unit(&self, index: Option<&events::Index<'_>>, unit: &Unit<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let Some(ruleset) = self.rulesets.iter().find(|r| r.file == unit.file) else { return found };
        if let Some(index) = index {
            events::check(self, index, ruleset, &mut found);
        }
        entities::check(ruleset, unit, &mut found);
        modules::check(self, ruleset, unit, &mut found);
        queries::check(self, ruleset, &mut found);
        found
    }
}
