//! Calls: natives directly and with their arguments in place, everything else through a function value.

use super::Lowering;
use super::function::Register;
use crate::resolve::Target;
use krl_lang::Span;
use krl_lang::ast::{Arg, ExprId, ExprKind, Ident};
use krl_stdlib::signature::Signature;
use krl_vm::op::{Insn, Op};
use krl_vm::unit::CallShape;
use krl_vm::value::Kind;

/// What a call is for: functions yield values, actions act.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Function,
    Action,
}

/// What is called, with the receiver of `x.f(…)` as first argument.
#[derive(Clone, Copy)]
pub(super) struct Callee<'c> {
    pub(super) kind: CalleeKind,
    pub(super) receiver: Option<ExprId>,
    pub(super) args: &'c [Arg],
    pub(super) purpose: Purpose,
    pub(super) span: Span,
}

/// The ways to name what is called.
#[derive(Clone, Copy)]
pub(super) enum CalleeKind {
    /// A name, a domain member, or an operator behind a dot; the identifier is its last word.
    Named(Target, Ident),
    /// Any other expression.
    Value(ExprId),
}

impl Lowering<'_> {
    pub(super) fn call(&mut self, callee: ExprId, args: &[Arg], span: Span, to: Register) {
        let target = self.resolution.target(callee);
        let expr = self.ast.expr(callee);
        let (kind, receiver) = match &expr.kind {
            ExprKind::Name => (CalleeKind::Named(target, Ident { span: expr.span }), None),
            ExprKind::Domain { name, .. } if !is_property(target) => (CalleeKind::Named(target, *name), None),
            ExprKind::Member { object, name, .. } => (CalleeKind::Named(target, *name), Some(*object)),
            _ => (CalleeKind::Value(callee), None),
        };
        self.invoke(Callee { kind, receiver, args, purpose: Purpose::Function, span }, to);
    }

    /// `d:n` outside a call: a property's value, a function's result without arguments (krl-language §2.2).
    pub(super) fn member_value(&mut self, id: ExprId, domain: Ident, name: Ident, span: Span, to: Register) {
        let target = self.resolution.target(id);
        match target {
            Target::Entity => self.entity(self.text(name), span, to),
            Target::Module(module) => {
                self.module_member(module, name, domain.span.to(name.span), to);
                self.builder().op(span, Op::CallIfFunction, to, to, 0);
            }
            _ => {
                let kind = CalleeKind::Named(target, name);
                self.invoke(Callee { kind, receiver: None, args: &[], purpose: Purpose::Function, span }, to);
            }
        }
    }

    /// `object.name` outside a call: a key; `object.d:n`: a call with the receiver alone.
    pub(super) fn member(
        &mut self,
        id: ExprId,
        object: ExprId,
        domain: Option<Ident>,
        name: Ident,
        span: Span,
        to: Register,
    ) {
        if domain.is_some() {
            let kind = CalleeKind::Named(self.resolution.target(id), name);
            let receiver = Some(object);
            self.invoke(Callee { kind, receiver, args: &[], purpose: Purpose::Function, span }, to);
            return;
        }
        self.into(object, to);
        let mark = self.builder().mark();
        let key = self.builder().allocate();
        let constant = self.pool.string(self.text(name));
        self.builder().emit(name.span, Insn::wide(Op::Const, key, constant));
        self.builder().op(span, Op::Path, to, to, key);
        self.builder().release(mark);
    }

    fn module_member(&mut self, module: u16, name: Ident, span: Span, to: Register) {
        let constant = self.pool.name(self.text(name));
        self.builder().op(span, Op::ModuleMember, to, module, constant);
    }

    /// Calls; the result goes to `to`, which may be `NO_REGISTER`.
    pub(super) fn invoke(&mut self, callee: Callee<'_>, to: Register) {
        match callee.kind {
            CalleeKind::Named(Target::Native(signature), _)
                if callable(signature, callee.purpose, callee.args) =>
            {
                self.invoke_native(signature, callee, to);
            }
            _ => self.invoke_value(callee, to),
        }
    }

    /// Calls a native: the arguments go straight to the places of their parameters.
    fn invoke_native(&mut self, signature: &Signature, callee: Callee<'_>, to: Register) {
        let slots = self.slots(signature, callee);
        let count = slots.iter().flatten().map(|slot| slot + 1).max().unwrap_or_default();
        if count > usize::from(u8::MAX) {
            return self.invoke_value(callee, to);
        }
        let mark = self.builder().mark();
        let base = self.builder().allocate_many(count);
        for slot in (0..count).filter(|slot| !slots.contains(&Some(*slot))) {
            self.builder().op(callee.span, Op::Null, base + slot as u16, 0, 0);
        }
        let values = callee.receiver.into_iter().chain(callee.args.iter().map(|a| a.value));
        for (value, slot) in values.zip(&slots) {
            match slot {
                Some(slot) => self.into(value, base + *slot as u16),
                None => {
                    // Surplus arguments are evaluated and dropped (krl-language §2.3).
                    let mark = self.builder().mark();
                    self.operand(value);
                    self.builder().release(mark);
                }
            }
        }
        let native = self.pool.native(signature.native.name);
        self.builder().emit(callee.span, Insn::new(Op::CallNative, count as u8, to, native, base));
        self.builder().release(mark);
    }

    /// The parameter each argument goes to, the receiver first; none for surplus arguments and unknown names.
    fn slots(&self, signature: &Signature, callee: Callee<'_>) -> Vec<Option<usize>> {
        let params = signature.native.params;
        let receiver = usize::from(callee.receiver.is_some());
        let positional = |at: usize| (signature.variadic || at < params.len()).then_some(at);
        let args = callee.args.iter().enumerate().map(|(i, arg)| match arg.name {
            None => positional(receiver + i),
            Some(name) => params.iter().position(|p| *p == self.text(name)),
        });
        callee.receiver.map(|_| positional(0)).into_iter().chain(args).collect()
    }

    fn invoke_value(&mut self, callee: Callee<'_>, to: Register) {
        let values: Vec<ExprId> =
            callee.receiver.into_iter().chain(callee.args.iter().map(|a| a.value)).collect();
        let mark = self.builder().mark();
        let base = self.builder().allocate_many(values.len() + 1);
        self.callee(callee, base);
        for (i, value) in values.iter().enumerate() {
            self.into(*value, base + 1 + i as u16);
        }
        let names: Vec<_> = callee.args.iter().filter_map(|a| a.name).map(|n| self.text(n).into()).collect();
        let flags = u8::from(callee.purpose == Purpose::Action);
        let (op, count) = if names.is_empty() {
            (Op::Call, values.len() as u16)
        } else {
            let positional = (values.len() - names.len()) as u16;
            (Op::CallNamed, self.pool.shape(CallShape { positional, names }))
        };
        self.builder().emit(callee.span, Insn::new(op, flags, to, base, count));
        self.builder().release(mark);
    }

    /// The function value itself.
    fn callee(&mut self, callee: Callee<'_>, to: Register) {
        match callee.kind {
            CalleeKind::Value(id) => self.into(id, to),
            CalleeKind::Named(Target::Symbol(symbol), name) => self.load(name.span, symbol, to),
            CalleeKind::Named(Target::Native(signature), name) if signature.property => {
                let native = self.pool.native(signature.native.name);
                self.builder().emit(name.span, Insn::new(Op::CallNative, 0, to, native, to));
            }
            CalleeKind::Named(Target::Native(signature), name) => {
                let constant = self.pool.native_constant(signature.native.name);
                self.builder().emit(name.span, Insn::wide(Op::Const, to, constant));
            }
            CalleeKind::Named(Target::Module(module), name) => {
                self.module_member(module, name, name.span, to)
            }
            CalleeKind::Named(Target::Entity, name) => self.entity(self.text(name), name.span, to),
            CalleeKind::Named(Target::Testing, name) => {
                let constant = super::testing::constant(&self.testing);
                self.load_constant(constant, name.span, to);
            }
            CalleeKind::Named(Target::None | Target::Field, name) => {
                self.builder().op(name.span, Op::Null, to, 0, 0)
            }
        }
    }
}

/// Is it a member that is written without parentheses? Its value is what a call calls.
fn is_property(target: Target) -> bool {
    matches!(target, Target::Native(signature) if signature.property)
}

/// May the native be called directly for this purpose? If not, the call goes through its value and raises.
fn callable(signature: &Signature, purpose: Purpose, args: &[Arg]) -> bool {
    match (signature.native.kind, purpose) {
        (Kind::ActionFunction, _) | (Kind::Action, Purpose::Action) => true,
        (Kind::Action, Purpose::Function) | (_, Purpose::Action) => false,
        _ => !signature.property || args.is_empty(),
    }
}
