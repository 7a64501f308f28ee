//! What is known of each operator and module member. The type checker, completion, hover, the manual, arity errors and the machine's
//! dispatch all read this, and nothing else describes them.

use crate::types::Types;
use krl_vm::native::Native;

/// One entry of the standard library.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// What the machine needs: qualified name (`map`, `math:abs`), kind, parameter names, code.
    pub native: Native,
    /// The module (`math`), or `None` for operators.
    pub module: Option<&'static str>,
    /// The unqualified name.
    pub name: &'static str,
    /// Written without parentheses (`event:attrs`), as a value.
    pub property: bool,
    /// Parameters; the first is the receiver of `x.f(…)`. Same order as `native.params`.
    pub params: &'static [Param],
    /// More arguments than parameters mean something (`append`).
    pub variadic: bool,
    /// The result.
    pub result: Yields,
    /// One line.
    pub summary: &'static str,
    /// More, if needed; Markdown.
    pub doc: &'static str,
    /// Expressions and the JSON of their values; tests run them.
    pub examples: &'static [(&'static str, &'static str)],
    /// Deprecated, and what to use instead.
    pub deprecated: Option<&'static str>,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Kinds it accepts without raising. Conversions count as accepting.
    pub accepts: Types,
    /// Kinds for which the call makes sense: others get a warning, not an error.
    pub expects: Types,
    /// May it be left out?
    pub optional: bool,
}

/// What a call yields, as far as its arguments tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// These kinds.
    Is(Types),
    /// The kind of this argument (`reverse`, `filter`).
    SameAs(u8),
    /// An element of this argument, or null (`head`).
    ElementOf(u8),
    /// What the function in this argument returns (`reduce`).
    ResultOf(u8),
    /// This argument without null, or that one (`defaultsTo`).
    DefaultsTo(u8, u8),
}
