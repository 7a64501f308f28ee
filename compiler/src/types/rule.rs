//! Types in rules, in the order in which a rule runs (krl-runtime.md §2.5).

use super::call::Given;
use super::path::with_article;
use super::{Inference, Type};
use crate::resolve::Target;
use krl_lang::ast::{
    Action, ActionBlock, ActionBlockKind, AggregateOp, BaseEvent, EventId, EventKind, ForEach, Guard,
    Postlude, PostludeKind, Rule, SelectKind, Statement, StatementKind,
};
use krl_lang::{Code, Diagnostic};
use krl_stdlib::types::Types;

impl<'a> Inference<'a> {
    pub(super) fn rule(&mut self, rule: &'a Rule) {
        match rule.select.as_ref().map(|s| &s.kind) {
            Some(SelectKind::When { event, within }) => {
                let alone = matches!(self.input.ast.event(*event).kind, EventKind::Base(_));
                self.event(*event, alone);
                if let Some(within) = within {
                    self.expr(within.amount);
                }
            }
            Some(SelectKind::Where(condition)) => {
                self.expr(*condition);
            }
            None => {}
        }
        for foreach in &rule.foreach {
            self.foreach(foreach);
        }
        if let Some(pre) = &rule.pre {
            self.block(&pre.declarations);
        }
        let condition = rule.actions.as_ref().and_then(|a| a.condition);
        if let Some(actions) = &rule.actions {
            self.action_block(actions);
        }
        if let Some(postlude) = &rule.postlude {
            self.postlude(postlude, condition);
        }
    }

    /// An event expression; `alone`: the whole expression is this one event, so its captures are there when the rule runs.
    fn event(&mut self, id: EventId, alone: bool) {
        let ast = self.input.ast;
        match &ast.event(id).kind {
            EventKind::Base(base) => self.base_event(base, alone),
            EventKind::Paren(inner) => self.event(*inner, alone),
            EventKind::Infix { left, right, .. } => {
                self.event(*left, false);
                self.event(*right, false);
            }
            EventKind::Prefix { operands, .. } | EventKind::Any { operands, .. } => {
                for operand in operands {
                    self.event(*operand, false);
                }
            }
            EventKind::Between { event, open, close, .. } => {
                for part in [open, event, close] {
                    self.event(*part, false);
                }
            }
            EventKind::Group { event, aggregator, .. } => {
                self.event(*event, false);
                for (name, op) in aggregator.iter().flat_map(|a| a.names.iter().map(|n| (*n, a.op))) {
                    let value = match op {
                        AggregateOp::Push => Type::of(Types::ARRAY),
                        _ => Type::of(Types::NUMBER),
                    };
                    self.declare(name, value);
                }
            }
        }
    }

    fn base_event(&mut self, base: &BaseEvent, alone: bool) {
        let captured = if alone { Types::STRING } else { Types::STRING | Types::NULL };
        for name in &base.setting {
            self.declare(*name, Type::of(captured));
        }
        if let Some(condition) = base.condition {
            self.expr(condition);
        }
    }

    fn foreach(&mut self, foreach: &ForEach) {
        const ITERABLE: Types = Types::COLLECTION.or(Types::STRING);
        let source = self.expr(foreach.source);
        if !source.kinds.is_never() && !source.kinds.overlaps(ITERABLE) {
            let message = format!("never iterates: this is {}", with_article(source.kinds));
            self.report_at(Code::NothingToIterate, foreach.source, message);
        }
        let key = match (source.is_within(Types::ARRAY), source.is_within(Types::MAP)) {
            (true, _) => Types::NUMBER,
            (_, true) => Types::STRING,
            _ => Types::NUMBER | Types::STRING,
        };
        let types = [source.element(), Type::of(key)];
        for (index, name) in foreach.setting.iter().enumerate() {
            self.declare(*name, types.get(index).cloned().unwrap_or(Type::NULL));
        }
    }

    pub(super) fn action_block(&mut self, block: &'a ActionBlock) {
        let Some(condition) = block.condition else { return self.actions(block) };
        self.expr(condition);
        self.assuming(condition, true, |this| this.actions(block));
    }

    fn actions(&mut self, block: &'a ActionBlock) {
        if let ActionBlockKind::Choose(label) = block.kind {
            self.expr(label);
        }
        for action in &block.actions {
            self.action(action);
        }
    }

    fn action(&mut self, action: &Action) {
        let called = match self.input.resolution.action(action) {
            Target::Native(signature) => super::expr::native(signature),
            Target::Symbol(symbol) => self.symbol(symbol),
            Target::Module(module) => self.imported(module, self.text(action.name.span)).unwrap_or(Type::ANY),
            _ => Type::ANY,
        };
        let at = action.domain.map_or(action.name.span, |d| d.span.to(action.name.span));
        if !called.kinds.is_never() && !called.kinds.overlaps(Types::ACTION) {
            let message = if called.kinds.overlaps(Types::FUNCTION) {
                format!("`{}` is a function, not an action", self.text(at))
            } else {
                format!("not an action: this is {}", with_article(called.kinds))
            };
            let help = "bind the value of a function in `pre`; an action is made with `defaction`";
            self.report(Diagnostic::new(Code::NotAnAction, at, message).help(help));
        }
        let given: Vec<Given> = self.given(&action.args);
        let result = self.apply(action.span, &called, &given);
        for name in &action.setting {
            self.declare(*name, result.clone());
        }
    }

    fn postlude(&mut self, postlude: &'a Postlude, condition: Option<krl_lang::ast::ExprId>) {
        let negated = postlude.parts.first().is_some_and(|p| p.kind == PostludeKind::NotFired);
        for part in &postlude.parts {
            let held = match part.kind {
                PostludeKind::Fired => Some(true),
                PostludeKind::NotFired => Some(false),
                PostludeKind::Else => Some(negated),
                PostludeKind::Always | PostludeKind::Finally => None,
            };
            match (condition, held) {
                (Some(condition), Some(held)) => {
                    self.assuming(condition, held, |this| this.statements(&part.statements));
                }
                _ => self.statements(&part.statements),
            }
        }
    }

    fn statements(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            match statement.guard {
                Some(Guard::If(condition)) => {
                    self.expr(condition);
                    self.assuming(condition, true, |this| this.statement(&statement.kind));
                }
                _ => self.statement(&statement.kind),
            }
            if let StatementKind::Assign { variable, .. } | StatementKind::Clear { variable, .. } =
                &statement.kind
            {
                self.forget_entity(self.text(variable.name.span));
            }
        }
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::Last => {}
            StatementKind::Assign { path, value, .. } => {
                path.map(|p| self.expr(p));
                self.expr(*value);
            }
            StatementKind::Clear { path, .. } => {
                path.map(|p| self.expr(p));
            }
            StatementKind::Raise { event, for_rid, attributes } => {
                self.expr(event.event);
                for_rid.map(|f| self.expr(f));
                self.attributes(*attributes);
            }
            StatementKind::Schedule { event, time, attributes, setting, .. } => {
                self.expr(event.event);
                self.expr(*time);
                self.attributes(*attributes);
                if let Some(name) = setting {
                    self.declare(*name, Type::of(Types::MAP));
                }
            }
            StatementKind::Log { value, .. } | StatementKind::RaiseError { value, .. } => {
                self.expr(*value);
            }
            StatementKind::Declaration(declaration) => self.declaration(declaration),
        }
    }

    /// Attributes must be a map or null, else the event is refused (krl-runtime.md §2.1).
    fn attributes(&mut self, attributes: Option<krl_lang::ast::ExprId>) {
        let Some(attributes) = attributes else { return };
        let ty = self.expr(attributes);
        if !ty.kinds.is_never() && !ty.kinds.overlaps(Types::MAP | Types::NULL) {
            let message = format!("attributes are a map, this is {}", with_article(ty.kinds));
            self.report_at(Code::AttributesNoMap, attributes, message);
        }
    }
}
