//! Layout of rules: head, actions and postlude.

use super::builder::Builder;
use super::doc::{Hug, Op};
use super::sequence::{Element, Node, Spacing};
use crate::ast::{
    Action, ActionBlock, ActionBlockKind, ExprId, ForEach, Guard, Postlude, RaisedEvent, Rule, Statement,
    StatementKind,
};
use crate::token::TokenKind;

impl<'s> Builder<'s> {
    /// `rule NAME [is active] { … }`
    pub(super) fn rule(&mut self, rule: &'s Rule) {
        while self.kind() == TokenKind::Word {
            self.tok_space();
        }
        let mut elements = Vec::new();
        elements.extend(rule.select.iter().map(|s| Element::new(s.span, Node::Select(s))));
        elements.extend(rule.foreach.iter().map(|f| Element::new(f.span, Node::ForEach(f))));
        elements.extend(rule.pre.iter().map(|p| Element::new(p.span, Node::Pre(p))));
        elements.extend(rule.actions.iter().map(|a| Element::new(a.span, Node::Actions(a))));
        elements.extend(rule.postlude.iter().map(|p| Element::new(p.span, Node::Postlude(p))));
        self.block(rule.span, &elements, Spacing::Kept);
    }

    /// `foreach EXPR setting(v, k)`
    pub(super) fn foreach(&mut self, foreach: &ForEach) {
        self.tok_space();
        self.expr(foreach.source);
        self.push(Op::Space);
        self.tok();
        self.names();
    }

    /// `(a, b)`
    pub(super) fn names(&mut self) {
        self.open();
        self.tok();
        self.push(Op::Indent);
        self.push(Op::Soft);
        while self.kind() == TokenKind::Word {
            self.tok();
            if self.kind() == TokenKind::Comma {
                self.comma();
            }
        }
        self.end_list();
        self.close(None);
    }

    /// `[if C then] action`, or a block of actions.
    pub(super) fn actions(&mut self, block: &'s ActionBlock) {
        match (&block.kind, block.condition) {
            (ActionBlockKind::Single, None) => {
                self.single(block);
            }
            (ActionBlockKind::Single, Some(condition)) => {
                self.open();
                self.guard_head(condition);
                self.push(Op::Indent);
                self.break_as_written(Op::Line);
                let hug = self.single(block);
                self.push(Op::Dedent);
                self.close(hug);
            }
            (kind, condition) => {
                if let Some(condition) = condition {
                    self.guard_head(condition);
                    self.push(Op::Space);
                }
                self.tok_space();
                if let ActionBlockKind::Choose(id) = kind {
                    self.expr(*id);
                    self.push(Op::Space);
                }
                let elements: Vec<_> =
                    block.actions.iter().map(|a| Element::new(a.span, Node::Action(a))).collect();
                self.block(block.span, &elements, Spacing::Kept);
            }
        }
    }

    /// `if C then`
    fn guard_head(&mut self, condition: ExprId) {
        self.tok_space();
        self.expr(condition);
        self.push(Op::Space);
        self.tok();
    }

    fn single(&mut self, block: &'s ActionBlock) -> Option<Hug> {
        block.actions.first().and_then(|action| self.action(action))
    }

    /// `[label =>] [domain:]name(args) [setting(x)]`
    pub(super) fn action(&mut self, action: &Action) -> Option<Hug> {
        if action.label.is_some() {
            self.tok_space();
            self.tok_space();
        }
        self.toks(if action.domain.is_some() { 3 } else { 1 });
        let hug = self.args(&action.args);
        if !action.setting.is_empty() {
            self.push(Op::Space);
            self.tok();
            self.names();
        }
        hug
    }

    /// `fired { … } else { … } finally { … }`
    pub(super) fn postlude(&mut self, postlude: &'s Postlude) {
        for (i, part) in postlude.parts.iter().enumerate() {
            if i > 0 {
                self.push(Op::Space);
            }
            self.tok_space();
            let elements: Vec<_> =
                part.statements.iter().map(|s| Element::new(s.span, Node::Statement(s))).collect();
            self.block(part.span, &elements, Spacing::Kept);
        }
    }

    /// A statement and its guard; clauses break before their keyword.
    pub(super) fn statement(&mut self, statement: &'s Statement) {
        self.open();
        self.push(Op::Indent);
        let hug = match &statement.kind {
            StatementKind::Assign { path, value, .. } => {
                self.variable(*path);
                self.push(Op::Space);
                self.tok_space();
                self.value(*value)
            }
            StatementKind::Clear { path, .. } => {
                self.tok_space();
                self.variable(*path);
                None
            }
            StatementKind::Raise { event, for_rid, attributes } => {
                self.raised(event);
                if let Some(rid) = for_rid {
                    self.clause(*rid);
                }
                self.attributes(*attributes)
            }
            StatementKind::Schedule { event, time, attributes, setting, .. } => {
                self.raised(event);
                self.clause(*time);
                let hug = self.attributes(*attributes);
                if setting.is_some() {
                    self.push(Op::Line);
                    self.tok();
                    self.names();
                }
                hug
            }
            StatementKind::Log { value, .. } | StatementKind::RaiseError { value, .. } => {
                self.tok_space();
                self.tok_space();
                self.expr(*value)
            }
            StatementKind::Last => {
                self.tok();
                None
            }
            StatementKind::Declaration(declaration) => self.declaration(declaration),
        };
        self.guard(statement.guard);
        self.push(Op::Dedent);
        self.close(hug);
    }

    /// `on final`, `if EXPR`
    fn guard(&mut self, guard: Option<Guard>) {
        match guard {
            None => {}
            Some(Guard::Final) => {
                self.push(Op::Line);
                self.tok_space();
                self.tok();
            }
            Some(Guard::If(id)) => self.clause(id),
        }
    }

    /// `ent:name{path}`
    fn variable(&mut self, path: Option<ExprId>) {
        self.toks(3);
        if let Some(path) = path {
            self.tok();
            self.expr(path);
            self.leading(self.index());
            self.tok();
        }
    }

    /// `raise domain event EXPR`
    fn raised(&mut self, event: &RaisedEvent) {
        self.tok_space();
        if event.domain.is_some() {
            self.tok_space();
        }
        self.tok_space();
        self.expr(event.event);
    }

    /// A keyword and its expression, on a line of their own where the statement is broken.
    fn clause(&mut self, id: ExprId) {
        self.push(Op::Line);
        self.tok_space();
        self.expr(id);
    }

    /// `attributes MAP`: on a line of its own if the map fits there, else the map opens behind the keyword.
    fn attributes(&mut self, attributes: Option<ExprId>) -> Option<Hug> {
        let id = attributes?;
        self.push(Op::Line);
        let from = self.doc.at();
        self.tok_space();
        self.expr(id).map(|hug| Hug { unless_fits_from: Some(from), ..hug })
    }
}
