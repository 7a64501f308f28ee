//! Types of prefix and infix operators (krl-language.md §5.1, §5.2).

use super::path::with_article;
use super::{Inference, Shape, Type};
use krl_lang::ast::{BinaryOp, ExprId, ExprKind, UnaryOp};
use krl_lang::{Code, Diagnostic, Span};
use krl_stdlib::types::Types;
use krl_vm::number;

/// Kinds that never convert to a number (krl-language.md §4.4).
const NO_NUMBER: Types = Types::REGEXP.or(Types::FUNCTION).or(Types::ACTION);

impl Inference<'_> {
    pub(super) fn unary(&mut self, id: ExprId, op: UnaryOp, operand: ExprId) -> Type {
        let value = self.expr(operand);
        match op {
            UnaryOp::Plus => value,
            UnaryOp::Not => match value.truth() {
                Some(truth) => Type::boolean(!truth),
                None => Type::of(Types::BOOLEAN),
            },
            UnaryOp::Minus => {
                if is_no_number(&value) {
                    let span = self.input.ast.expr(id).span;
                    self.report(no_number(span, &value, "cannot be negated"));
                }
                match value.shape {
                    Shape::Number(n) if value.kinds == Types::NUMBER => Type::number(-n),
                    _ => Type::of(Types::NUMBER),
                }
            }
        }
    }

    /// `a && b`, `a || b`: yields an operand; the right one is evaluated only if the left one does not decide.
    pub(super) fn logical(&mut self, id: ExprId) -> Type {
        let ExprKind::Binary { op, left, right, .. } = &self.input.ast.expr(id).kind else {
            return Type::ANY;
        };
        let decides = *op == BinaryOp::Or;
        let first = self.expr(*left);
        let second = self.assuming(*left, !decides, |this| this.expr(*right));
        match first.truth() {
            Some(truth) if truth == decides => first,
            Some(_) => second,
            None if first.is_any() => Type::ANY,
            None if decides => first.without(Types::NULL).or(&second),
            None => {
                let falsy = Types::NULL | Types::BOOLEAN | Types::NUMBER | Types::STRING;
                let left = first.only(falsy);
                // A falsy value is not the known truthy constant.
                Type::of(left.kinds).or(&second)
            }
        }
    }

    /// Infix operators other than the logical ones. A chain `a + b + c …` is walked, not descended: it may be long.
    pub(super) fn binary(&mut self, id: ExprId) -> Type {
        let ast = self.input.ast;
        let mut chain = Vec::new();
        let mut at = id;
        while let ExprKind::Binary { op, op_span, left, right } = &ast.expr(at).kind {
            if matches!(op, BinaryOp::And | BinaryOp::Or) {
                break;
            }
            chain.push((at, *op, *op_span, *left, *right));
            at = *left;
        }
        let mut value = self.expr(at);
        for (at, op, op_span, left, right) in chain.into_iter().rev() {
            let other = self.expr(right);
            self.compared(op, op_span, (left, &value), (right, &other));
            value = self.operator(ast.expr(at).span, op, &value, &other);
            self.note(at, &value);
        }
        value
    }

    fn operator(&mut self, span: Span, op: BinaryOp, left: &Type, right: &Type) -> Type {
        match op {
            BinaryOp::Add => {
                let numbers = left.kinds.overlaps(Types::NUMBER) && right.kinds.overlaps(Types::NUMBER);
                let only_numbers = left.is_within(Types::NUMBER) && right.is_within(Types::NUMBER);
                match (numbers, only_numbers) {
                    (_, true) => Type::of(Types::NUMBER),
                    (true, false) => Type::of(Types::NUMBER | Types::STRING),
                    (false, false) => Type::of(Types::STRING),
                }
            }
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                for operand in [left, right] {
                    if is_no_number(operand) {
                        self.report(no_number(span, operand, verb(op)));
                        break;
                    }
                }
                Type::of(Types::NUMBER)
            }
            BinaryOp::Compare | BinaryOp::Cmp => Type::of(Types::NUMBER),
            BinaryOp::Eq if left.never_equals(right) => Type::boolean(false),
            BinaryOp::Ne if left.never_equals(right) => Type::boolean(true),
            _ => Type::of(Types::BOOLEAN),
        }
    }

    /// `==` between values that can never be equal, other than two literals.
    fn compared(&mut self, op: BinaryOp, at: Span, left: (ExprId, &Type), right: (ExprId, &Type)) {
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) || !left.1.never_equals(right.1) {
            return;
        }
        let (a, b) = (left.1.kinds, right.1.kinds);
        let always = if op == BinaryOp::Eq { "false" } else { "true" };
        let message = if a.overlaps(b) {
            format!("always {always}: the values are different constants")
        } else {
            format!("always {always}: {} never equals {}", with_article(a), with_article(b))
        };
        let mut diagnostic = Diagnostic::new(Code::NeverEqual, at, message);
        if a.overlaps(Types::STRING) && b.overlaps(Types::NUMBER) {
            diagnostic = diagnostic.help("`==` does not convert: use `.as(\"Number\")`");
        }
        self.report(diagnostic);
    }
}

/// Does converting it to a number fail whatever its value?
pub(super) fn is_no_number(value: &Type) -> bool {
    match value.known_text() {
        Some(text) => number::parse(text).is_none(),
        None => value.is_within(NO_NUMBER),
    }
}

fn no_number(span: Span, value: &Type, what: &str) -> Diagnostic {
    let who = match value.known_text() {
        Some(text) => format!("the text `{text}`"),
        None => with_article(value.kinds),
    };
    Diagnostic::new(Code::NoNumber, span, format!("{who} {what}"))
        .help("it is no number: this always raises an error")
}

fn verb(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Sub => "cannot be subtracted",
        BinaryOp::Mul => "cannot be multiplied",
        BinaryOp::Div => "cannot be divided",
        _ => "has no remainder",
    }
}
