//! Layout of whole files: the ruleset, its `meta` block, and programs of tools.

use super::builder::Builder;
use super::doc::Op;
use super::sequence::{Element, Node, Spacing};
use crate::ast::{Declaration, Meta, MetaKind, MetaProperty, ProgramItem, Ruleset, UseModule};
use crate::span::Span;
use crate::token::TokenKind;

impl<'s> Builder<'s> {
    /// The whole file.
    pub(super) fn file(&mut self) {
        let end = self.tokens.start(self.tokens.len());
        let ast = self.ast;
        match &ast.ruleset {
            Some(ruleset) => {
                let elements = [Element::new(ruleset.span, Node::Raw)];
                if self.has_head(ruleset) && !self.has_region_before(ruleset) {
                    self.leading(self.index());
                    self.ruleset(ruleset);
                } else {
                    self.sequence(&elements, end, Spacing::Kept);
                }
                self.sequence(&[], end, Spacing::Kept);
            }
            None if self.errors.is_empty() => {
                let elements: Vec<_> = ast.program.iter().map(|item| self.program_item(item)).collect();
                self.sequence(&elements, end, Spacing::Kept);
            }
            None => self.sequence(&[], end, Spacing::Kept),
        }
        self.leading(self.tokens.len());
    }

    fn program_item(&self, item: &'s ProgramItem) -> Element<'s> {
        match item {
            ProgramItem::Declaration(d) => Element::new(d.span, Node::Declaration(d)),
            ProgramItem::Expr(id) => Element::new(self.ast.expr(*id).span, Node::Expr(*id)),
        }
    }

    /// Does the file begin as `ruleset RID {`?
    fn has_head(&self, ruleset: &Ruleset) -> bool {
        let rid = self.tokens.significant_in(ruleset.rid.span);
        let brace = self.tokens.significant().get(rid.end).map(|&t| t as usize);
        self.is_word("ruleset")
            && rid.start == 1
            && !rid.is_empty()
            && brace.is_some_and(|i| self.tokens.kind(i) == TokenKind::LBrace)
    }

    /// Does a comment before the ruleset ask to leave it alone?
    fn has_region_before(&self, ruleset: &Ruleset) -> bool {
        self.directives && self.is_left_alone(ruleset.span)
    }

    fn ruleset(&mut self, ruleset: &'s Ruleset) {
        self.tok_space();
        self.raw(ruleset.rid.span);
        self.push(Op::Space);
        let mut elements = Vec::new();
        elements.extend(ruleset.meta.iter().map(|m| Element::new(m.span, Node::Meta(m))));
        elements.extend(ruleset.global.iter().map(|g| Element::new(g.span, Node::Global(g))));
        elements.extend(ruleset.rules.iter().map(|r| Element::new(r.span, Node::Rule(r))));
        self.add_broken(ruleset.span, &mut elements);
        self.block(Span::new(self.here(), ruleset.span.end), &elements, Spacing::Apart);
    }

    /// Adds the broken items inside `span` that no element covers, in order.
    pub(super) fn add_broken(&self, span: Span, elements: &mut Vec<Element<'s>>) {
        let broken = self.ast.ruleset.iter().flat_map(|r| &r.broken);
        let apart: Vec<_> = broken
            .filter(|b| span.contains(**b) && !b.is_empty())
            .filter(|b| !elements.iter().any(|e| e.span.start < b.end && b.start < e.span.end))
            .map(|b| Element::new(*b, Node::Raw))
            .collect();
        elements.extend(apart);
        elements.sort_by_key(|e| e.span.start);
    }

    /// `meta { … }`
    pub(super) fn meta(&mut self, meta: &'s Meta) {
        self.tok_space();
        let mut elements: Vec<_> =
            meta.properties.iter().map(|p| Element::new(p.span, Node::Property(p))).collect();
        self.add_broken(meta.span, &mut elements);
        self.block(meta.span, &elements, Spacing::Kept);
    }

    /// A property of `meta`.
    pub(super) fn property(&mut self, property: &'s MetaProperty) {
        self.tok_space();
        match &property.kind {
            MetaKind::Text(id) => {
                self.expr(*id);
            }
            MetaKind::Logging(_) => self.tok(),
            MetaKind::Keys(_, id) => {
                self.tok_space();
                self.expr(*id);
            }
            MetaKind::Use(module) => self.use_module(module),
            MetaKind::ErrorsTo(rid) => {
                self.tok_space();
                self.raw(rid.span);
            }
            MetaKind::Configure(declarations) => {
                self.tok();
                self.settings(declarations);
            }
            MetaKind::Provides(names) | MetaKind::Shares(names) => self.name_list(names.len()),
            MetaKind::ProvidesKeys(names, rids) => {
                self.tok_space();
                self.name_list(names.len());
                self.push(Op::Space);
                self.tok_space();
                for (i, rid) in rids.iter().enumerate() {
                    if i > 0 {
                        self.tok_space();
                    }
                    self.raw(rid.span);
                }
            }
        }
    }

    fn use_module(&mut self, module: &'s UseModule) {
        self.tok_space();
        self.raw(module.rid.span);
        if module.alias.is_some() {
            self.push(Op::Space);
            self.tok_space();
            self.tok();
        }
        if !module.with.is_empty() {
            self.push(Op::Space);
            self.tok();
            self.settings(&module.with);
        }
    }

    /// The declarations behind `with` and `using`: one a line, unless they fit and can be told apart on one.
    fn settings(&mut self, declarations: &'s [Declaration]) {
        self.open();
        self.push(Op::Indent);
        for (i, declaration) in declarations.iter().enumerate() {
            let and = self.is_word("and") && self.here() < declaration.span.start;
            if i > 0 && !and {
                self.push(Op::Hard);
            } else {
                self.break_as_written(Op::Line);
            }
            if and {
                self.tok_space();
            }
            self.declaration(declaration);
            self.semicolon(u32::MAX, Node::Declaration(declaration));
        }
        self.push(Op::Dedent);
        self.close(None);
    }

    /// `a, b, c`, as many on a line as fit.
    fn name_list(&mut self, count: usize) {
        self.push(Op::Indent);
        for i in 0..count {
            if i > 0 {
                self.tok();
                self.open();
                self.push(Op::Line);
                self.tok();
                self.close(None);
            } else {
                self.tok();
            }
        }
        self.push(Op::Dedent);
    }
}
