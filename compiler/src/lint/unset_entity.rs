//! KRL0307 maybe-null: an entity variable used where null raises, though nothing gives it a first value.
//!
//! A variable is null until it is written. Where each write only changes what is there, or a part of it, the first use of the ruleset
//! finds null; where some rule assigns a fresh value, that rule is taken for its initialisation.

use super::exprs;
use crate::project::Unit;
use crate::resolve::Target;
use krl_lang::ast::{ExprId, ExprKind, StatementKind};
use krl_lang::{Code, Diagnostic, Span};
use krl_stdlib::types::Types;

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    let mut initialised: Option<Vec<&str>> = None;
    for (_, expr) in exprs(unit) {
        let ExprKind::Call { callee, .. } = &expr.kind else { continue };
        let ExprKind::Member { object, .. } = &unit.ast.expr(*callee).kind else { continue };
        let (Target::Native(operator), Some(name)) = (unit.resolution.target(*callee), entity(unit, *object))
        else {
            continue;
        };
        let takes_null = operator.params.first().is_none_or(|p| p.accepts.overlaps(Types::NULL));
        // What conditions around say is in the type already.
        if takes_null || !unit.typing.expr(*object).kinds.overlaps(Types::NULL) {
            continue;
        }
        let initialised = initialised.get_or_insert_with(|| initialised_in(unit));
        if !initialised.contains(&name) && is_written(unit, name) {
            let message = format!(
                "`ent:{name}` is null until it is first written, which `{}` does not take",
                operator.name
            );
            let help = "give it a value with `.defaultsTo(…)`, or in a rule for `wrangler:ruleset_installed`";
            found.push(Diagnostic::new(Code::MaybeNull, unit.ast.expr(*object).span, message).help(help));
        }
    }
}

fn entity<'a>(unit: &Unit<'a>, expr: ExprId) -> Option<&'a str> {
    match &unit.ast.expr(expr).kind {
        ExprKind::Paren(inner) => entity(unit, *inner),
        ExprKind::Domain { name, .. } => {
            matches!(unit.resolution.target(expr), Target::Entity).then(|| name.text(unit.source))
        }
        _ => None,
    }
}

/// Every assignment: the variable, whether it is of a part, and the place of the value.
fn assignments<'a>(unit: &Unit<'a>) -> impl Iterator<Item = (&'a str, bool, Span)> {
    let unit = *unit;
    let parts = unit.ast.ruleset.iter().flat_map(|r| &r.rules).filter_map(|r| r.postlude.as_ref());
    parts.flat_map(|p| &p.parts).flat_map(|p| &p.statements).filter_map(move |s| match &s.kind {
        StatementKind::Assign { variable, path, value } => {
            Some((variable.name.text(unit.source), path.is_some(), unit.ast.expr(*value).span))
        }
        _ => None,
    })
}

fn is_written(unit: &Unit<'_>, name: &str) -> bool {
    assignments(unit).any(|(written, ..)| written == name)
}

/// Variables that some rule assigns a value that does not depend on the value before.
fn initialised_in<'a>(unit: &Unit<'a>) -> Vec<&'a str> {
    let reads: Vec<(&str, Span)> = exprs(unit)
        .filter_map(|(id, expr)| match expr.kind {
            ExprKind::Domain { .. } => entity(unit, id).map(|name| (name, expr.span)),
            _ => None,
        })
        .collect();
    assignments(unit)
        .filter(|(name, part, value)| {
            !part && !reads.iter().any(|(read, span)| read == name && value.contains(*span))
        })
        .map(|(name, ..)| name)
        .collect()
}
