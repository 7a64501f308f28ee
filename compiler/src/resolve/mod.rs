//! Name resolution: which declaration every name of a file means (krl-language §3.1), and every rule about names, declarations and
//! `meta` that needs no types (§3.2, §3.3, `spec/decisions.md` L9).
//!
//! Types, lints, lowering and the editor all work on [`Resolution`]; it holds ids and spans, no text but the symbols' names.

mod event;
mod expression;
mod meta;
mod report;
mod resolver;
mod rule;
pub(crate) mod suggest;
mod symbol;

pub use symbol::{Module, Scope, ScopeId, ScopeKind, Symbol, SymbolId, SymbolKind, Target};

use krl_lang::ast::{Action, Ast, ExprId, Ident};
use krl_lang::{Diagnostic, Span};
use resolver::Resolver;
use std::collections::HashMap;

/// Finds what every name of `ast` means.
#[must_use]
pub fn resolve(source: &str, ast: &Ast) -> (Resolution, Vec<Diagnostic>) {
    let mut resolver = Resolver::new(source, ast);
    match &ast.ruleset {
        Some(ruleset) => resolver.ruleset(ruleset),
        None => resolver.program(&ast.program),
    }
    resolver.finish()
}

/// What the names of one file mean.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// Every declared name, in order of declaration.
    pub symbols: Vec<Symbol>,
    /// Every scope; the first is the ruleset's.
    pub scopes: Vec<Scope>,
    /// The `use module` clauses, in order.
    pub modules: Vec<Module>,
    /// Globals by index: `configure` names, then `global` declarations.
    pub globals: Vec<SymbolId>,
    /// For each rule of the ruleset its select variables, in the order of the body's parameters.
    pub settings: Vec<Vec<SymbolId>>,
    /// What each expression refers to, by [`ExprId`].
    targets: Vec<Target>,
    /// What each action names, by the start of [`Action::name`].
    actions: HashMap<u32, Target>,
    /// The symbol that each declaring identifier declares, by its start.
    declared: HashMap<u32, SymbolId>,
}

impl Resolution {
    /// What a `Name`, `Domain` or `Member` expression refers to; [`Target::None`] for any other, and where an error was reported.
    #[must_use]
    pub fn target(&self, expr: ExprId) -> Target {
        self.targets.get(expr.0 as usize).copied().unwrap_or_default()
    }

    /// What an action calls.
    #[must_use]
    pub fn action(&self, action: &Action) -> Target {
        self.actions.get(&action.name.span.start).copied().unwrap_or_default()
    }

    /// The symbol that `name` declares: a declaration's name, a parameter, a `setting` name.
    #[must_use]
    pub fn declared(&self, name: Ident) -> Option<SymbolId> {
        self.declared.get(&name.span.start).copied()
    }

    /// The symbol of `id`.
    #[must_use]
    pub fn symbol(&self, id: SymbolId) -> &Symbol {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this table alone")]
        &self.symbols[id.0 as usize]
    }

    /// The innermost scope around byte `offset`.
    #[must_use]
    pub fn scope_at(&self, offset: u32) -> Option<ScopeId> {
        let around = |s: &Scope| s.span.start <= offset && offset <= s.span.end;
        let found =
            self.scopes.iter().enumerate().filter(|(_, s)| around(s)).min_by_key(|(_, s)| s.span.len());
        found.map(|(i, _)| ScopeId(i as u32))
    }

    /// The symbol declared or used at byte `offset`.
    #[must_use]
    pub fn symbol_at(&self, offset: u32) -> Option<SymbolId> {
        let at = |s: &Span| s.start <= offset && offset <= s.end;
        let found = self
            .symbols
            .iter()
            .position(|s| at(&s.span) || s.uses.iter().any(at) || s.redeclared.iter().any(at));
        found.map(|i| SymbolId(i as u32))
    }
}
