//! `meta` and `global`: what a ruleset says of itself, what it needs, and what it offers.

use super::Lowering;
use crate::resolve::{SymbolId, SymbolKind};
use krl_lang::Span;
use krl_lang::ast::{Declaration, ExprId, ExprKind, Ident, Meta, MetaKind, Ruleset, UseModule};
use krl_vm::op::Op;
use krl_vm::unit::{Constant, FunctionKind, Prologue, Shared, Use};
use std::sync::Arc;

impl<'a> Lowering<'a> {
    pub(super) fn ruleset(&mut self, ruleset: &'a Ruleset) {
        self.unit.rid = ruleset.rid.span.text(self.source).into();
        self.unit.meta.version = ruleset.version.and_then(|v| self.literal_text(v));
        if let Some(meta) = &ruleset.meta {
            self.offers(meta);
        }
        self.testing = self.testing_of(ruleset);
        if let Some(meta) = &ruleset.meta {
            self.meta(meta);
        }
        if let Some(global) = &ruleset.global {
            self.open("global".into(), FunctionKind::Fragment);
            global.declarations.iter().for_each(|d| self.global(d));
            let result = self.builder().allocate();
            self.builder().op(global.span, Op::Null, result, 0, 0);
            self.builder().op(global.span, Op::Return, result, 0, 0);
            self.unit.global = Some(self.close(global.span));
        }
        self.rules(&ruleset.rules);
    }

    /// Evaluates one declaration of `global` and publishes it.
    pub(super) fn global(&mut self, d: &'a Declaration) {
        let Some(index) = self.global_index(d.name) else { return };
        let mark = self.builder().mark();
        let value = self.named_value(d);
        self.builder().op(d.name.span, Op::SetGlobal, value, index, 0);
        self.builder().release(mark);
    }

    /// The value of a declaration; functions know their name.
    fn named_value(&mut self, d: &'a Declaration) -> u16 {
        if matches!(self.ast.expr(d.value).kind, ExprKind::Function(_) | ExprKind::Defaction(_)) {
            let register = self.builder().allocate();
            self.closure(d.value, self.text(d.name), register);
            return register;
        }
        self.operand(d.value)
    }

    fn global_index(&self, name: Ident) -> Option<u16> {
        match self.symbol(self.resolution.declared(name)?).kind {
            SymbolKind::Configure(index) | SymbolKind::Global(index) => Some(index),
            _ => None,
        }
    }

    fn meta(&mut self, meta: &'a Meta) {
        let mut uses = 0;
        for property in &meta.properties {
            match &property.kind {
                MetaKind::Text(value) => {
                    let text = self.literal_text(*value);
                    let meta = &mut self.unit.meta;
                    match property.keyword.text(self.source) {
                        "name" => meta.name = text,
                        "description" => meta.description = text,
                        "author" => meta.author = text,
                        _ => meta.version = text,
                    }
                }
                MetaKind::Logging(on) => self.unit.meta.logging = Some(*on),
                MetaKind::ErrorsTo(rid) => self.unit.meta.errors_to = Some(rid.span.text(self.source).into()),
                MetaKind::Use(clause) => {
                    self.use_module(clause, property.span);
                    self.unit.prologue.push(Prologue::Use(uses));
                    uses += 1;
                }
                MetaKind::Configure(declarations) => declarations.iter().for_each(|d| self.configure(d)),
                _ => {}
            }
        }
    }

    fn literal_text(&self, id: ExprId) -> Option<Arc<str>> {
        match self.constant(id) {
            Constant::String(text) => Some(text),
            Constant::Number(n) => {
                let mut text = String::new();
                krl_vm::number::format(n, &mut text);
                Some(text.into())
            }
            Constant::Bool(b) => Some(b.to_string().into()),
            _ => None,
        }
    }

    fn use_module(&mut self, clause: &'a UseModule, span: Span) {
        let rid: Arc<str> = clause.rid.span.text(self.source).into();
        let alias = clause.alias.map_or_else(|| rid.clone(), |a| self.text(a).into());
        let with = clause.with.iter().map(|d| self.text(d.name).into()).collect();
        let values = (!clause.with.is_empty()).then(|| {
            self.open("with".into(), FunctionKind::Fragment);
            let items: Vec<ExprId> = clause.with.iter().map(|d| d.value).collect();
            let result = self.builder().allocate();
            self.array(&items, span, result);
            self.builder().op(span, Op::Return, result, 0, 0);
            self.close(span)
        });
        self.unit.uses.push(Use { rid, alias, with, values, span: (span.start, span.end) });
    }

    fn configure(&mut self, d: &'a Declaration) {
        let Some(global) = self.global_index(d.name) else { return };
        self.open(self.text(d.name).into(), FunctionKind::Fragment);
        let value = self.named_value(d);
        self.builder().op(d.span, Op::Return, value, 0, 0);
        let default = self.close(d.span);
        self.unit.prologue.push(Prologue::Configure { global, default });
    }

    /// `shares` and `provides`, each name once.
    fn offers(&mut self, meta: &'a Meta) {
        for property in &meta.properties {
            match &property.kind {
                MetaKind::Shares(names) => {
                    for (name, id, global) in self.offered(names) {
                        let params = self.known_params(id);
                        if !self.unit.shares.iter().any(|s| s.name == name) {
                            self.unit.shares.push(Shared { name, global, params });
                        }
                    }
                }
                MetaKind::Provides(names) => {
                    for (name, _, global) in self.offered(names) {
                        if !self.unit.provides.iter().any(|(known, _)| *known == name) {
                            self.unit.provides.push((name, global));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn offered(&self, names: &[Ident]) -> Vec<(Arc<str>, SymbolId, u16)> {
        let offered = names.iter().filter_map(|name| {
            let text = self.text(*name);
            let known = |id: &&SymbolId| &*self.symbol(**id).name == text;
            let index = self.resolution.globals.iter().position(|id| known(&id))?;
            Some((text.into(), *self.resolution.globals.get(index)?, index as u16))
        });
        offered.collect()
    }

    /// The parameters of a global that is a function literal.
    fn known_params(&self, id: SymbolId) -> Option<Vec<Arc<str>>> {
        let mut value = self.symbol(id).value?;
        while let ExprKind::Paren(inner) = &self.ast.expr(value).kind {
            value = *inner;
        }
        match &self.ast.expr(value).kind {
            ExprKind::Function(f) => Some(f.params.iter().map(|p| self.text(p.name).into()).collect()),
            _ => None,
        }
    }
}
