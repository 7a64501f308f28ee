//! KRL0444 dead-statement, KRL0445 dead-branch: parts of a postlude that never run.

use super::rules;
use crate::project::Unit;
use krl_lang::ast::{PostludeKind, Rule, Statement, StatementKind};
use krl_lang::{Code, Diagnostic, Span};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    for rule in rules(unit) {
        let Some(postlude) = &rule.postlude else { continue };
        for part in &postlude.parts {
            statements(unit, &part.statements, found);
        }
        branches(rule, found);
    }
}

/// Statements behind one that leaves the rule (krl-runtime.md §2.5: `last`, and `error error`).
fn statements(unit: &Unit<'_>, statements: &[Statement], found: &mut Vec<Diagnostic>) {
    let leaves = |s: &Statement| match &s.kind {
        _ if s.guard.is_some() => false,
        StatementKind::Last => true,
        StatementKind::RaiseError { level, .. } => level.text(unit.source) == "error",
        _ => false,
    };
    let Some(at) = statements.iter().position(leaves) else { return };
    let (Some(leaving), Some(first)) = (statements.get(at), statements.get(at + 1)) else { return };
    let last = statements.last().map_or(first.span, |s| s.span);
    let span = if last == first.span { first.span } else { first.span.to(last) };
    let message = "never runs: the rule has already been left";
    found.push(
        Diagnostic::new(Code::DeadStatement, span, message).label(leaving.span, "this leaves the rule"),
    );
}

/// Branches for a rule that did not fire, where the rule always fires.
fn branches(rule: &Rule, found: &mut Vec<Diagnostic>) {
    let Some(postlude) = &rule.postlude else { return };
    if rule.actions.as_ref().is_some_and(|a| a.condition.is_some()) {
        return;
    }
    let starts_fired = postlude.parts.first().is_some_and(|p| p.kind == PostludeKind::Fired);
    for part in &postlude.parts {
        let dead = match part.kind {
            PostludeKind::NotFired => true,
            PostludeKind::Else => starts_fired,
            PostludeKind::Fired | PostludeKind::Always | PostludeKind::Finally => false,
        };
        if dead {
            let keyword = if part.kind == PostludeKind::Else { "else" } else { "notfired" };
            let message = format!("`{keyword}` never runs: without a condition the rule always fires");
            let span = Span::new(part.span.start, part.span.start + keyword.len() as u32);
            let help = "give the action a condition, `if … then`, or use `always`";
            found.push(Diagnostic::new(Code::DeadBranch, span, message).help(help));
        }
    }
}
