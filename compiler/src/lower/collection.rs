//! Literals: whatever is known at compile time becomes a constant, collections included.

use super::Lowering;
use super::function::Register;
use krl_lang::Span;
use krl_lang::ast::{ChevronPart, ExprId, ExprKind, MapEntry, UnaryOp};
use krl_lang::literal;
use krl_vm::op::Op;
use krl_vm::unit::Constant;
use std::collections::HashMap;
use std::sync::Arc;

/// Longest literal built from registers at once; what is longer is added piece by piece.
const RUN: usize = 64;
/// Deepest literal that becomes one constant; the verifier allows 64.
const MAX_DEPTH: usize = 32;

impl Lowering<'_> {
    /// Is the expression's value known at compile time? What nests deeper than constants may is built at run time.
    pub(super) fn is_constant(&self, id: ExprId) -> bool {
        self.is_constant_within(id, MAX_DEPTH)
    }

    fn is_constant_within(&self, id: ExprId, depth: usize) -> bool {
        let Some(inner) = depth.checked_sub(1) else { return false };
        match &self.ast.expr(id).kind {
            ExprKind::Paren(e) => self.is_constant_within(*e, inner),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number | ExprKind::String | ExprKind::RegExp => {
                true
            }
            ExprKind::Chevron(parts) => parts.iter().all(|p| matches!(p, ChevronPart::Text(_))),
            ExprKind::Array(items) => items.iter().all(|item| self.is_constant_within(*item, inner)),
            ExprKind::Map(entries) => entries.iter().all(|e| self.is_constant_within(e.value, inner)),
            ExprKind::Unary { op: UnaryOp::Minus, operand } => self.is_number(*operand),
            _ => false,
        }
    }

    fn is_number(&self, id: ExprId) -> bool {
        match &self.ast.expr(id).kind {
            ExprKind::Paren(inner) => self.is_number(*inner),
            kind => matches!(kind, ExprKind::Number),
        }
    }

    /// The value of a constant expression; `null` for what was reported as an error.
    pub(super) fn constant(&self, id: ExprId) -> Constant {
        let expr = self.ast.expr(id);
        let text = || expr.span.text(self.source);
        match &expr.kind {
            ExprKind::Paren(inner) => self.constant(*inner),
            ExprKind::Bool(b) => Constant::Bool(*b),
            ExprKind::Number => Constant::Number(literal::number(text())),
            ExprKind::String => Constant::String(literal::string(text()).into()),
            ExprKind::RegExp => {
                let literal::RegExp { pattern, flags } = literal::regexp(text());
                Constant::RegExp { source: pattern.into(), flags: flags.into() }
            }
            ExprKind::Chevron(parts) => {
                let texts = parts.iter().map(|p| match p {
                    ChevronPart::Text(span) => literal::chevron_text(span.text(self.source)),
                    ChevronPart::Expr(_) => "".into(),
                });
                Constant::String(texts.collect::<String>().into())
            }
            ExprKind::Array(items) => {
                Constant::Array(items.iter().map(|item| self.constant(*item)).collect())
            }
            ExprKind::Map(entries) => {
                let entries = distinct(entries.iter().map(|e| (self.key(*e), self.constant(e.value))));
                Constant::Map(entries)
            }
            ExprKind::Unary { operand, .. } => match self.constant(*operand) {
                Constant::Number(n) => Constant::Number(-n),
                _ => Constant::Null,
            },
            _ => Constant::Null,
        }
    }

    fn key(&self, entry: MapEntry) -> Arc<str> {
        literal::string(entry.key.text(self.source)).into()
    }

    pub(super) fn array(&mut self, items: &[ExprId], span: Span, to: Register) {
        let (first, rest) = items.split_at(items.len().min(RUN));
        let mark = self.builder().mark();
        let base = self.builder().allocate_many(first.len());
        for (i, item) in first.iter().enumerate() {
            self.into(*item, base + i as u16);
        }
        self.builder().op(span, Op::Array, to, base, first.len() as u16);
        self.builder().release(mark);
        for item in rest {
            let item = self.operand(*item);
            self.builder().op(span, Op::Push, to, item, 0);
            self.builder().release(mark);
        }
    }

    /// A map; of entries with the same key the last one's value stands at the place of the first.
    pub(super) fn map(&mut self, entries: &[MapEntry], span: Span, to: Register) {
        let (first, rest) = entries.split_at(entries.len().min(RUN));
        let mark = self.builder().mark();
        let base = self.builder().allocate_many(first.len() * 2);
        for (i, entry) in first.iter().enumerate() {
            self.entry(*entry, base + 2 * i as u16);
        }
        self.builder().op(span, Op::Map, to, base, first.len() as u16);
        self.builder().release(mark);
        for entry in rest {
            let base = self.builder().allocate_many(2);
            self.entry(*entry, base);
            self.builder().op(span, Op::Put, to, base, base + 1);
            self.builder().release(mark);
        }
    }

    fn entry(&mut self, entry: MapEntry, at: Register) {
        let key = self.key(entry);
        self.load_constant(Constant::String(key), entry.key, at);
        self.into(entry.value, at + 1);
    }
}

/// Entries with distinct keys: the last value, at the place of the first.
fn distinct(entries: impl Iterator<Item = (Arc<str>, Constant)>) -> Vec<(Arc<str>, Constant)> {
    let mut out: Vec<(Arc<str>, Constant)> = Vec::new();
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    for (key, value) in entries {
        match places.get(&key) {
            Some(at) => out[*at].1 = value,
            None => {
                places.insert(key.clone(), out.len());
                out.push((key, value));
            }
        }
    }
    out
}
