//! Source text → unit: the passes in their order.

use crate::lower::lower;
use crate::resolve::{Resolution, resolve};
use krl_lang::ast::Ast;
use krl_lang::{Code, Diagnostic, Parsed, Span};
use krl_vm::unit::Unit;

/// What compiling yields: always diagnostics, perhaps none, and a unit unless one of them is an error.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The code.
    pub unit: Option<Unit>,
    /// Findings, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The syntax tree.
    pub ast: Ast,
    /// What its names mean.
    pub resolution: Resolution,
}

impl Compiled {
    /// Is there an error?
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Compiles a ruleset.
///
/// ```
/// let compiled = krl_compiler::compile("ruleset shop { global { price = 5 } }");
/// assert!(!compiled.has_errors());
/// assert_eq!(&*compiled.unit.unwrap().rid, "shop");
/// ```
#[must_use]
pub fn compile(source: &str) -> Compiled {
    let parsed = parse_ruleset(source);
    passes(source, parsed.ast, parsed.diagnostics)
}

/// Compiles declarations and expressions; the unit's `global` function returns the value of the last expression.
///
/// ```
/// let compiled = krl_compiler::compile_program("double = function(n) { n * 2 } double(21)");
/// assert!(compiled.unit.is_some());
/// ```
#[must_use]
pub fn compile_program(source: &str) -> Compiled {
    let parsed = krl_lang::parse_program(source);
    passes(source, parsed.ast, parsed.diagnostics)
}

/// Parses a file that must hold a ruleset.
pub(crate) fn parse_ruleset(source: &str) -> Parsed {
    let mut parsed = krl_lang::parse(source);
    if parsed.ast.ruleset.is_none() && !parsed.has_errors() {
        let first = Span::new(0, source.chars().next().map_or(0, |c| c.len_utf8() as u32));
        let d = Diagnostic::new(Code::NotARuleset, first, "a file begins with `ruleset NAME {`");
        parsed.diagnostics.push(d);
    }
    parsed
}

fn passes(source: &str, ast: Ast, mut diagnostics: Vec<Diagnostic>) -> Compiled {
    let (resolution, found) = resolve(source, &ast);
    diagnostics.extend(found);
    let mut unit = None;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let (lowered, found) = lower(source, &ast, &resolution);
        unit = lowered;
        diagnostics.extend(found);
    }
    diagnostics.sort_by_key(|d| d.span.start);
    Compiled { unit, diagnostics, ast, resolution }
}
