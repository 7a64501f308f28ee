//! One mistake, one place: findings that another finding explains are dropped.

use krl_lang::ast::{Ast, ExprKind};
use krl_lang::{Code, Diagnostic, Span};

/// Drops findings that another one explains.
pub(super) fn drop_explained(source: &str, ast: &Ast, found: &mut Vec<Diagnostic>) {
    let Some(ruleset) = &ast.ruleset else { return };
    let retired = spans(found, |d| d.code == Code::RetiredModule);
    let errors = spans(found, Diagnostic::is_error);
    let syntax = spans(found, |d| d.is_error() && d.code < Code::UndefinedName);
    let declarations = || ruleset.global.iter().flat_map(|b| &b.declarations);
    // A function with an error may have lost a parameter that its callers give.
    let wrong: Vec<&str> = declarations()
        .filter(|d| errors.iter().any(|e| d.span.contains(*e)))
        .map(|d| d.name.text(source))
        .collect();
    let doubtful = calls_of(source, ast, &wrong);
    let items = declarations().map(|d| d.span).chain(ruleset.rules.iter().map(|r| r.span));
    let slipped: Vec<Span> = items.filter(|item| syntax.iter().any(|e| item.contains(*e))).collect();
    found.retain(|d| match d.code {
        Code::UnknownModule => !retired.contains(&d.span),
        // What is wrong may be what would have used it.
        Code::UnusedName | Code::UnreadEntity => errors.is_empty(),
        Code::DroppedArgument | Code::MissingArgument | Code::UnknownArgument => {
            !doubtful.iter().any(|call| call.contains(d.span))
        }
        // What was read in spite of an error may have been meant to declare the name.
        Code::UndefinedName => !slipped.iter().any(|item| item.contains(d.span)),
        _ => true,
    });
}

fn spans(found: &[Diagnostic], wanted: impl Fn(&Diagnostic) -> bool) -> Vec<Span> {
    found.iter().filter(|d| wanted(d)).map(|d| d.span).collect()
}

/// The calls of functions with these names.
fn calls_of(source: &str, ast: &Ast, names: &[&str]) -> Vec<Span> {
    if names.is_empty() {
        return Vec::new();
    }
    let is_wrong = |span: Span| names.contains(&span.text(source));
    let mut calls = Vec::new();
    for expr in &ast.exprs {
        let ExprKind::Call { callee, .. } = &expr.kind else { continue };
        let callee = ast.expr(*callee);
        match &callee.kind {
            ExprKind::Name if is_wrong(callee.span) => calls.push(expr.span),
            ExprKind::Member { name, domain: None, .. } if is_wrong(name.span) => calls.push(expr.span),
            _ => {}
        }
    }
    calls
}
