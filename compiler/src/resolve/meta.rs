//! `meta`: literal texts, modules and configuration in textual order, and the interface that `shares` and `provides` promise.

use super::resolver::{Block, Resolver};
use super::{Module, SymbolId, SymbolKind, Target};
use krl_lang::ast::{ChevronPart, ExprId, ExprKind, Ident, Meta, MetaKind, MetaProperty, UseModule};
use krl_lang::{Applicability, Code, Diagnostic, Span};
use krl_vm::value::Kind;
use std::collections::HashMap;

impl<'a> Resolver<'a> {
    pub(super) fn meta(&mut self, meta: &'a Meta) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for property in &meta.properties {
            match &property.kind {
                MetaKind::Text(value) => {
                    self.once(property, &mut seen);
                    self.literal_text(*value);
                }
                MetaKind::Logging(_) => self.once(property, &mut seen),
                MetaKind::Use(clause) => self.use_module(clause),
                MetaKind::Configure(declarations) => self.block(declarations, Block::Configure),
                MetaKind::Keys(..) => self.unsupported(property, "keys"),
                MetaKind::ProvidesKeys(..) => self.unsupported(property, "provides keys"),
                MetaKind::ErrorsTo(_) | MetaKind::Provides(_) | MetaKind::Shares(_) => {}
            }
        }
    }

    fn once(&mut self, property: &MetaProperty, seen: &mut HashMap<&'a str, Span>) {
        let word = property.keyword.text(self.source);
        match seen.get(word) {
            None => {
                seen.insert(word, property.span);
            }
            Some(first) => {
                let d = Diagnostic::new(
                    Code::DuplicateMeta,
                    property.span,
                    format!("a second `{word}` in `meta`"),
                )
                .label(*first, "the first one");
                self.report(d);
            }
        }
    }

    fn unsupported(&mut self, property: &MetaProperty, what: &str) {
        let message = format!("`{what}` does not exist in this version of the language");
        let d = Diagnostic::new(Code::UnsupportedMeta, property.span, message).help(
            "keep secrets in the ruleset's configuration (`meta:rulesetConfig`) or in a `configure` module",
        );
        self.report(d);
    }

    /// A text of `meta` is read without running anything, so it must be a literal.
    pub(super) fn literal_text(&mut self, id: ExprId) {
        let expr = self.ast.expr(id);
        match &expr.kind {
            ExprKind::Paren(inner) => self.literal_text(*inner),
            ExprKind::Chevron(parts) if parts.iter().all(|p| matches!(p, ChevronPart::Text(_))) => {}
            ExprKind::String | ExprKind::Number | ExprKind::Bool(_) | ExprKind::Null => {}
            _ => {
                let d = Diagnostic::new(Code::MetaNotLiteral, expr.span, "not a literal text")
                    .help("texts of `meta` are read without running the ruleset: write a string or `<<…>>` without `#{…}`");
                self.report(d);
            }
        }
    }

    fn use_module(&mut self, clause: &'a UseModule) {
        for declaration in &clause.with {
            self.expr(declaration.value);
        }
        let span = clause.alias.map_or(clause.rid.span, |a| a.span);
        let alias = span.text(self.source);
        let index = self.out.modules.len().min(usize::from(u16::MAX)) as u16;
        self.out.modules.push(Module {
            rid: clause.rid.span.text(self.source).into(),
            alias: alias.into(),
            span,
            uses: Vec::new(),
            members: Vec::new(),
        });
        self.aliases.insert(alias, index);
    }

    /// Checks `shares` and `provides` against the globals.
    pub(super) fn interface(&mut self, meta: &'a Meta) {
        for property in &meta.properties {
            match &property.kind {
                MetaKind::Shares(names) => names.iter().for_each(|n| self.shared(*n)),
                MetaKind::Provides(names) => names.iter().for_each(|n| {
                    self.interface_name(*n, "provided");
                }),
                _ => {}
            }
        }
    }

    fn shared(&mut self, name: Ident) {
        if name.text(self.source) == "__testing" && self.lookup("__testing").is_none() {
            return; // every ruleset answers it
        }
        let Some(id) = self.interface_name(name, "shared") else { return };
        if self.is_action(id) {
            let message = format!("`{}` is an action: queries cannot run actions", name.text(self.source));
            let d = Diagnostic::new(Code::SharedAction, name.span, message)
                .label(self.out.symbol(id).span, "declared here")
                .help("`provides` gives actions to rulesets that use this one as a module");
            self.report(d);
        }
    }

    fn interface_name(&mut self, name: Ident, what: &str) -> Option<SymbolId> {
        let text = name.text(self.source);
        let found = self.lookup(text);
        match found {
            Some(id) => self.used(id, name.span),
            None if self.names_lost => {}
            None => {
                let message = format!("`{text}` is {what}, but `global` does not declare it");
                let mut d = Diagnostic::new(Code::UndefinedInterface, name.span, message);
                if let Some(near) = self.nearest_visible(text) {
                    d = d.help(format!("did you mean `{near}`?"));
                    d = d.fix(format!("replace by `{near}`"), name.span, near, Applicability::Maybe);
                }
                self.report(d);
            }
        }
        found
    }

    /// Is the symbol's value known to be an action?
    fn is_action(&self, mut id: SymbolId) -> bool {
        for _ in 0..=self.out.globals.len() {
            let symbol = self.out.symbol(id);
            let (SymbolKind::Global(_) | SymbolKind::Configure(_), Some(value)) = (symbol.kind, symbol.value)
            else {
                return false;
            };
            match (&self.ast.expr(value).kind, self.out.target(value)) {
                (ExprKind::Defaction(_), _) => return true,
                (ExprKind::Name, Target::Symbol(next)) => id = next,
                (ExprKind::Name, Target::Native(signature)) => return signature.native.kind == Kind::Action,
                _ => return false,
            }
        }
        false
    }
}
