//! Entity variables: read but never written, written but never read.

use super::{RulesetFacts, Unit};
use crate::resolve::Target;
use crate::resolve::suggest::nearest;
use krl_lang::ast::{ExprKind, StatementKind};
use krl_lang::{Applicability, Code, Diagnostic, Span};
use std::collections::HashMap;

/// An entity variable of a ruleset.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Where it is read.
    pub reads: Vec<Span>,
    /// Where it is assigned, wholly or in part.
    pub writes: Vec<Span>,
    /// Where it is cleared.
    pub clears: Vec<Span>,
}

/// Variables the engine writes by itself: the schedule (krl-runtime.md §7), and what `dido` keeps (§5.10).
const ENGINE_WRITTEN: [&str; 6] =
    ["_schedule", "didDocs", "didSecrets", "didMap", "pendingRotations", "routes"];

enum Access {
    Read,
    Write,
    Clear,
}

pub(super) fn gather(unit: &Unit<'_>) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    let mut note = |name, span: Span, access: Access| {
        let at = *by_name.entry(name).or_insert_with(|| {
            let (reads, writes, clears) = (Vec::new(), Vec::new(), Vec::new());
            entities.push(Entity { name: name.to_owned(), reads, writes, clears });
            entities.len() - 1
        });
        let Some(entity) = entities.get_mut(at) else { return };
        match access {
            Access::Read => entity.reads.push(span),
            Access::Write => entity.writes.push(span),
            Access::Clear => entity.clears.push(span),
        }
    };
    for (index, expr) in unit.ast.exprs.iter().enumerate() {
        let ExprKind::Domain { name, .. } = &expr.kind else { continue };
        if let Target::Entity = unit.resolution.target(krl_lang::ast::ExprId(index as u32)) {
            note(name.text(unit.source), expr.span, Access::Read);
        }
    }
    let parts = unit.ast.ruleset.iter().flat_map(|r| &r.rules).filter_map(|r| r.postlude.as_ref());
    for statement in parts.flat_map(|p| &p.parts).flat_map(|p| &p.statements) {
        let (variable, access) = match &statement.kind {
            StatementKind::Assign { variable, .. } => (variable, Access::Write),
            StatementKind::Clear { variable, .. } => (variable, Access::Clear),
            _ => continue,
        };
        if variable.domain.text(unit.source) == "ent" {
            let span = variable.domain.span.to(variable.name.span);
            note(variable.name.text(unit.source), span, access);
        }
    }
    entities
}

pub(super) fn check(ruleset: &RulesetFacts, unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    if unit.ast.ruleset.as_ref().is_some_and(|r| !r.broken.is_empty()) {
        return;
    }
    for entity in &ruleset.entities {
        if ENGINE_WRITTEN.contains(&&*entity.name) {
            continue;
        }
        match (entity.reads.first(), entity.writes.first()) {
            (Some(read), None) => found.push(unwritten(entity, *read, ruleset)),
            (None, Some(write)) => {
                let message = format!("`ent:{}` is written, but never read", entity.name);
                found.push(Diagnostic::new(Code::UnreadEntity, *write, message));
            }
            _ => {}
        }
    }
}

fn unwritten(entity: &Entity, read: Span, ruleset: &RulesetFacts) -> Diagnostic {
    let message = format!("`ent:{}` is always null: no rule writes it", entity.name);
    let diagnostic = Diagnostic::new(Code::UnwrittenEntity, read, message);
    let written = ruleset.entities.iter().filter(|e| !e.writes.is_empty()).map(|e| &*e.name);
    match nearest(&entity.name, written) {
        Some(near) => diagnostic.help(format!("did you mean `ent:{near}`?")).fix(
            format!("replace by `ent:{near}`"),
            read,
            format!("ent:{near}"),
            Applicability::Maybe,
        ),
        None => diagnostic.help(format!("assign it in a postlude: `ent:{} := …`", entity.name)),
    }
}
