//! Action blocks: `every`, `choose`, `sample`, and single actions (krl-runtime §2.5).

use super::Lowering;
use super::call::{Callee, CalleeKind, Purpose};
use super::function::Register;
use krl_lang::Span;
use krl_lang::ast::{Action, ActionBlock, ActionBlockKind, ExprId};
use krl_vm::op::{NO_REGISTER, Op};
use krl_vm::unit::Constant;

impl<'a> Lowering<'a> {
    /// Gives the results of the block's actions registers that hold null until the actions have run (decision E5).
    pub(super) fn reset_settings(&mut self, block: &'a ActionBlock) {
        for name in block.actions.iter().flat_map(|a| &a.setting) {
            if let Some(symbol) = self.resolution.declared(*name) {
                let known = self.builder().local(symbol);
                let register = known.unwrap_or_else(|| self.builder().allocate_local(symbol));
                self.builder().op(name.span, Op::Null, register, 0, 0);
            }
        }
    }

    /// Runs a block if its condition holds; `fired` receives whether it does.
    pub(super) fn action_block(&mut self, block: &'a ActionBlock, fired: Option<Register>) {
        let mark = self.builder().mark();
        let skip = block.condition.map(|condition| {
            let span = self.ast.expr(condition).span;
            let test = fired.unwrap_or_else(|| self.builder().allocate());
            self.into(condition, test);
            if let Some(fired) = fired {
                // Twice not: the truth value.
                self.builder().op(span, Op::Not, fired, fired, 0);
                self.builder().op(span, Op::Not, fired, fired, 0);
            }
            self.builder().jump(span, Op::JumpIfNot, test)
        });
        if let (Some(fired), None) = (fired, block.condition) {
            self.builder().op(block.span, Op::True, fired, 0, 0);
        }
        match block.kind {
            ActionBlockKind::Single | ActionBlockKind::Every => {
                block.actions.iter().for_each(|a| self.action(a));
            }
            ActionBlockKind::Choose(on) => self.choose(on, &block.actions),
            ActionBlockKind::Sample => self.sample(block.span, &block.actions),
        }
        if let Some(skip) = skip {
            self.builder().land(skip);
        }
        self.builder().release(mark);
    }

    /// The first action whose label is the text `on` yields; none matching runs none.
    fn choose(&mut self, on: ExprId, actions: &'a [Action]) {
        let choice = self.operand(on);
        let labels = actions.iter().filter_map(|a| {
            let label = a.label?;
            Some((Constant::String(self.text(label).into()), a))
        });
        let labels: Vec<_> = labels.collect();
        self.select(self.ast.expr(on).span, choice, labels);
    }

    /// One action, all equally likely.
    fn sample(&mut self, span: Span, actions: &'a [Action]) {
        if actions.is_empty() {
            return;
        }
        let choice = self.builder().allocate();
        self.builder().op(span, Op::Random, choice, actions.len() as u16, 0);
        let numbered = actions.iter().enumerate().map(|(i, a)| (Constant::Number(i as f64), a));
        self.select(span, choice, numbered.collect());
    }

    /// Runs the first action whose constant equals `choice`.
    fn select(&mut self, span: Span, choice: Register, branches: Vec<(Constant, &'a Action)>) {
        let test = self.builder().allocate();
        let mut ends = Vec::new();
        for (constant, action) in branches {
            self.load_constant(constant, action.span, test);
            self.builder().op(span, Op::Eq, test, choice, test);
            let next = self.builder().jump(span, Op::JumpIfNot, test);
            self.action(action);
            ends.push(self.builder().jump(span, Op::Jump, 0));
            self.builder().land(next);
        }
        for end in ends {
            self.builder().land(end);
        }
    }

    fn action(&mut self, action: &'a Action) {
        let result = action.setting.first().and_then(|name| self.resolution.declared(*name));
        let to = result.and_then(|symbol| self.builder().local(symbol)).unwrap_or(NO_REGISTER);
        let kind = CalleeKind::Named(self.resolution.action(action), action.name);
        let callee =
            Callee { kind, receiver: None, args: &action.args, purpose: Purpose::Action, span: action.span };
        self.invoke(callee, to);
    }
}
