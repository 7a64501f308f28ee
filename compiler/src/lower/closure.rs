//! Functions, defactions, and the declaration blocks whose functions may name one another (krl-language §3.1).

use super::function::Register;
use super::{Lowering, Place};
use crate::resolve::SymbolId;
use krl_lang::Span;
use krl_lang::ast::{Declaration, Defaction, ExprId, ExprKind, Function, Param};
use krl_vm::op::{Insn, Op};
use krl_vm::unit::FunctionKind;

/// A closure that was made before one of the values it captures.
struct Waiting {
    closure: Register,
    index: u16,
    symbol: SymbolId,
}

impl<'a> Lowering<'a> {
    /// Evaluates the declarations of a block into registers of their own.
    ///
    /// A function may name a later declaration of its block: the closure captures a register without value, and is patched when
    /// the declaration has its value.
    pub(super) fn block(&mut self, declarations: &'a [Declaration]) {
        for d in declarations {
            if let Some(symbol) = self.resolution.declared(d.name) {
                self.builder().allocate_local(symbol);
            }
        }
        let symbols: Vec<SymbolId> =
            declarations.iter().filter_map(|d| self.resolution.declared(d.name)).collect();
        let mut waiting: Vec<Waiting> = Vec::new();
        let mut unset: Vec<SymbolId> = Vec::new();
        for (i, d) in declarations.iter().enumerate() {
            let Some(symbol) = self.resolution.declared(d.name) else { continue };
            let Place::Register(register) = self.place(symbol) else { continue };
            let later = symbols.get(i..).unwrap_or_default();
            if let Some(function) = self.function_literal(d.value) {
                let captured = self.function(function, self.text(d.name));
                let early: Vec<SymbolId> = captured.1.iter().copied().filter(|c| later.contains(c)).collect();
                self.unset(&early, &mut unset, d.name.span);
                self.make_closure(captured.0, &captured.1, self.ast.expr(function).span, register);
                waiting.extend(
                    captured
                        .1
                        .iter()
                        .enumerate()
                        .filter(|(_, c)| early.contains(c))
                        .map(|(index, c)| Waiting { closure: register, index: index as u16, symbol: *c }),
                );
            } else {
                self.into(d.value, register);
            }
            for w in waiting.extract_if(.., |w| w.symbol == symbol) {
                self.builder().op(d.name.span, Op::Patch, w.closure, w.index, register);
            }
        }
    }

    /// Marks the registers of names that have no value yet, once a block.
    fn unset(&mut self, early: &[SymbolId], done: &mut Vec<SymbolId>, span: Span) {
        for symbol in early {
            if done.contains(symbol) {
                continue;
            }
            done.push(*symbol);
            if let Place::Register(register) = self.place(*symbol) {
                self.builder().op(span, Op::Unset, register, 0, 0);
            }
        }
    }

    fn function_literal(&self, id: ExprId) -> Option<ExprId> {
        match &self.ast.expr(id).kind {
            ExprKind::Paren(inner) => self.function_literal(*inner),
            ExprKind::Function(_) | ExprKind::Defaction(_) => Some(id),
            _ => None,
        }
    }

    /// Evaluates a function or defaction literal to a closure.
    pub(super) fn closure(&mut self, id: ExprId, name: &str, to: Register) {
        let (function, captured) = self.function(id, name);
        self.make_closure(function, &captured, self.ast.expr(id).span, to);
    }

    fn make_closure(&mut self, function: u32, captured: &[SymbolId], span: Span, to: Register) {
        let mark = self.builder().mark();
        let base = self.builder().allocate_many(captured.len());
        for (i, symbol) in captured.iter().enumerate() {
            self.load(span, *symbol, base + i as u16);
        }
        self.builder().emit(span, Insn::new(Op::Closure, 0, to, function as u16, base));
        self.builder().release(mark);
    }

    /// Generates the function of a literal; answers its index and what it captures.
    fn function(&mut self, id: ExprId, name: &str) -> (u32, Vec<SymbolId>) {
        let span = self.ast.expr(id).span;
        match &self.ast.expr(id).kind {
            ExprKind::Paren(inner) => return self.function(*inner, name),
            ExprKind::Function(function) => {
                self.open(name.into(), FunctionKind::Function);
                self.function_body(function, span);
            }
            ExprKind::Defaction(defaction) => {
                self.open(name.into(), FunctionKind::Action);
                self.defaction_body(defaction, span);
            }
            _ => self.open(name.into(), FunctionKind::Function),
        }
        let builder = self.stack.pop().unwrap_or_default();
        let captured = builder.captured.clone();
        (self.add_function(builder, span), captured)
    }

    fn function_body(&mut self, function: &'a Function, span: Span) {
        self.params(&function.params, span);
        self.block(&function.declarations);
        let result = self.operand(function.result);
        let span = self.ast.expr(function.result).span;
        self.builder().op(span, Op::Return, result, 0, 0);
    }

    fn defaction_body(&mut self, defaction: &'a Defaction, span: Span) {
        self.params(&defaction.params, span);
        self.block(&defaction.declarations);
        if let Some(actions) = &defaction.actions {
            self.reset_settings(actions);
            self.action_block(actions, None);
        }
        let result = match defaction.result {
            Some(result) => self.operand(result),
            None => {
                let result = self.builder().allocate();
                self.builder().op(span, Op::Null, result, 0, 0);
                result
            }
        };
        self.builder().op(span, Op::Return, result, 0, 0);
    }

    /// Parameters arrive in the first registers; a default replaces an absent or null one (decision L1).
    fn params(&mut self, params: &[Param], span: Span) {
        for param in params {
            if let Some(symbol) = self.resolution.declared(param.name) {
                let name = self.text(param.name).into();
                self.builder().parameter(symbol, name);
            }
        }
        for (i, param) in params.iter().enumerate() {
            if let Some(default) = param.default {
                let given = self.builder().jump(span, Op::JumpIfNotNull, i as u16);
                self.into(default, i as u16);
                self.builder().land(given);
            }
        }
    }
}
