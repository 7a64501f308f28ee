//! Statements of postludes.

use super::Lowering;
use super::function::Register;
use krl_lang::Span;
use krl_lang::ast::{ExprId, Guard, Ident, RaisedEvent, Statement, StatementKind, Timing, Variable};
use krl_vm::op::{Insn, NO_REGISTER, Op};
use krl_vm::unit::Constant;

impl<'a> Lowering<'a> {
    /// A statement with its guard; names it declares keep their registers until the branch ends.
    pub(super) fn statement(&mut self, statement: &'a Statement, iterators: &[Register]) {
        let job = self.schedule_result(statement);
        if let StatementKind::Declaration(d) = &statement.kind {
            return self.block(std::slice::from_ref(d));
        }
        let mark = self.builder().mark();
        let skips = self.guard(statement, iterators);
        self.unguarded(statement, job);
        for skip in skips {
            self.builder().land(skip);
        }
        self.builder().release(mark);
    }

    /// The register of `schedule … setting(x)`, null while the statement has not run.
    fn schedule_result(&mut self, statement: &'a Statement) -> Register {
        let StatementKind::Schedule { setting: Some(name), .. } = &statement.kind else { return NO_REGISTER };
        let Some(symbol) = self.resolution.declared(*name) else { return NO_REGISTER };
        let register = self.builder().allocate_local(symbol);
        self.builder().op(name.span, Op::Null, register, 0, 0);
        register
    }

    fn guard(&mut self, statement: &'a Statement, iterators: &[Register]) -> Vec<super::function::Jump> {
        match statement.guard {
            None => Vec::new(),
            Some(Guard::If(condition)) => {
                let span = self.ast.expr(condition).span;
                let test = self.operand(condition);
                vec![self.builder().jump(span, Op::JumpIfNot, test)]
            }
            Some(Guard::Final) => {
                let last = self.builder().allocate();
                let test = |iterator: &Register| {
                    self.builder().op(statement.span, Op::IterLast, last, *iterator, 0);
                    self.builder().jump(statement.span, Op::JumpIfNot, last)
                };
                iterators.iter().map(test).collect()
            }
        }
    }

    fn unguarded(&mut self, statement: &'a Statement, job: Register) {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Assign { variable, path, value } => {
                let value = self.operand(*value);
                self.entity_write(Op::EntSet, value, *variable, *path, span);
            }
            StatementKind::Clear { variable, path } => {
                self.entity_write(Op::EntClear, 0, *variable, *path, span);
            }
            StatementKind::Raise { event, for_rid, attributes } => {
                let base = self.builder().allocate_many(4);
                self.raised(*event, span, base);
                self.optional(*for_rid, span, base + 2);
                self.optional(*attributes, span, base + 3);
                self.builder().op(span, Op::Raise, base, 0, 0);
            }
            StatementKind::Schedule { event, timing, time, attributes, .. } => {
                let base = self.builder().allocate_many(4);
                self.raised(*event, span, base);
                self.into(*time, base + 2);
                self.optional(*attributes, span, base + 3);
                let repeat = u8::from(*timing == Timing::Repeat);
                self.builder().emit(span, Insn::new(Op::Schedule, repeat, job, base, 0));
            }
            StatementKind::Log { level, value } => self.levelled(Op::Log, *level, *value, span),
            StatementKind::RaiseError { level, value } => self.levelled(Op::RaiseError, *level, *value, span),
            StatementKind::Last => self.builder().op(span, Op::Last, 0, 0, 0),
            StatementKind::Declaration(_) => {}
        }
    }

    fn entity_write(
        &mut self,
        op: Op,
        value: Register,
        variable: Variable,
        path: Option<ExprId>,
        span: Span,
    ) {
        let path = path.map_or(NO_REGISTER, |p| self.operand(p));
        let name = self.pool.name(self.text(variable.name));
        self.builder().op(span, op, value, name, path);
    }

    /// Domain (null in the dynamic form) and event into two registers.
    fn raised(&mut self, event: RaisedEvent, span: Span, base: Register) {
        let domain = event.domain.map_or(Constant::Null, |d| Constant::String(self.text(d).into()));
        self.load_constant(domain, span, base);
        self.into(event.event, base + 1);
    }

    fn optional(&mut self, expr: Option<ExprId>, span: Span, to: Register) {
        match expr {
            Some(expr) => self.into(expr, to),
            None => self.builder().op(span, Op::Null, to, 0, 0),
        }
    }

    fn levelled(&mut self, op: Op, level: Ident, value: ExprId, span: Span) {
        let level = match self.text(level) {
            "error" => 0,
            "warn" => 1,
            "info" => 2,
            _ => 3,
        };
        let value = self.operand(value);
        self.builder().emit(span, Insn::new(op, level, value, 0, 0));
    }
}
