//! KRL0609 constant-condition, KRL0610 self-comparison: conditions that decide nothing.

use super::{exprs, rules};
use crate::project::Unit;
use crate::types::Typing;
use krl_lang::ast::{ActionBlock, BinaryOp, ExprId, ExprKind, Guard};
use krl_lang::token::TokenKind;
use krl_lang::{Code, Diagnostic, Span};

pub(super) fn check(unit: &Unit<'_>, found: &mut Vec<Diagnostic>) {
    let mut compared: Vec<Span> = Vec::new();
    for (id, expr) in exprs(unit) {
        let ExprKind::Binary { op, left, right, .. } = &expr.kind else { continue };
        if let Some(result) = of_equals(*op).filter(|_| same_text(unit, *left, *right)) {
            compared.push(unit.ast.expr(id).span);
            let message = format!("always {result}: both sides are the same");
            found.push(Diagnostic::new(Code::SelfComparison, expr.span, message));
        } else if matches!(op, BinaryOp::Eq | BinaryOp::Ne) && unit.typing.expr(id).truth().is_some() {
            compared.push(expr.span);
        }
    }
    for condition in conditions(unit) {
        let span = unit.ast.expr(condition).span;
        let Some(truth) = truth(unit.typing, condition) else { continue };
        // The comparison in it has been reported already.
        if !compared.iter().any(|c| span.contains(*c)) {
            let message = format!("the condition is always {}", if truth { "true" } else { "false" });
            found.push(Diagnostic::new(Code::ConstantCondition, span, message));
        }
    }
}

fn truth(typing: &Typing, condition: ExprId) -> Option<bool> {
    typing.expr(condition).truth()
}

/// Every expression that decides what runs, but those of `select`.
fn conditions(unit: &Unit<'_>) -> Vec<ExprId> {
    let mut found = Vec::new();
    let guard = |block: &Option<ActionBlock>| block.as_ref().and_then(|b| b.condition);
    for (_, expr) in exprs(unit) {
        match &expr.kind {
            ExprKind::Conditional { test, .. } => found.push(*test),
            ExprKind::Defaction(defaction) => found.extend(guard(&defaction.actions)),
            _ => {}
        }
    }
    for rule in rules(unit) {
        found.extend(guard(&rule.actions));
        for statement in rule.postlude.iter().flat_map(|p| &p.parts).flat_map(|p| &p.statements) {
            if let Some(Guard::If(condition)) = statement.guard {
                found.push(condition);
            }
        }
    }
    found
}

/// What comparing a value with itself yields.
fn of_equals(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge => Some("true"),
        BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Gt => Some("false"),
        BinaryOp::Compare | BinaryOp::Cmp => Some("0"),
        _ => None,
    }
}

/// Are they the same words, without a call between them, whose result may differ each time?
fn same_text(unit: &Unit<'_>, left: ExprId, right: ExprId) -> bool {
    let words = |id: ExprId| {
        let text = unit.ast.expr(id).span.text(unit.source);
        let tokens = krl_lang::lexer::lex(text);
        let kept = (0..tokens.len()).filter(|&i| !tokens.kind(i).is_trivia());
        kept.map(|i| (tokens.kind(i), tokens.text(i, text))).collect::<Vec<_>>()
    };
    let is_path = |id: ExprId| {
        matches!(
            unit.ast.expr(id).kind,
            ExprKind::Name | ExprKind::Domain { .. } | ExprKind::Path { .. } | ExprKind::Index { .. }
        )
    };
    if !is_path(left) || !is_path(right) {
        return false;
    }
    let (left, right) = (words(left), words(right));
    left == right && !left.iter().any(|(kind, text)| *kind == TokenKind::LParen || *text == "random")
}
