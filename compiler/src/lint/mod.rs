//! Findings about single files that need no types beyond those inferred: one file for each, or for a few that belong together.

mod conditions;
mod deprecated;
mod noop_condition;
mod open_channel;
mod path_assignment;
mod postlude;
mod retired;
mod schedule;
mod select;
mod shadow;
mod unset_entity;
mod unused;

use crate::project::Unit;
use krl_lang::Diagnostic;
use krl_lang::ast::{Expr, ExprId, Rule};

/// Runs every lint over one file.
#[must_use]
pub fn check(unit: &Unit<'_>) -> Vec<Diagnostic> {
    const LINTS: [fn(&Unit<'_>, &mut Vec<Diagnostic>); 12] = [
        conditions::check,
        deprecated::check,
        noop_condition::check,
        open_channel::check,
        path_assignment::check,
        postlude::check,
        retired::check,
        schedule::check,
        select::check,
        shadow::check,
        unset_entity::check,
        unused::check,
    ];
    let mut found = Vec::new();
    for lint in LINTS {
        lint(unit, &mut found);
    }
    found
}

/// The rules of a file.
fn rules<'a>(unit: &Unit<'a>) -> impl Iterator<Item = &'a Rule> {
    unit.ast.ruleset.iter().flat_map(|r| &r.rules)
}

/// The expressions of a file that are part of the program and can be evaluated.
fn exprs<'a>(unit: &Unit<'a>) -> impl Iterator<Item = (ExprId, &'a Expr)> {
    let typing = unit.typing;
    let all = unit.ast.exprs.iter().enumerate().map(|(index, expr)| (ExprId(index as u32), expr));
    all.filter(move |(id, _)| !typing.expr(*id).kinds.is_never())
}
