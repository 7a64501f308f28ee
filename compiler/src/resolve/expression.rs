//! Expressions, functions and action blocks.

use super::resolver::{Block, Resolver};
use super::{ScopeKind, SymbolKind, Target};
use krl_lang::ast::{
    Action, ActionBlock, ActionBlockKind, Arg, ChevronPart, Defaction, ExprId, ExprKind, Function, Param,
};
use krl_lang::{Code, Diagnostic, Span, literal};

impl<'a> Resolver<'a> {
    pub(super) fn expr(&mut self, id: ExprId) {
        let expr = self.ast.expr(id);
        match &expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number | ExprKind::String => {}
            ExprKind::RegExp => self.pattern(expr.span),
            ExprKind::Name => {
                let target = self.name(expr.span);
                self.set_target(id, target);
            }
            ExprKind::Domain { domain, name } => {
                let target = self.member(*domain, *name);
                self.set_target(id, target);
            }
            ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => self.expr(*inner),
            ExprKind::Array(items) => items.iter().for_each(|item| self.expr(*item)),
            ExprKind::Map(entries) => entries.iter().for_each(|e| self.expr(e.value)),
            ExprKind::Chevron(parts) => self.chevron(parts),
            ExprKind::Binary { left: a, right: b, .. }
            | ExprKind::Index { object: a, index: b }
            | ExprKind::Path { object: a, path: b } => {
                self.expr(*a);
                self.expr(*b);
            }
            ExprKind::Conditional { test, then, otherwise } => {
                self.expr(*test);
                self.expr(*then);
                self.expr(*otherwise);
            }
            ExprKind::Call { callee, args } => {
                self.callee(*callee, expr.span);
                self.args(args);
            }
            ExprKind::Member { .. } => self.field(id),
            ExprKind::Function(function) => self.function(id, function),
            ExprKind::Defaction(defaction) => self.defaction(id, defaction),
        }
    }

    fn chevron(&mut self, parts: &'a [ChevronPart]) {
        for part in parts {
            if let ChevronPart::Expr(inner) = part {
                self.expr(*inner);
            }
        }
    }

    /// `x.f` before `(` names a function in scope, anywhere else a key of `x`; `x.m:f` always calls.
    fn field(&mut self, id: ExprId) {
        let ExprKind::Member { object, domain, name } = &self.ast.expr(id).kind else { return };
        self.expr(*object);
        let target = match domain {
            Some(domain) => self.member(*domain, *name),
            None => Target::Field,
        };
        self.set_target(id, target);
    }

    fn callee(&mut self, callee: ExprId, call: Span) {
        match &self.ast.expr(callee).kind {
            ExprKind::Member { object, domain: None, name } => {
                self.expr(*object);
                let target = self.name(name.span);
                self.set_target(callee, target);
            }
            ExprKind::Domain { .. } => {
                self.expr(callee);
                self.check_attrs_call(callee, call);
            }
            _ => self.expr(callee),
        }
    }

    fn check_attrs_call(&mut self, callee: ExprId, call: Span) {
        let Target::Native(signature) = self.out.target(callee) else { return };
        if (signature.module, signature.name) == (Some("event"), "attrs") {
            let d = Diagnostic::new(Code::AttrsCalled, call, "`event:attrs` is a map, not a function")
                .help("read one attribute with `event:attrs{\"name\"}`");
            self.report(d);
        }
    }

    pub(super) fn args(&mut self, args: &'a [Arg]) {
        let mut named: Option<Span> = None;
        for arg in args {
            match (arg.name, named) {
                (Some(name), _) => named = Some(name.span),
                (None, Some(first)) => {
                    let span = self.ast.expr(arg.value).span;
                    let d =
                        Diagnostic::new(Code::ArgumentOrder, span, "positional argument after a named one")
                            .label(first, "named here")
                            .help("put the positional arguments first, or name this one too");
                    self.report(d);
                }
                (None, None) => {}
            }
            self.expr(arg.value);
        }
    }

    fn function(&mut self, id: ExprId, function: &'a Function) {
        self.enter(ScopeKind::Function(id), self.ast.expr(id).span);
        self.params(&function.params);
        self.block(&function.declarations, Block::Local);
        self.expr(function.result);
        self.leave();
    }

    fn defaction(&mut self, id: ExprId, defaction: &'a Defaction) {
        self.enter(ScopeKind::Function(id), self.ast.expr(id).span);
        self.params(&defaction.params);
        self.block(&defaction.declarations, Block::Local);
        if let Some(block) = &defaction.actions {
            self.actions(block);
        }
        if let Some(result) = defaction.result {
            self.expr(result);
        }
        self.leave();
    }

    fn params(&mut self, params: &'a [Param]) {
        let mut defaulted: Option<Span> = None;
        for param in params {
            match (param.default, defaulted) {
                (Some(default), _) => {
                    self.expr(default);
                    defaulted = Some(param.name.span);
                }
                (None, Some(first)) => {
                    let message = format!("parameter `{}` without a default", param.name.text(self.source));
                    let d = Diagnostic::new(
                        Code::ParameterOrder,
                        param.name.span,
                        message + " after one with a default",
                    )
                    .label(first, "this one has a default");
                    self.report(d);
                }
                (None, None) => {}
            }
            self.declare(param.name, SymbolKind::Parameter, param.default);
        }
    }

    pub(super) fn actions(&mut self, block: &'a ActionBlock) {
        if let Some(condition) = block.condition {
            self.expr(condition);
        }
        if let ActionBlockKind::Choose(on) = block.kind {
            self.expr(on);
        }
        for action in &block.actions {
            self.action(action, &block.kind);
        }
    }

    fn action(&mut self, action: &'a Action, kind: &ActionBlockKind) {
        if matches!(kind, ActionBlockKind::Choose(_)) && action.label.is_none() {
            let d =
                Diagnostic::new(Code::UnlabelledAction, action.span, "action without a label in `choose`")
                    .help("write `label => action(…)`; the label is compared with the value after `choose`");
            self.report(d);
        }
        let target = match action.domain {
            Some(domain) => self.member(domain, action.name),
            None => self.name(action.name.span),
        };
        self.out.actions.insert(action.name.span.start, target);
        self.args(&action.args);
        let mut setting = action.setting.iter();
        if let Some(name) = setting.next() {
            self.declare_again(*name, SymbolKind::ActionSetting);
        }
        if let Some(second) = setting.next() {
            let d = Diagnostic::new(
                Code::ActionSettings,
                second.span,
                "an action has one result, so `setting` takes one name",
            );
            self.report(d);
        }
    }

    /// Checks a regular expression literal and reports its error where it is.
    pub(super) fn pattern(&mut self, span: Span) {
        let raw = span.text(self.source);
        let literal::RegExp { pattern, flags } = literal::regexp(raw);
        if let Err(error) = krl_regexp::validate(&pattern, flags) {
            let at = span.start + offset_in_literal(raw, error.offset) as u32;
            let at = at.min(span.end.saturating_sub(1));
            let width = Span::new(at, span.end).text(self.source).chars().next().map_or(0, char::len_utf8);
            let place = Span::new(at, at + width as u32);
            self.report(
                Diagnostic::new(Code::BadRegExp, place, error.to_string()).label(span, "in this pattern"),
            );
        }
    }
}

/// Where in `re#…#flags` byte `offset` of the decoded pattern (or, beyond that, of the flags) is.
fn offset_in_literal(raw: &str, offset: usize) -> usize {
    let body = raw.strip_prefix("re#").unwrap_or(raw);
    let pattern = body.rsplit_once('#').map_or(body, |(pattern, _)| pattern);
    let (mut at, mut decoded) = (0, 0);
    while decoded < offset && at < pattern.len() {
        match pattern.as_bytes().get(at..at + 2) {
            Some(b"\\#") => (at, decoded) = (at + 2, decoded + 1),
            Some([b'\\', _]) => (at, decoded) = (at + 2, decoded + 2),
            _ => (at, decoded) = (at + 1, decoded + 1),
        }
    }
    raw.len() - body.len() + at + offset.saturating_sub(decoded)
}

#[cfg(test)]
mod tests {
    use super::offset_in_literal;

    #[test]
    fn pattern_offsets_map_to_the_literal() {
        for (raw, offset, at) in [("re#a(b#", 1, 4), (r"re#\#(#", 1, 5), ("re#a#gg", 3, 6)] {
            assert_eq!(offset_in_literal(raw, offset), at, "{raw} {offset}");
        }
    }
}
