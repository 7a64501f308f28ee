//! Gradual type inference over one file, and the findings about values that cannot work (design §4, "Types").
//!
//! A finding is an error only where the program cannot work: where it raises whatever the input. What is not known is `Any`, and says nothing.

mod call;
mod constant;
mod display;
mod expr;
mod narrow;
mod operator;
mod path;
mod rule;
mod ty;
mod yields;

pub use ty::{Callable, Parameter, Record, Shape, Type};

use crate::project::Interface;
use crate::resolve::{Resolution, SymbolId, SymbolKind};
use krl_lang::ast::{Ast, Declaration, ExprId, ExprKind, MetaKind, ProgramItem};
use krl_lang::{Diagnostic, Span};
use narrow::Fact;

/// What inference works on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The text.
    pub source: &'a str,
    /// Its tree.
    pub ast: &'a Ast,
    /// What its names mean.
    pub resolution: &'a Resolution,
    /// What is known of each `use`d module, in the order of `resolution.modules`.
    pub imports: &'a [Option<&'a Interface>],
}

/// The types of one file.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    exprs: Vec<Type>,
    symbols: Vec<Type>,
}

impl Typing {
    /// The type of an expression. `NEVER`: it is no part of the program, or is never evaluated.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Type {
        static NEVER: Type = Type::NEVER;
        self.exprs.get(id.0 as usize).unwrap_or(&NEVER)
    }

    /// The type of a name.
    #[must_use]
    pub fn symbol(&self, id: SymbolId) -> &Type {
        static ANY: Type = Type::ANY;
        self.symbols.get(id.0 as usize).unwrap_or(&ANY)
    }
}

/// Infers the types of a file.
#[must_use]
pub fn infer(input: Input<'_>) -> (Typing, Vec<Diagnostic>) {
    let mut inference = Inference {
        input,
        exprs: vec![Type::NEVER; input.ast.exprs.len()],
        symbols: vec![State::Unseen; input.resolution.symbols.len()],
        facts: Vec::new(),
        found: Vec::new(),
        dead: false,
        depth: 0,
    };
    inference.file();
    let symbols = inference.symbols.into_iter().map(State::into_type).collect();
    (Typing { exprs: inference.exprs, symbols }, inference.found)
}

/// Expressions nested deeper than this are `Any`: inference must not exhaust the stack.
const MAX_DEPTH: u32 = 300;

/// How far inference has come with a name.
#[derive(Clone, Debug)]
enum State {
    Unseen,
    /// Its value is being inferred: it refers to itself.
    Active,
    Known(Type),
}

impl State {
    fn into_type(self) -> Type {
        match self {
            Self::Known(known) => known,
            Self::Unseen | Self::Active => Type::ANY,
        }
    }
}

struct Inference<'a> {
    input: Input<'a>,
    exprs: Vec<Type>,
    symbols: Vec<State>,
    /// What the conditions around the current expression say.
    facts: Vec<Fact>,
    found: Vec<Diagnostic>,
    /// The current expression is never evaluated.
    dead: bool,
    depth: u32,
}

impl<'a> Inference<'a> {
    fn file(&mut self) {
        let ast = self.input.ast;
        for item in &ast.program {
            match item {
                ProgramItem::Declaration(declaration) => self.declaration(declaration),
                ProgramItem::Expr(expr) => {
                    self.expr(*expr);
                }
            }
        }
        let Some(ruleset) = &ast.ruleset else { return };
        for property in ruleset.meta.iter().flat_map(|m| &m.properties) {
            match &property.kind {
                MetaKind::Use(module) => self.block(&module.with),
                MetaKind::Configure(declarations) => self.configure(declarations),
                MetaKind::Text(expr) | MetaKind::Keys(_, expr) => {
                    self.expr(*expr);
                }
                _ => {}
            }
        }
        if let Some(global) = &ruleset.global {
            self.block(&global.declarations);
        }
        for rule in &ruleset.rules {
            self.rule(rule);
        }
    }

    /// `configure` names hold what the user of the module gives, which need not be of the default's kind.
    fn configure(&mut self, declarations: &'a [Declaration]) {
        for declaration in declarations {
            self.expr(declaration.value);
            self.declare(declaration.name, Type::ANY);
        }
    }

    /// Declarations in order; functions see all of them (krl-language.md §3.1), so they come last or when they are first used.
    fn block(&mut self, declarations: &'a [Declaration]) {
        let (functions, values): (Vec<_>, Vec<_>) =
            declarations.iter().partition(|d| self.is_function(d.value));
        for declaration in values.into_iter().chain(functions) {
            self.declaration(declaration);
        }
    }

    fn is_function(&self, value: ExprId) -> bool {
        matches!(self.input.ast.expr(value).kind, ExprKind::Function(_) | ExprKind::Defaction(_))
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let Some(symbol) = self.input.resolution.declared(declaration.name) else {
            self.expr(declaration.value);
            return;
        };
        if !matches!(self.state(symbol), State::Known(_)) {
            self.set(symbol, State::Active);
            let value = self.expr(declaration.value);
            self.set(symbol, State::Known(value));
        }
    }

    /// The type of a name where it is used.
    fn symbol(&mut self, id: SymbolId) -> Type {
        let symbol = self.input.resolution.symbol(id);
        let hoisted = matches!(symbol.kind, SymbolKind::Global(_) | SymbolKind::Pre | SymbolKind::Local);
        match self.state(id) {
            State::Known(known) => known.clone(),
            State::Active => self.forward(symbol.value),
            State::Unseen if !hoisted => Type::ANY,
            State::Unseen => match symbol.value {
                Some(value) if self.is_function(value) && self.depth < MAX_DEPTH / 3 => self.ahead(id, value),
                value => self.forward(value),
            },
        }
    }

    /// Infers a function before its turn, free of what is known at the place of its use.
    fn ahead(&mut self, id: SymbolId, value: ExprId) -> Type {
        let facts = std::mem::take(&mut self.facts);
        let dead = std::mem::replace(&mut self.dead, false);
        self.set(id, State::Active);
        let inferred = self.expr(value);
        self.set(id, State::Known(inferred.clone()));
        self.facts = facts;
        self.dead = dead;
        inferred
    }

    /// What can be said of a value that is not inferred yet.
    fn forward(&self, value: Option<ExprId>) -> Type {
        let Some(value) = value else { return Type::ANY };
        match &self.input.ast.expr(value).kind {
            ExprKind::Function(f) => self.callable(krl_stdlib::types::Types::FUNCTION, &f.params, Type::ANY),
            ExprKind::Defaction(d) => self.callable(krl_stdlib::types::Types::ACTION, &d.params, Type::ANY),
            _ => Type::ANY,
        }
    }

    fn state(&self, id: SymbolId) -> &State {
        static UNSEEN: State = State::Unseen;
        self.symbols.get(id.0 as usize).unwrap_or(&UNSEEN)
    }

    fn set(&mut self, id: SymbolId, state: State) {
        if let Some(slot) = self.symbols.get_mut(id.0 as usize) {
            *slot = state;
        }
    }

    fn declare(&mut self, name: krl_lang::ast::Ident, value: Type) {
        if let Some(symbol) = self.input.resolution.declared(name) {
            self.set(symbol, State::Known(value));
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.dead {
            self.found.push(diagnostic);
        }
    }

    fn text(&self, span: Span) -> &'a str {
        span.text(self.input.source)
    }
}
