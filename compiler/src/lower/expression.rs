//! Expressions.
//!
//! `into` leaves a value in a given register, `operand` wherever it already is. A target register is never visible to the
//! expression it is the target of, so it serves for intermediate values too.

use super::Lowering;
use super::function::Register;
use crate::resolve::Target;
use krl_lang::Span;
use krl_lang::ast::{BinaryOp, ChevronPart, ExprId, ExprKind, UnaryOp};
use krl_lang::literal;
use krl_vm::op::{Insn, NO_REGISTER, Op};
use krl_vm::unit::Constant;

/// Longest run of registers for the parts of one text.
const TEXT_RUN: usize = 200;

impl<'a> Lowering<'a> {
    /// Evaluates to a register: that of the name if it is a local one, else a new one.
    pub(super) fn operand(&mut self, id: ExprId) -> Register {
        if let Some(register) = self.local_register(id) {
            return register;
        }
        let register = self.builder().allocate();
        self.into(id, register);
        register
    }

    /// As [`Self::operand`], with `scratch` instead of a new register.
    fn operand_or(&mut self, id: ExprId, scratch: Register) -> Register {
        if let Some(register) = self.local_register(id) {
            return register;
        }
        self.into(id, scratch);
        scratch
    }

    fn local_register(&mut self, id: ExprId) -> Option<Register> {
        match (&self.ast.expr(id).kind, self.resolution.target(id)) {
            (ExprKind::Paren(inner), _) => self.local_register(*inner),
            (ExprKind::Name, Target::Symbol(symbol)) => self.stack.last()?.local(symbol),
            _ => None,
        }
    }

    /// Evaluates into register `to`.
    pub(super) fn into(&mut self, id: ExprId, to: Register) {
        let expr = self.ast.expr(id);
        let span = expr.span;
        match &expr.kind {
            ExprKind::Paren(inner) => self.into(*inner, to),
            ExprKind::Name => self.name(id, span, to),
            ExprKind::Domain { domain, name } => self.member_value(id, *domain, *name, span, to),
            ExprKind::Chevron(parts) if !self.is_constant(id) => self.chevron(parts, span, to),
            ExprKind::Array(items) if !self.is_constant(id) => self.array(items, span, to),
            ExprKind::Map(entries) if !self.is_constant(id) => self.map(entries, span, to),
            ExprKind::Unary { op, operand } if !self.is_constant(id) => self.unary(*op, *operand, span, to),
            ExprKind::Binary { op, left, right, .. } => self.binary(*op, *left, *right, span, to),
            ExprKind::Conditional { test, then, otherwise } => {
                self.conditional(*test, *then, *otherwise, span, to);
            }
            ExprKind::Call { callee, args } => self.call(*callee, args, span, to),
            ExprKind::Member { object, domain, name } => {
                self.member(id, *object, *domain, *name, span, to);
            }
            ExprKind::Index { object, index } => self.lookup(Op::Index, *object, *index, span, to),
            ExprKind::Path { object, path } => self.path(*object, *path, span, to),
            ExprKind::Function(_) | ExprKind::Defaction(_) => {
                self.closure(id, "", to);
            }
            _ => {
                let constant = self.constant(id);
                self.load_constant(constant, span, to);
            }
        }
    }

    fn name(&mut self, id: ExprId, span: Span, to: Register) {
        match self.resolution.target(id) {
            Target::Symbol(symbol) => self.load(span, symbol, to),
            Target::Native(signature) => {
                let constant = self.pool.native_constant(signature.native.name);
                self.builder().emit(span, Insn::wide(Op::Const, to, constant));
            }
            Target::Testing => {
                let constant = super::testing::constant(&self.testing);
                self.load_constant(constant, span, to);
            }
            _ => self.builder().op(span, Op::Null, to, 0, 0),
        }
    }

    pub(super) fn load_constant(&mut self, constant: Constant, span: Span, to: Register) {
        let insn = match constant {
            Constant::Null => Insn::new(Op::Null, 0, to, 0, 0),
            Constant::Bool(true) => Insn::new(Op::True, 0, to, 0, 0),
            Constant::Bool(false) => Insn::new(Op::False, 0, to, 0, 0),
            Constant::Number(n) if f64::from(n as i32).to_bits() == n.to_bits() => {
                Insn::wide(Op::Int, to, n as i32 as u32)
            }
            Constant::Number(n) => Insn::wide(Op::Const, to, self.pool.number(n)),
            Constant::String(text) => Insn::wide(Op::Const, to, self.pool.string(&text)),
            Constant::RegExp { source, flags } => {
                Insn::wide(Op::Const, to, self.pool.regexp(&source, &flags))
            }
            other => Insn::wide(Op::Const, to, self.pool.constant(other)),
        };
        self.builder().emit(span, insn);
    }

    fn chevron(&mut self, parts: &[ChevronPart], span: Span, to: Register) {
        self.text_of(parts, span, to, |lowering, part, at| match part {
            ChevronPart::Text(text) => {
                let decoded = literal::chevron_text(text.text(lowering.source));
                let constant = lowering.pool.string(&decoded);
                lowering.builder().emit(*text, Insn::wide(Op::Const, at, constant));
            }
            ChevronPart::Expr(inner) => lowering.into(*inner, at),
        });
    }

    /// The text of parts, each of which `part` evaluates into a register.
    fn text_of<T>(&mut self, parts: &[T], span: Span, to: Register, part: impl Fn(&mut Self, &T, Register)) {
        let mark = self.builder().mark();
        let base = self.builder().allocate_many(parts.len().min(TEXT_RUN + 1));
        let mut used = 0;
        for each in parts {
            if used > TEXT_RUN {
                self.builder().op(span, Op::Text, base, base, used as u16);
                used = 1;
            }
            part(self, each, base + used as u16);
            used += 1;
        }
        self.builder().op(span, Op::Text, to, base, used as u16);
        self.builder().release(mark);
    }

    /// What `left + right` joins where it is the end of a chain `a + b + c` with text in it: from there on `+` joins texts. What stands before
    /// the first two parts is one part. An ordinary sum has none.
    fn joined(&self, left: ExprId, right: ExprId) -> Option<Vec<ExprId>> {
        // From the last to the first; `text` is how many there are up to the first text.
        let (mut parts, mut next) = (vec![right], left);
        let mut text = if self.is_text(right) { 1 } else { 0 };
        let mut sums = Vec::new();
        while let ExprKind::Binary { op: BinaryOp::Add, left, right, .. } =
            self.ast.expr(self.inside(next)).kind
        {
            sums.push(next);
            parts.push(right);
            if self.is_text(right) {
                text = parts.len();
            }
            next = left;
        }
        parts.push(next);
        if self.is_text(next) {
            text = parts.len();
        }
        // Of three parts and more: the others are in the sum of those before the first text.
        if text > 0 && text + 1 < parts.len() {
            parts.truncate(text);
            parts.push(*sums.get(text - 1)?);
        }
        parts.reverse();
        (text > 0 && parts.len() > 2).then_some(parts)
    }

    fn inside(&self, mut id: ExprId) -> ExprId {
        while let ExprKind::Paren(inner) = self.ast.expr(id).kind {
            id = inner;
        }
        id
    }

    fn is_text(&self, id: ExprId) -> bool {
        matches!(self.ast.expr(self.inside(id)).kind, ExprKind::String | ExprKind::Chevron(_))
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId, span: Span, to: Register) {
        let value = self.operand_or(operand, to);
        match op {
            UnaryOp::Plus if value == to => {}
            UnaryOp::Plus => self.builder().op(span, Op::Move, to, value, 0),
            UnaryOp::Minus => self.builder().op(span, Op::Neg, to, value, 0),
            UnaryOp::Not => self.builder().op(span, Op::Not, to, value, 0),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId, span: Span, to: Register) {
        let op = match op {
            BinaryOp::Or => return self.short_circuit(Op::JumpIf, left, right, span, to),
            BinaryOp::And => return self.short_circuit(Op::JumpIfNot, left, right, span, to),
            BinaryOp::Eq => Op::Eq,
            BinaryOp::Ne => Op::Ne,
            BinaryOp::Lt => Op::Lt,
            BinaryOp::Le => Op::Le,
            BinaryOp::Gt => Op::Gt,
            BinaryOp::Ge => Op::Ge,
            BinaryOp::Like => Op::Like,
            BinaryOp::Member => Op::Member,
            BinaryOp::Compare => Op::Compare,
            BinaryOp::Cmp => Op::Cmp,
            BinaryOp::Add => match self.joined(left, right) {
                Some(parts) => {
                    return self.text_of(&parts, span, to, |lowering, &part, at| lowering.into(part, at));
                }
                None => Op::Add,
            },
            BinaryOp::Sub => Op::Sub,
            BinaryOp::Mul => Op::Mul,
            BinaryOp::Div => Op::Div,
            BinaryOp::Rem => Op::Rem,
        };
        self.lookup(op, left, right, span, to);
    }

    /// An instruction with two operands.
    fn lookup(&mut self, op: Op, left: ExprId, right: ExprId, span: Span, to: Register) {
        let left = self.operand_or(left, to);
        let mark = self.builder().mark();
        let right = self.operand(right);
        self.builder().op(span, op, to, left, right);
        self.builder().release(mark);
    }

    fn short_circuit(&mut self, done: Op, left: ExprId, right: ExprId, span: Span, to: Register) {
        self.into(left, to);
        let end = self.builder().jump(span, done, to);
        self.into(right, to);
        self.builder().land(end);
    }

    fn conditional(&mut self, test: ExprId, then: ExprId, otherwise: ExprId, span: Span, to: Register) {
        let test = self.operand_or(test, to);
        let no = self.builder().jump(span, Op::JumpIfNot, test);
        self.into(then, to);
        let end = self.builder().jump(span, Op::Jump, 0);
        self.builder().land(no);
        self.into(otherwise, to);
        self.builder().land(end);
    }

    /// `object{path}`; a part of an entity variable is read without the rest.
    fn path(&mut self, object: ExprId, path: ExprId, span: Span, to: Register) {
        if let (ExprKind::Domain { name, .. }, Target::Entity) =
            (&self.ast.expr(object).kind, self.resolution.target(object))
        {
            let mark = self.builder().mark();
            let path = self.operand(path);
            let name = self.pool.name(name.text(self.source));
            self.builder().op(span, Op::EntGet, to, name, path);
            self.builder().release(mark);
        } else {
            self.lookup(Op::Path, object, path, span, to);
        }
    }

    pub(super) fn entity(&mut self, name: &str, span: Span, to: Register) {
        let name = self.pool.name(name);
        self.builder().op(span, Op::EntGet, to, name, NO_REGISTER);
    }
}
