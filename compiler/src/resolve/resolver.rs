//! The state of resolution: the stack of scopes, declaring and looking up.

use super::{Module, Resolution, Scope, ScopeId, ScopeKind, Symbol, SymbolId, SymbolKind, Target};
use krl_lang::ast::{Ast, Declaration, ExprId, ExprKind, Ident, ProgramItem, Ruleset};
use krl_lang::{Code, Diagnostic, Span};
use std::collections::HashMap;

/// Resolves one file.
pub(super) struct Resolver<'a> {
    pub(super) source: &'a str,
    pub(super) ast: &'a Ast,
    pub(super) out: Resolution,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) frames: Vec<Frame<'a>>,
    /// `use` clauses by alias.
    pub(super) aliases: HashMap<&'a str, u16>,
    /// Text that could not be parsed may declare any name: an unknown one is no error.
    pub(super) names_lost: bool,
    /// Inside a rule's `where`, which saw attributes by their bare names in engine 0.x.
    pub(super) in_where: bool,
}

/// An open scope.
pub(super) struct Frame<'a> {
    scope: ScopeId,
    pub(super) names: HashMap<&'a str, SymbolId>,
    pub(super) hidden: Vec<Hidden<'a>>,
}

/// A name that exists nearby but cannot be used here.
#[derive(Clone, Copy)]
pub(super) struct Hidden<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) why: &'static str,
}

/// Which kind of block a declaration is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Configure,
    Global,
    Pre,
    Local,
    Postlude,
}

/// Most globals one unit can address.
const MAX_GLOBALS: usize = 65_000;

impl<'a> Resolver<'a> {
    pub(super) fn new(source: &'a str, ast: &'a Ast) -> Self {
        let out = Resolution { targets: vec![Target::None; ast.exprs.len()], ..Resolution::default() };
        Self {
            source,
            ast,
            out,
            diagnostics: Vec::new(),
            frames: Vec::new(),
            aliases: HashMap::new(),
            names_lost: false,
            in_where: false,
        }
    }

    pub(super) fn finish(mut self) -> (Resolution, Vec<Diagnostic>) {
        if let Some(&id) = self.out.globals.get(MAX_GLOBALS) {
            let span = self.out.symbol(id).span;
            self.report(Diagnostic::new(Code::ProgramTooLarge, span, "too many globals in one ruleset"));
        }
        self.diagnostics.sort_by_key(|d| d.span.start);
        (self.out, self.diagnostics)
    }

    pub(super) fn ruleset(&mut self, ruleset: &'a Ruleset) {
        self.enter(ScopeKind::Ruleset, Span::new(0, self.source.len() as u32));
        self.names_lost = ruleset.names_lost;
        if let Some(version) = ruleset.version {
            self.literal_text(version);
        }
        let globals = ruleset.global.as_ref().map_or(&[][..], |g| &g.declarations);
        if let Some(meta) = &ruleset.meta {
            self.hide(globals, "is declared in `global`, which runs after `meta`");
            self.meta(meta);
            self.unhide(globals.len());
        }
        for name in &ruleset.broken_names {
            let text = name.text(self.source);
            if !globals.iter().any(|d| d.name.text(self.source) == text) {
                self.declare_broken(*name);
            }
        }
        self.block(globals, Block::Global);
        if let Some(meta) = &ruleset.meta {
            self.interface(meta);
        }
        self.rules(&ruleset.rules);
        self.leave();
    }

    pub(super) fn program(&mut self, items: &'a [ProgramItem]) {
        self.enter(ScopeKind::Ruleset, Span::new(0, self.source.len() as u32));
        let mut functions = Vec::new();
        for item in items {
            match item {
                ProgramItem::Expr(id) => self.expr(*id),
                ProgramItem::Declaration(d) => functions.extend(self.declaration(d, Block::Global)),
            }
        }
        for id in functions {
            self.expr(id);
        }
        self.leave();
    }

    /// Declares the names of one block. Values are resolved in order; bodies of functions and defactions after all of them, so
    /// that they may use any name of the block (krl-language §3.1, decision L5).
    pub(super) fn block(&mut self, declarations: &'a [Declaration], block: Block) {
        self.hide(declarations, "is declared further down");
        let functions: Vec<ExprId> = declarations.iter().filter_map(|d| self.declaration(d, block)).collect();
        self.unhide(declarations.len());
        for id in functions {
            self.expr(id);
        }
    }

    /// Declares a name of `global` whose value could not be parsed, so that its uses elsewhere are no errors.
    fn declare_broken(&mut self, name: Ident) {
        let index = self.out.globals.len().min(usize::from(u16::MAX)) as u16;
        if self.in_scope(name).is_none() {
            let id = self.add(name, SymbolKind::Global(index), None);
            self.out.globals.push(id);
        }
    }

    /// Declares one name; answers its value if it is a function whose body is still to be resolved.
    fn declaration(&mut self, d: &'a Declaration, block: Block) -> Option<ExprId> {
        let function = is_function(self.ast, d.value);
        if !function {
            self.expr(d.value);
        }
        let index = self.out.globals.len().min(usize::from(u16::MAX)) as u16;
        let kind = match block {
            Block::Configure => SymbolKind::Configure(index),
            Block::Global => SymbolKind::Global(index),
            Block::Pre => SymbolKind::Pre,
            Block::Local => SymbolKind::Local,
            Block::Postlude => SymbolKind::Postlude,
        };
        let new = self.declare(d.name, kind, Some(d.value));
        if let (Some(id), Block::Configure | Block::Global) = (new, block) {
            self.out.globals.push(id);
        }
        function.then_some(d.value)
    }

    // Scopes.

    pub(super) fn enter(&mut self, kind: ScopeKind, span: Span) {
        let scope = ScopeId(self.out.scopes.len() as u32);
        let parent = self.frames.last().map(|f| f.scope);
        self.out.scopes.push(Scope { span, parent, kind, symbols: Vec::new() });
        self.frames.push(Frame { scope, names: HashMap::new(), hidden: Vec::new() });
    }

    pub(super) fn leave(&mut self) {
        self.frames.pop();
    }

    /// Remembers why names are not visible yet, for messages.
    pub(super) fn hide(&mut self, declarations: &'a [Declaration], why: &'static str) {
        let source = self.source;
        if let Some(frame) = self.frames.last_mut() {
            let hidden = declarations.iter().map(|d| (d.name.text(source), d.name.span));
            frame.hidden.extend(hidden.map(|(name, span)| Hidden { name, span, why }));
        }
    }

    /// Forgets the last `count` names of [`Self::hide`].
    pub(super) fn unhide(&mut self, count: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.hidden.truncate(frame.hidden.len().saturating_sub(count));
        }
    }

    // Names.

    /// Declares `name` in the innermost scope; a name that is there already is an error, and not declared again.
    pub(super) fn declare(
        &mut self,
        name: Ident,
        kind: SymbolKind,
        value: Option<ExprId>,
    ) -> Option<SymbolId> {
        if let Some(first) = self.in_scope(name) {
            self.out.declared.insert(name.span.start, first);
            self.report_duplicate(name, first, kind);
            return None;
        }
        Some(self.add(name, kind, value))
    }

    /// As [`Self::declare`] for names that the same construct may name again: select variables, results of actions.
    pub(super) fn declare_again(&mut self, name: Ident, kind: SymbolKind) -> Option<SymbolId> {
        let Some(first) = self.in_scope(name) else { return Some(self.add(name, kind, None)) };
        let known = self.out.symbols.get_mut(first.0 as usize)?;
        if std::mem::discriminant(&known.kind) != std::mem::discriminant(&kind)
            && !both_selected(known.kind, kind)
        {
            return self.declare(name, kind, None);
        }
        known.redeclared.push(name.span);
        self.out.declared.insert(name.span.start, first);
        Some(first)
    }

    fn in_scope(&self, name: Ident) -> Option<SymbolId> {
        self.frames.last()?.names.get(name.text(self.source)).copied()
    }

    fn add(&mut self, name: Ident, kind: SymbolKind, value: Option<ExprId>) -> SymbolId {
        let id = SymbolId(self.out.symbols.len() as u32);
        let text = name.text(self.source);
        let scope = self.frames.last().map_or(ScopeId(0), |f| f.scope);
        self.out.symbols.push(Symbol {
            name: text.into(),
            span: name.span,
            redeclared: Vec::new(),
            kind,
            scope,
            value,
            uses: Vec::new(),
        });
        self.out.declared.insert(name.span.start, id);
        if let Some(scope) = self.out.scopes.get_mut(scope.0 as usize) {
            scope.symbols.push(id);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.names.insert(text, id);
        }
        id
    }

    /// What the name under `span` means; reported if it means nothing.
    pub(super) fn name(&mut self, span: Span) -> Target {
        let name = span.text(self.source);
        if let Some(id) = self.lookup(name) {
            self.used(id, span);
            return Target::Symbol(id);
        }
        if let Some(signature) = krl_stdlib::find(name) {
            return Target::Native(signature);
        }
        if name == "__testing" {
            return Target::Testing;
        }
        self.report_undefined(span);
        Target::None
    }

    pub(super) fn lookup(&self, name: &str) -> Option<SymbolId> {
        self.frames.iter().rev().find_map(|f| f.names.get(name).copied())
    }

    pub(super) fn used(&mut self, id: SymbolId, span: Span) {
        if let Some(symbol) = self.out.symbols.get_mut(id.0 as usize) {
            symbol.uses.push(span);
        }
    }

    /// What `domain:name` means; reported if it means nothing.
    pub(super) fn member(&mut self, domain: Ident, name: Ident) -> Target {
        let (module, member) = (domain.text(self.source), name.text(self.source));
        if module == "ent" {
            return Target::Entity;
        }
        if let Some(&index) = self.aliases.get(module) {
            if let Some(Module { uses, members, .. }) = self.out.modules.get_mut(usize::from(index)) {
                uses.push(domain.span);
                members.push((member.into(), name.span));
            }
            return Target::Module(index);
        }
        match krl_stdlib::find_member(module, member) {
            Some(signature) => return Target::Native(signature),
            None if krl_stdlib::modules().contains(&module) => self.report_unknown_member(domain, name),
            None => self.report_unknown_module(domain),
        }
        Target::None
    }

    pub(super) fn set_target(&mut self, id: ExprId, target: Target) {
        if let Some(slot) = self.out.targets.get_mut(id.0 as usize) {
            *slot = target;
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Is the expression a `function` or `defaction` literal, parenthesised or not?
pub(crate) fn is_function(ast: &Ast, id: ExprId) -> bool {
    match &ast.expr(id).kind {
        ExprKind::Paren(inner) => is_function(ast, *inner),
        ExprKind::Function(_) | ExprKind::Defaction(_) => true,
        _ => false,
    }
}

fn both_selected(a: SymbolKind, b: SymbolKind) -> bool {
    let selected = |k| matches!(k, SymbolKind::Setting(_) | SymbolKind::Aggregate(_));
    selected(a) && selected(b)
}
