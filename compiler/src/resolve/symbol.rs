//! The vocabulary of resolution: symbols, scopes, modules, and what a reference means.

use krl_lang::Span;
use krl_lang::ast::ExprId;
use krl_stdlib::signature::Signature;
use std::sync::Arc;

/// Index into `Resolution::symbols`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(pub u32);

/// Index into `Resolution::scopes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// A declared name.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// The name.
    pub name: Arc<str>,
    /// Where it is declared (the first place, for select variables and action results that are named twice).
    pub span: Span,
    /// Further places that declare it: select variables and action results may be named twice.
    pub redeclared: Vec<Span>,
    /// What declares it.
    pub kind: SymbolKind,
    /// The scope it belongs to.
    pub scope: ScopeId,
    /// Its value, or a parameter's default, where it is an expression of this file.
    pub value: Option<ExprId>,
    /// Where it is used, in order of resolution: spans of the name alone. `shares` and `provides` count.
    pub uses: Vec<Span>,
}

/// What declares a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// `configure using`; the number is the index of the global.
    Configure(u16),
    /// `global`; the number is the index of the global.
    Global(u16),
    /// `setting(…)` of an event expression: text or null; the number is the index among the rule's select variables.
    Setting(u16),
    /// An aggregator's name: number, or array of texts for `push`; the number is the index among the rule's select variables.
    Aggregate(u16),
    /// The value of a `foreach`.
    ForeachValue,
    /// The key of a `foreach`.
    ForeachKey,
    /// A surplus name of a `foreach`: always null.
    ForeachSurplus,
    /// `pre`
    Pre,
    /// `setting(x)` of an action; null until it has run.
    ActionSetting,
    /// A declaration of a postlude.
    Postlude,
    /// `schedule … setting(x)`
    ScheduleSetting,
    /// A parameter.
    Parameter,
    /// A declaration of a function, a defaction, or a bare program.
    Local,
}

/// A region of names.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Its place.
    pub span: Span,
    /// The scope around it; none: the standard library is around it.
    pub parent: Option<ScopeId>,
    /// What it is.
    pub kind: ScopeKind,
    /// What it declares, in order.
    pub symbols: Vec<SymbolId>,
}

/// What a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The ruleset, or a bare program.
    Ruleset,
    /// A rule; the number is its index in the ruleset.
    Rule(u32),
    /// A function's or a defaction's parameters and declarations.
    Function(ExprId),
    /// A branch of a postlude with names of its own.
    Branch,
}

/// A `use module` clause.
#[derive(Clone, Debug)]
pub struct Module {
    /// The ruleset it names.
    pub rid: Arc<str>,
    /// The name its members are reached by.
    pub alias: Arc<str>,
    /// The alias, or else the ruleset id.
    pub span: Span,
    /// Where it is used: spans of the domain word.
    pub uses: Vec<Span>,
    /// The names asked of it, with their spans.
    pub members: Vec<(Arc<str>, Span)>,
}

/// What a reference means.
#[derive(Clone, Copy, Debug, Default)]
pub enum Target {
    /// Nothing: not a reference, or an error was reported.
    #[default]
    None,
    /// A declared name.
    Symbol(SymbolId),
    /// An operator or a member of a built-in module (`Signature::module` tells which).
    Native(&'static Signature),
    /// A member of the module of this `use` clause; the name is in the syntax tree.
    Module(u16),
    /// `ent:name`
    Entity,
    /// The generated map `__testing`.
    Testing,
    /// `object.name` without a call: reads the key `name`.
    Field,
}
