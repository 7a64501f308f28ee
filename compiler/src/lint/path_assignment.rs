//! KRL0602 path-assignment: `ent:v := ent:v.put(k, x)` writes the whole variable where `ent:v{k} := x` writes a part (krl-language.md §3.4).

use super::rules;
use crate::project::Unit;
use crate::resolve::Target;
use krl_lang::ast::{ExprId, ExprKind, Statement, StatementKind};
use krl_lang::{Applicability, Code, Diagnostic};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    let parts = rules(unit).filter_map(|r| r.postlude.as_ref()).flat_map(|p| &p.parts);
    for statement in parts.flat_map(|p| &p.statements) {
        found.extend(assignment(unit, statement));
    }
}

fn assignment(unit: &Unit<'_>, statement: &Statement) -> Option<Diagnostic> {
    let StatementKind::Assign { variable, path: None, value } = &statement.kind else { return None };
    let ExprKind::Call { callee, args } = &unit.ast.expr(*value).kind else { return None };
    let ExprKind::Member { object, name, .. } = &unit.ast.expr(*callee).kind else { return None };
    let Target::Native(signature) = unit.resolution.target(*callee) else { return None };
    let [path, stored] = &**args else { return None };
    let puts = matches!(signature.native.name, "put" | "set");
    if !puts || path.name.is_some() || stored.name.is_some() || !is_entity(unit, *object, *variable) {
        return None;
    }
    let text = |expr: ExprId| unit.ast.expr(expr).span.text(unit.source);
    let variable_text = variable.domain.span.to(variable.name.span).text(unit.source);
    let better = format!("{variable_text}{{{}}} := {}", text(path.value), text(stored.value));
    let whole = variable.domain.span.to(unit.ast.expr(*value).span);
    let message = format!("`{}` writes the whole of `{variable_text}`", name.text(unit.source));
    Some(
        Diagnostic::new(Code::PathAssignment, whole, message)
            .help("an assignment by path writes only the part that changes")
            .fix("assign by path", whole, better, Applicability::Maybe),
    )
}

/// Is the expression this entity variable, perhaps with a default for the time when it is unset?
fn is_entity(unit: &Unit<'_>, expr: ExprId, variable: krl_lang::ast::Variable) -> bool {
    match &unit.ast.expr(expr).kind {
        ExprKind::Paren(inner) => is_entity(unit, *inner, variable),
        ExprKind::Domain { name, .. } => {
            matches!(unit.resolution.target(expr), Target::Entity)
                && name.text(unit.source) == variable.name.text(unit.source)
        }
        _ => false,
    }
}
