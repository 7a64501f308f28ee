//! Code generation: syntax tree and resolution → [`Unit`]. Runs only for files without errors, so every name means something.

mod action;
mod call;
mod closure;
mod collection;
mod event;
mod expression;
mod function;
mod interface;
mod pool;
mod rule;
mod statement;
mod testing;

use crate::resolve::{Resolution, Symbol, SymbolId, SymbolKind};
use function::{Builder, Register};
use krl_lang::ast::{Ast, Ident, ProgramItem};
use krl_lang::{Code, Diagnostic, Span};
use krl_vm::op::Op;
use krl_vm::unit::{Constant, FunctionId, FunctionKind, Testing, Unit};
use pool::Pool;
use std::sync::Arc;

/// Generates the unit of a ruleset or a bare program; none if something in it is too large, which is reported.
#[must_use]
pub fn lower(source: &str, ast: &Ast, resolution: &Resolution) -> (Option<Unit>, Vec<Diagnostic>) {
    let mut lowering = Lowering {
        source,
        ast,
        resolution,
        pool: Pool::default(),
        unit: Unit::default(),
        stack: Vec::new(),
        testing: Testing::default(),
        diagnostics: Vec::new(),
    };
    match &ast.ruleset {
        Some(ruleset) => lowering.ruleset(ruleset),
        None => lowering.program(&ast.program),
    }
    lowering.finish()
}

struct Lowering<'a> {
    source: &'a str,
    ast: &'a Ast,
    resolution: &'a Resolution,
    pool: Pool,
    unit: Unit,
    /// Functions under construction, the innermost last.
    stack: Vec<Builder>,
    testing: Testing,
    diagnostics: Vec<Diagnostic>,
}

/// Most instructions of one function that the verifier accepts.
const MAX_CODE: usize = 1 << 20;
/// Most constants, those inside collections included, that the verifier accepts.
const MAX_CONSTANTS: usize = 1 << 20;

/// Number of constants, those inside collections included.
fn count(constants: &[Constant]) -> usize {
    let inner = |constant: &Constant| match constant {
        Constant::Array(items) => count(items),
        Constant::Map(entries) => entries.iter().map(|(_, item)| count(std::slice::from_ref(item))).sum(),
        _ => 0,
    };
    constants.len() + constants.iter().map(inner).sum::<usize>()
}

/// Where the value of a name is.
enum Place {
    Register(Register),
    Capture(u16),
    Global(u16),
}

impl<'a> Lowering<'a> {
    fn finish(mut self) -> (Option<Unit>, Vec<Diagnostic>) {
        if self.pool.overflow || count(&self.pool.constants) > MAX_CONSTANTS {
            let whole = Span::new(0, self.source.len() as u32);
            self.too_large(whole, "too many different names, functions or call forms in one ruleset");
        }
        self.unit.source = self.source.into();
        self.unit.source_hash = *blake3::hash(self.source.as_bytes()).as_bytes();
        self.unit.globals = self.resolution.globals.iter().map(|id| self.symbol(*id).name.clone()).collect();
        self.unit.constants = self.pool.constants;
        self.unit.natives = self.pool.natives;
        self.unit.shapes = self.pool.shapes;
        self.unit.testing = self.testing;
        (self.diagnostics.is_empty().then_some(self.unit), self.diagnostics)
    }

    /// A bare program: its `global` function returns the value of the last expression.
    fn program(&mut self, items: &'a [ProgramItem]) {
        let whole = Span::new(0, self.source.len() as u32);
        self.open("program".into(), FunctionKind::Fragment);
        let result = self.builder().allocate();
        self.builder().op(whole, Op::Null, result, 0, 0);
        for item in items {
            match item {
                ProgramItem::Expr(id) => self.into(*id, result),
                ProgramItem::Declaration(d) => self.global(d),
            }
        }
        self.builder().op(whole, Op::Return, result, 0, 0);
        self.unit.global = Some(self.close(whole));
    }

    fn too_large(&mut self, span: Span, what: &str) {
        self.diagnostics.push(Diagnostic::new(Code::ProgramTooLarge, span, what));
    }

    fn symbol(&self, id: SymbolId) -> &'a Symbol {
        self.resolution.symbol(id)
    }

    fn text(&self, name: Ident) -> &'a str {
        name.text(self.source)
    }

    // Functions under construction.

    fn open(&mut self, name: Arc<str>, kind: FunctionKind) {
        self.stack.push(Builder::new(name, kind));
    }

    /// Ends the innermost function; answers its index.
    fn close(&mut self, span: Span) -> FunctionId {
        let builder = self.stack.pop().unwrap_or_default();
        self.add_function(builder, span)
    }

    fn add_function(&mut self, builder: Builder, span: Span) -> FunctionId {
        if builder.exhausted {
            self.too_large(span, "a function needs more registers than there are");
        } else if builder.length() > MAX_CODE {
            self.too_large(span, "a function has more instructions than a unit may hold");
        }
        let id = self.unit.functions.len();
        self.pool.narrow(id);
        self.unit.functions.push(builder.finish());
        id as FunctionId
    }

    /// The innermost function under construction.
    fn builder(&mut self) -> &mut Builder {
        if self.stack.is_empty() {
            self.stack.push(Builder::default());
        }
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    // Names.

    fn place(&mut self, id: SymbolId) -> Place {
        match self.symbol(id).kind {
            SymbolKind::Configure(index) | SymbolKind::Global(index) => Place::Global(index),
            _ => self.place_in(self.stack.len().saturating_sub(1), id),
        }
    }

    /// Finds a local name from the function at `level`, which captures it if an outer one declares it.
    fn place_in(&mut self, level: usize, id: SymbolId) -> Place {
        let Some(builder) = self.stack.get(level) else { return Place::Register(0) };
        if let Some(register) = builder.local(id) {
            return Place::Register(register);
        }
        if let Some(index) = builder.capture(id) {
            return Place::Capture(index);
        }
        if let Some(outer) = level.checked_sub(1) {
            self.place_in(outer, id);
        }
        Place::Capture(self.stack.get_mut(level).map_or(0, |b| b.add_capture(id)))
    }

    /// Loads the value of a name.
    fn load(&mut self, span: Span, id: SymbolId, to: Register) {
        match self.place(id) {
            Place::Register(from) => self.builder().op(span, Op::Move, to, from, 0),
            Place::Capture(index) => {
                let name = self.pool.name(&self.symbol(id).name);
                self.builder().op(span, Op::Capture, to, index, name);
            }
            Place::Global(index) => self.builder().op(span, Op::Global, to, index, 0),
        }
    }
}
